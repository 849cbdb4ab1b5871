"""What staff have to do with a thread that becomes part of another: theirs in that one, in the merge's transaction.

Where both threads have the same of somebody, one holds: the newer draft, what was seen of both, a label once.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import insert_rows
from hub.db.tables import draft, mention, message, rating, slack_post, thread_label, thread_seen
from hub.sealed import draft_place
from hub.threads import Thread
from hub.vault import Keys


async def rehome(conn: AsyncConnection, keys: Keys, source: Thread, target: Thread) -> None:
    """Bring all of it over. The source's messages stand in the target already."""
    for table in (mention, rating, slack_post):
        theirs = sa.update(table).where(table.c.thread_id == source.id)
        await conn.execute(theirs.values(thread_id=target.id))
    await _labels(conn, source, target)
    await _seen(conn, source, target)
    await _drafts(conn, keys, source, target)


async def _labels(conn: AsyncConnection, source: Thread, target: Thread) -> None:
    both = sa.select(thread_label.c.label_id).where(thread_label.c.thread_id == target.id)
    mine = thread_label.c.thread_id == source.id
    await conn.execute(sa.delete(thread_label).where(mine, thread_label.c.label_id.in_(both)))
    await conn.execute(sa.update(thread_label).where(mine).values(thread_id=target.id))


async def _seen(conn: AsyncConnection, source: Thread, target: Thread) -> None:
    """Every entry has another number now: who has not seen all of both threads is told that they have seen nothing."""
    rows: list[Any] = list(
        await conn.execute(sa.select(thread_seen).where(thread_seen.c.thread_id.in_((source.id, target.id))))
    )
    ends = {source.id: source.last_seq, target.id: target.last_seq}
    whole = sa.select(sa.func.max(message.c.seq)).where(message.c.thread_id == target.id)
    last = (await conn.execute(whole)).scalar_one_or_none() or 0
    seen: dict[str, set[str]] = {}
    for row in rows:
        if row.seq >= ends[row.thread_id]:
            seen.setdefault(row.user_id, set()).add(row.thread_id)
    await conn.execute(sa.delete(thread_seen).where(thread_seen.c.thread_id.in_((source.id, target.id))))
    kept = [
        {"user_id": user_id, "thread_id": target.id, "seq": last, "at": max(r.at for r in rows if r.user_id == user_id)}
        for user_id, threads in seen.items()
        if threads >= {one for one, end in ends.items() if end}
    ]
    await insert_rows(conn, thread_seen, kept)


async def _drafts(conn: AsyncConnection, keys: Keys, source: Thread, target: Thread) -> None:
    """Sealed anew; of two drafts of one user and kind the newer is kept."""
    rows: list[Any] = list(
        await conn.execute(sa.select(draft).where(draft.c.thread_id.in_((source.id, target.id))).order_by(draft.c.at))
    )
    newest = {(row.user_id, row.kind): row for row in rows}
    await conn.execute(sa.delete(draft).where(draft.c.thread_id == source.id))
    for row in newest.values():
        if row.thread_id == target.id:
            continue
        which = (draft.c.user_id == row.user_id, draft.c.kind == row.kind)
        await conn.execute(sa.delete(draft).where(draft.c.thread_id == target.id, *which))
        words = keys.open(
            source.person_id, row.body_sealed, draft_place(source.person_id, source.id, row.user_id, row.kind)
        )
        sealed = keys.seal(target.person_id, words, draft_place(target.person_id, target.id, row.user_id, row.kind))
        values = {"user_id": row.user_id, "thread_id": target.id, "kind": row.kind, "body_sealed": sealed, "at": row.at}
        await insert_rows(conn, draft, [values])
