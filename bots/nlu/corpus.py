"""The training data, read from Rasa's YAML: what people write, by language and intent.

One set serves the embedded engine and a Rasa server, so the files stay plain Rasa 3 training data. Annotations,
`[Friday](date)`, are stripped for the words, and let an example stand for its like: an annotated value is also
tried with other values of the same entity.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.types import Language

DATA = Path(__file__).resolve().parents[1] / "data" / "nlu"
LANGUAGES: tuple[Language, ...] = ("en", "es")
_ANNOTATION = re.compile(r"\[([^\]]+)\]\((\w+)\)")
_SEED = 7
_OPENERS: dict[str, tuple[str, ...]] = {
    "en": ("hi, ", "hello ", "hey ", "good morning, ", "please ", "ok, ", "Hi! ", "um "),
    "es": ("hola, ", "buenos días, ", "buenas tardes ", "oiga ", "por favor ", "disculpe, "),
}
_OPENABLE = frozenset(
    {
        *("book", "find_provider", "reschedule", "cancel", "appointment_status", "hours_location", "cost_insurance"),
        *("refill", "results", "forms", "human"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One line of the training data. `spans` names the annotated values: (value, entity), in order."""

    text: str
    intent: str
    language: Language
    spans: tuple[tuple[str, str], ...] = ()
    template: str = ""


def data_files() -> list[Path]:
    """Every training file, in an order that does not depend on the machine."""
    return sorted(DATA.rglob("*.yml"))


def read_examples() -> list[Example]:
    """Every example of every language, as written. Raises ValueError when a file is not Rasa training data."""
    return [example for language in LANGUAGES for path in _files(language) for example in _examples(path, language)]


def read_synonyms() -> dict[str, list[str]]:
    """What people call things: concept → phrases of all languages, the concept's own name included."""
    synonyms: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for path in _files(language):
            for block in _blocks(path):
                if "synonym" in block:
                    name = str(block["synonym"])
                    synonyms.setdefault(name, [name]).extend(_lines(block))
    return synonyms


def augmented(examples: list[Example]) -> list[Example]:
    """The examples, and beside them the same wish with other names and after a greeting. Always the same result."""
    chance = random.Random(_SEED)  # noqa: S311 - makes variety, keeps no secret
    values: dict[tuple[str, str], list[str]] = {}
    for example in examples:
        for value, entity in example.spans:
            values.setdefault((example.language, entity), []).append(value)
    out = list(examples)
    for example in examples:
        if example.spans:
            out.append(_with_other_values(example, values, chance))
        if example.intent in _OPENABLE:
            opener = chance.choice(_OPENERS[example.language])
            text = opener + example.text[0].lower() + example.text[1:]
            out.append(Example(text=text, intent=example.intent, language=example.language))
    return out


def _with_other_values(example: Example, values: dict[tuple[str, str], list[str]], chance: random.Random) -> Example:
    def another(match: re.Match[str]) -> str:
        return chance.choice(values[(example.language, match.group(2))])

    return Example(text=_ANNOTATION.sub(another, example.template), intent=example.intent, language=example.language)


def _files(language: str) -> list[Path]:
    return sorted((DATA / language).glob("*.yml"))


def _blocks(path: Path) -> list[dict[str, Any]]:
    # Only here: a model that is trained already is found by these files' names and octets.
    import yaml

    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("nlu"), list):
        raise ValueError(f"{path.name}: not Rasa training data: a list named 'nlu' is missing")
    return list(document["nlu"])


def _lines(block: dict[str, Any]) -> list[str]:
    return [line[2:].strip() for line in str(block["examples"]).splitlines() if line.startswith("- ")]


def _examples(path: Path, language: Language) -> Iterator[Example]:
    for block in _blocks(path):
        if "intent" not in block:
            continue
        for line in _lines(block):
            yield Example(
                text=_ANNOTATION.sub(r"\1", line),
                intent=str(block["intent"]),
                language=language,
                spans=tuple((m.group(1), m.group(2)) for m in _ANNOTATION.finditer(line)),
                template=line,
            )
