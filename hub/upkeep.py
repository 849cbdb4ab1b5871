"""Upkeep: what must happen now and then, whoever asks for it: chaining the audit, signing it, sweeping."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.errors import HubError
from hub.log import say

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something done every so often; how often is a pause between the end of one round and the next."""

    name: str
    every: timedelta
    do: Callable[[], Awaitable[object]]


class Upkeep:
    """Does chores until it is stopped. One that fails is tried again at its next turn."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = chores
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; every chore is done at once, then at its pace."""
        self._tasks = [asyncio.create_task(self._repeat(chore), name=f"upkeep-{chore.name}") for chore in self._chores]

    async def stop(self) -> None:
        """End between rounds, then do every chore once more: what was recorded last is sealed, too."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for chore in self._chores:
            await self._once(chore)

    async def _repeat(self, chore: Chore) -> None:
        while True:
            going = asyncio.create_task(self._once(chore))
            try:
                await asyncio.shield(going)
            except asyncio.CancelledError:
                await going
                raise
            await asyncio.sleep(chore.every.total_seconds())

    async def _once(self, chore: Chore) -> None:
        try:
            await chore.do()
        except HubError as error:
            say(_log, "chore_failed", logging.ERROR, chore=chore.name, error=error)
        except Exception:
            _log.exception("chore_failed", extra={"values": {"chore": chore.name}})
