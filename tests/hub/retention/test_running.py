"""A run counts what is past its time, or disposes of it; holds win, and doing it again finds nothing."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.audit import Actor
from hub.clock import FixedClock
from hub.db.tables import attempt, audit_event, data_key, delivery, delivery_event, message, raw_mail
from hub.jobs.kinds import run_retention
from hub.parts import Parts
from hub.retention import hold, issued_since, policy_for, run, wrong
from hub.sealed import open_body
from hub.types import new_id
from tests.hub.exports.clinic import Clinic
from tests.stores import embedded_only

ROBOT = Actor("system", "retention")
POLICY = policy_for("us", "US", "")


async def count(parts: Parts, query: sa.Select[Any]) -> int:
    async with parts.db.read() as conn:
        return await conn.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


async def state(parts: Parts) -> list[int]:
    live = sa.select(data_key).where(data_key.c.wrapped.is_not(None))
    full = sa.select(message.c.id).where(message.c.body_sealed != b"")
    return [await count(parts, one) for one in (live, full, sa.select(audit_event))]


async def test_a_dry_run_says_what_a_run_then_does_and_changes_nothing(clinic: Clinic, clock: FixedClock) -> None:
    parts = clinic.parts
    await parts.db.write(lambda conn: hold(conn, parts, clinic.persons[1], "case 1", ROBOT))
    assert await run(parts, POLICY, ROBOT, dry_run=True) == {}
    clock.advance(timedelta(days=365 * 11))
    before = await state(parts)

    foreseen = await run(parts, POLICY, ROBOT, dry_run=True)

    assert await state(parts) == before
    assert foreseen["persons"] == 2
    assert foreseen["persons_held"] == 1
    done = await run(parts, POLICY, ROBOT)
    assert {name: done[name] for name in ("persons", "persons_held")} == {"persons": 2, "persons_held": 1}
    # The hub's and the audit's key, and that of the person who is held.
    assert await count(parts, sa.select(data_key).where(data_key.c.wrapped.is_not(None))) == 3
    assert await run(parts, POLICY, ROBOT) == {"persons_held": 1}
    last = None
    async with parts.db.read() as conn:
        async for one in issued_since(conn, parts):
            assert wrong(parts, one, last) is None
            assert one.certificate.policy == "us 1"
            last = one
    assert last is not None


async def test_kinds_of_records_go_by_themselves_and_what_is_left_still_opens(
    clinic: Clinic, clock: FixedClock
) -> None:
    """After six years: marketing, delivery detail and raw mails; the persons and the rest of their threads stay."""
    parts = clinic.parts
    old = {"id": new_id(), "digest": b"d", "reason": "parts", "size": 1, "raw_sealed": b"x", "received_at": clock.now()}
    await parts.db.write(lambda conn: conn.execute(sa.insert(raw_mail), old))
    sold = sa.update(delivery).where(delivery.c.message_id == clinic.sent).values(purpose="marketing")
    await parts.db.write(lambda conn: conn.execute(sold))
    clock.advance(timedelta(days=365 * 6))

    done = await run(parts, POLICY, ROBOT)

    assert (done["messages_marketing"], done["raw_mails"], done.get("persons")) == (1, 1, None)
    details = [sa.select(one) for one in (attempt, delivery_event, raw_mail)]
    assert [await count(parts, one) for one in details] == [0, 0, 0]
    async with parts.db.read() as conn:
        keys = await parts.vault.keys(conn, clinic.persons)
        for person_id, thread_id in zip(clinic.persons, clinic.threads, strict=True):
            for row in await conn.execute(sa.select(message).where(message.c.thread_id == thread_id)):
                text = open_body(keys, person_id, thread_id, row.id, row.body_sealed).text
                assert (text == "[…]") is (row.id == clinic.sent)


@embedded_only
async def test_the_job_does_nothing_by_a_policy_that_nobody_chose(clinic: Clinic, clock: FixedClock) -> None:
    clock.advance(timedelta(days=365 * 11))

    assert await run_retention(clinic.parts) == {}
    assert (await run(clinic.parts, POLICY, ROBOT, dry_run=True))["persons"] == 3
