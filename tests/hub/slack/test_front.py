"""Whole stories between the clinic's channel and a hub that runs, on a Slack that is spoken with by its own client."""

import asyncio
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.crypto import Keyring
from hub.db.bulk import insert_rows
from hub.db.tables import message, slack_event, slack_post, slack_reply, team
from hub.slack import SlackRoom
from hub.types import new_id
from tests.hub.slack.conftest import ANA, Front, open_front
from tests.servers.slack import CHANNEL
from tests.stores import either_will_do

pytestmark = either_will_do


async def test_whoever_waits_is_posted_once_without_a_word_of_theirs(front: Front) -> None:
    post = await front.posted()
    await front.sweep(2)

    assert front.slack.posts == [post]
    assert post.headline == "🔵 Nobody has this yet · A.L."
    assert post.controls == ["claim", "snooze", "open"]
    said = post.seen + "".join(one.seen for one in front.slack.replies(post.ts))
    for secret in ("Ana", "Lopez", "knee", ANA, "5550141"):
        assert secret not in said
    assert await front.rig.audited("slack.post") == 1


async def test_it_is_claimed_answered_and_marked_from_slack(front: Front) -> None:
    rosa = await front.user("U1", "Rosa Diaz")
    post = await front.posted()

    assert await front.slack.press("U1", post.ts, "claim") == 200
    await front.sweep(2)

    assert (await front.thread()).assignee == rosa
    assert "Rosa Diaz" in post.seen
    assert "claim" not in post.controls

    ts, answered = await front.slack.says("U1", post.ts, "Come at 3 &amp; bring <https://x.example.org|x.example.org>")
    await front.sweep()
    assert answered == 200
    assert await front.rig.hear(ANA) == "Come at 3 & bring x.example.org"
    await front.rig.quiet()
    await front.sweep(2)

    row = await front.thread()
    assert (row.status, row.assignee, row.waiting_since) == ("open", rosa, None)
    assert front.slack.message(ts).marks[-1] == "white_check_mark"
    assert "Answered" in post.headline
    assert front.slack.whispers == []
    assert front.slack.replies(post.ts) == []


