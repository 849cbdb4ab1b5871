"""Moving, cancelling, confirming and showing the visits a person already has."""

import pytest

from bots.dates import parse
from bots.dates.model import When
from bots.dialogue import Phase
from bots.scheduling.base import Gone
from tests.bots.talk import FRI, THU, TUE, Talk, at, on


async def with_visits(*slots: str) -> Talk:
    talk = Talk()
    for slot_id in slots:
        talk.calendar.give(slot_id, "p1")
    talk.calendar.give("fri-13", "p2")
    return talk


async def test_one_visit_is_cancelled_after_a_yes_and_a_new_time_is_offered() -> None:
    talk = await with_visits("tue-9")

    assert await talk.hears("I can't make it, cancel my appointment", "cancel") == (
        "Cancel your visit Tue, Mar 3, 9:00 AM with Dr. Kim? Reply YES or NO."
    )
    assert talk.calendar.booked("p1") == ["tue-9"]
    assert await talk.hears("yes", "confirm") == (
        "Your visit Tue, Mar 3, 9:00 AM with Dr. Kim is cancelled.\nWould you like a new time? Reply YES or NO."
    )
    assert talk.calendar.booked("p1") == []


async def test_rebooking_after_a_cancellation_keeps_kind_and_provider() -> None:
    talk = await with_visits("tue-9")
    await talk.hears("cancel", "cancel")
    await talk.hears("yes", "confirm")

    await talk.hears("yes", "confirm")
    reply = await talk.hears("thursday", when=on(THU))

    assert reply == "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Book it? Reply YES or NO."


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("no", "decline", id="no"),
        pytest.param("no don't cancel it", "cancel", id="do not cancel is no yes"),
    ],
)
async def test_a_visit_is_kept_unless_the_answer_is_yes(text: str, intent: str) -> None:
    talk = await with_visits("tue-9")
    await talk.hears("cancel my appointment", "cancel")

    reply = await talk.hears(text, intent)

    assert reply == "OK, your visit stays as it is."
    assert talk.calendar.booked("p1") == ["tue-9"]


async def test_several_visits_are_numbered_before_one_is_cancelled() -> None:
    talk = await with_visits("tue-9", "thu-16")

    reply = await talk.hears("cancel my appointment", "cancel")

    assert reply == "Which visit do you want to cancel?\n1) Tue Mar 3, 9:00 AM, Dr. Kim\n2) Thu Mar 5, 4:00 PM, Dr. Lee"
    assert "Thu, Mar 5, 4:00 PM" in await talk.hears("2", "select", choice=2)
    await talk.hears("yes", "confirm")
    assert talk.calendar.booked("p1") == ["tue-9"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("the thursday one", {"when": on(THU)}, id="day"),
        pytest.param("with dr lee", {"provider": "Dr. Lee"}, id="provider"),
    ],
)
async def test_a_visit_may_be_named_in_words(text: str, said: dict[str, object]) -> None:
    talk = await with_visits("tue-9", "thu-16")
    await talk.hears("cancel my appointment", "cancel")

    assert "Cancel your visit Thu, Mar 5" in await talk.hears(text, "inform", **said)


async def test_the_wish_itself_may_name_the_visit_to_cancel() -> None:
    talk = await with_visits("tue-9", "thu-16")

    assert "Cancel your visit Thu, Mar 5" in await talk.hears("cancel thursday", "cancel", when=on(THU))


async def test_a_visit_is_moved_and_the_old_one_is_freed() -> None:
    talk = await with_visits("tue-9")

    assert await talk.hears("R", "reschedule") == (
        "Your visit is Tue, Mar 3, 9:00 AM with Dr. Kim. What day and time suit you instead?"
    )
    assert await talk.hears("thursday", when=on(THU)) == (
        "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Move your visit to it? Reply YES or NO."
    )
    assert await talk.hears("yes", "confirm") == ("Done. Your visit is now Thu, Mar 5, 3:00 PM with Dr. Kim, Main St.")
    assert talk.calendar.booked("p1") == ["thu-15"]
    assert [did.what for did in talk.outcome.did] == ["moved"]


