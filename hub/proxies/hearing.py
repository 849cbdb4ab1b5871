"""Who hears a message that the clinic begins: the patient, who acts for them, or nobody; and at which addresses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import guardians
from consent.facts import Standing
from consent.guardians import Hears
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.tables import contact, person, resource
from hub.proxies.rights import Proxies
from hub.types import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is to hear.

    guardians: the persons to write to instead, in the order to try them; only where `who` is `guardian`.
    only_at: the addresses that the message is confined to; None for all that the patient has.
    of_age: since when the patient decides for themselves; None for one who does not yet, or whose age is not known.
    """

    who: Hears
    guardians: tuple[str, ...] = ()
    only_at: frozenset[str] | None = None
    of_age: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a delivery says of itself, to be asked about again before it leaves."""

    id: str
    person_id: str
    address_id: str
    purpose: Purpose
    about_id: str | None
    appointment_id: str | None


class Hearing:
    """Asks who hears."""

    def __init__(self, proxies: Proxies, clock: Clock) -> None:
        self._proxies = proxies
        self._clock = clock

    async def of(
        self, conn: AsyncConnection, person_id: str, purpose: Purpose, appointment_id: str | None, *, begun: bool
    ) -> Listener:
        """Who hears a message for this person, about this visit if it is about one.

        begun: the clinic begins. What answers somebody goes to who asked, and to nobody else.
        """
        now = self._clock.now()
        confidential = appointment_id is not None and bool(
            await self._proxies.confidential_visits(conn, (appointment_id,))
        )
        if confidential:
            own = await own_addresses(conn, person_id)
            return Listener(who="patient" if own else "nobody", only_at=own)
        if not begun:
            return Listener(who="patient")
        born, zone = (await self._proxies.born(conn, (person_id,)))[person_id]
        stage = guardians.stage(born, now, self._proxies.ages, zone)
        if stage == "adult":
            of_age = None if born is None else guardians.comes_of_age(born, self._proxies.ages, zone)
            return Listener(who="patient", of_age=of_age)
        scope = guardians.scope_of(purpose)
        rights = [one for one in await self._proxies.of_patient(conn, person_id) if scope in one.holds]
        has_own = stage == "teen" and bool(await own_addresses(conn, person_id))
        who = guardians.hears(stage, confidential=False, has_own=has_own, guarded=bool(rights))
        return Listener(who=who, guardians=tuple(one.proxy_person_id for one in rights))

    async def of_many(
        self,
        conn: AsyncConnection,
        asked: Mapping[str, Sequence[str]],
        born: Mapping[str, tuple[date | None, ZoneInfo]],
        purpose: Purpose,
    ) -> dict[tuple[str, str], Listener]:
        """As `of`, for many persons to whom the clinic begins, by person and visit (empty for about none).

        asked: the visits that each person is to hear about. born: when and where each was born, as far as is known.
        """
        now = self._clock.now()
        visits = [visit for each in asked.values() for visit in each if visit]
        secret = await self._proxies.confidential_visits(conn, visits)
        found: dict[tuple[str, str], Listener] = {}
        turned: dict[tuple[date, ZoneInfo], datetime] = {}
        for person_id, each in asked.items():
            birth, zone = born[person_id]
            usual = _ANYBODY
            if birth is not None:
                of_age = turned.get((birth, zone))
                if of_age is None:
                    of_age = guardians.comes_of_age(birth, self._proxies.ages, zone).astimezone(UTC)
                    turned[birth, zone] = of_age
                if of_age <= now:
                    usual = Listener(who="patient", of_age=of_age)
                else:
                    usual = await self.of(conn, person_id, purpose, None, begun=True)
            for visit in each:
                if visit in secret:
                    found[person_id, visit] = await self.of(conn, person_id, purpose, visit, begun=True)
                else:
                    found[person_id, visit] = usual
        return found

    async def void(self, conn: AsyncConnection, planned: Sequence[Planned]) -> dict[str, str]:
        """Those of the deliveries that may not be heard by whom they are for, with the reason as a code.

        Asked in the transaction that commits the attempt: a right may have ended, and an address become somebody's.
        """
        found: dict[str, str] = {}
        visits = {one.appointment_id for one in planned if one.appointment_id is not None}
        secret = await self._proxies.confidential_visits(conn, visits)
        for one in planned:
            if one.appointment_id in secret and not (
                one.about_id is None and one.address_id in await own_addresses(conn, one.person_id)
            ):
                found[one.id] = "confidential"
            elif one.about_id is not None and not await self._proxies.may(
                conn, one.person_id, one.about_id, guardians.scope_of(one.purpose)
            ):
                found[one.id] = "proxy_ended"
        return found

    async def decided_by_themselves(self, conn: AsyncConnection, persons: Collection[str]) -> dict[str, datetime]:
        """Since when each of these persons decides for themselves; those who do not, or whose age is unknown, are not
        in it.
        """
        now, found = self._clock.now(), {}
        for person_id, (born, zone) in (await self._proxies.born(conn, persons)).items() if persons else ():
            if born is not None and (of_age := guardians.comes_of_age(born, self._proxies.ages, zone)) <= now:
                found[person_id] = of_age
        return found


_ANYBODY = Listener(who="patient")


def own_standing(standing: Standing, of_age: datetime | None) -> Standing:
    """What of a standing counts for someone of age since then."""
    return standing if of_age is None else guardians.own_decisions(standing, of_age)


async def own_addresses(conn: AsyncConnection, person_id: str) -> frozenset[str]:
    """The addresses of a person that nobody else on the books has."""
    other = contact.alias("other")
    others = (
        sa.select(other.c.address_id)
        .join(person, person.c.id == other.c.person_id)
        .where(
            other.c.address_id == contact.c.address_id,
            other.c.person_id != person_id,
            person.c.kind.in_(("patient", "proxy")),
        )
    )
    query = sa.select(contact.c.address_id).where(contact.c.person_id == person_id, ~others.exists())
    return frozenset((await conn.execute(query)).scalars())


async def mark_confidential(
    conn: AsyncConnection, visit_type_id: str, confidential: bool, trail: Trail, actor: Actor
) -> None:
    """Say that nobody but the patient hears of visits of this type, or that it is a type like any other."""
    await conn.execute(sa.update(resource).where(resource.c.id == visit_type_id).values(confidential=confidential))
    action = "visit_type.confide" if confidential else "visit_type.open"
    await trail.record(conn, Entry(action=action, actor=actor, object_id=visit_type_id))
