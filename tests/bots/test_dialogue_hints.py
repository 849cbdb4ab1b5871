"""Turns of phrase that change what an answer means."""

from collections.abc import Callable

import pytest

from bots.dialogue import hints


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
        ("my name is Ana-María Soler", "Ana-María Soler"),
        ("why do you need to know that?", None),
        ("12", None),
        ("", None),
    ],
)
def test_a_bare_name_is_letters_and_short(text: str, name: str | None) -> None:
    assert hints.bare_name(text) == name
