"""Breaking the glass: seeing a patient beyond one's reach, having said why. It ends by itself, and is looked at.

Source: 45 CFR 164.312(a)(2)(ii).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User
from hub.audit import Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import break_glass
from hub.errors import InputError
from hub.events import Change, publish
from hub.types import new_id
from hub.vault import AUDIT, Vault

__all__ = ["HOLDS", "Broken", "Glass"]

HOLDS = timedelta(minutes=60)
SHORTEST = 10
LONGEST = 500
_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One time that somebody did it. `reviewed_by` is None while nobody has looked at it."""

    id: str
    user_id: str
    person_id: str
    reason: str = field(repr=False)
    at: datetime
    ends_at: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None


class Glass:
    """Breaks it, tells for whom it is broken, and lists what was done for those who review it."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def smash(self, conn: AsyncConnection, user: User, person_id: str, reason: str) -> datetime:
        """Let `user` see the person until the moment that is given back, in the caller's transaction.

        Raises: InputError for a reason too short to be looked at.
        """
        said = " ".join(reason.split())
        if not SHORTEST <= len(said) <= LONGEST:
            raise InputError(f"say why in {SHORTEST} to {LONGEST} characters: somebody will look at it")
        now, glass_id = self._clock.now(), new_id()
        keys = await self._vault.key(conn, AUDIT)
        row = {
            "id": glass_id,
            "user_id": user.id,
            "person_id": person_id,
            "reason_sealed": keys.seal(AUDIT, said.encode(), _place(glass_id)),
            "at": now,
            "ends_at": now + HOLDS,
        }
        await insert_rows(conn, break_glass, [row])
        entry = Entry(action="glass.break", actor=user.actor, person_id=person_id, object_id=glass_id)
        await self._trail.record(conn, entry)
        await publish(conn, now, [Change("glass.broken", glass_id)])
        return now + HOLDS

    async def persons(self, conn: AsyncConnection, user_id: str) -> dict[str, datetime]:
        """For whom a user broke the glass, and until when each holds."""
        query = sa.select(break_glass.c.person_id, sa.func.max(break_glass.c.ends_at).label("until")).where(
            break_glass.c.user_id == user_id, break_glass.c.ends_at > self._clock.now()
        )
        rows = (await conn.execute(query.group_by(break_glass.c.person_id))).all()
        return {row.person_id: row.until for row in rows}

    async def listed(self, conn: AsyncConnection) -> list[Broken]:
        """The newest, those that nobody has looked at first."""
        order = (break_glass.c.reviewed_at.is_not(None), break_glass.c.at.desc(), break_glass.c.id)
        rows = (await conn.execute(sa.select(break_glass).order_by(*order).limit(_LISTED))).all()
        keys = await self._vault.key(conn, AUDIT)
        return [
            Broken(
                id=row.id,
                user_id=row.user_id,
                person_id=row.person_id,
                reason=keys.open(AUDIT, row.reason_sealed, _place(row.id)).decode(),
                at=row.at,
                ends_at=row.ends_at,
                reviewed_by=row.reviewed_by,
                reviewed_at=row.reviewed_at,
            )
            for row in rows
        ]

    async def review(self, conn: AsyncConnection, user: User, glass_id: str) -> None:
        """Note that `user` looked at it, once. Raises: InputError for one's own, or one that there is not."""
        mine = break_glass.c.id == glass_id
        row = (await conn.execute(sa.select(break_glass).where(mine).with_for_update())).first()
        if row is None:
            raise InputError("there is no such entry")
        if row.user_id == user.id:
            raise InputError("somebody else must look at what you did yourself")
        if row.reviewed_at is not None:
            return
        looked = {"reviewed_by": user.id, "reviewed_at": self._clock.now()}
        await conn.execute(sa.update(break_glass).where(mine).values(looked))
        entry = Entry(action="glass.review", actor=user.actor, person_id=row.person_id, object_id=glass_id)
        await self._trail.record(conn, entry)


def _place(glass_id: str) -> Place:
    return Place("break_glass", "reason_sealed", glass_id)
