"""Right after a visit was booked: another time for it is a move, and a second visit is booked only when it is meant."""

import pytest

from bots.dialogue import Phase
from tests.bots.talk import FRI, THU, TUE, WED, Talk, at, on

WHICH = "You have Tue, Mar 3, 2:30 PM with Dr. Kim. Reply 1 to move that visit or 2 to book one more."


async def booked() -> Talk:
    """A talk that has just booked Tue 2:30 with Dr. Kim."""
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))
    await talk.hears("yes", "confirm")
    assert talk.calendar.booked("p1") == ["tue-1430"]
    return talk


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("I need it for next Thursday at 3", "book", id="I need it for"),
        pytest.param("please make it Thursday at 3 instead", "inform", id="make it"),
        pytest.param("Never mind, please book it on Thursday at 3", "book", id="never mind"),
        pytest.param("can you move it to Thursday at 3", "reschedule", id="move it"),
        pytest.param("mejor el jueves a las 3", "inform", id="mejor"),
    ],
)
async def test_another_time_for_it_moves_the_visit_just_booked(text: str, intent: str) -> None:
    talk = await booked()

    reply = await talk.hears(text, intent, when=on(THU, "15:00"))
    assert reply == (
        "To move your visit of Tue, Mar 3, 2:30 PM:\n"
        "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Move your visit to it? Reply YES or NO."
    )
    assert talk.calendar.booked("p1") == ["tue-1430"]

    await talk.hears("yes", "confirm")
    assert talk.calendar.booked("p1") == ["thu-15"]


async def test_a_time_alone_is_meant_for_the_day_of_the_visit_just_booked() -> None:
    talk = await booked()

    reply = await talk.hears("Reserve it at 9:00", "book", when=at("09:00"))

    assert "I have Tue, Mar 3, 9:00 AM with Dr. Kim. Move your visit to it?" in reply


async def test_a_day_alone_is_meant_for_the_time_of_the_visit_just_booked() -> None:
    talk = await booked()

    await talk.hears("make it friday", "inform", when=on(FRI))

    first, then = talk.calendar.queries[1].when.windows
    assert (first.first, first.earliest, first.exact) == (FRI, on(TUE, "14:30").windows[0].earliest, True)
    assert then == on(FRI).windows[0]


async def test_in_doubt_the_person_is_asked_whether_to_move_or_to_book_one_more() -> None:
    talk = await booked()

    assert await talk.hears("Book an appointment on Thursday at 3", "book", when=on(THU, "15:00")) == WHICH
    assert talk.state.question.options == 2
    assert talk.calendar.booked("p1") == ["tue-1430"]


async def test_one_moves_and_keeps_the_wish() -> None:
    talk = await booked()
    await talk.hears("Book an appointment on Thursday at 3", "book", when=on(THU, "15:00"))

    await talk.hears("1", "select", choice=1)
    await talk.hears("yes", "confirm")

    assert talk.calendar.booked("p1") == ["thu-15"]


@pytest.mark.parametrize(
    ("text", "intent", "said"),
    [
        pytest.param("2", "select", {"choice": 2}, id="2"),
        pytest.param("one more please", "inform", {}, id="one more"),
    ],
)
async def test_two_books_one_more_and_keeps_the_wish(text: str, intent: str, said: dict[str, object]) -> None:
    talk = await booked()
    await talk.hears("Book an appointment with Dr Lee thursday at 4", "book", provider="Dr. Lee", when=on(THU, "16:00"))

    await talk.hears(text, intent, **said)
    await talk.hears("yes", "confirm")

    assert talk.calendar.booked("p1") == ["thu-16", "tue-1430"]


async def test_neither_leaves_the_visit_as_it_is() -> None:
    talk = await booked()
    await talk.hears("I need an appointment", "book")

    assert await talk.hears("no", "decline") == "OK, I left everything as it is. Text us any time."
    assert talk.calendar.booked("p1") == ["tue-1430"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("I need another appointment on Friday", {"when": on(FRI)}, id="another appointment"),
        pytest.param("I need one for my son on Friday", {"when": on(FRI)}, id="for my son"),
        pytest.param("book a vaccination friday", {"when": on(FRI), "visit_type": "Vaccination"}, id="another kind"),
    ],
)
async def test_a_second_visit_that_is_said_to_be_one_is_booked_beside_the_first(
    text: str, said: dict[str, object]
) -> None:
    talk = await booked()

    await talk.hears(text, "book", **said)

    assert talk.state.job == "book"


async def test_book_it_after_it_was_booked_tells_the_visit_and_books_nothing() -> None:
    talk = await booked()

    assert await talk.hears("yes please book it", "book", "confirm") == (
        "Your next visit: Tue, Mar 3, 2:30 PM with Dr. Kim, Main St."
    )
    assert talk.calendar.booked("p1") == ["tue-1430"]


async def test_a_yes_beside_a_new_wish_never_waits_to_confirm_some_visit() -> None:
    talk = await booked()
    talk.calendar.give("tue-9", "p1")

    await talk.hears("Yes, please. Book one more on Thursday at 3", "confirm", "book", when=on(THU, "15:00"))

    assert "confirm" not in talk.state.later


async def test_cancel_it_means_the_visit_just_booked() -> None:
    talk = await booked()
    talk.calendar.give("thu-16", "p1")

    assert "Cancel your visit Tue, Mar 3, 2:30 PM" in await talk.hears("cancel it", "cancel")


async def test_a_visit_that_was_cancelled_is_moved_no_more() -> None:
    talk = await booked()
    await talk.hears("cancel it", "cancel")
    await talk.hears("yes", "confirm")
    await talk.hears("no", "decline")

    await talk.hears("thursday at 3", "inform", visit_type="Check-up", when=on(THU, "15:00"))

    assert talk.state.phase is Phase.CONFIRM_SLOT
    assert talk.state.job == "book"


async def test_is_there_one_for_tomorrow_is_no_question_about_opening_hours() -> None:
    talk = await booked()

    reply = await talk.hears("Fine, is there one for tomorow", "hours_location", confidence=0.5, when=on(WED))

    assert reply.startswith("To move your visit of Tue, Mar 3, 2:30 PM:")


async def test_the_visit_that_was_told_can_be_moved_without_naming_it() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")
    await talk.hears("what do I have?", "appointment_status")

    reply = await talk.hears("make it thursday at 3", "inform", when=on(THU, "15:00"))

    assert "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Move your visit to it?" in reply
