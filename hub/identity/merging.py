"""Merging two records of one person: all that is the one's becomes the other's, in one transaction or not at all.

1. Refuse what must not be merged: see `Merger.merge_in`.
2. Lock, in the order in which others do: messages, deliveries, addresses, threads, persons.
3. Bring over: messages and the thread's state, addresses, consent facts, preferences, visits, proxies, files,
   deliveries.
   What is sealed is opened and sealed anew under the survivor's key and for the survivor's thread.
4. Leave a name behind: the merged record has nothing of its own, and says into whom it was merged. Whoever still has
   its id, its record number, its thread's id or the token of a mail finds the survivor.
5. Whatever was being written for the merged person in that moment is undone and done again for the survivor
   (`MetAnother`); what another system wrote meanwhile is brought over by `Merger.settle`.

There is no way back: two people whose records were merged by mistake are told apart by what the audit says was moved.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ledger import Ledger
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import (
    address,
    contact,
    delivery,
    message,
    person,
    person_merge,
    portal_passkey,
    portal_session,
    proxy,
    search_name,
    thread,
    unhandled,
)
from hub.errors import InputError, MetAnother
from hub.events import Change, publish
from hub.files import moving as files_moving
from hub.identity import belongings, moving
from hub.people import People, Person, Profile, preferences
from hub.threads import Threads
from hub.types import AddressKind, DeliveryState
from hub.vault import Keys, Vault

MERGER = Actor("system", "merge")
_UNDER_WAY = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.SENDING)
_SAID = (person.c.language, person.c.timezone, person.c.state, person.c.preferred_channel, person.c.deceased_at)
_LABELLED = (person.c.part2_at, person.c.part2_from)
_STRAYS = timedelta(days=2)
"""For how long it is looked whether something was still made for a person who was merged."""


@dataclass(frozen=True, slots=True)
class NotMerged:
    """Why two records must not be made one. `detail` is a sentence for staff."""

    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class Merged:
    """Two records are one. `moved` counts what was brought over, by kind; empty where it had been done before.

    thread_id: the survivor's thread, None where neither had one.
    """

    person_id: str
    thread_id: str | None
    moved: dict[str, int] = field(default_factory=dict)


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """What the merged record was, and why it was merged; kept under the survivor's key."""

    kind: str
    profile: Profile
    reason: str

    def __repr__(self) -> str:
        return "Former(…)"


