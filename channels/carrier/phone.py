"""A person's phone: what it shows, and the wait for what comes next."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from hub.types import Direction

__all__ = ["Entry", "Phone"]

KEEP = 200


@dataclass(slots=True, kw_only=True)
class Entry:
    """One bubble of a conversation, seen from the phone.

    direction: `outbound` was written on this phone, `inbound` came to it.
    peer: the number at the other end.
    state: of one that came, Twilio's status (`queued`, `sent`, `delivered`, `read`); of one that was written,
        `sending`, then `delivered` once the clinic's hub took it, or `failed`.
    """

    sid: str
    direction: Direction
    peer: str = field(repr=False)
    text: str = field(repr=False)
    media: tuple[str, ...] = field(default=(), repr=False)
    at: datetime
    state: str


class Phone:
    """The phone with one number. Shows the last 200 entries, oldest first."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.version = 0
        self._entries: deque[Entry] = deque(maxlen=KEEP)
        self._unread: deque[Entry] = deque(maxlen=KEEP)
        self._changed = asyncio.Event()

    @property
    def conversation(self) -> tuple[Entry, ...]:
        """What the phone shows, oldest first."""
        return tuple(self._entries)

    async def next(self, timeout: float = 5.0) -> Entry:  # noqa: ASYNC109 - the plain way to say it in a test
        """The next text that came to this phone and was not yet asked for, waiting at most `timeout` seconds.

        Raises: TimeoutError.
        """
        async with asyncio.timeout(timeout):
            while not self._unread:
                await self._changed.wait()
        return self._unread.popleft()

    async def changes(self, version: int) -> int:
        """The version of the conversation once it is later than `version`: a new entry, or a new tick."""
        while self.version <= version:
            await self._changed.wait()
        return self.version

    def show(self, entry: Entry) -> None:
        """Add `entry` to the conversation."""
        self._entries.append(entry)
        if entry.direction is Direction.INBOUND:
            self._unread.append(entry)
        self.touch()

    def touch(self) -> None:
        """Say that something about the conversation changed."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()
