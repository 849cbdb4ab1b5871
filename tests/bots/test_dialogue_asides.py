"""Everything that is not the job itself: courtesies, questions in passing, changes of mind, hand-offs."""

from datetime import date, timedelta

import pytest

from bots.dates.model import When, Window
from bots.dialogue import Phase
from tests.bots.talk import FRI, THU, TUE, Folder, Talk, on

ASKED_WHEN = 'What day and time suit you? You can also say "soonest".'


async def asked_when() -> Talk:
    talk = Talk()
    await talk.hears("check-up", "book", visit_type="Check-up")
    assert talk.reply == ASKED_WHEN
    return talk


@pytest.mark.parametrize(
    ("intent", "template"),
    [
        ("greeting", "bot.offer_help"),
        ("thanks", "bot.welcome"),
        ("goodbye", "bot.goodbye"),
        ("bot_challenge", "bot.challenge"),
        ("hours_location", "info.hours_location"),
        ("repeat", "bot.offer_help"),
    ],
)
async def test_between_jobs_a_courtesy_is_answered(intent: str, template: str) -> None:
    talk = Talk()

    await talk.hears("…", intent)

    assert talk.said == ["bot.intro", template]


@pytest.mark.parametrize(
    ("intent", "templates"),
    [
        ("greeting", ["book.ask_when"]),
        ("thanks", ["bot.welcome", "book.ask_when"]),
        ("bot_challenge", ["bot.challenge", "book.ask_when"]),
        ("hours_location", ["info.hours_location", "book.ask_when"]),
        ("repeat", ["book.ask_when"]),
    ],
)
async def test_a_question_in_passing_is_answered_and_the_pending_one_asked_again(
    intent: str, templates: list[str]
) -> None:
    talk = await asked_when()

    await talk.hears("…", intent)

    assert talk.said == templates
    assert talk.state.phase is Phase.WHEN


@pytest.mark.parametrize("reason", ["cost_insurance", "refill", "results", "forms"])
async def test_what_only_staff_can_do_is_said_so_and_handed_over(reason: str) -> None:
    talk = Talk()

    await talk.hears("…", reason)

    assert talk.said == ["bot.intro", f"handoff.{reason}"]
    assert talk.handoff.reason == reason


async def test_a_matter_for_staff_in_the_middle_of_a_booking_is_told_to_them_and_the_booking_goes_on() -> None:
    talk = await asked_when()

    await talk.hears("I also need my pills refilled", "refill")

    assert talk.said == ["bot.noted", "book.ask_when"]
    assert talk.outcome.noted == ("refill",)
    await talk.hears("thursday at 3", when=on(THU, "15:00"))
    await talk.hears("yes", "confirm")
    assert talk.said == ["book.booked", "book.bring", "handoff.refill"]
    assert talk.handoff.reason == "refill"


@pytest.mark.parametrize("reason", ["opt_out", "wrong_number"])
async def test_opt_out_and_wrong_number_are_passed_on_without_a_word(reason: str) -> None:
    talk = Talk()

    await talk.hears("…", reason)

    assert talk.said == []
    assert talk.handoff.reason == reason


@pytest.mark.parametrize("text", ["never mind", "nvm", "forget it", "olvídelo", "déjelo así"])
async def test_never_mind_drops_the_job_at_any_step(text: str) -> None:
    talk = await asked_when()

    reply = await talk.hears(text, "decline")

    assert reply == "OK, I left everything as it is. Text us any time."
    assert talk.state.job is None


async def test_a_person_is_called_whatever_else_the_text_says() -> None:
    talk = await asked_when()

    await talk.hears("can I just talk to somebody", "inform", "human")

    assert talk.handoff.reason == "asked"
    assert talk.state.job is None


async def test_the_first_text_not_understood_is_asked_again_and_the_second_goes_to_a_person() -> None:
    talk = await asked_when()

    assert await talk.hears("mumble", "out_of_scope") == f"Sorry, I did not get that.\n{ASKED_WHEN}"
    await talk.hears("mumble", "out_of_scope")

    assert talk.handoff.reason == "not_understood"
    assert ("wants", "book") in talk.handoff.facts


async def test_failures_are_forgiven_once_a_text_is_understood() -> None:
    talk = await asked_when()
    await talk.hears("mumble", "out_of_scope")
    await talk.hears("what are your hours", "hours_location")

    await talk.hears("mumble", "out_of_scope")

    assert talk.handoff is None


@pytest.mark.parametrize("intent", ["cancel", "refill", "human", "opt_out", "confirm"])
async def test_a_guess_below_the_threshold_is_not_acted_on(intent: str) -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")

    reply = await talk.hears("mmh", intent, confidence=0.2)

    assert reply.startswith("Sorry, I did not get that.")
    assert talk.handoff is None


