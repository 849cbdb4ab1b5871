"""The accounting of disclosures: what was told of a person to whom, when, and why.

Source: 45 CFR 164.528. Left out by its (a)(1): what was for treatment, payment and operations, and what was told to the
person. Whoever hands out an export says to whom; it is then accounted for with each person in it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import Place
from hub.db.tables import disclosed, person
from hub.errors import InputError
from hub.exports.exporting import Disclosing
from hub.parts import Parts
from hub.types import new_id, new_ids

__all__ = ["Disclosed", "Disclosure", "Disclosures"]

_LONGEST = 2000


class Disclosure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What 164.528(b)(2) asks to be told: to whom, where they are if known, what, and why."""

    to: str
    what: str
    why: str
    where: str = ""

    def __repr__(self) -> str:
        return "Disclosure(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """A disclosure as it is on record."""

    id: str
    person_id: str
    at: datetime
    told: Disclosure = field(repr=False)
    source: Literal["staff", "export"]
    export_id: str | None
    by: Actor
    recorded_at: datetime


class Disclosures:
    """Where disclosures are written and read."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def record(
        self,
        conn: AsyncConnection,
        person_id: str,
        told: Disclosure,
        actor: Actor,
        *,
        at: datetime | None = None,
        request_id: str = "",
    ) -> str:
        """The id of a disclosure that staff write down, in the caller's transaction. Raises: InputError."""
        now = self._parts.clock.now()
        if not (told.to.strip() and told.what.strip() and told.why.strip()):
            raise InputError("a disclosure says to whom, what, and why")
        if max(len(told.to), len(told.what), len(told.why), len(told.where)) > _LONGEST:
            raise InputError(f"a disclosure is told in {_LONGEST} characters a field at most")
        if at is not None and at > now:
            raise InputError("a disclosure cannot lie in the future")
        disclosed_id = new_id()
        keys = await self._parts.vault.key(conn, person_id)
        row = {
            "id": disclosed_id,
            "person_id": person_id,
            "at": at or now,
            "details_sealed": keys.seal(person_id, msgspec.json.encode(told), _place(person_id, disclosed_id)),
            "source": "staff",
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "recorded_at": now,
        }
        await conn.execute(sa.insert(disclosed), row)
        entry = Entry(
            action="disclosure.record", actor=actor, person_id=person_id, object_id=disclosed_id, request_id=request_id
        )
        await self._parts.trail.record(conn, entry)
        return disclosed_id

    def by_export(self, to: str, because: str, what: str, actor: Actor) -> Disclosing:
        """What accounts for an export with each person in it, once however often it is told of them."""
        told = Disclosure(to=to.strip(), why=because.strip(), what=what)

        async def disclosing(export_id: str, persons: Collection[str]) -> None:
            await self._parts.db.write(lambda conn: self._exported(conn, export_id, persons, told, actor))

        return disclosing

    async def _exported(
        self, conn: AsyncConnection, export_id: str, persons: Collection[str], told: Disclosure, actor: Actor
    ) -> None:
        now, wanted = self._parts.clock.now(), sorted(persons)
        keys = await self._parts.vault.keys(conn, wanted)
        rows = [
            {
                "id": disclosed_id,
                "person_id": person_id,
                "at": now,
                "details_sealed": keys.seal(person_id, msgspec.json.encode(told), _place(person_id, disclosed_id)),
                "source": "export",
                "export_id": export_id,
                "actor_kind": actor.kind,
                "actor_id": actor.id,
                "recorded_at": now,
            }
            for person_id, disclosed_id in zip(wanted, new_ids(len(wanted)), strict=True)
            if person_id in keys
        ]
        insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
        for start in range(0, len(rows), 500):
            # An export that goes on tells of some persons again.
            await conn.execute(insert(disclosed).on_conflict_do_nothing(), rows[start : start + 500])

    async def of(self, conn: AsyncConnection, person_id: str, since: datetime | None = None) -> list[Disclosed]:
        """What was disclosed of a person, and of whoever was merged into them, newest first."""
        same = sa.select(person.c.id).where(sa.or_(person.c.id == person_id, person.c.merged_into == person_id))
        query = sa.select(disclosed).where(disclosed.c.person_id.in_(same))
        if since is not None:
            query = query.where(disclosed.c.at >= since)
        rows = (await conn.execute(query.order_by(disclosed.c.at.desc(), disclosed.c.id.desc()))).all()
        keys = await self._parts.vault.keys(conn, {row.person_id for row in rows})
        return [
            Disclosed(
                id=row.id,
                person_id=row.person_id,
                at=row.at,
                told=msgspec.json.decode(
                    keys.open(row.person_id, row.details_sealed, _place(row.person_id, row.id)), type=Disclosure
                ),
                source=row.source,
                export_id=row.export_id,
                by=Actor(row.actor_kind, row.actor_id),
                recorded_at=row.recorded_at,
            )
            for row in rows
            if row.person_id in keys
        ]


def _place(person_id: str, disclosed_id: str) -> Place:
    return Place("disclosed", "details_sealed", disclosed_id, person_id)
