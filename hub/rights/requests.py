"""What persons ask for by right: written down when it came in, with a clock, until it is fulfilled or denied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import Place
from hub.db.tables import message, person, rights_request
from hub.errors import InputError
from hub.events import Change, publish
from hub.parts import Parts
from hub.rights.terms import Clock, Kind, Rules, Term, clock, due, rules, rules_for
from hub.threads import NewMessage
from hub.types import AuthorKind, Direction, new_id

__all__ = ["Details", "NewRequest", "Request", "Requests", "State"]

State = Literal["open", "fulfilled", "denied", "withdrawn"]
_LONGEST = 4000
_LISTED = 500
_NOTED = "Amendment asked for{of}: {words}"
_ANSWERED = {
    "fulfilled": "Amendment accepted{of}. {words}",
    "denied": "Amendment denied{of}: {words} The request stays with the record.",
    "withdrawn": "Amendment withdrawn{of}. {words}",
}


class Details(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The words of a request: what was asked, why it takes longer, why it was denied or what was done."""

    words: str = ""
    extension: str = ""
    ended: str = ""

    def __repr__(self) -> str:
        return "Details(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request as it came in. received_at: aware; rules: by name, None for those that hold where the person lives.

    message_id: the entry of their thread that an amendment is of.
    """

    person_id: str
    kind: Kind
    received_at: datetime
    words: str = field(default="", repr=False)
    rules: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, with its clock at the moment it was read."""

    id: str
    person_id: str
    kind: Kind
    rules: Rules
    version: int
    term: Term
    state: State
    details: Details = field(repr=False)
    received_at: datetime
    due_at: datetime
    extended_at: datetime | None
    ended_at: datetime | None
    thread_id: str | None
    message_id: str | None
    export_id: str | None
    approved_at: datetime | None
    approved_by: Actor | None
    by: Actor
    clock: Clock


