"""The embedded calendar: the contract, and what it owes the audit, the event log and the disk."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.base import HOLD_FOR, Appointment, Taken
from hub import events
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database, direct, prepared
from hub.db.direct import Rows
from hub.db.tables import appointment, audit_event, slot
from hub.errors import SchedulingError
from hub.vault import Vault
from tests.bots.scheduling_backends import LocalBackend, Opening
from tests.bots.scheduling_contract import SchedulingContract
from tests.bots.scheduling_finding import at, booked, wish
from tests.stores import Disk, embedded_only


@pytest.fixture
async def backend(db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> LocalBackend:
    """The embedded calendar with three persons on its books."""
    made = LocalBackend(db, vault, clock, trail)
    await made.populate(3)
    return made


class TestLocalScheduling(SchedulingContract):
    """The embedded calendar keeps the contract."""


async def test_after_a_slow_search_the_next_is_made_in_a_thread_and_finds_the_same(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backend.open(*(Opening(start=at(hour)) for hour in (9, 11, 15)))
    monkeypatch.setattr("bots.scheduling.local._QUICK", -1.0)
    asked = wish(backend.persons[0], visit_type="Check-up")

    first = await backend.scheduling.find(asked)
    monkeypatch.setattr(backend.db, "glance", None)
    second = await backend.scheduling.find(asked)

    assert len(first.slots) == 3
    assert second == first


async def test_a_name_that_is_new_is_in_the_next_catalogue(backend: LocalBackend) -> None:
    await backend.open(Opening(start=at(9), provider="Dr. Abel"))
    before = await backend.scheduling.catalogue()
    again = await backend.scheduling.catalogue()

    await backend.open(Opening(start=at(10), provider="Dr. Baker"))
    after = await backend.scheduling.catalogue()

    assert again is before
    assert before.providers == ("Dr. Abel",)
    assert after.providers == ("Dr. Abel", "Dr. Baker")


async def test_each_change_leaves_one_audit_entry_and_its_events(backend: LocalBackend) -> None:
    person = backend.persons[0]
    first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))

    old = await booked(backend, first)
    new = await backend.scheduling.move(old.id, second, person, "move")
    assert isinstance(new, Appointment)
    await backend.scheduling.confirm(new.id, person, "confirm")
    await backend.scheduling.cancel(new.id, person, "cancel")
    await backend.scheduling.cancel(new.id, person, "cancel")

    async with backend.db.read() as conn:
        entries = (await conn.execute(sa.select(audit_event).order_by(audit_event.c.id))).all()
        told = [(change.type, change.object_id) for _, change in await events.read(conn, 0, ["staff"])]
    assert [(row.action, row.actor_kind, row.object_id, row.person_id) for row in entries] == [
        ("appointment.book", "bot", old.id, person),
        ("appointment.move", "bot", new.id, person),
        ("appointment.confirm", "bot", new.id, person),
        ("appointment.cancel", "bot", new.id, person),
    ]
    assert told == [
        ("appointment.booked", old.id),
        ("appointment.cancelled", old.id),
        ("appointment.booked", new.id),
        ("appointment.confirmed", new.id),
        ("appointment.cancelled", new.id),
    ]


async def test_a_refused_booking_leaves_no_trace(backend: LocalBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    await booked(backend, slot_id)

    assert await backend.scheduling.book(slot_id, backend.persons[1], "second") == Taken(slot_id)

    async with backend.db.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(audit_event))).scalar_one() == 1


async def test_a_moved_visit_is_cancelled_with_a_new_version(backend: LocalBackend) -> None:
    first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    old = await booked(backend, first)

    await backend.scheduling.move(old.id, second, backend.persons[0], "move")

    async with backend.db.read() as conn:
        row = (await conn.execute(sa.select(appointment).where(appointment.c.id == old.id))).one()
    assert (row.status, row.version) == ("cancelled", 2)


async def test_confirming_is_noted_with_its_moment(backend: LocalBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    visit = await booked(backend, slot_id)

    await backend.scheduling.confirm(visit.id, backend.persons[0], "confirm")

    async with backend.db.read() as conn:
        row = (await conn.execute(sa.select(appointment).where(appointment.c.id == visit.id))).one()
    assert row.confirmed_at == backend.clock.now()


async def test_the_database_itself_refuses_a_second_visit_in_a_slot(backend: LocalBackend) -> None:
    """A slot wrongly marked free meets the unique index, and the person is told that it is taken."""
    (slot_id,) = await backend.open(Opening(start=at(9)))
    visit = await booked(backend, slot_id)
    async with backend.db.read() as conn:
        row = (await conn.execute(sa.select(appointment).where(appointment.c.id == visit.id))).one()

    with pytest.raises(sa.exc.IntegrityError):
        await backend.db.write(
            lambda conn: conn.execute(
                sa.insert(appointment), {**row._mapping, "id": backend.persons[0], "person_id": backend.persons[1]}
            )
        )


async def test_a_person_who_is_not_on_the_books_cannot_book(backend: LocalBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))

    with pytest.raises(SchedulingError, match="on the books"):
        await backend.scheduling.book(slot_id, "01900000-0000-7000-8000-000000000000", "key")

    assert len((await backend.scheduling.find(wish(backend.persons[0]))).slots) == 1


@pytest.mark.parametrize("act", ["hold", "book"], ids=["for another call", "for another slot"])
async def test_a_key_used_again_for_something_else_is_an_error(backend: LocalBackend, act: str) -> None:
    first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    await booked(backend, first, key="key")

    with pytest.raises(SchedulingError, match="used again"):
        await getattr(backend.scheduling, act)(second, backend.persons[0], "key")


async def test_the_same_key_of_another_person_shows_them_nothing(backend: LocalBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    await booked(backend, slot_id, key="key")

    with pytest.raises(SchedulingError, match="read back"):
        await backend.scheduling.book(slot_id, backend.persons[1], "key")


async def test_sweeping_sets_free_what_was_held_too_long(backend: LocalBackend) -> None:
    early, late = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    await backend.scheduling.hold(early, backend.persons[0], "early")
    backend.clock.advance(timedelta(minutes=1))
    await backend.scheduling.hold(late, backend.persons[1], "late")
    backend.clock.advance(HOLD_FOR - timedelta(minutes=1))

    assert await backend.scheduling.sweep_holds() == 1
    assert await backend.scheduling.sweep_holds() == 0

    async with backend.db.read() as conn:
        states = {row.id: row.state for row in await conn.execute(sa.select(slot.c.id, slot.c.state))}
    assert states == {early: "free", late: "held"}


async def test_booking_lets_go_of_what_the_person_held_beside(backend: LocalBackend) -> None:
    held, wanted = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    await backend.scheduling.hold(held, backend.persons[0], "hold")

    await booked(backend, wanted)

    assert isinstance(await backend.scheduling.book(held, backend.persons[1], "other"), Appointment)


async def test_names_made_later_are_known_at_once(backend: LocalBackend) -> None:
    await backend.open(Opening(start=at(9)))
    await backend.scheduling.catalogue()

    await backend.open(Opening(start=at(10), provider="Dr. New Face"))

    assert "Dr. New Face" in (await backend.scheduling.catalogue()).providers
    offer = await backend.scheduling.find(wish(backend.persons[0], provider="Dr. New Face"))
    assert offer.exact


async def test_no_name_is_readable_in_the_file(backend: LocalBackend, disk: Disk) -> None:
    """Invariant 10."""
    (slot_id,) = await backend.open(Opening(start=at(9), provider="Dr. Quillfeather"))
    await booked(backend, slot_id)

    stored = disk()

    assert slot_id.encode() in stored or uuid.UUID(slot_id).bytes in stored
    assert b"Quillfeather" not in stored
    assert b"Family medicine" not in stored


@embedded_only
async def test_a_large_calendar_is_searched_by_its_indexes(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many slots there are, a search steps through a bounded part of them."""
    start = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)
    await backend.open_all(
        [
            Opening(start=start + timedelta(minutes=30 * n), minutes=15, provider=f"Dr. {p}")
            for n in range(400)
            for p in range(10)
        ]
    )
    asked: list[tuple[str, Sequence[object]]] = []
    ask = direct.run

    async def noting(conn: AsyncConnection, statement: str, values: Sequence[object]) -> Rows:
        asked.append((statement, values))
        return await ask(conn, statement, values)

    monkeypatch.setattr(prepared, "run", noting)
    offer = await backend.scheduling.find(wish(backend.persons[0], visit_type="Check-up"))

    async with backend.db.glance() as conn:
        looks = [await ask(conn, f"EXPLAIN QUERY PLAN {one}", given) for one, given in asked if "asked" in one]
    plans = [row[-1] for look in looks for row in look]
    assert len(offer.slots) == 3
    assert any("USING INDEX ix_slot_visit_type_id (visit_type_id=? AND start>? AND start<?)" in line for line in plans)
    assert not any(line.startswith("SCAN slot") for line in plans)
