"""The understanding engine that needs no server: a small trained model and tables of the clinic's words.

1. The text is classified as a whole and clause by clause, beside what the bot asked last.
2. What it names is found: time, provider, specialty, visit type, a pick, a name, a birth date.
3. A bare answer that fits the question settles the matter; otherwise the likeliest wishes come out, strongest first.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from bots.dates import When, parse, parse_birth_date
from bots.nlu.artefact import trained_model
from bots.nlu.choice import pick
from bots.nlu.classifier import Classifier, Floats, softmax
from bots.nlu.clauses import clauses
from bots.nlu.context import BARE_WORDS, expectation, names_something
from bots.nlu.features import MAX_CHARS, tokens, words_of
from bots.nlu.gazetteer import Named, gazetteer
from bots.nlu.model import Catalogue, Entities, Meaning, Question, Slot
from bots.nlu.names import given_name, without
from hub.types import Language

_FOUND = 0.5
_LOST = 0.3
_LANGUAGE_LEAN: Mapping[Language | None, float] = {"es": 2.5, "en": -2.5, None: -1.0}
_OF_BOTH = frozenset({"ok", "okay", "okey", "k", "no", "doctor", "dr", "normal", "regular", "video", "hospital"})
_WEIGHT: Mapping[str, float] = {
    "greeting": 0.2,
    "thanks": 0.4,
    "goodbye": 0.3,
    "inform": 0.6,
    "out_of_scope": 0.8,
    "repeat": 0.6,
    "bot_challenge": 0.6,
}
_ANSWERED = 2.0
_YES_NO = ("confirm", "decline")
_ANSWERS: Mapping[Slot, tuple[str, ...]] = {"yes_no": _YES_NO, "choice": _YES_NO}
_NOWHERE = Named()
_HOUR_ALONE = re.compile(r"(?:no\W+)?\d{2,4}\W*", re.IGNORECASE)  # a digit alone may be of a list shown before


class EmbeddedEngine:
    """Understands in well under a millisecond, in process, by a model trained on the project's own data."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._row = {intent: row for row, intent in enumerate(classifier.intents)}

    @property
    def intents(self) -> tuple[str, ...]:
        """The intents that it knows, in the order of their scores."""
        return self._classifier.intents

    async def understand(
        self,
        text: str,
        *,
        now: datetime,
        language: Language | None = None,
        question: Question | None = None,
        catalogue: Catalogue | None = None,
    ) -> Meaning:
        """What `text` means. `now` is aware, in the clinic's zone; `language` is the person's, if known."""
        return self.meaning(text, now=now, language=language, question=question, catalogue=catalogue)

    def meaning(
        self,
        text: str,
        *,
        now: datetime,
        language: Language | None = None,
        question: Question | None = None,
        catalogue: Catalogue | None = None,
    ) -> Meaning:
        """What `text` means, without waiting for anything. Never raises; only the first `MAX_CHARS` count."""
        text = text[:MAX_CHARS]
        if not tokens(text):
            nothing = "out_of_scope" if question is None else "inform"
            return Meaning(intent=nothing, confidence=0.0, intents=(nothing,), language=language or "en")
        scores, spanish = self._classifier.scores(text)
        spoken = language or "en" if _in_both(text) else _language(spanish, language)
        entities = _entities(text, now=now, language=spoken, question=question, catalogue=catalogue)
        if entities.choice is not None:
            return Meaning(intent="select", confidence=0.97, intents=("select",), entities=entities, language=spoken)
        intents, confidence = self._wishes(text, scores, question, entities)
        return Meaning(intent=intents[0], confidence=confidence, intents=intents, entities=entities, language=spoken)

    def reconsidered(
        self, first: Meaning, text: str, anew: Callable[[Floats], Floats], *, question: Question | None
    ) -> Meaning:
        """`first`, the meaning of `text`, its intents by other scores of the whole text, which `anew` makes of ours.

        What the text names, its language and its clauses stay as they were read.
        """
        text = text[:MAX_CHARS]
        intents, confidence = self._wishes(text, anew(self._classifier.scores(text)[0]), question, first.entities)
        return replace(first, intent=intents[0], confidence=confidence, intents=intents, by="embedding")

    def _wishes(
        self, text: str, scores: Floats, question: Question | None, entities: Entities
    ) -> tuple[tuple[str, ...], float]:
        """The intents found, the strongest first, and how sure the first one is."""
        expected = self._expectation(text, question, entities)
        whole = softmax(scores + expected)
        answers = _ANSWERS.get(question.expects, ()) if question and question.expects else ()
        parts = clauses(text)
        gained = np.zeros_like(whole)
        best_whole = int(whole.argmax())
        if whole[best_whole] < _LOST and question is None and not names_something(entities):
            return ("out_of_scope",), float(whole[self._row["out_of_scope"]])
        found = {best_whole}
        if len(parts) > 1:
            for part in parts:
                here = softmax(self._classifier.scores(part)[0] + expected)
                best = int(here.argmax())
                weight = _WEIGHT.get(self._classifier.intents[best], 1.0)
                if here[best] >= _FOUND:
                    found.add(best)
                    weight = _ANSWERED if self._classifier.intents[best] in answers else weight
                    gained[best] = max(gained[best], here[best] * weight)
        strength = whole + gained
        ranked = sorted(found, key=lambda row: -strength[row])
        names = tuple(self._classifier.intents[row] for row in ranked)
        if names[0] != "out_of_scope":
            names = tuple(name for name in names if name != "out_of_scope")
        return names, min(1.0, float(strength[self._row[names[0]]]))

    def _expectation(self, text: str, question: Question | None, entities: Entities) -> Floats:
        expected = np.zeros(len(self._row), dtype=np.float32)
        for intent, gain in expectation(text, question, entities).items():
            if intent in self._row:
                expected[self._row[intent]] += gain
        return expected


