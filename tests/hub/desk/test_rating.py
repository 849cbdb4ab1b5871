"""After a conversation is closed who agreed to surveys is asked once how it was, and a number is the answer."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import rating, thread
from hub.desk.custody import Done
from hub.desk.rating import score
from hub.desk.states import Close, Reopen
from hub.types import ThreadStatus
from tests.hub.desk.floor import Floor, agent
from tests.hub_rig import is_said
from tests.stores import embedded_only


async def _close(floor: Floor, thread_id: str, user_id: str, disposition: str = "resolved") -> Any:
    desk = floor.parts.desk

    async def unit(conn: Any) -> Any:
        done = await desk.custody.act(conn, thread_id, Close(disposition), Actor("staff", user_id))
        assert isinstance(done, Done), done
        return await desk.ratings.closed(conn, done, user_id)

    return await floor.parts.db.write(unit)


async def _helped(floor: Floor, *, agrees: bool = True) -> tuple[str, str, str]:
    """A patient whom somebody of the staff answered: person, thread and user."""
    ana, dana = await floor.patient(consent="yes" if agrees else ""), await floor.user()
    # A number alone needs nothing understood; that there is an engine is enough.
    floor.rig.understand_with(object())
    thread_id = await floor.asks()
    await floor.reacts(thread_id)
    await floor.write(thread_id, agent(dana))
    return ana, thread_id, dana


async def test_a_number_after_the_question_is_its_answer_and_thanked_for(floor: Floor) -> None:
    ana, thread_id, dana = await _helped(floor)

    assert await _close(floor, thread_id, dana) is not None
    assert is_said("inbox.rate", (await floor.said(ana))[-1][1])
    floor.clock.advance(timedelta(hours=1))
    await floor.says("4")
    await floor.reacts(thread_id)

    (row,) = await floor.rows(rating)
    assert (row.score, row.user_id, row.thread_id) == (4, dana, thread_id)
    assert row.answered_at == floor.clock.now()
    assert is_said("inbox.rated", (await floor.said(ana))[-1][1])
    state = await floor.state(thread_id)
    assert (state.status, state.waiting_since) == (ThreadStatus.CLOSED, None)


@embedded_only
async def test_nobody_is_asked_again_within_thirty_days(floor: Floor) -> None:
    _, thread_id, dana = await _helped(floor)
    await _close(floor, thread_id, dana)

    for days, asked in ((29, 1), (2, 2)):
        floor.clock.advance(timedelta(days=days))
        await floor.says()
        await floor.act(thread_id, Reopen())
        await floor.write(thread_id, agent(dana))
        await _close(floor, thread_id, dana)
        assert len(await floor.rows(rating)) == asked


@embedded_only
@pytest.mark.parametrize(
    ("why", "disposition"),
    [("danger", "safe"), ("spam", "spam"), ("wrong number", "wrong_number"), ("no answer by staff", "resolved")],
)
async def test_some_are_never_asked(floor: Floor, why: str, disposition: str) -> None:
    await floor.patient()
    dana = await floor.user()
    thread_id = await floor.asks()
    if why != "no answer by staff":
        await floor.write(thread_id, agent(dana))
    if why == "danger":
        await floor.parts.db.write(lambda conn: conn.execute(sa.update(thread).values(priority=3)))

    assert await _close(floor, thread_id, dana, disposition) is None
    assert await floor.rows(rating) == []


@embedded_only
async def test_who_did_not_agree_to_surveys_is_not_asked(floor: Floor) -> None:
    ana, thread_id, dana = await _helped(floor, agrees=False)

    await _close(floor, thread_id, dana)

    assert await floor.rows(rating) == []
    assert not any(is_said("inbox.rate", text) for _, text in await floor.said(ana))


@embedded_only
@pytest.mark.parametrize("late", [False, True], ids=["said something since", "after three days"])
async def test_another_number_is_no_answer(floor: Floor, late: bool) -> None:
    _, thread_id, dana = await _helped(floor)
    await _close(floor, thread_id, dana)
    floor.clock.advance(timedelta(hours=73) if late else timedelta(hours=1))
    if not late:
        await floor.write(thread_id, agent(dana), "One more thing: press 1 or 2")

    async with floor.parts.db.read() as conn:
        assert await floor.parts.desk.ratings.awaited(conn, thread_id) is None


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("5", 5),
        (" 3! ", 3),
        ("1.", 1),
        ("0", None),
        ("6", None),
        ("five", None),
        ("5 stars", None),
        ("15", None),
        ("", None),
    ],
)
def test_a_score_is_a_number_alone(text: str, given: int | None) -> None:
    assert score(text) == given
