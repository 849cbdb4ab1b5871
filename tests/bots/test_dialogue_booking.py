"""Booking a visit by text, in as few turns as a good receptionist needs."""

import pytest

from bots.dates import parse
from bots.dates.model import When, Window
from bots.dialogue import Phase
from bots.nlu.model import Catalogue
from tests.bots.talk import FRI, NOW, SLOTS, THU, TUE, WED, Calendar, Talk, at, on, slot

SOONEST = When(relation="soonest")


async def test_a_booking_takes_four_texts_when_nothing_is_said_beforehand() -> None:
    talk = Talk()

    assert "What kind of visit" in await talk.hears("I need an appointment", "book")
    assert "What day and time" in await talk.hears("check-up", visit_type="Check-up")
    assert await talk.hears("thursday", when=on(THU)) == (
        "I have:\n1) Thu Mar 5, 3:00 PM, Dr. Kim\n2) Thu Mar 5, 4:00 PM, Dr. Lee\nReply with a number or another day."
    )
    reply = await talk.hears("2", "select", choice=2)

    assert reply == (
        "You're booked: Thu, Mar 5, 4:00 PM with Dr. Lee, Main St. To change it, just text us.\n"
        "Please bring a photo ID and your insurance card."
    )
    assert talk.calendar.booked("p1") == ["thu-16"]
    assert [did.what for did in talk.outcome.did] == ["booked"]


async def test_an_exact_wish_is_put_as_yes_or_no_and_booked_after_yes() -> None:
    talk = Talk()

    reply = await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    assert reply == "I have Tue, Mar 3, 2:30 PM with Dr. Kim. Book it? Reply YES or NO."
    assert talk.calendar.booked("p1") == []
    assert "You're booked: Tue, Mar 3, 2:30 PM" in await talk.hears("yes", "confirm")
    assert talk.calendar.keys == ["text-1:2", "text-2:1"]


async def test_the_conversation_opens_with_who_speaks_and_that_it_is_not_for_emergencies_once() -> None:
    talk = Talk()

    await talk.hears("hi", "greeting")
    first = talk.said
    await talk.hears("book", "book")

    assert first == ["bot.intro", "bot.offer_help"]
    assert "bot.intro" not in talk.said


@pytest.mark.parametrize(
    ("catalogue", "wish"),
    [
        pytest.param(Catalogue(visit_types=("Check-up",)), {}, id="the clinic has one kind"),
        pytest.param(Catalogue(visit_types=("Check-up", "Vaccination")), {"provider": "Dr. Kim"}, id="provider named"),
        pytest.param(
            Catalogue(visit_types=("Check-up", "Vaccination")), {"specialty": "Family medicine"}, id="specialty named"
        ),
    ],
)
async def test_the_kind_of_visit_is_not_asked_when_it_is_not_needed(catalogue: Catalogue, wish: dict[str, str]) -> None:
    talk = Talk(catalogue=catalogue)

    reply = await talk.hears("I need an appointment", "book", **wish)

    assert reply.startswith("What day and time suit you?")


async def test_kinds_of_visit_beyond_three_are_listed_without_numbers() -> None:
    talk = Talk(catalogue=Catalogue(visit_types=("A", "B", "C", "D")))

    reply = await talk.hears("book", "book")

    assert "A, B, C, D" in reply
    assert talk.state.question.options == 0


async def test_a_number_picks_the_kind_of_visit() -> None:
    talk = Talk()
    await talk.hears("book", "book")

    await talk.hears("2", "select", choice=2)

    assert talk.state.wish.visit_type == "Vaccination"


async def offered(**more: object) -> Talk:
    """A talk in which Tue 9:00, Tue 2:30 (Dr. Kim) and Wed 10:00 (Dr. Lee) are on the table."""
    talk = Talk(**more)
    await talk.hears("soonest check-up", "book", visit_type="Check-up", when=SOONEST)
    assert [one.id for one in talk.state.offered] == ["tue-9", "tue-1430", "wed-10"]
    return talk


@pytest.mark.parametrize(
    ("text", "intent", "said", "booked"),
    [
        pytest.param("1", "select", {"choice": 1}, "tue-9", id="number"),
        pytest.param("2", "inform", {"choice": 2, "when": at("14:00")}, "tue-1430", id="a digit is never an hour"),
        pytest.param("the second one", "select", {"choice": 2}, "tue-1430", id="ordinal"),
        pytest.param("the last", "select", {"choice": -1}, "wed-10", id="last"),
        pytest.param("Wednesday one", "select", {"when": on(WED)}, "wed-10", id="by day"),
        pytest.param("the 2:30pm", "inform", {"when": at("14:30")}, "tue-1430", id="by time"),
        pytest.param("the one with Dr Lee", "select", {"provider": "Dr. Lee"}, "wed-10", id="by provider"),
        pytest.param("earliest one", "select", {"when": SOONEST}, "tue-9", id="earliest"),
        pytest.param("second one on tuesday", "select", {"choice": 2, "when": on(TUE)}, "tue-1430", id="among a day's"),
    ],
)
async def test_a_choice_is_understood_by(text: str, intent: str, said: dict[str, object], booked: str) -> None:
    talk = await offered()

    reply = await talk.hears(text, intent, **said)

    assert reply.startswith("You're booked")
    assert talk.calendar.booked("p1") == [booked]


