"""Files of messages: had once, examined, kept sealed or not at all, and never lost unseen."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from hub.attachments import Clamd, Kind
from hub.db.tables import attachment, audit_event, file_piece
from hub.errors import ChannelError, OutcomeUnknown, Rejected, SealBroken, Unreachable
from hub.files.bringing import Bringing
from hub.types import ChannelKind, new_id
from tests.hub.attachments.clamd import EICAR, FakeClamd
from tests.hub.attachments.test_images import SECRET, a_picture, exif, saved
from tests.hub.files.shop import NOTE, Shop
from tests.stores import Disk, embedded_only


@pytest.fixture
async def daemon() -> AsyncIterator[FakeClamd]:
    made = FakeClamd()
    yield made
    await made.stop()


async def test_a_picture_is_kept_without_what_the_camera_wrote_into_it(shop: Shop) -> None:
    sent = saved(a_picture(), "JPEG", exif=exif())
    accepted = await shop.comes(sent, name="../rash.exe")

    assert await shop.files.bring_due() == 1
    assert await shop.files.bring_due() == 0

    (one,) = await shop.of(accepted)
    content = await shop.content(one)
    assert (one.state, one.kind, one.name, one.size) == ("served", Kind.JPEG, "rash.jpg", len(content))
    assert SECRET in sent
    assert SECRET not in content
    assert not Image.open(io.BytesIO(content)).getexif()
    assert len(shop.holder.asked) == 1
    actions = [row.action for row in await shop.rows(sa.select(audit_event.c.action).order_by(audit_event.c.id))]
    assert actions[-1] == "attachment.served"


async def test_nothing_of_a_file_is_readable_on_the_disk(shop: Shop, disk: Disk) -> None:
    await shop.comes(NOTE * 10_000, name="zanzibar-list.txt")
    staged = await shop.files.staging.hold_whole(NOTE * 10_000)

    aside = disk()
    await shop.files.bring_due()

    assert await shop.files.staging.take(staged.id) == NOTE * 10_000
    for octets in (aside, disk()):
        assert b"zanzibar" not in octets


async def test_files_are_in_order_and_each_fares_by_itself(shop: Shop) -> None:
    accepted = await shop.comes(NOTE, b"PK\x03\x04 no kind", b"%PDF-1.7 x", b"", saved(a_picture(), "PNG"))

    assert await shop.files.bring_due() == 5

    files = await shop.of(accepted)
    assert [one.state for one in files] == ["warned", "refused", "warned", "refused", "served"]
    assert [one.reason for one in files] == ["unscanned", "kind", "unscanned", "empty", "unscanned"]
    assert await shop.pieces() == 3


async def test_a_message_without_files_expects_none(shop: Shop) -> None:
    await shop.comes()

    assert await shop.states() == []


async def test_what_another_process_accepted_is_brought(shop: Shop) -> None:
    accepted = await shop.comes(NOTE)

    assert await shop.opened().bring_due() == 1

    assert await shop.content((await shop.of(accepted))[0]) == NOTE


async def test_two_at_once_bring_each_file_once(shop: Shop) -> None:
    await shop.comes(NOTE, NOTE, NOTE)

    ended = await asyncio.gather(shop.files.bring_due(), shop.opened().bring_due())

    assert sum(ended) == 3
    assert len(shop.holder.asked) == 3
    assert await shop.pieces() == 3


@embedded_only
async def test_one_that_broke_off_is_brought_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.comes(NOTE)

    class Killed(Exception):
        pass

    async def killed(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Bringing, "_settle", killed)
        with pytest.raises(Killed):
            await shop.files.bring_due()
    at_once = await shop.files.bring_due()
    shop.clock.advance(timedelta(minutes=3))

    assert at_once == 0
    assert await shop.files.bring_due() == 1
    assert await shop.states() == ["warned"]


@embedded_only
async def test_at_the_end_of_a_worker_another_has_what_was_under_way_at_once(shop: Shop) -> None:
    accepted = await shop.comes(NOTE)
    asked = shop.holder.hang()
    bringing = asyncio.create_task(shop.files.bring_due())
    await asked.wait()

    await shop.files.stop()

    assert await bringing == 0
    assert await shop.files.bring_due() == 0
    assert await shop.opened().bring_due() == 1
    assert [one.state for one in await shop.of(accepted)] == ["warned"]
    (row,) = await shop.rows(sa.select(attachment.c.attempts))
    assert row.attempts == 1


@embedded_only
async def test_one_that_always_breaks_off_is_lost_in_the_end(shop: Shop) -> None:
    await shop.comes(NOTE)
    await shop.db.write(lambda conn: conn.execute(sa.update(attachment).values(attempts=30)))

    assert await shop.files.bring_due() == 1

    assert await shop.states() == ["lost"]
    assert shop.holder.asked == []


@embedded_only
@pytest.mark.parametrize("refusal", [Unreachable(), OutcomeUnknown()], ids=["not-there-yet", "no-answer"])
async def test_what_is_not_there_yet_is_asked_for_later_each_time(shop: Shop, refusal: ChannelError) -> None:
    await shop.comes(NOTE)
    shop.holder.refusals = [refusal, refusal]

    waits = []
    for _ in range(2):
        assert await shop.files.bring_due() == 0
        assert await shop.files.bring_due() == 0
        (row,) = await shop.rows(sa.select(attachment.c.due_at))
        waits.append(row.due_at - shop.clock.now())
        shop.clock.advance(waits[-1])

    assert await shop.files.bring_due() == 1
    assert waits == [timedelta(seconds=5), timedelta(seconds=10)]
    assert len(shop.holder.asked) == 3


@embedded_only
async def test_what_never_comes_is_lost_in_the_end(shop: Shop) -> None:
    await shop.comes(NOTE)
    shop.holder.refusals = [Unreachable() for _ in range(60)]

    while await shop.states() == ["fetching"]:
        await shop.files.bring_due()
        shop.clock.advance(timedelta(hours=1))

    assert len(shop.holder.asked) == 30


@embedded_only
@pytest.mark.parametrize(
    ("channel", "attention"), [(ChannelKind.SMS, "file_lost"), (ChannelKind.VOICE, "recording_lost")]
)
async def test_what_may_not_be_had_is_lost_and_staff_are_told(shop: Shop, channel: ChannelKind, attention: str) -> None:
    accepted = await shop.comes(NOTE, channel=channel)
    shop.holder.refusals = [Rejected("no")]

    await shop.files.bring_due()

    assert [one.state for one in await shop.of(accepted)] == ["lost"]
    assert await shop.attention() == attention
    assert await shop.notes() == ["The file could not be had from where it came."]


@embedded_only
async def test_one_that_is_too_large_for_the_carrier_is_refused_as_such(shop: Shop) -> None:
    accepted = await shop.comes(NOTE)
    shop.holder.refusals = [Rejected("no", provider_code="too_large")]

    await shop.files.bring_due()

    assert [(one.state, one.reason) for one in await shop.of(accepted)] == [("refused", "too_long")]


@embedded_only
async def test_without_its_channel_a_file_waits(shop: Shop) -> None:
    await shop.comes(NOTE)

    assert await shop.opened(held=False).bring_due() == 0

    assert await shop.states() == ["fetching"]


async def test_nothing_is_kept_of_what_is_refused_and_staff_are_told_why(shop: Shop) -> None:
    await shop.comes(b"MZ\x90\x00")

    await shop.files.bring_due()

    assert await shop.pieces() == 0
    assert await shop.attention() == "file_refused"
    assert await shop.notes() == [
        "The file was not taken in: it is of a kind that is not let in. Ask for a picture, a PDF or plain text."
    ]


async def test_malware_is_kept_for_evidence_and_given_to_nobody(shop: Shop, daemon: FakeClamd) -> None:
    accepted = await shop.comes(EICAR)

    await shop.opened(Clamd(await daemon.start())).bring_due()

    (one,) = await shop.of(accepted)
    assert (one.state, one.given_out) == ("quarantined", False)
    with pytest.raises(ValueError, match="not given out"):
        await shop.content(one)
    assert await shop.attention() == "file_quarantined"
    assert await shop.pieces() == 1

    # Not even by who can write to the database: it is sealed as what it is.
    await shop.db.write(lambda conn: conn.execute(sa.update(attachment).values(state="served")))
    with pytest.raises(SealBroken):
        await shop.content(one)


@embedded_only
@pytest.mark.parametrize(("content", "end"), [(NOTE, "served"), (EICAR, "quarantined")])
async def test_a_file_waits_for_the_scanner_to_come_back(
    shop: Shop, daemon: FakeClamd, content: bytes, end: str
) -> None:
    accepted = await shop.comes(content)
    files = shop.opened(Clamd(await daemon.start()))
    daemon.next = "drop"

    for _ in range(2):
        assert await files.bring_due() == 0
        assert [one.given_out for one in await shop.of(accepted)] == [False]
        shop.clock.advance(timedelta(minutes=1))
    waiting = await shop.states()
    daemon.next = None

    assert await files.bring_due() == 1
    assert waiting == ["waiting"]
    assert await shop.states() == [end]
    assert len(shop.holder.asked) == 1
    assert await shop.pieces() == 1


@embedded_only
async def test_one_moved_to_another_message_does_not_open(shop: Shop) -> None:
    one, other = await shop.comes(NOTE), await shop.comes(NOTE + b"!")
    await shop.files.bring_due()
    (mine,), (theirs,) = await shop.of(one), await shop.of(other)

    moved = sa.update(attachment).where(attachment.c.id == mine.id).values(content_id=theirs.content_id)
    await shop.db.write(lambda conn: conn.execute(moved))

    with pytest.raises(SealBroken):
        await shop.content(mine)


@embedded_only
async def test_one_that_lost_a_piece_does_not_open_to_its_end(shop: Shop) -> None:
    accepted = await shop.comes(b"%PDF-" + bytes(3_000_000))
    await shop.files.bring_due()
    (one,) = await shop.of(accepted)
    rows = await shop.rows(sa.select(file_piece).order_by(file_piece.c.number))
    whole = await shop.content(one)

    await shop.db.write(lambda conn: conn.execute(sa.delete(file_piece).where(file_piece.c.number == len(rows) - 1)))

    # A piece is what is in memory at a time.
    assert len(rows) == 3
    assert max(len(row.sealed) for row in rows) < 1_200_000
    assert len(whole) == one.size == 3_000_005
    with pytest.raises(SealBroken):
        await shop.content(one)


@embedded_only
async def test_a_person_whose_key_is_gone_loses_the_file_quietly(shop: Shop) -> None:
    await shop.comes(NOTE)
    await shop.db.write(lambda conn: conn.execute(sa.update(attachment).values(person_id=new_id())))

    assert await shop.files.bring_due() == 1

    assert await shop.states() == ["lost"]
    assert await shop.notes() == []
