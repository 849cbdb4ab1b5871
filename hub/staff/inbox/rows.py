"""Rows of lists: what all readers see of a thread, made once, and what is each reader's own, added to it.

1. `Rows.shared` opens what is sealed: whose thread it is, and its last words. It costs the same for one reader as for
   fifty, so what is pushed live is made once in a process.
2. `Rows.own` reads, for any number of readers at once, what they have seen, where they were mentioned, their drafts.
3. `row` puts the two together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState, Standing
from hub.api.shapes import Author
from hub.db.lookup import Lookup
from hub.db.tables import address, contact, draft, label, mention, message, thread, thread_label, thread_seen
from hub.desk.drafts import open_words
from hub.part2 import labelled
from hub.parts import Parts
from hub.people import Person
from hub.sealed import PERSONAL, open_body, open_contact
from hub.staff.inbox.shapes import Named, Preview, Row
from hub.types import AddressKind, AuthorKind, ChannelKind, Direction, Purpose, ThreadStatus
from hub.vault import Keys
from hub.views import Name
from hub.views.lists import COLUMNS

__all__ = ["Own", "Rows", "Shared", "initials", "row"]

_WORDS = 140
"""Characters of a preview."""
_KINDS: Mapping[ChannelKind, AddressKind] = {
    ChannelKind.SMS: AddressKind.PHONE,
    ChannelKind.VOICE: AddressKind.PHONE,
    ChannelKind.EMAIL: AddressKind.MAILBOX,
    ChannelKind.PUSH: AddressKind.PUSH,
    ChannelKind.PORTAL: AddressKind.PORTAL,
}
_PERSONAL = "A code for signing in, for the person alone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all readers see of a thread; `team_id` and `assignee` decide who does."""

    row: Row = field(repr=False)
    team_id: str | None
    assignee: str | None

    @property
    def id(self) -> str:
        """The thread's id."""
        return self.row.id

    @property
    def person_id(self) -> str:
        """Whose it is."""
        return self.row.person_id


