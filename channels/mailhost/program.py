"""Mails as a mail program writes them. Pure.

A reply goes where `Reply-To` says, names what it answers, and quotes it beneath the new words, in plain text and in
HTML, as the widespread programs do.
"""

import html
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from babel.dates import format_datetime

from hub.types import Language

__all__ = ["bodies", "new", "reply"]

_WROTE = {"en": "On {when}, {who} wrote:", "es": "El {when}, {who} escribió:"}
_WHEN = {"en": "EEE, MMM d, y 'at' h:mm a", "es": "EEE, d MMM y 'a las' H:mm"}
_AGENT = "Simulated Mail"


def new(*, author: str, sender: str, recipient: str, subject: str, words: str, name: str, at: datetime) -> EmailMessage:
    """A mail that answers none. `author` is how the sender is called, `name` its Message-ID."""
    mail = _headed(author, sender, recipient, subject, name, at)
    mail.set_content(f"{words}\n")
    mail.add_alternative(f'<div dir="ltr">{_lines(words)}</div>\n', subtype="html")
    return mail


def reply(
    to: EmailMessage, *, author: str, sender: str, words: str, name: str, at: datetime, language: Language = "en"
) -> EmailMessage:
    """An answer to the mail `to`."""
    recipient = str(to.get("Reply-To") or to.get("From") or "")
    subject = str(to.get("Subject") or "")
    mail = _headed(author, sender, recipient, subject if _answers(subject) else f"Re: {subject}", name, at)
    answered = str(to.get("Message-ID") or "")
    if answered:
        mail["In-Reply-To"] = answered
        mail["References"] = " ".join((*str(to.get("References") or "").split(), answered))
    quoted, _ = bodies(to)
    wrote = _WROTE[language].format(when=_moment(to, at, language), who=str(to.get("From") or ""))
    below = "\n".join(f"> {line}".rstrip() for line in quoted.rstrip("\n").split("\n"))
    mail.set_content(f"{words}\n\n{wrote}\n\n{below}\n")
    mail.add_alternative(
        f'<div dir="ltr">{_lines(words)}</div><br>\n'
        f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{html.escape(wrote)}<br></div>\n'
        f'<blockquote class="gmail_quote">{_lines(quoted)}</blockquote></div>\n',
        subtype="html",
    )
    return mail


def bodies(mail: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML of a mail, each empty where it has none or where it cannot be read."""
    found = []
    for kind in ("plain", "html"):
        try:
            part = mail.get_body((kind,))
            found.append(str(part.get_content()).replace("\r\n", "\n") if part is not None else "")
        except (LookupError, ValueError):
            found.append("")
    return found[0], found[1]


def _headed(author: str, sender: str, recipient: str, subject: str, name: str, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f'"{author}" <{sender}>'
    mail["To"] = recipient
    mail["Subject"] = subject
    mail["Date"] = at
    mail["Message-ID"] = name
    mail["User-Agent"] = _AGENT
    return mail


def _answers(subject: str) -> bool:
    return subject[:3].lower() == "re:"


def _moment(to: EmailMessage, at: datetime, language: Language) -> str:
    moment = getattr(to.get("Date"), "datetime", None) or at
    return str(format_datetime(moment.astimezone(at.tzinfo), _WHEN[language], locale=language)).replace("\u202f", " ")


def _lines(words: str) -> str:
    return html.escape(words).replace("\n", "<br>\n")
