"""Two records are merged while both phones text and the bot answers: every text is answered, once, in one thread."""

import asyncio

import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import message, thread
from hub.identity import Merged
from hub.live import Topic
from tests.flows.clinic import opened
from tests.hub_rig import Rig

ONE, TWO = "+12025550181", "+12025550182"


async def test_every_text_around_a_merge_is_kept_and_answered_once_in_the_survivors_thread(rig: Rig) -> None:
    await opened(rig)
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ONE)
    twice = await rig.patient("MRN-2", "Ana", "Lopez", TWO)
    parts = rig.parts

    async def merge() -> Merged:
        done = await parts.db.write(
            lambda conn: parts.merger.merge_in(conn, twice, ana, "entered twice", Actor("token", "desk"))
        )
        assert isinstance(done, Merged)
        assert done.thread_id is not None
        parts.live.wakeups.ring(Topic.ACCEPTED, [done.thread_id])
        return done

    await rig.text(TWO, "where are you? 0")
    texts = [rig.text(number, f"where are you? {n}") for n in range(1, 9) for number in (ONE, TWO)]
    await asyncio.gather(*texts[:6], merge(), *texts[6:])
    await rig.quiet()

    lines = await rig.lines(ana)
    heard = [line.text for line in lines if line.direction == "inbound"]
    assert len(heard) == 17
    assert (
        await rig.rows(sa.select(message.c.id).where(message.c.direction == "inbound", message.c.handled_at.is_(None)))
        == []
    )
    assert sum(line.direction == "outbound" for line in lines) == 17, "each text has one answer"
    assert [row.person_id for row in await rig.rows(sa.select(thread.c.person_id))] == [ana]
    assert len(rig.on_phone(ONE)) == 8
    assert len(rig.on_phone(TWO)) == 9
