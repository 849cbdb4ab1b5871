"""Campaign: persons decided, rendered, sealed and queued per second and core; the preview held against the run."""

import asyncio
import gc
import resource
import time
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub import app
from hub.audit import Actor
from hub.campaigns import plans
from hub.clock import FixedClock
from hub.db import migrate
from hub.db.tables import campaign_step
from hub.settings import Secret, Settings
from tests.bench import audience, webhooks
from tests.bench.figures import Round, Tell
from tests.bench.processes import Bench
from tests.servers.valkey import running

REMINDER = """
name: bench-reminder
version: 1
title: Reminders that are due now
kind: reminder
purpose: appointment
audience: { of: visits, status: booked, within: 30d }
steps:
  - { name: now, before: 1d, late: 12h, template: reminder.appointment }
  - { name: confirmed, before: 1d, late: 12h, template: reminder.today, when: { confirmed: true } }
"""
BROADCAST = """
name: bench-broadcast
version: 1
title: A word to everybody
kind: broadcast
purpose: care
audience: { of: persons }
steps:
  - { name: all, after: "0", template: recall.due }
"""


def run(bench: Bench, *, people: int, rounds: int, tell: Tell, by_rq: bool = False) -> list[Round]:
    """Each plan over an audience of its own. by_rq: planned by a worker that RQ hands the job to."""
    found: list[Round] = []
    template = bench.template()
    migrate.upgrade(bench.database(template))
    with running() if by_rq else nullcontext() as valkey:
        redis = valkey.secret if valkey is not None else Secret("")
        for _ in range(rounds):
            for text in (BROADCAST, REMINDER):
                data = bench.copy(template)
                found.append(app.loop(measure(data, bench.database(data), text, people, tell, redis)))
    return found


async def measure(data: Path, url: str, text: str, people: int, tell: Tell, redis: Secret) -> Round:
    """One run, planned in this process: at once, or by its worker where there is a `redis`."""
    plan = plans.parse(text)
    clock = FixedClock(audience.midday(date(2026, 3, 3)))
    settings = Settings(
        data=data,
        database_url=url,
        twilio_account_sid=webhooks.ACCOUNT,
        twilio_auth_token=Secret(webhooks.TOKEN),
        sms_from=webhooks.CLINIC,
        redis_url=redis,
    )
    hub = await app.Hub.open(settings, roles=("worker",) if redis else (), clock=clock)
    try:
        parts = hub.parts
        await audience.seed(parts, people, visit_at=clock.now() + timedelta(hours=18))
        began = time.perf_counter()
        foreseen: dict[tuple[str, str], tuple[Any, ...]] = {}
        actor = Actor("system", "bench")
        async for page in parts.campaigns.preview(plan, clock.now(), actor):
            for one in page:
                d = one.decided
                foreseen[one.mrn, d.step.name] = (d.channel, d.send_at, d.decision, d.reason)
        previewed = time.perf_counter() - began
        # As a server does once it is ready.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*app.COLLECT)
        before = _resident()
        await parts.campaigns.start(plan, actor)
        began, busy = time.perf_counter(), time.process_time()
        counts = await _by_worker(hub, plan.name, people) if redis else await parts.campaigns.plan_all()
        took, used = time.perf_counter() - began, time.process_time() - busy
        grown = _resident() - before
        differing = await _differing(parts, foreseen)
        status = await parts.campaigns.status(plan.name)
        queued = status.steps.get("queued", 0)
        tell(
            f"{plan.name}: {counts['enrolled']:,} persons in {took:.1f} s ({used:.1f} s of the processor): "
            f"{counts['enrolled'] / took:,.0f} persons/s, {counts['enrolled'] / used:,.0f} persons/s/core; "
            f"{queued:,} queued ({queued / used:,.0f} queued/s/core); preview {len(foreseen) / previewed:,.0f} rows/s; "
            f"memory grew by {grown:.1f} MB; rows that differ from the preview: {differing}"
        )
        tell(f"  steps {dict(status.steps)} skipped {dict(status.skipped)} deliveries {dict(status.deliveries)}")
        assert sum(status.steps.values()) == status.total == len(foreseen), "the counts do not add up"
        return Round(
            side="product",
            messages=counts["enrolled"],
            per_second=counts["enrolled"] / took,
            p50=float("nan"),
            p99=float("nan"),
            cpu=used / max(1, counts["enrolled"]) * 1e6,
            idle=before,
            after=before + grown,
            remark=f"{plan.name}; {differing} rows differ from the preview",
        )
    finally:
        await hub.stop()


async def _by_worker(hub: app.Hub, name: str, people: int) -> dict[str, int]:
    """What a worker planned of a run, to whom the job is handed as `hub campaigns start` does it."""
    await hub.start()
    await hub.work.jobs.enqueue("campaigns.plan")
    while True:
        done = [row for row in await hub.work.jobs.page() if row.name == "campaigns.plan" and row.state == "done"]
        if done:
            total = (await hub.parts.campaigns.status(name)).total
            return {"enrolled": min(people, total)}
        await asyncio.sleep(0.05)


async def _differing(parts: Any, foreseen: dict[tuple[str, str], tuple[Any, ...]]) -> int:
    """How many rows of the run are not as the preview said, or missing on either side."""
    seen, differing = 0, 0
    after = ""
    while True:
        async with parts.db.read() as conn:
            query = sa.select(campaign_step).where(campaign_step.c.id > after).order_by(campaign_step.c.id).limit(1000)
            rows = (await conn.execute(query)).all()
            people = await parts.people.many(conn, [row.person_id for row in rows]) if rows else {}
        if not rows:
            break
        after = rows[-1].id
        for row in rows:
            seen += 1
            key = people[row.person_id].profile.mrn, row.step
            if foreseen.get(key) != (row.channel, row.send_at, row.decision, row.reason):
                differing += 1
    return differing + abs(len(foreseen) - seen)


def _resident() -> float:
    """MB of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20
