"""Several visits in one text, one place on the waitlist, and what to bring: as the assistant takes them up."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.dates import When
from bots.dialogue import Heard, Known, Phase, State, Subject
from bots.dialogue.needs import Needs, read
from bots.dialogue.several import MOST, parted
from bots.nlu.model import Catalogue, Meaning
from hub.errors import SettingsError
from hub.types import Language
from tests.bots.talk import FRI, NOW, THU, TUE, WED, Calendar, Talk, on, slot

CATALOGUE = Catalogue(
    providers=("Dr. Kim", "Dr. Lee"),
    specialties=("Dentistry", "Dermatology", "Family medicine"),
    visit_types=("Check-up", "Dental cleaning", "Skin check"),
)
ALONE = Known("p1", "Dana")
FAMILY = Known("p1", "Dana", (Subject("p2", "Noah"), Subject("p3", "Ella")))


def visits_in(text: str, language: Language = "en", standing: Known = ALONE) -> list[tuple[object, ...]]:
    talk = Talk(standing=standing, catalogue=CATALOGUE, language=language)
    meaning = Meaning(intent="book", confidence=0.9, intents=("book",), language=language)
    state = parted(State(), Heard(meaning=meaning, text=text, at=NOW), talk.context)
    if not state.more:
        return []
    first = (state.wish.visit_type or state.wish.specialty, state.wish.when and state.wish.when.date, state.person_id)
    others = (
        (one.wish.visit_type or one.wish.specialty, one.wish.when and one.wish.when.date, one.person_id)
        for one in state.more
    )
    return [first, *others]


@pytest.mark.parametrize(
    ("text", "language", "visits"),
    [
        pytest.param(
            "a check-up thursday at 3 and a dental cleaning friday at 10",
            "en",
            [("Check-up", THU, None), ("Dental cleaning", FRI, None)],
            id="each with its day",
        ),
        pytest.param(
            "I need a cleaning, and also a skin check on wednesday",
            "en",
            [("Dental cleaning", WED, None), ("Skin check", WED, None)],
            id="a day at the end is for both",
        ),
        pytest.param(
            "necesito un chequeo el jueves y también una limpieza dental el viernes",
            "es",
            [("Check-up", THU, None), ("Dental cleaning", FRI, None)],
            id="spanish",
        ),
    ],
)
def test_kinds_of_visit_that_are_listed_are_visits_of_their_own(
    text: str, language: Language, visits: list[tuple[object, ...]]
) -> None:
    assert visits_in(text, language) == visits


def test_a_visit_for_each_of_several_persons() -> None:
    assert [visit[2] for visit in visits_in("a check-up for me and one for Noah on friday", standing=FAMILY)] == [
        "p1",
        "p2",
    ]
    assert [visit[2] for visit in visits_in("both my kids need a check-up", standing=FAMILY)] == ["p2", "p3"]


@pytest.mark.parametrize(
    "text",
    [
        "I need a check-up on thursday or friday",
        "a cleaning, please, and thanks",
        "I want to see a dentist for a cleaning",
        "a check-up and I have a fever",
        "check-up, thursday, after 3, not with dr lee",
        "my tooth hurts and I feel bad",
    ],
)
def test_one_visit_told_at_length_stays_one(text: str) -> None:
    assert visits_in(text) == []


@settings(max_examples=50)
@given(st.text(max_size=120))
def test_no_text_asks_for_more_visits_than_are_taken_up(text: str) -> None:
    assert len(visits_in(text, standing=FAMILY)) <= MOST


def dentist_too() -> Calendar:
    own = slot("fri-10", "03-06 10:00", "Dr. Petrov", "Dental cleaning", "Dentistry")
    early = slot("thu-15b", "03-05 15:00", "Dr. Petrov", "Dental cleaning", "Dentistry")
    later = slot("thu-16b", "03-05 16:00", "Dr. Petrov", "Dental cleaning", "Dentistry")
    return Calendar(NOW, (slot("thu-15", "03-05 15:00"), early, later, own))


async def test_the_second_visit_follows_the_first_and_what_to_bring_is_told_once() -> None:
    talk = Talk(calendar=dentist_too(), catalogue=CATALOGUE)
    text = "a check-up thursday at 3 and a dental cleaning friday at 10"

    await talk.hears(text, "book", visit_type="Check-up", specialty="Dentistry", when=on(THU, "15:00"))
    await talk.hears("yes", "confirm")
    first = talk.said
    await talk.hears("yes", "confirm")

    assert first == ["book.booked", "book.next_visit", "slots.propose"]
    assert talk.said == ["book.booked", "book.bring"]
    assert talk.calendar.booked("p1") == ["fri-10", "thu-15"]


async def test_nobody_is_offered_a_second_visit_while_they_are_at_the_first() -> None:
    talk = Talk(calendar=dentist_too(), catalogue=CATALOGUE)

    await talk.hears("a check-up thursday at 3 and a dental cleaning the same day", "book", when=on(THU, "15:00"))
    await talk.hears("yes", "confirm")

    assert [one.id for one in talk.state.offered] == ["thu-16b"]


async def test_who_is_handed_over_leaves_staff_the_visits_that_wait() -> None:
    talk = Talk(calendar=dentist_too(), catalogue=CATALOGUE)
    await talk.hears("a check-up thursday at 3 and a dental cleaning friday at 10", "book", when=on(THU, "15:00"))

    await talk.hears("let me talk to a person", "human")

    assert ("also wants", "Dental cleaning 2026-03-06 10:00") in talk.handoff.facts
    assert talk.state.more == ()


async def test_no_to_what_is_nearest_offers_the_waitlist_and_yes_keeps_a_place_for_the_days_wished() -> None:
    talk = Talk()
    await talk.hears("check-up mar 8", "book", visit_type="Check-up", when=on(FRI.replace(day=8)))

    await talk.hears("no", "decline")
    asked = talk.said
    await talk.hears("yes please", "confirm")

    assert asked == ["slots.wait"]
    assert talk.said == ["handoff.waitlist"]
    waits = talk.handoff.waits
    assert (waits.person_id, waits.visit_type, waits.when.date) == ("p1", "Check-up", FRI.replace(day=8))


async def test_the_waitlist_may_be_asked_for_at_any_time() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("put me on the wait list for friday instead", "human", when=on(FRI))

    assert talk.handoff.reason == "waitlist"
    assert talk.handoff.waits.when.date == FRI


async def test_a_wish_for_no_kind_of_visit_is_left_to_staff_and_nothing_is_promised() -> None:
    talk = Talk()
    await talk.hears("I want to see dr kim", "book", provider="Dr. Kim")

    await talk.hears("just put me on the waitlist", "human")

    assert talk.said == ["handoff.no_time"]
    assert talk.handoff.waits is None


async def test_the_same_nearest_times_are_not_shown_twice() -> None:
    talk = Talk()
    await talk.hears("check-up mar 8", "book", visit_type="Check-up", when=on(FRI.replace(day=8)))

    await talk.hears("only the 8th", "inform", when=on(FRI.replace(day=8)))

    assert talk.state.phase is Phase.OFFER_STAFF


async def test_a_number_out_of_an_older_list_books_nothing() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("2", "select", confidence=0.95)

    assert talk.calendar.booked("p1") == []


async def test_a_visit_goes_to_whom_the_writer_corrects_it_to() -> None:
    talk = Talk(standing=FAMILY)
    await talk.hears("check-up for Noah tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("no sorry, it's for Ella", "decline")

    assert talk.said[0] == "identity.for_whom"
    assert talk.state.person_id == "p3"


async def test_a_day_said_before_it_is_known_for_whom_is_kept() -> None:
    talk = Talk(standing=FAMILY)
    await talk.hears("I need a check-up", "book", visit_type="Check-up")

    await talk.hears("thursday", "inform", when=on(THU))
    await talk.hears("Noah", "inform")

    assert [one.id for one in talk.state.offered] == ["thu-15", "thu-16"]


async def test_what_to_bring_is_told_of_the_next_visit_and_how_to_prepare_is_asked_of_staff() -> None:
    talk = Talk()
    talk.calendar.give("thu-15", "p1")

    await talk.hears("what do I need to bring?", "out_of_scope")
    brought = talk.said
    await talk.hears("do I have to fast?", "out_of_scope")

    assert brought == ["bot.intro", "visits.one", "book.bring"]
    assert talk.handoff.reason == "prepare"


def test_needs_are_told_by_the_kind_of_visit_else_for_every_one(tmp_path: Path) -> None:
    file = tmp_path / "needs.toml"
    file.write_text('[every]\nen = "Bring a card."\n["Skin check"]\nen = "No make-up."\nes = "Sin maquillaje."\n')

    needs = read(file)

    assert needs.of("Skin check", "es") == "Sin maquillaje."
    assert needs.of("Check-up", "es") == "Bring a card."
    assert Needs().of("Check-up", "en") is None
    assert (needs.tells("Skin check"), needs.tells("Check-up")) == (True, False)


@pytest.mark.parametrize(
    "text", ["not toml", '["Check-up"]\nes = "Sin inglés."\n', '["Check-up"]\nen = 3\n', "a = 1\n"]
)
def test_needs_that_cannot_be_told_are_refused_with_the_setting_s_name(text: str, tmp_path: Path) -> None:
    file = tmp_path / "needs.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match="HUB_VISIT_NEEDS_FILE"):
        read(file)


@pytest.mark.parametrize(
    ("text", "slot_id"),
    [
        pytest.param("can I come an hour later?", "thu-16", id="later"),
        pytest.param("una hora después", "thu-16", id="spanish"),
    ],
)
async def test_so_much_later_is_counted_from_the_time_on_the_table(text: str, slot_id: str) -> None:
    talk = Talk()
    await talk.hears("check-up thu 3", "book", visit_type="Check-up", when=on(THU, "15:00"))

    await talk.hears(text, "alternatives", when=When(relation="later"))

    assert [one.id for one in talk.state.offered] == [slot_id]


async def test_later_that_day_stays_on_the_day() -> None:
    hours = (9, 10, 11, 16)
    talk = Talk(calendar=Calendar(NOW, tuple(slot(f"tue-{hour}", f"03-03 {hour:02d}:00") for hour in hours)))
    await talk.hears("check-up soonest", "book", visit_type="Check-up", when=When(relation="soonest"))

    await talk.hears("anything later that day?", "alternatives", when=When(relation="later"))

    assert [one.id for one in talk.state.offered] == ["tue-16"]


async def test_to_cancel_what_was_just_booked_and_book_another_day_is_to_move_it() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))
    await talk.hears("yes", "confirm")

    await talk.hears("cancel that and book thursday at 3", "cancel", "book", when=on(THU, "15:00"))
    asked = talk.said
    await talk.hears("yes", "confirm")

    assert asked == ["move.of", "slots.propose_move"]
    assert talk.calendar.booked("p1") == ["thu-15"]


async def test_no_rather_cancel_it_is_a_wish_to_cancel() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")
    await talk.hears("move my visit to thursday", "reschedule", when=on(THU))

    await talk.hears("no, cancel it instead", "decline", "cancel")

    assert talk.said == ["cancel.ask"]


@pytest.mark.parametrize(
    ("text", "said", "day"),
    [
        pytest.param("the later one", {"when": When(relation="later")}, FRI, id="later"),
        pytest.param("whichever is sooner", {"when": When(relation="earlier")}, THU, id="sooner"),
        pytest.param("this friday", {"when": on(FRI)}, FRI, id="named"),
    ],
)
async def test_of_two_readings_one_is_picked_in_words(text: str, said: dict[str, object], day: object) -> None:
    talk = Talk()
    both = When(windows=on(THU).windows, ambiguous=(*on(THU).windows, *on(FRI).windows))
    await talk.hears("check-up next friday", "book", visit_type="Check-up", when=both)

    await talk.hears(text, "inform", **said)

    assert talk.state.wish.when.date == day


async def test_a_thumb_up_is_a_yes_and_afterwards_a_courtesy() -> None:
    talk = Talk()
    await talk.hears("check-up tue 2:30", "book", visit_type="Check-up", when=on(TUE, "14:30"))

    await talk.hears("\U0001f44d\U0001f3fd", "inform", confidence=0.0)
    booked = talk.calendar.booked("p1")
    await talk.hears("\U0001f44d", "out_of_scope", confidence=0.0)

    assert booked == ["tue-1430"]
    assert talk.said == ["bot.welcome"]


async def test_a_visit_to_be_given_up_is_none_to_be_booked() -> None:
    talk = Talk(calendar=dentist_too(), catalogue=CATALOGUE)
    talk.calendar.give("fri-10", "p1")

    await talk.hears("cancel my cleaning on friday and book a check-up thursday", "cancel", "book", when=on(FRI))

    assert talk.said == ["bot.intro", "cancel.ask"]
    await talk.hears("yes", "confirm")

    assert talk.said[:2] == ["cancel.done", "book.next_visit"]
    assert talk.state.wish.visit_type == "Check-up"
    assert [one.id for one in talk.state.offered] == ["thu-15"]


@pytest.mark.parametrize(
    ("text", "language", "kind", "day", "foreign", "foreign_part"),
    [
        pytest.param(
            "I need a cleaning tue at 3 and a flu shot any morning",
            "en",
            "Dental cleaning",
            TUE,
            "flu shot",
            "morning",
            id="each with its own time",
        ),
        pytest.param(
            "una vacuna contra la gripe por la mañana y una limpieza dental el martes a las 3",
            "es",
            "Dental cleaning",
            TUE,
            "flu shot",
            "morning",
            id="spanish, said first",
        ),
        pytest.param(
            "do you do x-rays? and i need a check-up friday at 3",
            "en",
            "Check-up",
            FRI,
            "x-ray",
            None,
            id="an hour is not shared",
        ),
    ],
)
def test_a_kind_that_the_clinic_does_not_have_keeps_its_time_and_leaves_that_of_the_other(
    text: str, language: Language, kind: str, day: object, foreign: str, foreign_part: str | None
) -> None:
    talk = Talk(standing=ALONE, catalogue=CATALOGUE, language=language)
    meaning = Meaning(intent="book", confidence=0.9, intents=("book",), language=language)

    state = parted(State(), Heard(meaning=meaning, text=text, at=NOW), talk.context)

    assert (state.wish.visit_type, state.more) == (kind, ())
    assert state.wish.when is not None
    assert (state.wish.when.date, len(state.wish.when.windows)) == (day, 1)
    ((visit_type, when),) = ((one.visit_type, one.when) for one in state.elsewhere)
    assert (visit_type, when.part_of_day if when else None) == (foreign, foreign_part)


@pytest.mark.parametrize(
    "text",
    [
        "I had a blood test last week and need a check-up friday",
        "a check-up friday, it's a follow-up",
        "I need a flu shot any morning",
        "a check-up friday and my blood test results",
    ],
)
def test_what_only_speaks_of_another_kind_asks_for_none(text: str) -> None:
    talk = Talk(standing=ALONE, catalogue=CATALOGUE)
    meaning = Meaning(intent="book", confidence=0.9, intents=("book",), language="en")

    assert parted(State(), Heard(meaning=meaning, text=text, at=NOW), talk.context).elsewhere == ()
