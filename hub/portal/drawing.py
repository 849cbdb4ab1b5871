"""Drawing the pages: templates, words in two languages, and moments.

What draws and what writes moments is loaded with the first page: a hub that shows nobody a page keeps that memory free.
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers
from aiohttp import web

from hub.types import Language

if TYPE_CHECKING:
    import jinja2

__all__ = ["Dates", "draw", "manifest", "readable", "words"]

LANGUAGES: tuple[Language, ...] = ("en", "es")
_SKELETONS = {"en": "EEEE, MMMM d", "es": "EEEE d 'de' MMMM"}
_SHORT = {"en": "EEE, MMM d", "es": "EEE d MMM"}
_ICONS = (
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable.png", "512x512", "image/png", "maskable"),
    ("icon.svg", "any", "image/svg+xml", "any"),
)
_SHORTEST = {"en": "MMM d", "es": "d MMM"}


@cache
def words(language: Language) -> Mapping[str, str]:
    """What the pages say in `language`, by name."""
    text = files("hub.portal").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


class Dates:
    """Writes moments as the clinic's wall shows them, in one language."""

    def __init__(self, zone: ZoneInfo, language: Language) -> None:
        from babel import dates

        self._babel = dates
        self._zone = zone
        self._language = language

    def day(self, moment: datetime | date) -> str:
        """The day, such as `Tuesday, March 3`."""
        written = self._babel.format_date(self._local(moment), _SKELETONS[self._language], locale=self._language)
        return written[0].upper() + written[1:]

    def short(self, moment: datetime | date) -> str:
        """The day in little room, such as `Tue, Mar 3`."""
        return str(self._babel.format_date(self._local(moment), _SHORT[self._language], locale=self._language))

    def dated(self, moment: datetime | date) -> str:
        """The day with its year, such as `Mar 3, 2026`."""
        return str(self._babel.format_date(self._local(moment), "medium", locale=self._language))

    def shortest(self, day: datetime | date) -> str:
        """The day without its name, such as `Mar 3`."""
        return str(self._babel.format_date(self._local(day), _SHORTEST[self._language], locale=self._language))

    def time(self, moment: datetime) -> str:
        """The time of day, such as `2:30 PM`."""
        return self._clock(moment.astimezone(self._zone))

    def hour(self, whole: int | str) -> str:
        """A whole hour of any day, such as `7:00 AM` for 7."""
        return self._clock(datetime(1, 1, 1, int(whole), tzinfo=UTC))

    def _clock(self, shown: datetime) -> str:
        written = self._babel.format_time(shown, "h:mm a", locale=self._language)
        return " ".join(written.replace("\u202f", " ").replace("\xa0", " ").split())

    def _local(self, moment: datetime | date) -> date:
        return moment.astimezone(self._zone).date() if isinstance(moment, datetime) else moment


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("hub.portal", "html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def readable(number: str) -> str:
    """A phone number as people write it where it is."""
    parsed = phonenumbers.parse(number)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL))


def draw(template: str, language: Language, values: Mapping[str, object], *, status: int = 200) -> web.Response:
    """The page that `template` draws with `values`, every one of them escaped."""
    drawn = (
        _environment().get_template(template).render(t=words(language), language=language, readable=readable, **values)
    )
    # Forms name the page they come from, but to this hub alone.
    headers = {"Referrer-Policy": "same-origin", "Content-Language": language}
    return web.Response(status=status, text=drawn, content_type="text/html", headers=headers)


def manifest(clinic: str) -> web.Response:
    """What a browser needs to install the portal like an app."""
    icons = [
        {"src": f"/portal/static/{name}", "sizes": sizes, "type": kind, "purpose": purpose}
        for name, sizes, kind, purpose in _ICONS
    ]
    said = {
        "name": clinic,
        "short_name": clinic[:12].strip(),
        "id": "/portal",
        "start_url": "/portal",
        "scope": "/portal",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b6660",
        "icons": icons,
    }
    return web.Response(body=msgspec.json.encode(said), content_type="application/manifest+json")
