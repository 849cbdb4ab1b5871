"""Records: copies that can be brought back, what is kept and what is disposed of, and what patients wait for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import is_embedded
from hub.db.tables import attestation, export_run, job, legal_hold, rights_request
from hub.errors import CryptoError
from hub.parts import Parts
from hub.retention import issued_since, wrong
from hub.safeguards.model import Finding, Safeguard, State, last_of, older
from hub.vendors import Standing

__all__ = ["BACKUP", "DISPOSAL", "DRILL", "EXPORTS", "JOBS", "REQUESTS", "RETENTION", "VENDORS"]

_LACKING = (Standing.UNRECORDED, Standing.EXPIRED, Standing.NONE, Standing.MISSING)
_BACKUP, _DAILY, _WEEK, _YEAR = timedelta(hours=36), timedelta(hours=48), timedelta(days=7), timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """embedded: the hub's own backups are what is to be looked at; a server's are its administrator's."""

    embedded: bool
    taken: datetime | None
    keys_taken: datetime | None
    attested: datetime | None


async def _copies(conn: AsyncConnection, parts: Parts) -> Copies:
    taken, table = await last_of(conn, "backup.take"), await last_of(conn, "keys.table")
    until = sa.select(sa.func.max(attestation.c.ends_at)).where(attestation.c.kind == "server_backup")
    return Copies(
        embedded=is_embedded(parts.settings.database),
        taken=None if taken is None else taken.at,
        keys_taken=None if table is None else table.at,
        attested=(await conn.execute(until)).scalar_one(),
    )