async def test_old_and_new_day_in_one_text_are_told_apart() -> None:
    talk = await with_visits("tue-9", "thu-16")
    both = When(windows=(*on(TUE).windows, *on(THU, "15:00").windows))

    reply = await talk.hears("move my tuesday visit to thursday at 3", "reschedule", when=both)

    assert reply == (
        "To move your visit of Tue, Mar 3, 9:00 AM:\n"
        "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Move your visit to it? Reply YES or NO."
    )
    assert talk.state.visit.slot_id == "tue-9"


async def test_the_day_of_the_only_visit_names_it_and_is_no_wish() -> None:
    talk = await with_visits("tue-9")

    reply = await talk.hears("reschedule my tuesday appointment", "reschedule", when=on(TUE))

    assert reply.endswith("What day and time suit you instead?")


async def test_the_new_day_is_taken_from_the_first_text() -> None:
    talk = await with_visits("tue-9")

    reply = await talk.hears("can I move my visit to thursday", "reschedule", when=on(THU))

    assert reply.startswith("I have Thu, Mar 5, 3:00 PM")


async def test_later_for_a_visit_means_after_that_visit() -> None:
    talk = await with_visits("tue-1430")

    await talk.hears("can I come later?", "reschedule", when=When(relation="later"))

    assert [slot.id for slot in talk.state.offered] == ["thu-15"]


async def test_earlier_for_a_visit_means_before_that_visit() -> None:
    talk = await with_visits("thu-15")

    await talk.hears("anything earlier?", "reschedule", when=When(relation="earlier"))

    assert [slot.id for slot in talk.state.offered] == ["tue-9", "tue-1430"]


async def test_a_new_slot_that_is_taken_leaves_the_old_visit_standing() -> None:
    talk = await with_visits("tue-9")
    await talk.hears("move to thursday 3pm", "reschedule", when=on(THU, "15:00"))
    talk.calendar.rivals = {"thu-15"}

    reply = await talk.hears("yes", "confirm")

    assert reply.startswith("Sorry, that time was just taken.")
    assert talk.calendar.booked("p1") == ["tue-9"]


async def test_without_a_visit_to_move_a_booking_is_offered() -> None:
    talk = await with_visits()

    reply = await talk.hears("reschedule", "reschedule")

    assert reply == "I see no upcoming visit.\nShall I book one? Reply YES or NO."
    assert "What kind of visit" in await talk.hears("yes", "confirm")


@pytest.mark.parametrize(
    ("text", "intent"), [("C", "inform"), ("c.", "out_of_scope"), ("confirm", "confirm"), ("I'll be there", "confirm")]
)
async def test_c_and_its_like_confirm_the_next_visit_when_nothing_is_asked(text: str, intent: str) -> None:
    talk = await with_visits("tue-9", "thu-16")

    reply = await talk.hears(text, intent)

    assert reply == "Thank you. Your visit Tue, Mar 3, 9:00 AM with Dr. Kim is confirmed."
    assert [did.what for did in talk.outcome.did] == ["confirmed"]


async def test_the_letter_of_a_reminder_is_about_the_visit_that_it_reminded_of() -> None:
    talk = await with_visits("tue-9", "thu-16")
    talk.reminded = (list(talk.calendar.visits)[1],)

    assert await talk.hears("C") == "Thank you. Your visit Thu, Mar 5, 4:00 PM with Dr. Lee is confirmed."
    assert "Thu, Mar 5, 4:00 PM" in await talk.hears("R")
    assert talk.state.job == "reschedule"