async def test_what_an_unsure_text_names_is_still_used() -> None:
    talk = await asked_when()

    reply = await talk.hears("thrsdy 3", "refill", confidence=0.2, when=on(THU, "15:00"))

    assert reply.startswith("I have Thu, Mar 5, 3:00 PM")


async def test_a_yes_with_a_further_wish_books_first_and_then_turns_to_it() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    reply = await talk.hears("Yes please. I also need one more visit", "confirm", "book")

    assert reply.startswith("You're booked: Tue, Mar 3, 2:30 PM")
    assert "Now your other visit.\nWhat kind of visit do you need?" in reply


async def test_a_visit_for_a_relative_is_never_booked_for_the_writer() -> None:
    talk = Talk(folder=Folder(("p7", "Zoe", "Zoe Lopez", date(2019, 3, 3))))
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("Yes. I also need to get my kid vaccinated", "confirm", "book", visit_type="Vaccination")
    asked = talk.said
    await talk.hears("Zoe Lopez 3/3/2019", person_name="Zoe Lopez", birth_date="2019-03-03")
    await talk.hears("friday at 1", when=on(FRI, "13:00"))
    await talk.hears("yes", "confirm")

    assert asked == ["book.booked", "book.next_visit", "identity.ask_patient"]
    assert talk.calendar.booked("p1") == ["tue-1430"]
    assert talk.calendar.booked("p7") == ["fri-13"]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        pytest.param("I need an appointment for my daughter", True, id="for"),
        pytest.param("mi hijo necesita una cita", True, id="needs"),
        pytest.param("can I bring my son in on friday", True, id="bring"),
        pytest.param("can my husband come with me", False, id="comes along"),
    ],
)
async def test_whom_a_relative_is_is_asked_where_the_writer_acts_for_nobody(text: str, asks: bool) -> None:
    talk = Talk()

    await talk.hears(text, "book", visit_type="Check-up")

    assert (talk.said[-1] == "identity.ask_patient") is asks


async def test_yes_book_it_is_one_wish_and_not_two() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    reply = await talk.hears("yes book it", "confirm", "book")

    assert talk.said == ["book.booked", "book.bring"]
    assert "Tue" in reply


async def test_two_wishes_in_one_text_are_done_one_after_the_other() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")
    await talk.hears("cancel my visit and refill my pills", "cancel", "refill")

    reply = await talk.hears("yes", "confirm")

    assert reply.startswith("Your visit Tue, Mar 3, 9:00 AM with Dr. Kim is cancelled.\nI cannot handle refills")
    assert talk.handoff.reason == "refill"


async def test_a_question_beside_a_wish_is_answered_first() -> None:
    talk = Talk()

    await talk.hears("where are you and can I get a check-up", "book", "hours_location", visit_type="Check-up")

    assert talk.said == ["bot.intro", "info.hours_location", "book.ask_when"]


async def test_cancel_and_find_another_day_in_one_text_is_a_move() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")

    reply = await talk.hears("need to cancel and reschedule", "cancel", "reschedule")

    assert reply.endswith("What day and time suit you instead?")


async def test_after_a_day_of_silence_the_conversation_starts_anew() -> None:
    talk = await asked_when()
    talk.now += timedelta(days=1, minutes=1)

    await talk.hears("hello", "greeting")

    assert talk.said == ["bot.intro", "bot.offer_help"]


async def test_a_time_without_a_verb_starts_a_booking() -> None:
    talk = Talk()

    reply = await talk.hears("check-up thursday 3pm?", "inform", visit_type="Check-up", when=on(THU, "15:00"))

    assert reply.startswith("I have Thu, Mar 5, 3:00 PM")


async def test_soonest_is_an_answer_to_when() -> None:
    talk = await asked_when()

    await talk.hears("asap", when=When(relation="soonest"))

    assert talk.state.phase is Phase.CHOOSE_SLOT


async def test_later_is_a_wish_and_no_farewell_while_a_time_is_proposed() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("later", "goodbye", when=When(relation="later"))

    assert [slot.id for slot in talk.state.offered] == ["wed-10", "thu-15", "thu-16"]


async def test_names_beside_a_yes_belong_to_the_further_wish() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("Yes. I also need a vaccination for my son", "confirm", "book", visit_type="Vaccination")

    assert talk.calendar.booked("p1") == ["tue-1430"]


async def test_a_doubtful_yes_out_of_the_blue_confirms_nothing() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")

    reply = await talk.hears("idk", "confirm", confidence=0.48)

    assert reply.startswith("Sorry, I did not get that.")
    assert talk.outcome.did == ()


async def test_a_person_guessed_beside_a_wish_to_book_does_not_end_the_booking() -> None:
    talk = Talk()

    await talk.hears("check-up thursday, please search someone", "book", "human", visit_type="Check-up", when=on(THU))

    assert talk.handoff is None
    assert talk.state.phase is Phase.CHOOSE_SLOT


async def test_a_person_asked_for_in_so_many_words_comes_even_beside_a_wish_to_book() -> None:
    talk = Talk()

    await talk.hears("I want thursday but rather talk to a person", "book", "human", when=on(THU))

    assert talk.handoff.reason == "asked"


