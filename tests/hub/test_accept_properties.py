"""Invariants 1 and 2 for any sequence of messages, repeated and bunched in any way."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.accept import Accepted
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.types import ChannelKind, Inbound
from hub.vault import Vault
from tests.hub.acceptance import AT, Listener, acceptor_over, inbound, place, stored
from tests.stores import sqlite_url

Key = tuple[ChannelKind, str]


@dataclass(frozen=True)
class Kept:
    """What is in the database afterwards: (channel, provider id) thread by thread, in order, with their numbers."""

    answers: list[Accepted]
    threads: dict[str, list[tuple[Key, int]]]
    heard: set[str]


messages = st.builds(
    inbound,
    st.sampled_from([f"P{number}" for number in range(8)]),
    sender=st.integers(0, 3),
    channel=st.sampled_from([ChannelKind.SMS, ChannelKind.VOICE]),
)
bursts = st.lists(st.lists(messages, min_size=1, max_size=6), min_size=1, max_size=5)


async def run(path: Path, keyring: Keyring, bursts: Sequence[Sequence[Inbound]], restart: bool) -> Kept:
    """Accept every burst together, the bursts one after the other; on a hub of its own each, when it restarts."""
    clock, listener = FixedClock(AT), Listener()
    answers: list[Accepted] = []
    db = await Database.open(sqlite_url(path))
    acceptor = acceptor_over(db, Vault(keyring), clock, listener)
    acceptor.start()
    for burst in bursts:
        answers += await asyncio.gather(*(acceptor.accept(one) for one in burst))
        if restart:
            await acceptor.stop()
            acceptor = acceptor_over(db, Vault(keyring), clock, listener)
            acceptor.start()
    await acceptor.stop()
    threads: dict[str, list[tuple[Key, int]]] = {}
    for row in await stored(db):
        threads.setdefault(row.thread_id, []).append(((ChannelKind(row.channel), row.provider_id), row.seq))
    await db.close()
    return Kept(answers, threads, listener.threads)


@settings(max_examples=60)
@given(bursts=bursts, restart=st.booleans())
def test_each_message_is_kept_once_in_order_and_every_answer_tells_where(
    template: Path, keyring: Keyring, bursts: list[list[Inbound]], restart: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        shutil.copyfile(template, path)
        kept = asyncio.run(run(path, keyring, bursts, restart))

    asked = [one for burst in bursts for one in burst]
    first: dict[Key, Inbound] = {}
    for one in asked:
        first.setdefault((one.channel, one.provider_id), one)
    expected: dict[str, list[Key]] = {}
    for key, one in first.items():
        expected.setdefault(one.sender.value, []).append(key)

    # Once, in the thread of whoever sent it first, in the order accepted, numbered without a gap.
    assert sorted([key for key, _ in rows] for rows in kept.threads.values()) == sorted(expected.values())
    assert all([seq for _, seq in rows] == list(range(1, len(rows) + 1)) for rows in kept.threads.values())
    # Every answer names the message that was kept; only the first of its kind is new.
    where = {}
    for one, answer in zip(asked, kept.answers, strict=True):
        key = (one.channel, one.provider_id)
        assert answer.duplicate is (key in where)
        assert where.setdefault(key, place(answer)) == place(answer)
        assert key in [kept_key for kept_key, _ in kept.threads[answer.thread_id]]
    assert kept.heard == set(kept.threads)
