"""Drawing the pages of staff: templates, and words in two languages that each of their rooms brings along.

What draws and what writes moments is loaded with the first page: a hub that shows nobody a page keeps that memory free.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web

from hub.types import Language

if TYPE_CHECKING:
    import jinja2

__all__ = ["LANGUAGES", "Moments", "draw", "words"]

LANGUAGES: tuple[Language, ...] = ("en", "es")
_DAYS = {"en": "MMM d, y, h:mm a", "es": "d MMM y, h:mm a"}


@cache
def words(language: Language) -> Mapping[str, str]:
    """What the pages say in `language`, by name: of every file in its folder, of which no two may differ in a word."""
    said: dict[str, str] = {}
    folder = files("hub.staff").joinpath("words", language)
    for one in sorted(folder.iterdir(), key=lambda file: file.name):
        if one.name.endswith(".toml"):
            found = tomllib.loads(one.read_text(encoding="utf-8"))
            if other := sorted(name for name in said.keys() & found.keys() if said[name] != found[name]):
                raise ValueError(f"words/{language}/{one.name} says otherwise what another file says: {other}")
            said |= found
    return MappingProxyType(said)


class Moments:
    """Writes moments as the clinic's wall shows them, in one language."""

    def __init__(self, zone: ZoneInfo, language: Language) -> None:
        from babel import dates

        self._babel = dates
        self._zone = zone
        self._language = language

    def whole(self, moment: datetime) -> str:
        """Day, year and time, such as `Mar 3, 2026, 2:30 PM`."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        return _plain(self._babel.format_datetime(local, _DAYS[self._language], locale=self._language))

    def time(self, moment: datetime) -> str:
        """The time of day, such as `2:30 PM`."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        return _plain(self._babel.format_time(local, "h:mm a", locale=self._language))


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("hub.staff", "html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def draw(template: str, language: Language, values: Mapping[str, object], *, status: int = 200) -> web.Response:
    """The page that `template` draws with `values`, each escaped; `t` are the words, `number` writes one."""
    own = {"t": words(language), "language": language, "number": _numbers(language)}
    drawn = _environment().get_template(template).render({**own, **values})
    # Forms name the page they come from, but to this hub alone.
    headers = {"Referrer-Policy": "same-origin", "Content-Language": language}
    return web.Response(status=status, text=drawn, content_type="text/html", headers=headers)


def _numbers(language: Language) -> Callable[[int], str]:
    from babel.numbers import format_decimal

    # As the clinic's country writes them: `es` alone would put dots where a reader in the United States has commas.
    return lambda value: format_decimal(value, locale=f"{language}_US")


def _plain(written: str) -> str:
    return " ".join(written.replace("\u202f", " ").replace("\xa0", " ").split())