async def test_a_bare_day_that_fits_one_offer_is_asked_back_before_it_is_booked() -> None:
    talk = await offered()

    reply = await talk.hears("what about wednesday", "inform", when=on(WED))

    assert reply == "I have Wed, Mar 4, 10:00 AM with Dr. Lee. Book it? Reply YES or NO."
    assert talk.calendar.booked("p1") == []


async def test_a_phrase_that_fits_several_offers_narrows_them() -> None:
    talk = await offered()

    reply = await talk.hears("the tuesday one", "select", when=on(TUE))

    assert "Wed" not in reply
    assert talk.state.question.options == 2


async def test_a_number_beyond_those_offered_is_asked_again_and_books_nothing() -> None:
    talk = await offered()

    reply = await talk.hears("5", "select", choice=5)

    assert reply.startswith("Sorry, I did not get that.\nI have:\n1)")
    assert talk.calendar.booked("p1") == []


@pytest.mark.parametrize(
    ("text", "intent", "said", "found"),
    [
        pytest.param("none of these", "alternatives", {}, ["thu-15", "thu-16", "fri-11"], id="none of these"),
        pytest.param("no", "decline", {}, ["thu-15", "thu-16", "fri-11"], id="no"),
        pytest.param("later", "inform", {"when": When(relation="later")}, ["thu-15", "thu-16", "fri-11"], id="later"),
        pytest.param("on thursday", "inform", {"when": on(THU)}, ["thu-15", "thu-16"], id="another day"),
        pytest.param(
            "next week instead",
            "alternatives",
            {"when": When(windows=(Window(first=THU, last=FRI),))},
            ["thu-15", "thu-16", "fri-11"],
            id="another stretch",
        ),
    ],
)
async def test_offers_that_do_not_suit_lead_to_others(
    text: str, intent: str, said: dict[str, object], found: list[str]
) -> None:
    talk = await offered()

    await talk.hears(text, intent, **said)

    assert [one.id for one in talk.state.offered] == found


@pytest.mark.parametrize("text", ["another doctor please", "someone else?", "con otro doctor"])
async def test_another_doctor_is_offered_when_asked_for(text: str) -> None:
    talk = Talk()
    await talk.hears("check-up with dr lee", "book", visit_type="Check-up", provider="Dr. Lee", when=SOONEST)

    await talk.hears(text, "alternatives")

    assert [one.id for one in talk.state.offered] == ["tue-9", "tue-1430", "thu-15"]


async def test_earlier_means_before_the_offers_on_the_table() -> None:
    talk = Talk()
    await talk.hears("check-up on thursday", "book", visit_type="Check-up", when=on(THU))

    await talk.hears("anything earlier?", "alternatives", when=When(relation="earlier"))

    assert [one.id for one in talk.state.offered] == ["tue-9", "tue-1430", "wed-10"]


async def test_a_correction_after_the_proposal_is_a_new_search_that_keeps_the_rest() -> None:
    talk = Talk()
    await talk.hears("vaccination tuesday", "book", visit_type="Check-up", provider="Dr. Lee", when=on(WED, "10:00"))

    reply = await talk.hears("actually make it friday", "reschedule", when=on(FRI))

    assert reply == "I have Fri, Mar 6, 11:00 AM with Dr. Lee. Book it? Reply YES or NO."
    assert talk.calendar.queries[-1].provider == "Dr. Lee"


async def test_a_time_without_a_day_is_meant_for_the_day_spoken_of() -> None:
    talk = Talk()
    await talk.hears("check-up thursday", "book", visit_type="Check-up", when=on(THU))

    await talk.hears("16:00 please", "inform", when=at("16:00"))

    assert talk.calendar.booked("p1") == ["thu-16"]


async def test_a_yes_with_another_time_books_nothing_but_looks_for_that_time() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    reply = await talk.hears("yes but at 9", "confirm", when=at("09:00"))

    assert reply == "I have Tue, Mar 3, 9:00 AM with Dr. Kim. Book it? Reply YES or NO."
    assert talk.calendar.booked("p1") == []


async def test_a_no_to_the_proposal_asks_for_another_time() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    assert await talk.hears("no", "decline") == "No problem. What other day or time would suit you?"
    assert "1)" in await talk.hears("thursday", when=on(THU))


async def test_a_wish_that_cannot_be_met_is_said_so_with_the_nearest_times() -> None:
    talk = Talk()

    reply = await talk.hears("check-up mar 8", "book", visit_type="Check-up", when=on(FRI.replace(day=8)))

    assert reply.startswith("Nothing open then. The nearest:\n1) Fri Mar 6")


async def test_nothing_open_at_all_offers_the_waitlist() -> None:
    talk = Talk(calendar=Calendar(NOW, ()))

    reply = await talk.hears("check-up soonest", "book", visit_type="Check-up", when=SOONEST)
    await talk.hears("yes", "confirm")

    assert "Shall I put you on our waitlist?" in reply
    assert talk.said == ["handoff.waitlist"]
    assert talk.handoff is not None
    assert talk.handoff.reason == "waitlist"
    assert ("visit type", "Check-up") in talk.handoff.facts


