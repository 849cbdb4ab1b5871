"""What the carrier keeps of a text is deleted there, however often that fails at first."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from channels.carrier import Carrier
from channels.sms import SmsChannel
from hub.audit import Actor
from hub.clock import FixedClock
from hub.db.tables import delivery, message, provider_copy
from hub.parts import Parts
from hub.retention import Issued, dispose, policy_for, run, sweep, waiting
from hub.settings import Secret
from hub.types import ChannelKind
from tests.channels.rigs import a_part
from tests.hub.exports.clinic import Clinic

OFFICER = Actor("system", "test")


async def texting(clinic: Clinic, carrier: Carrier) -> tuple[Parts, SmsChannel, str]:
    """The clinic with an account at the carrier, and what one of its texts is called there."""
    base_url = await carrier.start()
    settings = replace(
        clinic.parts.settings,
        twilio_account_sid=carrier.account_sid,
        twilio_auth_token=Secret(carrier.auth_token),
        sms_from="+12025550100",
        twilio_api_url=base_url,
    )
    channel = SmsChannel.from_settings(settings)
    assert channel is not None
    parts = replace(clinic.parts, channels={ChannelKind.SMS: channel})
    sid = (await channel.send(a_part("what nobody else is to know"))).provider_id
    assert sid is not None
    mine = sa.select(message.c.id).where(message.c.thread_id == clinic.threads[0], message.c.provider_id.is_not(None))
    async with parts.db.read() as conn:
        one = await conn.scalar(mine.limit(1))
    named = sa.update(message).where(message.c.id == one).values(provider_id=sid)
    await parts.db.write(lambda conn: conn.execute(named))
    others = sa.update(message).where(message.c.id != one).values(provider_id=None)
    await parts.db.write(lambda conn: conn.execute(others))
    await parts.db.write(lambda conn: conn.execute(sa.update(delivery).values(provider_id=None)))
    await carrier.settled()
    return parts, channel, sid


async def left(parts: Parts) -> int:
    async with parts.db.read() as conn:
        return await waiting(conn)


async def test_a_disposal_has_the_carriers_copies_deleted_until_they_are(clinic: Clinic, clock: FixedClock) -> None:
    carrier = Carrier(numbers=["+12025550100"], sent_after=timedelta(0), delivered_after=timedelta(0))
    parts, channel, sid = await texting(clinic, carrier)
    try:
        done = await parts.db.write(
            lambda conn: dispose(conn, parts, clinic.persons[0], reason="asked for", actor=OFFICER)
        )
        assert isinstance(done, Issued)
        assert done.certificate.counts["copies_at_providers"] == 1
        stored = carrier.message(sid)
        assert stored is not None
        stored.status = "queued"
        assert await sweep(parts) == {"deleted": 0, "failed": 1}
        assert stored.body
        assert await sweep(parts) == {"deleted": 0, "failed": 0}
        stored.status = "delivered"
        clock.advance(timedelta(minutes=6))

        assert await sweep(parts) == {"deleted": 1, "failed": 0}

        assert (stored.body, await left(parts)) == ("", 0)
        await channel.redact(sid)
    finally:
        await channel.close()
        await carrier.stop()


async def test_by_a_policy_the_copies_go_and_ours_stay(clinic: Clinic, clock: FixedClock) -> None:
    carrier = Carrier(numbers=["+12025550100"], sent_after=timedelta(0), delivered_after=timedelta(0))
    parts, channel, sid = await texting(clinic, carrier)
    base = policy_for("us", "US", "")
    records = type(base.records)(provider_copy_days=30)
    policy = type(base)(name="own", version=1, source="", persons=base.persons, records=records)
    clock.advance(timedelta(days=31))
    try:
        foreseen = await run(parts, policy, OFFICER, dry_run=True)
        assert await left(parts) == 0

        done = await run(parts, policy, OFFICER)

        assert foreseen == done == {"copies_at_providers": 1}
        assert await run(parts, policy, OFFICER) == {}
        assert await sweep(parts) == {"deleted": 1, "failed": 0}
        stored = carrier.message(sid)
        assert stored is not None
        assert stored.body == ""
        async with parts.db.read() as conn:
            row = (await conn.execute(sa.select(provider_copy))).one()
            ours = await conn.scalar(sa.select(message.c.body_sealed).where(message.c.provider_id == sid))
        assert row.done_at == clock.now()
        assert ours
    finally:
        await channel.close()
        await carrier.stop()
