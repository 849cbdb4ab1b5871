"""Where a message goes on, and where it ends: preferences, consent, caps, content levels, visits."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import delivery, person, portal_code, slot
from hub.errors import OutcomeUnknown, Rejected, TextsRefused, Unreachable
from hub.outbox import watch
from hub.portal.codes import MOST_CODES, _recent
from hub.types import AuthorKind, ChannelKind, DeliveryState, Hold, Lane, Purpose, Skip
from tests.hub.failover.steps import EMAIL, SMS, VOICE, Steps
from tests.stores import embedded_only

REFUSED = Rejected(provider_code="30007")
S = DeliveryState
pytestmark = embedded_only


async def test_what_arrived_goes_nowhere_else(steps: Steps) -> None:
    await steps.send(await steps.ana())
    claim = await steps.one()
    await steps.took(claim)
    assert await steps.sweep() == 0

    await steps.told(claim, S.DELIVERED)
    await steps.sweep()

    assert await steps.taken_steps() == [(0, "first", "reached")]


async def test_a_text_nobody_reports_on_goes_on_after_a_while(steps: Steps) -> None:
    await steps.send(await steps.ana())
    await steps.took(await steps.one())

    steps.wait(hours=3, minutes=59)
    early = await steps.sweep()
    steps.wait(minutes=2)
    late = await steps.sweep()

    assert (early, late) == (0, 1)
    assert await steps.taken_steps() == [(0, "first", "next"), (1, "undelivered", "")]


async def test_an_attempt_of_unknown_outcome_is_never_followed_while_it_can_be_found_out(steps: Steps) -> None:
    await steps.send(await steps.ana())
    await steps.fell(await steps.one(), OutcomeUnknown())

    for _ in range(10):
        steps.wait(minutes=50)
        await steps.sweep()

    assert [row.state for row in await steps.deliveries()] == ["sending"]
    assert await steps.taken_steps() == [(0, "first", "")]


async def test_who_answered_what_they_got_is_not_sent_it_again(steps: Steps) -> None:
    await steps.send(await steps.ana())
    await steps.took(await steps.one())
    steps.wait(hours=1)
    await steps.writes()

    steps.wait(hours=4)
    await steps.sweep()

    assert await steps.taken_steps() == [(0, "first", "reached")]
    assert len(await steps.deliveries()) == 1


async def test_after_a_stop_no_call_follows_a_text_but_a_mail_may(steps: Steps) -> None:
    ana = await steps.ana()
    await steps.send(ana)
    await steps.fell(await steps.one(), REFUSED)
    await steps.stops()

    await steps.sweep()
    await steps.fell(await steps.one(), Rejected(provider_code="550"))
    await steps.sweep()

    assert [row.channel for row in await steps.deliveries()] == [SMS, EMAIL]
    assert await steps.attention(ana) == "delivery_failed"


async def test_a_fallback_counts_against_the_caps_if_the_text_left(steps: Steps) -> None:
    await steps.send(await steps.ana(agreed=(SMS, VOICE)))
    await steps.took(await steps.one())
    steps.wait(hours=5)

    await steps.sweep()

    (_, call) = await steps.deliveries()
    assert (call.channel, call.state, call.reason) == (VOICE, "held", "cap-day")


async def test_a_number_that_takes_no_texts_is_called_and_not_texted_again(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, VOICE))
    await steps.send(ana)
    await steps.fell(await steps.one(), TextsRefused(provider_code="30006"))

    await steps.sweep()
    claim = await steps.one()

    assert claim.channel is VOICE
    assert await steps.state_of_phone() == ("invalid", "no_texts:30006")
    assert isinstance((await steps.send(ana, channel=SMS)).decision, Skip)


async def test_a_message_by_the_channel_that_was_asked_for_goes_from_there_to_staff(steps: Steps) -> None:
    ana = await steps.ana()
    await steps.send(ana, channel=SMS)
    await steps.fell(await steps.one(), REFUSED)

    await steps.sweep()

    assert await steps.taken_steps() == [(0, "first", "staff")]
    assert await steps.attention(ana) == "delivery_failed"


async def test_a_way_that_failed_twice_lately_is_tried_last(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, EMAIL))
    for _ in range(2):
        await steps.send(ana, channel=SMS)
        await steps.fell(await steps.one(), REFUSED)

    routed = await steps.send(ana)

    assert routed.decision.channel is EMAIL


async def test_what_is_switched_off_is_not_used_and_an_order_is_kept(steps: Steps) -> None:
    ana, book = await steps.ana(), steps.parts.preferences
    await steps.parts.db.write(
        lambda conn: book.change(
            conn, ana, Purpose.APPOINTMENT, order=(VOICE, SMS), off=(EMAIL,), actor=Actor("patient", "s")
        )
    )
    await steps.send(ana)
    for _ in range(2):
        await steps.fell(await steps.one(), REFUSED)
        await steps.sweep()

    assert [row.channel for row in await steps.deliveries()] == [VOICE, SMS]
    assert await steps.attention(ana) == "delivery_failed"


async def test_a_reminder_of_a_visit_that_was_moved_goes_no_further(steps: Steps) -> None:
    ana = await steps.ana()
    visit = await _visit(steps, ana)
    await steps.send(ana, appointment=(visit.id, visit.version))
    await steps.fell(await steps.one(), REFUSED)
    await steps.parts.scheduling.cancel(visit.id, ana, "cancel")

    await steps.sweep()

    assert await steps.taken_steps() == [(0, "first", "void")]
    assert await steps.attention(ana) == ""


async def test_a_reminder_that_waited_until_its_visit_began_is_not_sent(steps: Steps) -> None:
    ana = await steps.ana()
    visit = await _visit(steps, ana)
    await steps.send(ana, appointment=(visit.id, visit.version))
    steps.wait(days=4)

    assert await steps.claim() == []

    (row,) = await steps.deliveries()
    assert (row.state, row.reason) == ("suppressed", "visit_over")


async def test_a_link_that_nobody_follows_goes_on_as_another_link(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, EMAIL))
    await steps.send(ana, "A result.", level="full", purpose=Purpose.CARE)
    first = await steps.one()
    await steps.took(first)
    await steps.told(first, S.DELIVERED)

    steps.wait(hours=25)
    await steps.sweep()
    second = await steps.one()

    assert await steps.taken_steps() == [(0, "first", "next"), (1, "unread", "")]
    assert "A result." not in second.part.text
    assert second.part.text != first.part.text
    assert await steps.rig.value(sa.select(sa.func.count()).select_from(portal_code)) == 2


async def test_a_text_of_another_channel_that_is_seen_in_the_portal_is_followed_no_further(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS, EMAIL))
    await steps.send(ana)
    await steps.took(await steps.one())
    of = await steps.message()

    await steps.parts.db.write(lambda conn: watch.seen(conn, [of.id], steps.clock.now()))
    steps.wait(hours=25)
    await steps.sweep()

    assert [row.state for row in await steps.deliveries()] == ["sent"]


async def test_who_could_not_sign_in_is_sent_no_link(steps: Steps) -> None:
    ana = await steps.ana(birth_date=None)

    routed = await steps.send(ana, "A result.", level="full", purpose=Purpose.CARE)

    assert isinstance(routed.decision, Skip)
    assert routed.rules == ("content-level",)


async def test_staff_answer_in_their_own_words_where_the_person_wrote(steps: Steps) -> None:
    ana = await steps.ana(preferred_channel=EMAIL)
    await steps.writes("may I eat before the test?")
    steps.wait(days=3)
    staff = {"author": AuthorKind.STAFF, "purpose": Purpose.CARE, "lane": Lane.REPLY, "level": "full"}

    await steps.send(ana, "No, nothing after midnight.", **staff)
    claim = await steps.one()
    await steps.send(ana, "And by mail, too.", channel=EMAIL, **staff)
    mail = await steps.one()

    assert (claim.channel, claim.part.text) == (SMS, "No, nothing after midnight.")
    assert "And by mail" not in mail.part.text


async def test_who_was_warned_and_wants_it_gets_whole_mails(steps: Steps) -> None:
    ana, book = await steps.ana(preferred_channel=EMAIL), steps.parts.preferences
    await steps.parts.db.write(
        lambda conn: book.want_whole(conn, ana, EMAIL, warning="w/1/en", actor=Actor("patient", "s"))
    )

    await steps.send(ana, "A result.", level="full", purpose=Purpose.CARE)

    assert (await steps.one()).part.text == "A result."


async def test_the_reply_to_an_emergency_is_said_again_in_another_way(steps: Steps) -> None:
    ana = await steps.ana(agreed=())
    given: dict[str, Any] = {"purpose": Purpose.EMERGENCY, "lane": Lane.SAFETY, "channel": SMS, "level": "none"}
    await steps.send(ana, "Call 911.", words={VOICE: "Call 9 1 1."}, replies_to=steps.clock.now(), **given)
    await steps.fell(await steps.one(), Unreachable())

    await steps.sweep()
    said = []
    for _ in range(2):
        claim = await steps.one()
        said.append((claim.channel, claim.part.text))
        await steps.fell(claim, REFUSED)
        await steps.sweep()

    assert said == [(EMAIL, "Call 911."), (VOICE, "Call 9 1 1.")]
    assert await steps.attention(ana) == "delivery_failed"


async def test_a_message_that_is_held_is_followed_once_it_was_let_go(steps: Steps) -> None:
    ana = await steps.ana()
    steps.wait(hours=11)

    routed = await steps.send(ana, channel=SMS)
    steps.wait(hours=6)
    await steps.sweep()
    waiting = await steps.taken_steps()
    steps.wait(hours=6)
    await steps.fell(await steps.one(), REFUSED)
    await steps.sweep()

    assert isinstance(routed.decision, Hold)
    assert waiting == [(0, "first", "")]
    assert await steps.taken_steps() == [(0, "first", "staff")]


async def _visit(steps: Steps, person_id: str) -> Any:
    start = steps.clock.now() + timedelta(days=3)
    await steps.rig.slots([("Dr. Kim", "Family medicine", "Check-up", "Main Street", start, 30)])
    slot_id = await steps.rig.value(sa.select(slot.c.id))
    return await steps.parts.scheduling.book(str(slot_id), person_id, "book")


@pytest.mark.parametrize("channel", [SMS, EMAIL])
async def test_a_delivery_says_which_step_it_is(steps: Steps, channel: ChannelKind) -> None:
    await steps.send(await steps.ana(preferred_channel=channel))
    await steps.fell(await steps.one(), REFUSED)
    await steps.sweep()

    rows = await steps.rig.rows(sa.select(delivery.c.step, delivery.c.channel).order_by(delivery.c.step))
    assert [row.step for row in rows] == [0, 1]
    assert {row.channel for row in rows} == {SMS, EMAIL}


async def test_what_a_nurse_wrote_in_the_evening_is_not_called_about_at_night(steps: Steps) -> None:
    await steps.ana(agreed=(SMS, VOICE))
    ana = await steps.rig.value(sa.select(person.c.id))
    steps.wait(hours=12)  # it is 22:00
    await steps.writes("may I eat before the test?")
    given = {"author": AuthorKind.STAFF, "purpose": Purpose.CARE, "lane": Lane.REPLY, "level": "full"}
    await steps.send(str(ana), "Nothing after midnight.", replies_to=steps.clock.now(), **given)
    await steps.fell(await steps.one(), REFUSED)

    await steps.sweep()

    (_, call) = await steps.deliveries()
    assert (call.channel, call.state, call.reason, call.automated) == (VOICE, "held", "quiet-hours", True)


async def test_what_was_switched_off_while_it_waited_goes_on_the_next_way(steps: Steps) -> None:
    ana, book = await steps.ana(agreed=(SMS, EMAIL)), steps.parts.preferences
    later = steps.clock.now() + timedelta(hours=2)
    await steps.send(ana, not_before=later)
    await steps.parts.db.write(
        lambda conn: book.change(
            conn, ana, Purpose.APPOINTMENT, order=(), off=(SMS,), actor=Actor("patient", "session")
        )
    )
    steps.wait(hours=2)

    claims = await steps.claim()
    await steps.sweep()

    assert claims == []
    assert [(row.channel, row.state, row.reason) for row in await steps.deliveries()] == [
        (SMS, "suppressed", "switched-off"),
        (EMAIL, "queued", ""),
    ]


async def test_links_to_messages_take_no_codes_for_signing_in_away(steps: Steps) -> None:
    ana = await steps.ana(agreed=(SMS,))
    for n in range(MOST_CODES):
        await steps.send(ana, f"Result {n}.", level="full", purpose=Purpose.CARE, author=AuthorKind.STAFF)

    async with steps.parts.db.read() as conn:
        (address_id,) = set((await conn.execute(sa.select(portal_code.c.address_id))).scalars())
        counted = await _recent(conn, address_id, steps.clock.now())

    assert counted == 0
