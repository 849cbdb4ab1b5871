"""A mail taken apart: what its headers say, what its sender wrote, what is attached.

Only the old, lazy side of Python's parser is used (`compat32`): its newer headers run away on input made for that.
Run this in a process that may be killed (`channels.mail.aside`), and only on what `channels.mail.limits` let pass.
"""

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message

import msgspec

from channels.mail import limits, replies
from channels.mail.plaintext import text_of

LONGEST_TEXT = 100_000
"""Characters of a body that become a message; of a longer one the raw mail is kept, too."""
MOST_FILES = 50
"""Attachments that are taken out of a mail; of one with so many the raw mail is kept, too."""
_LONGEST_HTML = 300_000
_LONGEST_VALUE = 2_000
_MOST_REFERENCES = 100
_MOST_OF_A_KIND = 4
"""Headers of one name that are looked at; there should be one."""

_MAILBOX = re.compile(r"[^\s<>\"(),:;@\[\]\\]{1,64}@[^\s<>\"(),:;@\[\]\\]{1,255}")
_IDENTIFIER = re.compile(r"<[!-;=?-~]{1,250}>")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\([^()]*\)")
_FILE_NAME = re.compile(r"[\x00-\x1f\x7f/\\<>:\"|?*\u202a-\u202e\u2066-\u2069]")


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment: its name and type as the sender gave them, neither to be believed."""

    name: str
    content_type: str
    content: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    def __repr__(self) -> str:
        return f"File({self.size} bytes)"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a server reports of a mail of ours (RFC 3464), or a provider of a person's complaint (RFC 5965).

    kind: `failed`, `delayed`, `delivered`, `complaint` or `other`. code: the enhanced status, or empty.
    original: the Message-ID of the mail it is about. recipient: whom that was for.
    """

    kind: str
    code: str = ""
    original: str = ""
    recipient: str = ""

    def __repr__(self) -> str:
        return f"Report({self.kind}, {self.code})"


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """One mail. Times and addresses are as its sender wrote them.

    senders: every mailbox of every From. results: `Authentication-Results` and `Received`, as (name, value), topmost
    first. markers: headers, in lower case, by which programs know each other. calendar: `accepted`, `declined` or
    `tentative`. cut: the body was longer than what `text` holds. digest: of the sender, the time and the body, for a
    mail whose Message-ID proves nothing.
    """

    message_id: str
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    references: tuple[str, ...]
    results: tuple[tuple[str, str], ...]
    markers: dict[str, str]
    subject: str
    text: str
    files: tuple[File, ...]
    report: Report | None
    calendar: str | None
    cut: bool
    digest: str

    def __repr__(self) -> str:
        return f"Parsed({len(self.text)} characters, {len(self.files)} files)"


MARKERS = (
    "auto-submitted",
    "precedence",
    "x-auto-response-suppress",
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-mail-autoreply",
    "list-id",
    "list-unsubscribe",
    "feedback-id",
    "return-path",
    "x-loop",
    "x-failed-recipients",
    "content-type",
)
_TO = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
_SPACES = re.compile(r"\s+")


def parse(raw: bytes) -> Parsed:
    """What is in a mail.

    Raises: TooMuch, and whatever Python's parser raises on a mail that is broken in a new way.
    """
    limits.examine(raw)
    message = message_from_bytes(raw)
    leaves = list(_leaves(message))
    kind = message.get_content_type()
    body, cut = _body(leaves)
    sender = _all(message, ("from",))
    return Parsed(
        message_id=next(iter(_IDENTIFIER.findall(_value(message, "message-id"))), ""),
        senders=tuple(dict.fromkeys(one.lower() for one in _mailboxes(sender))),
        recipients=tuple(dict.fromkeys(_mailboxes(_all(message, _TO)))),
        references=_references(message),
        results=_results(message),
        markers={name: _plain(_value(message, name)).lower() for name in MARKERS if message.get(name) is not None},
        subject=_decoded(_value(message, "subject")),
        text=replies.extract(body).text if body.strip() else "",
        files=tuple(_files(leaves)),
        report=_report(message, leaves) if kind == "multipart/report" else None,
        calendar=_calendar(leaves),
        cut=cut,
        digest=hashlib.sha256(
            "\0".join((sender, _value(message, "date"), _value(message, "message-id"), body)).encode("utf-8", "replace")
        ).hexdigest(),
    )


