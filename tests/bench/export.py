"""Export: messages a second ÷ opening and encoding alone; memory over all of them; killed, gone on with, verified.

The floor opens bodies that lie in memory, makes their records, and encodes these: no database, no file, no digest. Both
sides run in this process on the same messages, in turn.
"""

import asyncio
import contextlib
import gc
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.app import Hub
from hub.audit import Actor
from hub.db import migrate
from hub.db.tables import contact, message, person, thread
from hub.exports import Asked, Folder, export
from hub.exports.records import MessageRecord
from hub.parts import Parts
from hub.sealed import open_body, open_contact, open_profile
from hub.vault import Keys
from tests.bench.crowd import Crowd, settings_for
from tests.bench.figures import Tell
from tests.bench.processes import Bench

_SAMPLE = 100_000
"""Messages that a round takes of the clinic."""
_FLOOR = 50_000
_COLUMNS = (
    *("id", "thread_id", "seq", "direction", "author_kind", "author_id", "channel", "address_id", "body_sealed", "at"),
    "provider_id",
)
_KILLS = 8
_HELPERS = min(4, os.cpu_count() or 1)
"""As many as `hub export` has by itself."""
_EXPORTING = "from tests.bench.export import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Messages a second, and processor time of the process for one, in microseconds."""

    per_second: float
    cpu: float


def run(bench: Bench, found: Crowd, database: str, *, rounds: int, tell: Tell) -> dict[str, Any]:
    """Speed against the floor, memory over all messages, and a run that is killed again and again."""
    # A clinic that was kept may be of an earlier release.
    migrate.upgrade(database)
    pairs = asyncio.run(_speed(bench, found, database, rounds, tell))
    ratios = sorted(product.per_second / floor.per_second for floor, product in pairs)
    cpus = sorted(floor.cpu / product.cpu for floor, product in pairs)
    middle = len(pairs) // 2
    tell(f"product ÷ floor, one process: {ratios[middle]:.2f}; by processor time {cpus[middle]:.2f}")
    whole = _whole(bench, found, database, tell)
    floor = sorted(floor.per_second for floor, _ in pairs)[middle]
    together = whole["messages"] / whole["seconds"] / floor
    tell(f"product ÷ floor, as `hub export` does it ({_HELPERS} processes): {together:.2f}")
    killed = _killed(bench, found, database, tell)
    return {
        "rounds": [{"floor": asdict(floor), "product": asdict(product)} for floor, product in pairs],
        "ratio": ratios[middle],
        "cpu_ratio": cpus[middle],
        "together": together,
        "whole": whole,
        "killed": killed,
    }


async def _speed(bench: Bench, found: Crowd, database: str, rounds: int, tell: Tell) -> list[tuple[Side, Side]]:
    hub = await Hub.open(settings_for(database, found.data), roles=())
    try:
        parts, pairs = hub.parts, []
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        for number in range(rounds + 1):
            floor = await _floor(parts)
            product = await _product(parts, bench.folder / f"export-{number}")
            for side, one in (("floor", floor), ("product", product)):
                tell(f"  {side:8} {one.per_second:8,.0f}/s {one.cpu:6.1f} µs")
            pairs.append((floor, product))
        # The first of each fills the caches of files and keys.
        return pairs[1:]
    finally:
        await hub.stop()


async def _floor(parts: Parts) -> Side:
    """Open bodies, names and numbers, make the records and encode them: the very octets that the product writes."""
    columns = [message.c[name] for name in _COLUMNS]
    query = sa.select(*columns, thread.c.person_id).join(thread, thread.c.id == message.c.thread_id)
    async with parts.db.read() as conn:
        found = await conn.execute(query.order_by(message.c.thread_id, message.c.seq).limit(_FLOOR))
        rows = [tuple(row) for row in found]
        ids = sorted({row[-1] for row in rows})
        keys = Keys({})
        profiles: dict[str, bytes | None] = {}
        contacts: dict[tuple[str, str], bytes] = {}
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            keys |= await parts.vault.keys(conn, part)
            query_persons = sa.select(person.c.id, person.c.profile_sealed).where(person.c.id.in_(part))
            profiles |= dict((await conn.execute(query_persons)).tuples().all())
            query_contacts = sa.select(contact.c.person_id, contact.c.address_id, contact.c.value_sealed)
            contacts |= {
                (one, address_id): sealed
                for one, address_id, sealed in (
                    await conn.execute(query_contacts.where(contact.c.person_id.in_(part)))
                ).tuples()
            }
    encode, out, last = msgspec.json.Encoder().encode, bytearray(), ""
    mrn = name = ""
    began, cpu = time.perf_counter(), time.process_time()
    for one, thread_id, seq, direction, author, author_id, channel, address_id, sealed, at, provider_id, owner in rows:
        if owner != last:
            profile = open_profile(keys, owner, profiles[owner])
            mrn, name, last = profile.mrn, f"{profile.given_name} {profile.family_name}", owner
            address = open_contact(keys, owner, address_id, contacts[owner, address_id]) if address_id else ""
        body = open_body(keys, owner, thread_id, one, sealed)
        record = MessageRecord(
            id=one,
            thread=thread_id,
            person=owner,
            seq=seq,
            direction=direction,
            author=author,
            at=at,
            mrn=mrn,
            name=name,
            author_name=body.author,
            author_id=author_id or "",
            channel=channel or "",
            address=address,
            body=body.text,
            provider_id=provider_id or "",
        )
        out += encode(record)
        out += b"\n"
    took, used = time.perf_counter() - began, time.process_time() - cpu
    return Side(per_second=len(rows) / took, cpu=used / len(rows) * 1e6)


