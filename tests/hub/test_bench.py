"""The benchmark's parts work: tiny runs, and never a word about how fast."""

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from channels.sms import SmsChannel
from hub.settings import Secret, Settings
from hub.types import Address, AddressKind, Part
from tests.bench import accept, carrier, dispatch, figures, patients, processes, reply, webhooks, wire
from tests.bots.nlu_engine import MODELS


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[processes.Bench]:
    made = processes.Bench(tmp_path)
    yield made
    made.end_children()


def test_percentiles_are_by_nearest_rank_and_nothing_has_none() -> None:
    assert figures.percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert figures.percentile(list(range(1, 101)), 0.99) == 99
    assert math.isnan(figures.percentile([], 0.5))


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    speeds = [
        ("floor", 100.0),
        ("product", 50.0),
        ("floor", 200.0),
        ("product", 80.0),
        ("floor", 100.0),
        ("product", 70),
    ]
    rounds = [figures.Round(side=side, messages=1, per_second=speed, p50=1, p99=1) for side, speed in speeds]

    found = figures.summary(rounds)

    assert found["ratio"] == pytest.approx(0.5)
    assert found["floor"]["per_second"] == 100.0
    assert "NaN" not in json.dumps([figures.measured(one) for one in rounds])


def test_every_webhook_is_signed_as_the_provider_signs() -> None:
    head, _, body = webhooks.inbound("http://127.0.0.1:8080", 7, webhooks.number(7), "¿mañana?").partition(b"\r\n\r\n")
    given = next(line for line in head.decode().split("\r\n") if line.startswith("X-Twilio-Signature: "))

    form = dict(parse_qsl(body.decode(), keep_blank_values=True))

    url = "http://127.0.0.1:8080" + webhooks.SMS
    assert RequestValidator(webhooks.TOKEN).validate(url, form, given.partition(": ")[2])


def test_numbers_are_all_different_and_fictional() -> None:
    numbers = [webhooks.number(n) for n in range(5000)]

    assert len(set(numbers)) == 5000
    assert all(number[5:10] == "55501" for number in numbers)


@pytest.mark.parametrize("size", [1, 7, 40, 1000], ids=lambda size: f"{size}-bytes-at-a-time")
def test_messages_are_cut_apart_however_they_arrive(size: int) -> None:
    class Kept(wire.Messages):
        def __init__(self) -> None:
            super().__init__()
            self.bodies: list[bytes] = []

        def arrived(self, head: bytes, body: bytes) -> None:
            self.bodies.append(body)

    sent = wire.post("/a", "h", b"one") + wire.post("/b", "h", b"") + wire.post("/c", "h", b"three")
    kept = Kept()

    for start in range(0, len(sent), size):
        kept.data_received(sent[start : start + size])

    assert kept.bodies == [b"one", b"", b"three"]


async def test_the_carrier_answers_so_that_the_product_understands() -> None:
    heard: list[int] = []
    simulated = carrier.Carrier(lambda number, body: heard.append(number))
    port = await simulated.start()
    settings = Settings(
        twilio_account_sid=webhooks.ACCOUNT,
        twilio_auth_token=Secret(webhooks.TOKEN),
        twilio_api_url=f"http://127.0.0.1:{port}",
        sms_from=webhooks.CLINIC,
    )
    channel = SmsChannel.from_settings(settings)
    assert channel is not None
    to, clinic = (Address(AddressKind.PHONE, value) for value in (webhooks.number(1), webhooks.CLINIC))

    receipts = [
        await channel.send(Part(reference=f"d{n}", attempt=1, sender=clinic, recipient=to, text="Hi")) for n in range(3)
    ]

    await channel.close()
    simulated.stop()
    await asyncio.sleep(0)
    assert len({receipt.provider_id for receipt in receipts}) == 3
    assert heard == [1, 2, 3]


class _Echo(wire.Messages):
    """A hub of the simplest sort: takes a text, and posts an answer to its sender at the carrier."""

    def __init__(self, answers: "asyncio.Queue[bytes]") -> None:
        super().__init__()
        self._answers = answers

    def arrived(self, head: bytes, body: bytes) -> None:
        assert self.transport is not None
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self._answers.put_nowait(dict(parse_qsl(body))[b"From"])


@pytest.fixture
async def world() -> AsyncIterator[patients.World]:
    """Patients between an echoing hub and their carrier."""
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    echoes: list[_Echo] = []

    def echo() -> _Echo:
        echoes.append(_Echo(answers))
        return echoes[-1]

    server = await loop.create_server(echo, "127.0.0.1", 0)
    found = patients.World("http://127.0.0.1:8080", people=1000)
    simulated = carrier.Carrier(found.heard)
    port = await simulated.start()
    await found.connect(server.sockets[0].getsockname()[1])
    free: asyncio.Queue[wire.Client] = asyncio.Queue()
    (client,) = await wire.connect(port, 1, lambda one, status: free.put_nowait(one))
    free.put_nowait(client)

    async def answer() -> None:
        while True:
            number = await answers.get()
            body = b"To=" + number.replace(b"+", b"%2B") + b"&Body=Hello"
            (await free.get()).send(wire.post("/Messages.json", "h", body))

    answering = asyncio.create_task(answer())
    yield found
    answering.cancel()
    server.close()
    simulated.stop()
    found.close()
    for connection in (client, *echoes):
        connection.close()
    await asyncio.sleep(0)


async def test_patients_talk_on_once_they_are_answered(world: patients.World) -> None:
    told = await patients.closed(world, patients=4, seconds=0.2)

    assert told["messages"]
    assert (told["silent"], told["refused"]) == (0, 0)


async def test_texts_at_random_moments_are_all_answered(world: patients.World) -> None:
    told = await patients.opened(world, rate=200, seconds=0.3)

    assert told["messages"]
    assert (told["silent"], told["refused"]) == (0, 0)


def test_accepting_is_measured_and_the_database_holds_what_was_accepted(bench: processes.Bench) -> None:
    rounds = accept.run(bench, seconds=1.0, rounds=1, people=5, warm_up=0.1, tell=lambda words: None)

    assert [one.side for one in rounds] == ["floor", "product"]
    assert all(one.messages for one in rounds)
    assert "holds exactly" in rounds[1].remark


def test_dispatching_is_measured_until_everything_is_sent(bench: processes.Bench) -> None:
    rounds = dispatch.run(bench, messages=10, rounds=1, callbacks=True, models=MODELS, tell=lambda words: None)

    assert [one.messages for one in rounds] == [10, 10]
    assert "{'delivered': 10}" in rounds[1].remark


def test_replying_is_measured_at_full_speed_and_at_half(bench: processes.Bench) -> None:
    rounds = reply.run(bench, seconds=1.0, rounds=1, models=MODELS, rasa=None, people=400, tell=lambda words: None)

    assert [one.side for one in rounds] == ["product", "product at half"]
    assert all(one.messages for one in rounds)
    assert not any("WITHOUT" in one.remark or "REFUSED" in one.remark for one in rounds)


def test_a_benchmark_that_breaks_says_so_and_exits_with_0(tmp_path: Path) -> None:
    arguments = ["reply", "--json", "--dir", str(tmp_path / "missing")]

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments], cwd=processes.CHECKOUT, capture_output=True, check=False
    )

    assert done.returncode == 0
    assert "missing" in json.loads(done.stdout)["broke"]