def sender_of(raw: bytes) -> str:
    """The mailbox in the From header of a mail that cannot be parsed; empty where none is found."""
    head = raw[: limits.LARGEST_HEADER].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    found = re.search(rb"^from:([^\r\n]{0,998})", head, re.IGNORECASE | re.MULTILINE)
    return next(iter(_mailboxes(found[1].decode("utf-8", "replace"))), "").lower() if found else ""


# --- headers


def _values(message: Message, name: str) -> list[str]:
    """Every header of that name as it stands; octets that are no ASCII are read as UTF-8."""
    wanted = (value for key, value in message.raw_items() if key.lower() == name)
    return [str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace") for value in wanted]


def _value(message: Message, name: str) -> str:
    """A header as it stands, unfolded, its beginning only."""
    return _plain(next(iter(_values(message, name)), "")[:_LONGEST_VALUE])


def _all(message: Message, names: tuple[str, ...]) -> str:
    values = [one[:_LONGEST_VALUE] for name in names for one in _values(message, name)[:_MOST_OF_A_KIND]]
    return _plain(", ".join(values))


def _plain(value: str) -> str:
    """Unfolded; what is no text becomes U+FFFD."""
    return _SPACES.sub(" ", value.encode("utf-8", "replace").decode("utf-8", "replace")).strip()


def _mailboxes(value: str) -> Iterator[str]:
    """The mailboxes of an address header, without names, comments and what they try to look like."""
    bare = _QUOTED.sub(" ", value)
    for each in bare.split(","):
        angle = each.rpartition("<")
        found = _MAILBOX.search(angle[2].partition(">")[0] if angle[1] else each)
        if found:
            yield found[0]


def _references(message: Message) -> tuple[str, ...]:
    named = _value(message, "in-reply-to") + " " + _plain(" ".join(_values(message, "references")))[-16_000:]
    return tuple(dict.fromkeys(_IDENTIFIER.findall(named)))[-_MOST_REFERENCES:]


def _results(message: Message) -> tuple[tuple[str, str], ...]:
    wanted = ("authentication-results", "received")
    found = [(name.lower(), str(value)[:8_000]) for name, value in message.raw_items() if name.lower() in wanted]
    return tuple((name, _plain(value)) for name, value in found[:40])


def _decoded(value: str) -> str:
    """Encoded words as text."""
    try:
        return _plain(
            "".join(
                part if isinstance(part, str) else _text_of(part, charset or "utf-8")
                for part, charset in decode_header(value)
            )
        )
    except (MessageError, ValueError, LookupError):
        return value


# --- bodies


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, front to back; what lies in a mail within the mail is that mail's."""
    waiting = [message]
    seen = 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > limits.MOST_PARTS:
            raise limits.TooMuch("parts", seen)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting.extend(reversed(part.get_payload()))  # type: ignore[arg-type]
        else:
            yield part


def _is_file(part: Message) -> bool:
    disposition = str(part.get("content-disposition", "")).strip().lower()
    return disposition.startswith("attachment") or (part.get_content_maintype() not in ("text", "message", "multipart"))


def _body(leaves: list[Message]) -> tuple[str, bool]:
    """The words of the mail, and whether there were more: plain text where there is some, else HTML as text."""
    for kind in ("text/plain", "text/html"):
        texts = [part for part in leaves if part.get_content_type() == kind and not _is_file(part)]
        written = "\n".join(filter(None, (_words(part, kind) for part in texts)))
        if written.strip():
            longer = kind == "text/html" and any(len(_bytes(part)) > _LONGEST_HTML for part in texts)
            return written[:LONGEST_TEXT], longer or len(written) > LONGEST_TEXT
    return "", False


def _words(part: Message, kind: str) -> str:
    text = _text_of(_bytes(part), part.get_param("charset", "utf-8"))
    if kind == "text/html":
        return text_of(text[:_LONGEST_HTML])
    if str(part.get_param("format", "")).lower() == "flowed":
        return _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _bytes(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (TypeError, ValueError):
        return b""  # a header of the part is broken in a way that the parser does not expect
    return payload if isinstance(payload, bytes) else b""


def _text_of(raw: bytes, charset: object) -> str:
    """`raw` in its charset; where that is unknown or wrong, what can be read of it."""
    name = charset[2] if isinstance(charset, tuple) else charset
    try:
        return raw.decode(str(name).strip("\"' ") or "utf-8")
    except (LookupError, ValueError):
        pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


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


def _files(leaves: list[Message]) -> Iterator[File]:
    count = 0
    for part in leaves:
        kind = part.get_content_type()
        named = _file_name(part)
        within = kind == "message/rfc822"
        if not (_is_file(part) or within or named) or kind in ("message/delivery-status", "message/feedback-report"):
            continue
        count += 1
        if count > MOST_FILES:
            return
        content = _whole(part) if within else _bytes(part)
        name = _FILE_NAME.sub("_", _decoded(str(named or "")))[:120].strip(". ") or "file"
        yield File(name=name, content_type=kind, content=content)


def _file_name(part: Message) -> str:
    try:
        return str(part.get_filename() or "")
    except (LookupError, ValueError):
        return ""


def _whole(part: Message) -> bytes:
    """A mail within the mail, written anew; empty where that cannot be done. The outer one is kept as it came."""
    inner = part.get_payload()
    try:
        return inner[0].as_bytes() if isinstance(inner, list) and inner else b""  # type: ignore[union-attr]
    except (MessageError, ValueError, LookupError, TypeError):
        return b""


# --- what programs write


def _report(message: Message, leaves: list[Message]) -> Report:
    """What a multipart/report says: the first mail of ours that it is about."""
    fields: dict[str, str] = {}
    original = recipient = ""
    complaint = delivery = False
    for part in leaves:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            delivery = True
            for block in part.get_payload() if part.is_multipart() else ():
                for name, value in getattr(block, "items", list)():
                    fields.setdefault(name.lower(), _plain(str(value)[:_LONGEST_VALUE]))
        elif kind == "message/feedback-report":
            complaint = True
            payload = part.get_payload()
            told = payload[0].items() if isinstance(payload, list) and payload else _lines(_bytes(part))  # type: ignore[union-attr]
            fields.update({name.lower(): _plain(str(value)[:_LONGEST_VALUE]) for name, value in told})
        elif kind in ("text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers"):
            inner = part.get_payload()
            headers = inner[0] if isinstance(inner, list) and inner else message_from_bytes(_bytes(part))
            if isinstance(headers, Message):
                original = original or _value(headers, "message-id")
                recipient = recipient or next(iter(_mailboxes(_value(headers, "to"))), "")
    code = re.search(r"[245]\.\d{1,3}\.\d{1,3}", fields.get("status", ""))
    whom = fields.get("original-recipient") or fields.get("final-recipient") or fields.get("original-rcpt-to", "")
    action = fields.get("action", "").lower()
    kind = "other"
    if complaint:
        kind = "complaint" if fields.get("feedback-type", "abuse").lower() in ("abuse", "fraud", "virus") else "other"
    elif delivery:
        kind = action if action in ("failed", "delayed", "delivered") else "other"
    return Report(
        kind=kind,
        code=code[0] if code else "",
        original=next(iter(_IDENTIFIER.findall(original)), ""),
        recipient=next(iter(_mailboxes(whom.rpartition(";")[2])), recipient),
    )


def _lines(raw: bytes) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in raw[:16_000].decode("utf-8", "replace").splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


_PARTSTAT = re.compile(r"PARTSTAT\s*=\s*\"?(ACCEPTED|DECLINED|TENTATIVE)", re.IGNORECASE)
_METHOD = re.compile(r"^METHOD\s*:\s*REPLY\s*$", re.IGNORECASE | re.MULTILINE)


def _calendar(leaves: list[Message]) -> str | None:
    """What a calendar program answers to an invitation (iTIP, RFC 5546 §3.2.3)."""
    for part in leaves:
        if part.get_content_type() not in ("text/calendar", "application/ics"):
            continue
        text = _text_of(_bytes(part)[:64_000], part.get_param("charset", "utf-8"))
        text = re.sub(r"\r?\n[ \t]", "", text)
        answers = _METHOD.search(text) or str(part.get_param("method", "")).upper() == "REPLY"
        found = _PARTSTAT.search(text)
        if answers and found:
            return found[1].lower()
    return None
