"""Consent words: STOP in any wording is heard, everyday sentences are not."""

import json
from pathlib import Path
from types import NoneType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consent
from consent import learned
from consent.facts import PHONE_CHANNELS
from consent.keywords import Doubt, Match, consent_word, heard
from hub.types import ChannelKind, OptOutWord, Purpose
from tests.rows import every


def rows_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


ROWS = rows_of(Path(consent.__file__).parent / "examples" / "opt_out.jsonl")
LAST = rows_of(Path(__file__).parent / "opt_out_last.jsonl")
"""By other writers, by whose texts nothing was taught: never add them to the examples. By what the first ten gave,
`HEARD` and how many bits number a feature were chosen, so the figure flatters (docs/bot.md has the plain one). Writer 8
was asked for narrow ends, too (`texts are fine, quit the voicemails`); many of those are asked back about."""
PLAIN = rows_of(Path(__file__).parent / "opt_out_plain.jsonl")
"""By eight writers who came after all that was taught or chosen, without what was known before."""
NARROW = rows_of(Path(__file__).parent / "opt_out_narrow.jsonl")
"""The same by one who was asked for nothing but narrow ends and their mirror images (`I never said stop the texts`):
the hardest that is known."""
EVERYDAY = rows_of(Path(__file__).parents[1] / "bots" / "everyday_last.jsonl")
CARRIER = ["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"]
CARRIER += ["OPT-OUT", "REMOVE", "ARRET", "TD"]


def share(found: list[Match | Doubt | None], kind: type) -> float:
    return sum(
        isinstance(one, kind) and getattr(one, "word", OptOutWord.STOP) is OptOutWord.STOP for one in found
    ) / len(found)


def asks_to_stop(text: str) -> bool:
    found = consent_word(text)
    return found is not None and found.word is OptOutWord.STOP


def test_at_least_99_percent_of_revocations_are_heard():
    wanted = [row["text"] for row in ROWS[::40] if row["word"] == "stop"]
    missed = [text for text in wanted if not asks_to_stop(text)]

    assert len(missed) <= len(wanted) // 100, missed


def test_at_most_1_percent_of_everyday_sentences_are_taken_for_a_revocation():
    everyday = [row["text"] for row in ROWS[::40] if row["word"] == "none"]
    wrong = [text for text in everyday if asks_to_stop(text)]

    assert len(wrong) <= len(everyday) // 100, wrong


def test_opt_outs_of_another_writer_are_heard_or_asked_about():
    wanted, others = ([heard(row["text"]) for row in LAST if row["word"] == word] for word in ("stop", "none"))

    kept, asked = (share(wanted, one) for one in (Match, Doubt))
    false, needless = (share(others, one) for one in (Match, Doubt))

    print(f"heard {kept:.3f}, asked {asked:.3f} of {len(wanted)}")
    print(f"false {false:.3f}, asked {needless:.3f} of {len(others)}")
    assert min(len(wanted), len(others)) >= 2800
    assert kept >= 0.99
    assert kept + asked >= 0.995
    assert false <= 0.01
    assert needless <= 0.05


def test_opt_outs_of_writers_who_came_last_are_heard():
    wanted, others = ([heard(row["text"]) for row in PLAIN if row["word"] == word] for word in ("stop", "none"))

    assert min(len(wanted), len(others)) >= 2000
    assert share(wanted, Match) >= 0.985
    assert share(wanted, Match) + share(wanted, Doubt) >= 0.995
    assert share(others, Match) <= 0.01


def test_narrow_ends_are_mostly_heard_and_hardly_any_is_passed_over():
    wanted, others = ([heard(row["text"]) for row in NARROW if row["word"] == word] for word in ("stop", "none"))

    assert min(len(wanted), len(others)) >= 230
    assert share(wanted, Match) >= 0.89
    assert share(wanted, Match) + share(wanted, Doubt) >= 0.97
    assert share(others, Match) <= 0.11


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("did you take me off the list?", NoneType, id="taken off"),
        pytest.param("Did you guys unsubscribe me?", Doubt, id="unsubscribed"),
        pytest.param("hey, was i removed from the texts?", Doubt, id="removed"),
        pytest.param("have you stopped texting me?", Doubt, id="stopped"),
        pytest.param("did my texts stop?", NoneType, id="ended by themselves"),
        pytest.param("did my texts stop? if not please stop them", Match, id="ended, and a wish"),
        pytest.param("Did yall stop texting reminders? I haven't had one since January", Doubt, id="ended, and missed"),
        pytest.param("if I opt out will I still hear of my results?", NoneType, id="what it would do"),
        pytest.param("si me salgo de las encuestas me mandan lo de las citas?", Doubt, id="es-what it would do"),
        pytest.param("if I reply STOP will it finally stop? ok then STOP", Match, id="what it would do, and a wish"),
        pytest.param("please do not take me off anything", Doubt, id="to be kept"),
        pytest.param("no me quite de la lista por favor", Doubt, id="es-to be kept"),
        pytest.param("¿me quitaron de los mensajes?", Doubt, id="es-taken off"),
        pytest.param("ya me quitaron los puntos, ya no manden recordatorios", Match, id="es-and a wish"),
        pytest.param("did you not see my text? stop texting me", Match, id="and a wish"),
        pytest.param("can you take me off the list?", Match, id="a wish as a question"),
        pytest.param("how do I get off this list?", Match, id="how to"),
    ],
)
def test_whether_messages_were_ended_is_asked_and_ends_none(text, kind):
    assert isinstance(heard(text), kind)