async def test_what_slack_tells_twice_is_done_once(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    post = await front.posted()
    event = {
        "type": "message",
        "channel": "C0CLINIC01",
        "user": "U1",
        "text": "On our way",
        "ts": "1.5",
        "thread_ts": post.ts,
    }

    assert await front.slack.tell(event, event_id="Ev1") == 200
    assert await front.slack.tell(event, event_id="Ev1", retry=1) == 200
    await front.sweep()
    assert await front.slack.tell(event, event_id="Ev1", retry=2) == 200
    assert await front.slack.tell(event, event_id="Ev2") == 200
    await front.sweep(2)
    await front.rig.quiet()

    assert front.rig.on_phone(ANA) == ["On our way"]
    assert await front.undone() == 0


async def test_who_may_not_hears_why_alone_and_nothing_is_done(front: Front) -> None:
    await front.user("U2", "Cara Compliance", "compliance")
    await front.user("U3", "Gus Guest", is_restricted=True)
    front.slack.join("U4", "nobody@elsewhere.example.org")
    post = await front.posted()

    for user in ("U2", "U3", "U4", "U5"):
        await front.slack.says(user, post.ts, "Hello")
        await front.slack.press(user, post.ts, "claim")
    await front.sweep()

    heard = {(user, text.split(".")[0]) for user, text in front.slack.whispers}
    assert heard == {
        ("U2", "Your role in Carehub does not let you do this"),
        ("U3", "Only members of the clinic's own workspace can do this"),
        ("U4", "Nobody in Carehub has the mailbox that Slack knows of you"),
        ("U5", "Only members of the clinic's own workspace can do this"),
    }
    assert await front.rig.audited("slack.refused") == 8
    assert (await front.thread()).assignee is None
    assert front.rig.on_phone(ANA) == []


async def test_after_a_stop_the_reason_is_told_back(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    post = await front.posted()
    await front.rig.tell(ANA, "STOP")
    await front.rig.quiet()
    await front.sweep(2)
    before = front.rig.on_phone(ANA)

    await front.slack.says("U1", post.ts, "Please call us")
    await front.sweep()

    ((user, text),) = front.slack.whispers
    assert user == "U1"
    assert text.startswith("Nothing was sent to the patient.")
    assert "opted out" in text
    assert front.rig.on_phone(ANA) == before


async def test_a_reply_that_crosses_the_patients_words_is_held_back_once(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    post = await front.posted()
    await front.rig.tell(ANA, "Never mind, it is my hip")

    await front.slack.says("U1", post.ts, "Cool the knee")
    await front.sweep()
    assert "meanwhile" in front.slack.whispers[0][1]
    assert [one.text for one in front.slack.replies(post.ts)] == ["The patient wrote again."]

    await front.slack.says("U1", post.ts, "Cool the hip")
    await front.sweep()
    assert await front.rig.hear(ANA) == "Cool the hip"


async def test_a_note_a_colleagues_name_and_a_file_stay_among_staff(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    post = await front.posted()

    await front.slack.says("U1", post.ts, "note: she called twice")
    await front.slack.says("U1", post.ts, "<@U2> can you take this?")
    await front.slack.says("U1", post.ts, "see this", subtype="file_share", files=[{"id": "F1"}])
    await front.slack.says("", post.ts, "I am a bot", bot_id="B1")
    await front.sweep()

    assert sorted(text.split(".")[0] for _, text in front.slack.whispers) == [
        "Kept as a note among staff",
        "Nothing was sent to the patient",
        "Nothing was sent to the patient",
    ]
    notes = await front.rig.rows(sa.select(message.c.id).where(message.c.direction == "note"))
    assert len(notes) == 1
    assert front.rig.on_phone(ANA) == []


async def test_what_is_urgent_later_is_posted_anew_and_a_closed_one_ends(front: Front) -> None:
    post = await front.posted()
    row = await front.thread()

    await front.thread_of(row.person_id, priority=3, attention="emergency_crisis")
    await front.sweep()
    old, new = front.slack.posts
    assert old is post
    assert "Moved down" in old.headline
    assert new.headline == "🔴 Emergency · A.L."
    assert "crisis" not in new.seen
    assert new.controls == ["claim", "open"]

    await front.thread_of(row.person_id, status="closed", priority=0, attention="", waiting_since=None)
    await front.sweep()
    assert new.headline == "✅ Closed · A.L."
    assert new.controls == ["open"]
    live = sa.select(sa.func.count()).where(slack_post.c.ended_at.is_(None))
    assert await front.rig.value(live) == 0


async def test_while_slack_is_away_nothing_is_lost_or_doubled(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    await front.waiting()
    room = front.room
    front.slack.away = True
    await front.sweep(3)
    assert front.slack.posts == []

    front.slack.away = False
    front.slack.throttled = 1
    room._until = None
    await front.sweep(3)
    assert front.slack.posts == []
    assert room._until is not None
    assert room._until - front.rig.parts.clock.now() > timedelta(seconds=25)

    front.slack.losing.add("chat.postMessage")
    room._until = None
    await front.sweep()
    assert len(front.slack.posts) == 1
    assert await front.rig.value(sa.select(slack_post.c.ts)) is None

    # Slack took it and its answer was lost: the channel is asked, and the post is not made again.
    async def unit(conn: AsyncConnection) -> None:
        earlier = front.rig.parts.clock.now() - timedelta(minutes=2)
        await conn.execute(sa.update(slack_post).values(at=earlier))

    await front.rig.parts.db.write(unit)
    room._until = None
    await front.sweep()
    (post,) = front.slack.posts
    assert await front.rig.value(sa.select(slack_post.c.ts)) == post.ts

    front.slack.away = True
    assert await front.slack.says("U1", post.ts, "We are here") is not None
    await front.sweep(2)
    assert front.rig.on_phone(ANA) == []
    front.slack.away = False
    room._until = None
    await front.sweep()
    assert await front.rig.hear(ANA) == "We are here"


async def test_with_an_agreement_words_are_shown_under_the_post(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    async with open_front(database_url, tmp_path, keyring, slack_agreement="yes") as front:
        post = await front.posted()
        await front.sweep()

        (under,) = front.slack.replies(post.ts)
        assert "My knee <b>hurts</b> & swells" in under.seen
        assert "knee" not in under.text
        assert "knee" not in post.seen
        assert await front.rig.audited("slack.disclose") == 1


async def test_what_was_written_is_ciphertext_until_it_is_done_and_then_gone(front: Front, disk) -> None:
    await front.user("U1", "Rosa Diaz")
    post = await front.posted()
    front.slack.away = True

    await front.slack.says("U1", post.ts, "canary-of-slack")
    await front.sweep()

    assert b"canary-of-slack" not in disk()
    front.slack.away = False
    front.room._until = None
    await front.sweep()
    kept = sa.select(sa.func.count()).where(slack_event.c.work_sealed.is_not(None))
    assert await front.rig.value(kept) == 0
    assert await front.rig.value(sa.select(sa.func.count()).select_from(slack_reply)) == 1


async def test_under_a_post_that_is_over_nothing_is_sent(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    post = await front.posted()
    row = await front.thread()
    await front.thread_of(row.person_id, status="closed", waiting_since=None)
    await front.sweep()

    await front.slack.says("U1", post.ts, "One more thing")
    await front.sweep()

    assert front.slack.whispers[-1][1].startswith("Nothing was sent to the patient. This post is over.")
    assert front.rig.on_phone(ANA) == []


async def test_who_is_disabled_is_so_here_at_once_and_a_deleted_post_is_made_anew(front: Front) -> None:
    rosa = await front.user("U1", "Rosa Diaz")
    post = await front.posted()
    parts = front.rig.parts
    await parts.db.write(lambda conn: parts.users.disable(conn, rosa, Actor("system", "test")))
    row = await front.thread()

    await front.slack.press("U1", post.ts, "claim")
    front.slack.messages.remove(post)
    await front.thread_of(row.person_id, priority=1, attention="voicemail")
    await front.sweep(2)

    assert front.slack.whispers == [("U1", "Your account in Carehub is not active. Ask an administrator.")]
    (anew,) = front.slack.posts
    assert anew is not post


async def test_the_channel_waits_a_moment_for_whoever_is_quicker(front: Front) -> None:
    await front.waiting(waiting_since=front.rig.parts.clock.now() + timedelta(seconds=30))
    await front.sweep(2)
    assert front.slack.posts == []

    row = await front.thread()
    await front.thread_of(row.person_id, priority=3)
    await front.sweep()
    assert len(front.slack.posts) == 1


async def test_a_thread_of_a_private_team_is_told_of_without_initials_and_to_its_members_alone(front: Front) -> None:
    await front.user("U1", "Rosa Diaz")
    team_id, parts = new_id(), front.rig.parts
    row = {
        "id": team_id,
        "name": "Behavioral health",
        "routing": "manual",
        "private": True,
        "created_at": parts.clock.now(),
    }
    await parts.db.write(lambda conn: insert_rows(conn, team, [row]))
    post = await front.posted(team_id=team_id)

    await front.slack.says("U1", post.ts, "Hello")
    await front.sweep()

    assert post.headline == "🔵 Nobody has this yet · a private team's patient"
    assert front.slack.whispers == [("U1", "This thread is not among those that you can see.")]
    assert front.rig.on_phone(ANA) == []


async def test_another_channel_takes_over_what_was_posted_in_the_one_before(front: Front) -> None:
    await front.posted()

    async def unit(conn: AsyncConnection) -> None:
        await conn.execute(sa.update(slack_post).values(channel="C0EARLIER"))

    await front.rig.parts.db.write(unit)
    room = SlackRoom(front.rig.parts)
    await room.sweep()
    await room.close()

    assert len(front.slack.posts) == 2
    live = await front.rig.rows(sa.select(slack_post.c.channel).where(slack_post.c.ended_at.is_(None)))
    assert [one.channel for one in live] == [CHANNEL]


async def test_two_processes_that_sweep_at_once_post_once_and_do_once(front: Front) -> None:
    rosa = await front.user("U1", "Rosa Diaz")
    other = SlackRoom(front.rig.parts)
    await front.waiting()
    try:
        await asyncio.gather(front.room.sweep(), other.sweep())
        (post,) = front.slack.posts
        await front.slack.press("U1", post.ts, "claim")
        await front.slack.says("U1", post.ts, "note: on it")
        await asyncio.gather(front.room.sweep(), other.sweep())
    finally:
        await other.close()

    assert (await front.thread()).assignee == rosa
    assert await front.rig.audited("thread.assign") == 1
    assert await front.rig.audited("note.create") == 1
