"""`python -m tests.faults.audit [--writers N] [--kills N] [--seconds S] [--database KIND]`: the audit under kills.

Processes of their own record consent at full speed and chain the audit meanwhile, all on one database; one after the
other is killed at a moment drawn at random, and another takes its place. Some of what they do is undone halfway. In
the end every fact of the ledger must have its entry, no entry may speak of a fact that is not there, whatever a
process was told is durable must be there, and `hub audit verify` must find the chain whole.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor, verify
from hub.audit.sealer import Sealer
from hub.clock import SystemClock
from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.db.tables import address, audit_event, consent_event
from hub.errors import AuditBroken, StorageError
from hub.exports.sources import Sources, Where
from hub.settings import Settings
from hub.types import new_id
from hub.vault import Vault
from tests.bench.processes import CHECKOUT
from tests.servers.postgresql import Postgres
from tests.stores import sqlite_url

_WRITER = "from tests.faults.audit import write; write()"
_VERIFY = "from hub.cli import main; main()"
_ADDRESSES = 16
_UNDONE = 20
"""One action in so many is undone after its entry was recorded."""
_AT_ONCE = 4
"""Actions that a process has under way side by side: they share commits."""
_SEALED = 64
"""Actions of a process after which it chains what there is, and signs."""
_PATIENCE = 60.0


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of it; `violations` must be empty."""

    writers: int
    kills: int = 0
    seconds: float = 0.0
    told: int = 0
    facts: int = 0
    chained: str = ""
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "\n".join(f"VIOLATION: {one}" for one in self.violations) or "no violation"
        return (
            f"{self.writers} writers for {self.seconds:.0f} s, {self.kills} killed: {self.facts} facts, "
            f"{self.told} of them told to be durable\n{self.chained or 'the chain is whole'}\n{found}"
        )


def compared(facts: Collection[str], entries: Sequence[str], told: Collection[str]) -> list[str]:
    """What is wrong with the entries of `facts`; `told` are those that somebody was told are durable. Pure."""
    entered = Counter(entries)
    kinds = {
        "facts without an entry": [one for one in facts if not entered[one]],
        "facts with more than one entry": [one for one in facts if entered[one] > 1],
        "entries of what is not there": [one for one in entered if one not in facts],
        "facts that were told and are not there": [one for one in told if one not in facts],
    }
    return [f"{len(found)} {kind}, such as {found[0]}" for kind, found in kinds.items() if found]


# A writer


class _UndoneError(Exception):
    """What was done is to be undone."""


def write() -> None:
    """Record consent until the input ends; the id of each durable fact goes out as a line."""
    where = msgspec.json.decode(sys.stdin.buffer.readline(), type=Where)
    asyncio.run(_write(where))


async def _write(where: Where) -> None:
    over, loop, given = asyncio.Event(), asyncio.get_running_loop(), sys.stdin.fileno()

    def ended() -> None:
        loop.remove_reader(given)
        over.set()

    loop.add_reader(given, ended)
    async with Sources.opened(where) as sources:
        async with sources.db.read() as conn:
            addresses = list((await conn.execute(sa.select(address.c.id))).scalars())
        sealer = Sealer(sources.db, sources.vault.keyring.signing_key(), SystemClock())
        numbers = count(1)
        await asyncio.gather(*(_go_on(sources, sealer, addresses, numbers, over) for _ in range(_AT_ONCE)))


async def _go_on(
    sources: Sources, sealer: Sealer, addresses: Sequence[str], numbers: "count[int]", over: asyncio.Event
) -> None:
    while not over.is_set():
        number = next(numbers)
        # Another process may hold the database for longer than one waits for it; whoever acts then tries again.
        with contextlib.suppress(StorageError, _UndoneError):
            fact = await _act(sources, random.choice(addresses), undone=not number % _UNDONE)
            os.write(1, f"{fact}\n".encode())
            if not number % _SEALED:
                await sealer.seal()
                await sealer.checkpoint()


async def _act(sources: Sources, address_id: str, *, undone: bool) -> str:
    async def unit(conn: AsyncConnection) -> str:
        new = NewFact(
            address_id=address_id,
            person_id=None,
            state=random.choice((ConsentState.GRANT, ConsentState.REVOKE)),
            scope=PHONE,
            source=Source.STAFF,
            at=SystemClock().now(),
            actor=Actor("staff", "writer"),
            evidence={"note": "said so"},
        )
        (fact,) = await sources.ledger.record(conn, new)
        if undone:
            raise _UndoneError
        return fact

    return await sources.db.write(unit)


# Who kills them


