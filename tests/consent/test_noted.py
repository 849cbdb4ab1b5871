"""What staff write down: that somebody wants no more messages, or only something like it."""

import pytest

from consent.keywords import noted


@pytest.mark.parametrize(
    "text",
    [
        "Pt called, says stop texting her.",
        "Patient does not want any more messages",
        "mother opted out by phone",
        "She revoked her consent at the desk",
        "no more reminders please, per patient",
        "please take her off the list, doesn't want to be called",
        "La paciente no quiere recibir más mensajes",
        "pidió la baja por teléfono",
        "retira su consentimiento",
    ],
)
def test_a_note_that_says_so_is_noticed(text):
    assert noted(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Left a voicemail.",
        "Pt wants a text when the form is ready",
        "called her back, all good",
        "necesita baja médica",
    ],
)
def test_other_notes_are_left_alone(text):
    assert noted(text) is None
