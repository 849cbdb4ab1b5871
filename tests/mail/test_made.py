"""Each rule of reply extraction, on mails made for it in many languages (`made.toml`)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from channels.mail.plaintext import text_of
from channels.mail.replies import extract
from tests.mail.corpus import same
from tests.rows import every

MADE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "made.toml").read_text(encoding="utf-8"))
WORDS = "Thursday is good.\n\nCan I bring my son?"
PLAIN = "We have Thursday at 9.\n\nMaple Street Clinic"
MARKED = "> We have Thursday at 9.\n>\n> Maple Street Clinic"


def lines(kind: str) -> list[str]:
    return [line.replace("|", "\n") for line in MADE[kind]]


@every("line", lines("introductions"))
@every("quoted", [PLAIN, MARKED])
def test_what_a_program_introduces_is_cut(line: str, quoted: str) -> None:
    assert extract(f"{WORDS}\n\n{line}\n\n{quoted}\n").text == WORDS


@every("line", lines("with_marks"))
def test_an_introduction_that_may_be_a_person_s_is_cut_above_marks_alone(line: str) -> None:
    assert extract(f"{WORDS}\n\n{line}\n\n{MARKED}\n").text == WORDS


@every("line", lines("introductions"))
def test_what_is_written_below_a_quotation_is_kept(line: str) -> None:
    assert extract(f"{line}\n{MARKED}\n\n{WORDS}\n").text == WORDS


@every("line", lines("dividers"))
def test_an_older_mail_is_cut(line: str) -> None:
    assert extract(f"{WORDS}\n\n{line}\n\n{PLAIN}\n").text == WORDS


@every("labels", lines("headers"))
@every("bold", ["", "*"])
def test_an_older_mail_below_its_header_is_cut(labels: str, bold: str) -> None:
    sender, date, to, subject = (f"{bold}{label.replace('_', ' ')}:{bold}" for label in labels.split())
    header = f"{sender} Clinic <c@example.org>\n{date} 23. 11. 2026 10:00\n{to} Ana\n{subject} Visit"

    assert extract(f"{WORDS}\n\n{header}\n\n{PLAIN}\n").text == WORDS


@every("closing", lines("devices") + lines("closings"))
def test_what_closes_a_mail_is_cut(closing: str) -> None:
    assert extract(f"{WORDS}\n\n{closing}\n").text == WORDS
    assert extract(f"{WORDS}\n\n{closing}\n\n{lines('introductions')[0]}\n{MARKED}\n").text == WORDS


@every("text", lines("own"))
def test_nothing_of_a_person_s_own_words_is_lost(text: str) -> None:
    assert extract(text).text == text


@pytest.mark.parametrize("mail", MADE["mail"], ids=lambda mail: mail["name"])
def test_a_whole_mail(mail: dict[str, str]) -> None:
    assert extract(mail["text"]).text == mail["wanted"]


@pytest.mark.parametrize("mail", MADE["html"], ids=lambda mail: mail["name"])
def test_a_mail_in_html(mail: dict[str, str]) -> None:
    assert same(extract(text_of(mail["text"])).text, mail["wanted"])
