"""The library, read once: every text by key and language."""

import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from hub.errors import TemplateError
from hub.types import ChannelKind, Language
from templates.model import KINDS, LEVELS, STATES, Piece, Template

LIBRARY = Path(__file__).parent / "library"
_FIELDS = frozenset({"version", "level", "variables", "text", "subject", "state", "plurals"})
_CHANNELS = frozenset(kind.value for kind in ChannelKind)


class Catalog:
    """Templates by key and language."""

    def __init__(self, templates: Mapping[tuple[str, Language], Template]) -> None:
        self._templates = dict(templates)

    def get(self, key: str, language: Language) -> Template:
        """The template in `language`, or in English where it is not translated, or the translation is a draft.

        Raises: TemplateError when there is no such key, or its English is a draft.
        """
        english: Language = "en"
        for spoken in (language, english):
            found = self._templates.get((key, spoken))
            if found is not None and found.state == "approved":
                return found
        known = (key, language) in self._templates or (key, english) in self._templates
        raise TemplateError(
            f"of the template {key!r} there are only drafts" if known else f"there is no template {key!r}"
        )

    def written(self, key: str, language: Language) -> Template | None:
        """The template in just this language, a draft, too; None where there is none."""
        return self._templates.get((key, language))

    def keys(self, language: Language | None = None) -> tuple[str, ...]:
        """All keys, or those that exist in `language`, sorted."""
        return tuple(sorted({key for key, spoken in self._templates if language in (None, spoken)}))

    def __iter__(self) -> Iterator[Template]:
        return iter(self._templates.values())


def load(library: Path = LIBRARY) -> Catalog:
    """Read every `<language>/*.toml` under `library`.

    Raises: TemplateError that names the file and key of the first text which cannot be used.
    """
    templates: dict[tuple[str, Language], Template] = {}
    for language in get_args(Language):
        for path in sorted((library / language).glob("*.toml")):
            try:
                entries = tomllib.loads(path.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as broken:
                raise TemplateError(f"{language}/{path.name}: {broken}") from None
            for key, entry in entries.items():
                where = f"{language}/{path.name} [{key}]"
                if (key, language) in templates:
                    raise TemplateError(f"{where}: this key was given before")
                templates[key, language] = _template(where, key, language, entry)
    return Catalog(templates)


@cache
def shipped() -> Catalog:
    """The library that ships with the product."""
    return load()


def _template(where: str, key: str, language: Language, entry: dict[str, Any]) -> Template:
    unknown = entry.keys() - _FIELDS - _CHANNELS
    if unknown:
        raise TemplateError(f"{where}: unknown field {min(unknown)!r}")
    variables = entry.get("variables", {})
    for name, kind in variables.items():
        if kind not in KINDS:
            raise TemplateError(f"{where}: {name!r} is of unknown kind {kind!r}")
    if entry.get("level") not in LEVELS:
        raise TemplateError(f"{where}: level must be one of {', '.join(LEVELS)}")
    if not isinstance(entry.get("version"), int):
        raise TemplateError(f"{where}: version must be a whole number")
    if not entry.get("text"):
        raise TemplateError(f"{where}: text is missing")
    if entry.get("state", "approved") not in STATES:
        raise TemplateError(f"{where}: state must be one of {', '.join(STATES)}")
    plurals = entry.get("plurals", {})
    told = {name for name, kind in variables.items() if kind == "plural"}
    if told != plurals.keys() or any("other" not in forms for forms in plurals.values()):
        raise TemplateError(f"{where}: each variable of the kind plural needs its words in `plurals`, `other` at least")
    channels = {ChannelKind(name): entry[name] for name in entry.keys() & _CHANNELS}
    template = Template(
        key=key,
        language=language,
        version=entry["version"],
        level=entry["level"],
        variables=variables,
        text=pieces(where, entry["text"]),
        channels={channel: pieces(where, text) for channel, text in channels.items()},
        subject=pieces(where, entry.get("subject", "")),
        state=entry.get("state", "approved"),
        plurals=plurals,
    )
    every = (template.text, template.subject, *template.channels.values())
    for name in {name for taken_apart in every for _, name in taken_apart if name is not None}:
        if name not in variables:
            raise TemplateError(f"{where}: {{{name}}} is not among its variables")
    return template


def pieces(where: str, text: str) -> tuple[Piece, ...]:
    """A text taken apart at its variables. Raises: TemplateError, which begins with `where`."""
    try:
        parsed = list(string.Formatter().parse(text.strip()))
    except ValueError as broken:
        raise TemplateError(f"{where}: {broken}") from None
    for _, name, spec, conversion in parsed:
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise TemplateError(f"{where}: a variable is written {{name}} and nothing more")
    return tuple((literal, name) for literal, name, _, _ in parsed)