class _Writer:
    def __init__(self, process: asyncio.subprocess.Process, told: set[str]) -> None:
        self._process = process
        self._read = asyncio.create_task(self._hear(told))
        self.began = asyncio.Event()

    @classmethod
    async def started(cls, where: Where, told: set[str]) -> "_Writer":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _WRITER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(where) + b"\n")
        return cls(process, told)

    async def _hear(self, told: set[str]) -> None:
        assert self._process.stdout is not None
        while (line := await self._process.stdout.readline()).endswith(b"\n"):
            told.add(line.decode().strip())
            self.began.set()
        # Whoever waits for the first of it waits no longer.
        self.began.set()

    async def kill(self) -> None:
        """End it without warning; what it said before counts."""
        self._process.kill()
        await self._process.wait()
        await self._read

    async def end(self) -> int:
        """Its exit code, once it has done what it was at."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._read
        return await self._process.wait()


async def run(database: str, folder: Path, *, writers: int, kills: int, seconds: float, seed: int = 1) -> Report:
    """Let `writers` write into the database for about `seconds`, kill `kills` of them, and read what is left.

    database: one that `made` made, or that is as new; the keyring lies in `folder`.
    """
    keyring = Settings(data=folder, database_url=database).keyring
    where = Where(
        database=database,
        keyring=str(keyring),
        ring=Keyring.load(keyring).encoded(),
        kms=None,
        clinic="Riverside Clinic",
    )
    await _address(where)
    chance, told, report = random.Random(seed), set[str](), Report(writers=writers)
    there = list(await asyncio.gather(*(_Writer.started(where, told) for _ in range(writers))))
    try:
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(one.began.wait() for one in there))
        began = time.monotonic()
        for moment in sorted(chance.uniform(0, seconds) for _ in range(kills)):
            await asyncio.sleep(began + moment - time.monotonic())
            at = chance.randrange(writers)
            await there[at].kill()
            report.kills += 1
            there[at] = await _Writer.started(where, told)
        await asyncio.sleep(began + seconds - time.monotonic())
        async with asyncio.timeout(_PATIENCE):
            codes = await asyncio.gather(*(one.end() for one in there))
        report.seconds, there = time.monotonic() - began, []
    finally:
        for one in there:
            await one.kill()
    if any(codes):
        report.violations.append(f"a writer that was not killed ended with {codes}")
    await _judge(where, told, report)
    return report


async def made(database: str, folder: Path) -> None:
    """Make a database ready, and its keyring in `folder`."""
    await migrate.upgrade_async(database)
    clock = SystemClock()
    keyring = Keyring.create(clock.now())
    keyring.save(Settings(data=folder, database_url=database).keyring)
    db = await Database.open(database)
    try:
        await db.write(lambda conn: Vault(keyring).found(conn, clock.now()))
    finally:
        await db.close()


async def _address(where: Where) -> None:
    """The addresses that consent is recorded of."""
    async with Sources.opened(where) as sources:
        blind, now = sources.vault.blind, SystemClock().now()
        rows = [
            {
                "id": new_id(),
                "kind": "phone",
                "blind": blind.of("phone", f"+120255501{n:02}"),
                "state": "ok",
                "state_reason": "",
                "created_at": now,
            }
            for n in range(_ADDRESSES)
        ]
        await sources.db.write(lambda conn: conn.execute(sa.insert(address), rows))


async def _judge(where: Where, told: Collection[str], report: Report) -> None:
    async with Sources.opened(where) as sources:
        sealer = Sealer(sources.db, sources.vault.keyring.signing_key(), SystemClock())
        await sealer.seal()
        await sealer.checkpoint()
        async with sources.db.read() as conn:
            facts = set((await conn.execute(sa.select(consent_event.c.id))).scalars())
            entries = list((await conn.execute(sa.select(audit_event.c.object_id))).scalars())
            try:
                chain = await verify(conn, sources.vault.keyring.signing_key().public_key())
            except AuditBroken as error:
                report.violations.append(str(error))
            else:
                if (chain.links, chain.waiting) != (len(entries), 0):
                    report.violations.append(f"of {len(entries)} entries {chain.links} are chained")
    report.facts, report.told = len(facts), len(told)
    report.violations += compared(facts, entries, told)


async def verified(database: str, folder: Path, report: Report) -> None:
    """Let `hub audit verify` say the same."""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "HUB_DATA": str(folder), "HUB_DATABASE_URL": database}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _VERIFY, "audit", "verify"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=env,
    )
    said, _ = await process.communicate()
    report.chained = said.decode(errors="replace").strip()
    if process.returncode or not report.chained.startswith(f"intact: {report.facts} links, "):
        report.violations.append(f"`hub audit verify` does not find the {report.facts} entries chained")


async def _whole(database: str, folder: Path, options: argparse.Namespace) -> Report:
    await made(database, folder)
    report = await run(
        database, folder, writers=options.writers, kills=options.kills, seconds=options.seconds, seed=options.seed
    )
    await verified(database, folder, report)
    return report


def main() -> None:
    """Run it, say what came of it, and exit 0 only if nothing is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    reports = []
    for kind in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        server = None if kind == "sqlite" else Postgres.start(durable=True)
        try:
            with tempfile.TemporaryDirectory(prefix="carehub-audit-") as folder:
                database = sqlite_url(Path(folder) / "hub.db") if server is None else server.url(server.create())
                report = asyncio.run(_whole(database, Path(folder), options))
        finally:
            if server is not None:
                server.close()
        print(f"{kind}: {report}", flush=True)
        reports.append(report)
    raise SystemExit(1 if any(one.violations for one in reports) else 0)


if __name__ == "__main__":
    main()
