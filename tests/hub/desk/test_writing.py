"""Replies and notes of the staff: once, to the right thread, never over a colleague unseen (invariants 3 and 12)."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.choice.deciding import LATER
from hub.db.tables import audit_event, mention, thread
from hub.desk.custody import WITHDRAWN
from hub.desk.states import Refusal
from hub.desk.writing import Elsewhere, Missed, NotPermitted, Written
from hub.portal.conversation import read
from hub.types import ChannelKind, DeliveryState, ThreadStatus, new_id
from tests.hub.desk.floor import Floor, agent
from tests.stores import embedded_only


async def test_a_reply_takes_the_thread_and_answers_the_person(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.says("My knee hurts")

    written = await floor.write(thread_id, agent(dana))

    state = await floor.state(thread_id)
    assert (state.status, state.assignee, state.waiting_since) == (ThreadStatus.OPEN, dana, None)
    assert await floor.said(ana) == [("patient", "My knee hurts"), ("staff", "We look into it")]
    assert await floor.states(ana) == [DeliveryState.QUEUED]
    assert isinstance(written, Written)
    assert await floor.rig.audited("message.write") == await floor.rig.audited("thread.take") == 1


async def test_a_post_that_is_sent_again_makes_one_message_however_many_at_once(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.says()

    came = await asyncio.gather(*(floor.write(thread_id, agent(dana), key="desk:1", last_seq=1) for _ in range(5)))

    assert len({one.message_id for one in came}) == 1
    assert len(await floor.said(ana)) == 2
    assert len(await floor.states(ana)) == 1


async def test_of_two_agents_at_once_one_is_warned_and_both_sends_are_deliberate(floor: Floor) -> None:
    ana, dana, eli = await floor.patient(), await floor.user(), await floor.user()
    thread_id = await floor.says()

    both = await asyncio.gather(
        floor.write(thread_id, agent(dana), "From Dana", last_seq=1),
        floor.write(thread_id, agent(eli, "Eli"), "From Eli", last_seq=1),
    )

    (first,) = [one for one in both if isinstance(one, Written)]
    (missed,) = [one for one in both if isinstance(one, Missed)]
    assert missed.message_ids == (first.message_id,)
    assert len(await floor.said(ana)) == 2, "nothing of the second was sent"
    second, words = (eli, "From Eli") if isinstance(both[1], Missed) else (dana, "From Dana")
    await floor.write(thread_id, agent(second), words, last_seq=None)
    assert {text for _, text in await floor.said(ana)} == {"Hello", "From Dana", "From Eli"}


@embedded_only
async def test_what_the_person_wrote_meanwhile_is_shown_first_and_what_one_wrote_oneself_is_not(floor: Floor) -> None:
    await floor.patient()
    dana = await floor.user()
    thread_id = await floor.asks()
    await floor.write(thread_id, agent(dana), "One moment", last_seq=1)
    assert isinstance(await floor.write(thread_id, agent(dana), "Still here", last_seq=1), Written)
    await floor.says("Never mind")

    missed = await floor.write(thread_id, agent(dana), "Come at nine", last_seq=3)

    assert isinstance(missed, Missed)
    assert len(missed.message_ids) == 1


@embedded_only
async def test_a_key_of_another_thread_is_not_this_one_s(floor: Floor) -> None:
    await floor.patient()
    await floor.patient("+12025550112", "MRN-2")
    dana = await floor.user()
    one, other = await floor.says(), await floor.says(phone="+12025550112")
    await floor.write(one, agent(dana), key="desk:1")

    assert isinstance(await floor.write(other, agent(dana), key="desk:1"), Elsewhere)
    note = await floor.note(one, agent(dana), note_id=new_id())
    assert isinstance(await floor.note(other, agent(dana), note_id=note.message_id), Elsewhere)


@embedded_only
async def test_what_consent_forbids_changes_nothing_and_says_why(floor: Floor) -> None:
    ana, dana = await floor.patient(consent="no"), await floor.user()
    thread_id = await floor.asks()
    before = await floor.state(thread_id)

    refused = await floor.write(thread_id, agent(dana), channel=ChannelKind.SMS)

    assert isinstance(refused, NotPermitted)
    assert refused.skip.reasons
    assert await floor.state(thread_id) == before
    assert await floor.said(ana) == [("patient", "Hello")]
    assert await floor.rig.audited("send.refuse") == 1


async def test_what_is_taken_back_in_time_never_leaves_and_is_a_draft_again(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.asks()
    waited = (await floor.state(thread_id)).waiting_since
    written = await floor.write(thread_id, agent(dana), not_before=floor.clock.now() + timedelta(seconds=5))
    assert await floor.claim() == [], "it waits"

    for _ in range(2):
        _, gone = await floor.withdraw(thread_id, written.message_id, agent(dana))
        assert gone.text == "We look into it"

    floor.clock.advance(timedelta(minutes=1))
    assert await floor.claim() == []
    (row,) = await floor.rig.deliveries(ana)
    assert (row.state, row.reason) == (DeliveryState.SUPPRESSED, WITHDRAWN)
    assert (await floor.state(thread_id)).waiting_since == waited, "the person is not answered"
    async with floor.parts.db.read() as conn:
        (draft,) = await floor.parts.desk.drafts.of(conn, thread_id, ana, dana)
    assert (draft.kind, draft.text) == ("reply", "We look into it")
    assert await floor.rig.audited("message.withdraw") == 1


async def test_a_claim_and_a_withdrawal_at_once_have_one_winner(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.asks()
    written = await floor.write(thread_id, agent(dana), not_before=floor.clock.now() + timedelta(seconds=5))
    floor.clock.advance(timedelta(seconds=6))

    claimed, came = await asyncio.gather(floor.claim(), floor.withdraw(thread_id, written.message_id, agent(dana)))

    assert bool(claimed) == isinstance(came, Refusal)
    assert await floor.states(ana) == [DeliveryState.SENDING if claimed else DeliveryState.SUPPRESSED]


@embedded_only
async def test_the_portal_shows_a_message_once_it_leaves_and_never_one_taken_back(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.asks()
    later = floor.clock.now() + timedelta(seconds=5)
    await floor.write(thread_id, agent(dana), "Sent", not_before=later)
    taken = await floor.write(thread_id, agent(dana), "Taken back", not_before=later)
    await floor.withdraw(thread_id, taken.message_id, agent(dana))

    async def shown() -> list[str]:
        async with floor.parts.db.read() as conn:
            return [one.text for one in (await read(conn, floor.parts, ana, None)).said]

    assert await shown() == ["Hello"]
    floor.clock.advance(timedelta(seconds=6))
    assert len(await floor.claim()) == 1
    assert await shown() == ["Hello", "Sent"]


@embedded_only
async def test_a_scheduled_reply_waits_and_staff_hear_when_the_person_writes_before(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.asks()
    await floor.write(thread_id, agent(dana), not_before=floor.clock.now() + timedelta(hours=3))
    (row,) = await floor.rig.deliveries(ana)
    assert (row.state, row.reason) == (DeliveryState.HELD, LATER)

    floor.clock.advance(timedelta(minutes=1))
    await floor.says("It is better now")
    await floor.reacts(thread_id)

    state = await floor.state(thread_id)
    assert state.attention == "scheduled_reply"
    assert state.waiting_since == floor.clock.now()
    assert await floor.rig.audited("message.overtake") == 1


async def test_a_note_goes_to_nobody_and_whom_it_names_sees_it(floor: Floor) -> None:
    ana, dana, eli = await floor.patient(), await floor.user(), await floor.user()
    thread_id, note_id = await floor.asks(), new_id()

    for _ in range(2):
        await floor.note(thread_id, agent(dana), note_id=note_id, mentions=[eli, new_id()])

    assert await floor.said(ana) == [("patient", "Hello"), ("staff", "Call her")]
    assert await floor.states(ana) == []
    (named,) = await floor.rows(mention)
    assert (named.user_id, named.message_id, named.thread_id) == (eli, note_id, thread_id)
    assert (await floor.state(thread_id)).waiting_since is not None, "a note answers nobody"


@embedded_only
async def test_each_change_leaves_one_entry(floor: Floor) -> None:
    await floor.patient()
    dana = await floor.user()
    thread_id = await floor.asks()

    await floor.write(thread_id, agent(dana))
    await floor.write(thread_id, agent(dana))

    taken = sa.select(audit_event.c.object_id).where(audit_event.c.action == "thread.take")
    assert [row.object_id for row in await floor.rig.rows(taken)] == [thread_id]


@pytest.mark.parametrize("status", ["snoozed", "closed", "bot"])
@embedded_only
async def test_a_reply_opens_what_was_put_away(floor: Floor, status: str) -> None:
    await floor.patient()
    dana = await floor.user()
    thread_id = await floor.says()
    values = {"status": status, "assignee": None}
    await floor.parts.db.write(lambda conn: conn.execute(sa.update(thread).values(**values)))

    await floor.write(thread_id, agent(dana))

    state = await floor.state(thread_id)
    assert (state.status, state.assignee) == (ThreadStatus.OPEN, dana)
