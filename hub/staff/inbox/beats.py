"""A beat: what happened within a moment, as pages are told of it.

Numbers: the id of a beat stands on its last event alone. A connection that is cut in the middle of one comes back with
the id before, and is sent all of it again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from hub.live import Batch
from hub.staff.inbox.rows import Own, Shared
from hub.staff.inbox.rows import row as row_of
from hub.staff.inbox.shapes import Counts, Present
from hub.views import Counted, Reach

__all__ = ["Beat", "Push", "Told", "is_seen", "written"]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a thread: `message` is of which entry, `by` who of the staff wrote it."""

    type: str
    message: str | None
    by: str | None


@dataclass(slots=True)
class Push:
    """A thread that changed: as it is now, None where it is no more, and all that happened to it in this beat."""

    thread_id: str
    shared: Shared | None
    told: list[Told]
    mentioned: frozenset[str]
    own: Own
    encoded: dict[tuple[bool, int, str | None], bytes] = field(default_factory=dict)

    def row(self, user_id: str) -> bytes:
        """The row as a reader sees it, as JSON: those who see the same share it."""
        if self.shared is None:
            return b"null"
        made = row_of(self.shared, user_id, self.own)
        draft = made.preview.text if made.preview is not None and made.preview.draft else None
        key = (made.mentioned, made.unseen, draft)
        if key not in self.encoded:
            self.encoded[key] = msgspec.json.encode(made)
        return self.encoded[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat(Batch):
    """A batch with what it means for pages.

    hidden: the teams whose threads not everybody sees. plain: types of changes that are of no thread.
    present: who is at threads now, without a place in the log. counted: counters, by user.
    """

    pushes: Sequence[Push] = ()
    hidden: frozenset[str] = frozenset()
    plain: Sequence[str] = ()
    present: Sequence[tuple[Push, list[Present]]] = ()
    counted: Counted | None = None


def is_seen(beat: Beat, push: Push, user_id: str, reach: Reach) -> bool:
    """Whether a reader sees a thread, by the rule that every query has (`Reach.threads`). Pure."""
    one = push.shared
    if one is None or reach.everything:
        return reach.everything
    if one.person_id in reach.persons:
        return True
    if not reach.roams:
        return False
    closed = one.team_id in beat.hidden and one.team_id not in reach.teams
    return not closed or one.assignee == user_id or user_id in push.mentioned


def written(beat: Beat, user_id: str, reach: Reach, counts: Callable[[Counted], Counts]) -> str:
    """The events of a beat that a reader may hear of, as text; `counts` makes counters what the page reads."""
    blocks: list[tuple[str, bytes]] = []
    for push in beat.pushes:
        seen = is_seen(beat, push, user_id, reach)
        row = push.row(user_id) if seen else b"null"
        for one in push.told:
            if not seen and not one.type.startswith("thread."):
                continue
            whole = one.type.startswith(("thread.", "message."))
            about: dict[str, object] = {"type": one.type, "thread": push.thread_id, "seq": beat.seq}
            if seen:
                about |= {name: value for name, value in (("message", one.message), ("by", one.by)) if value}
            blocks.append((one.type, _with_row(about, row if whole else b"null")))
    blocks += [(kind, msgspec.json.encode({"type": kind})) for kind in beat.plain]
    lines = [f"event: {kind}\ndata: {data.decode()}\n\n" for kind, data in blocks]
    if lines:
        lines[-1] = f"id: {beat.seq}\n{lines[-1]}"
    for push, present in beat.present:
        if is_seen(beat, push, user_id, reach):
            others = [one for one in present if one.user.id != user_id]
            said = {"type": "presence", "thread": push.thread_id, "present": others}
            lines.append(f"event: presence\ndata: {msgspec.json.encode(said).decode()}\n\n")
    if beat.counted is not None:
        numbers = {"type": "counts.updated", "counts": counts(beat.counted)}
        lines.append(f"event: counts.updated\ndata: {msgspec.json.encode(numbers).decode()}\n\n")
    return "".join(lines)


def _with_row(about: Mapping[str, object], row: bytes) -> bytes:
    return msgspec.json.encode({**about, "row": msgspec.Raw(row)})
