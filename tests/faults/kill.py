"""`python -m tests.faults.kill [--rounds N]`: the hub is killed at random moments while 64 people text it.

Senders try again until the hub says 200, as Twilio does. In the end every text that was answered 200 must stand in
exactly one thread, once, in its sender's order; each must have one answer; and each answer must have reached the
phone once.
"""

import argparse
import asyncio
import collections
import json
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from channels.carrier import Carrier
from hub import app
from hub.app import Hub
from hub.audit import verify
from hub.db.tables import delivery, message, thread
from hub.types import DeliveryState
from tests.faults.server import Server
from tests.hub_rig import CLINIC, Rig

SENDERS = 64
_FINISHING = 60.0
_ANSWERED = (DeliveryState.DELIVERED, DeliveryState.SENT, DeliveryState.READ)


@dataclass(slots=True)
class Report:
    """What was found; `violations` must be empty."""

    rounds: int = 0
    accepted: int = 0
    refused: int = 0
    delivered: int = 0
    reconciled: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "\n".join(f"VIOLATION: {one}" for one in self.violations) or "no violation"
        return (
            f"{self.rounds} kills, {self.accepted} texts accepted after {self.refused} requests without an answer, "
            f"{self.delivered} answers on phones, {self.reconciled} attempts reconciled after a kill\n{found}"
        )


def number(n: int) -> str:
    """The n-th sender's phone."""
    return f"+1{202 + n // 90}55501{n % 90 + 10:02d}"


async def run(folder: Path, rounds: int, *, senders: int = SENDERS, pause: float = 0.5, seed: int = 1) -> Report:
    """Kill the hub `rounds` times while it is texted, then read what is left. Each sender rests for `pause` seconds."""
    carrier = Carrier(
        numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=seed
    )
    await carrier.start()
    server = Server.over(folder / "data", carrier)
    report = Report(rounds=rounds)
    chance = random.Random(seed)
    said: dict[str, list[str]] = collections.defaultdict(list)
    try:
        await _books(server, senders)
        await server.start()
        over = asyncio.Event()
        people = [asyncio.create_task(_sender(carrier, n, said, report, over, pause)) for n in range(senders)]
        for _ in range(rounds):
            await asyncio.sleep(chance.uniform(0.3, 2.0))
            await server.kill()
            await server.start()
        over.set()
        await asyncio.gather(*people)
        await _finish(server, sum(map(len, said.values())))
        await server.ask_to_end()
        await _read(server, said, report)
        report.reconciled = _reconciled(server.log)
    finally:
        await server.close()
        carrier.closing.set()
        await carrier.stop()
    return report


async def _books(server: Server, senders: int) -> None:
    await app.prepare(server.settings)
    hub = await Hub.open(server.settings, roles=())
    rig = Rig(hub, server.carrier, server.data)
    try:
        for n in range(senders):
            await rig.patient(f"MRN-{n}", f"Given{n}", f"Family{n}", number(n))
    finally:
        await hub.stop()


async def _sender(
    carrier: Carrier, n: int, said: dict[str, list[str]], report: Report, over: asyncio.Event, pause: float
) -> None:
    """Texts one after the other, each again and again until the hub takes it."""
    count = 0
    await asyncio.sleep(pause * n / SENDERS)
    while not over.is_set():
        count += 1
        # Before the question: figures alone after it may be a fever's, and the thread is the staff's from then on.
        words = f"{n:03}-{count:03}: what are your opening hours?"
        reply = await carrier.text(number(n), CLINIC, words)
        while not reply.ok:
            report.refused += 1
            await asyncio.sleep(0.25)
            reply = await carrier.repeat(reply.sid)
        said[number(n)].append(words)
        await asyncio.sleep(pause)


