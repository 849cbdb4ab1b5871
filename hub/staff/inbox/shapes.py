"""What the inbox's page and its calls say to each other. Moments are RFC 3339; ids are UUIDs.

A name is what staff read; a `reason` is a sentence for them. The page shows every text as text.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from hub.api.shapes import Attachment, Author, Delivery
from hub.types import ChannelKind, Direction, ThreadStatus

View = Literal["mine", "unassigned", "team", "all", "urgent", "mentions", "bot", "snoozed", "closed"]
"""What a list shows: of threads with staff, unless it says otherwise. `urgent` is every thread of priority 2 and 3."""

Sort = Literal["newest", "waiting"]
"""Last active first, or whoever waits longest first. Emergencies are pinned on top of either."""


class Named(msgspec.Struct, kw_only=True):
    """A user, a team or a label, by name. `color` is a label's; `initials` a user's."""

    id: str
    name: str
    color: str = ""
    initials: str = ""


class Me(msgspec.Struct, kw_only=True):
    """Whoever is signed in, and all that the page needs to begin.

    switches: what they set for themselves, such as `keys` (single-key shortcuts) and `sound`.
    undo: seconds in which a message can be taken back. idle: seconds after which they must prove themselves.
    """

    id: str
    name: str
    initials: str
    role: str
    language: Literal["en", "es"]
    may: list[str]
    switches: dict[str, bool]
    available: bool
    teams: list[Named]
    users: list[Named]
    labels: list[Named]
    clinic: str
    zone: str
    open_now: bool
    undo: int
    idle: int


class Count(msgspec.Struct, kw_only=True):
    """How many threads a view holds, and in how many of them a person waits for an answer."""

    view: View
    team: str | None = None
    threads: int
    waiting: int


class Counts(msgspec.Struct, kw_only=True):
    """The counters beside the views: exact, as of event `seq`."""

    items: list[Count]
    seq: int


class Preview(msgspec.Struct, kw_only=True):
    """The last words of a thread: whose they are, and their beginning. `draft`: the reader's own, not sent yet."""

    author: Author
    text: str
    at: datetime
    draft: bool = False


class Row(msgspec.Struct, kw_only=True):
    """A thread in a list.

    known: whether the person is on the clinic's books; else `name` is the number or mailbox.
    waiting_since: since when nobody answered; null when nobody waits. due_at: until when the team promises to.
    unseen: entries that the reader has not seen; seen or not, a person may wait.
    blocked: whether the person opted out of the channel they wrote by last. part2: the records are under 42 CFR Part 2.
    """

    id: str
    person_id: str
    name: str
    initials: str
    known: bool
    language: str
    channel: ChannelKind | None
    status: ThreadStatus
    priority: int
    attention: str | None
    assignee: Named | None
    team: Named | None
    labels: list[Named]
    last_at: datetime
    last_seq: int
    waiting_since: datetime | None
    due_at: datetime | None
    snoozed_until: datetime | None
    mentioned: bool
    unseen: int
    blocked: bool
    preview: Preview | None
    part2: bool = False


class Rows(msgspec.Struct, kw_only=True):
    """A page of a list, as of event `seq`: what comes after `seq` in the stream is not in it yet."""

    items: list[Row]
    next: str | None
    seq: int


class Line(msgspec.Struct, kw_only=True):
    """An entry of a thread, or something that befell it.

    event: for `kind` event: what was done, as a code (`assigned`, `closed`, `opted_out`, ...), with `by` and `details`.
    undo_until: until when the message can be taken back; not_before: when it is to leave, if that was chosen.
    language: of the text, where it is known.
    """

    kind: Literal["message", "event"]
    id: str
    seq: int
    at: datetime
    direction: Direction | None = None
    author: Author | None = None
    mine: bool = False
    channel: ChannelKind | None = None
    text: str = ""
    language: str = ""
    attachments: list[Attachment] = []
    delivery: Delivery | None = None
    undo_until: datetime | None = None
    not_before: datetime | None = None
    mentions: list[Named] = []
    event: str = ""
    by: str = ""
    details: dict[str, str] = {}