def _processor() -> float:
    """Seconds of the processor that this process took, and those that it ended."""
    mine, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime


class _EnoughError(Exception):
    """So many messages were written as a round takes."""


async def _product(parts: Parts, out: Path) -> Side:
    # From the first file on: counting the whole clinic, once, is no part of what a sample of it takes.
    seen: list[tuple[int, float, float]] = []

    def told(count: int, _total: int) -> None:
        seen.append((count, time.perf_counter(), _processor()))
        if count >= _SAMPLE:
            raise _EnoughError

    with contextlib.suppress(_EnoughError):
        await export(parts, Asked(), Folder(out), Actor("system", "bench"), told=told)
    shutil.rmtree(out)
    (first, began, cpu), (last, ended, used) = seen[0], seen[-1]
    return Side(per_second=(last - first) / (ended - began), cpu=(used - cpu) / (last - first) * 1e6)


# A process of its own


def main() -> None:
    """Export a whole clinic: database, folder, where to, whether to tell how memory grew."""
    database, data, out = sys.argv[1:4]
    print(msgspec.json.encode(asyncio.run(_export_all(database, Path(data), Path(out)))).decode(), flush=True)


async def _export_all(database: str, data: Path, out: Path) -> dict[str, float]:
    hub = await Hub.open(settings_for(database, data), roles=())
    seen: list[float] = []
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    began = time.perf_counter()

    def told(done: int, _total: int) -> None:
        # The first 20,000 load what is loaded once, and fill the cache of keys as far as they go.
        if done >= 20_000:
            seen.append(_resident())

    try:
        manifest = await export(hub.parts, Asked(), Folder(out), Actor("system", "bench"), told=told, helpers=_HELPERS)
    finally:
        await hub.stop()
    return {
        "messages": manifest.totals.messages,
        "files": manifest.totals.files,
        "megabytes": manifest.totals.bytes / 1e6,
        "seconds": time.perf_counter() - began,
        "resident": seen[0],
        "growth": max(seen) - seen[0],
        "resumed": manifest.resumed,
        "cpu": _processor() / manifest.totals.messages * 1e6,
    }


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def _command(found: Crowd, database: str, out: Path) -> list[str]:
    return [sys.executable, "-c", _EXPORTING, database, str(found.data), str(out)]


def _whole(bench: Bench, found: Crowd, database: str, tell: Tell) -> dict[str, Any]:
    out = bench.folder / "export-whole"
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run(_command(found, database, out), check=True, capture_output=True)
    told: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])
    tell(
        f"{told['messages']:,} messages, {told['megabytes']:.0f} MB in {told['seconds']:.0f} s: "
        f"{told['messages'] / told['seconds']:,.0f}/s; "
        f"{told['cpu']:.1f} µs of the processors each; "
        f"resident {told['resident']:.0f} MB, grew by {told['growth']:.1f} MB"
    )
    faults = _verify(out)
    tell(f"verified: {faults or 'unchanged'}")
    shutil.rmtree(out)
    return told | {"faults": faults}


def _killed(bench: Bench, found: Crowd, database: str, tell: Tell) -> dict[str, Any]:
    """SIGKILL at moments drawn at random, each after the export has come on; then to its end."""
    out, dice = bench.folder / "export-killed", random.Random(11)
    shutil.rmtree(out, ignore_errors=True)
    reached = []
    for _ in range(_KILLS):
        child = subprocess.Popen(_command(found, database, out), stdout=subprocess.DEVNULL)
        before = _chunks(out)
        deadline = time.monotonic() + 120
        while _chunks(out) < before + 1 and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(dice.random() * 2)
        child.send_signal(signal.SIGKILL)
        child.wait()
        reached.append(_chunks(out))
    done = subprocess.run(_command(found, database, out), check=True, capture_output=True)
    told: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])
    faults = _verify(out)
    twice = _repeated(out)
    tell(
        f"killed {_KILLS} times, after {reached} files, and gone on with {told['resumed']} times: {told['messages']:,} "
        f"messages, {twice} of them twice; verified: {faults or 'unchanged'}"
    )
    shutil.rmtree(out)
    return {"kills": _KILLS, "files_at_kills": reached, "twice": twice, "faults": faults} | told


def _chunks(out: Path) -> int:
    return len(list(out.glob("messages-*.jsonl"))) if out.exists() else 0


def _repeated(out: Path) -> int:
    seen: set[bytes] = set()
    twice = 0
    for one in sorted(out.glob("messages-*.jsonl")):
        for line in one.read_bytes().splitlines():
            if line.startswith(b'{"record":"message"'):
                key = line[26:62]
                twice += key in seen
                seen.add(key)
    return twice


def _verify(out: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", "export", "verify", str(out)],
        check=False,
        capture_output=True,
        text=True,
    )
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()[:5]
