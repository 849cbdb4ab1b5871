"""What every scheduling system must do: subclass it and give it a `backend` fixture."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bots.scheduling.base import HOLD_FOR, Appointment, Gone, Held, Taken
from tests.bots.scheduling_backends import Backend, Opening
from tests.bots.scheduling_finding import FindingContract, at, booked, wish


class BookingContract:
    """The contract of holding, booking, moving, cancelling and confirming, for any backend."""

    async def test_a_held_slot_is_offered_to_nobody_else_until_the_hold_ends(self, backend: Backend) -> None:
        holder, other = backend.persons[:2]
        (slot_id,) = await backend.open(Opening(start=at(9)))

        held = await backend.scheduling.hold(slot_id, holder, "hold")

        assert isinstance(held, Held)
        assert held.until == backend.clock.now() + HOLD_FOR
        assert len((await backend.scheduling.find(wish(holder))).slots) == 1
        assert (await backend.scheduling.find(wish(other))).slots == ()
        assert await backend.scheduling.hold(slot_id, other, "other hold") == Taken(slot_id)
        assert await backend.scheduling.book(slot_id, other, "other book") == Taken(slot_id)
        backend.clock.advance(HOLD_FOR)
        assert len((await backend.scheduling.find(wish(other))).slots) == 1
        assert isinstance(await backend.scheduling.book(slot_id, other, "later book"), Appointment)

    async def test_a_newer_hold_lets_go_of_the_older(self, backend: Backend) -> None:
        first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
        await backend.scheduling.hold(first, backend.persons[0], "one")

        await backend.scheduling.hold(second, backend.persons[0], "two")

        assert [s.id for s in (await backend.scheduling.find(wish(backend.persons[1]))).slots] == [first]

    async def test_a_hold_refused_keeps_the_older_one(self, backend: Backend) -> None:
        mine, theirs = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
        await backend.scheduling.hold(mine, backend.persons[0], "mine")
        await backend.scheduling.hold(theirs, backend.persons[1], "theirs")

        assert await backend.scheduling.hold(theirs, backend.persons[0], "refused") == Taken(theirs)

        assert await backend.scheduling.book(mine, backend.persons[1], "book") == Taken(mine)

    async def test_booking_returns_the_visit_as_the_calendar_holds_it(self, backend: Backend) -> None:
        person = backend.persons[0]
        (slot_id,) = await backend.open(Opening(start=at(9), minutes=45))

        visit = await booked(backend, slot_id)

        assert visit == Appointment(
            id=visit.id,
            person_id=person,
            slot_id=slot_id,
            provider="Dr. Ana Lee",
            visit_type="Check-up",
            location="Main Street",
            start=at(9),
            minutes=45,
            status="booked",
            version=1,
        )
        assert visit.start.utcoffset() == timedelta(hours=-5)
        assert await backend.scheduling.appointments(person, after=backend.clock.now()) == (visit,)
        assert (await backend.scheduling.find(wish(person))).slots == ()

    async def test_a_slot_is_booked_once_however_many_ask(self, backend: Backend) -> None:
        """Invariant 8."""
        (slot_id,) = await backend.open(Opening(start=at(9)))
        asking = [
            backend.scheduling.book(slot_id, backend.persons[n % len(backend.persons)], f"key-{n}") for n in range(200)
        ]

        answers = await asyncio.gather(*asking)

        assert sum(isinstance(answer, Appointment) for answer in answers) == 1
        assert answers.count(Taken(slot_id)) == 199

    async def test_of_overlapping_slots_asked_for_at_once_one_is_booked(self, backend: Backend) -> None:
        for hour in range(9, 15):
            slots = await backend.open(Opening(start=at(hour)), Opening(start=at(hour, 15), visit_type="Vaccine"))

            answers = await asyncio.gather(
                *(
                    backend.scheduling.book(slots[n % 2], backend.persons[n % len(backend.persons)], f"{hour}-{n}")
                    for n in range(6)
                )
            )

            assert sum(isinstance(answer, Appointment) for answer in answers) == 1

    async def test_the_same_key_books_once_and_answers_the_same(self, backend: Backend) -> None:
        (slot_id,) = await backend.open(Opening(start=at(9)))

        answers = await asyncio.gather(*(booked(backend, slot_id, key="same") for _ in range(5)))

        assert len({answer.id for answer in answers}) == 1

    async def test_overlapping_visits_of_one_clinician_cannot_both_be_booked(self, backend: Backend) -> None:
        long, inside, after, other = await backend.open(
            Opening(start=at(9), minutes=60),
            Opening(start=at(9, 30), visit_type="Vaccine"),
            Opening(start=at(10), visit_type="Vaccine"),
            Opening(start=at(9, 30), provider="Dr. Bo Ruiz"),
        )
        await booked(backend, long)

        assert await backend.scheduling.book(inside, backend.persons[1], "inside") == Taken(inside)
        assert {s.id for s in (await backend.scheduling.find(wish(backend.persons[1]))).slots} == {after, other}
        assert isinstance(await backend.scheduling.book(after, backend.persons[1], "after"), Appointment)

    async def test_an_unknown_or_past_slot_is_taken(self, backend: Backend) -> None:
        (slot_id,) = await backend.open(Opening(start=at(9)))
        unknown = "01900000-0000-7000-8000-000000000000"
        backend.clock.set(at(9, 1))

        assert await backend.scheduling.book(unknown, backend.persons[0], "unknown") == Taken(unknown)
        assert await backend.scheduling.book(slot_id, backend.persons[0], "past") == Taken(slot_id)
        assert await backend.scheduling.hold(slot_id, backend.persons[0], "hold") == Taken(slot_id)

    async def test_moving_books_the_new_slot_and_frees_the_old(self, backend: Backend) -> None:
        person = backend.persons[0]
        old_slot, new_slot = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
        old = await booked(backend, old_slot)

        new = await backend.scheduling.move(old.id, new_slot, person, "move")

        assert isinstance(new, Appointment)
        assert (new.slot_id, new.status, new.version) == (new_slot, "booked", 1)
        assert await backend.scheduling.appointments(person, after=backend.clock.now()) == (new,)
        assert [s.id for s in (await backend.scheduling.find(wish(person))).slots] == [old_slot]
        assert await backend.scheduling.move(old.id, new_slot, person, "move") == new
        assert await backend.scheduling.move(old.id, old_slot, person, "again") == Gone(old.id)

    async def test_the_old_visit_stands_when_the_new_slot_is_taken(self, backend: Backend) -> None:
        mine, theirs = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
        old = await booked(backend, mine)
        await booked(backend, theirs, person=1, key="theirs")

        assert await backend.scheduling.move(old.id, theirs, backend.persons[0], "move") == Taken(theirs)

        assert await backend.scheduling.appointments(backend.persons[0], after=backend.clock.now()) == (old,)

    async def test_a_visit_may_move_to_a_slot_that_overlaps_itself(self, backend: Backend) -> None:
        old_slot, new_slot = await backend.open(Opening(start=at(9), minutes=60), Opening(start=at(9, 30), minutes=60))
        old = await booked(backend, old_slot)

        assert isinstance(await backend.scheduling.move(old.id, new_slot, backend.persons[0], "move"), Appointment)

    async def test_cancelling_frees_the_slot_and_grows_the_version(self, backend: Backend) -> None:
        person = backend.persons[0]
        (slot_id,) = await backend.open(Opening(start=at(9)))
        visit = await booked(backend, slot_id)

        cancelled = await backend.scheduling.cancel(visit.id, person, "cancel")

        assert cancelled == replace(visit, status="cancelled", version=2)
        assert await backend.scheduling.cancel(visit.id, person, "cancel") == cancelled
        assert await backend.scheduling.cancel(visit.id, person, "twice") == Gone(visit.id)
        assert await backend.scheduling.appointments(person, after=backend.clock.now()) == ()
        assert isinstance(await backend.scheduling.book(slot_id, backend.persons[1], "next"), Appointment)

    async def test_confirming_leaves_the_version_as_it_is(self, backend: Backend) -> None:
        (slot_id,) = await backend.open(Opening(start=at(9)))
        visit = await booked(backend, slot_id)

        assert await backend.scheduling.confirm(visit.id, backend.persons[0], "confirm") == visit

    async def test_nobody_touches_the_visit_of_another(self, backend: Backend) -> None:
        mine, free = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
        visit, stranger = await booked(backend, mine), backend.persons[1]

        assert await backend.scheduling.cancel(visit.id, stranger, "cancel") == Gone(visit.id)
        assert await backend.scheduling.confirm(visit.id, stranger, "confirm") == Gone(visit.id)
        assert await backend.scheduling.move(visit.id, free, stranger, "move") == Gone(visit.id)
        assert await backend.scheduling.appointments(stranger, after=backend.clock.now()) == ()

    async def test_the_same_key_holds_once_and_answers_the_same(self, backend: Backend) -> None:
        (slot_id,) = await backend.open(Opening(start=at(9)))
        first = await backend.scheduling.hold(slot_id, backend.persons[0], "same")
        backend.clock.advance(timedelta(minutes=1))

        assert await backend.scheduling.hold(slot_id, backend.persons[0], "same") == first


class SchedulingContract(FindingContract, BookingContract):
    """The contract of `bots.scheduling.base`, for any backend."""
