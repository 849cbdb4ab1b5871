"""The texts that a plan may use: the library's, and its own, which are of the same make."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import get_args

from hub.campaigns.plans.model import OWN, Persons, Plan, Text, Visits, Waiting
from hub.errors import TemplateError
from hub.types import Language
from templates import Catalog, Kind, Template, shipped
from templates.catalog import pieces

_OF_ALL: Mapping[str, Kind] = MappingProxyType({"clinic": "text", "phone": "text", "name": "text", "link": "text"})
_OF_A_VISIT: Mapping[str, Kind] = MappingProxyType(
    {**_OF_ALL, "start": "moment", "location": "text", "provider": "text", "minutes": "number"}
)


def known_to(audience: Visits | Persons | Waiting) -> Mapping[str, Kind]:
    """The variables that a text for this audience may name, each with its kind."""
    return _OF_ALL if isinstance(audience, Persons) else _OF_A_VISIT


def catalog_of(plan: Plan) -> Catalog:
    """The library, and the plan's own texts beside it."""
    return _with_own(plan.texts, plan.version) if plan.texts else shipped()


def own_texts(texts: tuple[Text, ...], version: int) -> Catalog:
    """A plan's own texts alone; those that cannot be taken apart at their variables are left out."""
    made: dict[tuple[str, Language], Template] = {}
    for text in texts:
        for language in get_args(Language):
            found = template(text, language, version)
            if found is not None:
                made[found.key, language] = found
    return Catalog(made)


def template(text: Text, language: Language, version: int) -> Template | None:
    """A text in one language; None where there are no words, or they cannot be taken apart."""
    words = getattr(text.text, language).strip()
    if not words:
        return None
    try:
        said = pieces("", words)
    except TemplateError:
        return None
    names = {name for _, name in said if name is not None}
    return Template(
        key=OWN + text.name,
        language=language,
        version=version,
        level=text.level,
        variables={name: _OF_A_VISIT.get(name, "text") for name in sorted(names)},
        text=said,
        channels={},
    )


@lru_cache(maxsize=32)
def _with_own(texts: tuple[Text, ...], version: int) -> Catalog:
    found = {(one.key, one.language): one for one in shipped()}
    return Catalog(found | {(one.key, one.language): one for one in own_texts(texts, version)})
