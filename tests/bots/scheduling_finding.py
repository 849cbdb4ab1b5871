"""What every scheduling system must do when it looks for open slots."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bots.dates.model import When, Window
from bots.scheduling.base import Appointment, Offer, Query
from tests.bots.scheduling_backends import NEW_YORK, Backend, Opening

TUESDAY = date(2026, 3, 3)
"""The day after the tests' clock starts."""
MORNING = Window(earliest=time(8), latest=time(11, 59), part_of_day="morning")


def at(hour: int, minute: int = 0, *, day: date = TUESDAY) -> datetime:
    """Wall time at the clinic."""
    return datetime.combine(day, time(hour, minute), tzinfo=NEW_YORK)


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)


def wish(person_id: str, *windows: Window, **more: object) -> Query:
    """A query for `windows`, from the year's start on."""
    plain = Query(person_id=person_id, when=When(windows=windows), not_before=datetime(2026, 1, 1, tzinfo=UTC))
    return replace(plain, **more)  # type: ignore[arg-type]


def starts(offer: Offer) -> list[datetime]:
    """The starts offered, in order."""
    return [slot.start for slot in offer.slots]


async def booked(backend: Backend, slot_id: str, person: int = 0, key: str = "book") -> Appointment:
    """A visit booked by the person number `person`."""
    made = await backend.scheduling.book(slot_id, backend.persons[person], key)
    assert isinstance(made, Appointment)
    return made


