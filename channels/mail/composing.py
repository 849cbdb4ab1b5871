"""One message made of one part: text, the same text as HTML, and headers that hold nothing of what it says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from channels.mail.identifiers import message_id, reply_address
from hub.types import ChannelKind, Language, Part, Purpose
from templates.render import render

if TYPE_CHECKING:
    from jinja2 import Environment

BULK = frozenset({Purpose.SURVEY, Purpose.MARKETING})
"""Purposes whose mails must say how to stop them."""

_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}")
_FROM = re.compile(r"^From ", re.MULTILINE)
_TRAILING = ".,;:!?)]}"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_IDENTIFIER = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every mail of the clinic has in common."""

    clinic: str
    address: str
    mailbox: str
    zone: tzinfo

    @property
    def domain(self) -> str:
        """The mailbox's domain: that of Message-IDs and reply addresses, too."""
        return self.mailbox.rpartition("@")[2]


class _Piece(NamedTuple):
    text: str
    link: bool


def compose(
    part: Part, head: Letterhead, *, unsubscribe: str | None = None, at: datetime | None = None
) -> EmailMessage:
    """The message that carries `part`; `unsubscribe` is the link that stops mails of its purpose.

    Raises: ValueError when an address cannot stand in a header.
    """
    subject = _words("mail.subject", head, part.language)
    text = plain(part.text)
    footer = _footer(part, head, unsubscribe)
    message = EmailMessage(policy=SMTP)
    message["From"] = Mailbox(display_name=_one_line(head.clinic), addr_spec=part.sender.value)
    message["To"] = Mailbox(addr_spec=part.recipient.value)
    if part.token:
        message["Reply-To"] = Mailbox(
            display_name=_one_line(head.clinic), addr_spec=reply_address(part.token, head.domain)
        )
    message["Subject"] = subject
    message["Date"] = at or datetime.now(UTC)
    message["Message-ID"] = message_id(part.reference, head.domain)
    if part.answers and _IDENTIFIER.fullmatch(part.answers):
        message["In-Reply-To"] = part.answers
        message["References"] = part.answers
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    signed_off = f"{text}\n\n-- \n{footer}\n" if footer else f"{text}\n"
    # Quoted-printable stays as it is on every server's way, so that a signature over it holds.
    message.set_content(signed_off, cte="quoted-printable")
    message.add_alternative(_html(text, footer, subject, part.language), subtype="html", cte="quoted-printable")
    message["Content-Language"] = part.language
    for each in message.iter_parts():
        # A line that begins with "From " would be changed on the way, and the signature over it broken.
        each.set_payload(_FROM.sub("=46rom ", str(each.get_payload())))
    return message


def plain(text: str) -> str:
    """`text` as a mail can carry it: no control characters, no half of a surrogate pair, lines ended one way."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROLS.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def _footer(part: Part, head: Letterhead, unsubscribe: str | None) -> str:
    lines = []
    if part.purpose in BULK:
        lines.append(_words("mail.from", head, part.language))
    if unsubscribe:
        lines.append(f"{_words('mail.unsubscribe', head, part.language)} {unsubscribe}")
    return "\n".join(lines)


def _words(key: str, head: Letterhead, language: Language) -> str:
    values = {"clinic": head.clinic, "address": head.address}
    return _one_line(render(key, values, language, ChannelKind.EMAIL, head.zone).text)


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def _html(text: str, footer: str, subject: str, language: Language) -> str:
    paragraphs = [[list(_pieces(line)) for line in block.split("\n")] for block in re.split(r"\n{2,}", text)]
    drawn = _environment().get_template("message.html")
    below = [list(_pieces(line)) for line in footer.split("\n")] if footer else []
    return drawn.render(paragraphs=paragraphs, footer=below, subject=subject, language=language)


def _pieces(line: str) -> Iterator[_Piece]:
    """Words and links by turns. Only http and https become links."""
    at = 0
    for found in _LINK.finditer(line):
        link = found[0].rstrip(_TRAILING)
        if at < found.start():
            yield _Piece(line[at : found.start()], False)
        yield _Piece(link, True)
        at = found.start() + len(link)
    if at < len(line):
        yield _Piece(line[at:], False)


@cache
def _environment() -> "Environment":
    # Only here: it takes two megabytes, and a hub that writes no mail does without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
