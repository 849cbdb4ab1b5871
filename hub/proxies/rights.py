"""The rights to act for a patient: given, looked at, ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import guardians
from consent.guardians import Ages, Kind, Right, Scope
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.lookup import Lookup
from hub.db.tables import appointment, person, proxy, resource, thread
from hub.events import Change, publish
from hub.sealed import Profile, open_profile
from hub.types import new_id
from hub.vault import Vault

Verified = Literal["record", "documents", "in_person", "court_order"]
"""What showed that somebody may act for the patient."""
_SYSTEM = Actor("system", "proxies")
_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A right as it is on the books; `holds` is what of it holds now, empty once it ended, by whatever."""

    id: str
    proxy_person_id: str
    patient_id: str
    right: Right
    holds: frozenset[Scope]
    verified_how: str
    ended_why: str

    @property
    def active(self) -> bool:
        """Whether anything of it holds now."""
        return bool(self.holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """Somebody for whom a person may act now, and what in."""

    proxy_id: str
    patient_id: str
    given_name: str = field(repr=False)
    holds: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProxy:
    """A right to be given; `since` None is now, `until` None is until age or staff end it."""

    proxy_person_id: str
    kind: Kind
    scope: frozenset[Scope]
    verified_how: Verified
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotGiven:
    """Why a right cannot be given; a sentence for staff."""

    detail: str


@dataclass(frozen=True, slots=True)
class _Whose:
    """What of a person decides about those who act for them."""

    profile: Profile = field(repr=False)
    zone: ZoneInfo
    kind: str


class Proxies:
    """Who may act for whom. `zone` and `ages` are the clinic's; a patient's own zone goes before it."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock, zone: ZoneInfo, ages: Ages) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._zone = zone
        self.ages = ages

    async def of_patient(self, conn: AsyncConnection, patient_id: str) -> list[Proxy]:
        """Every right over a patient that there ever was, oldest first."""
        return await self._read(conn, proxy.c.patient_id == patient_id)

    async def wards(self, conn: AsyncConnection, person_id: str) -> list[Ward]:
        """For whom a person may act now, longest first."""
        mine = await self._read(conn, proxy.c.proxy_person_id == person_id)
        found = [one for one in mine if one.active]
        whose = await self._whose(conn, {one.patient_id for one in found}) if found else {}
        return [
            Ward(
                proxy_id=one.id,
                patient_id=one.patient_id,
                given_name=whose[one.patient_id].profile.given_name,
                holds=one.holds,
            )
            for one in found
        ]

    async def ward(self, conn: AsyncConnection, proxy_id: str, person_id: str) -> Ward | None:
        """Somebody for whom this person may act now by this very right."""
        return next((one for one in await self.wards(conn, person_id) if one.proxy_id == proxy_id), None)

    async def may(self, conn: AsyncConnection, person_id: str, patient_id: str, scope: Scope) -> bool:
        """Whether a person may act for a patient in this now."""
        between = sa.and_(proxy.c.proxy_person_id == person_id, proxy.c.patient_id == patient_id)
        return any(scope in one.holds for one in await self._read(conn, between))

    async def born(self, conn: AsyncConnection, persons: Collection[str]) -> dict[str, tuple[date | None, ZoneInfo]]:
        """When each person was born, None where that is not known, and in which zone their days begin."""
        whose = await self._whose(conn, persons)
        return {one: (found.profile.birth_date, found.zone) for one, found in whose.items()}

    async def give(
        self, conn: AsyncConnection, patient_id: str, new: NewProxy, actor: Actor, request_id: str = ""
    ) -> Proxy | NotGiven | None:
        """Give a right, in the caller's transaction; None where one of the two persons is not on the books."""
        now = self._clock.now()
        whose = await self._whose(conn, {patient_id, new.proxy_person_id})
        kinds = {one: found.kind for one, found in whose.items()}
        if kinds.get(patient_id) != "patient" or kinds.get(new.proxy_person_id) not in ("patient", "proxy"):
            return None
        if patient_id == new.proxy_person_id:
            return NotGiven("Nobody is their own proxy.")
        right = Right(kind=new.kind, scope=new.scope, since=new.since or now, until=new.until)
        patient = whose[patient_id]
        at = max(now, right.since)
        if not guardians.holds(right, patient.profile.birth_date, at, self.ages, patient.zone):
            return NotGiven(self._why_not(right, patient, at))
        same = sa.and_(
            proxy.c.proxy_person_id == new.proxy_person_id, proxy.c.patient_id == patient_id, proxy.c.kind == new.kind
        )
        if any(one.active for one in await self._read(conn, same)):
            return NotGiven("This person has that right already: end it first to give it with another scope.")
        row = {
            "id": new_id(),
            "proxy_person_id": new.proxy_person_id,
            "patient_id": patient_id,
            "kind": new.kind,
            "scope": " ".join(one for one in guardians.SCOPES if one in new.scope),
            "from_at": right.since,
            "until_at": new.until,
            "verified_how": new.verified_how,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "created_at": now,
            "ended_why": "",
        }
        await insert_rows(conn, proxy, [row])
        details = {"proxy": new.proxy_person_id, "kind": new.kind, "scope": row["scope"], "how": new.verified_how}
        await self._tell(conn, "proxy.give", str(row["id"]), patient_id, actor, details, request_id)
        (made,) = await self._read(conn, proxy.c.id == row["id"])
        return made

    async def end(
        self, conn: AsyncConnection, patient_id: str, proxy_id: str, why: str, actor: Actor, request_id: str = ""
    ) -> Proxy | None:
        """End a right now, in the caller's transaction; None where this patient has no such one. Ended, it stays so."""
        mine = sa.and_(proxy.c.id == proxy_id, proxy.c.patient_id == patient_id)
        found = await self._read(conn, mine)
        if not found:
            return None
        if found[0].right.ended is None:
            await self._end(conn, found[0], self._clock.now(), why, actor, request_id)
        return (await self._read(conn, mine))[0]

    async def end_outlived(self, conn: AsyncConnection, after: str = "") -> tuple[int, str]:
        """End on the books what age or its own end has ended already, a page at a time.

        Returns how many were, and where the next page begins (empty after the last). Nothing depends on it: a right
        that is over holds for nothing from that moment. Staff are told to ask the patient anew.
        """
        page = sa.select(proxy.c.id).where(proxy.c.ended_at.is_(None), proxy.c.id > after).order_by(proxy.c.id)
        ids = list((await conn.execute(page.limit(_PAGE))).scalars())
        count, now = 0, self._clock.now()
        found = await self._read(conn, proxy.c.id.in_(ids)) if ids else []
        whose = await self._whose(conn, {one.patient_id for one in found}) if found else {}
        for one in found:
            patient = whose[one.patient_id]
            if not guardians.outlived(one.right, patient.profile.birth_date, now, self.ages, patient.zone):
                continue
            count += 1
            expired = one.right.until is not None and now >= one.right.until
            await self._end(conn, one, now, "expired" if expired else "majority", _SYSTEM, "")
            if not expired:
                await conn.execute(
                    sa.update(thread)
                    .where(thread.c.person_id == one.patient_id, thread.c.attention == "")
                    .values(attention="ask_consent_anew")
                )
        return count, ids[-1] if len(ids) == _PAGE else ""

    async def confidential_visits(self, conn: AsyncConnection, visits: Collection[str]) -> frozenset[str]:
        """Those of the visits of which nobody hears but the patient."""
        if not visits:
            return frozenset()
        return frozenset(row[0] for row in await _CONFIDENTIAL(conn, visits))

    async def has_confidential(self, conn: AsyncConnection, patient_id: str) -> bool:
        """Whether the patient has, or had, a visit of which nobody else hears."""
        query = (
            sa.select(appointment.c.id)
            .join(resource, resource.c.id == appointment.c.visit_type_id)
            .where(appointment.c.person_id == patient_id, resource.c.confidential.is_(True))
        )
        return (await conn.execute(query.limit(1))).first() is not None

    def _why_not(self, right: Right, patient: _Whose, now: datetime) -> str:
        stage = guardians.stage(patient.profile.birth_date, now, self.ages, patient.zone)
        if right.until is not None and right.until <= now:
            return "The right would end before it begins."
        if patient.profile.birth_date is None:
            return "The patient's birth date is not known: it decides who may act for them."
        if stage == "teen":
            return "From the patient's age of teen access on, nobody else may have this."
        if stage == "adult":
            return "The patient is of age: name a caregiver, or a guardian from the day on which they were named."
        return "The rules leave nothing of this right."

    async def _end(
        self, conn: AsyncConnection, one: Proxy, now: datetime, why: str, actor: Actor, request_id: str
    ) -> None:
        await conn.execute(sa.update(proxy).where(proxy.c.id == one.id).values(ended_at=now, ended_why=why[:16]))
        details = {"proxy": one.proxy_person_id, "why": why[:16]}
        await self._tell(conn, "proxy.end", one.id, one.patient_id, actor, details, request_id)

    async def _tell(
        self,
        conn: AsyncConnection,
        action: str,
        proxy_id: str,
        patient_id: str,
        actor: Actor,
        details: dict[str, Any],
        request_id: str,
    ) -> None:
        entry = Entry(
            action=action,
            actor=actor,
            person_id=patient_id,
            object_id=proxy_id,
            request_id=request_id,
            details=details | {"rules": self.ages.version},
        )
        await self._trail.record(conn, entry)
        await publish(conn, self._clock.now(), [Change("proxy.updated", proxy_id)])

    async def _read(self, conn: AsyncConnection, which: sa.ColumnElement[bool]) -> list[Proxy]:
        rows: Sequence[Any] = (await conn.execute(sa.select(proxy).where(which).order_by(proxy.c.id))).all()
        if not rows:
            return []
        now = self._clock.now()
        whose = await self._whose(conn, {row.patient_id for row in rows})
        return [self._proxy(row, whose[row.patient_id], now) for row in rows]

    def _proxy(self, row: Any, patient: _Whose, now: datetime) -> Proxy:
        right = Right(
            kind=row.kind,
            scope=frozenset(cast(Scope, one) for one in row.scope.split()),
            since=row.from_at,
            until=row.until_at,
            ended=row.ended_at,
        )
        return Proxy(
            id=row.id,
            proxy_person_id=row.proxy_person_id,
            patient_id=row.patient_id,
            right=right,
            holds=guardians.holds(right, patient.profile.birth_date, now, self.ages, patient.zone),
            verified_how=row.verified_how,
            ended_why=row.ended_why,
        )

    async def _whose(self, conn: AsyncConnection, persons: Collection[str]) -> dict[str, _Whose]:
        columns = (person.c.id, person.c.kind, person.c.timezone, person.c.profile_sealed)
        rows = (await conn.execute(sa.select(*columns).where(person.c.id.in_(list(persons))))).all()
        keys = await self._vault.keys(conn, [row.id for row in rows])
        return {
            row.id: _Whose(
                # Whoever was disposed of has no age any more, and so nobody acts for them.
                profile=open_profile(keys, row.id, row.profile_sealed) if row.id in keys else Profile(),
                zone=ZoneInfo(row.timezone) if row.timezone else self._zone,
                kind=row.kind,
            )
            for row in rows
        }


# Built once: to build a statement costs more than to run it.
_CONFIDENTIAL = Lookup(
    appointment.c.id,
    lambda among: (
        sa.select(appointment.c.id)
        .join(resource, resource.c.id == appointment.c.visit_type_id)
        .where(among, resource.c.confidential.is_(True))
    ),
)
