"""Web and dispatcher as processes of their own: with Redis a text is answered at once, and only ids go through it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from channels import registry
from hub.api.events import AUDIENCES
from hub.app import Hub
from hub.crypto import Keyring
from hub.live import Doing
from hub.outbox import dispatch
from hub.reception import worker
from tests.hub.live.sides import WITHIN
from tests.hub_rig import CLINIC, Rig, open_rig
from tests.servers.valkey import Valkey

ANA = "+12025550171"
NEVER = 3600.0


@asynccontextmanager
async def apart(database_url: str, folder: Path, keyring: Keyring, server: Valkey) -> AsyncIterator[tuple[Rig, Hub]]:
    """A web process, with its rig, and a dispatcher process, over one database and one server."""
    async with open_rig(database_url, folder, keyring, roles=("web",), redis_url=server.secret) as rig:
        settings = replace(rig.parts.settings, port=0)
        dispatcher = await Hub.open(settings, roles=("dispatcher",), channels=registry.build(settings))
        try:
            await dispatcher.start()
            await dispatcher.understanding()
            yield rig, dispatcher
        finally:
            await dispatcher.stop()


@pytest.fixture
def no_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for work by themselves: only what is rung for is done."""
    monkeypatch.setattr(worker, "_SWEEP", NEVER)
    monkeypatch.setattr(dispatch, "_POLL", NEVER)


async def test_a_text_is_answered_by_wakeups_alone(
    database_url: str, tmp_path: Path, keyring: Keyring, valkey: Valkey, no_polls: None
) -> None:
    async with apart(database_url, tmp_path, keyring, valkey) as (rig, dispatcher):
        await rig.patient("MRN-1", "Ana", "Lopez", ANA)
        answers = [await rig.ask(ANA, words) for words in ("Hello", "I need to see a doctor", "Thank you")]

        assert all(answers)
        assert rig.parts.reception.idle
        metrics = dispatcher.parts.metrics.registry
        assert metrics.get_sample_value("hub_wakeups_total", {"topic": "accepted", "result": "heard"}) >= 3


async def test_what_the_dispatcher_does_is_heard_by_streams_of_the_web_process(
    database_url: str, tmp_path: Path, keyring: Keyring, valkey: Valkey
) -> None:
    async with apart(database_url, tmp_path, keyring, valkey) as (rig, dispatcher):
        async with (
            rig.parts.live.feed.subscribe(None, AUDIENCES) as web,
            dispatcher.parts.live.feed.subscribe(None, AUDIENCES) as other,
        ):
            await rig.patient("MRN-1", "Ana", "Lopez", ANA)
            await rig.ask(ANA, "Hello")
            await rig.quiet()
            last = await rig.parts.live.feed.newest()
            heard = {id(one): [] for one in (web, other)}
            for one in (web, other):
                while one.seq < last:
                    batch = await one.next(WITHIN)
                    heard[id(one)] += batch.changes

        assert heard[id(web)] == heard[id(other)]
        assert [seq for seq, _ in heard[id(web)]] == list(range(1, last + 1))
        assert "delivery.updated" in {change.type for _, change in heard[id(web)]}


async def test_nothing_but_ids_is_kept_or_sent(
    database_url: str, tmp_path: Path, keyring: Keyring, valkey: Valkey
) -> None:
    """The bytes of the server are searched after a conversation, and all that was published in it."""
    with valkey.client() as client, client.pubsub() as pubsub:
        pubsub.psubscribe("*")
        async with apart(database_url, tmp_path, keyring, valkey) as (rig, _):
            person = await rig.patient("MRN-CANARY", "Anacanary", "Lopezcanary", ANA)
            said = ["My kneecanary hurts", "I need to see a doctor", "Next week", "Maria Lopezcanary"]
            answers = [await rig.ask(ANA, words) for words in said]
            await rig.quiet()
            await rig.parts.live.presence.here(str((await rig.thread(person)).id), person, Doing.TYPING)
            held = valkey.held()
        published = ""
        while (message := pubsub.get_message(timeout=0.2)) is not None:
            published += f"{message['channel']} {message['data']}\n"

    everything = (held + published).lower()
    for part in ("carehub:", ":events", ":pace:texts", ":thread:", "message.created", '"accepted"'):
        assert part in everything, part
    words = {word for text in (*said, *answers) for word in text.lower().split() if len(word) > 6}
    for canary in (*words, "canary", ANA, ANA[1:], CLINIC, CLINIC[1:], "maple"):
        assert canary not in everything, canary
