"""An open page: its place, and what it has not been sent yet."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from hub.live import Batch, Subscription
from hub.staff.inbox.beats import Beat, Push, is_seen
from hub.views import Counted, Reach

__all__ = ["Watcher"]

_KEPT = 200
"""Beats that wait for a slow page before it is told to read everything anew."""


class Watcher:
    """One open page. `reach` may change while it is open. understood: makes a beat of a batch, for this reader."""

    def __init__(self, user_id: str, reach: Reach, understood: Callable[[Batch], Awaitable[Beat]]) -> None:
        self.user_id = user_id
        self.reach = reach
        self.reset = False
        self.seq = 0
        self.counted: Counted | None = None
        self._understood = understood
        self._missed: Subscription | None = None
        self._beats: deque[Beat] = deque()
        self._came = asyncio.Event()

    def begin(self, missed: Subscription, seq: int) -> None:
        """Go on where `missed` stands; from number `seq` on, beats come by themselves."""
        self.seq, self.reset = missed.seq, missed.reset
        self._missed = missed if missed.seq < seq else None

    def put(self, beat: Beat) -> None:
        """Take a beat that is to be sent."""
        if len(self._beats) >= _KEPT:
            self._beats.clear()
            beat = Beat(seq=beat.seq, reset=True)
        self._beats.append(beat)
        self._came.set()

    async def next(self, seconds: float) -> Batch:
        """What comes next. Raises: StorageError, SQLAlchemyError."""
        if self._missed is not None:
            batch = await self._missed.next(0)
            if batch.reset or batch.changes:
                self.seq = batch.seq
                return batch if batch.reset else await self._understood(batch)
            # All up to here was looked at.
            self.seq = max(self.seq, batch.seq)
            self._missed = None
        while True:
            if not self._beats:
                self._came.clear()
                try:
                    async with asyncio.timeout(seconds):
                        await self._came.wait()
                except TimeoutError:
                    return Batch(self.seq)
            beat = self._beats.popleft()
            if beat.seq > self.seq or beat.present or beat.counted is not None:
                self.seq = max(self.seq, beat.seq)
                return beat

    def sees(self, beat: Beat, push: Push) -> bool:
        """Whether the reader sees a thread of a beat."""
        return is_seen(beat, push, self.user_id, self.reach)