async def test_what_only_staff_can_do_is_told_to_staff_at_once_though_the_booking_goes_on() -> None:
    talk = Talk()

    await talk.hears("a refill and a check-up on thursday at 3", "inform", "refill", when=on(THU, "15:00"))
    first = talk.outcome.noted
    await talk.hears("check-up", visit_type="Check-up")
    await talk.hears("yes", "confirm")

    assert first == ("refill",)
    assert talk.said == ["book.booked", "book.bring", "handoff.refill"]
    assert talk.outcome.noted == ()


async def test_as_soon_as_possible_confirms_no_visit() -> None:
    talk = Talk()
    talk.calendar.give("thu-15", "p1")

    await talk.hears("as soon as possible please", "confirm", when=When(relation="soonest"))

    assert talk.outcome.did == ()
    assert talk.state.job == "book"


@pytest.mark.parametrize("text", ["running 10 minutes late", "I'll be a bit late", "voy a llegar tarde", "llego tarde"])
async def test_someone_who_is_late_is_thanked_and_staff_are_told(text: str) -> None:
    talk = Talk()

    await talk.hears(text, "out_of_scope")

    assert talk.said == ["bot.intro", "handoff.late"]
    assert talk.handoff.reason == "late"


async def test_staff_are_told_what_was_just_booked() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("Yes. And how much is it?", "cost_insurance", "confirm")

    assert ("visit spoken of last", "2026-03-03 14:30 Dr. Kim") in talk.handoff.facts


async def test_a_question_for_staff_beside_a_change_of_mind_waits_for_it() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")
    await talk.hears("I need a check-up", "book", visit_type="Check-up")

    reply = await talk.hears("no, what does it cost? rather cancel it", "decline", "cost_insurance", "cancel")

    assert talk.state.job == "cancel"
    assert talk.state.later == ("cost_insurance",)
    assert "Cancel" in reply


async def proposed() -> Talk:
    talk = Talk()
    await talk.hears("check-up tuesday at 9", "book", visit_type="Check-up", when=on(TUE, "09:00"))
    assert talk.state.phase is Phase.CONFIRM_SLOT
    return talk


async def test_a_visit_for_a_relative_asked_for_before_the_yes_comes_next() -> None:
    talk = await proposed()

    await talk.hears("Also make an appointment for my son John, please.", "book")

    assert talk.said == ["bot.next", "slots.propose"]
    assert len(talk.state.more) == 1
    await talk.hears("yes", "confirm")
    assert "book.booked" in talk.said
    assert talk.state.phase is not Phase.IDLE  # the son's is taken up


@pytest.mark.parametrize("text", ["On what day?", "which day?", "a que hora?", "¿qué día?"])
async def test_which_day_was_proposed_is_told_again(text: str) -> None:
    talk = await proposed()

    await talk.hears(text, "decline")

    assert talk.said == ["slots.propose"]
    assert talk.state.phase is Phase.CONFIRM_SLOT


async def test_another_day_in_what_sounds_like_asking_again_is_a_new_wish() -> None:
    talk = await proposed()

    await talk.hears("I messed up again, could you change that to the 5th?", "repeat", when=on(THU))

    assert "Thu" in talk.reply


async def test_the_day_after_is_that_after_the_day_on_the_table() -> None:
    talk = await proposed()

    await talk.hears("not that day, the day after", "decline")

    assert "Wed" in talk.reply


async def test_the_week_after_is_that_after_the_times_on_the_table() -> None:
    talk = await proposed()

    await talk.hears("what about the week after", "alternatives")

    windows = talk.state.wish.when.windows if talk.state.wish.when else ()
    assert {(one.first, one.last) for one in windows} == {(date(2026, 3, 9), date(2026, 3, 15))}


async def test_days_said_where_a_kind_of_visit_is_asked_for_are_kept_and_no_failure() -> None:
    talk = Talk()
    await talk.hears("can I come on Tuesday", "book", when=on(TUE))
    assert talk.state.phase is Phase.VISIT_TYPE

    await talk.hears("or Thursday", when=on(THU))
    await talk.hears("Friday", when=on(FRI))

    assert talk.said == ["book.choose_visit_type"]
    assert talk.state.failures == 0
    assert talk.state.wish.when == on(FRI)


async def test_the_week_after_one_that_the_text_names_is_counted_from_that() -> None:
    talk = await proposed()
    beyond = Window(first=date(2026, 3, 16), last=date(2026, 3, 22))
    next_week = tuple(date(2026, 3, day) for day in range(9, 16))

    await talk.hears("not next week, the week after", "decline", when=When(windows=(beyond,), excluded=next_week))

    windows = talk.state.wish.when.windows if talk.state.wish.when else ()
    assert {(one.first, one.last) for one in windows} == {(beyond.first, beyond.last)}
