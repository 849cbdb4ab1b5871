"""By which way, or how seldom: wishes in plain words, and words that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.keywords import consent_word
from consent.wishes import prepare, wish


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *(
            (text, "email")
            for text in (
                "email me instead",
                "Please e-mail me instead.",
                "Can you email me instead of texting?",
                "I'd prefer email",
                "I would prefer emails please",
                "just email me from now on",
                "switch me to email please",
                "email only please",
                "contact me by email instead",
                "mejor por correo",
                "Prefiero correo electrónico",
                "prefiero que me escriban por correo",
                "escríbanme por correo mejor",
                "mejor mándenme un email",
            )
        ),
        *(
            (text, "sms")
            for text in (
                "text me instead",
                "Could you text me instead of calling",
                "I prefer texts",
                "text only please",
                "send reminders by text please",
                "mejor por texto",
                "prefiero mensajes de texto",
            )
        ),
        *(
            (text, "fewer")
            for text in (
                "less messages please",
                "fewer texts please",
                "too many messages",
                "You text too much",
                "please text me less",
                "menos mensajes por favor",
                "demasiados mensajes",
            )
        ),
    ],
)
def test_a_wish_is_heard_and_is_no_opt_out(text, wanted):
    heard = wish(text)

    assert heard is not None
    assert heard.wanted == wanted
    assert consent_word(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "STOP",
        "can you email me the form",
        "my email is ana@example.org",
        "did you get my email?",
        "please call me instead",
        "don't email me",
        "I got your text",
        "text me when the doctor is ready",
        "less pain today",
        "no more messages",
        "I have too many appointments",
        "can I come on Tuesday instead",
        "no tengo correo",
        "me mandaron un mensaje",
        "mi correo es ana@example.org",
        "I would rather have an earlier appointment",
        "there were too many people in the waiting room and I could not find the place where one hands in the form you "
        "asked me to email instead",
    ],
)
def test_other_words_are_no_wish(text):
    assert wish(text) is None


@pytest.mark.parametrize("text", ["don't text me so often", "no me manden tantos mensajes"])
def test_what_may_be_an_opt_out_is_taken_for_one(text):
    assert consent_word(text) is not None


@given(st.text(max_size=200))
def test_listening_never_fails(text):
    prepare()

    wish(text)