async def _finish(server: Server, accepted: int) -> None:
    """Wait until the carrier has shown as many texts as were accepted, and no more come."""
    deadline = time.monotonic() + _FINISHING
    shown = -1
    while time.monotonic() < deadline:
        now = sum(one.direction == "outbound-api" for one in server.carrier.messages())
        if now >= accepted and now == shown:
            return
        shown = now
        await asyncio.sleep(1.5)


async def _read(server: Server, said: dict[str, list[str]], report: Report) -> None:
    hub = await Hub.open(server.settings, roles=())
    rig = Rig(hub, server.carrier, server.data)
    try:
        await _threads(rig, said, report)
        await _answers(rig, report)
        await hub.parts.sealer.seal()
        await hub.parts.sealer.checkpoint()
        public = hub.parts.vault.keyring.signing_key().public_key()
        async with hub.parts.db.read() as conn:
            await verify(conn, public)
    finally:
        await hub.stop()


async def _threads(rig: Rig, said: dict[str, list[str]], report: Report) -> None:
    threads = await rig.value(sa.select(sa.func.count()).select_from(thread))
    if threads != len(said):
        report.violations.append(f"{threads} threads for {len(said)} senders")
    for sender, words in said.items():
        report.accepted += len(words)
        person = await rig.person_on(sender, kind="patient")
        kept = [line.text for line in await rig.lines(person) if line.direction == "inbound"]
        if kept != words:
            lost, more = set(words) - set(kept), [one for one, n in collections.Counter(kept).items() if n > 1]
            report.violations.append(f"a thread differs: {len(lost)} lost, {len(more)} twice, {len(kept)} kept in all")


async def _answers(rig: Rig, report: Report) -> None:
    inbound = [row.id for row in await rig.rows(sa.select(message.c.id).where(message.c.direction == "inbound"))]
    query = sa.select(message.c.intent_key, delivery.c.state, delivery.c.provider_id, delivery.c.attempts).join(
        delivery, delivery.c.message_id == message.c.id
    )
    rows = await rig.rows(query)
    unanswered = {f"reply:{one}" for one in inbound} - {row.intent_key for row in rows}
    if unanswered:
        lacking = sa.select(message.c.handled_at, message.c.failures, thread.c.status, thread.c.attention).join(
            thread, thread.c.id == message.c.thread_id
        )
        ids = [one.removeprefix("reply:") for one in unanswered]
        found = collections.Counter(
            (row.handled_at is not None, row.failures, row.status, row.attention)
            for row in await rig.rows(lacking.where(message.c.id.in_(ids)))
        )
        how = ", ".join(
            f"{count} {'handled' if handled else 'waiting'}, {failures} failures, thread {status} {attention or '-'}"
            for (handled, failures, status, attention), count in found.items()
        )
        report.violations.append(f"{len(unanswered)} texts have no answer: {how}")
    if len(rows) != len({row.intent_key for row in rows}):
        report.violations.append("a text has two answers")
    open_ones = collections.Counter(row.state for row in rows if row.state not in _ANSWERED)
    if open_ones:
        report.violations.append(f"answers that did not arrive: {dict(open_ones)}")
    ours = collections.Counter(row.provider_id for row in rows if row.provider_id)
    theirs = {one.sid for one in rig.carrier.messages() if one.direction == "outbound-api"}
    if twice := theirs - set(ours):
        report.violations.append(f"{len(twice)} texts reached a phone that no delivery knows of: sent twice")
    if any(count > 1 for count in ours.values()):
        report.violations.append("two deliveries claim the same text")
    report.delivered = len(theirs)


def _reconciled(log: Path) -> int:
    """How many attempts were found without an answer at the starts after the kills."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return sum(line["count"] for line in lines if line["event"] == "deliveries_to_reconcile")


def main() -> int:
    """Exit 1 when anything was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often the hub is killed")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="chooses the moments")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carehub-kill-"))
    try:
        report = asyncio.run(run(folder, given.rounds, seed=given.seed))
    finally:
        shutil.rmtree(folder)
    print(f"seed {given.seed}: {report}")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
