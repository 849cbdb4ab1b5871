"""What a file is, by its bytes.

Only what is on the list has a kind. The sender's word for it, a content type or the end of a name, is not asked.
"""

import re
from collections.abc import Callable
from enum import StrEnum

__all__ = ["Kind", "sniff"]


class Kind(StrEnum):
    """A kind of file that is let in; its value is the content type that it is given out under."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"
    TEXT = "text/plain"
    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    OGG = "audio/ogg"
    AMR = "audio/amr"
    MP4_AUDIO = "audio/mp4"
    VCARD = "text/vcard"
    CALENDAR = "text/calendar"

    @property
    def ending(self) -> str:
        """What a file's name ends in, with the dot."""
        return _ENDINGS[self]

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn anew before it is kept. HEIC is not: nothing here decodes it."""
        return self in (Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP)


_ENDINGS = {
    Kind.JPEG: ".jpg",
    Kind.PNG: ".png",
    Kind.GIF: ".gif",
    Kind.WEBP: ".webp",
    Kind.HEIC: ".heic",
    Kind.PDF: ".pdf",
    Kind.TEXT: ".txt",
    Kind.MP3: ".mp3",
    Kind.WAV: ".wav",
    Kind.OGG: ".ogg",
    Kind.AMR: ".amr",
    Kind.MP4_AUDIO: ".m4a",
    Kind.VCARD: ".vcf",
    Kind.CALENDAR: ".ics",
}

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_HANDLER = re.compile(rb"hdlr.{8}(....)", re.DOTALL)
_OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
# Control characters that no text has; and what a browser might take for a page, were it ever told to guess.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_MARKUP = re.compile(r"\s*<(?:[!?/]|[a-z])", re.IGNORECASE)


def sniff(content: bytes) -> Kind | None:
    """The kind of the whole file `content`; None for what is not let in. Linear in its length."""
    return next((kind for kind, fits in _TESTS if fits(content)), None)


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(beginnings)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda content: content[:4] == b"RIFF" and content[8:12] == form


def _brands(content: bytes) -> frozenset[bytes]:
    """The brands that an ISO base media file says it follows (ISO/IEC 14496-12 section 4.3)."""
    if content[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(content[:4], "big"), 256, len(content))
    return frozenset({content[8:12], *(content[at : at + 4] for at in range(16, end - 3, 4))})


def _heic(content: bytes) -> bool:
    return bool(_brands(content) & _HEIC_BRANDS)


def _mp4_audio(content: bytes) -> bool:
    """Sound, and no moving picture: what its tracks say (section 8.4.3), wherever in the file they are."""
    if not _brands(content):
        return False
    tracks = set(_HANDLER.findall(content))
    return b"soun" in tracks and b"vide" not in tracks


def _mp3(content: bytes) -> bool:
    """An ID3v2 tag, or the header of a frame of layer III (ISO/IEC 11172-3 section 2.4.1.3)."""
    if content[:3] == b"ID3":
        return len(content) > 10
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE6 != 0xE2:
        return False
    version, rate, frequency = content[1] >> 3 & 3, content[2] >> 4, content[2] >> 2 & 3
    return version != 1 and 0 < rate < 15 and frequency != 3


def _ogg(content: bytes) -> bool:
    """Its first packet names a codec of sound (RFC 3533, RFC 5334)."""
    return content[:4] == b"OggS" and any(codec in content[:64] for codec in _OGG_CODECS)


def _text(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if not text.strip() or _NOT_TEXT.search(text) else text


def _begins(component: str) -> Callable[[bytes], bool]:
    begin = f"BEGIN:{component}".encode()

    def fits(content: bytes) -> bool:
        head = content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")[: len(begin)]
        return head.upper() == begin and _text(content) is not None

    return fits


def _plain(content: bytes) -> bool:
    text = _text(content)
    return text is not None and _MARKUP.match(text) is None


_TESTS: tuple[tuple[Kind, Callable[[bytes], bool]], ...] = (
    (Kind.JPEG, _starts(b"\xff\xd8\xff")),
    (Kind.PNG, _starts(b"\x89PNG\r\n\x1a\n")),
    (Kind.GIF, _starts(b"GIF87a", b"GIF89a")),
    (Kind.WEBP, _riff(b"WEBP")),
    (Kind.HEIC, _heic),
    (Kind.PDF, _starts(b"%PDF-")),
    (Kind.WAV, _riff(b"WAVE")),
    (Kind.OGG, _ogg),
    (Kind.AMR, _starts(b"#!AMR\n", b"#!AMR-WB\n")),
    (Kind.MP4_AUDIO, _mp4_audio),
    (Kind.MP3, _mp3),
    (Kind.VCARD, _begins("VCARD")),
    (Kind.CALENDAR, _begins("VCALENDAR")),
    (Kind.TEXT, _plain),
)