class Merger:
    """Merges persons."""

    def __init__(
        self, *, vault: Vault, people: People, threads: Threads, ledger: Ledger, trail: Trail, clock: Clock
    ) -> None:
        self._vault = vault
        self._people = people
        self._threads = threads
        self._ledger = ledger
        self._trail = trail
        self._clock = clock

    async def merge_in(
        self,
        conn: AsyncConnection,
        from_id: str,
        into_id: str,
        reason: str,
        actor: Actor,
        *,
        force: bool = False,
        request_id: str = "",
    ) -> Merged | NotMerged | None:
        """Make the record of `from_id` part of that of `into_id`, in the caller's transaction; None if one is unknown.

        Asked again, it changes nothing. `force` merges in spite of two birth dates that differ. Never merged are a
        person with themselves, one who was merged into somebody else, anybody into a line or a stranger who is none,
        and a line that still stands for others.
        """
        first = await self._people.many(conn, [from_id, into_id])
        if len(first) < 2 and from_id != into_id:
            return None
        if from_id == into_id:
            return NotMerged("same", "A record cannot be merged into itself.")
        already = await self._people.surviving(conn, from_id)
        if already != from_id:
            if already == into_id:
                there = (await self._threads.open_for(conn, (into_id,)))[into_id]
                return Merged(into_id, there.id)
            return NotMerged("merged_elsewhere", "This record was merged into another one before.")
        if await self._people.surviving(conn, into_id) != into_id:
            return NotMerged("survivor_merged", "The record to go on with was itself merged: name its survivor.")
        refused = await self.refused(conn, first[from_id], first[into_id], force=force)
        if refused is not None:
            return refused
        return await self._merge(conn, first[from_id], into_id, reason, actor, request_id)

    async def refused(
        self, conn: AsyncConnection, source: Person, target: Person, *, force: bool = False
    ) -> NotMerged | None:
        """Why the record of `source` must not become part of that of `target`, neither merged before; None if it may.

        Asked again when it is done.
        """
        stranger = source.kind in ("unidentified", "line")
        if target.kind == "line" or (target.kind == "unidentified" and not stranger):
            return NotMerged("not_a_record", "The record to go on with must be a patient's or a proxy's.")
        if source.kind == "line":
            mine = sa.select(contact.c.address_id).where(contact.c.person_id == source.id)
            others = (
                sa.select(person.c.id)
                .join(contact, contact.c.person_id == person.c.id)
                .where(
                    contact.c.address_id.in_(mine),
                    person.c.kind.in_(("patient", "proxy")),
                    person.c.id != target.id,
                )
            )
            if (await conn.execute(others.limit(1))).first() is not None:
                return NotMerged("line_is_shared", "Others share this number: what was said there may be theirs.")
        born = {one.profile.birth_date for one in (source, target)} - {None}
        if len(born) > 1 and not force:
            return NotMerged("birth_dates_differ", "The two records have different birth dates.")
        return None

    async def _merge(
        self, conn: AsyncConnection, source: Person, into_id: str, reason: str, actor: Actor, request_id: str
    ) -> Merged:
        now = self._clock.now()
        keys = await self._vault.keys(conn, (source.id, into_id))
        if source.id not in keys or into_id not in keys:
            raise InputError("one of the two records was disposed of: there is nothing to merge")
        await lock(conn, source.id, into_id)
        if any([await self._people.surviving(conn, one) != one for one in (source.id, into_id)]):
            raise MetAnother
        source = (await self._people.many(conn, [source.id]))[source.id]
        threads = await self._threads.known_of(conn, (source.id, into_id))
        target = threads.get(into_id) or (await self._threads.open_for(conn, (into_id,)))[into_id]
        moved: dict[str, int] = {}
        source_thread = None
        if (whole := threads.get(source.id)) is not None:
            source_thread = whole.id
            moved["messages"] = await moving.messages(conn, keys, whole, target)
            await moving.state(conn, self._threads, keys, whole, target)
        # A stranger's number is the survivor's because staff say so; a record's own stay proved as they were.
        how = "staff" if source.kind in ("unidentified", "line") else None
        moved |= await moving.addresses(conn, keys, source.id, into_id, how)
        moved["consents"] = await self._ledger.rehome(conn, source.id, into_id)
        moved["files"] = await files_moving.rehome(conn, keys, source.id, into_id, target.id)
        moved["preferences"] = await preferences.rehome(conn, source.id, into_id, now)
        moved |= await self._renamed(conn, keys, source.id, into_id, target.id, now)
        moved["sessions"] = await _end_sessions(conn, source.id, now)
        await self._leave_name(conn, keys, source, into_id, source_thread, target.id, reason, actor)
        await self._tell(conn, source.id, into_id, source_thread, target.id, moved, actor, request_id)
        return Merged(into_id, target.id, moved)

    async def settle(self, conn: AsyncConnection) -> int:
        """Bring over what was made for merged persons after they were; returns for how many there was something."""
        since = self._clock.now() - _STRAYS
        query = sa.select(person_merge.c.from_id).where(person_merge.c.at > since)
        recent = list((await conn.execute(query)).scalars())
        found = await belongings.left_behind(conn, recent) if recent else []
        for from_id in found:
            into_id = await self._people.surviving(conn, from_id)
            target = (await self._threads.open_for(conn, (into_id,)))[into_id]
            keys = await self._vault.keys(conn, (from_id, into_id))
            moved = await self._renamed(conn, keys, from_id, into_id, target.id, self._clock.now())
            await self._tell(conn, from_id, into_id, None, target.id, moved, MERGER, "")
        return len(found)

    @staticmethod
    async def _renamed(
        conn: AsyncConnection, keys: Keys, from_id: str, into_id: str, thread_id: str, now: datetime
    ) -> dict[str, int]:
        """Whatever names the person without being sealed for them, and their deliveries."""
        await moving.words(conn, keys, from_id, into_id, thread_id)
        moved = await belongings.rename(conn, from_id, into_id)
        # Who was the other's proxy is nobody's now.
        own = sa.and_(proxy.c.proxy_person_id == proxy.c.patient_id, proxy.c.ended_at.is_(None))
        ended = sa.update(proxy).where(proxy.c.patient_id == into_id, own)
        await conn.execute(ended.values(ended_at=now, ended_why="merged"))
        theirs = sa.update(delivery).where(delivery.c.person_id == from_id)
        moved["deliveries"] = (await conn.execute(theirs.values(person_id=into_id, thread_id=thread_id))).rowcount
        return moved

    async def _leave_name(
        self,
        conn: AsyncConnection,
        keys: Keys,
        source: Person,
        into_id: str,
        from_thread: str | None,
        into_thread: str,
        reason: str,
        actor: Actor,
    ) -> None:
        """Keep of the record its number and into whom it was merged; what it said lies under the survivor's key."""
        now = self._clock.now()
        await self._flatten(conn, keys, source.id, into_id, into_thread)
        former = Former(kind=source.kind, profile=source.profile, reason=reason)
        row = {
            "from_id": source.id,
            "into_id": into_id,
            "from_thread_id": from_thread,
            "into_thread_id": into_thread,
            "former_sealed": keys.seal(into_id, msgspec.json.encode(former), _place(source.id, into_id)),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "at": now,
        }
        await insert_rows(conn, person_merge, [row])
        # Nobody is found by that name any more, but by the survivor's.
        await conn.execute(sa.delete(search_name).where(search_name.c.person_id == source.id))
        nothing = {"profile_sealed": None, "identity_blind": None, "kind": "unidentified", "merged_into": into_id}
        await conn.execute(sa.update(person).where(person.c.id == source.id).values(**nothing, updated_at=now))
        # What the survivor never said, the merged record may have.
        said = (await conn.execute(sa.select(*_SAID, *_LABELLED).where(person.c.id == source.id))).one()
        kept = {column.name: sa.func.coalesce(column, getattr(said, column.name)) for column in (*_SAID, *_LABELLED)}
        await conn.execute(sa.update(person).where(person.c.id == into_id).values(**kept, updated_at=now))

    async def _flatten(self, conn: AsyncConnection, keys: Keys, from_id: str, into_id: str, into_thread: str) -> None:
        """Whoever was merged into this record before is merged into the survivor: every name is one step long."""
        earlier = (await conn.execute(sa.select(person_merge).where(person_merge.c.into_id == from_id))).all()
        for row in earlier:
            former = keys.open(from_id, row.former_sealed, _place(row.from_id, from_id))
            values = {
                "into_id": into_id,
                "into_thread_id": into_thread,
                "former_sealed": keys.seal(into_id, former, _place(row.from_id, into_id)),
            }
            await conn.execute(sa.update(person_merge).where(person_merge.c.from_id == row.from_id).values(**values))
        await conn.execute(sa.update(person).where(person.c.merged_into == from_id).values(merged_into=into_id))

    async def _tell(
        self,
        conn: AsyncConnection,
        from_id: str,
        into_id: str,
        from_thread: str | None,
        into_thread: str,
        moved: dict[str, int],
        actor: Actor,
        request_id: str,
    ) -> None:
        details: dict[str, str | int | None] = {"from": from_id, "into": into_id, **moved}
        details |= {"from_thread": from_thread, "into_thread": into_thread}
        # Under both names: whoever asks the audit of either finds it.
        for person_id in (into_id, from_id):
            entry = Entry(
                action="person.merge",
                actor=actor,
                person_id=person_id,
                object_id=from_id,
                request_id=request_id,
                details=details,
            )
            await self._trail.record(conn, entry)
        changes = [Change("person.merged", into_id), Change("thread.updated", into_thread)]
        if from_thread is not None:
            changes.append(Change("thread.merged", from_thread))
        await publish(conn, self._clock.now(), changes)


