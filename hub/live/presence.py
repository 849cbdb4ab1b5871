"""Presence: who looks at a thread and who types in it, as ids. It fades by itself and is kept nowhere else."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

_MOST_THREADS = 10_000


class Doing(StrEnum):
    """What someone does with a thread."""

    VIEWING = "viewing"
    TYPING = "typing"


FADES: Mapping[Doing, timedelta] = {Doing.VIEWING: timedelta(seconds=30), Doing.TYPING: timedelta(seconds=6)}
"""How long it is believed after it was last said."""


class Presence(Protocol):
    """Who is at a thread."""

    async def here(self, thread_id: str, user_id: str, doing: Doing) -> None:
        """Say that a user views the thread, or types (and views, too), now."""
        ...

    async def gone(self, thread_id: str, user_id: str) -> None:
        """Say that a user left the thread."""
        ...

    async def who(self, thread_id: str) -> dict[str, Doing]:
        """What each user who is there does, by user id, in the order of the ids."""
        ...


class LocalPresence:
    """Presence within one process.

    `seconds` is a monotonic clock, in seconds.
    """

    def __init__(self, seconds: Callable[[], float], fades: Mapping[Doing, timedelta] = FADES) -> None:
        self._seconds = seconds
        self._fades = fades
        self._until: dict[str, dict[tuple[str, Doing], float]] = {}

    async def here(self, thread_id: str, user_id: str, doing: Doing) -> None:
        """Say that a user views the thread, or types (and views, too), now."""
        if thread_id not in self._until and len(self._until) >= _MOST_THREADS:
            self._forget()
        entries = self._until.setdefault(thread_id, {})
        for one in {doing, Doing.VIEWING}:
            entries[user_id, one] = self._seconds() + self._fades[one].total_seconds()

    async def gone(self, thread_id: str, user_id: str) -> None:
        """Say that a user left the thread."""
        for one in Doing:
            self._until.get(thread_id, {}).pop((user_id, one), None)

    async def who(self, thread_id: str) -> dict[str, Doing]:
        """What each user who is there does, by user id."""
        now = self._seconds()
        there = {key for key, until in self._until.get(thread_id, {}).items() if until > now}
        return seen(there)

    def _forget(self) -> None:
        """Drop what has faded; if all are still there, the threads said first."""
        now = self._seconds()
        kept = {thread: entries for thread, entries in self._until.items() if max(entries.values(), default=now) > now}
        self._until = dict(list(kept.items())[-_MOST_THREADS // 2 :])


def seen(entries: set[tuple[str, Doing]]) -> dict[str, Doing]:
    """What each user does, of all that was said of them: typing goes before viewing."""
    users = sorted({user for user, _ in entries})
    return {user: Doing.TYPING if (user, Doing.TYPING) in entries else Doing.VIEWING for user in users}