async def test_a_letter_answers_the_reminder_that_came_in_between_and_no_older_question() -> None:
    talk = await with_visits("tue-9", "thu-16")
    await talk.hears("cancel", "cancel")
    talk.reminded = (next(iter(talk.calendar.visits)),)

    assert await talk.hears("c") == "Thank you. Your visit Tue, Mar 3, 9:00 AM with Dr. Kim is confirmed."
    assert [did.what for did in talk.outcome.did] == ["confirmed"]


async def test_a_single_r_asks_when_to_move_whatever_the_engine_made_of_it() -> None:
    talk = await with_visits("tue-9")

    assert "What day and time suit you instead?" in await talk.hears("R", "out_of_scope", confidence=0.2)


async def test_ok_after_a_booking_confirms_nothing() -> None:
    talk = await with_visits()
    await talk.hears("check-up tue 9", "book", visit_type="Check-up", when=on(TUE, "09:00"))
    await talk.hears("yes", "confirm")

    assert await talk.hears("ok great", "confirm") == "You're welcome!"


@pytest.mark.parametrize(
    ("slots", "reply"),
    [
        pytest.param((), "I see no upcoming visit.\nShall I book one? Reply YES or NO.", id="none"),
        pytest.param(("tue-9",), "Your next visit: Tue, Mar 3, 9:00 AM with Dr. Kim, Main St.", id="one"),
        pytest.param(
            ("tue-9", "thu-16"),
            "Your next visits:\n1) Tue Mar 3, 9:00 AM, Dr. Kim\n2) Thu Mar 5, 4:00 PM, Dr. Lee",
            id="two",
        ),
    ],
)
async def test_what_is_booked_is_told(slots: tuple[str, ...], reply: str) -> None:
    talk = await with_visits(*slots)

    assert await talk.hears("when is my appointment?", "appointment_status") == reply


async def test_asking_what_is_booked_in_the_middle_of_a_booking_does_not_lose_it() -> None:
    talk = await with_visits("tue-9")
    await talk.hears("vaccination", "book", visit_type="Check-up")

    reply = await talk.hears("what do I have already?", "appointment_status")

    assert reply == (
        "Your next visit: Tue, Mar 3, 9:00 AM with Dr. Kim, Main St.\n"
        'What day and time suit you? You can also say "soonest".'
    )
    assert talk.state.phase is Phase.WHEN


async def test_cancel_in_the_middle_of_a_booking_drops_it_and_turns_to_the_visit() -> None:
    talk = await with_visits("tue-9")
    await talk.hears("check-up thu 3", "book", visit_type="Check-up", when=on(THU, "15:00"))

    reply = await talk.hears("actually cancel my appointment", "cancel")

    assert (
        reply == "OK, I did not book that time.\nCancel your visit Tue, Mar 3, 9:00 AM with Dr. Kim? Reply YES or NO."
    )


async def test_moving_instead_of_cancelling_keeps_the_visit_meant() -> None:
    talk = await with_visits("tue-9", "thu-16")
    await talk.hears("cancel thursday", "cancel", when=on(THU))

    reply = await talk.hears("actually can I move it to friday", "reschedule", when=on(FRI))

    assert reply == "I have Fri, Mar 6, 11:00 AM with Dr. Lee. Move your visit to it? Reply YES or NO."


async def test_cancelling_in_the_middle_of_a_move_asks_about_the_same_visit() -> None:
    talk = await with_visits("tue-9", "thu-16")
    await talk.hears("move my thursday visit", "reschedule", when=on(THU))

    assert "Cancel your visit Thu, Mar 5" in await talk.hears("just cancel it", "cancel")


async def test_a_visit_that_changed_meanwhile_is_left_to_staff() -> None:
    talk = await with_visits("tue-9")
    await talk.hears("cancel", "cancel")
    visit = talk.state.visit
    await talk.calendar.cancel(visit.id, "p1", "elsewhere")

    await talk.hears("yes", "confirm")

    assert isinstance(await talk.calendar.cancel(visit.id, "p1", "again"), Gone)
    assert talk.handoff.reason == "visit_changed"


