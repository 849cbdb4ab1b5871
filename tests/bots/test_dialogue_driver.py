"""What the calendar does to a conversation: nothing is called booked, moved or cancelled before it is."""

import pytest

from bots.dialogue.driver import CALLS
from bots.scheduling.base import Query
from tests.bots.talk import NOW, THU, TUE, Talk, on, slot


async def proposed() -> Talk:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))
    return talk


@pytest.mark.parametrize("call", ["find", "hold"])
async def test_a_calendar_that_fails_while_searching_is_admitted_and_staff_take_over(call: str) -> None:
    talk = Talk()
    talk.calendar.broken = {call}

    reply = await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    assert reply.startswith("I could not reach our calendar just now")
    assert talk.handoff.reason == "calendar"
    assert ("visit type", "Check-up") in talk.handoff.facts


async def test_a_booking_whose_answer_is_lost_is_never_called_booked() -> None:
    talk = await proposed()
    talk.calendar.broken = {"book"}

    reply = await talk.hears("yes", "confirm")

    assert "booked" not in reply
    assert talk.handoff.reason == "calendar"


async def test_a_visit_that_reads_back_otherwise_is_never_called_booked() -> None:
    talk = await proposed()
    talk.calendar.misreads = True

    reply = await talk.hears("yes", "confirm")

    assert "booked" not in reply
    assert talk.handoff.reason == "not_confirmed"
    assert [did.what for did in talk.outcome.did] == ["booked"]


async def test_a_move_that_reads_back_otherwise_is_never_called_done() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")
    talk.calendar.misreads = True
    await talk.hears("move to thursday 3", "reschedule", when=on(THU, "15:00"))

    await talk.hears("yes", "confirm")

    assert talk.said == ["handoff.not_confirmed"]


async def test_calls_from_one_text_are_bounded() -> None:
    talk = Talk()
    many = [slot(f"s{n}", f"03-{n:02d} 10:00") for n in range(3, 20)]
    talk.calendar.open = {one.id: one for one in many}
    talk.calendar.rivals = set(talk.calendar.open)

    await talk.hears("tue 10", "book", visit_type="Check-up", when=on(TUE, "10:00"))
    while talk.handoff is None and talk.texts < 20:
        await talk.hears("1", "select", choice=1)

    assert talk.calendar.booked("p1") == []
    assert max(int(key.rpartition(":")[2]) for key in talk.calendar.keys) <= CALLS


async def test_the_same_text_twice_books_once() -> None:
    talk = await proposed()
    before = talk.state
    first = await talk.hears("yes", "confirm")
    talk.state, talk.texts = before, talk.texts - 1

    second = await talk.hears("yes", "confirm")

    assert first == second
    assert talk.calendar.booked("p1") == ["tue-1430"]


async def test_the_search_asks_for_what_was_wished() -> None:
    talk = Talk()

    await talk.hears("check-up with dr kim on tuesday", "book", visit_type="Check-up", provider="Dr. Kim", when=on(TUE))

    assert talk.calendar.queries == [
        Query(
            person_id="p1",
            when=on(TUE),
            not_before=talk.now,
            visit_type="Check-up",
            provider="Dr. Kim",
        )
    ]
    assert talk.now > NOW
