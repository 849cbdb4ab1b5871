"""Nothing is booked that was not clearly picked; what may have been meant is proposed and waits for a yes."""

import pytest

from bots.dates.model import When
from bots.dialogue import Phase
from bots.nlu.model import Catalogue
from tests.bots.talk import FRI, NOW, THU, TUE, WED, Calendar, Talk, at, on, slot

TUE_1430 = "I have Tue, Mar 3, 2:30 PM with Dr. Kim. Book it? Reply YES or NO."


async def offered(**more: object) -> Talk:
    """A talk in which Tue 9:00, Tue 2:30 (Dr. Kim) and Wed 10:00 (Dr. Lee) are on the table."""
    talk = Talk(**more)
    await talk.hears("soonest check-up", "book", visit_type="Check-up", when=When(relation="soonest"))
    return talk


async def proposed() -> Talk:
    """A talk in which Tue 2:30 with Dr. Kim is proposed."""
    talk = Talk()
    assert await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30")) == TUE_1430
    return talk


@pytest.mark.parametrize(
    ("text", "intent", "said"),
    [
        pytest.param("Looks good. Do they have one at 2:30?", "confirm", {"when": at("14:30")}, id="a question"),
        pytest.param("I want to come at half past two", "book", {"when": at("14:30")}, id="a wish"),
        pytest.param("can I get the second one?", "select", {"choice": 2}, id="a number in a question"),
        pytest.param("maybe the second", "select", {"choice": 2}, id="a doubt"),
    ],
)
async def test_what_only_may_be_a_pick_is_proposed_first(text: str, intent: str, said: dict[str, object]) -> None:
    talk = await offered()

    reply = await talk.hears(text, intent, **said)

    assert reply == TUE_1430
    assert talk.calendar.booked("p1") == []


async def test_a_day_and_a_provider_without_a_time_show_their_times_though_one_row_fits() -> None:
    more = slot("wed-11", "03-04 11:00", provider="Dr. Lee")
    talk = await offered(calendar=Calendar(NOW, (*Calendar(NOW, ()).open.values(), *_three(), more)))

    reply = await talk.hears("On Wednesday I wish to see Dr. Lee", "inform", provider="Dr. Lee", when=on(WED))

    assert reply.startswith("With Dr. Lee I have:\n1) Wed Mar 4, 10:00 AM\n2) Wed Mar 4, 11:00 AM\n")
    assert talk.calendar.booked("p1") == []


def _three() -> tuple[object, ...]:
    return (slot("tue-9", "03-03 09:00"), slot("tue-1430", "03-03 14:30"), slot("wed-10", "03-04 10:00", "Dr. Lee"))


async def test_of_two_times_named_neither_is_booked_unasked() -> None:
    talk = await offered()
    both = When(windows=(*at("14:30").windows, *at("14:45").windows))

    await talk.hears("it is 2:30 now, so 2:45", "inform", when=both)

    assert talk.calendar.booked("p1") == []


async def test_an_hour_that_no_row_has_is_a_new_wish() -> None:
    talk = await offered()

    await talk.hears("okay i can do 11", "confirm", when=at("11:00"))

    assert talk.calendar.queries[-1].when.windows[0].earliest == at("11:00").windows[0].earliest


async def test_a_yes_to_several_times_asks_which_one() -> None:
    talk = await offered()

    reply = await talk.hears("yes", "confirm")

    assert reply.startswith("Which one?\nI have:\n1) Tue Mar 3, 9:00 AM")


async def test_saying_the_wish_again_shows_the_times_again_without_a_sorry() -> None:
    talk = await offered()

    reply = await talk.hears("what time do you have? I really need an appointment", "book")

    assert reply.startswith("I have:\n1) Tue Mar 3, 9:00 AM")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("wait", "confirm", id="wait"),
        pytest.param("hold on, let me check", "decline", id="hold on"),
        pytest.param("so can I have it or not?", "inform", id="or not"),
    ],
)
async def test_a_hesitation_leaves_the_proposal_standing(text: str, intent: str) -> None:
    talk = await proposed()

    reply = await talk.hears(text, intent)

    assert reply == f"No hurry, nothing is changed yet.\n{TUE_1430}"
    assert talk.calendar.booked("p1") == []


async def test_wait_to_numbered_choices_shows_them_again_without_a_sorry() -> None:
    talk = await offered()

    assert (await talk.hears("espere", "greeting")).startswith("No hurry, nothing is changed yet.\nI have:\n1)")


async def test_a_provider_alone_is_looked_for_among_the_times_on_the_table_too() -> None:
    talk = await offered()

    await talk.hears("dr lee", "inform", provider="Dr. Lee")

    assert "wed-10" in {one.id for one in talk.state.offered}


async def test_an_ambiguous_day_is_settled_by_the_times_on_the_table() -> None:
    talk = await offered()
    two = tuple(on(day).windows[0] for day in (WED, WED.replace(day=11)))

    reply = await talk.hears("wednesday", "inform", when=When(windows=two[1:], ambiguous=two))

    assert reply == "I have Wed, Mar 4, 10:00 AM with Dr. Lee. Book it? Reply YES or NO."


