"""Sessions: who of the staff is signed in, found by a cookie of which only a keyed hash is kept.

```
 begin ─► use, use, ... ─► idle for 15 minutes: locked ─► proved again: a new secret, the same session ─► ...
                           12 hours after it began, or a new password, role or status: over
```

A locked session shows nothing and does nothing, yet it is known whose it is: so that what stands in the page, such as a
half-written reply, is still there once they have proved themselves again.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User, Users
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import staff_session
from hub.signin import tokens
from hub.types import new_id
from hub.vault import Vault

__all__ = ["IDLE", "LASTS", "Open", "Session", "Sessions", "Way"]

LASTS = timedelta(hours=12)
"""How long a session lasts, whatever is done in it."""
IDLE = timedelta(minutes=15)
"""How long it goes on without an act of the user; then it is locked."""
_STEP = timedelta(seconds=20)
"""How often acts are written down: a session locks that much earlier at most."""
_KEPT = timedelta(days=30)

Way = Literal["password", "passkey", "openid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A session that is not over, as the list of them shows it. `device` is empty where it is not known."""

    id: str
    way: Way
    strong: bool
    device: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in. `csrf` is what everything they post must carry.

    strong: whether they showed a second factor. locked: nobody was at it for too long; see the module.
    """

    id: str
    user: User
    way: Way
    strong: bool
    locked: bool
    csrf: str = field(repr=False)
    ends_at: datetime


class Sessions:
    """Begins sessions, finds them again, and ends them."""

    def __init__(self, db: Database, vault: Vault, trail: Trail, clock: Clock, users: Users) -> None:
        self._db = db
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._users = users

    async def begin(self, conn: AsyncConnection, user: User, *, way: Way, strong: bool, device: str = "") -> str:
        """The secret of a new session, in the caller's transaction; for the user's browser alone."""
        now, secret, session_id = self._clock.now(), tokens.drawn(), new_id()
        row = {
            "id": session_id,
            "token_blind": self._blind(secret),
            "user_id": user.id,
            "way": way,
            "strong": strong,
            "device": device,
            "created_at": now,
            "seen_at": now,
            "proved_at": now,
            "ends_at": now + LASTS,
        }
        await conn.execute(sa.delete(staff_session).where(staff_session.c.ends_at < now - _KEPT))
        await insert_rows(conn, staff_session, [row])
        details: dict[str, str | int | None] = {"way": way, "strong": int(strong)}
        entry = Entry(action="staff.sign_in", actor=user.actor, object_id=session_id, details=details)
        await self._trail.record(conn, entry)
        return secret

    async def use(self, secret: str, *, by_itself: bool = False) -> Session | None:
        """The session with this secret; None where there is none any more.

        by_itself: the page asks, not the user: that does not keep the session open.
        """
        if not secret:
            return None
        async with self._db.glance() as conn:
            session, seen_at = await self._found(conn, secret)
        if session is None or session.locked or by_itself or self._clock.now() - seen_at < _STEP:
            return session
        session_id = session.id

        async def unit(conn: AsyncConnection) -> None:
            # Not one that was locked or ended meanwhile.
            mine = sa.and_(staff_session.c.id == session_id, staff_session.c.seen_at == seen_at)
            await conn.execute(sa.update(staff_session).where(mine).values(seen_at=self._clock.now()))

        await self._db.write(unit)
        return session

    async def good(self, session_id: str) -> bool:
        """Whether the session goes on and is not locked; asking does not keep it open."""
        query = sa.select(staff_session.c.id).where(
            staff_session.c.id == session_id,
            *self._alive(),
            staff_session.c.seen_at > self._clock.now() - IDLE,
        )
        async with self._db.glance() as conn:
            return (await conn.execute(query)).first() is not None

    async def renew(self, conn: AsyncConnection, session: Session, *, way: Way, strong: bool) -> str:
        """The new secret of a session whose user proved themselves again, in the caller's transaction."""
        now, secret = self._clock.now(), tokens.drawn()
        values = {"token_blind": self._blind(secret), "seen_at": now, "proved_at": now}
        if strong and not session.strong:
            values["strong"] = True
        await conn.execute(sa.update(staff_session).where(staff_session.c.id == session.id).values(values))
        entry = Entry(action="staff.prove", actor=session.user.actor, object_id=session.id, details={"way": way})
        await self._trail.record(conn, entry)
        return secret

    async def strengthen(self, conn: AsyncConnection, session: Session) -> None:
        """Note that the session's user showed a second factor just now, in the caller's transaction."""
        values = {"strong": True, "proved_at": self._clock.now()}
        await conn.execute(sa.update(staff_session).where(staff_session.c.id == session.id).values(values))

    async def open(self, conn: AsyncConnection, user_id: str) -> list[Open]:
        """The user's sessions that are not over, the one used last first."""
        query = sa.select(staff_session).where(staff_session.c.user_id == user_id, *self._alive())
        rows = (await conn.execute(query.order_by(staff_session.c.seen_at.desc(), staff_session.c.id))).all()
        return [
            Open(
                id=row.id,
                way=_way(row),
                strong=bool(row.strong),
                device=row.device,
                created_at=row.created_at,
                seen_at=row.seen_at,
            )
            for row in rows
        ]

    async def end_of(self, conn: AsyncConnection, user_id: str, by: Actor, ids: Collection[str] | None = None) -> int:
        """End those of a user's sessions that have these ids, None for all, in the caller's transaction; how many."""
        mine = sa.and_(staff_session.c.user_id == user_id, *self._alive())
        if ids is not None:
            mine = sa.and_(mine, staff_session.c.id.in_(list(ids)))
        ended = sa.update(staff_session).where(mine).values(ended_at=self._clock.now())
        gone = (await conn.execute(ended.returning(staff_session.c.id))).scalars().all()
        await self._trail.record(conn, *(Entry(action="staff.sign_out", actor=by, object_id=one) for one in gone))
        return len(gone)

    async def end_in(self, conn: AsyncConnection, secret: str) -> None:
        """End the session with this secret, if there is one, in the caller's transaction."""
        session, _ = await self._found(conn, secret)
        if session is not None:
            await self.end_of(conn, session.user.id, session.user.actor, (session.id,))

    async def _found(self, conn: AsyncConnection, secret: str) -> tuple[Session | None, datetime]:
        now = self._clock.now()
        query = sa.select(staff_session).where(staff_session.c.token_blind == self._blind(secret), *self._alive())
        row: Any = (await conn.execute(query)).first()
        user = await self._users.get(conn, row.user_id) if row is not None else None
        if user is None or user.status != "active":
            return None, now
        return Session(
            id=row.id,
            user=user,
            way=_way(row),
            strong=bool(row.strong),
            locked=row.seen_at <= now - IDLE,
            csrf=tokens.form_token(secret),
            ends_at=row.ends_at,
        ), row.seen_at

    def _alive(self) -> tuple[sa.ColumnElement[bool], ...]:
        return staff_session.c.ended_at.is_(None), staff_session.c.ends_at > self._clock.now()

    def _blind(self, secret: str) -> bytes:
        return tokens.blind(self._vault, "staff", "session", secret)


def _way(row: Any) -> Way:
    way: Way = row.way
    return way
