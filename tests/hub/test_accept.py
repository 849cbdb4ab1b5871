"""Accepting: durable before anyone is told, once, in order, whatever comes together (invariants 1 and 2)."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.accept import Accepted, Acceptor
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import audit_event, person, thread
from hub.errors import Overloaded, StorageError
from hub.metrics import Metrics
from hub.people import NewPatient, People
from hub.sealed import open_body
from hub.types import ChannelKind, OptOutWord
from hub.vault import Vault
from tests import stranger
from tests.hub.acceptance import AT, Listener, acceptor_over, inbound, place, stored
from tests.stores import embedded_only


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def acceptor(
    db: Database, vault: Vault, clock: FixedClock, listener: Listener, metrics: Metrics
) -> AsyncIterator[Acceptor]:
    made = acceptor_over(db, vault, clock, listener, metrics=metrics)
    made.start()
    yield made
    await made.stop()


def accepted_together(acceptor: Acceptor, *many: object) -> "asyncio.Future[list[Accepted | BaseException]]":
    return asyncio.gather(*(acceptor.accept(one) for one in many), return_exceptions=True)


class TestOne:
    async def test_a_message_is_kept_whole_in_its_senders_thread(
        self, db: Database, vault: Vault, clock: FixedClock, acceptor: Acceptor
    ) -> None:
        answer = await acceptor.accept(inbound("SM1", "I want to come in tomorrow"))

        (row,) = await stored(db)
        async with db.read() as conn:
            owner = (await conn.execute(sa.select(thread.c.person_id))).scalar_one()
            body = open_body(await vault.key(conn, owner), owner, row.thread_id, row.id, row.body_sealed)
        assert answer == Accepted(row.id, row.thread_id)
        assert (row.seq, row.direction, row.author_kind, row.channel) == (1, "inbound", "patient", "sms")
        assert (row.provider_id, row.at, row.handled_at, row.opt_out) == ("SM1", AT, None, None)
        assert body.text == "I want to come in tomorrow"

    async def test_the_carriers_own_reading_of_a_consent_word_is_kept(self, db: Database, acceptor: Acceptor) -> None:
        await acceptor.accept(replace(inbound("SM1", "STOP"), opt_out=OptOutWord.STOP))

        assert [row.opt_out for row in await stored(db)] == ["stop"]

    async def test_it_is_audited_and_announced_with_it(self, db: Database, acceptor: Acceptor) -> None:
        answer = await acceptor.accept(inbound("SM1"))

        async with db.read() as conn:
            entry = (await conn.execute(sa.select(audit_event))).one()
            owner = (await conn.execute(sa.select(thread.c.person_id))).scalar_one()
            changes = await events.read(conn, 0, ["staff"])
        assert (entry.action, entry.actor_kind, entry.object_id) == ("message.accept", "carrier", answer.message_id)
        assert entry.person_id == owner
        assert [(change.type, change.object_id) for _, change in changes] == [("message.created", answer.message_id)]

    async def test_the_answer_comes_after_the_commit(self, acceptor: Acceptor, database_url: str) -> None:
        await acceptor.accept(inbound("SM1"))

        assert stranger.rows(database_url, "SELECT count(*) FROM message") == [(1,)]

    async def test_who_waits_for_news_hears_after_the_commit(
        self, db: Database, vault: Vault, clock: FixedClock, database_url: str
    ) -> None:
        seen: list[int] = []

        class Looking(Listener):
            def __call__(self, thread_ids: Iterable[str]) -> None:
                super().__call__(thread_ids)
                seen.append(stranger.rows(database_url, "SELECT count(*) FROM message")[0][0])

        looking = Looking()
        acceptor = acceptor_over(db, vault, clock, looking)
        acceptor.start()
        answer = await acceptor.accept(inbound("SM1"))
        await acceptor.stop()

        assert seen == [1]
        assert looking.heard == [{answer.thread_id}]


class TestTogether:
    async def test_many_share_a_commit(
        self, db: Database, acceptor: Acceptor, metrics: Metrics, listener: Listener
    ) -> None:
        answers = await accepted_together(acceptor, *(inbound(f"SM{n}", sender=n % 20) for n in range(200)))

        count = metrics.registry.get_sample_value
        assert len(await stored(db)) == 200
        assert count("hub_accept_batch_size_sum") == 200
        assert (count("hub_accept_batch_size_count") or 200) <= 4
        assert listener.threads == {answer.thread_id for answer in answers}
        assert len(listener.threads) == 20
        assert count("hub_accepted_total", {"channel": "sms", "result": "new"}) == 200

    async def test_more_than_a_batch_holds_all_go_in_in_order(self, db: Database, acceptor: Acceptor) -> None:
        answers = await accepted_together(acceptor, *(inbound(f"SM{n}") for n in range(600)))

        rows = await stored(db)
        assert [row.provider_id for row in rows] == [f"SM{n}" for n in range(600)]
        assert [row.seq for row in rows] == list(range(1, 601))
        assert [answer.message_id for answer in answers] == [row.id for row in rows]

    async def test_order_is_kept_in_each_thread_over_many_batches(self, db: Database, acceptor: Acceptor) -> None:
        asked = []
        for n in range(90):
            asked.append(asyncio.create_task(acceptor.accept(inbound(f"SM{n}", sender=n % 3))))
            if n % 7 == 0:
                await asyncio.sleep(0.001)
        await asyncio.gather(*asked)

        by_thread: dict[str, list[int]] = {}
        for row in await stored(db):
            by_thread.setdefault(row.thread_id, []).append(int(row.provider_id[2:]))
        assert sorted(by_thread.values()) == [list(range(start, 90, 3)) for start in range(3)]

    async def test_a_burst_from_one_new_number_makes_one_person_and_one_thread(
        self, db: Database, acceptor: Acceptor
    ) -> None:
        answers = await accepted_together(acceptor, *(inbound(f"SM{n}") for n in range(50)))

        assert len({answer.thread_id for answer in answers}) == 1
        async with db.read() as conn:
            for table in (person, thread):
                assert (await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one() == 1

    async def test_one_number_by_text_and_by_voice_is_one_conversation(self, db: Database, acceptor: Acceptor) -> None:
        text, call = await accepted_together(acceptor, inbound("A"), inbound("B", channel=ChannelKind.VOICE))

        assert text.thread_id == call.thread_id
        assert [row.channel for row in await stored(db)] == ["sms", "voice"]

    async def test_an_unknown_numbers_thread_stays_apart_from_its_later_owner(
        self, db: Database, vault: Vault, clock: FixedClock, acceptor: Acceptor, trail: Trail
    ) -> None:
        """What a stranger wrote is not handed to the patient who later gets the number (invariant 9)."""
        before = await acceptor.accept(inbound("SM1"))
        patient = NewPatient(mrn="1", given_name="Nora", family_name="Quinn", addresses=(inbound("x").sender,))
        people = People(vault, trail, clock)
        await db.write(lambda conn: people.upsert(conn, patient, Actor("system", "import")))

        after = await acceptor.accept(inbound("SM2"))

        assert after.thread_id != before.thread_id


class TestDuplicates:
    async def test_the_same_message_again_is_answered_as_the_first(
        self, db: Database, acceptor: Acceptor, listener: Listener, metrics: Metrics
    ) -> None:
        first = await acceptor.accept(inbound("SM1"))

        again = await acceptor.accept(inbound("SM1"))

        assert not first.duplicate
        assert again == Accepted(first.message_id, first.thread_id, duplicate=True)
        assert len(await stored(db)) == 1
        assert listener.heard == [{first.thread_id}, set()]
        assert metrics.registry.get_sample_value("hub_accepted_total", {"channel": "sms", "result": "duplicate"}) == 1

    async def test_the_same_message_twice_in_one_batch_is_one(self, db: Database, acceptor: Acceptor) -> None:
        answers = await accepted_together(acceptor, *(inbound(one) for one in ("A", "B", "A", "A", "B")))

        assert [answer.duplicate for answer in answers] == [False, False, True, True, True]
        assert place(answers[0]) == place(answers[2]) == place(answers[3])
        assert place(answers[1]) == place(answers[4])
        assert [row.provider_id for row in await stored(db)] == ["A", "B"]

    async def test_a_duplicate_leaves_no_gap_and_no_second_entry(self, db: Database, acceptor: Acceptor) -> None:
        await accepted_together(acceptor, inbound("A"), inbound("A"), inbound("B"))

        async with db.read() as conn:
            entries = (await conn.execute(sa.select(sa.func.count()).select_from(audit_event))).scalar_one()
        assert [row.seq for row in await stored(db)] == [1, 2]
        assert entries == 2

    async def test_what_came_first_stays_though_a_repetition_says_something_else(
        self, db: Database, acceptor: Acceptor
    ) -> None:
        first = await acceptor.accept(inbound("SM1", "yes", sender=1))

        again = await acceptor.accept(inbound("SM1", "no", sender=2))

        assert place(again) == place(first)
        assert len(await stored(db)) == 1

    async def test_the_same_id_on_another_channel_is_another_message(self, db: Database, acceptor: Acceptor) -> None:
        answers = await accepted_together(acceptor, inbound("X"), inbound("X", channel=ChannelKind.VOICE))

        assert [answer.duplicate for answer in answers] == [False, False]
        assert answers[0].message_id != answers[1].message_id

    async def test_two_hubs_over_one_database_keep_it_once(
        self, database_url: str, vault: Vault, clock: FixedClock
    ) -> None:
        hubs = [(db := await Database.open(database_url), acceptor_over(db, vault, clock, Listener())) for _ in "ab"]
        for _, acceptor in hubs:
            acceptor.start()

        answers = await asyncio.gather(*(acceptor.accept(inbound(f"SM{n}")) for n in range(20) for _, acceptor in hubs))

        rows = await stored(hubs[0][0])
        for db, acceptor in hubs:
            await acceptor.stop()
            await db.close()
        assert sorted(row.provider_id for row in rows) == sorted(f"SM{n}" for n in range(20))
        assert [row.seq for row in rows] == list(range(1, 21))
        assert len({place(answer) for answer in answers}) == 20
        assert sum(not answer.duplicate for answer in answers) == 20


class TestTrouble:
    async def test_a_message_that_cannot_be_kept_takes_no_other_with_it(self, db: Database, acceptor: Acceptor) -> None:
        answers = await accepted_together(
            acceptor,
            inbound("A"),
            inbound("B", "half a character: \ud83d"),
            inbound("C", at=datetime(2026, 3, 2)),  # noqa: DTZ001 - naive, and so refused
            inbound("D"),
        )

        assert [row.provider_id for row in await stored(db)] == ["A", "D"]
        assert [isinstance(answer, Accepted) for answer in answers] == [True, False, False, True]
        assert not any(answer.duplicate for answer in (answers[0], answers[3]))

    async def test_alone_it_is_refused_and_the_next_one_taken(self, db: Database, acceptor: Acceptor) -> None:
        with pytest.raises(UnicodeEncodeError):
            await acceptor.accept(inbound("A", "\ud83d"))

        assert await acceptor.accept(inbound("B"))
        assert [row.provider_id for row in await stored(db)] == ["B"]

    @embedded_only
    async def test_nothing_is_answered_as_accepted_when_the_disk_is_full(
        self, db: Database, acceptor: Acceptor, listener: Listener
    ) -> None:
        async def room(conn: AsyncConnection, pages: int) -> None:
            await conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        await db.write(lambda conn: room(conn, 1))
        refused = await accepted_together(acceptor, *(inbound(f"SM{n}", "x" * 100_000, sender=n) for n in range(10)))
        durable = [row.provider_id for row in await stored(db)]
        await db.write(lambda conn: room(conn, 1_000_000))
        again = await accepted_together(acceptor, *(inbound(f"SM{n}", "x" * 100_000, sender=n) for n in range(10)))

        assert [type(one) for one in refused] == [StorageError] * 10
        assert durable == []
        assert listener.heard[0] == {answer.thread_id for answer in again}
        assert sorted(row.provider_id for row in await stored(db)) == [f"SM{n}" for n in range(10)]

    async def test_nothing_is_answered_as_accepted_when_the_database_refuses(
        self, db: Database, acceptor: Acceptor, listener: Listener
    ) -> None:
        await db.write(lambda conn: conn.exec_driver_sql("ALTER TABLE message RENAME TO gone"))

        answers = await accepted_together(acceptor, inbound("A"), inbound("B"))

        assert [type(one) for one in answers] == [StorageError] * 2
        assert listener.heard == []

    async def test_more_than_may_wait_is_told_to_come_back_and_nothing_is_lost(
        self, db: Database, vault: Vault, clock: FixedClock, metrics: Metrics
    ) -> None:
        acceptor = acceptor_over(db, vault, clock, Listener(), limit=3, metrics=metrics)
        waiting = [asyncio.create_task(acceptor.accept(inbound(f"SM{n}"))) for n in range(3)]
        await asyncio.sleep(0)

        full = acceptor.waiting
        with pytest.raises(Overloaded):
            await acceptor.accept(inbound("SM3"))
        acceptor.start()
        await asyncio.gather(*waiting)
        emptied = acceptor.waiting
        taken = await acceptor.accept(inbound("SM3"))
        await acceptor.stop()

        assert (full, emptied) == (3, 0)
        assert not taken.duplicate
        assert [row.provider_id for row in await stored(db)] == ["SM0", "SM1", "SM2", "SM3"]
        assert metrics.registry.get_sample_value("hub_accepted_total", {"channel": "sms", "result": "overloaded"}) == 1

    async def test_a_carrier_that_hangs_up_and_asks_again_finds_it_once(self, db: Database, acceptor: Acceptor) -> None:
        leaving = asyncio.create_task(acceptor.accept(inbound("A")))
        staying = asyncio.create_task(acceptor.accept(inbound("B")))
        await asyncio.sleep(0)
        leaving.cancel()
        answers = await asyncio.gather(leaving, staying, return_exceptions=True)

        again = await acceptor.accept(inbound("A"))

        assert isinstance(answers[0], asyncio.CancelledError)
        assert isinstance(answers[1], Accepted)
        rows = await stored(db)
        assert sorted(row.provider_id for row in rows) == ["A", "B"]
        assert again.message_id in {row.id for row in rows}

    async def test_one_that_hung_up_and_one_that_cannot_be_kept_disturb_no_other(
        self, db: Database, acceptor: Acceptor
    ) -> None:
        leaving, poisoned, staying = (
            asyncio.create_task(acceptor.accept(one))
            for one in (inbound("A"), inbound("B", "half a character: \ud83d"), inbound("C"))
        )
        await asyncio.sleep(0)
        leaving.cancel()

        answers = await asyncio.gather(leaving, poisoned, staying, return_exceptions=True)

        assert [type(one) for one in answers] == [asyncio.CancelledError, UnicodeEncodeError, Accepted]
        assert "C" in {row.provider_id for row in await stored(db)}

    async def test_stopping_commits_what_waits(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        acceptor = acceptor_over(db, vault, clock, Listener())
        acceptor.start()
        asked = [asyncio.create_task(acceptor.accept(inbound(f"SM{n}"))) for n in range(300)]
        await asyncio.sleep(0)

        await acceptor.stop()

        assert all(one.done() and one.result() for one in asked)
        assert len(await stored(db)) == 300

    async def test_one_that_was_never_started_can_be_stopped(
        self, db: Database, vault: Vault, clock: FixedClock
    ) -> None:
        await acceptor_over(db, vault, clock, Listener()).stop()

    async def test_a_listener_that_breaks_undoes_nothing(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        class Breaking(Listener):
            def __call__(self, thread_ids: Iterable[str]) -> None:
                raise LookupError

        acceptor = acceptor_over(db, vault, clock, Breaking())
        acceptor.start()
        await accepted_together(acceptor, inbound("A"), inbound("B"))
        await acceptor.stop()

        assert [row.provider_id for row in await stored(db)] == ["A", "B"]