async def test_a_provider_without_open_times_is_said_so_and_others_are_offered() -> None:
    talk = Talk()

    reply = await talk.hears("check-up with dr moss", "book", provider="Dr. Moss", visit_type="Check-up", when=SOONEST)

    assert reply.startswith("Dr. Moss has nothing open for that.\nI have:\n1) Tue Mar 3, 9:00 AM, Dr. Kim")


async def test_after_three_rounds_of_refusals_a_person_is_offered() -> None:
    many = tuple(slot(f"{day}-{hour}", f"03-0{day} {hour}:00") for day in (3, 4, 5, 6) for hour in (10, 11, 12, 13))
    talk = Talk(calendar=Calendar(NOW, many))
    await talk.hears("soonest", "book", visit_type="Check-up", when=SOONEST)

    for _ in range(3):
        await talk.hears("none of these", "alternatives")

    assert talk.state.phase is Phase.OFFER_STAFF


async def test_a_slot_taken_before_the_choice_is_said_so_and_others_are_offered() -> None:
    talk = await offered()
    talk.calendar.rivals = {"tue-9"}

    reply = await talk.hears("1", "select", choice=1)

    assert reply.startswith("Sorry, that time was just taken.\nI have:\n1) Tue Mar 3, 2:30 PM")
    assert talk.calendar.booked("p1") == []


async def test_a_slot_taken_between_proposal_and_yes_is_never_called_booked() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))
    talk.calendar.rivals = {"tue-1430"}

    reply = await talk.hears("yes", "confirm")

    assert "just taken" in reply
    assert "booked" not in reply
    assert talk.calendar.booked("p1") == []


async def test_an_ambiguous_day_is_asked_back_as_numbered_dates() -> None:
    talk = Talk()
    two = (on(FRI).windows[0], on(FRI.replace(day=13)).windows[0])

    reply = await talk.hears(
        "check-up next friday", "book", visit_type="Check-up", when=When(windows=two[:1], ambiguous=two)
    )

    assert reply == "Just to be sure, which do you mean?\n1) Fri Mar 6\n2) Fri Mar 13"
    assert "Fri, Mar 6, 11:00 AM" in await talk.hears("1", "select", choice=1)


async def test_an_ambiguous_day_may_be_answered_with_the_date_itself() -> None:
    talk = Talk()
    two = (on(FRI).windows[0], on(FRI.replace(day=13)).windows[0])
    await talk.hears("check-up next fri", "book", visit_type="Check-up", when=When(windows=two[:1], ambiguous=two))

    await talk.hears("the 6th", when=on(FRI))

    assert talk.calendar.queries[-1].when.windows == two[:1]


@pytest.mark.parametrize("text", ["any time", "whenever works", "I'm flexible"])
async def test_any_time_will_do_offers_the_soonest(text: str) -> None:
    talk = Talk()
    await talk.hears("check-up", "book", visit_type="Check-up")

    await talk.hears(text)

    assert [one.id for one in talk.state.offered] == ["tue-9", "tue-1430", "wed-10"]


async def test_asking_who_is_there_names_the_providers_and_shows_the_chosen_ones_soonest_times() -> None:
    talk = Talk()

    assert "Dr. Kim, Dr. Lee" in await talk.hears("which doctors do you have?", "find_provider")
    await talk.hears("dr lee", provider="Dr. Lee")
    await talk.hears("soonest", when=SOONEST)

    assert {one.provider for one in talk.state.offered} == {"Dr. Lee"}


async def test_a_change_right_after_booking_moves_what_was_just_booked() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))
    await talk.hears("yes", "confirm")

    assert "Move your visit to it?" in await talk.hears("actually thursday at 3", "inform", when=on(THU, "15:00"))
    await talk.hears("yes", "confirm")

    assert talk.calendar.booked("p1") == ["thu-15"]


async def test_kinds_of_visit_are_told_apart_in_offers_only_where_they_differ() -> None:
    talk = Talk()

    reply = await talk.hears("dr kim", "book", provider="Dr. Kim", when=When(windows=(Window(first=THU, last=FRI),)))

    assert "1) Thu Mar 5, 3:00 PM, Check-up\n2) Fri Mar 6, 1:00 PM, Vaccination" in reply


def test_the_sample_clinic_has_no_two_slots_of_one_name() -> None:
    assert len({one.id for one in SLOTS}) == len(SLOTS)


async def test_who_can_come_on_one_weekday_only_is_offered_no_other() -> None:
    thursdays, saturdays = (parse(text, now=NOW) for text in ("thursdays only", "saturdays only"))

    found = await Talk().hears("thursdays only", "book", visit_type="Check-up", when=thursdays)
    none = await Talk().hears("saturdays only", "book", visit_type="Check-up", when=saturdays)

    assert "1) Thu Mar 5, 3:00 PM" in found
    assert "2) Thu Mar 5, 4:00 PM" in found
    assert none.startswith("I find no open time for that. Shall I put you on our waitlist?")