def load_or_train(cache_dir: Path) -> EmbeddedEngine:
    """The engine, its model out of `cache_dir` or trained into it. Raises SettingsError when that fails."""
    return EmbeddedEngine(trained_model(cache_dir))


async def load_or_train_aside(cache_dir: Path) -> EmbeddedEngine:
    """As `load_or_train`, without holding up the event loop."""
    return await asyncio.to_thread(load_or_train, cache_dir)


def _in_both(text: str) -> bool:
    """Whether no word of the text is of one language alone: "ok", "no", "2"."""
    return all(word in _OF_BOTH or not word.isalpha() for word in words_of(text))


def _language(spanish: float, known: Language | None) -> Language:
    """The language of the text; the person's own decides where the text is too short to tell."""
    return "es" if spanish + _LANGUAGE_LEAN[known] > 0 else "en"


def _entities(
    text: str, *, now: datetime, language: Language, question: Question | None, catalogue: Catalogue | None
) -> Entities:
    expects = question.expects if question else None
    about_person = expects in ("name", "birth_date")
    named = (
        gazetteer(catalogue).find(text, provider_asked=expects == "provider", names_asked=about_person)
        if catalogue
        else _NOWHERE
    )
    name = given_name(text, asked=expects == "name")
    choice = pick(text, question.options) if question else None
    when = When()
    if not about_person and choice is None:
        asked = expects == "when" or (expects == "choice" and len(tokens(text)) <= BARE_WORDS)
        asked = asked or (expects == "yes_no" and _HOUR_ALONE.fullmatch(text.strip()) is not None)
        when = parse(without(text, name), now=now, language=language, expecting="time" if asked else None)
    born = parse_birth_date(text, language=language, today=now.date()) if about_person else None
    return Entities(
        when=when,
        provider=named.provider,
        specialty=named.specialty,
        visit_type=named.visit_type,
        choice=choice,
        person_name=name,
        birth_date=born.isoformat() if born else None,
    )
