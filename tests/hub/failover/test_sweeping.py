"""A message goes on by the next way, each step once, and in the end to staff."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from hub.db.tables import portal_code
from hub.errors import Rejected
from hub.outbox import watch
from hub.types import DeliveryState, Purpose, Send
from tests.hub.failover.steps import EMAIL, PORTAL, SMS, VOICE, Steps
from tests.stores import Disk

REFUSED = Rejected(provider_code="30007")
S = DeliveryState


async def test_a_text_that_fails_goes_on_by_mail_and_then_by_phone_and_then_to_staff(steps: Steps) -> None:
    ana = await steps.ana()
    words = {EMAIL: "As a mail says it.", VOICE: "As it is said."}

    await steps.send(ana, words=words)
    said = []
    for _ in range(3):
        claim = await steps.one()
        said.append((claim.channel, claim.part.text))
        await steps.fell(claim, REFUSED)
        before = await steps.attention(ana)
        assert await steps.sweep() == 1

    assert said == [(SMS, "Your visit is on Friday."), (EMAIL, words[EMAIL]), (VOICE, words[VOICE])]
    assert await steps.taken_steps() == [(0, "first", "next"), (1, "failed", "next"), (2, "failed", "staff")]
    assert (before, await steps.attention(ana)) == ("", "delivery_failed")
    assert (await steps.rig.thread(ana)).priority == 1
    assert await steps.rig.audited("message.unreached") == 1
    assert await steps.claim() == []


async def test_a_step_is_taken_once_by_however_many_who_sweep(steps: Steps) -> None:
    await steps.send(await steps.ana())
    await steps.fell(await steps.one(), REFUSED)

    ended = await asyncio.gather(*(steps.sweep() for _ in range(8)))

    assert sum(ended) == 1
    assert [row.channel for row in await steps.deliveries()] == [SMS, EMAIL]


async def test_a_step_that_waits_for_the_morning_is_dropped_when_the_person_answers_before(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, VOICE))
    await steps.send(ana)
    await steps.took(await steps.one())
    steps.wait(hours=11)
    await steps.sweep()  # it is 21:00: a call would be held

    (_, call) = await steps.deliveries()
    steps.wait(hours=1)
    await steps.writes()
    steps.wait(hours=30)
    claims = await steps.claim()
    await steps.sweep()

    assert (call.channel, call.state) == (VOICE, "held")
    assert claims == []
    assert [(row.state, row.reason) for row in await steps.deliveries()][1] == ("suppressed", "answered")
    assert await steps.taken_steps() == [(0, "first", "next"), (1, "undelivered", "reached")]
    assert await steps.attention(ana) == ""


async def test_a_stop_that_comes_after_the_step_was_queued_stops_it(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, VOICE))
    await steps.send(ana)
    await steps.fell(await steps.one(), REFUSED)
    await steps.sweep()
    await steps.stops()

    claims = await steps.claim()
    await steps.sweep()

    assert claims == []
    assert [(row.channel, row.state) for row in await steps.deliveries()] == [(SMS, "failed"), (VOICE, "suppressed")]
    assert await steps.attention(ana) == "delivery_failed"


async def test_a_mail_that_bounces_after_it_counted_as_sent_is_followed_all_the_same(steps: Steps) -> None:
    await steps.send(await steps.ana(preferred_channel=EMAIL))
    claim = await steps.one()
    await steps.took(claim)
    steps.wait(hours=4)
    await steps.sweep()
    assert await steps.taken_steps() == [(0, "first", "reached")]

    await steps.told(claim, S.FAILED, "5.1.1")
    await steps.sweep()

    assert await steps.taken_steps() == [(0, "first", "next"), (1, "failed", "")]


async def test_what_says_more_than_a_text_may_is_read_in_the_portal_behind_a_link(steps: Steps, disk: Disk) -> None:
    ana = await steps.ana()
    secret = "Your blood test shows nothing unusual."

    routed = await steps.send(ana, secret, level="full", purpose=Purpose.CARE)
    claim = await steps.one()

    assert isinstance(routed.decision, Send)
    of = await steps.message()
    assert (of.channel, of.address_id) == (PORTAL, None)
    assert [line.text for line in await steps.rig.lines(ana)] == [secret]
    link = claim.part.text.split()[-1]
    assert claim.part.text == f"Maple Street Clinic: you have a new secure message. Read it here: {link}"
    assert link.startswith(f"{steps.parts.settings.base_url}/portal/link/")
    (code,) = await steps.rig.rows(sa.select(portal_code))
    assert (code.address_id, code.used_at) == (claim.address_id, None)
    assert code.ends_at == steps.clock.now() + timedelta(days=3)
    kept = disk()
    assert secret.encode() not in kept
    assert link.rpartition("/")[2].encode() not in kept


async def test_what_is_seen_in_the_portal_is_read_and_followed_no_further(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, EMAIL))
    await steps.send(ana, "A result.", level="full", purpose=Purpose.CARE)
    await steps.took(await steps.one())
    of = await steps.message()

    read = await steps.parts.db.write(lambda conn: watch.seen(conn, [of.id], steps.clock.now()))
    again = await steps.parts.db.write(lambda conn: watch.seen(conn, [of.id], steps.clock.now()))
    steps.wait(hours=25)
    await steps.sweep()

    assert (read, again) == (1, 0)
    assert [row.state for row in await steps.deliveries()] == ["read"]
    assert await steps.taken_steps() == [(0, "first", "reached")]