def test_hardly_any_everyday_text_ends_the_messages_and_few_are_asked_about():
    found = [heard(row["text"]) for row in EVERYDAY]

    assert len(found) >= 1300
    assert share(found, Match) <= 0.0025
    assert share(found, Doubt) <= 0.015


def test_no_unseen_text_is_among_the_examples():
    known = {row["text"].casefold() for row in ROWS}

    assert not known & {row["text"].casefold() for row in (*LAST, *PLAIN, *NARROW)}


def test_every_example_names_its_writer():
    assert all(0 < len(row["writer"]) <= 2 for row in ROWS)


@pytest.mark.parametrize(
    "text", ["no", "ok", "12", "C", "", "👍", "yes", "sí", "I can't make it Tuesday", "what time do you open"]
)
def test_what_answers_the_bot_is_no_doubt(text):
    assert heard(text) is None


def test_a_sign_that_stands_for_the_word_is_heard():
    assert asks_to_stop("🛑")


def test_the_weights_are_those_of_the_present_examples():
    """Mended by `python -m consent.train`."""
    from consent import train  # scikit-learn takes a second to import, in every worker

    assert learned.load().version == train.version()


@pytest.mark.parametrize("text", ["", "{}\na\nb\n", '{"version": "1", "bias": 0, "scales": [1, 1]}\nabc\ndef\n'])
def test_damaged_weights_are_refused_by_name(text):
    with pytest.raises(ValueError, match=r"consent/learned\.txt"):
        learned.unpack(text)


def test_what_only_the_learned_screen_hears_says_so():
    found = consent_word("I'd like my number deleted from the text program")

    assert found is not None
    assert (found.word, found.exact) == (OptOutWord.STOP, False)
    assert (found.matched == "learned") == found.list_version.startswith("learned-")


@every("word", [*CARRIER, "opt out", "Alto", "BAJA", "parar", "Cancelar", "detener"])
@every("dress", ["{}", "  {}.", "{}!!!", "\n{}\n", "¡{}!"])
def test_a_carrier_word_alone_is_an_exact_stop(word, dress):
    found = consent_word(dress.format(word))

    assert found is not None
    assert found.word is OptOutWord.STOP
    assert found.exact
    assert found.scope.channels == PHONE_CHANNELS
    assert found.scope.purposes is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("START", OptOutWord.START),
        ("unstop", OptOutWord.START),
        ("Iniciar", OptOutWord.START),
        ("ALTA", OptOutWord.START),
        ("HELP", OptOutWord.HELP),
        ("info", OptOutWord.HELP),
        ("Ayuda!", OptOutWord.HELP),
    ],
)
def test_start_and_help_are_heard_as_bare_words(text, word):
    found = consent_word(text)

    assert found is not None
    assert found.word is word


@pytest.mark.parametrize(
    "text", ["YES", "yes please", "can we start at 9", "help me book", "please text me again", "sí"]
)
def test_nothing_but_the_bare_word_subscribes_or_asks_for_help(text):
    assert consent_word(text) is None


@pytest.mark.parametrize(
    "text", ["no", "No.", "nah", "please start sending me texts again", "quiero volver a recibir los mensajes"]
)
def test_a_bare_no_and_a_wish_to_have_the_texts_again_are_no_stop(text):
    assert consent_word(text) is None


@pytest.mark.parametrize(
    ("text", "channels", "purpose"),
    [
        pytest.param("stop texting me", PHONE_CHANNELS, None, id="texts end calls too"),
        pytest.param("stop calling me, just text", {ChannelKind.VOICE}, None, id="calls only"),
        pytest.param("stop the voicemails please, texts are fine", {ChannelKind.VOICE}, None, id="voicemails only"),
        pytest.param("dejen los textos pero quiten las llamadas", {ChannelKind.VOICE}, None, id="calls only, Spanish"),
        pytest.param("no more texts or calls", PHONE_CHANNELS, None, id="both named"),
        pytest.param("don't call me, don't text me", PHONE_CHANNELS, None, id="neither is offered"),
        pytest.param("please do not text me. do not call me", PHONE_CHANNELS, None, id="nor is a call"),
        pytest.param("please text me no more", PHONE_CHANNELS, None, id="no text is offered"),
        pytest.param("please don't text me, call me instead", {ChannelKind.SMS}, None, id="texts only"),
        pytest.param("stop emailing me", {ChannelKind.EMAIL}, None, id="mail only"),
        pytest.param("no more surveys please", PHONE_CHANNELS, Purpose.SURVEY, id="surveys only"),
        pytest.param("stop the reminders", PHONE_CHANNELS, Purpose.APPOINTMENT, id="reminders only"),
        pytest.param("no me manden publicidad", PHONE_CHANNELS, Purpose.MARKETING, id="marketing only, Spanish"),
    ],
)
def test_the_scope_is_what_the_person_named(text, channels, purpose):
    found = consent_word(text)

    assert found is not None
    assert found.scope.channels == channels
    assert found.scope.purposes == (frozenset({purpose}) if purpose else None)


def test_a_match_holds_no_text_of_the_person():
    found = consent_word("please stop texting me about my knee")

    assert found is not None
    assert "knee" not in repr(found)
    assert found.matched == "stop-contacting"
    assert found.list_version.startswith("en-")


@given(st.text(max_size=300), st.sampled_from(["en", "es", None]))
def test_listening_never_fails(text, language):
    found = consent_word(text, language)

    assert found is None or found.word in OptOutWord


@pytest.mark.parametrize("unit", ["stop ", "please ", "dont text ", "stop the all these ", "no quiero recibir ", "a"])
def test_a_long_text_is_never_the_bare_word(unit):
    found = consent_word(unit * (10_000 // len(unit)))

    assert found is None or not found.exact