@dataclass(frozen=True, slots=True)
class Begun:
    """A draft, sealed; `at` is when it was kept."""

    kind: str
    sealed: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is readers' own of some threads, by (user, thread).

    mentioned: where they were mentioned at all; unanswered: where they have not seen it yet.
    """

    seen: Mapping[tuple[str, str], int]
    mentioned: Collection[tuple[str, str]]
    unanswered: Collection[tuple[str, str]]
    drafts: Mapping[tuple[str, str], Preview]


NOTHING = Own(seen={}, mentioned=(), unanswered=(), drafts={})


def row(shared: Shared, user_id: str, own: Own) -> Row:
    """The row as one reader sees it."""
    at = (user_id, shared.id)
    return msgspec.structs.replace(
        shared.row,
        mentioned=at in own.unanswered,
        unseen=max(0, shared.row.last_seq - own.seen.get(at, 0)),
        preview=own.drafts.get(at, shared.row.preview),
    )


class Rows:
    """Makes rows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def of(self, conn: AsyncConnection, user_id: str, found: Sequence[Any]) -> list[Row]:
        """Rows of `thread`, as one reader sees them, in their order."""
        shared = await self.shared(conn, found)
        own = await self.own(conn, (user_id,), {one.id: one.person_id for one in found})
        return [row(one, user_id, own) for one in shared]

    async def by_ids(self, conn: AsyncConnection, ids: Collection[str]) -> dict[str, Shared]:
        """What is shared of the threads with these ids; one that is not there, or was merged, is left out."""
        if not ids:
            return {}
        rows = (await conn.execute(sa.select(*COLUMNS).where(thread.c.id.in_(list(ids))))).all()
        return {one.id: one for one in await self.shared(conn, rows)}

    async def shared(self, conn: AsyncConnection, found: Sequence[Any]) -> list[Shared]:
        """What all readers see of rows of `thread`, in their order."""
        if not found:
            return []
        parts = self._parts
        ids = [one.id for one in found]
        persons = await parts.people.many(conn, [one.person_id for one in found])
        keys = await parts.vault.keys(conn, persons)
        last = await _last_words(conn, keys, ids)
        reached = await self._reached(conn, keys, found)
        labels = await _labels(conn, ids)
        under = await labelled(conn, persons)
        teams, users = await parts.names.teams(conn), await parts.names.users(conn, {one.assignee for one in found})
        made = []
        for one in found:
            whose = persons[one.person_id]
            reach = reached.get(one.person_id, [])
            name = name_of(whose, [value for _, value, _ in reach])
            channel = ChannelKind(one.last_channel) if one.last_channel else None
            made.append(
                Shared(
                    team_id=one.team_id,
                    assignee=one.assignee,
                    row=Row(
                        id=one.id,
                        person_id=one.person_id,
                        name=name,
                        initials=initials(name) if is_known(whose) else "#",
                        known=is_known(whose),
                        language=whose.language or "",
                        channel=channel,
                        status=ThreadStatus(one.status),
                        priority=one.priority,
                        attention=one.attention or None,
                        assignee=named(users.get(one.assignee)),
                        team=named(teams.get(one.team_id)),
                        labels=labels.get(one.id, []),
                        last_at=one.last_at,
                        last_seq=one.last_seq,
                        waiting_since=one.waiting_since,
                        due_at=one.due_at,
                        snoozed_until=one.snoozed_until,
                        mentioned=False,
                        unseen=0,
                        blocked=_blocked(channel, reach),
                        preview=last.get(one.id),
                        part2=one.person_id in under,
                    ),
                )
            )
        return made

    async def own(self, conn: AsyncConnection, users: Collection[str], threads: Mapping[str, str]) -> Own:
        """What is these users' own of threads, which are given with whose they are."""
        if not users or not threads:
            return NOTHING
        who, ids = set(users), list(threads)
        mentions = [one for one in await _MENTIONS(conn, ids) if one[0] in who]
        return Own(
            seen={(user_id, one): seq for user_id, one, seq in await _SEEN(conn, ids) if user_id in who},
            mentioned={(user_id, one) for user_id, one, _ in mentions},
            unanswered={(user_id, one) for user_id, one, at in mentions if at is None},
            drafts=await self._drafts(conn, who, threads),
        )

    async def _drafts(
        self, conn: AsyncConnection, users: Collection[str], threads: Mapping[str, str]
    ) -> dict[tuple[str, str], Preview]:
        kept = [one for one in await _DRAFTS(conn, list(threads)) if one[0] in users]
        keys = await self._parts.vault.keys(conn, {threads[one[1]] for one in kept})
        found = {}
        for user_id, thread_id, kind, sealed, at in kept:
            if (person_id := threads[thread_id]) in keys:
                # Oldest first: of two it is the newer one that is shown.
                text = open_words(keys, person_id, thread_id, user_id, kind, sealed).text
                author = Author(kind=AuthorKind.STAFF, name="")
                found[user_id, thread_id] = Preview(author=author, text=shortened(text), at=at, draft=True)
        return found

    async def _reached(
        self, conn: AsyncConnection, keys: Keys, found: Sequence[Any]
    ) -> dict[str, list[tuple[AddressKind, str, Standing]]]:
        """The addresses of persons, each with what was decided about it."""
        rows = await _CONTACTS(conn, [one.person_id for one in found])
        standings = await self._parts.ledger.standings(conn, {one[2] for one in rows})
        reached: dict[str, list[tuple[AddressKind, str, Standing]]] = {}
        for person_id, sealed, address_id, kind in rows:
            if person_id in keys:
                value = open_contact(keys, person_id, address_id, sealed)
                reached.setdefault(person_id, []).append((AddressKind(kind), value, standings[address_id]))
        return reached


def named(one: Name | None) -> Named | None:
    """A user or a team, as the page reads them."""
    return None if one is None else Named(id=one.id, name=one.name, initials=one.initials)


def is_known(whose: Person) -> bool:
    """Whether the person is on the clinic's books."""
    return whose.kind in ("patient", "proxy")


def name_of(whose: Person, addresses: Iterable[str]) -> str:
    """What staff call a person: by name, else by what they write from."""
    name = f"{whose.profile.given_name} {whose.profile.family_name}".strip()
    return name or next(iter(addresses), "")