async def test_a_time_alone_moves_the_visit_within_reach_of_the_wish() -> None:
    talk = await with_visits("thu-15")

    await talk.hears("move it to 2:30pm", "reschedule", when=at("14:30"))

    assert talk.calendar.queries[-1].when.windows[0].exact


async def test_my_thursday_visit_names_the_visit_and_the_rest_is_the_wish() -> None:
    talk = await with_visits("thu-15", "fri-11")
    merged = on(FRI)  # what a parser may make of both days together

    await talk.hears("can we move my Thursday visit to Tuesday?", "reschedule", when=merged)

    assert talk.state.visit.slot_id == "thu-15"
    assert talk.calendar.queries[-1].when.date == TUE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("can i swap my thurs 3pm for tues 9am", "reschedule", id="swap"),
        pytest.param("my appt is thursday at 3 can i do tuesday at 9 instead", "book", id="the-visit-there-is"),
        pytest.param("move my 3/5 to 3/3 at 9", "out_of_scope", id="figures"),
        pytest.param("could my thurs 3pm become tues 9am", "reschedule", id="become"),
        pytest.param("i can't do my thursday at 3 anymore, tuesday at 9?", "reschedule", id="cannot"),
        pytest.param("move thursday at 3, tuesday at 9", "reschedule", id="told-by-the-books"),
        pytest.param("move it to tuesday at 9, it's thursday at 3", "reschedule", id="new-one-first"),
        pytest.param("tengo cita el jueves a las 3, mejor el martes a las 9", "inform", id="es"),
        pytest.param("tenía la del jueves a las 3, pásela al martes a las 9", "reschedule", id="es-la-del"),
    ],
)
async def test_the_old_time_names_the_visit_and_the_new_one_is_the_wish(text: str, intent: str) -> None:
    talk = await with_visits("thu-15", "fri-11")
    talk.language = "es" if text.startswith("ten") else "en"

    await talk.hears(text, intent, when=parse(text, now=talk.now, language=talk.language))

    assert talk.state.visit.slot_id == "thu-15"
    assert [slot.id for slot in talk.state.offered] == ["tue-9"]


@pytest.mark.parametrize(
    "ruled_out",
    [pytest.param({"excluded": (THU,)}, id="day"), pytest.param({"excluded_weekdays": (3,)}, id="weekday")],
)
@pytest.mark.parametrize("intent", ["cancel", "reschedule"])
async def test_the_day_a_person_cannot_make_names_the_visit(intent: str, ruled_out: dict[str, tuple[object]]) -> None:
    talk = await with_visits("tue-9", "thu-16")

    await talk.hears("I can't make it thursday", intent, when=When(**ruled_out))

    assert talk.state.visit.slot_id == "thu-16"


async def test_a_day_named_instead_of_a_yes_moves_the_visit_rather_than_cancelling_it() -> None:
    talk = await with_visits("tue-9")
    await talk.hears("cancel my appointment", "cancel")

    reply = await talk.hears("could I come thursday at 3?", "inform", when=on(THU, "15:00"))

    assert reply == "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Move your visit to it? Reply YES or NO."
    assert talk.calendar.booked("p1") == ["tue-9"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [("wait", "confirm"), ("is that ok?", "confirm"), ("what happens if I cancel?", "cancel"), ("book it", "book")],
)
async def test_a_visit_is_not_cancelled_by_less_than_a_yes(text: str, intent: str) -> None:
    talk = await with_visits("tue-9")
    await talk.hears("cancel my appointment", "cancel")

    await talk.hears(text, intent)

    assert talk.calendar.booked("p1") == ["tue-9"]


async def test_what_is_given_up_goes_before_what_is_booked() -> None:
    talk = await with_visits("tue-9")

    reply = await talk.hears("book me friday and cancel tuesday", "book", "cancel", when=on(TUE))

    assert reply.startswith("Cancel your visit Tue, Mar 3")
    assert [one.wish.when.date for one in talk.state.more] == [FRI]
