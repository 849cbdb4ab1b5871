"""What staff had to do with a thread is theirs in the one that it became part of."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.db.bulk import insert_rows
from hub.db.tables import draft, label, mention, rating, slack_post, staff_user, team, thread, thread_label, thread_seen
from hub.identity import Merged
from hub.sealed import draft_place
from hub.types import new_id
from tests.hub.identity.books import Books

TABLES = (draft, mention, rating, slack_post, thread_label, thread_seen)


def _member(user_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": user_id,
        "email_blind": b"x",
        "profile_sealed": b"x",
        "role": "agent",
        "status": "active",
        "language": "en",
        "capacity": 3,
        "available": True,
        "settings": "{}",
        "created_at": now,
        "updated_at": now,
    }


async def test_all_that_staff_keep_of_a_thread_comes_along(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    one, other = await books.says(1, "one"), await books.says(2, "two")
    now = books.clock.now()
    user, both, hers, front = new_id(), new_id(), new_id(), new_id()
    async with books.db.read() as conn:
        keys = await books.vault.keys(conn, (ana, twice))

    def drafted(person_id: str, thread_id: str, kind: str, text: bytes, minutes: int) -> dict[str, Any]:
        sealed = keys.seal(person_id, text, draft_place(person_id, thread_id, user, kind))
        at = now + timedelta(minutes=minutes)
        return {"user_id": user, "thread_id": thread_id, "kind": kind, "body_sealed": sealed, "at": at}

    async def unit(conn: Any) -> None:
        await insert_rows(conn, staff_user, [_member(user, now)])
        team_row = {"id": front, "name": "Front", "routing": "manual", "private": False, "created_at": now}
        await insert_rows(conn, team, [team_row])
        names = [{"id": n, "name": n[-8:], "color": "teal", "created_at": now} for n in (both, hers)]
        await insert_rows(conn, label, names)
        put = [(one.thread_id, both), (other.thread_id, both), (other.thread_id, hers)]
        labelled = [{"thread_id": t, "label_id": n, "by_id": user, "at": now} for t, n in put]
        await insert_rows(conn, thread_label, labelled)
        seen = [{"user_id": user, "thread_id": t, "seq": 1, "at": now} for t in (one.thread_id, other.thread_id)]
        await insert_rows(conn, thread_seen, seen)
        named = {"user_id": user, "message_id": other.message_id, "thread_id": other.thread_id, "at": now}
        await insert_rows(conn, mention, [named])
        await insert_rows(conn, rating, [{"id": new_id(), "thread_id": other.thread_id, "asked_at": now}])
        post = {"channel": "C1", "ts": "1.2", "thread_id": other.thread_id, "state": "open", "at": now}
        await insert_rows(conn, slack_post, [post])
        drafts = [
            drafted(ana, one.thread_id, "reply", b"older", 0),
            drafted(twice, other.thread_id, "reply", b"newer", 1),
            drafted(twice, other.thread_id, "note", b"note", 0),
        ]
        await insert_rows(conn, draft, drafts)
        hers_now = sa.update(thread).where(thread.c.id == other.thread_id)
        await conn.execute(hers_now.values(status="snoozed", team_id=front, snoozed_until=now + timedelta(days=1)))

    await books.db.write(unit)

    assert isinstance(await books.merge(twice, ana), Merged)

    for table in TABLES:
        threads = await books.rows(sa.select(table.c.thread_id).distinct())
        assert [row.thread_id for row in threads] == [one.thread_id], table.name
    labels = await books.rows(sa.select(thread_label.c.label_id).order_by(thread_label.c.label_id))
    assert [row.label_id for row in labels] == sorted((both, hers))
    kept = {
        row.kind: keys.open(ana, row.body_sealed, draft_place(ana, one.thread_id, user, row.kind))
        for row in await books.rows(sa.select(draft))
    }
    assert kept == {"reply": b"newer", "note": b"note"}
    (seen,) = await books.rows(sa.select(thread_seen))
    assert seen.seq == 2, "all of both was seen"
    (row,) = await books.rows(sa.select(thread))
    assert (row.status, row.team_id, row.waiting_since) == ("snoozed", front, now)
    assert row.snoozed_until == now + timedelta(days=1)


async def test_who_had_not_seen_all_is_shown_it_as_new(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    one = await books.says(1, "one")
    await books.says(2, "two")
    now, user = books.clock.now(), new_id()

    async def unit(conn: Any) -> None:
        await insert_rows(conn, staff_user, [_member(user, now)])
        await insert_rows(conn, thread_seen, [{"user_id": user, "thread_id": one.thread_id, "seq": 1, "at": now}])

    await books.db.write(unit)

    assert isinstance(await books.merge(twice, ana), Merged)

    assert await books.rows(sa.select(thread_seen)) == []
