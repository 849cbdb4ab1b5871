"""The words of a mail's body: which parts hold them, and how they are written."""

import codecs
from email.message import Message

from channels.mail.plaintext import text_of

LONGEST_TEXT = 100_000
"""Characters of a body that become a message; of a longer one the raw mail is kept, too."""
_LONGEST_HTML = 300_000
MOST_TEXTS = 50
"""Parts whose words are put together."""
LONGEST_CHARSET = 40
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "unicode-escape"})
"""Codecs of Python's that no mail is written in: the first takes a time that grows with the square of the text."""


def is_file(part: Message) -> bool:
    """Whether the part is attached, rather than written."""
    disposition = str(part.get("content-disposition", "")).strip().lower()
    return disposition.startswith("attachment") or (part.get_content_maintype() not in ("text", "message", "multipart"))


def body(leaves: list[Message]) -> tuple[str, bool]:
    """The words of the mail, and whether there were more: plain text where there is some, else HTML as text."""
    for kind in ("text/plain", "text/html"):
        written: list[str] = []
        room = LONGEST_TEXT if kind == "text/plain" else _LONGEST_HTML
        more = False
        for part in leaves:
            if part.get_content_type() != kind or is_file(part):
                continue
            if room <= 0 or len(written) >= MOST_TEXTS:
                more = True
                break
            words, used, longer = _words(part, kind, room)
            room -= used
            more = more or longer
            if words:
                written.append(words)
        text = "\n".join(written)
        if text.strip():
            return text[:LONGEST_TEXT], more or len(text) > LONGEST_TEXT
    return "", False


def _words(part: Message, kind: str, room: int) -> tuple[str, int, bool]:
    """What a part says, how much of the `room` (in characters of its source) that took, and whether there was more."""
    raw = octets(part)
    text = decoded(raw, part.get_param("charset", "utf-8"), 4 * room)
    longer = len(text) > room or len(raw) > 4 * room
    text = text[:room] if kind == "text/html" else text[: 2 * room]
    used = len(text)
    if kind == "text/html":
        return text_of(text), used, longer
    if str(part.get_param("format", "")).lower() == "flowed":
        return _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes"), used, longer
    return text, used, longer


def octets(part: Message) -> bytes:
    """What the part holds, out of its transfer encoding; nothing where that cannot be undone."""
    try:
        payload = part.get_payload(decode=True)
    except (TypeError, ValueError):
        return b""  # a header of the part is broken in a way that the parser does not expect
    return payload if isinstance(payload, bytes) else b""


def decoded(raw: bytes, charset: object, most: int | None = None) -> str:
    """`raw`, or its first `most` octets, in its charset; where that is unknown or wrong, what can be read of it."""
    named = str(charset[2] if isinstance(charset, tuple) else charset).strip("\"' ").lower() or "utf-8"
    for name in (named[:LONGEST_CHARSET], "utf-8"):
        try:
            if codecs.lookup(name).name in _NO_CHARSETS:
                continue
            if most is None or len(raw) <= most:
                return raw.decode(name)
            # What is cut in two at the end is left out.
            return codecs.getincrementaldecoder(name)().decode(raw[:most])
        except (LookupError, ValueError, TypeError):
            continue
    return raw[:most].decode("cp1252", "replace")


def _unflowed(text: str, delete_space: bool) -> str:
    """Lines of `format=flowed` put together again. Source: RFC 3676 §4."""
    out: list[str] = []
    flowing: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        plain = line[1:] if line.startswith(" ") else line
        if plain.endswith(" ") and plain != "-- " and not plain.startswith(">"):
            flowing.append(plain[:-1] if delete_space else plain)
            continue
        out.append("".join([*flowing, plain]))
        flowing = []
    return "\n".join([*out, *(["".join(flowing)] if flowing else [])])
