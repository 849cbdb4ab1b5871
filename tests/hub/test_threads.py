"""Threads: one a person, its messages numbered without a gap, and all that is said sealed (invariants 1 and 2)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import message, thread
from hub.errors import SealBroken
from hub.people import Senders
from hub.sealed import open_body
from hub.threads import NewMessage, Thread, Threads
from hub.types import (
    Address,
    AddressKind,
    AuthorKind,
    ChannelKind,
    Direction,
    Media,
    OptOutWord,
    ThreadStatus,
    new_id,
)
from hub.vault import Vault


@pytest.fixture
def threads(vault: Vault, clock: FixedClock) -> Threads:
    return Threads(vault, clock)


@pytest.fixture
async def persons(db: Database, vault: Vault, clock: FixedClock) -> list[str]:
    """Three persons without a thread."""
    addresses = [Address(AddressKind.PHONE, f"+1202555012{number}") for number in range(3)]
    found = await db.write(lambda conn: Senders(vault, clock).resolve(conn, addresses))
    return [found[one].person_id for one in addresses]


async def opened(db: Database, threads: Threads, *person_ids: str) -> dict[str, Thread]:
    return await db.write(lambda conn: threads.open_for(conn, person_ids))


async def read(db: Database, threads: Threads, thread_id: str) -> Thread:
    async with db.read() as conn:
        found = await threads.get(conn, thread_id)
    assert found is not None
    return found


def entry(one: Thread, clock: FixedClock, text: str = "hello", **values: object) -> NewMessage:
    given = {
        "id": new_id(),
        "thread_id": one.id,
        "person_id": one.person_id,
        "direction": Direction.INBOUND,
        "author": AuthorKind.PATIENT,
        "at": clock.now(),
        "text": text,
        "channel": ChannelKind.SMS,
        "provider_id": new_id(),
    }
    return NewMessage(**{**given, **values})


async def append(db: Database, vault: Vault, threads: Threads, *entries: NewMessage) -> list[int]:
    async def unit(conn: AsyncConnection) -> list[int]:
        keys = await vault.keys(conn, {one.person_id for one in entries})
        return await threads.append(conn, keys, entries)

    return await db.write(unit)


async def numbers(db: Database, thread_id: str) -> list[int]:
    async with db.read() as conn:
        query = sa.select(message.c.seq).where(message.c.thread_id == thread_id).order_by(message.c.id)
        return list((await conn.execute(query)).scalars())


class TestOpening:
    async def test_a_person_without_a_thread_gets_one_that_the_bot_has(
        self, db: Database, threads: Threads, persons: list[str]
    ) -> None:
        made = (await opened(db, threads, persons[0]))[persons[0]]

        assert made == Thread(
            id=made.id,
            person_id=persons[0],
            status=ThreadStatus.BOT,
            priority=0,
            attention="",
            last_seq=0,
            last_inbound_at=None,
        )
        assert await read(db, threads, made.id) == made

    async def test_a_person_with_a_thread_keeps_it(self, db: Database, threads: Threads, persons: list[str]) -> None:
        first = await opened(db, threads, *persons[:2])

        again = await opened(db, threads, *persons)

        assert {one: again[one] for one in persons[:2]} == first
        assert len({one.id for one in again.values()}) == 3

    async def test_a_burst_never_makes_two(self, db: Database, threads: Threads, persons: list[str]) -> None:
        found = await asyncio.gather(*(opened(db, threads, *persons) for _ in range(30)))

        assert all(one == found[0] for one in found)
        async with db.read() as conn:
            assert (await conn.execute(sa.select(sa.func.count()).select_from(thread))).scalar_one() == 3

    async def test_the_database_itself_refuses_a_second(
        self, db: Database, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        await opened(db, threads, persons[0])
        second = {
            "id": new_id(),
            "person_id": persons[0],
            "status": "bot",
            "priority": 0,
            "attention": "",
            "last_seq": 0,
            "last_at": clock.now(),
            "created_at": clock.now(),
        }

        with pytest.raises(IntegrityError):
            await db.write(lambda conn: conn.execute(sa.insert(thread), second))

    async def test_an_unknown_thread_is_none(self, db: Database, threads: Threads) -> None:
        async with db.read() as conn:
            assert await threads.get(conn, new_id()) is None


class TestAppending:
    async def test_messages_are_numbered_from_one_in_the_order_given(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        one, other = (await opened(db, threads, *persons[:2])).values()

        first = await append(db, vault, threads, *(entry(which, clock) for which in (one, other, one, one, other)))
        then = await append(db, vault, threads, entry(other, clock))

        assert first == [1, 1, 2, 3, 2]
        assert then == [3]
        assert (await read(db, threads, one.id)).last_seq == (await read(db, threads, other.id)).last_seq == 3

    async def test_writers_at_once_leave_no_gap(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        both = list((await opened(db, threads, *persons[:2])).values())

        async def write(writer: int) -> None:
            for number in range(4):
                many = [entry(both[(writer + part) % 2], clock) for part in range(1 + number % 3)]
                await append(db, vault, threads, *many)

        await asyncio.gather(*(write(writer) for writer in range(20)))

        found = [sorted(await numbers(db, one.id)) for one in both]
        assert found == [list(range(1, len(one) + 1)) for one in found]
        assert sum(map(len, found)) == 20 * (1 + 2 + 3 + 1)
        assert [(await read(db, threads, one.id)).last_seq for one in both] == [len(one) for one in found]

    async def test_a_number_that_was_undone_is_given_again(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()

        async def undone(conn: AsyncConnection) -> None:
            await threads.append(conn, await vault.keys(conn, [one.person_id]), [entry(one, clock)])
            raise LookupError

        with pytest.raises(LookupError):
            await db.write(undone)

        assert await append(db, vault, threads, entry(one, clock)) == [1]

    async def test_the_same_provider_id_on_a_channel_is_refused_whoever_asks(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        await append(db, vault, threads, entry(one, clock, provider_id="SM1"))

        with pytest.raises(IntegrityError):
            await append(db, vault, threads, entry(one, clock, provider_id="SM1"))
        assert await append(db, vault, threads, entry(one, clock, provider_id="SM1", channel=ChannelKind.VOICE)) == [2]

    async def test_a_message_keeps_what_it_is_beside_what_it_says(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        media = (Media(url="https://media.example.org/1", content_type="image/png"),)
        written = entry(one, clock, "STOP", media=media, author_name="Dr. Lee", opt_out=OptOutWord.STOP)

        await append(db, vault, threads, written)

        async with db.read() as conn:
            row = (await conn.execute(sa.select(message))).one()
            body = open_body(await vault.key(conn, one.person_id), one.person_id, one.id, row.id, row.body_sealed)
        assert (row.id, row.thread_id, row.seq, row.at) == (written.id, one.id, 1, clock.now())
        assert (row.direction, row.author_kind, row.channel) == ("inbound", "patient", "sms")
        assert (row.opt_out, row.handled_at, row.failures) == ("stop", None, 0)
        assert (body.text, body.author) == ("STOP", "Dr. Lee")
        assert body.media == ({"url": "https://media.example.org/1", "content_type": "image/png"},)

    async def test_what_is_said_is_ciphertext_in_the_files(
        self,
        db: Database,
        vault: Vault,
        threads: Threads,
        persons: list[str],
        clock: FixedClock,
        database_url: str,
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        await append(db, vault, threads, entry(one, clock, "Zanzibar is my word", author_name="Quinnley"))
        folder = Path(str(sa.make_url(database_url).database)).parent

        content = b"".join(file.read_bytes() for file in folder.glob("hub.db*"))

        assert b"Zanzibar" not in content
        assert b"Quinnley" not in content

    async def test_a_message_moved_to_another_thread_does_not_open(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        one, other = (await opened(db, threads, *persons[:2])).values()
        written = entry(one, clock)
        await append(db, vault, threads, written)

        async with db.read() as conn:
            row = (await conn.execute(sa.select(message))).one()
            keys = await vault.keys(conn, [one.person_id, other.person_id])
        for person_id, thread_id in ((other.person_id, one.id), (one.person_id, other.id)):
            with pytest.raises(SealBroken):
                open_body(keys, person_id, thread_id, written.id, row.body_sealed)

    async def test_repr_shows_nothing_of_what_is_said(
        self, db: Database, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()

        shown = repr(entry(one, clock, "Zanzibar", author_name="Quinnley"))

        assert "Zanzibar" not in shown
        assert "Quinnley" not in shown


class TestNewest:
    """What a list of threads shows without opening a message."""

    async def newest(self, db: Database, thread_id: str) -> tuple[object, ...]:
        async with db.read() as conn:
            row = (await conn.execute(sa.select(thread).where(thread.c.id == thread_id))).one()
        return row.last_at, row.last_inbound_at, row.last_channel

    async def test_a_persons_message_moves_both_times_and_the_channel(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        clock.advance(timedelta(minutes=5))

        await append(db, vault, threads, entry(one, clock, channel=ChannelKind.VOICE))

        assert await self.newest(db, one.id) == (clock.now(), clock.now(), "voice")
        assert (await read(db, threads, one.id)).last_inbound_at == clock.now()

    @pytest.mark.parametrize("direction", [Direction.OUTBOUND, Direction.NOTE])
    async def test_the_clinics_own_moves_only_the_last(
        self,
        db: Database,
        vault: Vault,
        threads: Threads,
        persons: list[str],
        clock: FixedClock,
        direction: Direction,
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        await append(db, vault, threads, entry(one, clock))
        heard = clock.now()
        clock.advance(timedelta(minutes=5))

        await append(
            db,
            vault,
            threads,
            entry(one, clock, direction=direction, author=AuthorKind.STAFF, provider_id=None, channel=None),
        )

        assert await self.newest(db, one.id) == (clock.now(), heard, "sms")

    async def test_threads_of_one_batch_keep_their_own(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        one, other = (await opened(db, threads, *persons[:2])).values()
        clock.advance(timedelta(minutes=5))
        outgoing = entry(other, clock, direction=Direction.OUTBOUND, author=AuthorKind.BOT, provider_id=None)

        await append(db, vault, threads, entry(one, clock), outgoing)

        assert await self.newest(db, one.id) == (clock.now(), clock.now(), "sms")
        assert await self.newest(db, other.id) == (clock.now(), None, None)


class TestState:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"status": ThreadStatus.OPEN}, ("open", 0, "")),
            ({"priority": 3}, ("bot", 3, "")),
            ({"attention": "emergency"}, ("bot", 0, "emergency")),
            ({"status": ThreadStatus.CLOSED, "priority": 1, "attention": "x"}, ("closed", 1, "x")),
            ({}, ("bot", 0, "")),
        ],
        ids=["status", "priority", "attention", "all", "nothing"],
    )
    async def test_only_what_is_given_changes(
        self,
        db: Database,
        threads: Threads,
        persons: list[str],
        change: dict[str, object],
        expected: tuple[object, ...],
    ) -> None:
        one, other = (await opened(db, threads, *persons[:2])).values()

        await db.write(lambda conn: threads.set_state(conn, one.id, **change))

        found = await read(db, threads, one.id)
        assert (found.status, found.priority, found.attention) == expected
        assert await read(db, threads, other.id) == other

    async def test_attention_can_be_taken_back(self, db: Database, threads: Threads, persons: list[str]) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        await db.write(lambda conn: threads.set_state(conn, one.id, attention="failed", priority=2))

        await db.write(lambda conn: threads.set_state(conn, one.id, attention="", priority=0))

        assert await read(db, threads, one.id) == one


class TestDialogue:
    async def test_the_bots_state_is_kept_sealed_with_its_moment(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str], clock: FixedClock
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        async with db.read() as conn:
            keys = await vault.key(conn, one.person_id)

        await db.write(lambda conn: threads.keep_dialogue(conn, keys, one, b'{"asked":"Zanzibar"}'))

        async with db.read() as conn:
            kept = await threads.dialogue(conn, keys, one)
            raw = (await conn.execute(sa.select(thread.c.dialogue_sealed))).scalar_one()
        assert kept == (b'{"asked":"Zanzibar"}', clock.now())
        assert b"Zanzibar" not in raw

    async def test_none_was_kept_until_one_is_and_none_after_it_was_forgotten(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str]
    ) -> None:
        (one,) = (await opened(db, threads, persons[0])).values()
        async with db.read() as conn:
            keys = await vault.key(conn, one.person_id)
            before = await threads.dialogue(conn, keys, one)
        await db.write(lambda conn: threads.keep_dialogue(conn, keys, one, b"{}"))

        await db.write(lambda conn: threads.keep_dialogue(conn, keys, one, None))

        async with db.read() as conn:
            assert before is None
            assert await threads.dialogue(conn, keys, one) is None

    async def test_the_state_of_one_thread_does_not_open_in_another(
        self, db: Database, vault: Vault, threads: Threads, persons: list[str]
    ) -> None:
        one, other = (await opened(db, threads, *persons[:2])).values()
        async with db.read() as conn:
            keys = await vault.keys(conn, persons)
        await db.write(lambda conn: threads.keep_dialogue(conn, keys, one, b"{}"))
        stolen = sa.select(thread.c.dialogue_sealed).where(thread.c.id == one.id).scalar_subquery()
        await db.write(
            lambda conn: conn.execute(sa.update(thread).where(thread.c.id == other.id).values(dialogue_sealed=stolen))
        )

        async with db.read() as conn:
            with pytest.raises(SealBroken):
                await threads.dialogue(conn, keys, other)
