"""`hub` with a calendar that takes its time, as one in another house does: every call waits before it is made."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from bots.scheduling.local import LocalScheduling
from hub.cli import main

VARIABLE = "CAREHUB_BENCH_WAIT"
WAIT = float(os.environ.get(VARIABLE, "0.02"))
"""Seconds."""


def _waiting(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(call)
    async def waits(*given: Any, **named: Any) -> Any:
        await asyncio.sleep(WAIT)
        return await call(*given, **named)

    return waits


def run() -> None:
    """The command line, its calendar slowed down."""
    for name in ("find", "hold", "book", "move", "cancel", "confirm", "appointments"):
        setattr(LocalScheduling, name, _waiting(getattr(LocalScheduling, name)))
    main()
