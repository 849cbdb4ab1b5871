"""Who writes: asked before anything is disclosed or changed, and never guessed."""

from datetime import date

import pytest

from bots.dialogue import Known, Phase, Shared, Unknown
from tests.bots.talk import THU, Folder, Talk, on

FAMILY = Folder(
    ("p1", "Ana", "Ana Soler", date(1985, 4, 23)),
    ("p2", "Luis", "Luis Soler", date(2014, 1, 2)),
    ("p3", "Ana", "Ana Soler", date(2016, 7, 9)),
)


def shared(*candidates: str) -> Talk:
    talk = Talk(standing=Shared(candidates), folder=FAMILY)
    talk.calendar.give("tue-9", "p1")
    talk.calendar.give("thu-16", "p2")
    return talk


def unknown() -> Talk:
    talk = Talk(standing=Unknown(), folder=Folder(*FAMILY.rows[:2]))
    talk.calendar.give("tue-9", "p1")
    return talk


async def test_a_shared_number_is_asked_for_a_first_name_before_a_visit_is_told() -> None:
    talk = shared("p1", "p2")

    asked = await talk.hears("when is my appointment", "appointment_status")
    told = await talk.hears("Luis", person_name="Luis")

    assert asked == "First, to keep records apart: what is the patient's first name?"
    assert told == "Your next visit: Thu, Mar 5, 4:00 PM with Dr. Lee, Main St."
    assert talk.state.person_id == "p2"


async def test_the_same_first_name_twice_is_told_apart_by_birth_date() -> None:
    talk = shared("p1", "p3")
    await talk.hears("when is my appointment", "appointment_status")

    asked = await talk.hears("Ana", person_name="Ana")
    told = await talk.hears("April 23 1985", birth_date="1985-04-23")

    assert asked == "And the patient's date of birth (like 4/23/1985)?"
    assert told.startswith("Your next visit: Tue, Mar 3")


async def test_two_failed_identifications_are_left_to_a_person() -> None:
    talk = shared("p1", "p2")
    await talk.hears("cancel my appointment", "cancel")

    again = await talk.hears("Marta", person_name="Marta")
    await talk.hears("Marta Gil, 1/1/1990", person_name="Marta Gil", birth_date="1990-01-01")

    assert again.startswith("I could not find that.")
    assert talk.handoff.reason == "identity"
    assert "Tue" not in talk.reply


async def test_an_unknown_number_that_matches_may_book_a_new_visit() -> None:
    talk = unknown()

    asked = await talk.hears("check-up thursday at 3", "book", visit_type="Check-up", when=on(THU, "15:00"))
    reply = await talk.hears("Ana Soler 4/23/1985", person_name="Ana Soler", birth_date="1985-04-23")
    await talk.hears("yes", "confirm")

    assert asked.startswith("I do not know this number yet.")
    assert reply == "I have Thu, Mar 5, 3:00 PM with Dr. Kim. Book it? Reply YES or NO."
    assert talk.calendar.booked("p1") == ["thu-15", "tue-9"]


async def test_an_unknown_number_is_asked_for_what_is_missing_of_name_and_birth_date() -> None:
    talk = unknown()
    await talk.hears("book a check-up", "book", visit_type="Check-up")

    assert "date of birth" in await talk.hears("Ana Soler", person_name="Ana Soler")
    assert "What day and time" in await talk.hears("4/23/85", birth_date="1985-04-23")


@pytest.mark.parametrize("job", ["appointment_status", "cancel", "reschedule", "confirm"])
async def test_an_unverified_number_neither_sees_nor_changes_visits(job: str) -> None:
    talk = unknown()
    await talk.hears("my appointment please", job)

    reply = await talk.hears("Ana Soler 4/23/1985", person_name="Ana Soler", birth_date="1985-04-23")

    assert talk.handoff.reason == "unverified"
    assert "Mar" not in reply
    assert "Kim" not in reply
    assert talk.calendar.booked("p1") == ["tue-9"]


