"""A channel whose vendor has no agreement on file carries nothing of the person: at routing, and again at the claim."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import audit_event, vendor
from hub.errors import InputError
from hub.settings import Secret
from hub.types import AuthorKind, ChannelKind, Lane, Send, Skip
from hub.vendors import NewVendor
from tests.hub.failover.steps import EMAIL, PHONE, SMS, TEST, Steps
from tests.hub_rig import open_rig
from tests.stores import embedded_only

WORDS = "Your visit is on Friday."


@pytest.fixture
async def steps(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Steps]:
    """Texts are carried by somebody else; mails by a relay on this machine."""
    given: dict[str, Any] = {
        "twilio_api_url": "https://texts.example.org",
        "smtp_url": Secret("smtp://127.0.0.1:1"),
        "email_from": "hello@clinic.example.org",
    }
    async with open_rig(
        database_url, tmp_path, keyring, clock=clock, started=False, engine=False, roles=(), **given
    ) as rig:
        yield Steps(rig, clock)


async def sign(steps: Steps, **values: Any) -> None:
    today = steps.parts.vendors.day(steps.clock.now())
    given: dict[str, Any] = {"name": "Example Texts", "services": ("sms",), "agreement": "signed"}
    given |= {"signed_on": today, "document": "1"}
    new = NewVendor(**(given | values))
    await steps.parts.db.write(lambda conn: steps.parts.vendors.record(conn, new, TEST))


async def audited(steps: Steps, action: str) -> list[Any]:
    rows = await steps.rig.rows(sa.select(audit_event).where(audit_event.c.action == action).order_by(audit_event.c.id))
    async with steps.parts.db.read() as conn:
        found = await steps.parts.trail.details(conn, rows)
    return [found[row.id] for row in rows]


@embedded_only
async def test_without_an_agreement_a_link_goes_and_with_one_the_text(steps: Steps) -> None:
    """And what waits when the agreement ends does not leave as it is: the next way is taken, and staff can see why."""
    ana = await steps.ana(agreed=(SMS, EMAIL))
    steps.claims = steps.parts.outbox._claims

    first = await steps.send(ana, channel=SMS, followed=False)
    claim = await steps.one()
    await steps.took(claim)
    assert isinstance(first.decision, Send)
    assert first.rules[1:] == ("no-agreement",)
    assert WORDS not in claim.part.text
    assert "secure message" in claim.part.text
    (sms, *_) = [one for one in await steps.ways(ana) if one.channel is ChannelKind.SMS]
    assert sms.link
    assert "No agreement" in sms.reason

    await sign(steps)
    steps.wait(days=2)
    second = await steps.send(ana, channel=SMS, followed=False)
    assert second.rules == ("consent-held",)
    claim = await steps.one()
    await steps.took(claim)
    assert claim.part.text == WORDS

    steps.wait(days=2)
    third = await steps.send(ana)
    await steps.parts.db.write(lambda conn: steps.parts.vendors.end(conn, "example  texts", "moved", TEST))
    assert await steps.claim() == []
    refused = [row for row in await steps.deliveries() if row.id == third.delivery_id]
    assert [(row.state, row.reason) for row in refused] == [("suppressed", "no-agreement")]
    assert await steps.sweep() == 1
    assert [(row.channel, row.level) for row in (await steps.deliveries())[-1:]] == [(EMAIL, "limited")]
    assert {"no-agreement"} == {one.get("rule") for one in await audited(steps, "send.refuse")}
    assert [one["agreement"] for one in await audited(steps, "vendor.record")] == ["signed"]
    assert len(await audited(steps, "vendor.end")) == 1
    assert [one.get("withheld") for one in await audited(steps, "message.queue")] == ["no-agreement", None, None, None]


@embedded_only
async def test_who_cannot_sign_in_gets_it_by_a_way_that_may_carry_it_or_not_at_all(steps: Steps) -> None:
    """Nor does it help that they wished for whole texts; what says nothing of them goes, as an emergency's answer."""
    steps.claims = steps.parts.outbox._claims
    ana = await steps.ana(agreed=(SMS, EMAIL), birth_date=None)

    by_mail, not_at_all = await steps.send(ana), await steps.send(ana, channel=SMS)
    neutral = await steps.send(ana, channel=SMS, level="none", body="Call 911 now.")

    assert by_mail.decision.channel is EMAIL
    assert isinstance(not_at_all.decision, Skip)
    assert not_at_all.rules == ("no-agreement",)
    assert "No agreement is on file" in not_at_all.decision.reasons[0]
    assert neutral.decision.channel is SMS


