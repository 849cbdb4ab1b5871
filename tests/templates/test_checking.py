"""Texts are looked through while they are written."""

from pathlib import Path

import pytest

from hub.errors import TemplateError
from hub.types import ChannelKind
from templates import load, render, shipped
from templates.checking import measured, problems

TEXT = """
["a.text"]
version = 1
level = "limited"
variables = { name = "text", days = "plural" }
text = "Dear {name}, in {days}."
plurals.days = { one = "one day", other = "{n} days" }
"""


def library(folder: Path, english: str, spanish: str = "") -> Path:
    for language, text in (("en", english), ("es", spanish)):
        (folder / language).mkdir()
        (folder / language / "texts.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_text_that_ships_may_be_said_in_both_languages() -> None:
    assert list(problems(shipped())) == []


def test_a_number_is_told_in_the_words_of_the_language(tmp_path: Path) -> None:
    catalog = load(library(tmp_path, TEXT))

    def said(days: int) -> str:
        return render("a.text", {"name": "Ana", "days": days}, "en", ChannelKind.SMS, None, catalog).text  # type: ignore[arg-type]

    assert (said(1), said(3)) == ("Dear Ana, in one day.", "Dear Ana, in 3 days.")


def test_a_draft_is_as_if_it_were_not_there_and_the_fall_shows(tmp_path: Path) -> None:
    spanish = TEXT.replace("version = 1", 'version = 1\nstate = "draft"').replace("Dear", "Hola")
    catalog = load(library(tmp_path, TEXT, spanish))

    said = render("a.text", {"name": "Ana", "days": 2}, "es", ChannelKind.SMS, None, catalog)  # type: ignore[arg-type]

    assert (said.text, said.language, said.fell_back) == ("Dear Ana, in 2 days.", "en", True)
    assert [one.words for one in problems(catalog)] == ["only a draft: it falls back to English, and says so"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param('"limited"', '"none"', "reveals limited", id="level"),
        pytest.param("Dear {name}", "Reply CANCEL, {name}", "which carriers take for an opt-out", id="opt-out word"),
        pytest.param("Dear {name}", "Dear {name}" + " x" * 400, "billed as", id="length"),
        pytest.param('days}."', 'days}."\npush = "{name}!"', "locked screen", id="push"),
    ],
)
def test_what_must_not_be_said_so_is_told(tmp_path: Path, before: str, after: str, words: str) -> None:
    text = TEXT.replace(before, after)

    found = [one.words for one in problems(load(library(tmp_path, text, text)))]

    assert any(words in one for one in found), found


def test_a_plural_without_its_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="needs its words in `plurals`"):
        load(library(tmp_path, TEXT.replace("other =", "few =")))


def test_a_text_is_measured_as_it_comes_out() -> None:
    one = measured(shipped().get("reminder.appointment", "en"), ChannelKind.SMS)

    assert (one.encoding, one.segments, one.units) == ("GSM-7", 1, len(one.rendered.text))