async def test_a_new_patient_goes_to_staff_with_what_was_collected() -> None:
    talk = unknown()
    await talk.hears("check-up thursday", "book", visit_type="Check-up", when=on(THU))

    await talk.hears("Marta Gil 1/1/1990", person_name="Marta Gil", birth_date="1990-01-01")

    assert talk.handoff.reason == "new_patient"
    assert dict(talk.handoff.facts) == {
        "wants": "book",
        "visit type": "Check-up",
        "when": "2026-03-05",
        "name given": "Marta Gil",
        "birth date given": "1990-01-01",
    }


async def test_a_bare_name_is_understood_though_the_engine_did_not_mark_it() -> None:
    talk = shared("p1", "p2")
    await talk.hears("when is my visit", "appointment_status")

    assert "Thu, Mar 5" in await talk.hears("it's Luis.", "out_of_scope", confidence=0.3)


@pytest.mark.parametrize(
    ("intent", "template"), [("hours_location", "info.hours_location"), ("human", "handoff.asked")]
)
async def test_hours_and_a_person_need_no_name(intent: str, template: str) -> None:
    talk = unknown()

    await talk.hears("…", intent)

    assert talk.said == ["bot.intro", template]


async def test_a_person_found_outside_the_number_s_own_is_not_believed() -> None:
    class Careless(Folder):
        async def identify(self, candidates: object, name: str, birth_date: object) -> object:
            return await super().identify(None, name, None)

    talk = Talk(standing=Shared(("p2", "p3")), folder=Careless(FAMILY.rows[0]))
    talk.calendar.give("tue-9", "p1")
    await talk.hears("when is my visit", "appointment_status")

    reply = await talk.hears("Ana", person_name="Ana")

    assert "Tue" not in reply
    assert talk.state.person_id is None


async def test_who_was_identified_is_forgotten_when_the_number_is_known_to_be_another_s() -> None:
    talk = shared("p1", "p2")
    await talk.hears("when is my visit", "appointment_status")
    await talk.hears("Luis", person_name="Luis")
    talk.standing = Known("p1", "Ana")

    assert "Tue, Mar 3" in await talk.hears("when is my visit", "appointment_status")


async def test_on_a_shared_number_a_name_in_the_wish_is_enough_and_another_name_is_another_person() -> None:
    folder = Folder(("p1", "Ana", "Ana Lopez", date(1985, 4, 23)), ("p2", "Leo", "Leo Lopez", date(2015, 1, 2)))
    talk = Talk(standing=Shared(("p1", "p2")), folder=folder)
    talk.calendar.give("tue-9", "p1")
    talk.calendar.give("thu-16", "p2")

    first = await talk.hears("cancel leo's appointment", "cancel")
    await talk.hears("no", "decline")
    second = await talk.hears("and when is Ana's visit?", "appointment_status")

    assert "Thu, Mar 5, 4:00 PM" in first
    assert "Tue, Mar 3, 9:00 AM" in second


async def test_on_a_shared_number_a_word_that_is_nobodys_name_is_asked_about_as_if_none_was_said() -> None:
    folder = Folder(("p1", "Ana", "Ana Lopez", date(1985, 4, 23)), ("p2", "Leo", "Leo Lopez", date(2015, 1, 2)))
    talk = Talk(standing=Shared(("p1", "p2")), folder=folder)

    await talk.hears("a check-up for Blueberry", "book", visit_type="Check-up")

    assert talk.said == ["bot.intro", "identity.ask_first_name"]


async def test_a_kind_of_visit_where_a_name_is_asked_for_names_nobody() -> None:
    talk = Talk(standing=Unknown())
    await talk.hears("I need an appointment", "book")
    assert talk.state.phase is Phase.NAME

    await talk.hears("check-up")

    assert talk.state.phase is Phase.NAME
    assert talk.state.name is None
    assert talk.state.wish.visit_type == "Check-up"
