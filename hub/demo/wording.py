"""The words of the demo page, in two languages."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from hub.types import Language

LANGUAGES: tuple[Language, ...] = ("en", "es")
_MOMENTS = {"en": "EEE, MMM d, h:mm a", "es": "EEE d MMM, h:mm a"}


@cache
def words(language: Language) -> Mapping[str, Any]:
    """What the page says in `language`: texts by name, and tables of them."""
    text = files("hub.demo").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def table(language: Language, name: str) -> Mapping[str, str]:
    """One table of the page's words."""
    found: Mapping[str, str] = words(language)[name]
    return found


def chosen(asked: str | None) -> Language:
    """The language asked for, if it is one of the page's; else English."""
    return next((one for one in LANGUAGES if one == asked), "en")


def moment(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """When something is, on the clinic's wall."""
    written = format_datetime(at.astimezone(zone), _MOMENTS[language], locale=language)
    return str(written).replace("\u202f", " ").replace("\xa0", " ")
