"""What an export says of a thread, a message and a reading. `repr` of none shows a text or an address.

Every time is in UTC; every id is the hub's. What a profile leaves out is not there at all.
"""

from datetime import date, datetime

import msgspec

__all__ = [
    "AttachedFile",
    "Attempted",
    "ConsentAtSend",
    "DecidedStep",
    "DeliveryRecord",
    "HistoryStep",
    "MessageRecord",
    "ReadRecord",
    "ThreadRecord",
]


class _Quiet(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class HistoryStep(_Quiet):
    """A state that a delivery came to. reason: the rule or the provider's code that led there."""

    state: str
    at: datetime | date | None = None
    reason: str = ""


class Attempted(_Quiet):
    """An attempt to hand a delivery over."""

    number: int
    started_at: datetime | date | None = None
    ended_at: datetime | date | None = None
    outcome: str = ""
    code: str = ""


class DecidedStep(_Quiet):
    """What was decided when a delivery was queued, as the audit has it: by which rule, and why there was this step."""

    rule: str
    at: datetime | date | None = None
    cause: str = ""
    step: int = 0
    entry: str = ""


class ConsentAtSend(_Quiet):
    """What the ledger said of the address, for this channel and purpose, when the delivery was last handed over.

    state: grant, revoke, expired or unknown. at: the moment looked at. fact: the ledger's entry that decides.
    """

    state: str
    at: datetime | date | None = None
    fact: str = ""
    source: str = ""
    since: datetime | date | None = None
    written: bool = False


class DeliveryRecord(_Quiet):
    """One way that a message went, with all that became of it. provider_id: what the provider called it.

    appointment: the visit that it speaks of. answers: the message that it answers, where that is known.
    """

    id: str
    channel: str
    purpose: str
    state: str
    reason: str = ""
    address: str = ""
    automated: bool = False
    step: int = 0
    words: str = ""
    provider_id: str = ""
    appointment: str = ""
    answers: str = ""
    decided: DecidedStep | None = None
    consent: ConsentAtSend | None = None
    history: list[HistoryStep] = msgspec.field(default_factory=list)
    attempts: list[Attempted] = msgspec.field(default_factory=list)


class AttachedFile(_Quiet):
    """A file of a message. path, sha256: where the export has it, and its digest; none where it is not given out."""

    id: str
    name: str = ""
    kind: str = ""
    size: int = 0
    state: str = ""
    path: str = ""
    sha256: str = ""


class MessageRecord(_Quiet, tag="message", tag_field="record"):
    """An entry of a thread. seq: its number there. notice: what must go along with it."""

    id: str
    thread: str
    person: str
    seq: int
    direction: str
    author: str
    at: datetime | date | None = None
    mrn: str = ""
    name: str = ""
    author_name: str = ""
    author_id: str = ""
    channel: str = ""
    address: str = ""
    body: str = ""
    opt_out: str = ""
    provider_id: str = ""
    attachments: list[AttachedFile] = msgspec.field(default_factory=list)
    deliveries: list[DeliveryRecord] = msgspec.field(default_factory=list)
    unreadable: str = ""
    notice: str = ""


class ThreadRecord(_Quiet, tag="thread", tag_field="record"):
    """Whose thread follows. continued: it goes on from the file before. notice: what must go along with it."""

    id: str
    person: str
    kind: str = ""
    mrn: str = ""
    name: str = ""
    birth_date: date | str | None = None
    language: str = ""
    status: str = ""
    notice: str = ""
    continued: bool = False


class ReadRecord(_Quiet, tag="read", tag_field="record"):
    """A reading of what is a person's. entry, seq: the audit entry, and its number in the chain."""

    entry: str
    person: str
    action: str
    by: str
    by_id: str = ""
    by_name: str = ""
    object: str = ""
    at: datetime | date | None = None
    seq: int | None = None
