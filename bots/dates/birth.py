"""Birth dates as people type them: "3/14/1987", "14 mar 87", "14 de marzo de 1987", "March 14 1987"."""

import re
from datetime import UTC, date, datetime

from bots.dates.lexeme import Lexeme, words
from bots.dates.reckon import made
from bots.dates.tokens import lex
from hub.types import Language

_OLDEST = 120
_JOINS = words("of the comma the_el stop dash or on day dia a my word")


def parse_birth_date(text: str, *, language: Language, today: date | None = None) -> date | None:
    """The birth date that `text` holds, or None. Always in the past and at most 120 years back.

    In figures the month comes first in English and the day first in Spanish, unless that is no date. A year
    of two digits is the latest that has passed. today: the clinic's day; the day in UTC when None.
    """
    last = today or datetime.now(UTC).date()
    lexemes = lex(text[:500], language)
    for at, lexeme in enumerate(lexemes):
        if lexeme.kind == "junk" and re.fullmatch(r"\d{8}", run := text[lexeme.start : lexeme.end]):
            return _figured((int(run[:2]), int(run[2:4]), int(run[4:])), "full", language, last)
        if lexeme.kind in ("iso", "full"):
            return _figured(lexeme.parts, lexeme.kind, language, last)
        if lexeme.kind in ("month", "month?", "mar") and (found := _worded(lexemes, at, last)):
            return found
    return _spaced(lexemes, language, last)


def _past(year: int, month: int, day: int, today: date, digits: int) -> date | None:
    """The day, if it has passed; two-digit years get the century that makes it so."""
    if digits <= 2:
        year += 2000 if (made(2000 + year, month, day) or date.max) < today else 1900
    found = made(year, month, day)
    return found if found and found < today and today.year - found.year <= _OLDEST else None


def _figured(numbers: tuple[int, ...], kind: str, language: Language, today: date) -> date | None:
    if kind == "iso":
        year, month, number = numbers
        return _past(year, month, number, today, 4)
    first, second, year = numbers
    orders = ((second, first), (first, second)) if language == "es" else ((first, second), (second, first))
    digits = 2 if year < 100 else 4
    return next((day for month, number in orders if (day := _past(year, month, number, today, digits))), None)


def _worded(lexemes: list[Lexeme], at: int, today: date) -> date | None:
    """A month in words with the day on either side and the year after both."""
    month = lexemes[at].number
    following = _numbers(lexemes[at + 1 :])
    leading = _numbers(lexemes[:at][::-1])
    if len(following) >= 2 and following[0].number <= 31 and following[0].digits <= 2:
        day, year = following[0], following[1]
    elif following and leading:
        day, year = leading[0], following[0]
    else:
        return None
    return _past(year.number, month, day.number, today, year.digits)


def _numbers(lexemes: list[Lexeme]) -> list[Lexeme]:
    """The numbers that follow with nothing but joining words between them."""
    found: list[Lexeme] = []
    for lexeme in lexemes[:6]:
        if lexeme.kind in ("num", "ord"):
            found.append(lexeme)
        elif lexeme.kind not in _JOINS:
            break
    return found


def _spaced(lexemes: list[Lexeme], language: Language, today: date) -> date | None:
    """Such as "03 14 1987" or "3 14 87": three numbers and nothing else that counts."""
    numbers = [lexeme for lexeme in lexemes if lexeme.kind == "num" and lexeme.digits]
    if len(numbers) != 3:
        return None
    parts = tuple(number.number for number in numbers)
    if numbers[0].digits == 4:
        return _figured(parts, "iso", language, today)
    return _figured(parts, "full", language, today) if numbers[2].digits in (2, 4) else None
