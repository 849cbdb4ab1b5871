"""Files put aside until they are examined: sealed, taken up once, and not kept for ever."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from hub.errors import SealBroken
from hub.files import TooLong
from hub.files.pieces import _earliest
from hub.types import Media
from tests.hub.files.shop import NOTE, Shop
from tests.stores import NOW, embedded_only


async def dripping(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_file_that_was_put_aside_is_examined_and_kept_as_its_message_s(shop: Shop) -> None:
    staged = await shop.files.staging.hold(dripping(NOTE, b" and", b" more"), most=1000)
    accepted = await shop.named(Media(url=staged.url, content_type="text/plain", name="list.txt"))

    assert await shop.files.bring_due() == 1

    (one,) = await shop.of(accepted)
    assert (one.state, one.name, staged.size) == ("warned", "list.txt", len(NOTE) + 9)
    assert await shop.content(one) == NOTE + b" and more"
    assert await shop.pieces() == 1
    with pytest.raises(SealBroken):
        await shop.files.staging.take(staged.id)


@embedded_only
async def test_what_is_too_long_is_not_kept(shop: Shop) -> None:
    with pytest.raises(TooLong):
        await shop.files.staging.hold(dripping(b"x" * 2_000_000, b"x"), most=2_000_000)

    assert await shop.pieces() == 0


async def test_only_what_nothing_names_is_swept_and_only_after_a_day(shop: Shop) -> None:
    forgotten = await shop.files.staging.hold_whole(NOTE)
    awaited = await shop.files.staging.hold_whole(NOTE)
    await shop.named(Media(url=awaited.url, content_type="text/plain"))
    await shop.comes(NOTE)
    shop.holder.held.clear()

    # Ids are made by the machine's clock, whatever a test's says.
    shop.clock.advance(datetime.now(NOW.tzinfo) - shop.clock.now())
    early = await shop.files.sweep()
    shop.clock.advance(timedelta(days=1, minutes=1))

    assert (early, await shop.files.sweep(), await shop.files.sweep()) == (0, 1, 0)
    assert await shop.files.staging.take(awaited.id) == NOTE
    with pytest.raises(SealBroken):
        await shop.files.staging.take(forgotten.id)


def test_the_least_id_of_a_moment_comes_before_those_made_then() -> None:
    made = "019c8a3f-1b40-7000-8000-000000000001"
    moment = datetime.fromtimestamp(int("019c8a3f1b40", 16) / 1000, NOW.tzinfo)

    assert _earliest(moment) <= made < _earliest(moment + timedelta(milliseconds=1))
