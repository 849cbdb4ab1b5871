"""Turns of phrase that change what an answer means."""

from collections.abc import Callable

import pytest

from bots.dialogue import hints
from tests.bots.talk import THU, on


@pytest.mark.parametrize(
    ("hint", "text", "found"),
    [
        (hints.never_mind, "Nevermind!", True),
        (hints.never_mind, "never mind", True),
        (hints.never_mind, "my mind is made up: friday", False),
        (hints.another_provider, "is there a different doctor?", True),
        (hints.another_provider, "otra doctora por favor", True),
        (hints.another_provider, "another day with the doctor", False),
        (hints.another_provider, "the other one, dr lee", True),
        (hints.anyone, "anyone is fine", True),
        (hints.anyone, "anyone else?", False),
        (hints.any_time, "any day works", True),
        (hints.any_time, "monday", False),
        (hints.also, "yes, and my son needs one too", True),
        (hints.also, "I need another appointment", True),
        (hints.also, "another day please", False),
        (hints.that_visit, "make it wednesday", True),
        (hints.that_visit, "cámbiala al jueves", True),
        (hints.that_visit, "is it possible to get an appointment", False),
        (hints.that_visit, "quiero una cita con la dentista", False),
        (hints.somebody_else, "a visit for my daughter", True),
        (hints.somebody_else, "a visit for my knee", False),
        (hints.for_a_person, "can someone call me", True),
        (hints.for_a_person, "please search someone", False),
        (hints.one_of_them, "la del jueves", True),
        (hints.one_of_them, "thursday for one in the afternoon", False),
        (hints.negated, "don't cancel", True),
        (hints.negated, "noon", False),
        (hints.go_ahead, "ok book it", True),
        (hints.go_ahead, "don't book it", False),
        (hints.go_ahead, "I want to book an appointment", False),
        (hints.bare_number, " 2. ", True),
        (hints.bare_number, "option 2", True),
        (hints.bare_number, "2pm", False),
        (hints.bare_number, "12", False),
    ],
)
def test_a_hint_is_found_where_it_is_meant(hint: Callable[[str], bool], text: str, found: bool) -> None:
    assert hint(text) is found


@pytest.mark.parametrize(("text", "letter"), [("C", "c"), (" r. ", "r"), ("cc", ""), ("1", ""), ("", "")])
def test_a_key_is_one_letter(text: str, letter: str) -> None:
    assert hints.key(text) == letter


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Angela", "Angela"),
        ("it's Angela O'Neil.", "Angela O'Neil"),
        ("me llamo José Luis", "José Luis"),
        ("it's for Leo", "Leo"),
        ("for my son Leo", "Leo"),
        ("es para mi hija Eva", "Eva"),
        ("my name is Ana-María Soler", "Ana-María Soler"),
        ("why do you need to know that?", None),
        ("12", None),
        ("", None),
    ],
)
def test_a_bare_name_is_letters_and_short(text: str, name: str | None) -> None:
    assert hints.bare_name(text) == name


@pytest.mark.parametrize(
    ("text", "points_at_the_day"), [("the thursday one", True), ("thursday at one pm", False), ("thursday at 1", False)]
)
def test_one_is_no_hour_where_it_points_at_a_thing_shown(text: str, points_at_the_day: bool) -> None:
    said = on(THU, "13:00").windows

    assert hints.pointing(said, text) == (on(THU).windows if points_at_the_day else said)


@pytest.mark.parametrize(("choice", "row"), [(1, "a"), (3, "c"), (-1, "c"), (0, None), (4, None), (-4, None)])
def test_a_number_picks_from_one_or_from_the_end(choice: int, row: str | None) -> None:
    assert hints.nth(("a", "b", "c"), choice) == row


@pytest.mark.parametrize(
    ("text", "words", "others"),
    [
        ("move my Thursday visit to friday", "Thursday", "move my  visit to friday"),
        ("cancelar mi cita del jueves", "jueves", "cancelar mi cita del "),
        ("move it to friday", "", "move it to friday"),
    ],
)
def test_the_words_that_name_a_visit_are_told_from_the_others(text: str, words: str, others: str) -> None:
    assert hints.my_visit(text) == (words, others)
