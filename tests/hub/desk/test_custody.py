"""What staff do with threads is done once, with one entry and one event, on either database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.db.bulk import insert_rows
from hub.db.tables import audit_event, event, label, mention, thread, thread_label, thread_seen
from hub.desk import labels, seen
from hub.desk.custody import Done
from hub.desk.states import (
    Act,
    Assign,
    Claim,
    Close,
    Prioritize,
    Refusal,
    Reopen,
    Settle,
    Snooze,
    ToBot,
    ToTeam,
    Unsettle,
)
from hub.types import ThreadStatus, new_id
from tests.hub.desk.floor import Floor, agent
from tests.stores import embedded_only


async def _told(floor: Floor, thread_id: str) -> tuple[list[str], int]:
    """The entries of the audit about a thread, and how many events there were."""
    entries = sa.select(audit_event).where(
        audit_event.c.object_id == thread_id, audit_event.c.action.startswith("thread.")
    )
    events = sa.select(event).where(event.c.object_id == thread_id, event.c.type == "thread.updated")
    rows = await floor.rig.rows(entries.order_by(audit_event.c.id))
    return [row.action for row in rows], len(await floor.rig.rows(events))


async def test_each_act_leaves_one_entry_and_one_event_and_done_again_none(floor: Floor) -> None:
    await floor.patient()
    dana = await floor.user()
    front, nurses = await floor.team(dana), await floor.team(name="Nurses")
    thread_id = await floor.asks()
    later = floor.clock.now() + timedelta(days=1)
    acts: list[Act] = [ToTeam(front), Assign(dana), Prioritize(2), Settle(), Unsettle(None), Snooze(later), Reopen()]
    acts += [ToTeam(nurses), Close("resolved"), Reopen(), ToBot()]

    for act in acts:
        for _ in range(2):
            done = await floor.act(thread_id, act, dana)
            assert isinstance(done, Done), (act, done)
        assert not done.changed

    entries, events = await _told(floor, thread_id)
    assert entries == [f"thread.{act.verb}" for act in acts]
    assert events == len(acts)


async def test_many_who_claim_at_once_have_it_one_after_the_other(floor: Floor) -> None:
    await floor.patient()
    users = [await floor.user() for _ in range(4)]
    thread_id = await floor.asks()

    came = await asyncio.gather(*(floor.act(thread_id, Assign(one), one) for one in users))

    assert all(one.changed for one in came)
    chain = {one.thread.state.assignee: one.state.assignee for one in came}
    who, seen_one = None, 0
    while who in chain:
        who, seen_one = chain[who], seen_one + 1
    assert seen_one == 4, "each knew whom they took it from"
    assert (await floor.state(thread_id)).assignee == who


async def test_of_many_who_claim_what_nobody_has_one_gets_it(floor: Floor) -> None:
    await floor.patient()
    users = [await floor.user() for _ in range(4)]
    thread_id = await floor.asks()

    came = await asyncio.gather(*(floor.act(thread_id, Claim(one), one) for one in users))

    taken = [one for one in came if isinstance(one, Done)]
    assert len(taken) == 1
    assert [one.kind for one in came if isinstance(one, Refusal)] == ["taken"] * 3
    assert (await floor.state(thread_id)).assignee == taken[0].state.assignee


@embedded_only
@pytest.mark.parametrize("kind", ["nobody", "disabled", "invited", "admin", "compliance"])
async def test_a_thread_is_given_to_nobody_who_could_not_answer(floor: Floor, kind: str) -> None:
    await floor.patient()
    thread_id = await floor.asks()
    given: dict[str, Any] = {"status": kind} if kind in ("disabled", "invited") else {"role": kind}
    user = new_id() if kind == "nobody" else await floor.user(**given)

    refused = await floor.act(thread_id, Assign(user))

    assert isinstance(refused, Refusal)
    assert (await floor.state(thread_id)).assignee is None


@embedded_only
async def test_a_thread_goes_to_no_team_that_is_not_there(floor: Floor) -> None:
    await floor.patient()
    thread_id = await floor.asks()
    gone = await floor.team(archived_at=floor.clock.now())

    assert isinstance(await floor.act(thread_id, ToTeam(gone)), Refusal)
    assert isinstance(await floor.act(thread_id, ToTeam(new_id())), Refusal)
    assert await floor.act(new_id(), Reopen()) is None


@embedded_only
async def test_labels_are_put_on_and_taken_off_once(floor: Floor) -> None:
    await floor.patient()
    thread_id, dana, red = await floor.asks(), await floor.user(), new_id()
    row = {"id": red, "name": "Billing", "color": "red", "created_at": floor.clock.now()}
    await floor.parts.db.write(lambda conn: insert_rows(conn, label, [row]))

    async def put(**change: Any) -> Any:
        async def unit(conn: Any) -> Any:
            held = await floor.parts.desk.custody.hold(conn, thread_id)
            assert held is not None
            wanted = labels.Labelling(by=Actor("staff", dana), by_id=dana, **change)
            return await labels.put(conn, floor.parts.trail, held, wanted, floor.clock.now())

        return await floor.parts.db.write(unit)

    assert [await put(add=(red,)), await put(add=(red,))] == [True, False]
    assert len(await floor.rows(thread_label)) == 1
    assert isinstance(await put(add=(new_id(),)), Refusal)
    assert [await put(remove=(red,)), await put(remove=(red,))] == [True, False]
    assert await floor.rows(thread_label) == []
    assert (await _told(floor, thread_id))[0] == ["thread.label", "thread.label"]


async def test_what_was_seen_never_goes_back_and_settles_nothing(floor: Floor) -> None:
    await floor.patient()
    dana, eli = await floor.user(), await floor.user()
    thread_id = await floor.asks()
    await floor.note(thread_id, agent(eli, "Eli"), mentions=[dana])

    async def look(seq: int) -> int:
        return await floor.parts.db.write(lambda conn: seen.up_to(conn, dana, thread_id, seq, floor.clock.now()))

    assert await look(1) == 1
    assert [row.seen_at for row in await floor.rows(mention)] == [None]
    assert [await look(2), await look(1)] == [2, 2]
    assert [row.seen_at for row in await floor.rows(mention)] == [floor.clock.now()]
    assert [row.seq for row in await floor.rows(thread_seen)] == [2]
    assert (await floor.state(thread_id)).waiting_since is not None


async def test_since_when_a_person_waits(floor: Floor) -> None:
    """From the first message that nobody answered; a hand-over by the bot is no answer, nor is what the hub says."""
    await floor.patient()
    dana = await floor.user()
    first = floor.clock.now()
    thread_id = await floor.asks()
    floor.clock.advance(timedelta(minutes=5))
    await floor.says("Are you there?")
    assert (await floor.state(thread_id)).waiting_since == first

    await floor.write(thread_id, agent(dana))
    assert (await floor.state(thread_id)).waiting_since is None
    floor.clock.advance(timedelta(minutes=5))
    await floor.says("Thanks, and one more thing")
    assert (await floor.state(thread_id)).waiting_since == floor.clock.now()


@embedded_only
@pytest.mark.parametrize(
    ("status", "text", "has", "waits"),
    [
        pytest.param("snoozed", "Hello again", "open", True, id="snoozed: with the same person"),
        pytest.param("snoozed", "STOP", "open", False, id="snoozed: a word that needs no answer"),
        pytest.param("open", "STOP", "open", False, id="open: a word that needs no answer"),
        pytest.param("open", "Hello again", "open", True, id="open"),
        pytest.param("bot", "STOP", "bot", False, id="bot: what the hub does itself"),
        pytest.param("closed", "I have chest pain", "open", True, id="closed: danger"),
        pytest.param("bot", "wrong number", "open", True, id="bot: for staff to look"),
    ],
)
async def test_where_a_message_finds_the_thread_and_leaves_it(
    floor: Floor, status: str, text: str, has: str, waits: bool
) -> None:
    await floor.patient()
    thread_id, dana = await floor.says("Hi"), await floor.user()
    await floor.parts.db.write(
        lambda conn: conn.execute(
            sa.update(thread).values(
                status=status, assignee=dana, waiting_since=None, snoozed_until=floor.clock.now() + timedelta(days=2)
            )
        )
    )
    await floor.rig.parts.db.write(lambda conn: conn.execute(sa.text("UPDATE message SET handled_at = at")))
    floor.clock.advance(timedelta(minutes=1))

    await floor.says(text)
    await floor.reacts(thread_id)

    state = await floor.state(thread_id)
    assert state.status is ThreadStatus(has)
    assert (state.waiting_since == floor.clock.now()) is waits
    comes_anew = status in ("bot", "closed") and has == "open"
    assert state.assignee == (None if comes_anew else dana)
    assert state.snoozed_until is None or status in ("bot", "open")
