"""`python -m tests.faults.campaign [--rounds N]`: a campaign is killed again and again while visits change under it.

A process plans and sends reminders, and is killed at random moments; meanwhile visits are moved and cancelled. In the
end there must be one row for each person and step, each text must have reached a phone once, the counts must add up,
and no reminder may have left after the change of its visit.
"""

import argparse
import asyncio
import collections
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bots.scheduling.base import Appointment
from channels.carrier import Carrier
from hub import app
from hub.app import Hub
from hub.audit import Actor
from hub.campaigns import planner, plans
from hub.db.tables import appointment, attempt, campaign_step, delivery, message, slot
from hub.settings import Secret, Settings
from tests.bench import audience
from tests.bench.campaign import REMINDER
from tests.bench.processes import CHECKOUT
from tests.hub_rig import CLINIC, Rig

_FINISHING = 300.0
_LEFT = ("sending", "sent", "delivered", "read")
_CHILD = "import sys; from tests.faults.campaign import child; child(*sys.argv[1:])"


@dataclass(slots=True)
class Report:
    """What was found; `violations` must be empty."""

    kills: int = 0
    changed: int = 0
    rows: int = 0
    texts: int = 0
    voided: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "\n".join(f"VIOLATION: {one}" for one in self.violations) or "no violation"
        return (
            f"{self.kills} kills; {self.rows} rows {self.steps}, deliveries {self.deliveries}; {self.texts} texts on "
            f"phones; {self.changed} visits moved or cancelled meanwhile, {self.voided} reminders of them void\n{found}"
        )


def _settings(data: Path, carrier_url: str, account: str, token: str) -> Settings:
    return Settings(
        data=data,
        port=1,
        twilio_account_sid=account,
        twilio_auth_token=Secret(token),
        twilio_api_url=carrier_url,
        sms_from=CLINIC,
        sms_rate=1000.0,
        reconcile_after=1.0,
    )


def child(data: str, carrier_url: str, account: str, token: str) -> None:
    """Plan and send until killed."""

    async def work() -> None:
        # Small pages, so that a kill meets the planner in the middle of the audience.
        planner.BATCH = 25
        hub = await Hub.open(_settings(Path(data), carrier_url, account, token), roles=())
        parts = hub.parts
        parts.acceptor.start()
        await parts.outbox.recover()
        parts.outbox.start()
        print("ready", flush=True)
        while True:
            await parts.campaigns.plan_all()
            await asyncio.sleep(0.2)

    app.loop(work())


