"""What a mail that came in is to the hub. Pure: parsing was done before, storing comes after.

1. A report of a server or a provider → what became of a delivery of ours.
2. Our own mail come back, or a program's → nothing to answer.
3. A person's → an `Inbound`, with what ties it to a conversation: token, references, and whether the sender is vouched
   for. Nothing is decided of that here.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from channels.mail import codes
from channels.mail.identifiers import LONGEST, provider_id, reference_of, token_of
from channels.mail.machine import automatic
from channels.mail.parsing import MOST_FILES, Parsed, Report
from channels.mail.trust import vouched
from hub.types import Address, AddressKind, ChannelKind, DeliveryState, Inbound, Media, Provenance, Status

LONGEST_MAILBOX = 254
PART = "part:"
LONGEST_SUBJECT = 500

CALENDAR = {"accepted": "I confirm", "declined": "I can't come", "tentative": "I may not be able to come"}
"""What a click in a calendar says, in words that the bot knows."""

_ANSWERING = re.compile(
    r"\A(?:\s{0,4}(?:re|r|aw|antw|sv|vs|rv|fw|fwd|wg|tr|rif|res|enc|odp|ynt|回复|答复|返信)\s*(?:\[\d{1,3}\])?\s*[:：])+\s*",
    re.IGNORECASE,
)
"""What mail programs put before the subject of an answer."""

_MAILBOX = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What the hub is called: its mailbox, the relay that it trusts ("" for none), the subjects of its own mails."""

    mailbox: str
    authserv_id: str = ""
    subjects: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The mailbox's domain."""
        return self.mailbox.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a mail was handed over: from whom and for whom. Both are empty for one fetched from a mailbox."""

    sender: str = field(default="", repr=False)
    recipients: tuple[str, ...] = field(default=(), repr=False)
    null_sender: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a mail says. `kept` is why it is to be kept as it came, too; empty where it need not be.

    ignored: why nothing follows from it; empty where something does.
    """

    inbound: Inbound | None = None
    status: Status | None = None
    kept: str = ""
    ignored: str = ""


def read(mail: Parsed, envelope: Envelope, ours: Ours, at: datetime) -> Reading:
    """What `mail`, which came at `at`, says. Its files are named `part:NUMBER`, from 0, until they are put aside."""
    if mail.report is not None:
        status = status_of(mail.report, ours, at)
        if status is not None:
            return Reading(status=status)
        return Reading(ignored="report", kept="" if mail.report.kind == "delayed" else "report")
    if _ours(mail, ours):
        return Reading(ignored="loop")
    sign = "null_sender" if envelope.null_sender else automatic(mail)
    if sign:
        return Reading(ignored=sign, kept="automatic")
    sender = mail.senders[0] if mail.senders else envelope.sender.lower()
    if not usable(sender):
        return Reading(ignored="no_sender", kept="no_sender")
    authenticated = vouched(mail.results, mail.senders, ours.authserv_id)
    text = CALENDAR[mail.calendar] if mail.calendar is not None else _words(mail, ours)
    kept = "long" if mail.cut else "files" if len(mail.files) >= MOST_FILES else ""
    return Reading(
        kept=kept,
        inbound=Inbound(
            channel=ChannelKind.EMAIL,
            provider_id=identity(mail, authenticated=authenticated),
            sender=Address(AddressKind.MAILBOX, sender),
            recipient=Address(AddressKind.MAILBOX, ours.mailbox),
            text=text,
            received_at=at,
            media=tuple(
                Media(url=f"{PART}{number}", content_type=file.content_type, name=file.name)
                for number, file in enumerate(mail.files)
            ),
            provenance=Provenance(
                token=_token((*envelope.recipients, *mail.recipients), ours.domain),
                references=tuple(
                    provider_id(reference, ours.domain)
                    for reference in (reference_of(each, ours.domain) for each in mail.references)
                    if reference is not None
                ),
                authenticated=authenticated,
            ),
        ),
    )


def unreadable(sender: str, digest: str, envelope: Envelope, ours: Ours, at: datetime, words: str) -> Inbound | None:
    """The message that stands for a mail which cannot be read; None where even its sender cannot.

    It is nobody's by more than what it claims: never authenticated, and without references.
    """
    whom = next((each for each in (sender, envelope.sender.lower()) if usable(each)), None)
    if whom is None or envelope.null_sender:
        return None
    return Inbound(
        channel=ChannelKind.EMAIL,
        provider_id=digest[:LONGEST],
        sender=Address(AddressKind.MAILBOX, whom),
        recipient=Address(AddressKind.MAILBOX, ours.mailbox),
        text=words,
        received_at=at,
        provenance=Provenance(token=_token(envelope.recipients, ours.domain)),
    )


def status_of(report: Report, ours: Ours, at: datetime) -> Status | None:
    """What a report says of a delivery of ours; None where it names none, or is not the last word.

    Only who got the mail, or carried it, knows its Message-ID: it holds 74 random bits.
    """
    reference = reference_of(report.original, ours.domain)
    if reference is None:
        return None
    states = {
        "failed": DeliveryState.FAILED,
        "complaint": DeliveryState.FAILED,
        "delivered": DeliveryState.DELIVERED,
    }
    if report.kind not in states:
        return None
    code = codes.COMPLAINT if report.kind == "complaint" else report.code or None
    return Status(
        channel=ChannelKind.EMAIL,
        provider_id=provider_id(reference, ours.domain),
        delivery_id=reference,
        state=states[report.kind],
        at=at,
        code=code if states[report.kind] is DeliveryState.FAILED else None,
    )


def identity(mail: Parsed, *, authenticated: bool) -> str:
    """By what the hub knows the mail again when it comes twice.

    A Message-ID is whatever the sender wrote: where nobody vouches for them it could be another mail's, and would make
    that one look like a duplicate. Then it is a digest of what the mail says.
    """
    if authenticated and mail.message_id and len(mail.message_id) <= LONGEST:
        return mail.message_id
    return mail.digest[:LONGEST]


def usable(mailbox: str) -> bool:
    """Whether something can be sent to `mailbox`."""
    return len(mailbox) <= LONGEST_MAILBOX and mailbox.isprintable() and _MAILBOX.fullmatch(mailbox) is not None


def _words(mail: Parsed, ours: Ours) -> str:
    """What the person says: the subject is a part of it, unless it is that of the hub's own mail that they answer.

    "Chest pain" may stand in the subject alone.
    """
    subject = mail.subject.strip()[:LONGEST_SUBJECT]
    bare = _ANSWERING.sub("", subject).casefold()
    if not bare or bare in {one.casefold() for one in ours.subjects}:
        return mail.text
    return f"{subject}\n\n{mail.text}" if mail.text else subject


def _ours(mail: Parsed, ours: Ours) -> bool:
    """Whether the hub itself wrote it."""
    return reference_of(mail.message_id, ours.domain) is not None or ours.mailbox in mail.senders


def _token(recipients: tuple[str, ...], domain: str) -> str | None:
    """The one token that the recipients name; None where they name none, or several."""
    found = {token for token in (token_of(each, domain) for each in recipients) if token is not None}
    return found.pop() if len(found) == 1 else None
