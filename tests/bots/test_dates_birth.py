"""Birth dates as people type them, in both languages."""

from datetime import date

import pytest

from bots.dates import parse_birth_date
from hub.types import Language

TODAY = date(2026, 3, 9)
PI_DAY = date(1987, 3, 14)


@pytest.mark.parametrize(
    ("text", "language", "born"),
    [
        pytest.param("3/14/1987", "en", PI_DAY, id="us-figures"),
        pytest.param("03-14-87", "en", PI_DAY, id="two-digit-year"),
        pytest.param("14/3/1987", "en", PI_DAY, id="impossible-month-first"),
        pytest.param("14 mar 87", "en", PI_DAY, id="day-month-year"),
        pytest.param("March 14 1987", "en", PI_DAY, id="month-in-words"),
        pytest.param("my dob is march 14th, 1987 thanks", "en", PI_DAY, id="in-a-sentence"),
        pytest.param("1987-03-14", "en", PI_DAY, id="iso"),
        pytest.param("03 14 1987", "en", PI_DAY, id="spaces"),
        pytest.param("03141987", "en", PI_DAY, id="run-together"),
        pytest.param("14 de marzo de 1987", "es", PI_DAY, id="es-words"),
        pytest.param("14/03/1987", "es", PI_DAY, id="es-figures"),
        pytest.param("3/14/1987", "es", PI_DAY, id="es-impossible-day-first"),
        pytest.param("4/3/1987", "es", date(1987, 3, 4), id="es-day-first"),
        pytest.param("4/3/1987", "en", date(1987, 4, 3), id="en-month-first"),
        pytest.param("nací el 1 de enero del 2001", "es", date(2001, 1, 1), id="es-sentence"),
        pytest.param("5/6/24", "en", date(2024, 5, 6), id="this-century"),
        pytest.param("5/6/30", "en", date(1930, 5, 6), id="last-century"),
    ],
)
def test_a_birth_date_is_understood(text: str, language: Language, born: date) -> None:
    assert parse_birth_date(text, language=language, today=TODAY) == born


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "3/14", "March 14", "3/14/2030", "2/30/1987", "call 202-555-0142", "1/1/1850", "🙂", "31/31/1999"],
    ids=ascii,
)
def test_what_is_no_birth_date_gives_none(text: str) -> None:
    assert parse_birth_date(text, language="en", today=TODAY) is None
