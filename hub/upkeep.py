"""Upkeep: what must happen every second or so, whoever asks for it, by the one process that leads.

What happens more seldom is a job that comes round: see `hub.jobs`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.errors import HubError
from hub.log import say

_log = logging.getLogger(__name__)

_LOOK = timedelta(milliseconds=500)
"""How often a process that does not lead looks whether it does now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something done every so often; how often is a pause between the end of one round and the next.

    every: None for what is done only once, at the end.
    """

    name: str
    every: timedelta | None
    do: Callable[[], Awaitable[object]]


class Upkeep:
    """Does chores until it is stopped, while `leads()`. One that fails is tried again at its next turn."""

    def __init__(self, chores: Sequence[Chore], leads: Callable[[], bool] = lambda: True) -> None:
        self._chores = chores
        self._leads = leads
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; every chore is done as soon as this process leads, then at its pace."""
        self._tasks = [
            asyncio.create_task(self._repeat(chore, chore.every), name=f"upkeep-{chore.name}")
            for chore in self._chores
            if chore.every is not None
        ]

    async def stop(self) -> None:
        """End between rounds, then do every chore once more, in order: what was recorded last is sealed, too.

        That is done whoever leads, so a chore must bear being done by two processes at once.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for chore in self._chores:
            await self._once(chore)

    async def _repeat(self, chore: Chore, every: timedelta) -> None:
        while True:
            if not self._leads():
                await asyncio.sleep(_LOOK.total_seconds())
                continue
            going = asyncio.create_task(self._once(chore))
            try:
                await asyncio.shield(going)
            except asyncio.CancelledError:
                await going
                raise
            await asyncio.sleep(every.total_seconds())

    async def _once(self, chore: Chore) -> None:
        try:
            await chore.do()
        except HubError as error:
            say(_log, "chore_failed", logging.ERROR, chore=chore.name, error=error)
        except Exception:
            _log.exception("chore_failed", extra={"values": {"chore": chore.name}})
