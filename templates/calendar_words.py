"""How days, months and halves of the day are called in each language, and which plural a number takes.

They are Unicode's (CLDR 47), written out here: to load its data of a language takes megabytes of a process that needs
no more of it than these names.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hub.types import Language

_MILLION = 1_000_000


class CalendarWords(NamedTuple):
    """The names in one language. days: from Monday on. months: from January on."""

    language: Language
    short_days: tuple[str, ...]
    days: tuple[str, ...]
    months: tuple[str, ...]
    am: str
    pm: str


CALENDAR_WORDS: Mapping[Language, CalendarWords] = {
    "en": CalendarWords(
        language="en",
        short_days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        am="AM",
        pm="PM",
    ),
    "es": CalendarWords(
        language="es",
        short_days=("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
        days=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        months=("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
        am="a. m.",
        pm="p. m.",
    ),
}


def plural_category(number: int, language: Language) -> str:
    """CLDR's category of a whole number: `one`, `many` (whole millions, in Spanish) or `other`."""
    if abs(number) == 1:
        return "one"
    return "many" if language == "es" and number and number % _MILLION == 0 else "other"