async def test_an_entry_takes_the_place_of_the_one_before_it_and_ends_with_a_reason(steps: Steps) -> None:
    register, db = steps.parts.vendors, steps.parts.db
    today = register.day(steps.clock.now())
    await sign(steps, expires_on=today + timedelta(days=10))
    await sign(steps, name="EXAMPLE texts", services=("sms", "voice"))

    async with db.read() as conn:
        (now,) = await register.vendors(conn)
        everything = await register.vendors(conn, everything=True)
        assert await register.barred(conn, steps.clock.now()) == frozenset()
    assert (now.name, now.services, now.expires_on) == ("EXAMPLE texts", ("sms", "voice"), None)
    assert [one.ended_why for one in everything] == ["", "recorded anew"]
    for name, why in (("Nobody", "moved"), ("Example Texts", " ")):
        with pytest.raises(InputError):
            await db.write(lambda conn, name=name, why=why: register.end(conn, name, why, TEST))  # type: ignore[misc]


@embedded_only
async def test_what_was_in_use_before_the_register_passes_until_it_is_recorded(steps: Steps) -> None:
    register, db = steps.parts.vendors, steps.parts.db
    blank = dict.fromkeys(("document", "subcontractors", "notes", "ended_why"), "")
    by = {"agreement": "unrecorded", "actor_kind": "system", "actor_id": "migrate", "at": steps.clock.now()}
    rows = [
        {"id": one * 32, "name": kind, "key": kind, "services": kind, **by, **blank}
        for one, kind in (("a", "sms"), ("b", "email"))
    ]
    await db.write(lambda conn: conn.execute(sa.insert(vendor), rows))

    async def barred() -> frozenset[ChannelKind]:
        async with db.read() as conn:
            return await register.barred(conn, steps.clock.now())

    assert await barred() == frozenset()
    await sign(steps, agreement="none", signed_on=None)
    assert await barred() == {SMS}
    async with db.read() as conn:
        assert [one.name for one in await register.vendors(conn)] == ["email", "Example Texts"]


@embedded_only
async def test_an_answer_that_nobody_may_carry_comes_to_staff(steps: Steps) -> None:
    """One that was queued while there was an agreement: no further way follows an answer of the bot's."""
    steps.claims = steps.parts.outbox._claims
    ana = await steps.ana(agreed=(SMS,))
    await steps.writes("I need a check-up")
    await sign(steps)
    answer: dict[str, Any] = {
        "author": AuthorKind.BOT,
        "replies_to": steps.clock.now(),
        "lane": Lane.REPLY,
        "followed": False,
    }
    await steps.send(ana, channel=SMS, **answer)
    await steps.parts.db.write(lambda conn: steps.parts.vendors.end(conn, "Example Texts", "moved", TEST))

    assert await steps.attention(ana) == ""
    assert await steps.claim() == []
    assert await steps.attention(ana) == "delivery_failed"


@embedded_only
async def test_nor_is_the_bot_silent_to_who_cannot_sign_in(database_url: str, tmp_path: Path, keyring: Keyring) -> None:
    """What says nothing of them it answers; what it may not say there staff are to say."""
    async with open_rig(database_url, tmp_path, keyring) as rig:
        rig.parts.vendors.outside = {"sms": "texts.example.org"}
        ana = await rig.patient("MRN-1", "Ana", "Lopez", PHONE, birth_date="")
        start = rig.parts.clock.now() + timedelta(days=2)
        await rig.slots([("Dr. Kim", "Care", "Check-up", "Main Street", start.isoformat(), 30)])
        assert "STOP" in await rig.ask(PHONE, "HELP")
        assert "What day" in await rig.ask(PHONE, "I need a check-up")
        await rig.tell(PHONE, "as soon as possible")

        async def staff_are_asked() -> bool:
            return bool((await rig.thread(ana)).attention == "delivery_failed")

        await rig.until(staff_are_asked, "staff to be asked")
