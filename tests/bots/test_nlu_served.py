"""A Rasa server that misbehaves: every text is understood all the same, and the server is left alone for a while."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bots.nlu.breaker import Breaker
from bots.nlu.model import Catalogue, Question
from bots.nlu.rasa import RasaServer
from bots.nlu.served import RasaEngine
from hub.metrics import Metrics
from hub.settings import Secret
from tests.bots.bad_server import ANSWER, BadServer, bad_server, faults, whole
from tests.bots.nlu_engine import trained

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/New_York"))
BOOKING = "I'd like to book an appointment with Zanzibar Quux"
CLINIC = Catalogue(providers=("Dr. Minh Kim",), visit_types=("Annual physical",))


class Rig:
    """An engine over a misbehaving server, with a clock that a test moves."""

    def __init__(self, bad: BadServer, timeout: float = 5.0) -> None:
        self.bad = bad
        self.now = 0.0
        self.metrics = Metrics()
        server = RasaServer(bad.url, Secret("t0ken"), timedelta(seconds=timeout))
        breaker = Breaker(failures=2, pause=10.0)
        self.engine = RasaEngine(server, trained(), self.metrics, breaker, lambda: self.now)

    async def intent(self, text: str = BOOKING, question: Question | None = None) -> str:
        return (await self.engine.understand(text, now=NOW, question=question, catalogue=CLINIC)).intent

    def counted(self, engine: str, reason: str) -> float:
        return self.metrics.registry.get_sample_value("hub_understood_total", {"engine": engine, "reason": reason}) or 0

    @property
    def up(self) -> float | None:
        return self.metrics.registry.get_sample_value("hub_rasa_up")


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with bad_server() as bad:
        made = Rig(bad)
        yield made
        await made.engine.close()


async def test_what_the_server_says_counts_and_the_rest_is_ours(rig: Rig) -> None:
    meaning = await rig.engine.understand(
        "see dr kim tomorrow at 3 pm for my physical", now=NOW, catalogue=CLINIC, language="en"
    )

    assert meaning.intent == "cancel"
    assert meaning.confidence == pytest.approx(0.9, abs=0.01)
    assert (meaning.entities.provider, meaning.entities.visit_type) == ("Dr. Minh Kim", "Annual physical")
    assert meaning.entities.when.date == NOW.date() + timedelta(days=1)
    assert rig.counted("rasa", "answered") == 1


async def test_the_text_goes_in_the_body_and_the_token_where_rasa_looks_for_it(rig: Rig) -> None:
    await rig.intent()

    head, _, body = rig.bad.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /model/parse?token=t0ken HTTP/1.1")
    assert b"Zanzibar" in body
    assert b"Zanzibar" not in head


@pytest.mark.parametrize(("says", "reason"), [pytest.param(s, r, id=w) for w, s, r in faults()])
async def test_whatever_the_server_does_the_embedded_engine_answers(says: bytes | None, reason: str) -> None:
    async with bad_server() as bad:
        bad.next(says)
        rig = Rig(bad, timeout=0.2 if reason == "timeout" else 5.0)

        intent = await rig.intent()
        await rig.engine.close()

    assert intent == "book"
    assert rig.counted("embedded", reason) == 1
    assert rig.up == 1


async def test_a_server_that_is_not_there_is_left_alone_after_a_few_times_and_found_again(rig: Rig, caplog) -> None:
    rig.bad.next(b"", b"", whole(ANSWER))

    with caplog.at_level(logging.INFO, logger="bots"):
        intents = [await rig.intent() for _ in range(5)]
        asked_while_open, down = len(rig.bad.asked), rig.up
        rig.now = 10.0
        intents.append(await rig.intent())

    assert intents == ["book"] * 5 + ["cancel"]
    assert (asked_while_open, down, rig.up) == (2, 0, 1)
    assert rig.counted("embedded", "open") == 3
    assert [record.getMessage() for record in caplog.records] == ["rasa_left_alone", "rasa_answers_again"]


async def test_a_probe_that_fails_leaves_it_alone_for_longer(rig: Rig) -> None:
    rig.bad.next(b"")
    for now in (0.0, 0.0, 10.0, 29.0):
        rig.now = now
        await rig.intent()

    assert len(rig.bad.asked) == 3

    rig.bad.next(whole(ANSWER))
    rig.now = 30.0
    assert await rig.intent() == "cancel"


async def test_who_gives_up_waiting_for_the_probe_lets_the_next_one_ask(rig: Rig) -> None:
    rig.bad.next(b"", b"", None)
    await rig.intent()
    await rig.intent()
    rig.now = 10.0
    probe = asyncio.create_task(rig.intent())
    await rig.bad.waiting.wait()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)

    rig.bad.next(whole(ANSWER))

    assert await rig.intent() == "cancel"


async def test_of_a_crowd_that_meets_a_server_gone_each_is_answered_and_few_ask(rig: Rig) -> None:
    rig.bad.next(b"")

    assert await asyncio.gather(*(rig.intent() for _ in range(20))) == ["book"] * 20
    asked = len(rig.bad.asked)
    assert await asyncio.gather(*(rig.intent() for _ in range(20))) == ["book"] * 20
    assert len(rig.bad.asked) == asked


async def test_nothing_of_a_text_and_no_token_gets_into_logs_or_metrics(caplog) -> None:
    async with bad_server() as bad:
        with caplog.at_level(logging.DEBUG):
            for _, says, reason in faults():
                bad.next(says)
                rig = Rig(bad, timeout=0.1 if reason == "timeout" else 5.0)
                await rig.intent()
                await rig.intent()
                await rig.engine.close()
                told = rig.metrics.page().decode()
                assert "Zanzibar" not in told
                assert "t0ken" not in told
    told = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records if record.name != "asyncio")

    assert "rasa_left_alone" in told
    assert "Zanzibar" not in told
    assert "t0ken" not in told


@pytest.mark.parametrize("text", ["2", "the second one", "", "  \n"], ids=repr)
async def test_a_pick_and_what_has_no_words_are_not_asked_about(rig: Rig, text: str) -> None:
    await rig.intent(text, Question(expects="choice", options=3))

    assert rig.bad.asked == []


async def test_what_the_bot_asked_last_shifts_what_the_server_says(rig: Rig) -> None:
    unsure = [{"name": "out_of_scope", "confidence": 0.8}, {"name": "inform", "confidence": 0.2}]
    rig.bad.next(whole({"intent_ranking": unsure}))

    alone = await rig.intent("Angela Ruiz")
    answering = await rig.intent("Angela Ruiz", Question(expects="name"))

    assert (alone, answering) == ("out_of_scope", "inform")


async def test_a_second_wish_is_found_beside_the_servers_own(rig: Rig) -> None:
    text = "cancel my appointment please. what are your opening hours?"
    meaning = await rig.engine.understand(text, now=NOW, catalogue=CLINIC)

    assert meaning.intents[0] == "cancel"
    assert "hours_location" in meaning.intents


async def test_half_a_character_is_no_reason_to_fail(rig: Rig) -> None:
    assert await rig.intent("book \ud83d me") == "cancel"
    assert len(rig.bad.asked) == 1