async def test_an_ambiguous_hour_is_meant_for_the_day_spoken_of() -> None:
    talk = Talk()
    await talk.hears("check-up thursday", "book", visit_type="Check-up", when=on(THU))
    two = tuple(at(hour).windows[0] for hour in ("07:00", "19:00"))

    reply = await talk.hears("7 works", "inform", when=When(windows=two[:1], ambiguous=two))

    assert reply == "Just to be sure, which do you mean?\n1) Thu Mar 5, 7:00 AM\n2) Thu Mar 5, 7:00 PM"


async def test_a_yes_with_a_question_books_and_then_answers_it() -> None:
    talk = await proposed()

    await talk.hears("Yup! Could I have their phone number?", "hours_location", "confirm")

    assert talk.said == ["book.booked", "book.bring", "info.hours_location"]
    assert talk.state.later == ()


async def test_a_yes_with_a_matter_for_staff_books_and_then_hands_over() -> None:
    talk = await proposed()

    await talk.hears("Yes. And do you take my insurance?", "cost_insurance", "confirm")

    assert talk.said == ["book.booked", "book.bring", "handoff.cost_insurance"]


async def test_never_mind_with_a_new_time_goes_on_with_that_time() -> None:
    talk = await proposed()

    reply = await talk.hears("Never mind, please book it on Thursday at 3", "book", when=on(THU, "15:00"))

    assert reply == "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Book it? Reply YES or NO."


async def test_somebody_else_at_that_very_time_is_among_the_choices_when_the_provider_is_not_free() -> None:
    talk = Talk()

    reply = await talk.hears(
        "check-up with dr lee tuesday 2:30", "book", visit_type="Check-up", provider="Dr. Lee", when=on(TUE, "14:30")
    )

    assert reply == (
        "Dr. Lee is not free then. I have:\n1) Wed Mar 4, 10:00 AM, Dr. Lee\n2) Thu Mar 5, 4:00 PM, Dr. Lee\n"
        "3) Tue Mar 3, 2:30 PM, Dr. Kim\nReply with a number or another day."
    )
    await talk.hears("3", "select", choice=3)
    assert talk.calendar.booked("p1") == ["tue-1430"]


async def test_nobody_at_that_very_time_leaves_the_nearest_of_the_provider() -> None:
    talk = Talk()

    reply = await talk.hears(
        "check-up with dr lee tuesday 3:10", "book", visit_type="Check-up", provider="Dr. Lee", when=on(TUE, "15:10")
    )

    assert reply.startswith("Nothing then. Nearest with Dr. Lee:\n1) Wed Mar 4, 10:00 AM\n")
    assert {one.provider for one in talk.state.offered} == {"Dr. Lee"}


async def turned_down_three_times() -> Talk:
    many = tuple(slot(f"{day}-{hour}", f"03-0{day} {hour}:00") for day in (3, 4, 5, 6) for hour in (10, 11, 12, 13))
    talk = Talk(calendar=Calendar(NOW, many))
    await talk.hears("soonest", "book", visit_type="Check-up", when=When(relation="soonest"))
    for _ in range(3):
        await talk.hears("none of these", "alternatives")
    assert talk.state.phase is Phase.OFFER_STAFF
    return talk


async def test_after_three_rounds_a_time_that_is_not_open_offers_the_waitlist_and_no_rows_seen_before() -> None:
    talk = await turned_down_three_times()

    reply = await talk.hears("No. on Tuesday at 1:30 pm", "decline", when=on(TUE, "13:30"))

    assert talk.said == ["slots.none"]
    assert reply.endswith("Reply YES or NO, or another day.")


async def test_after_three_rounds_a_time_that_is_open_is_proposed() -> None:
    talk = await turned_down_three_times()

    reply = await talk.hears("No. on Tuesday at 1 pm", "decline", when=on(TUE, "13:00"))

    assert reply == "I have Tue, Mar 3, 1:00 PM with Dr. Kim. Book it? Reply YES or NO."


async def test_the_place_is_told_when_the_clinic_has_several() -> None:
    catalogue = Catalogue(visit_types=("Check-up",), locations=("Main St", "North St"))
    talk = Talk(catalogue=catalogue)

    reply = await talk.hears("friday at 11", "book", when=on(FRI, "11:00"))

    assert reply == "I have Fri, Mar 6, 11:00 AM with Dr. Lee, Main St. Book it? Reply YES or NO."


async def test_the_likelier_reading_of_an_ambiguous_day_comes_first() -> None:
    talk = Talk()
    near, far = (on(day).windows[0] for day in (TUE, TUE.replace(day=10)))

    reply = await talk.hears(
        "check-up next tuesday", "book", visit_type="Check-up", when=When(windows=(far,), ambiguous=(near, far))
    )

    assert reply == "Just to be sure, which do you mean?\n1) Tue Mar 10\n2) Tue Mar 3"
