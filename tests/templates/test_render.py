"""Filling in a template."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.errors import TemplateError
from hub.types import ChannelKind, Language
from templates import Catalog, load, render
from tests.templates.zones import LOS_ANGELES, NEW_YORK

AFTERNOON = datetime(2026, 3, 3, 19, 30, tzinfo=UTC)
LIBRARY = """
["one"]
version = 3
level = "limited"
variables = { name = "text", start = "moment", day = "day", count = "number", rows = "choices" }
text = "{name} {start} {day} {count}\\n{rows}"
voice = "{name}, {start}"
subject = "For {name}"
["braces"]
version = 1
level = "none"
text = "{{as they are}}"
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "one.toml").write_text(LIBRARY)
    return load(tmp_path)


FULL: dict[str, object] = {
    "name": "Ana",
    "start": AFTERNOON,
    "day": date(2026, 3, 6),
    "count": 2,
    "rows": ((AFTERNOON, "Dr. Kim"), (date(2026, 3, 6), time(9)), ((date(2026, 3, 6), date(2026, 3, 7)),)),
}


def test_words_dates_numbers_and_choices_are_filled_in(catalog: Catalog) -> None:
    rendered = render("one", FULL, "en", ChannelKind.SMS, NEW_YORK, catalog)

    assert rendered.text == (
        "Ana Tue, Mar 3, 2:30 PM Fri, Mar 6 2\n"
        "1) Tue Mar 3, 2:30 PM, Dr. Kim\n2) Fri Mar 6, 9:00 AM\n3) Fri Mar 6 - Sat Mar 7"
    )
    assert rendered.version == 3


@pytest.mark.parametrize(
    ("language", "zone", "start"),
    [
        pytest.param("en", NEW_YORK, "Tue, Mar 3, 2:30 PM", id="english"),
        pytest.param("es", NEW_YORK, "martes 3 mar, 2:30 p. m.", id="spanish tells Tuesday from March"),
        pytest.param("en", LOS_ANGELES, "Tue, Mar 3, 11:30 AM", id="in the clinic's own zone"),
    ],
)
def test_a_moment_is_told_in_the_clinic_s_zone_with_plain_spaces(
    language: Language, zone: ZoneInfo, start: str
) -> None:
    text = render("slots.propose", {"start": AFTERNOON, "provider": "Dr. Kim"}, language, ChannelKind.SMS, zone).text

    assert start in text
    assert not {"\u202f", "\xa0"} & set(text)


@pytest.mark.parametrize(("hour", "told"), [(0, "12:00 AM"), (12, "12:00 PM"), (13, "1:00 PM"), (9, "9:00 AM")])
def test_midnight_and_noon_are_twelve(catalog: Catalog, hour: int, told: str) -> None:
    start = datetime(2026, 3, 3, hour, tzinfo=NEW_YORK)

    assert told in render("one", FULL | {"start": start}, "en", ChannelKind.VOICE, NEW_YORK, catalog).text


def test_a_channel_has_its_own_words_where_they_are_given(catalog: Catalog) -> None:
    assert render("one", FULL, "en", ChannelKind.VOICE, NEW_YORK, catalog).text == "Ana, Tue, Mar 3, 2:30 PM"


def test_only_a_mail_has_a_subject(catalog: Catalog) -> None:
    assert render("one", FULL, "en", ChannelKind.EMAIL, NEW_YORK, catalog).subject == "For Ana"
    assert render("one", FULL, "en", ChannelKind.SMS, NEW_YORK, catalog).subject == ""


def test_a_missing_translation_falls_back_to_english_and_says_so(catalog: Catalog) -> None:
    rendered = render("one", FULL, "es", ChannelKind.SMS, NEW_YORK, catalog)

    assert rendered.fell_back
    assert rendered.language == "en"
    assert "Tue, Mar 3" in rendered.text


def test_doubled_braces_stand_for_themselves(catalog: Catalog) -> None:
    assert render("braces", {}, "en", ChannelKind.SMS, NEW_YORK, catalog).text == "{as they are}"


def test_braces_in_a_value_are_not_filled_in(catalog: Catalog) -> None:
    assert "{start}" in render("one", FULL | {"name": "{start}"}, "en", ChannelKind.SMS, NEW_YORK, catalog).text


def test_a_rendered_text_does_not_show_in_a_repr(catalog: Catalog) -> None:
    assert "Ana" not in repr(render("one", FULL, "en", ChannelKind.EMAIL, NEW_YORK, catalog))


@pytest.mark.parametrize("name", FULL)
def test_a_missing_value_is_an_error_that_names_it(catalog: Catalog, name: str) -> None:
    params = {key: value for key, value in FULL.items() if key != name}

    with pytest.raises(TemplateError, match=rf"'one' needs '{name}'"):
        render("one", params, "en", ChannelKind.SMS, NEW_YORK, catalog)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("name", 7, id="a number for words"),
        pytest.param("start", datetime(2026, 3, 3, 9), id="a naive moment"),  # noqa: DTZ001
        pytest.param("start", "tomorrow", id="words for a moment"),
        pytest.param("day", AFTERNOON, id="a moment for a day"),
        pytest.param("count", True, id="a truth for a number"),
        pytest.param("rows", (), id="no choices"),
        pytest.param("rows", "secret words", id="words for choices"),
        pytest.param("rows", ((object(),),), id="an object for a part"),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_that_does_not_show_it(
    catalog: Catalog, name: str, value: object
) -> None:
    with pytest.raises(TemplateError) as caught:
        render("one", FULL | {name: value}, "en", ChannelKind.SMS, NEW_YORK, catalog)

    assert name in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_unknown_key_is_an_error_that_names_it() -> None:
    with pytest.raises(TemplateError, match="no template 'nowhere'"):
        render("nowhere", {}, "en", ChannelKind.SMS, NEW_YORK)


def test_a_name_that_ends_in_a_full_stop_does_not_double_it(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "one.toml").write_text(
        '["with"]\nversion = 1\nlevel = "none"\nvariables = { name = "text" }\ntext = "With {name}. Yes?"\n'
    )
    catalog = load(tmp_path)

    told = [render("with", {"name": n}, "en", ChannelKind.SMS, NEW_YORK, catalog).text for n in ("Ana, M.D.", "Ana")]

    assert told == ["With Ana, M.D. Yes?", "With Ana. Yes?"]
