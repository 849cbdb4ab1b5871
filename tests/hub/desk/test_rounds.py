"""What falls due at the desk is seen to once, whoever looks, and at the right moment."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from hub import part2
from hub.audit import Actor
from hub.db.tables import mention, team_member, thread
from hub.desk.states import Assign, Snooze
from hub.types import ThreadStatus
from tests.hub.desk.floor import Floor
from tests.stores import embedded_only

HOUR = timedelta(hours=1)


async def test_a_snoozed_thread_comes_back_when_it_is_time_and_not_before(floor: Floor) -> None:
    await floor.patient()
    dana = await floor.user()
    thread_id = await floor.asks()
    await floor.act(thread_id, Assign(dana))
    await floor.act(thread_id, Snooze(floor.clock.now() + HOUR))

    assert await floor.parts.desk.rounds.go() == 0
    floor.clock.advance(HOUR)
    await asyncio.gather(floor.parts.desk.rounds.go(), floor.parts.desk.rounds.go())

    state = await floor.state(thread_id)
    assert (state.status, state.assignee, state.snoozed_until) == (ThreadStatus.OPEN, dana, None)
    assert await floor.rig.audited("thread.wake") == 1


async def test_threads_are_given_in_turn_to_who_has_room_and_to_nobody_twice(floor: Floor) -> None:
    users = [await floor.user(capacity=2), await floor.user(capacity=1), await floor.user(available=False)]
    await floor.team(*users, routing="round_robin")
    threads = []
    for n in range(4):
        await floor.patient(f"+120255501{n:02}", f"M-{n}")
        threads.append(await floor.asks(phone=f"+120255501{n:02}"))
        floor.clock.advance(timedelta(seconds=1))

    await asyncio.gather(floor.parts.desk.rounds.go(), floor.parts.desk.rounds.go())

    has = [(await floor.state(one)).assignee for one in threads]
    assert sorted(map(str, has)) == sorted(map(str, [users[0], users[0], users[1], None]))
    assert has[3] is None, "who came last waits"
    assert await floor.rig.audited("thread.assign") == 3
    turns = {row.user_id: row.turn_at for row in await floor.rows(team_member)}
    assert turns[users[2]] is None
    assert await floor.parts.desk.rounds.go() == 0


@embedded_only
async def test_threads_without_a_team_go_to_the_default_and_the_bots_to_none(floor: Floor) -> None:
    await floor.patient()
    await floor.patient("+12025550112", "MRN-2")
    await floor.team(name="Old", archived_at=floor.clock.now())
    front = await floor.team(name="Front desk")
    floor.clock.advance(HOUR)
    await floor.team(name="Nurses")
    dana = await floor.user()
    ours, bots = await floor.asks(), await floor.says(phone="+12025550112")
    await floor.act(ours, Assign(dana))

    await floor.parts.desk.rounds.go()

    state = await floor.state(ours)
    assert (state.team_id, state.assignee) == (front, dana)
    assert (await floor.state(bots)).team_id is None


async def test_a_broken_promise_is_told_of_once_a_level(floor: Floor) -> None:
    await floor.patient()
    dana, lead, other = await floor.user(), await floor.user("supervisor"), await floor.user("supervisor")
    await floor.team(dana, lead, reply_within=60)
    thread_id = await floor.asks()
    began = floor.clock.now()
    rounds = floor.parts.desk.rounds

    await rounds.go()
    state = await floor.state(thread_id)
    assert (state.due_at, state.escalated) == (began + HOUR, 0)

    seen = []
    for minutes in (59, 1, 30, 30, 600):
        floor.clock.advance(timedelta(minutes=minutes))
        await asyncio.gather(rounds.go(), rounds.go())
        state = await floor.state(thread_id)
        seen.append((state.escalated, state.priority))
    assert seen == [(0, 0), (1, 1), (1, 1), (2, 2), (2, 2)]
    assert await floor.rig.audited("thread.escalate") == 2
    assert [row.user_id for row in await floor.rows(mention)] == [lead], f"not {other}, who is of another team"


@embedded_only
async def test_a_promise_is_counted_in_opening_hours_and_made_anew_with_each_wait(floor: Floor) -> None:
    await floor.patient()
    dana = await floor.user()
    await floor.team(dana, reply_within=60)
    floor.clock.advance(timedelta(hours=7, minutes=30))  # 17:30; the clinic closes at 18:00
    thread_id = await floor.asks()

    await floor.parts.desk.rounds.go()

    state = await floor.state(thread_id)
    assert state.due_at == floor.clock.now() + timedelta(hours=15), "08:30 on the next day"
    await floor.parts.db.write(lambda conn: conn.execute(sa.update(thread).values(waiting_since=None, due_at=None)))
    assert await floor.parts.desk.rounds.go() == 0


@embedded_only
async def test_a_labelled_thread_goes_to_its_private_team_and_comes_back_to_it(floor: Floor) -> None:
    """Whoever had it has it no more. An emergency stays where it is seen; another private team may have it."""
    parts, clock = floor.parts, floor.clock
    person_id = await floor.patient()
    user = await floor.user()
    front = await floor.team(user, name="Front desk")
    program = await floor.team(name="Recovery", private=True)
    other = await floor.team(name="Behavioral health", private=True)
    thread_id = await floor.asks()
    parts.desk.rounds._part2 = "recovery"
    await parts.desk.rounds.go()
    assert (await floor.state(thread_id)).team_id == front

    await parts.db.write(lambda conn: part2.label(conn, person_id, parts.trail, Actor("staff", user), clock.now()))
    await parts.desk.rounds.go()
    state = await floor.state(thread_id)
    assert (state.team_id, state.assignee) == (program, None)
    for team_id, priority, expected in ((front, 0, program), (other, 0, other), (front, 3, front)):
        values = {"team_id": team_id, "priority": priority}
        await parts.db.write(lambda conn, values=values: conn.execute(sa.update(thread).values(**values)))  # type: ignore[misc]
        await parts.desk.rounds.go()
        assert (await floor.state(thread_id)).team_id == expected