def initials(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    words = [one for one in name.split() if one[:1].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


def _blocked(channel: ChannelKind | None, reached: Iterable[tuple[AddressKind, str, Standing]]) -> bool:
    """Whether the person opted out of a channel wherever it reaches them."""
    if channel is None:
        return False
    of = [standing for kind, _, standing in reached if kind is _KINDS[channel]]
    return bool(of) and all(one.of(channel, Purpose.CARE).state is ConsentState.REVOKE for one in of)


async def _last_words(conn: AsyncConnection, keys: Keys, ids: Collection[str]) -> dict[str, Preview]:
    """What was said last in each thread: one message a row is opened."""
    found = {}
    for message_id, thread_id, kind, sealed, at, key, person_id in await _LAST(conn, ids):
        if person_id not in keys:
            continue  # disposed of: nothing is left to read
        body = open_body(keys, person_id, thread_id, message_id, sealed)
        text = _PERSONAL if (key or "").startswith(PERSONAL) else body.text
        author = Author(kind=AuthorKind(kind), name=body.author)
        found[thread_id] = Preview(author=author, text=shortened(text), at=at)
    return found


def shortened(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text[: _WORDS * 4].split())
    return line if len(line) <= _WORDS else line[: _WORDS - 1].rstrip() + "…"


async def _labels(conn: AsyncConnection, ids: Collection[str]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for thread_id, label_id, name, color in await _LABELS(conn, ids):
        found.setdefault(thread_id, []).append(Named(id=label_id, name=name, color=color))
    return found


# What the hub notes for staff says less than what was said: it is no preview. Nor is what it says by itself while the
# person waits for the staff: an emergency is to be read, not what everybody with one is told.
_other = message.alias()
_SAID = (
    sa.select(_other.c.seq)
    .where(
        _other.c.thread_id == thread.c.id,
        sa.or_(
            _other.c.direction != sa.literal_column(f"'{Direction.NOTE}'"),
            _other.c.author_kind == sa.literal_column(f"'{AuthorKind.STAFF}'"),
        ),
        sa.or_(
            thread.c.waiting_since.is_(None),
            _other.c.author_kind.in_(sa.literal_column(f"'{one}'") for one in (AuthorKind.PATIENT, AuthorKind.STAFF)),
        ),
    )
    .order_by(_other.c.seq.desc())
    .limit(sa.literal_column("1"))
    .offset(sa.literal_column("0"))
    .correlate(thread)
    .scalar_subquery()
)
# Built once: to build a statement costs more than to run it.
_LAST = Lookup(
    thread.c.id,
    lambda among: (
        sa.select(
            message.c.id,
            message.c.thread_id,
            message.c.author_kind,
            message.c.body_sealed,
            message.c.at,
            message.c.intent_key,
            thread.c.person_id,
        )
        .join(thread, thread.c.id == message.c.thread_id)
        .where(among, message.c.seq == _SAID)
    ),
)
_CONTACTS = Lookup(
    contact.c.person_id,
    lambda among: (
        sa.select(contact.c.person_id, contact.c.value_sealed, address.c.id, address.c.kind)
        .join(address, address.c.id == contact.c.address_id)
        .where(among)
        .order_by(contact.c.created_at, address.c.id)
    ),
)
_LABELS = Lookup(
    thread_label.c.thread_id,
    lambda among: (
        sa.select(thread_label.c.thread_id, label.c.id, label.c.name, label.c.color)
        .join(label, label.c.id == thread_label.c.label_id)
        .where(among)
        .order_by(label.c.name)
    ),
)
_SEEN = Lookup(
    thread_seen.c.thread_id,
    lambda among: sa.select(thread_seen.c.user_id, thread_seen.c.thread_id, thread_seen.c.seq).where(among),
)
_MENTIONS = Lookup(
    mention.c.thread_id,
    lambda among: sa.select(mention.c.user_id, mention.c.thread_id, mention.c.seen_at).where(among),
)
_DRAFTS = Lookup(
    draft.c.thread_id,
    lambda among: (
        sa.select(draft.c.user_id, draft.c.thread_id, draft.c.kind, draft.c.body_sealed, draft.c.at)
        .where(among)
        .order_by(draft.c.at)
    ),
)
