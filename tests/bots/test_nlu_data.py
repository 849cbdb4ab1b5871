"""The training data: whole, plain Rasa, in both languages, and nothing under two intents."""

from collections import Counter, defaultdict

import pytest
import yaml

from bots.nlu.corpus import LANGUAGES, augmented, data_files, read_examples, read_synonyms
from bots.nlu.features import fold
from bots.nlu.model import INTENTS

EXAMPLES = read_examples()
LEAST = 40
LEAST_OF_THE_COMMON = 55
COMMON = (
    *("book", "find_provider", "reschedule", "cancel", "confirm", "decline", "select", "alternatives"),
    *("appointment_status", "hours_location", "human", "inform", "out_of_scope"),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_has_enough_examples_in_each_language(intent: str, language: str) -> None:
    count = sum(e.intent == intent and e.language == language for e in EXAMPLES)

    assert count >= (LEAST_OF_THE_COMMON if intent in COMMON else LEAST)


def test_no_example_belongs_to_an_intent_that_is_not_declared() -> None:
    assert {e.intent for e in EXAMPLES} == set(INTENTS)


@pytest.mark.parametrize("path", data_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_file_is_rasa_3_training_data(path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert document["version"] == "3.1"
    assert set(document) == {"version", "nlu"}
    for block in document["nlu"]:
        assert set(block) in ({"intent", "examples"}, {"synonym", "examples"})
        assert all(line.startswith("- ") and line[2:].strip() for line in block["examples"].splitlines())


def test_no_text_stands_under_two_intents() -> None:
    intents = defaultdict(set)
    for example in EXAMPLES:
        intents[example.language, " ".join(example.text.lower().split())].add(example.intent)

    assert [text for text, found in intents.items() if len(found) > 1] == []


def test_no_text_stands_twice_under_one_intent() -> None:
    counts = Counter((e.language, e.intent, e.text.lower()) for e in EXAMPLES)

    assert [key for key, n in counts.items() if n > 1] == []


def test_annotations_are_stripped_from_the_text_and_kept_as_spans() -> None:
    annotated = [e for e in EXAMPLES if e.spans]

    assert len(annotated) > 500
    assert not [e.text for e in EXAMPLES if "](" in e.text]
    assert all(value in e.text for e in annotated for value, _ in e.spans)


def test_variations_keep_the_intent_and_come_out_the_same_each_time() -> None:
    first, second = augmented(EXAMPLES), augmented(EXAMPLES)

    assert first == second
    assert first[: len(EXAMPLES)] == EXAMPLES
    assert len(first) > len(EXAMPLES) * 1.3
    assert not [e.text for e in first if "](" in e.text]


def test_synonyms_name_each_phrase_under_one_concept_of_its_kind() -> None:
    concepts = read_synonyms()
    owners = defaultdict(set)
    for concept, phrases in concepts.items():
        for phrase in phrases:
            owners[fold(phrase)].add(concept)

    assert len(concepts) >= 50
    assert {phrase: names for phrase, names in owners.items() if len(names) > 1} == {}
