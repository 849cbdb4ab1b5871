"""Whom it is for, when a parent or another proxy writes: asked, and never booked under the writer's own record."""

import pytest

from bots.dialogue import Known, Subject
from tests.bots.talk import THU, Talk, on

NOAH, MIA = Subject("p2", "Noah"), Subject("p3", "Mia")


def parent(*wards: Subject, patient: bool = True) -> Talk:
    talk = Talk(standing=Known("p1", "Dana", wards or (NOAH,), patient))
    talk.calendar.give("tue-9", "p1")
    talk.calendar.give("thu-16", "p2")
    return talk


async def test_a_known_proxy_is_asked_whom_the_visit_is_for_and_it_is_booked_for_them() -> None:
    talk = parent()

    asked = await talk.hears("check-up thursday at 3", "book", visit_type="Check-up", when=on(THU, "15:00"))
    put = await talk.hears("2", "select", choice=2)
    await talk.hears("yes", "confirm")

    assert asked == "Who is this for?\n1) Dana\n2) Noah"
    assert put.startswith("This is for Noah.\nI have Thu, Mar 5, 3:00 PM")
    assert talk.calendar.booked("p2") == ["thu-15", "thu-16"]
    assert talk.calendar.booked("p1") == ["tue-9"]


@pytest.mark.parametrize("words", ["a check-up for my son thursday at 3", "thursday at 3 for Noah please"])
async def test_who_says_for_whom_is_not_asked(words: str) -> None:
    talk = parent()

    await talk.hears(words, "book", visit_type="Check-up", when=on(THU, "15:00"))
    await talk.hears("yes", "confirm")

    assert talk.calendar.booked("p2") == ["thu-15", "thu-16"]


async def test_for_my_son_is_asked_where_there_are_two_children() -> None:
    talk = parent(NOAH, MIA)

    asked = await talk.hears("a check-up for my kid", "book", visit_type="Check-up")
    told = await talk.hears("Mia")

    assert asked.endswith("1) Dana\n2) Noah\n3) Mia")
    assert told.startswith("This is for Mia.")


@pytest.mark.parametrize(
    ("words", "whose"),
    [("for me", "Tue, Mar 3"), ("myself", "Tue, Mar 3"), ("Noah", "Thu, Mar 5"), ("my son", "Thu, Mar 5")],
)
async def test_visits_are_told_of_whom_the_answer_names(words: str, whose: str) -> None:
    talk = parent()
    await talk.hears("when is the appointment", "appointment_status")

    assert f"Your next visit: {whose}" in await talk.hears(words)


async def test_an_answer_that_names_nobody_is_asked_again_and_then_left_to_a_person() -> None:
    talk = parent()
    await talk.hears("when is the appointment", "appointment_status")

    again = await talk.hears("the usual", "out_of_scope", confidence=0.2)
    await talk.hears("the other one", "out_of_scope", confidence=0.2)

    assert "1) Dana\n2) Noah" in again
    assert talk.handoff is not None
    assert talk.handoff.reason == "not_understood"
    assert "Mar" not in talk.reply


async def test_a_further_wish_is_asked_about_anew() -> None:
    talk = parent()
    await talk.hears("when is Noah's appointment", "appointment_status")

    asked = await talk.hears("and a check-up", "book", visit_type="Check-up")

    assert "Who is this for?" in asked or "Reply 1" in asked


async def test_moving_the_visit_just_told_stays_with_whose_it_is() -> None:
    talk = parent()
    await talk.hears("when is Noah's appointment", "appointment_status")

    await talk.hears("move it to thursday at 3", "reschedule", when=on(THU, "15:00"))
    await talk.hears("3", "select", choice=3)

    assert talk.calendar.booked("p2") == ["thu-15"]


async def test_who_is_no_patient_and_acts_for_one_alone_is_not_asked() -> None:
    talk = parent(patient=False)

    assert "Thu, Mar 5" in await talk.hears("when is the appointment", "appointment_status")


async def test_more_than_three_are_told_apart_by_first_name() -> None:
    talk = parent(NOAH, MIA, Subject("p4", "Zoë"))

    asked = await talk.hears("book a check-up", "book", visit_type="Check-up")

    assert asked == "First, to keep records apart: what is the patient's first name?"
    assert (await talk.hears("zoe")).startswith("This is for Zoë.")


async def test_who_acts_for_nobody_is_asked_nothing() -> None:
    talk = Talk()
    talk.calendar.give("tue-9", "p1")

    assert "Tue, Mar 3" in await talk.hears("when is my appointment", "appointment_status")


@pytest.mark.parametrize("words", ["para mi hijo", "Noah", "es para Noah por favor"])
async def test_it_is_asked_and_understood_in_spanish(words: str) -> None:
    talk = parent()
    talk.language = "es"

    asked = await talk.hears("cuándo es la cita", "appointment_status")
    told = await talk.hears(words)

    assert asked == "¿Para quién es?\n1) Dana\n2) Noah"
    assert told.startswith("Esto es para Noah.")
