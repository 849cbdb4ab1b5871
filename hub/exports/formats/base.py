"""What a format is to the exporter: one file is made at a time, in memory, and is small enough for that."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.exports.records import MessageRecord, ReadRecord, ThreadRecord

__all__ = ["Chunk", "Kind", "Setting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a file says of the whole that it is of. made_at: when the export was begun."""

    clinic: str
    profile: str
    made_at: datetime
    number: int


class Chunk(ABC):
    """One file being made."""

    @property
    @abstractmethod
    def size(self) -> int:
        """About how many octets it has by now."""

    @abstractmethod
    def thread(self, one: ThreadRecord) -> None:
        """What follows is of this thread. It comes again in each file that goes on with it."""

    @abstractmethod
    def message(self, one: MessageRecord) -> None:
        """Add a message."""

    def read(self, one: ReadRecord) -> None:
        """Add a reading, where the format has them in files of its own."""
        raise NotImplementedError(f"{type(self).__name__} holds no readings")

    @abstractmethod
    def done(self) -> bytes:
        """The file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How files of a format are called and made. most: messages in one. reads, reads_suffix: those of readings.

    numbered: whether a file says which one it is, so that it cannot be made before those before it.
    """

    suffix: str
    most: int
    numbered: bool = False
    make: Callable[[Setting], Chunk]
    reads_suffix: str
    reads: Callable[[Setting], Chunk]
