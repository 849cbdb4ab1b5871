"""Numbers that may belong to somebody else by now: what to ask a register, and what follows from its answers.

The register is asked in batches, by files: of each number, whether it was given up since the day on which it was last
known to be the person's. A number that was is suspended and has no consent any more; staff are told.

Source: FCC Reassigned Numbers Database, 47 CFR 64.1200(l), (m); its answers are yes, no and no data.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import Ledger, NewFact
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import address, consent_event, contact, number_check, person
from hub.events import Change, publish
from hub.sealed import open_contact
from hub.threads import Threads
from hub.types import Address, AddressKind
from hub.vault import Vault

_PAGE = 500
_ON_THE_BOOKS = ("patient", "proxy")


class Answer(StrEnum):
    """What a register says: given up since that day, not given up, or it does not know."""

    YES = "yes"
    NO = "no"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Question:
    """A number, and the day on which it was last known to be the person's."""

    number: str = field(repr=False)
    known_on: date


def void(answer: Answer, asked_for: date, known_on: date | None) -> bool:
    """Whether an answer voids what holds for a number. One about an earlier day than we know better is old. Pure."""
    return answer is Answer.YES and (known_on is None or asked_for >= known_on)


class ReassignedNumbers:
    """Asks about numbers, and records the answers."""

    def __init__(self, *, vault: Vault, ledger: Ledger, threads: Threads, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._ledger = ledger
        self._threads = threads
        self._trail = trail
        self._clock = clock

    async def questions(self, db: Database) -> AsyncIterator[Question]:
        """Of every number of a patient or proxy that is in use: the number and the day, in no order."""
        after: str | None = None
        while True:
            async with db.read() as conn:
                rows = (await conn.execute(_page(after))).all()
                # Under whichever of the persons' keys it opens.
                keys = await self._vault.keys(conn, {row.person_id for row in rows})
                days = await _known_on(conn, {row.id for row in rows})
            told: set[str] = set()
            for row in rows:
                if row.id not in told and row.person_id in keys and (day := days.get(row.id)) is not None:
                    told.add(row.id)
                    yield Question(open_contact(keys, row.person_id, row.id, row.value_sealed), day)
            if not rows:
                return
            after = rows[-1].id

    async def record(
        self, conn: AsyncConnection, number: Address, asked_for: date, answer: Answer, actor: Actor
    ) -> bool | None:
        """Write what the register said, in the caller's transaction: whether it voids the number; None if unknown."""
        blind = self._vault.blind.of(number.kind.value, number.value)
        query = sa.select(address).where(address.c.kind == AddressKind.PHONE, address.c.blind == blind)
        row = (await conn.execute(query.with_for_update(key_share=True))).first()
        if row is None:
            return None
        now = self._clock.now()
        known_on = (await _known_on(conn, {row.id})).get(row.id)
        voids = void(answer, asked_for, known_on)
        if voids and not await self._already(conn, row.id, asked_for):
            await self._suspend(conn, row, actor, now)
        values = {"consent_at": datetime.combine(asked_for, datetime.min.time(), UTC), "answer": answer, "at": now}
        done = await conn.execute(sa.update(number_check).where(number_check.c.address_id == row.id).values(**values))
        if not done.rowcount:
            await conn.execute(sa.insert(number_check), {"address_id": row.id, **values})
        details = {"answer": answer.value, "voids": int(voids)}
        await self._trail.record(conn, Entry(action="number.check", actor=actor, object_id=row.id, details=details))
        return voids

    async def _already(self, conn: AsyncConnection, address_id: str, asked_for: date) -> bool:
        """Whether the same answer was recorded before: a file that is read twice changes nothing."""
        query = sa.select(number_check.c.answer, number_check.c.consent_at).where(
            number_check.c.address_id == address_id
        )
        row = (await conn.execute(query)).first()
        return row is not None and row.answer == Answer.YES and row.consent_at.date() == asked_for

    async def _suspend(self, conn: AsyncConnection, row: Any, actor: Actor, now: datetime) -> None:
        ok = sa.and_(address.c.id == row.id, address.c.state == "ok")
        await conn.execute(sa.update(address).where(ok).values(state="suspended", state_reason="reassigned"))
        fact = NewFact(
            address_id=row.id,
            person_id=None,
            state=ConsentState.REVOKE,
            scope=PHONE,
            source=Source.REGISTER,
            at=now,
            actor=actor,
            evidence={"how": "a register of reassigned numbers says that the number was given up"},
        )
        await self._ledger.record(conn, fact)
        query = (
            sa.select(contact.c.person_id)
            .join(person, person.c.id == contact.c.person_id)
            .where(contact.c.address_id == row.id, person.c.kind.in_(_ON_THE_BOOKS))
        )
        persons = list((await conn.execute(query)).scalars())
        threads = await self._threads.open_for(conn, persons)
        for one in threads.values():
            await self._threads.set_state(
                conn, one.id, priority=max(1, one.priority), attention=one.attention or "reassigned"
            )
        changes = [Change("thread.updated", one.id) for one in threads.values()]
        await publish(conn, now, [Change("address.updated", row.id), *changes])


def _page(after: str | None) -> sa.Select[Any]:
    """The next numbers that are in use, each with every person on the books who has it."""
    in_use = sa.and_(address.c.kind == AddressKind.PHONE, address.c.state == "ok", person.c.kind.in_(_ON_THE_BOOKS))
    query = (
        sa.select(address.c.id, contact.c.person_id, contact.c.value_sealed)
        .join(contact, contact.c.address_id == address.c.id)
        .join(person, person.c.id == contact.c.person_id)
        .where(in_use)
        .order_by(address.c.id, contact.c.person_id)
        .limit(_PAGE)
    )
    # A number whose persons part over two pages is told by its first.
    return query if after is None else query.where(address.c.id > after)


async def _known_on(conn: AsyncConnection, addresses: set[str]) -> dict[str, date]:
    """The day on which each number was last known to be the person's: agreed to, or proved."""
    granted = (
        sa.select(consent_event.c.address_id, sa.func.max(consent_event.c.at).label("at"))
        .where(consent_event.c.address_id.in_(addresses), consent_event.c.state == "grant")
        .group_by(consent_event.c.address_id)
    )
    proved = (
        sa.select(contact.c.address_id, sa.func.max(contact.c.verified_at).label("at"))
        .where(contact.c.address_id.in_(addresses), contact.c.verified_how.not_in(("wrote", "record")))
        .group_by(contact.c.address_id)
    )
    found: dict[str, date] = {}
    for query in (granted, proved):
        for row in await conn.execute(query):
            if row.at is not None:
                found[row.address_id] = max(found.get(row.address_id, date.min), row.at.date())
    return found