async def former(conn: AsyncConnection, vault: Vault, from_id: str) -> Former | None:
    """What a merged record was; None where it was not merged. Raises: KeyDestroyed."""
    row = (await conn.execute(sa.select(person_merge).where(person_merge.c.from_id == from_id))).first()
    if row is None:
        return None
    keys = await vault.key(conn, row.into_id)
    opened = keys.open(row.into_id, row.former_sealed, _place(from_id, row.into_id))
    return msgspec.json.decode(opened, type=Former)


async def lock(conn: AsyncConnection, *persons: str) -> None:
    """Let nobody else change what is about to move or to go. On the embedded database nobody else does."""
    threads = sa.select(thread.c.id).where(thread.c.person_id.in_(persons))
    waiting = sa.select(message.c.id).where(unhandled, message.c.thread_id.in_(threads)).order_by(message.c.id)
    await conn.execute(waiting.with_for_update(of=message))
    going = sa.select(delivery.c.id).where(delivery.c.person_id.in_(persons), delivery.c.state.in_(_UNDER_WAY))
    await conn.execute(going.order_by(delivery.c.id).with_for_update())
    theirs = sa.select(contact.c.address_id).where(contact.c.person_id.in_(persons))
    used = sa.select(address.c.id).where(address.c.id.in_(theirs), address.c.kind != AddressKind.PORTAL)
    await conn.execute(used.order_by(address.c.id).with_for_update(key_share=True))
    await conn.execute(threads.order_by(thread.c.id).with_for_update())
    await conn.execute(sa.select(person.c.id).where(person.c.id.in_(persons)).order_by(person.c.id).with_for_update())


async def _end_sessions(conn: AsyncConnection, person_id: str, now: datetime) -> int:
    """End the portal sessions of the person who was merged, and what opens it: they sign in anew, as who they are."""
    await conn.execute(sa.delete(portal_passkey).where(portal_passkey.c.person_id == person_id))
    open_ones = sa.update(portal_session).where(
        portal_session.c.person_id == person_id, portal_session.c.ended_at.is_(None)
    )
    return (await conn.execute(open_ones.values(ended_at=now))).rowcount


def _place(from_id: str, into_id: str) -> Place:
    return Place("person_merge", "former_sealed", from_id, into_id)
