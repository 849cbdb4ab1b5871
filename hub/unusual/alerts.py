"""Alerts: raised once, listed, looked at by somebody else. They hold ids and counts; what was found of it is sealed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User
from hub.audit import Actor, Entry
from hub.crypto import Place
from hub.db.tables import access_alert
from hub.errors import InputError
from hub.events import Change, publish
from hub.parts import Parts
from hub.types import new_id
from hub.unusual.rules import Raised, Rule
from hub.vault import AUDIT

__all__ = ["OUTCOMES", "Alert", "Alerts"]

OUTCOMES: tuple[str, ...] = ("explained", "escalated")
_ACTOR = Actor("system", "access.watch")
_SHORTEST, _LONGEST = 10, 2000
_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to be asked about. outcome is empty while nobody has looked at it."""

    id: str
    rule: Rule
    user_id: str
    person_id: str | None
    day: str
    count: int
    usual: int
    first_at: datetime
    last_at: datetime
    raised_at: datetime
    outcome: Literal["", "explained", "escalated"]
    note: str = field(repr=False)
    reviewed_by: str | None
    reviewed_at: datetime | None


class Alerts:
    """Where alerts are raised, listed and answered."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def raise_all(self, conn: AsyncConnection, day: str, raised: Sequence[Raised]) -> int:
        """Raise what is new, in the caller's transaction; how many these are.

        What was raised already and nobody has looked at yet takes the new count; what was looked at stays as it was.
        """
        now = self._parts.clock.now()
        keyed = {_key(one, day): one for one in raised}
        query = sa.select(access_alert.c.key, access_alert.c.outcome).where(access_alert.c.key.in_(list(keyed)))
        there = {row.key: row.outcome for row in await conn.execute(query)}
        entries, rows = [], []
        for key, one in keyed.items():
            counted = {"count": one.count, "usual": one.usual, "first_at": one.first_at, "last_at": one.last_at}
            if key in there:
                if not there[key]:
                    await conn.execute(sa.update(access_alert).where(access_alert.c.key == key).values(counted))
                continue
            row = {"id": new_id(), "key": key, "rule": one.rule, "user_id": one.user_id, "person_id": one.person_id}
            rows.append(row | counted | {"day": day, "raised_at": now, "outcome": ""})
            details: dict[str, str | int | None] = {"rule": one.rule, "user": one.user_id, "count": one.count}
            entries.append(
                Entry(
                    action="alert.raise",
                    actor=_ACTOR,
                    person_id=one.person_id,
                    object_id=row["id"] or "",
                    details=details,
                )
            )
        if rows:
            await conn.execute(sa.insert(access_alert), rows)
            await self._parts.trail.record(conn, *entries)
            await publish(conn, now, [Change("alert.raised", str(row["id"])) for row in rows])
        return len(rows)

    async def listed(self, conn: AsyncConnection) -> list[Alert]:
        """The newest, those that nobody has looked at first."""
        order = (access_alert.c.outcome != "", access_alert.c.raised_at.desc(), access_alert.c.id.desc())
        rows = (await conn.execute(sa.select(access_alert).order_by(*order).limit(_LISTED))).all()
        keys = await self._parts.vault.key(conn, AUDIT)
        return [
            _opened(row, "" if row.note_sealed is None else keys.open(AUDIT, row.note_sealed, _place(row.id)).decode())
            for row in rows
        ]

    async def waiting(self, conn: AsyncConnection, but_of: str) -> int:
        """How many wait for somebody to look at them; `but_of`: not those about this user, who may not."""
        query = sa.select(sa.func.count()).where(access_alert.c.outcome == "", access_alert.c.user_id != but_of)
        return int((await conn.execute(query)).scalar_one())

    async def review(self, conn: AsyncConnection, user: User, alert_id: str, outcome: str, note: str) -> None:
        """Write down what `user` found, once, in the caller's transaction.

        Raises: InputError, by its code: `gone`, `own` for what is about themselves, `outcome`, `note`, `done`.
        """
        said = note.strip()
        if outcome not in OUTCOMES:
            raise InputError("outcome")
        if not _SHORTEST <= len(said) <= _LONGEST:
            raise InputError("note")
        mine = access_alert.c.id == alert_id
        row = (await conn.execute(sa.select(access_alert).where(mine).with_for_update())).first()
        if row is None:
            raise InputError("gone")
        if row.user_id == user.id:
            raise InputError("own")
        if row.outcome:
            raise InputError("done")
        keys = await self._parts.vault.key(conn, AUDIT)
        looked = {
            "outcome": outcome,
            "note_sealed": keys.seal(AUDIT, said.encode(), _place(alert_id)),
            "reviewed_by": user.id,
            "reviewed_at": self._parts.clock.now(),
        }
        await conn.execute(sa.update(access_alert).where(mine).values(looked))
        entry = Entry(
            action="alert.review",
            actor=user.actor,
            person_id=row.person_id,
            object_id=alert_id,
            details={"outcome": outcome, "rule": row.rule},
        )
        await self._parts.trail.record(conn, entry)
        await publish(conn, self._parts.clock.now(), [Change("alert.reviewed", alert_id)])


def _key(one: Raised, day: str) -> str:
    return hashlib.sha256(f"{one.rule} {one.user_id} {one.person_id or ''} {day}".encode()).hexdigest()


def _opened(row: Any, note: str) -> Alert:
    return Alert(
        id=row.id,
        rule=cast(Rule, row.rule),
        user_id=row.user_id,
        person_id=row.person_id,
        day=row.day,
        count=row.count,
        usual=row.usual,
        first_at=row.first_at,
        last_at=row.last_at,
        raised_at=row.raised_at,
        outcome=row.outcome,
        note=note,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
    )


def _place(alert_id: str) -> Place:
    return Place("access_alert", "note_sealed", alert_id)
