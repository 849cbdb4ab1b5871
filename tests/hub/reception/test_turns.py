"""Turns: one process in a thread at a time, whichever it is, and none for longer than it lives."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.db.tables import message, thread, turn
from hub.reception.turns import LASTS, Divided
from hub.vault import Vault
from tests.hub.acceptance import Listener, acceptor_over, inbound
from tests.hub_rig import open_rig
from tests.stores import server_only

pytestmark = server_only
ANA = "+12025550141"


@pytest.fixture
async def thread_id(db: Database, vault: Vault, clock: FixedClock) -> str:
    """A thread with something in it."""
    acceptor = acceptor_over(db, vault, clock, Listener())
    acceptor.start()
    answer = await acceptor.accept(inbound("SM1"))
    await acceptor.stop()
    return answer.thread_id


async def test_a_thread_is_handled_by_one_at_a_time(db: Database, clock: FixedClock, thread_id: str) -> None:
    ours, theirs = Divided(db, clock), Divided(db, clock)

    taken = await asyncio.gather(ours.take(thread_id), theirs.take(thread_id))

    assert sorted(taken) == [False, True]


async def test_given_back_it_is_anybodys(db: Database, clock: FixedClock, thread_id: str) -> None:
    ours, theirs = Divided(db, clock), Divided(db, clock)
    await ours.take(thread_id)

    await theirs.give_back(thread_id)
    before = await theirs.take(thread_id)
    await ours.give_back(thread_id)

    assert not before
    assert await theirs.take(thread_id)


async def test_who_died_holds_it_no_longer_than_it_lasts(db: Database, clock: FixedClock, thread_id: str) -> None:
    dead, ours = Divided(db, clock), Divided(db, clock)
    await dead.take(thread_id)

    clock.advance(LASTS - LASTS / 100)
    early = await ours.take(thread_id)
    clock.advance(LASTS / 100)

    assert not early
    assert await ours.take(thread_id)
    assert not await dead.take(thread_id)


async def test_who_lives_keeps_it(db: Database, clock: FixedClock, thread_id: str) -> None:
    ours, theirs = Divided(db, clock), Divided(db, clock)
    await ours.take(thread_id)

    for _ in range(3):
        clock.advance(LASTS / 2)
        await ours.beat()

    assert not await theirs.take(thread_id)


async def test_a_beat_takes_back_nothing_that_another_took(db: Database, clock: FixedClock, thread_id: str) -> None:
    stood_still, ours = Divided(db, clock), Divided(db, clock)
    await stood_still.take(thread_id)
    clock.advance(LASTS)
    await ours.take(thread_id)

    await stood_still.beat()
    await stood_still.give_back(thread_id)

    async with db.read() as conn:
        (row,) = (await conn.execute(sa.select(turn))).all()
    assert row.until == clock.now() + LASTS
    assert not await stood_still.take(thread_id)


async def test_two_hubs_answer_each_text_once_and_in_order(database_url: str, tmp_path: Path, keyring: Keyring) -> None:
    """Both hear of every text; whoever has the thread's turn handles it (invariant 2)."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    async with (
        open_rig(database_url, folders[0], keyring) as one,
        open_rig(database_url, folders[1], keyring, carrier=one.carrier) as two,
    ):
        await one.patient("MRN-1", "Ana", "Lopez", ANA)
        words = ["HELP", "What are your hours?", "Where are you?", "HELP", "What are your hours?", "HELP"]

        for n, said in enumerate(words):
            one.carrier.webhook = f"{(one, two)[n % 2].base}/webhooks/twilio/sms"
            await one.text(ANA, said)
            for rig in (one, two):
                rig.parts.reception.notice([await rig.value(sa.select(thread.c.id))])
        await one.quiet()

        answered = sa.select(message.c.intent_key).where(message.c.direction == "outbound").order_by(message.c.seq)
        came = sa.select(message.c.id).where(message.c.direction == "inbound").order_by(message.c.seq)
        keys = [row.intent_key for row in await one.rows(answered)]
        assert keys == [f"reply:{row.id}" for row in await one.rows(came)]
        assert len(one.on_phone(ANA)) == len(words)


async def test_who_gives_it_back_is_told_of_what_came_meanwhile(
    db: Database, vault: Vault, clock: FixedClock, thread_id: str
) -> None:
    async def handle(conn: AsyncConnection) -> None:
        await conn.execute(sa.update(message).values(handled_at=clock.now()))

    ours = Divided(db, clock)
    await ours.take(thread_id)
    await db.write(handle)
    quiet = await ours.give_back(thread_id)
    await ours.take(thread_id)
    acceptor = acceptor_over(db, vault, clock, Listener())
    acceptor.start()
    await acceptor.accept(inbound("SM2"))
    await acceptor.stop()

    assert not quiet
    assert await ours.give_back(thread_id)
