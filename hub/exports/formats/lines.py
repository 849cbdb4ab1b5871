"""JSON Lines: a record a line, of a thread, of its messages, of a reading."""

import msgspec

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import MessageRecord, ReadRecord, ThreadRecord

__all__ = ["Lines"]


class Lines(Chunk):
    """A file of JSON Lines."""

    def __init__(self, setting: Setting) -> None:
        self._text = bytearray()
        self._encode_into = msgspec.json.Encoder().encode_into

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return len(self._text)

    def thread(self, one: ThreadRecord) -> None:
        """A line for the thread."""
        self._add(one)

    def message(self, one: MessageRecord) -> None:
        """A line for the message."""
        self._encode_into(one, self._text, -1)
        self._text += b"\n"

    def read(self, one: ReadRecord) -> None:
        """A line for the reading."""
        self._add(one)

    def _add(self, one: msgspec.Struct) -> None:
        # At the end of it.
        self._encode_into(one, self._text, -1)
        self._text += b"\n"

    def done(self) -> bytes:
        """The file."""
        return bytes(self._text)
