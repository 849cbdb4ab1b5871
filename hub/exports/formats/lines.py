"""JSON Lines: a record a line, of a thread, of its messages, of a reading."""

import msgspec

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import MessageRecord, ReadRecord, ThreadRecord

__all__ = ["Lines"]


class Lines(Chunk):
    """A file of JSON Lines."""

    def __init__(self, setting: Setting) -> None:
        self._text = bytearray()
        self._waiting: list[msgspec.Struct] = []
        self._add = self._waiting.append
        self._encode = msgspec.json.Encoder().encode_lines

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return len(self._written())

    def thread(self, one: ThreadRecord) -> None:
        """A line for the thread."""
        self._add(one)

    def message(self, one: MessageRecord) -> None:
        """A line for the message."""
        self._add(one)

    def read(self, one: ReadRecord) -> None:
        """A line for the reading."""
        self._add(one)

    def _written(self) -> bytearray:
        # Several in one go: a line is encoded faster than it is asked for.
        if self._waiting:
            self._text += self._encode(self._waiting)
            self._waiting.clear()
        return self._text

    def done(self) -> bytes:
        """The file."""
        return bytes(self._written())