def judge_copies(facts: Copies, now: datetime) -> Finding:
    """A backup a day; of a server's database, somebody's word for it."""
    evidence = {"backup": facts.taken, "keys_table": facts.keys_taken}
    if not facts.embedded:
        if facts.attested is not None and facts.attested > now:
            return Finding(State.IN_PLACE, "", evidence | {"attested_until": facts.attested})
        return Finding(State.UNSEEN, "server", evidence)
    if facts.taken is None:
        return Finding(State.MISSING, "never", evidence)
    if older(facts.taken, now, _BACKUP):
        return Finding(State.ATTENTION, "old", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """When a backup was last brought back, as somebody attests, or as this very database remembers."""

    attested: datetime | None
    restored: datetime | None


async def _drill(conn: AsyncConnection, parts: Parts) -> Drill:
    said = sa.select(sa.func.max(attestation.c.done_at)).where(attestation.c.kind == "restore_drill")
    last = await last_of(conn, "backup.restore")
    return Drill(attested=(await conn.execute(said)).scalar_one(), restored=None if last is None else last.at)


def judge_drill(facts: Drill, now: datetime) -> Finding:
    """Within a year."""
    last = max((one for one in (facts.attested, facts.restored) if one is not None), default=None)
    evidence = {"drill": last}
    if last is None:
        return Finding(State.MISSING, "never", evidence)
    return (
        Finding(State.ATTENTION, "old", evidence) if older(last, now, _YEAR) else Finding(State.IN_PLACE, "", evidence)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Whether a policy is named, when it ran last, which it was then, and how many legal holds are in force."""

    named: bool
    ran: datetime | None
    policy: str
    holds: int


async def _kept(conn: AsyncConnection, parts: Parts) -> Kept:
    last = await last_of(conn, "retention.run")
    said = (await parts.trail.details(conn, [last]))[last.id] if last is not None else {}
    holds = sa.select(sa.func.count()).where(legal_hold.c.released_at.is_(None))
    return Kept(
        named=bool(parts.settings.retention_policy),
        ran=None if last is None else last.at,
        policy=str(said.get("policy") or ""),
        holds=(await conn.execute(holds)).scalar_one(),
    )


def judge_kept(facts: Kept, now: datetime) -> Finding:
    """A policy is named, and it runs every night."""
    evidence = {"ran": facts.ran, "policy": facts.policy or None, "holds": facts.holds}
    if not facts.named:
        return Finding(State.ATTENTION, "unset", evidence)
    if facts.ran is None:
        return Finding(State.MISSING, "never", evidence)
    if older(facts.ran, now, _DAILY):
        return Finding(State.ATTENTION, "old", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposed:
    """The log of disposal, walked: how many certificates, of when the last is, and what is wrong first."""

    certificates: int
    last: datetime | None
    fault: str


async def _disposed(conn: AsyncConnection, parts: Parts) -> Disposed:
    before, count, fault = None, 0, ""
    try:
        async for one in issued_since(conn, parts):
            fault = fault or wrong(parts, one, before) or ""
            before, count = one, count + 1
    except CryptoError as error:
        fault = fault or str(error)
    return Disposed(certificates=count, last=None if before is None else before.certificate.at, fault=fault)


def judge_disposed(facts: Disposed, now: datetime) -> Finding:
    """Every certificate is signed and follows from the one before it."""
    evidence = {"certificates": facts.certificates, "last": facts.last, "fault": facts.fault or None}
    return Finding(State.MISSING, "broken", evidence) if facts.fault else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Exports: how many, how many can be downloaded now, and how many are kept past their time."""

    all: int
    ready: int
    overdue: int
    last: datetime | None


async def _written(conn: AsyncConnection, parts: Parts) -> Written:
    done, now = export_run.c.state == "done", parts.clock.now()
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(done),
        # They are deleted once an hour.
        sa.func.count().filter(done, export_run.c.expires_at < now - timedelta(hours=3)),
        sa.func.max(export_run.c.created_at),
    ).select_from(export_run)
    row = (await conn.execute(query)).one()
    return Written(all=row[0], ready=row[1], overdue=row[2], last=row[3])


def judge_written(facts: Written, now: datetime) -> Finding:
    """Nothing is kept past its time."""
    evidence = {"exports": facts.all, "ready": facts.ready, "last": facts.last}
    return Finding(State.ATTENTION, "kept", evidence) if facts.overdue else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What patients asked for by right: what is open, and how much of it is past its day."""

    open: int
    overdue: int
    next_due: datetime | None


async def _asked(conn: AsyncConnection, parts: Parts) -> Asked:
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(rights_request.c.due_at < parts.clock.now()),
        sa.func.min(rights_request.c.due_at),
    ).where(rights_request.c.state == "open")
    row = (await conn.execute(query)).one()
    return Asked(open=row[0], overdue=row[1], next_due=row[2])


def judge_asked(facts: Asked, now: datetime) -> Finding:
    """None is past its day."""
    evidence: dict[str, Any] = {"open": facts.open, "overdue": facts.overdue, "next_due": facts.next_due}
    return Finding(State.MISSING, "overdue", evidence) if facts.overdue else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """Jobs of the last week that were given up, by name, and when one was last done."""

    failed: int
    names: str
    done: datetime | None


async def _worked(conn: AsyncConnection, parts: Parts) -> Worked:
    since = parts.clock.now() - _WEEK
    lost = sa.select(job.c.name, sa.func.count()).where(job.c.state == "failed", job.c.ended_at >= since)
    rows = (await conn.execute(lost.group_by(job.c.name).order_by(job.c.name))).all()
    done = sa.select(sa.func.max(job.c.ended_at)).where(job.c.state == "done")
    return Worked(
        failed=sum(count for _, count in rows),
        names=", ".join(name for name, _ in rows),
        done=(await conn.execute(done)).scalar_one(),
    )


def judge_worked(facts: Worked, now: datetime) -> Finding:
    """Jobs are done, and none was given up lately."""
    evidence = {"job_done": facts.done, "failed": facts.failed, "jobs": facts.names or None}
    if facts.done is None or older(facts.done, now, timedelta(hours=2)):
        return Finding(State.MISSING, "stopped", evidence)
    return Finding(State.ATTENTION, "failed", evidence) if facts.failed else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """The services that somebody else does for this hub: all of them, and those by what is wrong with their entry."""

    all: tuple[str, ...]
    lacking: tuple[str, ...]
    ending: tuple[str, ...]


async def _agreed(conn: AsyncConnection, parts: Parts) -> Agreements:
    states = await parts.vendors.states(conn, parts.clock.now())
    return Agreements(
        all=tuple(states),
        lacking=tuple(service for service, found in states.items() if found in _LACKING),
        ending=tuple(service for service, found in states.items() if found is Standing.ENDING),
    )


def judge_agreements(facts: Agreements, _now: datetime) -> Finding:
    """An agreement in force for each; one that ends within two months is to be renewed."""
    evidence = {"services": ", ".join(facts.all)}
    if facts.lacking:
        return Finding(State.MISSING, "lacking", evidence | {"lacking": ", ".join(facts.lacking)})
    if facts.ending:
        return Finding(State.ATTENTION, "ending", evidence | {"ending": ", ".join(facts.ending)})
    return Finding(State.IN_PLACE, "", evidence)


VENDORS = Safeguard(
    name="vendors",
    group="records",
    law=("164.308(b)(1)", "164.504(e)"),
    reasons=("lacking", "ending"),
    gather=_agreed,
    judge=judge_agreements,
)
BACKUP = Safeguard(
    name="backup",
    group="contingency",
    law=("164.308(a)(7)(ii)(A)", "164.310(d)(2)(iv)"),
    reasons=("never", "old", "server"),
    gather=_copies,
    judge=judge_copies,
)
DRILL = Safeguard(
    name="drill",
    group="contingency",
    law=("164.308(a)(7)(ii)(B)", "164.308(a)(7)(ii)(D)"),
    reasons=("never", "old"),
    gather=_drill,
    judge=judge_drill,
)
JOBS = Safeguard(
    name="jobs",
    group="contingency",
    law=("164.308(a)(6)(ii)",),
    reasons=("stopped", "failed"),
    gather=_worked,
    judge=judge_worked,
)
RETENTION = Safeguard(
    name="retention",
    group="records",
    law=("164.316(b)(2)(i)", "164.310(d)(2)(i)"),
    reasons=("unset", "never", "old"),
    gather=_kept,
    judge=judge_kept,
)
DISPOSAL = Safeguard(
    name="disposal",
    group="records",
    law=("164.310(d)(2)(i)",),
    reasons=("broken",),
    gather=_disposed,
    judge=judge_disposed,
)
EXPORTS = Safeguard(
    name="exports",
    group="records",
    law=("164.502(b)", "164.312(a)(1)"),
    reasons=("kept",),
    gather=_written,
    judge=judge_written,
)
REQUESTS = Safeguard(
    name="requests",
    group="records",
    law=("164.524(b)(2)", "164.528(c)"),
    reasons=("overdue",),
    gather=_asked,
    judge=judge_asked,
)
