"""`python -m tests.faults.hl7 [--rounds N]`: the hub is killed while eight senders tell it of visits over MLLP.

Each sender tells of visits of its own: booked, moved, moved again, cancelled; one message after the other, each again
until it is answered, as interface engines do. In the end every message that was answered must be kept, once; every
visit must be one row that went through each of its versions; and each message, sent once more, must get the very answer
that it got.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from channels.carrier import Carrier
from hub import app
from hub.app import Hub
from hub.db.tables import appointment, hl7_message
from hub.hl7 import Inbox
from hub.hl7.framing import Frames, framed
from tests.faults.server import Server
from tests.hub.hl7.messages import acknowledged, siu
from tests.hub_rig import CLINIC
from tests.servers.child import free_port

SENDERS = 8
STEPS = ("S12", "S13", "S14", "S15")
_PATIENCE = 5.0
DIES = """
import os, signal
from hub.hl7.listener import Listener

async def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)

Listener._write = dies
from hub.cli import main
main()
"""
"""A hub that is killed in the moment in which it would answer what it has just kept."""


@dataclass(slots=True)
class Report:
    """What was found; `violations` must be empty."""

    rounds: int = 0
    answered: int = 0
    again: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "\n".join(f"VIOLATION: {one}" for one in self.violations) or "no violation"
        return f"{self.rounds} kills, {self.answered} messages answered, {self.again} tries without an answer\n{found}"


@dataclass(slots=True)
class Sender:
    """Tells of visits, and remembers what it was answered."""

    number: int
    port: int
    heard: dict[str, bytes] = field(default_factory=dict)
    sent: dict[str, bytes] = field(default_factory=dict)
    again: int = 0

    async def go(self, over: asyncio.Event, most: int = 10_000) -> None:
        """Tell of one visit after the other, until it is over."""
        for visit in range(most):
            for step, event in enumerate(STEPS):
                if over.is_set() and step == 0:
                    return
                control = f"{self.number}-{visit}-{step}"
                self.sent[control] = self._message(event, control, visit, step)
                while control not in self.heard:
                    if (answer := await self.ask(self.sent[control])) is not None:
                        self.heard[control] = answer
                    else:
                        self.again += 1
                        await asyncio.sleep(0.05)

    def _message(self, event: str, control: str, visit: int, step: int) -> bytes:
        name = f"{self.number}-{visit}"
        when = f"202603{10 + step:02d}{8 + self.number:02d}{visit % 60:02d}00"
        made = f"20260302{visit // 60 % 24:02d}{visit % 60:02d}{step:02d}-0500"
        return siu(
            event,
            control,
            made=made,
            sch={"filler": f"F{name}", "placer": f"A{name}", "start": when},
            pid={"mrn": f"M{self.number}"},
        )

    async def ask(self, message: bytes) -> bytes | None:
        """The answer to a message; None where the connection broke before it came."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return None
        frames = Frames()
        try:
            writer.write(framed(message))
            async with asyncio.timeout(_PATIENCE):
                while data := await reader.read(4096):
                    for answer in frames.feed(data):
                        return answer
        except (OSError, TimeoutError):
            return None
        finally:
            writer.close()
        return None


async def run(folder: Path, rounds: int, *, senders: int = SENDERS, seed: int = 1) -> Report:
    """Kill the hub `rounds` times while it is told of visits, then read what is left."""
    carrier = Carrier(numbers=(CLINIC,), opt_out=False, seed=seed)
    await carrier.start()
    server = Server.over(folder / "data", carrier)
    port = free_port()
    server.more = {"HUB_MLLP_PORT": str(port)}
    report = Report(rounds=rounds)
    chance = random.Random(seed)
    people = [Sender(number, port) for number in range(senders)]
    try:
        await app.prepare(server.settings)
        await server.start()
        over = asyncio.Event()
        going = [asyncio.create_task(one.go(over)) for one in people]
        for _ in range(rounds):
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            await server.kill()
            await server.start()
        await asyncio.sleep(0.5)
        over.set()
        await asyncio.gather(*going)
        for one in people:
            await _ask_again(one, report)
        await server.ask_to_end()
        await _check(server, people, report)
    finally:
        await server.close()
        carrier.closing.set()
        await carrier.stop()
    return report


async def die_before_answering(folder: Path) -> tuple[str, bytes, list[bytes]]:
    """Kill the hub between keeping a message and answering it: its row's state, the answer that was kept with it, and
    those that its sender gets who sends it again, after a new start.
    """
    carrier = Carrier(numbers=(CLINIC,), opt_out=False, seed=1)
    await carrier.start()
    server = Server.over(folder / "data", carrier)
    sender = Sender(1, free_port())
    server.more, server.code = {"HUB_MLLP_PORT": str(sender.port)}, DIES
    try:
        await app.prepare(server.settings)
        await server.start()
        assert server.process is not None
        assert await sender.ask(siu()) is None
        await server.process.ended()
        return await _kept(server)
    finally:
        await server.close()
        carrier.closing.set()
        await carrier.stop()


async def _kept(server: Server) -> tuple[str, bytes, list[bytes]]:
    hub = await Hub.open(server.settings, roles=())
    try:
        inbox = Inbox(hub.parts)
        async with hub.parts.db.read() as conn:
            (row,) = (await conn.execute(sa.select(hl7_message))).all()
            kept = await inbox.letters.open(conn, row, "answer") or b""
        return row.state, kept, await inbox.take(siu())
    finally:
        await hub.stop()


async def _ask_again(one: Sender, report: Report) -> None:
    report.answered += len(one.heard)
    report.again += one.again
    for control, message in one.sent.items():
        if await one.ask(message) != one.heard[control]:
            report.violations.append(f"message {control} was answered otherwise the second time")


async def _check(server: Server, people: list[Sender], report: Report) -> None:
    hub = await Hub.open(server.settings, roles=())
    try:
        async with hub.parts.db.read() as conn:
            states = list((await conn.execute(sa.select(hl7_message.c.state))).scalars())
            visits = (await conn.execute(sa.select(appointment.c.status, appointment.c.version))).all()
    finally:
        await hub.stop()
    heard = sum(len(one.heard) for one in people)
    if len(states) != heard:
        report.violations.append(f"{heard} messages were answered and {len(states)} are kept")
    if set(states) != {"applied"}:
        report.violations.append(f"messages are {sorted(set(states))}")
    if len(visits) * len(STEPS) != heard:
        report.violations.append(f"{heard // len(STEPS)} visits were told of and {len(visits)} are there")
    wrong = [row for row in visits if (row.status, row.version) != ("cancelled", len(STEPS))]
    if wrong:
        report.violations.append(f"{len(wrong)} visits did not go through all that was told of them")
    odd = [one for person in people for one in person.heard.values() if acknowledged(one)[0] != "AA"]
    if odd:
        report.violations.append(f"{len(odd)} messages were not accepted")


def main() -> int:
    """Run it, and print what was found."""
    parser = argparse.ArgumentParser(description="Kill the hub while it is told of visits over MLLP.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hub-hl7-"))
    try:
        report = asyncio.run(run(folder, given.rounds, seed=given.seed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
