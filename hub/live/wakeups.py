"""Wake-ups: after a commit, whoever can go on with the work hears of it at once instead of at their next poll."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

_log = logging.getLogger(__name__)

Hearing = Callable[[Sequence[str]], None]
"""Called with the ids that were rung for; must not wait for anything."""


class Topic(StrEnum):
    """What was committed, and what the ids are."""

    ACCEPTED = "accepted"
    """Inbound messages; the ids of their threads."""
    QUEUED = "queued"
    """Deliveries; no ids."""
    JOBS = "jobs"
    """Jobs; no ids."""
    PRESENCE = "presence"
    """Somebody is at a thread, or left it; the ids of threads. Nothing was committed, and no poll finds it."""


class Wakeups(Protocol):
    """Rings, heard in this process at once and in every other soon, or never: a poll must find what was rung for."""

    def hear(self, topic: Topic, hearing: Hearing) -> None:
        """Call `hearing` at every ring for `topic`, from now on."""
        ...

    def ring(self, topic: Topic, ids: Iterable[str] = ()) -> None:
        """Say that something was committed. Never waits, never fails."""
        ...

    async def start(self) -> None:
        """Begin to hear other processes."""
        ...

    async def stop(self) -> None:
        """Hand on what was rung last, and end."""
        ...


class LocalWakeups:
    """Wake-ups within one process."""

    def __init__(self) -> None:
        self._hearings: defaultdict[Topic, list[Hearing]] = defaultdict(list)

    def hear(self, topic: Topic, hearing: Hearing) -> None:
        """Call `hearing` at every ring for `topic`, from now on."""
        self._hearings[topic].append(hearing)

    def ring(self, topic: Topic, ids: Iterable[str] = ()) -> None:
        """Say that something was committed. Never waits, never fails."""
        self.tell(topic, list(ids))

    async def start(self) -> None:
        """Nothing to begin: there is no other process."""

    async def stop(self) -> None:
        """Nothing to end."""

    def tell(self, topic: Topic, ids: Sequence[str]) -> None:
        """Call who hears `topic` in this process."""
        for hearing in self._hearings[topic]:
            try:
                hearing(ids)
            except Exception:
                # The commit is done: who rang must not fail because somebody else cannot hear.
                _log.exception("wakeup_failed", extra={"values": {"topic": topic.value}})
