"""Recordings that the release before kept in a table of their own can still be listened to."""

import asyncio

import sqlalchemy as sa

from hub.crypto import Place
from hub.db import migrate
from hub.db.tables import attachment, message, thread
from hub.types import ChannelKind, new_id
from tests.hub.files.shop import NOTE, Shop
from tests.stores import embedded_only

SOUNDS = (b"ID3\x04" + NOTE * 4_000, b"ID3\x04" + bytes(65_532), b"ID3\x04" + bytes(65_533), b"")
"""Several segments, exactly one, one octet more, and nothing."""


@embedded_only
async def test_recordings_of_the_release_before_are_taken_over(shop: Shop, database_url: str) -> None:
    for _ in range(len(SOUNDS) + 2):
        await shop.comes(NOTE, channel=ChannelKind.VOICE)
    kept = [("kept", sound) for sound in SOUNDS] + [("wanted", None), ("lost", None)]
    said = await shop.rows(sa.select(message.c.id, thread.c.id.label("thread"), thread.c.person_id).join(thread))
    rows = []
    async with shop.db.read() as conn:
        keys = await shop.vault.keys(conn, {row.person_id for row in said})
    for row, (state, sound) in zip(said, kept, strict=True):
        one = new_id()
        content = None
        if sound is not None:
            place = Place("recording", "content_sealed", one, row.person_id, row.thread)
            sealing = keys.seal_file(row.person_id, place)
            content = sealing.head + b"".join(sealing.add(sound)) + sealing.end()
        rows.append((one, row.id, row.thread, row.person_id, state, 1, 5, "audio/mpeg" * bool(content), content, 7, 7))
    await asyncio.to_thread(migrate.downgrade, database_url, "0006")
    engine = sa.create_engine(database_url.replace("+aiosqlite", ""))
    with engine.begin() as conn:
        conn.exec_driver_sql(f"INSERT INTO recording VALUES ({', '.join('?' * len(rows[0]))})", rows)

    await asyncio.to_thread(migrate.upgrade, database_url)

    found = await shop.rows(sa.select(attachment).order_by(attachment.c.id))
    assert [row.id for row in found] == [one[0] for one in rows]
    assert [row.state for row in found] == ["warned"] * len(SOUNDS) + ["fetching", "lost"]
    assert [row.size for row in found] == [*map(len, SOUNDS), 0, 0]

    opened = []
    for row in found[: len(SOUNDS)]:
        async with shop.db.read() as conn:
            one_of_them = await shop.files.shelf.get(conn, row.id)
        assert one_of_them is not None
        opened.append(await shop.content(one_of_them[0]))
    assert opened == list(SOUNDS)

    # And back again: what was kept there is kept there.
    await asyncio.to_thread(migrate.downgrade, database_url, "0006")
    with engine.connect() as conn:
        back = conn.exec_driver_sql("SELECT id, content_sealed FROM recording ORDER BY id").all()
    engine.dispose()
    assert [tuple(row) for row in back] == [(one[0], one[8]) for one in rows[: len(SOUNDS)]]