class Lines(msgspec.Struct, kw_only=True):
    """A stretch of a thread, oldest first. `before` is the `seq` to ask for what came earlier; null for nothing."""

    items: list[Line]
    before: int | None


class Way(msgspec.Struct, kw_only=True):
    """A channel by which the person could be written to.

    allowed: whether a message may go there now. reason: why not, or what to mind; empty for nothing. codes: of its
    sentences.
    shown: where it goes, as staff may read it: the number, the mailbox.
    link: whether what is written becomes a link to the portal there.
    cost: of one segment, in the currency's thousandths; null where it costs nothing or is not known.
    """

    channel: ChannelKind
    shown: str
    allowed: bool
    reason: str
    codes: list[str] = []
    preferred: bool = False
    link: bool = False
    cost: int | None = None


class Draft(msgspec.Struct, kw_only=True):
    """What the reader began to write. `kind` never changes: a note does not become a reply."""

    kind: Literal["reply", "note"]
    text: str
    channel: ChannelKind | None
    at: datetime


class Present(msgspec.Struct, kw_only=True):
    """Somebody else who is at the thread now."""

    user: Named
    doing: Literal["viewing", "typing"]


class Collected(msgspec.Struct, kw_only=True):
    """One thing that the bot found out before it handed over, such as `wish` or `day`, in words."""

    what: str
    value: str


class Opened(msgspec.Struct, kw_only=True):
    """A thread as it is opened: the row, how the person is told apart, its newest entries, and what can be done.

    collected: what the bot found out; empty where it did not talk. dispositions: how it can be closed, as codes.
    must_dispose: whether it cannot be closed without one.
    """

    row: Row
    mrn: str | None
    birth_date: date | None
    age: int | None
    pronouns: str
    lines: Lines
    ways: list[Way]
    drafts: list[Draft]
    present: list[Present]
    collected: list[Collected]
    dispositions: list[str]
    must_dispose: bool
    seq: int


class Write(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A reply or a note. Sent again under the same `id`, a UUID, it is the same one.

    thread: the id of the thread it was written for: refused when that is not the one it is sent to.
    last_seq: the newest entry that the writer had seen; `anyway`: they were shown what came since, and go on.
    not_before: when it is to leave; now if null. attachments: ids of files that were given beforehand.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    thread: str
    kind: Literal["reply", "note"]
    text: str
    last_seq: int
    channel: ChannelKind | None = None
    anyway: bool = False
    not_before: datetime | None = None
    attachments: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Write(…)"


class Missed(msgspec.Struct, kw_only=True):
    """409: what came into the thread since the writer looked, newest last. Nothing was sent."""

    type: Literal["missed"] = "missed"
    items: list[Line]


class Found(msgspec.Struct, kw_only=True):
    """What a search found: threads by person, and by the words of a message, with those words."""

    row: Row
    matched: Literal["name", "number", "mailbox", "mrn", "birth_date", "message"]
    line: Line | None = None


class Finds(msgspec.Struct, kw_only=True):
    """What a search found, best first. `complete`: whether all messages were looked at."""

    items: list[Found]
    next: str | None
    complete: bool = True


class CannedReply(msgspec.Struct, kw_only=True):
    """A reply ready to be used: typed as `/shortcut`. `text` has variables in braces, such as `{given_name}`."""

    id: str
    shortcut: str
    title: str
    text: str
    language: str
    team: str | None


class LiveEvent(msgspec.Struct, kw_only=True):
    """What the stream says: something about a thread changed.

    type: `thread.updated`, `message.created`, `delivery.updated`, `draft.updated`, `counts.updated`, `desk.updated`;
    or, without an id so that the place in the stream stays, `presence`.
    row: what the reader may see of the thread now, null when it is out of their reach; sent for thread and message.
    counts: the reader's counters, with `counts.updated`, which comes once a second at most and has no id either.
    """

    type: str
    thread: str | None = None
    seq: int | None = None
    message: str | None = None
    by: str | None = None
    row: Row | None = None
    present: list[Present] | None = None
    counts: Counts | None = None
