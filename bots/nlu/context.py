"""What the bot's last question says about the answer, before a word of it is read.

A bare "Angela" or "headache" looks like nothing at all; beside "May I have your name?" it is an answer. The
numbers are added to the classifier's scores (natural log of odds), so a plain wish to cancel still wins.
"""

from collections.abc import Mapping

from bots.nlu.features import tokens
from bots.nlu.model import Entities, Question, Slot

BARE_WORDS = 8
"""A text of so many words at most may be nothing but the answer to a question."""
_FIT_GAIN = 3.0
_NAMED_LOSS = 5.0

_ANSWER = {
    "inform": 1.6,
    "confirm": -1.0,
    "out_of_scope": -30.0,
    "greeting": -1.0,
    "goodbye": -1.0,
    "wrong_number": -0.5,
}
_PICK = {
    "goodbye": -2.0,
    "greeting": -1.0,
    "select": 1.6,
    "confirm": 0.8,
    "decline": 0.6,
    "alternatives": 0.8,
    "out_of_scope": -30.0,
}
_YES_NO = {"confirm": 1.4, "decline": 1.2, "inform": 0.4, "alternatives": 0.2, "out_of_scope": -30.0}

_PRIORS: Mapping[Slot, Mapping[str, float]] = {
    "visit_type": _ANSWER,
    "when": {**_ANSWER, "alternatives": 0.2},
    "provider": {**_ANSWER, "find_provider": 0.3},
    "name": {**_ANSWER, "inform": 2.4, "wrong_number": 0.0},
    "birth_date": {**_ANSWER, "inform": 2.4},
    "choice": {**_PICK, "inform": 0.6},
    "which_visit": {**_PICK, "inform": 1.0, "alternatives": 0.0},
    "yes_no": _YES_NO,
}
_NO_OPTIONS = {"select": -1.5}
_OPTIONS = {"select": 0.8, "out_of_scope": -30.0}
_NOTHING_ASKED: Mapping[str, float] = {}


def prior(question: Question | None) -> Mapping[str, float]:
    """How much each intent gains or loses, in log-odds, because `question` is pending."""
    if question is None:
        return _NOTHING_ASKED
    expected = _PRIORS[question.expects] if question.expects else _NOTHING_ASKED
    if question.options > 0:
        return {**_OPTIONS, **expected, "select": max(_OPTIONS["select"], expected.get("select", 0.0))}
    return {**_NO_OPTIONS, **expected} if question.expects not in ("choice", "which_visit") else expected


def fits(question: Question, entities: Entities) -> bool:
    """Whether the entities of a text answer what was asked."""
    return {
        "visit_type": bool(entities.visit_type or entities.specialty),
        "when": bool(entities.when.windows),
        "provider": bool(entities.provider or entities.specialty),
        "name": entities.person_name is not None,
        "birth_date": entities.birth_date is not None,
        "which_visit": bool(entities.when.windows or entities.provider or entities.visit_type),
    }.get(question.expects or "", False)


def names_something(entities: Entities) -> bool:
    """Whether a text names anybody or anything of the clinic's."""
    return bool(entities.provider or entities.specialty or entities.visit_type)


def expectation(text: str, question: Question | None, entities: Entities) -> Mapping[str, float]:
    """How much each intent gains or loses, in log-odds, by what was asked and what `text` names."""
    expected = dict(prior(question))
    if names_something(entities):
        expected["out_of_scope"] = expected.get("out_of_scope", 0.0) - _NAMED_LOSS
    if question is None or len(tokens(text)) > BARE_WORDS:
        return expected
    if question.options and entities.when.relation:
        expected["alternatives"] = expected.get("alternatives", 0.0) + _FIT_GAIN
    if fits(question, entities):
        expected["inform"] = expected.get("inform", 0.0) + _FIT_GAIN
    return expected