class Requests:
    """The book of requests."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._zone = parts.settings.timezone

    async def open(self, conn: AsyncConnection, new: NewRequest, actor: Actor, request_id: str = "") -> str:
        """The id of a new request, in the caller's transaction. An amendment becomes a note in the thread, too.

        Raises: InputError where the law knows no such right, or something is missing.
        """
        now = self._parts.clock.now()
        if new.received_at > now:
            raise InputError("a request cannot have come in later than now")
        if len(new.words) > _LONGEST:
            raise InputError(f"what was asked is told in {_LONGEST} characters at most")
        if new.kind is Kind.AMENDMENT and not new.words.strip():
            raise InputError("an amendment says in words what is to be amended")
        row = (await conn.execute(sa.select(person.c.id, person.c.state).where(person.c.id == new.person_id))).first()
        if row is None:
            raise InputError("there is no such person")
        found = rules_for(new.kind, self._parts.settings.region, row.state, new.rules)
        thread_id, of = await self._thread(conn, new)
        rights_id = new_id()
        values = {
            "id": rights_id,
            "person_id": new.person_id,
            "kind": new.kind.value,
            "rules": f"{found.name} {found.version}",
            "thread_id": thread_id,
            "message_id": new.message_id,
            "state": "open",
            "details_sealed": await self._sealed(conn, new.person_id, rights_id, Details(words=new.words.strip())),
            "received_at": new.received_at.astimezone(UTC),
            "due_at": due(new.received_at, found.kinds[new.kind], self._zone),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "created_at": now,
        }
        await conn.execute(sa.insert(rights_request), values)
        if new.kind is Kind.AMENDMENT and thread_id is not None:
            await self.note(conn, new.person_id, _NOTED.format(of=of, words=new.words.strip()))
        await self._told(conn, "rights.open", new.person_id, rights_id, actor, request_id, {"kind": new.kind.value})
        return rights_id

    async def extend(
        self, conn: AsyncConnection, rights_id: str, reason: str, actor: Actor, request_id: str = ""
    ) -> Request:
        """Put a request off, once, for a reason that whoever asked is told. Raises: InputError."""
        found = await self._held(conn, rights_id)
        if not reason.strip():
            raise InputError("say why it takes longer: whoever asked must be told")
        if found.clock.extends_to is None:
            raise InputError("this request may not be put off: it was before, it is overdue, or the law knows no more")
        found.details.extension = reason.strip()[:_LONGEST]
        values = {
            "due_at": found.clock.extends_to,
            "extended_at": self._parts.clock.now(),
            "details_sealed": await self._sealed(conn, found.person_id, rights_id, found.details),
        }
        await conn.execute(sa.update(rights_request).where(rights_request.c.id == rights_id).values(**values))
        await self._told(conn, "rights.extend", found.person_id, rights_id, actor, request_id, {})
        return await self._got(conn, rights_id)

    async def end(
        self,
        conn: AsyncConnection,
        rights_id: str,
        state: Literal["fulfilled", "denied", "withdrawn"],
        words: str,
        actor: Actor,
        *,
        export_id: str | None = None,
        request_id: str = "",
    ) -> Request:
        """Answer a request; a denial says why. Raises: InputError when it was answered, or a reason is missing."""
        found = await self._held(conn, rights_id)
        if state == "denied" and not words.strip():
            raise InputError("a denial says why: whoever asked must be told the basis for it")
        found.details.ended = words.strip()[:_LONGEST]
        values = {
            "state": state,
            "ended_at": self._parts.clock.now(),
            "export_id": export_id or found.export_id,
            "details_sealed": await self._sealed(conn, found.person_id, rights_id, found.details),
        }
        await conn.execute(sa.update(rights_request).where(rights_request.c.id == rights_id).values(**values))
        if found.kind is Kind.AMENDMENT and found.thread_id is not None:
            of = await self._of(conn, found.message_id)
            text = _ANSWERED[state].format(of=of, words=found.details.ended).strip()
            await self.note(conn, found.person_id, text)
        await self._told(conn, f"rights.{state}", found.person_id, rights_id, actor, request_id, {"export": export_id})
        return await self._got(conn, rights_id)

    async def approve(self, conn: AsyncConnection, rights_id: str, actor: Actor, request_id: str = "") -> Request:
        """Find that an erasure is to be carried out; somebody else does it (`hub.erasure`). Raises: InputError."""
        found = await self._held(conn, rights_id)
        if found.kind is not Kind.ERASURE:
            raise InputError("only an erasure is approved")
        if found.approved_by is not None:
            raise InputError("this erasure was approved before: somebody else carries it out")
        values = {"approved_at": self._parts.clock.now(), "approved_kind": actor.kind, "approved_id": actor.id}
        await conn.execute(sa.update(rights_request).where(rights_request.c.id == rights_id).values(**values))
        await self._told(conn, "rights.approve", found.person_id, rights_id, actor, request_id, {})
        return await self._got(conn, rights_id)

    async def copied(
        self, conn: AsyncConnection, rights_id: str, export_id: str, actor: Actor, request_id: str = ""
    ) -> None:
        """Note by which export the request is to be answered. It stays open until that was handed over.

        Raises: InputError when it was answered before.
        """
        found = await self._held(conn, rights_id)
        query = sa.update(rights_request).where(rights_request.c.id == rights_id)
        await conn.execute(query.values(export_id=export_id))
        told = {"export": export_id}
        await self._told(conn, "rights.copy", found.person_id, rights_id, actor, request_id, told)

    async def get(self, conn: AsyncConnection, rights_id: str) -> Request | None:
        """A request; None where there is none of that id."""
        found = await self._read(conn, sa.select(rights_request).where(rights_request.c.id == rights_id))
        return found[0] if found else None

    async def page(
        self, conn: AsyncConnection, *, state: State | None = None, person_id: str | None = None
    ) -> list[Request]:
        """Requests, those due first at the top; of one state or any, of one person or all. At most 500."""
        query = sa.select(rights_request).order_by(rights_request.c.due_at, rights_request.c.id).limit(_LISTED)
        if state is not None:
            query = query.where(rights_request.c.state == state)
        if person_id is not None:
            same = sa.select(person.c.id).where(sa.or_(person.c.id == person_id, person.c.merged_into == person_id))
            query = query.where(rights_request.c.person_id.in_(same))
        return await self._read(conn, query)

    async def open_of(self, conn: AsyncConnection, person_id: str, kind: Kind) -> Request | None:
        """The oldest open request of a person of this kind."""
        found = [one for one in await self.page(conn, state="open", person_id=person_id) if one.kind is kind]
        return found[0] if found else None

    # Within

    async def _held(self, conn: AsyncConnection, rights_id: str) -> Request:
        query = sa.select(rights_request).where(rights_request.c.id == rights_id).with_for_update()
        found = await self._read(conn, query)
        if not found:
            raise InputError("there is no request of this id; `hub rights list` shows them")
        if found[0].state != "open":
            raise InputError("this request was answered before")
        return found[0]

    async def _got(self, conn: AsyncConnection, rights_id: str) -> Request:
        return (await self._read(conn, sa.select(rights_request).where(rights_request.c.id == rights_id)))[0]

    async def _read(self, conn: AsyncConnection, query: sa.Select[Any]) -> list[Request]:
        rows: Sequence[Any] = (await conn.execute(query)).all()
        keys = await self._parts.vault.keys(conn, {row.person_id for row in rows})
        now, found = self._parts.clock.now(), []
        for row in rows:
            name, _, version = row.rules.rpartition(" ")
            law = rules()[name]
            kind = Kind(row.kind)
            term = law.kinds.get(kind, Term())
            details = Details()
            if row.person_id in keys:
                opened = keys.open(row.person_id, row.details_sealed, _place(row.person_id, row.id))
                details = msgspec.json.decode(opened, type=Details)
            stands = clock(
                state=row.state,
                received_at=row.received_at,
                due_at=row.due_at,
                extended_at=row.extended_at,
                ended_at=row.ended_at,
                term=term,
                now=now,
                zone=self._zone,
            )
            found.append(
                Request(
                    id=row.id,
                    person_id=row.person_id,
                    kind=kind,
                    rules=law,
                    version=int(version),
                    term=term,
                    state=row.state,
                    details=details,
                    received_at=row.received_at,
                    due_at=row.due_at,
                    extended_at=row.extended_at,
                    ended_at=row.ended_at,
                    thread_id=row.thread_id,
                    message_id=row.message_id,
                    export_id=row.export_id,
                    approved_at=row.approved_at,
                    approved_by=Actor(row.approved_kind, row.approved_id) if row.approved_at is not None else None,
                    by=Actor(row.actor_kind, row.actor_id),
                    clock=stands,
                )
            )
        return found

    async def _thread(self, conn: AsyncConnection, new: NewRequest) -> tuple[str | None, str]:
        """The thread that an amendment is noted in, and which entry it is of, in words. Raises: InputError."""
        if new.kind is not Kind.AMENDMENT:
            return None, ""
        thread_id = (await self._parts.threads.open_for(conn, (new.person_id,)))[new.person_id].id
        if new.message_id is None:
            return thread_id, ""
        row = (await conn.execute(sa.select(message.c.thread_id).where(message.c.id == new.message_id))).first()
        if row is None or row.thread_id != thread_id:
            raise InputError("this message is not of that person's thread")
        return thread_id, await self._of(conn, new.message_id)

    @staticmethod
    async def _of(conn: AsyncConnection, message_id: str | None) -> str:
        if message_id is None:
            return ""
        query = sa.select(message.c.seq).where(message.c.id == message_id)
        return f" of entry {(await conn.execute(query)).scalar_one_or_none() or '?'}"

    async def note(self, conn: AsyncConnection, person_id: str, text: str) -> None:
        """A note in the thread of the person, under whatever record they go on."""
        now = self._parts.clock.now()
        person_id = await self._parts.people.surviving(conn, person_id)
        thread_id = (await self._parts.threads.open_for(conn, (person_id,)))[person_id].id
        note = NewMessage(
            id=new_id(),
            thread_id=thread_id,
            person_id=person_id,
            direction=Direction.NOTE,
            author=AuthorKind.SYSTEM,
            at=now,
            text=text,
        )
        await self._parts.threads.append(conn, await self._parts.vault.key(conn, person_id), [note])
        await publish(conn, now, [Change("message.created", note.id), Change("thread.updated", thread_id)])

    async def _sealed(self, conn: AsyncConnection, person_id: str, rights_id: str, details: Details) -> bytes:
        keys = await self._parts.vault.key(conn, person_id)
        return keys.seal(person_id, msgspec.json.encode(details), _place(person_id, rights_id))

    async def _told(
        self,
        conn: AsyncConnection,
        action: str,
        person_id: str,
        rights_id: str,
        actor: Actor,
        request_id: str,
        details: Mapping[str, str | None],
    ) -> None:
        entry = Entry(
            action=action,
            actor=actor,
            person_id=person_id,
            object_id=rights_id,
            request_id=request_id,
            details={name: value for name, value in details.items() if value is not None},
        )
        await self._parts.trail.record(conn, entry)


def _place(person_id: str, rights_id: str) -> Place:
    return Place("rights_request", "details_sealed", rights_id, person_id)