async def run(folder: Path, rounds: int, *, people: int = 3000, changes: int = 1000, seed: int = 1) -> Report:
    """Kill the planning process `rounds` times while so many visits are moved or cancelled; read what is left."""
    carrier = Carrier(
        numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=seed
    )
    await carrier.start()
    data = folder / "data"
    data.mkdir(mode=0o700)
    settings = _settings(data, carrier.base_url, carrier.account_sid, carrier.auth_token)
    await app.prepare(settings)
    hub = await Hub.open(settings, roles=())
    report, chance = Report(), random.Random(seed)
    try:
        noon = 12 - datetime.now(UTC).hour
        # Wherever it is about midday now, at any time of day.
        zone = f"Etc/GMT{-noon:+d}"
        parts = hub.parts
        await audience.seed(parts, people, visit_at=parts.clock.now() + timedelta(hours=14), zones=(zone,))
        start = parts.clock.now() + timedelta(days=20)
        await Rig(hub, carrier, data).slots(
            ("Dr. Other", "Family medicine", "Check-up", "Maple Street", start + timedelta(minutes=15 * n), 15)
            for n in range(changes // 2)
        )
        await parts.campaigns.start(plans.parse(REMINDER), Actor("system", "test"))
        changing = asyncio.create_task(_change(hub, chance, changes, report))
        given = (str(data), carrier.base_url, carrier.account_sid, carrier.auth_token)
        for _ in range(rounds):
            process = await _child(given)
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            process.send_signal(signal.SIGKILL)
            await process.wait()
            report.kills += 1
        process = await _child(given)
        await changing
        await _finished(hub)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await _read(hub, carrier, people, report)
    finally:
        await hub.stop()
        carrier.closing.set()
        await carrier.stop()
    return report


async def _child(given: tuple[str, ...]) -> asyncio.subprocess.Process:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, *given, stdout=asyncio.subprocess.PIPE, env=env
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"ready"
    return process


async def _change(hub: Hub, chance: random.Random, changes: int, report: Report) -> None:
    """Cancel half of so many visits, and move the others to times three weeks from now."""
    parts = hub.parts
    async with parts.db.read() as conn:
        rows = list(await conn.execute(sa.select(appointment.c.id, appointment.c.person_id)))
        free = list((await conn.execute(sa.select(slot.c.id))).scalars())
    for row in chance.sample(rows, min(changes, len(rows))):
        if free and report.changed % 2:
            moved = await parts.scheduling.move(row.id, free.pop(), row.person_id, f"move:{row.id}")
            assert isinstance(moved, Appointment)
        else:
            await parts.scheduling.cancel(row.id, row.person_id, f"cancel:{row.id}")
        report.changed += 1
        await asyncio.sleep(0.005)


async def _finished(hub: Hub) -> None:
    """Wait until every visit is enrolled and nothing waits to be sent or to be asked about."""
    waiting = sa.select(sa.func.count()).where(delivery.c.state.in_(("queued", "sending")))
    planned = sa.select(sa.func.count()).where(
        campaign_step.c.state == "planned", campaign_step.c.due_at <= hub.parts.clock.now()
    )
    deadline, before = time.monotonic() + _FINISHING, -1
    while time.monotonic() < deadline:
        async with hub.parts.db.read() as conn:
            left = int((await conn.execute(waiting)).scalar_one()) + int((await conn.execute(planned)).scalar_one())
            rows = int((await conn.execute(sa.select(sa.func.count()).select_from(campaign_step))).scalar_one())
        if not left and rows and rows == before:
            return
        before = rows
        await asyncio.sleep(1.0)


async def _read(hub: Hub, carrier: Carrier, people: int, report: Report) -> None:
    status = await hub.parts.campaigns.status("bench-reminder")
    report.rows, report.steps, report.deliveries = status.total, dict(status.steps), dict(status.deliveries)
    if sum(status.deliveries.values()) != status.steps.get("queued", 0):
        report.violations.append("the deliveries do not add up to the rows that were queued")
    async with hub.parts.db.read() as conn:
        rows = list(await conn.execute(sa.select(campaign_step)))
        booked = set(
            (await conn.execute(sa.select(appointment.c.id).where(appointment.c.status == "booked"))).scalars()
        )
        sent = list(
            await conn.execute(
                sa.select(delivery, attempt.c.started_at, appointment.c.status, appointment.c.updated_at.label("moved"))
                .join(appointment, appointment.c.id == delivery.c.appointment_id)
                .outerjoin(
                    attempt, sa.and_(attempt.c.delivery_id == delivery.c.id, attempt.c.number == delivery.c.attempts)
                )
            )
        )
        keys = list((await conn.execute(sa.select(message.c.intent_key))).scalars())
    counts = collections.Counter((row.subject_id, row.step) for row in rows)
    if any(count > 1 for count in counts.values()):
        report.violations.append("somebody has two rows of one step")
    if missed := booked - {row.subject_id for row in rows}:
        report.violations.append(f"{len(missed)} visits were missed")
    if len(keys) != len(set(keys)):
        report.violations.append("a step was queued twice")
    stale = [one for one in sent if one.status != "booked" and one.state in _LEFT and one.started_at > one.moved]
    if stale:
        report.violations.append(f"{len(stale)} reminders left after their visit was changed")
    report.voided = sum(one.state == "suppressed" for one in sent) + status.steps.get("void", 0)
    theirs = collections.Counter(one.sid for one in carrier.messages() if one.direction == "outbound-api")
    report.texts = len(theirs)
    ours = {one.provider_id for one in sent if one.provider_id}
    if twice := theirs.keys() - ours:
        report.violations.append(f"{len(twice)} texts reached a phone that no delivery knows of: sent twice")


def main() -> int:
    """Exit 1 when anybody was missed, told twice, or reminded of a visit that was no more."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often the planner is killed")
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--changes", type=int, default=1000, help="visits that are moved or cancelled meanwhile")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="chooses the moments")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carehub-campaign-"))
    try:
        report = asyncio.run(run(folder, given.rounds, people=given.people, changes=given.changes, seed=given.seed))
    finally:
        shutil.rmtree(folder)
    print(f"seed {given.seed}: {report}")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
