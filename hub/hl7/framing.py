"""Messages in a stream, as the minimal lower layer protocol frames them: 0x0B, the message, 0x1C 0x0D.

Source: HL7 v2.x, Transport Specification: MLLP, Release 1, §2.
"""

from collections.abc import Iterator

START = b"\x0b"
END = b"\x1c\r"
LARGEST = 256 * 1024
"""Octets of one message. What the hub understands has a few thousand."""
_NOISE = 4096
"""Octets between messages after which it is no MLLP that is spoken."""
_BETWEEN = b"\r\n\t \x00"


class NoFraming(Exception):
    """What comes is not framed."""


class TooLarge(Exception):
    """A message is too large; `head` is how it begins."""

    def __init__(self, head: bytes) -> None:
        super().__init__("the message is too large")
        self.head = head


class Frames:
    """Finds messages in what comes in pieces, however it was cut.

    A message that was broken off and begun anew, with another 0x0B, is passed over. 0x1C alone ends nothing: half a
    message must not be taken for a whole one.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._within = False
        self._looked = 0
        self._noise = 0

    @property
    def within(self) -> bool:
        """Whether a message has begun that has not ended."""
        return self._within

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole with `data`, without their frames, as they are found.

        Raises: NoFraming, TooLarge, after what was whole before.
        """
        self._buffer += data
        while self._begun():
            end = self._buffer.find(END, max(0, self._looked - 1))
            if end < 0:
                self._looked = len(self._buffer)
                if self._looked > self._largest:
                    raise TooLarge(bytes(self._buffer[:4096]))
                return
            content = bytes(self._buffer[:end]).rpartition(START)[2]
            del self._buffer[: end + len(END)]
            self._within = False
            if len(content) > self._largest:
                raise TooLarge(content[:4096])
            yield content

    def _begun(self) -> bool:
        """Whether a message has begun; what stands before it is thrown away."""
        if self._within:
            return True
        start = self._buffer.find(START)
        before = self._buffer if start < 0 else self._buffer[:start]
        self._noise += len(before.strip(_BETWEEN))
        if self._noise > _NOISE:
            raise NoFraming
        if start < 0:
            self._buffer.clear()
            return False
        del self._buffer[: start + 1]
        self._within, self._looked, self._noise = True, 0, 0
        return True


def framed(content: bytes) -> bytes:
    """A message in its frame."""
    return START + content + END
