"""Sessions: who is signed in, found by a cookie of which only a keyed hash is kept."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import portal_session
from hub.portal.acting import OWN, Acting, acting, detour, leave
from hub.proxies import Proxies
from hub.signin import tokens
from hub.types import Language, new_id
from hub.vault import Vault

LASTS = timedelta(hours=12)
"""How long a session lasts, whatever is done in it."""
IDLE = timedelta(minutes=15)
"""How long it lasts without an act of the person."""
_KEPT = timedelta(days=30)


Way = Literal["code", "passkey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A session that holds, as the list of them shows it. `device` is empty where it is not known; see `devices`."""

    id: str
    way: Way
    device: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Someone who is signed in. `csrf` is what each of their forms must carry.

    person_id: whose pages these are: their own, or, while `acting`, the patient's for whom they act.
    detour: where they must go instead of the page asked for; empty for there.
    """

    id: str
    person_id: str
    language: Language
    csrf: str = field(repr=False)
    acting: Acting | None = None
    detour: str = ""

    @property
    def actor(self) -> Actor:
        """Who acts, as the audit names them."""
        own = self.acting is None or self.acting.own_id == self.person_id
        return Actor("patient" if own else "proxy", self.id)


class Sessions:
    """Begins sessions, finds them again, and ends them."""

    def __init__(self, db: Database, vault: Vault, trail: Trail, clock: Clock, proxies: Proxies) -> None:
        self._db = db
        self._proxies = proxies
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def begin(
        self, conn: AsyncConnection, person_id: str, language: Language, *, way: Way = "code", device: str = ""
    ) -> str:
        """The secret of a new session, in the caller's transaction; it is to be known to the person's browser alone."""
        now, secret, session_id = self._clock.now(), tokens.drawn(), new_id()
        row = {
            "id": session_id,
            "token_blind": self._blind(secret),
            "person_id": person_id,
            "language": language,
            "way": way,
            "device": device,
            "created_at": now,
            "seen_at": now,
            "ends_at": now + LASTS,
        }
        await conn.execute(sa.delete(portal_session).where(portal_session.c.ends_at < now - _KEPT))
        await insert_rows(conn, portal_session, [row])
        entry = Entry(
            action="portal.sign_in",
            actor=Actor("patient", session_id),
            person_id=person_id,
            object_id=session_id,
            details={"way": way},
        )
        await self._trail.record(conn, entry)
        return secret

    async def use(self, secret: str, action: str, page: str, *, by_itself: bool = False) -> Session | None:
        """The session with this `secret`, None where there is none any more; the use of it is audited.

        by_itself: the page asks, not the person: that does not keep the session alive.
        """

        async def unit(conn: AsyncConnection) -> Session | None:
            row = await self._row(conn, secret)
            if row is None:
                return None
            if not by_itself:
                seen = sa.update(portal_session).where(portal_session.c.id == row.id).values(seen_at=self._clock.now())
                await conn.execute(seen)
            session = await self._as_whom(conn, _session(row, secret), page)
            entry = Entry(
                action=action,
                actor=session.actor,
                person_id=session.person_id,
                object_id=session.id,
                details={"page": page, "proxy": session.acting.own_id if session.acting else None},
            )
            await self._trail.record(conn, entry)
            return session

        return await self._db.write(unit) if secret else None

    async def _as_whom(self, conn: AsyncConnection, session: Session, page: str) -> Session:
        """The session as it is for this page: the patient's while it acts for one, and the right is for that."""
        found = await acting(conn, self._proxies, session.id, session.person_id)
        if found == "over" and page == "acting":
            # Here they are told so; from now on their pages are their own again.
            await leave(conn, self._clock, session.id)
        if not isinstance(found, Acting):
            return replace(session, detour=detour(found, page))
        aside = detour(found, page)
        whose = session.person_id if aside or page in OWN else found.patient_id
        return replace(session, person_id=whose, acting=found, detour=aside)

    async def good(self, conn: AsyncConnection, session_id: str) -> bool:
        """Whether the session still holds; asking does not keep it alive."""
        query = sa.select(portal_session.c.id).where(portal_session.c.id == session_id, *self._alive())
        return (await conn.execute(query)).first() is not None

    async def speak(self, session: Session, language: Language) -> None:
        """Show the session's pages in `language` from now on."""

        async def unit(conn: AsyncConnection) -> None:
            mine = portal_session.c.id == session.id
            await conn.execute(sa.update(portal_session).where(mine).values(language=language))

        await self._db.write(unit)

    async def open(self, conn: AsyncConnection, person_id: str) -> list[Open]:
        """The person's sessions that hold, the one used last first."""
        query = sa.select(portal_session).where(portal_session.c.person_id == person_id, *self._alive())
        rows = await conn.execute(query.order_by(portal_session.c.seen_at.desc(), portal_session.c.id))
        return [
            Open(id=row.id, way=row.way, device=row.device, created_at=row.created_at, seen_at=row.seen_at)
            for row in rows
        ]

    async def end_of(self, session: Session, ids: Collection[str] | None) -> int:
        """End those of the person's sessions that have these ids, None for all of them; how many ended."""

        async def unit(conn: AsyncConnection) -> int:
            mine = sa.and_(portal_session.c.person_id == session.person_id, *self._alive())
            if ids is not None:
                mine = sa.and_(mine, portal_session.c.id.in_(list(ids)))
            ended = sa.update(portal_session).where(mine).values(ended_at=self._clock.now())
            gone = (await conn.execute(ended.returning(portal_session.c.id))).scalars().all()
            entries = [
                Entry(action="portal.sign_out", actor=session.actor, person_id=session.person_id, object_id=one)
                for one in gone
            ]
            await self._trail.record(conn, *entries)
            return len(gone)

        return await self._db.write(unit)

    async def end(self, secret: str) -> None:
        """End the session with this `secret`, if there is one."""

        async def unit(conn: AsyncConnection) -> None:
            await self.end_in(conn, secret)

        if secret:
            await self._db.write(unit)

    async def end_in(self, conn: AsyncConnection, secret: str) -> None:
        """As `end`, in the caller's transaction."""
        row = await self._row(conn, secret)
        if row is None:
            return
        ended = sa.update(portal_session).where(portal_session.c.id == row.id).values(ended_at=self._clock.now())
        await conn.execute(ended)
        actor = Actor("patient", row.id)
        entry = Entry(action="portal.sign_out", actor=actor, person_id=row.person_id, object_id=row.id)
        await self._trail.record(conn, entry)

    async def _row(self, conn: AsyncConnection, secret: str) -> Any:
        query = sa.select(portal_session).where(portal_session.c.token_blind == self._blind(secret), *self._alive())
        return (await conn.execute(query.with_for_update())).first()

    def _alive(self) -> tuple[sa.ColumnElement[bool], ...]:
        now: datetime = self._clock.now()
        return (
            portal_session.c.ended_at.is_(None),
            portal_session.c.ends_at > now,
            portal_session.c.seen_at > now - IDLE,
        )

    def _blind(self, secret: str) -> bytes:
        return tokens.blind(self._vault, "portal", "session", secret)


def _session(row: Any, secret: str) -> Session:
    language = cast(Language, row.language)
    return Session(id=row.id, person_id=row.person_id, language=language, csrf=tokens.form_token(secret))
