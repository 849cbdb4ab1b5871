"""`python -m tests.faults.failover [--people N] [--kills N]`: reminders while the carrier refuses every text.

Everybody is reminded through the API, without a channel being named. The simulated carrier refuses each text with one
of Twilio's errors, at once or by callback; a real mail server takes mails on loopback, and phones take calls or do not.
In the end each person has had exactly one mail, or exactly one call that was taken, or is a task for staff; and never
two of these. With `--kills` the hub is a process of its own that is killed without warning meanwhile; a mail that was
being handed over at that moment may have left or not, which no relay can tell, so that staff are asked to look; and
where nobody took the carrier's report on a text, that text may have arrived, so that a call waits for the next day.
"""

import argparse
import asyncio
import collections
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from channels.carrier import Carrier, PickUp, Refuse, Undeliver
from hub import app
from hub.api.tokens import new_token
from hub.app import Hub
from hub.audit import Actor
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import migrate
from hub.db.tables import delivery, escalation, thread
from hub.imports import import_patients
from hub.imports.patients import COLUMNS
from hub.settings import Secret
from hub.types import DeliveryState
from tests.faults.server import Server
from tests.hub_rig import CLINIC, Rig, open_rig
from tests.mail.server import MailServer, mail_server
from tests.stores import NOW, sqlite_url

_AREAS = (202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215)
_FINISHING = 120.0
_AT_ONCE = 16
_REFUSALS = (Refuse(21612), Undeliver(30003), Undeliver(30006), Undeliver(30007))
_LATER = 8
"""Texts to one number that a carrier refuses, should an attempt be lost and made again."""
MAILBOX = "hello@clinic.example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who can be reached in the same ways. `ends`: how it ends for them while no text gets through.

    phone: how theirs takes a call. stopped: the carrier knows that they texted STOP.
    """

    name: str
    mail: bool
    calls: str
    ends: str
    phone: PickUp = "machine"
    stopped: bool = False


GROUPS = (
    Group(name="mail and calls", mail=True, calls="yes", ends="mail"),
    Group(name="mail only", mail=True, calls="", ends="mail"),
    Group(name="calls only", mail=False, calls="yes", ends="call"),
    Group(name="neither", mail=False, calls="", ends="staff"),
    Group(name="calls only, nobody answers", mail=False, calls="yes", ends="staff", phone="no-answer"),
    Group(name="texted STOP, mail", mail=True, calls="yes", ends="mail", stopped=True),
    Group(name="texted STOP, no mail", mail=False, calls="yes", ends="staff", stopped=True),
)


@dataclass(slots=True)
class Report:
    """What was found; `violations` must be empty. `ends`: how many ended how; `unclear`: whom staff are asked about;
    `tomorrow`: whose call is held by the caps."""

    people: int
    kills: int = 0
    seconds: float = 0.0
    ends: collections.Counter[str] = field(default_factory=collections.Counter)
    groups: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    unclear: int = 0
    tomorrow: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.people} reminders, {self.kills} kills, {self.seconds:.0f} s: "
            + ", ".join(f"{self.ends[end]} {end}" for end in ("mail", "call", "staff"))
            + (f"; {self.unclear} of them were cut off and went to staff as well" if self.unclear else "")
            + (f"; {self.tomorrow} are called tomorrow" if self.tomorrow else "")
        ]
        lines += [f"  {name:28} {end:6} {count}" for (name, end), count in sorted(self.groups.items())]
        lines += [f"VIOLATION: {one}" for one in self.violations] or ["each person exactly once; no violation"]
        return "\n".join(lines)


def number(n: int) -> str:
    """The n-th person's phone."""
    return f"+1{_AREAS[n // 90]}55501{n % 90 + 10:02d}"


def mailbox(n: int) -> str:
    """The n-th person's mailbox."""
    return f"person{n}@example.org"


def group(n: int) -> Group:
    """The n-th person's."""
    return GROUPS[n % len(GROUPS)]


