"""The engine with its second stage: who is asked, what it changes, and that every text is answered whatever happens."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bots.nlu.classifier import Floats
from bots.nlu.encoders import MAX_TEXT, Encoder, Hashed
from bots.nlu.model import Catalogue, Meaning, Question
from bots.nlu.second import SecondStage, Weighing
from bots.nlu.staged import StagedEngine, staged_aside
from hub.errors import EngineFailed
from hub.metrics import Metrics
from tests.bots.nlu_engine import trained
from tests.bots.second_stage import ABSENT, ALWAYS, hashed

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/New_York"))
CLINIC = Catalogue(providers=("Dr. Minh Kim",), visit_types=("Annual physical",))
EVEN = Weighing(first=0.5, second=1.0, threshold=1.0)
UNSURE = "hmm zanzibar quux thing with dr kim tomorrow at 3 pm maybe"
SURE = "please cancel my appointment"


class Watched:
    """An encoder that does as `how` says, and remembers what it was asked."""

    name = "watched"

    def __init__(self, how: Callable[[Sequence[str]], Floats] | None = None) -> None:
        self.asked: list[str] = []
        self._how = how or Hashed().encode

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked.extend(texts)
        return self._how(texts)


class Rig:
    """An engine over an encoder, with its metrics."""

    def __init__(self, encoder: Encoder, weighing: Weighing = ALWAYS, timeout: float = 30.0) -> None:
        stage = hashed()[1]
        second = SecondStage(intents=stage.intents, weights=stage.weights, bias=stage.bias, weighing=weighing)
        self.metrics = Metrics()
        self.engine = StagedEngine(trained(), second, encoder, self.metrics, timeout)

    async def heard(self, text: str, question: Question | None = None) -> Meaning:
        return await self.engine.understand(text, now=NOW, question=question, catalogue=CLINIC)

    def counted(self, engine: str, reason: str) -> float:
        return self.metrics.registry.get_sample_value("hub_understood_total", {"engine": engine, "reason": reason}) or 0


@pytest.fixture
async def rigged() -> AsyncIterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def rig(*args: object, **more: object) -> Rig:
        made.append(Rig(*args, **more))  # type: ignore[arg-type]
        return made[-1]

    yield rig
    for one in made:
        await one.engine.close()


def first(text: str, question: Question | None = None) -> Meaning:
    return trained().meaning(text, now=NOW, question=question, catalogue=CLINIC)


async def test_a_sure_answer_stands_and_nothing_is_encoded(rigged) -> None:
    encoder = Watched()
    rig = rigged(encoder, Weighing(first=0.5, second=0.5, threshold=0.7))

    assert await rig.heard(SURE) == first(SURE)
    assert encoder.asked == []
    assert rig.counted("embedded", "sure") == 1


@pytest.mark.parametrize("text", ["2", "the second one", "", " \n"], ids=repr)
async def test_a_pick_and_what_has_no_words_are_not_encoded(rigged, text: str) -> None:
    encoder = Watched()
    rig = rigged(encoder)

    asked = Question(expects="choice", options=3)
    assert await rig.heard(text, asked) == first(text, asked)
    assert encoder.asked == []
    assert rig.counted("embedded", "certain") == 1


async def test_a_long_text_is_the_first_stages(rigged) -> None:
    encoder = Watched()
    rig = rigged(encoder)

    assert (await rig.heard("hmm zanzibar " * MAX_TEXT)).by == "embedded"
    assert encoder.asked == []
    assert rig.counted("embedded", "long") == 1


async def test_an_unsure_answer_is_weighed_again_and_what_the_text_names_stays(rigged) -> None:
    encoder = Watched()
    rig = rigged(encoder)

    meaning, alone = await rig.heard(UNSURE), first(UNSURE)

    assert encoder.asked == [UNSURE]
    assert (meaning.by, alone.by) == ("embedding", "embedded")
    assert meaning.confidence != alone.confidence
    assert (meaning.entities, meaning.language) == (alone.entities, alone.language)
    assert meaning.entities.provider == "Dr. Minh Kim"
    assert rig.counted("embedding", "answered") == 1


async def test_a_second_stage_that_is_surer_is_believed(rigged) -> None:
    rig = rigged(Hashed())
    sure_of_refill = np.array([9.0 if name == "refill" else 0.0 for name in trained().intents], dtype=np.float32)
    second = SecondStage(
        intents=trained().intents, weights=np.zeros_like(hashed()[1].weights), bias=sure_of_refill, weighing=EVEN
    )
    engine = StagedEngine(trained(), second, Hashed(), rig.metrics)

    meaning = await engine.understand(UNSURE, now=NOW, catalogue=CLINIC)
    await engine.close()

    assert first(UNSURE).intent != "refill"
    assert (meaning.intent, meaning.confidence > 0.9) == ("refill", True)


async def test_what_only_other_scripts_are_written_with_is_not_encoded(rigged) -> None:
    encoder = Watched()
    rig = rigged(encoder)

    assert (await rig.heard("😀 ﷺ 你好")).by == "embedded"
    assert encoder.asked == []
    assert rig.counted("embedded", "foreign") == 1


async def test_what_the_bot_asked_last_counts_as_it_does_for_the_first_stage(rigged) -> None:
    rig = rigged(Hashed(), Weighing(first=0.0, second=0.0, threshold=1.0))

    assert (await rig.heard("headache, dizziness", Question(expects="visit_type"))).intent == "inform"
    assert (await rig.heard("sure", Question(expects="yes_no"))).intent == "confirm"


def failing(error: Exception) -> Callable[[Sequence[str]], Floats]:
    def encode(texts: Sequence[str]) -> Floats:
        raise error

    return encode


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(EngineFailed("no-vector"), "no-vector", id="no vector"),
        pytest.param(MemoryError(UNSURE), "broken", id="no memory"),
        pytest.param(ValueError(UNSURE), "broken", id="another error"),
    ],
)
async def test_whatever_the_encoder_does_the_first_answer_stands_and_no_word_of_it_is_told(
    rigged, caplog, error: Exception, reason: str
) -> None:
    rig = rigged(Watched(failing(error)))

    with caplog.at_level(logging.DEBUG):
        meanings = [await rig.heard(UNSURE) for _ in range(3)]

    assert meanings == [first(UNSURE)] * 3
    assert rig.counted("embedded", reason) == 3
    told = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bots")] == ["embedding_fails"]
    assert "zanzibar" not in told
    assert "zanzibar" not in rig.metrics.page().decode()


async def test_when_it_works_again_that_is_told(rigged, caplog) -> None:
    turns = iter([failing(EngineFailed("no-vector")), Hashed().encode])
    rig = rigged(Watched(lambda texts: next(turns)(texts)))

    with caplog.at_level(logging.INFO, logger="bots"):
        answered = [(await rig.heard(UNSURE)).by for _ in range(2)]

    assert answered == ["embedded", "embedding"]
    assert [record.getMessage() for record in caplog.records] == ["embedding_fails", "embedding_answers_again"]


async def test_a_vector_that_takes_too_long_is_not_waited_for(rigged) -> None:
    enough = threading.Event()

    def slow(texts: Sequence[str]) -> Floats:
        enough.wait(60)
        return Hashed().encode(texts)

    rig = rigged(Watched(slow), timeout=0.01)

    assert await rig.heard(UNSURE) == first(UNSURE)
    assert rig.counted("embedded", "timeout") == 1
    enough.set()


async def test_only_so_many_wait_for_a_vector_and_each_is_answered(rigged) -> None:
    enough = threading.Event()

    def slow(texts: Sequence[str]) -> Floats:
        enough.wait(60)
        return Hashed().encode(texts)

    rig = rigged(Watched(slow))
    crowd = [asyncio.create_task(rig.heard(UNSURE)) for _ in range(20)]
    # All have asked once the first of those that are not let in is answered: they began in order.
    await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
    enough.set()

    answers = await asyncio.gather(*crowd)
    assert sorted(one.by for one in answers) == ["embedded"] * 4 + ["embedding"] * 16
    assert rig.counted("embedded", "busy") == 4


async def test_who_gives_up_waiting_leaves_the_stage_as_it_was(rigged) -> None:
    begun, enough = threading.Event(), threading.Event()

    def slow(texts: Sequence[str]) -> Floats:
        begun.set()
        enough.wait(60)
        return Hashed().encode(texts)

    rig = rigged(Watched(slow))
    waiting = asyncio.create_task(rig.heard(UNSURE))
    await asyncio.to_thread(begun.wait, 60)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    enough.set()

    assert (await rig.heard(UNSURE)).by == "embedding"


async def test_after_its_end_the_first_stage_answers() -> None:
    rig = Rig(Hashed())
    await rig.engine.close()

    assert await rig.heard(UNSURE) == first(UNSURE)


def test_stages_that_know_different_intents_are_refused() -> None:
    encoder, stage = hashed()
    other = SecondStage(intents=("book",), weights=stage.weights, bias=stage.bias, weighing=stage.weighing)

    with pytest.raises(ValueError, match="different intents"):
        StagedEngine(trained(), other, encoder, Metrics())


async def test_without_the_package_or_a_trained_stage_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed) as failed:
        await staged_aside(tmp_path, trained(), Metrics())

    assert failed.value.reason == ("not-installed" if ABSENT else "untrained")