class FindingContract:
    """The contract of `find` and `catalogue`, for any backend."""

    async def test_the_catalogue_has_every_name(self, backend: Backend) -> None:
        await backend.open(Opening(start=at(9)), Opening(start=at(10), provider="Dr. Bo Ruiz", visit_type="Vaccine"))

        catalogue = await backend.scheduling.catalogue()

        assert catalogue.providers == ("Dr. Ana Lee", "Dr. Bo Ruiz")
        assert catalogue.visit_types == ("Check-up", "Vaccine")
        assert catalogue.specialties == ("Family medicine",)
        assert catalogue.locations == ("Main Street",)

    async def test_an_empty_calendar_offers_nothing(self, backend: Backend) -> None:
        assert await backend.scheduling.find(wish(backend.persons[0])) == Offer(slots=(), exact=False)

    async def test_starts_are_in_the_clinics_zone(self, backend: Backend) -> None:
        await backend.open(Opening(start=datetime(2026, 3, 3, 14, 0, tzinfo=UTC)))

        offer = await backend.scheduling.find(wish(backend.persons[0]))

        assert offer.slots[0].start.isoformat() == "2026-03-03T09:00:00-05:00"

    async def test_a_vague_wish_gets_the_soonest_then_other_halves_of_days(self, backend: Backend) -> None:
        await backend.open(*(Opening(start=at(9, 15 * n, day=TUESDAY + days(d))) for d in range(4) for n in range(4)))

        offer = await backend.scheduling.find(wish(backend.persons[0]))

        assert offer.exact
        assert starts(offer) == [at(9, day=TUESDAY + days(n)) for n in range(3)]

    async def test_a_wish_for_a_day_is_spread_over_it(self, backend: Backend) -> None:
        await backend.open(*(Opening(start=at(8 + n // 4, n % 4 * 15)) for n in range(36)))

        offer = await backend.scheduling.find(wish(backend.persons[0], Window(first=TUESDAY, last=TUESDAY)))

        assert starts(offer) == [at(8), at(10), at(12)]

    async def test_slots_in_a_row_are_offered_where_there_are_no_others(self, backend: Backend) -> None:
        await backend.open(*(Opening(start=at(9, 15 * n)) for n in range(3)))

        offer = await backend.scheduling.find(wish(backend.persons[0]))

        assert starts(offer) == [at(9), at(9, 15), at(9, 30)]

    async def test_only_what_lies_within_the_window_is_exact(self, backend: Backend) -> None:
        await backend.open(Opening(start=at(9)), Opening(start=at(15)), Opening(start=at(10, day=TUESDAY + days(1))))
        window = replace(MORNING, first=TUESDAY, last=TUESDAY)

        offer = await backend.scheduling.find(wish(backend.persons[0], window))

        assert offer.exact
        assert starts(offer) == [at(9)]

    async def test_both_ends_of_a_window_are_in_it(self, backend: Backend) -> None:
        await backend.open(Opening(start=at(8)), Opening(start=at(10)), Opening(start=at(10, 15)))
        window = Window(first=TUESDAY, last=TUESDAY, earliest=time(8), latest=time(10))

        offer = await backend.scheduling.find(wish(backend.persons[0], window))

        assert starts(offer) == [at(8), at(10)]

    async def test_windows_are_served_in_the_order_preferred(self, backend: Backend) -> None:
        thursday = TUESDAY + days(2)
        await backend.open(Opening(start=at(9)), Opening(start=at(9, day=thursday)))

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=thursday, last=thursday), Window(first=TUESDAY, last=TUESDAY))
        )

        assert starts(offer) == [at(9, day=thursday), at(9)]

    async def test_a_named_time_gets_that_time_alone(self, backend: Backend) -> None:
        await backend.open(*(Opening(start=at(14, 15 * n)) for n in range(4)), Opening(start=at(15)))

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=TUESDAY, last=TUESDAY, earliest=time(15), exact=True))
        )

        assert offer.exact
        assert starts(offer) == [at(15)]

    async def test_a_named_time_that_is_full_gets_the_closest_first(self, backend: Backend) -> None:
        await backend.open(
            *(Opening(start=at(hour, minute)) for hour, minute in ((9, 0), (14, 45), (15, 30), (16, 30))),
            Opening(start=at(15, day=TUESDAY + days(1))),
        )

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=TUESDAY, last=TUESDAY, earliest=time(15), exact=True))
        )

        assert not offer.exact
        assert starts(offer) == [at(14, 45), at(15, 30), at(16, 30)]

    async def test_a_time_on_any_day_gets_that_time_on_several_days(self, backend: Backend) -> None:
        await backend.open(
            *(Opening(start=at(15, day=TUESDAY + days(d)), provider=p) for d in range(3) for p in ("A", "B"))
        )

        offer = await backend.scheduling.find(wish(backend.persons[0], Window(earliest=time(15), exact=True)))

        assert starts(offer) == [at(15, day=TUESDAY + days(d)) for d in range(3)]

    async def test_a_time_said_loosely_gets_what_is_near_it(self, backend: Backend) -> None:
        await backend.open(Opening(start=at(9, 45)), Opening(start=at(10, 15)), Opening(start=at(16)))

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=TUESDAY, last=TUESDAY, earliest=time(10), about=True))
        )

        assert offer.exact
        assert set(starts(offer)) == {at(9, 45), at(10, 15)}

    async def test_a_full_day_gets_the_days_nearest_to_it(self, backend: Backend) -> None:
        wednesday = TUESDAY + days(1)
        await backend.open(
            Opening(start=at(9)),
            Opening(start=at(9, day=TUESDAY + days(2))),
            Opening(start=at(9, day=TUESDAY + days(9))),
        )

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=wednesday, last=wednesday), limit=2)
        )

        assert not offer.exact
        assert set(starts(offer)) == {at(9), at(9, day=TUESDAY + days(2))}

    async def test_a_day_past_the_calendars_end_gets_its_last_days(self, backend: Backend) -> None:
        await backend.open(Opening(start=at(9)), Opening(start=at(9, day=TUESDAY + days(3))))
        far = date(2027, 1, 5)

        offer = await backend.scheduling.find(wish(backend.persons[0], Window(first=far, last=far), limit=1))

        assert not offer.exact
        assert starts(offer) == [at(9, day=TUESDAY + days(3))]

    async def test_days_ruled_out_are_never_offered(self, backend: Backend) -> None:
        await backend.open(*(Opening(start=at(9, day=TUESDAY + days(d))) for d in range(4)))
        when = When(
            windows=(Window(first=TUESDAY, last=TUESDAY),),
            excluded=(TUESDAY,),
            excluded_weekdays=(2,),
        )

        offer = await backend.scheduling.find(replace(wish(backend.persons[0]), when=when))

        assert not offer.exact
        assert starts(offer) == [at(9, day=TUESDAY + days(2)), at(9, day=TUESDAY + days(3))]

    async def test_what_was_declined_is_not_offered_again(self, backend: Backend) -> None:
        first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))

        offer = await backend.scheduling.find(wish(backend.persons[0], exclude=(first,)))

        assert [slot.id for slot in offer.slots] == [second]

    @pytest.mark.parametrize("later", [True, False], ids=["the person asks for later", "the past"])
    async def test_nothing_before_the_earliest_moment_is_offered(self, backend: Backend, later: bool) -> None:
        _, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
        if not later:
            backend.clock.set(at(9, 30))

        offer = await backend.scheduling.find(
            wish(backend.persons[0], not_before=at(9, 30) if later else at(0, day=TUESDAY - days(30)))
        )

        assert [slot.id for slot in offer.slots] == [second]

    async def test_names_asked_for_are_honoured_whatever_their_case(self, backend: Backend) -> None:
        await backend.open(
            Opening(start=at(9)),
            Opening(start=at(10), provider="Dr. Bo Ruiz"),
            Opening(start=at(11), visit_type="Vaccine"),
            Opening(start=at(12), specialty="Heart", provider="Dr. Chi Park"),
        )
        ask = wish(backend.persons[0])

        assert starts(await backend.scheduling.find(replace(ask, provider="dr. bo ruiz"))) == [at(10)]
        assert starts(await backend.scheduling.find(replace(ask, visit_type="Vaccine"))) == [at(11)]
        assert starts(await backend.scheduling.find(replace(ask, specialty="Heart"))) == [at(12)]

    async def test_another_clinician_of_the_same_field_stands_in_for_a_full_one(self, backend: Backend) -> None:
        taken, other, _ = await backend.open(
            Opening(start=at(9)),
            Opening(start=at(10), provider="Dr. Bo Ruiz"),
            Opening(start=at(9), provider="Dr. Chi Park", specialty="Heart"),
        )
        await booked(backend, taken, person=1)

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=TUESDAY, last=TUESDAY), provider="Dr. Ana Lee")
        )

        assert not offer.exact
        assert [slot.id for slot in offer.slots] == [other]

    async def test_the_same_clinician_at_another_time_comes_before_others(self, backend: Backend) -> None:
        friday = TUESDAY + days(3)
        await backend.open(
            Opening(start=at(9), provider="Dr. Bo Ruiz"), Opening(start=at(9, day=friday), provider="Dr. Ana Lee")
        )

        offer = await backend.scheduling.find(
            wish(backend.persons[0], Window(first=TUESDAY, last=TUESDAY), provider="Dr. Ana Lee")
        )

        assert not offer.exact
        assert [slot.provider for slot in offer.slots] == ["Dr. Ana Lee", "Dr. Bo Ruiz"]

    async def test_a_visit_type_the_clinic_lacks_gets_nothing(self, backend: Backend) -> None:
        await backend.open(Opening(start=at(9)))

        offer = await backend.scheduling.find(wish(backend.persons[0], visit_type="Moon walk"))

        assert offer == Offer(slots=(), exact=False)

    async def test_wall_times_hold_across_the_change_of_clocks(self, backend: Backend) -> None:
        """New York goes to summer time on 8 March 2026: 9:00 on Saturday and on Monday are 47 hours apart."""
        saturday, monday = date(2026, 3, 7), date(2026, 3, 9)
        await backend.open(Opening(start=at(9, day=saturday)), Opening(start=at(9, day=monday)))
        nine = Window(earliest=time(9), exact=True)

        offer = await backend.scheduling.find(wish(backend.persons[0], nine))

        assert starts(offer) == [at(9, day=saturday), at(9, day=monday)]
        assert offer.slots[1].start.astimezone(UTC) - offer.slots[0].start.astimezone(UTC) == timedelta(hours=47)

    async def test_days_of_23_and_25_hours_are_searched_to_their_ends(self, backend: Backend) -> None:
        short, long = date(2026, 3, 8), date(2026, 11, 1)
        await backend.open(
            *(Opening(start=at(hour, minute, day=day)) for day in (short, long) for hour, minute in ((0, 0), (23, 45)))
        )

        for day in (short, long):
            offer = await backend.scheduling.find(wish(backend.persons[0], Window(first=day, last=day)))

            assert starts(offer) == [at(0, day=day), at(23, 45, day=day)]

    async def test_an_hour_that_comes_twice_is_searched_twice(self, backend: Backend) -> None:
        twice = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]
        await backend.open(*(Opening(start=start) for start in twice))
        window = Window(first=date(2026, 11, 1), last=date(2026, 11, 1), earliest=time(1), latest=time(1, 59))

        offer = await backend.scheduling.find(wish(backend.persons[0], window))

        assert offer.exact
        assert [start.astimezone(UTC) for start in starts(offer)] == twice