async def run(url: str, folder: Path, keyring: Keyring, people: int) -> Report:
    """Remind `people` persons with a hub in this process, whose clock is moved on, and read how it ended for each."""
    report, began = Report(people=people), time.monotonic()
    clock = FixedClock(NOW)
    carrier = _carrier(people, again=False)
    await carrier.start()
    try:
        async with mail_server(offers=False) as mails:
            given: dict[str, Any] = {
                "smtp_url": Secret(f"smtp://127.0.0.1:{mails.port}"),
                "email_from": MAILBOX,
                "voice_from": CLINIC,
            }
            async with open_rig(url, folder, keyring, clock=clock, carrier=carrier, **given) as rig:
                carrier.calls.webhook = f"{rig.base}/webhooks/twilio/voice"
                await _books(rig.hub, folder, people, "America/New_York")
                await _remind(rig.base, await _token(rig.hub), people, report)

                async def later() -> None:
                    await carrier.settled()
                    await carrier.calls.settled()
                    if not await rig.parts.failover.sweep():
                        # All that providers had to say was heard: what is left waits for its time.
                        clock.advance(timedelta(hours=5))
                        await rig.parts.failover.sweep()

                await _ended(rig, later)
                await _read(rig, carrier, mails, report)
    finally:
        carrier.closing.set()
        await carrier.stop()
    report.seconds = time.monotonic() - began
    return report


async def run_and_kill(folder: Path, people: int, kills: int, *, seed: int = 1) -> Report:
    """The same with a hub in a process of its own, on the embedded database, that is killed so often meanwhile."""
    report, began = Report(people=people, kills=kills), time.monotonic()
    chance = random.Random(seed)
    carrier = _carrier(people, again=True)
    await carrier.start()
    async with mail_server(offers=False) as mails:
        server = Server.over(folder / "data", carrier)
        server.more = {
            "HUB_SMTP_URL": f"smtp://127.0.0.1:{mails.port}",
            "HUB_EMAIL_FROM": MAILBOX,
            "HUB_VOICE_FROM": CLINIC,
            "HUB_UNDELIVERED_AFTER": "20s",
        }
        carrier.calls.webhook = f"{server.base}/webhooks/twilio/voice"
        try:
            await app.prepare(server.settings)
            hub = await Hub.open(server.settings, roles=())
            await _books(hub, folder, people, _where_it_is_day())
            token = await _token(hub)
            await hub.stop()
            await server.start()
            reminding = asyncio.create_task(_remind(server.base, token, people, report))
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.5, 2.5))
                await server.kill()
                await server.start()
            await reminding
            hub = await Hub.open(server.settings, roles=())
            rig = Rig(hub, carrier, server.data)
            await _ended(rig, lambda: asyncio.sleep(0))
            await server.ask_to_end()
            await _read(rig, carrier, mails, report)
            await hub.stop()
        finally:
            await server.close()
            carrier.closing.set()
            await carrier.stop()
    report.seconds = time.monotonic() - began
    return report


def _carrier(people: int, *, again: bool) -> Carrier:
    """A carrier that refuses what is texted to these people, once, or `again` and again."""
    carrier = Carrier(
        numbers=(CLINIC,),
        opt_out=False,
        sent_after=timedelta(0),
        delivered_after=timedelta(0),
        seed=1,
        keep=10 * people + 100,
        second=0.001,
    )
    for n in range(people):
        one = group(n)
        refusal = Refuse(21610) if one.stopped else _REFUSALS[n % len(_REFUSALS)]
        carrier.faults.add(refusal, number=number(n))
        for _ in range(_LATER if again else 0):
            # By callback: a request for a call would be refused by the other kind, too.
            carrier.faults.add(refusal if one.stopped else Undeliver(30003), number=number(n))
        carrier.calls.picks_up(number(n), one.phone)
    return carrier


async def _books(hub: Hub, folder: Path, people: int, zone: str) -> None:
    """Put everybody on the books."""
    rows = [",".join(COLUMNS)]
    for n in range(people):
        one = group(n)
        mail = mailbox(n) if one.mail else ""
        agreed = "yes" if one.mail else ""
        rows.append(f"F-{n},Given{n},Family{n},1985-04-23,en,{zone},{number(n)},{mail},sms,yes,{one.calls},{agreed}")
    path = folder / "people.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    parts = hub.parts
    report = await import_patients(
        path, db=parts.db, clock=parts.clock, people=parts.people, ledger=parts.ledger, region="US"
    )
    assert not report.problems, report.problems[:3]


async def _token(hub: Hub) -> str:
    parts = hub.parts
    return await parts.db.write(
        lambda conn: new_token(
            conn, "reminders", ("*",), trail=parts.trail, clock=parts.clock, actor=Actor("system", "test")
        )
    )


