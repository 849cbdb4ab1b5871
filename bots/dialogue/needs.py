"""What to bring and how to prepare for a visit, as the clinic tells it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from hub.errors import SettingsError
from hub.types import Language

Text = Mapping[Language, str]
"""A sentence in each language, English at least."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What the clinic wants known before a visit; empty, the library's own words are told.

    by_type: by the kind of visit, as the calendar names it. every: for any other visit.
    """

    by_type: Mapping[str, Text] = field(default_factory=dict)
    every: Text = field(default_factory=dict)

    def tells(self, visit_type: str) -> bool:
        """Whether the clinic has said how to prepare for such a visit."""
        return bool(self.by_type.get(visit_type))

    def of(self, visit_type: str, language: Language) -> str | None:
        """What is told of such a visit; None where the clinic has said nothing."""
        said = self.by_type.get(visit_type) or self.every
        return said.get(language) or said.get("en")


NOTHING = Needs()

_EVERY = "every"
_LANGUAGES = ("en", "es")


def read(path: Path) -> Needs:
    """The needs in a TOML file: a table for each kind of visit, and `every` for the others, with texts `en` and `es`.

    Raises: SettingsError.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        problem = "HUB_VISIT_NEEDS_FILE cannot be read: it is TOML with a table for each kind of visit"
        raise SettingsError([problem]) from None
    for name, table in tables.items():
        texts = table.values() if isinstance(table, dict) else ()
        if not texts or not {"en"} <= set(table) <= set(_LANGUAGES) or not all(isinstance(one, str) for one in texts):
            raise SettingsError([f"HUB_VISIT_NEEDS_FILE: {name!r} needs a text `en`, and may have one `es`"])
    return Needs({name: cast(Text, texts) for name, texts in tables.items() if name != _EVERY}, tables.get(_EVERY, {}))
