"""Recordings: asked for until they are had, kept sealed, and never lost unseen."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import recording, thread
from hub.errors import ChannelError, OutcomeUnknown, Rejected, SealBroken, Unreachable
from hub.people import Senders
from hub.recordings import Recordings, want
from hub.threads import NewMessage, Threads
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, Direction, Media, new_id
from hub.vault import Vault
from tests.channels.voice_rig import offline_voice
from tests.stores import Disk

SOUND = b"canary sound " * 10_000
URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1.mp3"


class Line:
    """A provider that holds one recording, and first refuses it as often as told."""

    longest = 1_000_000

    def __init__(self) -> None:
        self.refusals: list[ChannelError] = []
        self.asked: list[str] = []

    async def fetch(self, media: Media) -> bytes:
        self.asked.append(media.url)
        if self.refusals:
            raise self.refusals.pop(0)
        return SOUND


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def recordings(db: Database, vault: Vault, trail: Trail, clock: FixedClock, line: Line) -> Recordings:
    channels: dict[ChannelKind, Channel] = {ChannelKind.VOICE: line}  # type: ignore[dict-item]
    return Recordings(db=db, vault=vault, trail=trail, clock=clock, channels=channels)


@pytest.fixture
async def left(db: Database, vault: Vault, clock: FixedClock) -> NewMessage:
    """A message that was left on the line, whose recording is wanted."""
    caller = Address(AddressKind.PHONE, "+12025550123")
    threads = Threads(vault, clock)

    async def unit(conn: AsyncConnection) -> NewMessage:
        sender = (await Senders(vault, clock).resolve(conn, [caller]))[caller]
        one = (await threads.open_for(conn, [sender.person_id]))[sender.person_id]
        entry = NewMessage(
            id=new_id(),
            thread_id=one.id,
            person_id=sender.person_id,
            direction=Direction.INBOUND,
            author=AuthorKind.PATIENT,
            at=clock.now(),
            text="Voicemail, 9 seconds.",
            channel=ChannelKind.VOICE,
            address_id=sender.address_id,
            media=(Media(url=URL, content_type="audio/mpeg"),),
            provider_id="RE" + "1" * 32,
        )
        keys = await vault.keys(conn, [sender.person_id])
        await threads.append(conn, keys, [entry])
        for _ in range(2):
            ids = {"message_id": entry.id, "thread_id": one.id, "person_id": sender.person_id}
            await want(conn, **ids, now=clock.now())
        return entry

    return await db.write(unit)


async def row(db: Database) -> sa.Row[object]:
    async with db.read() as conn:
        return (await conn.execute(sa.select(recording))).one()


async def test_a_recording_is_asked_for_once_and_can_be_listened_to(
    recordings: Recordings, db: Database, line: Line, left: NewMessage
) -> None:
    assert await recordings.fetch_due() == 1
    assert await recordings.fetch_due() == 0

    assert line.asked == [URL]
    async with db.read() as conn:
        assert await recordings.listen(conn, left.id) == ("audio/mpeg", SOUND)


async def test_nothing_of_it_is_readable_on_the_disk(recordings: Recordings, left: NewMessage, disk: Disk) -> None:
    await recordings.fetch_due()

    assert b"canary sound" not in disk()


async def test_one_moved_to_another_message_does_not_open(
    recordings: Recordings, db: Database, left: NewMessage
) -> None:
    await recordings.fetch_due()

    async def unit(conn: AsyncConnection) -> None:
        await conn.execute(sa.update(recording).values(thread_id=new_id()))

    await db.write(unit)
    async with db.read() as conn:
        with pytest.raises(SealBroken):
            await recordings.listen(conn, left.id)


@pytest.mark.parametrize("refusal", [Unreachable(), OutcomeUnknown()], ids=["not-there-yet", "no-answer"])
async def test_what_is_not_there_yet_is_asked_for_later_each_time(
    recordings: Recordings, db: Database, clock: FixedClock, line: Line, left: NewMessage, refusal: ChannelError
) -> None:
    line.refusals = [refusal, refusal]

    waits = []
    for _ in range(2):
        assert await recordings.fetch_due() == 0
        assert await recordings.fetch_due() == 0
        waits.append((await row(db)).due_at - clock.now())
        clock.advance(waits[-1])
    kept = await recordings.fetch_due()

    assert waits == [timedelta(seconds=5), timedelta(seconds=10)]
    assert kept == 1
    assert len(line.asked) == 3


async def test_what_may_not_be_had_is_lost_and_staff_are_told(
    recordings: Recordings, db: Database, line: Line, left: NewMessage
) -> None:
    line.refusals = [Rejected("the file is too large")]

    await recordings.fetch_due()

    assert (await row(db)).state == "lost"
    async with db.read() as conn:
        assert (await conn.execute(sa.select(thread.c.attention))).scalar_one() == "recording_lost"
        assert await recordings.listen(conn, left.id) is None


async def test_what_never_comes_is_lost_in_the_end(
    recordings: Recordings, db: Database, clock: FixedClock, line: Line, left: NewMessage
) -> None:
    line.refusals = [Unreachable() for _ in range(60)]

    while (await row(db)).state == "wanted":
        await recordings.fetch_due()
        clock.advance(timedelta(hours=1))

    assert len(line.asked) == 30


async def test_without_a_channel_for_calls_it_waits(
    db: Database, vault: Vault, trail: Trail, clock: FixedClock, left: NewMessage
) -> None:
    nobody = Recordings(db=db, vault=vault, trail=trail, clock=clock, channels={})

    assert await nobody.fetch_due() == 0

    assert (await row(db)).state == "wanted"


async def test_the_channel_for_calls_is_one_that_can_be_asked(tmp_path: Path) -> None:
    voice = offline_voice()

    with pytest.raises(Rejected):
        await voice.fetch(Media(url="https://example.org/a", content_type="audio/mpeg"))
    await voice.close()