async def _remind(base: str, token: str, people: int, report: Report) -> None:
    """Ask the API for everybody's reminder, each until it is taken: the key makes a second request the same one."""
    left = iter(range(people))
    start = (datetime.now(UTC) + timedelta(days=3)).isoformat()

    async def some(client: aiohttp.ClientSession) -> None:
        for n in left:
            asked = {
                "mrn": f"F-{n}",
                "purpose": "appointment",
                "template": "reminder.appointment",
                "params": {"start": start, "location": "Main Street"},
            }
            while True:
                try:
                    async with client.post(
                        f"{base}/api/v1/messages",
                        json=asked,
                        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"reminder-{n}"},
                    ) as answer:
                        if answer.status == 202:
                            break
                        if answer.status < 500:
                            report.violations.append(f"person {n}: the API answered {answer.status}")
                            break
                except (aiohttp.ClientError, OSError):
                    pass
                await asyncio.sleep(0.1)

    async with aiohttp.ClientSession() as client:
        await asyncio.gather(*(some(client) for _ in range(_AT_ONCE)))


async def _ended(rig: Rig, move_on: Callable[[], Awaitable[None]]) -> None:
    """Wait until nothing is under way, and no message is followed any more."""
    held = sa.select(delivery.c.message_id).where(delivery.c.state == DeliveryState.HELD)
    watched = (
        sa.select(sa.func.count())
        .select_from(escalation)
        .where(escalation.c.outcome == "", escalation.c.message_id.not_in(held))
    )
    going = (
        sa.select(sa.func.count())
        .select_from(delivery)
        .where(delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)))
    )
    deadline, before = time.monotonic() + _FINISHING, (-1, -1)
    while True:
        now = (int(await rig.value(watched)), int(await rig.value(going)))
        if now == (0, 0):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{now[0]} messages are followed still, and {now[1]} deliveries under way")
        if now == before and now[1] == 0:
            await move_on()
        before = now
        await asyncio.sleep(0.4)


async def _read(rig: Rig, carrier: Carrier, mails: MailServer, report: Report) -> None:
    """Count how it ended for each."""
    mailed = collections.Counter(one for _, to, _ in mails.taken for one in to)
    called = collections.Counter(call.person for call in carrier.calls.all() if call.status == "completed")
    steps: dict[str, list[Any]] = collections.defaultdict(list)
    for row in await rig.rows(sa.select(escalation).order_by(escalation.c.message_id, escalation.c.step)):
        steps[row.person_id].append(row)
    threads = {row.person_id: row for row in await rig.rows(sa.select(thread))}
    lost = sa.select(delivery.c.person_id).where(delivery.c.reason == "outcome_unknown")
    unclear = {row.person_id for row in await rig.rows(lost)}
    held = sa.select(delivery.c.person_id).where(delivery.c.state == DeliveryState.HELD)
    later = {row.person_id for row in await rig.rows(held.where(delivery.c.reason == "cap-day"))}
    texted = [one for one in carrier.messages() if one.direction == "outbound-api" and one.status == "delivered"]
    if texted:
        report.violations.append(f"{len(texted)} texts were delivered by a carrier that delivers none")
    for n in range(report.people):
        one = group(n)
        async with rig.parts.db.read() as conn:
            person_id = await rig.parts.people.by_mrn(conn, f"F-{n}")
        person_id = person_id or ""
        staff = threads[person_id].attention == "delivery_failed" if person_id in threads else False
        came = ["mail"] * mailed[mailbox(n)] + ["call"] * called[number(n)] + ["staff"] * staff
        for end in came:
            report.ends[end] += 1
            report.groups[one.name, end] += 1
        if person_id in unclear:
            report.unclear += 1
            if came not in ([one.ends, "staff"], ["staff"]):
                report.violations.append(f"person {n} ({one.name}), who was cut off: {came}")
        elif person_id in later and report.kills:
            report.tomorrow += 1
            if came:
                report.violations.append(f"person {n} ({one.name}), whose call is held: {came}")
        elif came != [one.ends]:
            report.violations.append(f"person {n} ({one.name}): {came or 'nothing'}, expected {one.ends}")
        numbers = [row.step for row in steps[person_id]]
        if numbers != list(range(len(numbers))) or not numbers:
            report.violations.append(f"person {n}: steps {numbers}")


def _where_it_is_day() -> str:
    """A zone in which it is about noon."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the report, and exit 0 if each person was reached, or handed to staff, exactly once."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.failover", description=__doc__)
    parser.add_argument("--people", type=int, default=1000, help="how many are reminded (at most 1080)")
    parser.add_argument("--kills", type=int, default=0, help="how often the hub is killed meanwhile")
    asked = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="failover-"))
    try:
        if asked.kills:
            report = asyncio.run(run_and_kill(folder, asked.people, asked.kills))
        else:
            url = sqlite_url(folder / "hub.db")
            migrate.upgrade(url)
            report = asyncio.run(run(url, folder, Keyring.create(NOW), asked.people))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
