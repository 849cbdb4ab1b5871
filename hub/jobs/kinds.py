"""The kinds of jobs there are. Each may be run again after it was done in part or in whole.

What must happen every second, chaining the audit, is no job: a row for each second would be more than what it chains.
It is a chore of one worker (`hub.upkeep`), by a lease.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events, imports
from hub.audit import Actor
from hub.db.tables import idempotency
from hub.errors import InputError
from hub.exports.runs import Runs
from hub.jobs import store
from hub.jobs.registry import Kind, Registry, Retries, Unique, Where
from hub.outbox import statuses
from hub.parts import Parts
from hub.retention import policy_for, rotate, sweep
from hub.retention import run as retain
from hub.rights.disclosures import Disclosures
from hub.training import train
from hub.unusual import watch

Counts = dict[str, int]

_KEEP_ANSWERS = timedelta(days=2)
_KEEP_STATUSES = timedelta(days=1)
_KEEP_DONE = timedelta(days=7)
_KEEP_FAILED = timedelta(days=90)
_ONCE = Retries(count=0)
"""For what comes round soon anyway."""


async def import_patients(parts: Parts, path: str) -> dict[str, int | list[int]]:
    """Bring in the patients of a CSV file under `imports` in the data folder; `path` is relative to there.

    Returns the counts, and the lines that were refused. Raises: InputError.
    """
    folder = (parts.settings.data / "imports").resolve()
    file = (folder / path).resolve()
    if not file.is_relative_to(folder):
        raise InputError("a file that is imported by a job must lie in `imports` in HUB_DATA")
    report = await imports.import_patients(
        file,
        db=parts.db,
        clock=parts.clock,
        people=parts.people,
        ledger=parts.ledger,
        region=parts.settings.region,
    )
    return {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": len(report.problems) + report.unlisted,
        "refused_lines": [problem.line for problem in report.problems],
    }


async def checkpoint(parts: Parts) -> Counts:
    """Chain what is not chained yet, and sign the newest link."""
    sealed = await parts.sealer.seal()
    return {"sealed": sealed, "signed": await parts.sealer.checkpoint() or 0}


async def watch_access(parts: Parts) -> Counts:
    """Go through what staff read since the last time, and raise what is unusual."""
    return await watch(parts)


async def prune_events(parts: Parts) -> Counts:
    """Delete live events older than a day."""
    return await _pruned(parts, lambda conn: events.prune(conn, parts.clock.now()))


async def prune_answers(parts: Parts) -> Counts:
    """Delete answers kept for callers who ask again."""

    async def prune(conn: AsyncConnection) -> int:
        old = idempotency.c.at < parts.clock.now() - _KEEP_ANSWERS
        return (await conn.execute(sa.delete(idempotency).where(old))).rowcount

    return await _pruned(parts, prune)


async def prune_statuses(parts: Parts) -> Counts:
    """Delete providers' reports that never found their delivery."""
    return await _pruned(parts, lambda conn: statuses.prune(conn, parts.clock.now() - _KEEP_STATUSES))


async def prune_jobs(parts: Parts) -> Counts:
    """Delete jobs that ended long ago."""

    async def prune(conn: AsyncConnection) -> int:
        now = parts.clock.now()
        return await store.prune(conn, now - _KEEP_DONE, now - _KEEP_FAILED)

    return await _pruned(parts, prune)


async def sweep_files(parts: Parts) -> Counts:
    """Delete files that were put aside and that no message came to name."""
    return {"deleted": await parts.files.sweep()}


async def settle_persons(parts: Parts) -> Counts:
    """Bring over what was made for a merged person after the merge, by who had read their id before it."""
    return {"settled": await parts.db.write(parts.merger.settle)}


async def end_proxies(parts: Parts) -> Counts:
    """End on the books the rights that the patient's age, or their own end, has ended."""
    ended, after, more = 0, "", True
    while more:
        count, after = await parts.db.write(partial(parts.proxies.end_outlived, after=after))
        ended, more = ended + count, bool(after)
    return {"ended": ended}


async def plan_campaigns(parts: Parts) -> Counts:
    """Enrol what is new in every campaign that runs, and decide about the steps that are due."""
    return await parts.campaigns.plan_all()


async def ask_consent(parts: Parts) -> Counts:
    """End what was asked to confirm and nobody did; ask those who have come of age what holds from now on."""
    late = await parts.db.write(parts.optins.sweep)
    asked = 0
    while found := await parts.db.write(parts.optins.ask_anew):
        asked += found
    parts.router.announce()
    return {"late": late, "asked": asked}


async def sweep_holds(parts: Parts) -> Counts:
    """Set slots free that were held past their time."""
    return {"freed": await parts.scheduling.sweep_holds()}


async def poll_calendar(parts: Parts) -> Counts:
    """Take in what was changed in the scheduling system outside, where there is one."""
    return await parts.scheduling.poll()


async def write_export(parts: Parts, export_id: str) -> Counts:
    """Write an export that was asked for, or go on with it where it was broken off."""
    runs = Runs(parts)
    async with parts.db.read() as conn:
        run = await runs.get(conn, export_id)
    if run is None:
        return {}
    disclosing = None
    if run.handed.to:
        what = f"conversations, profile {run.asked.profile}"
        disclosing = Disclosures(parts).by_export(run.handed.to, run.handed.because, what, run.by)
    return await runs.write(export_id, disclosing)


async def expire_exports(parts: Parts) -> Counts:
    """Destroy the keys and files of exports whose time is over."""
    return {"expired": await Runs(parts).expire()}


async def run_retention(parts: Parts) -> Counts:
    """Dispose of what is past its time, where a policy is set. Nothing is disposed of by a policy nobody chose.

    On the embedded database older keys are destroyed then, too. On a server every role must read one keyring for that,
    which only who runs them can know: it is left to `hub keys rotate --destroy-older`.
    """
    if not parts.settings.retention_policy:
        return {}
    policy = policy_for(parts.settings.retention_policy, parts.settings.region, parts.settings.state)
    done = await retain(parts, policy, Actor("system", "retention"))
    if done.get("persons") and parts.db.embedded:
        await rotate(parts, Actor("system", "retention"), destroy_older=True)
    return done


async def delete_copies(parts: Parts) -> Counts:
    """Ask providers to delete their copies of what was let go of here."""
    return await sweep(parts)


async def _pruned(parts: Parts, prune: Callable[[AsyncConnection], Awaitable[int]]) -> Counts:
    return {"deleted": await parts.db.write(prune)}


REGISTRY = Registry(
    (
        Kind(name="patients.import", do=import_patients, unique=Unique.ARGS, timeout=timedelta(hours=1)),
        Kind(name="audit.checkpoint", do=checkpoint, retries=_ONCE, unique=Unique.NAME, cron="*/5 * * * *"),
        Kind(name="access.watch", do=watch_access, retries=_ONCE, unique=Unique.NAME, cron="*/15 * * * *"),
        Kind(name="events.prune", do=prune_events, retries=_ONCE, unique=Unique.NAME, cron="*/10 * * * *"),
        Kind(name="answers.prune", do=prune_answers, unique=Unique.NAME, cron="7 * * * *"),
        Kind(name="statuses.prune", do=prune_statuses, unique=Unique.NAME, cron="17 * * * *"),
        Kind(
            name="campaigns.plan",
            do=plan_campaigns,
            unique=Unique.NAME,
            timeout=timedelta(minutes=30),
            cron="* * * * *",
        ),
        Kind(name="holds.sweep", do=sweep_holds, retries=_ONCE, unique=Unique.NAME, cron="* * * * *"),
        Kind(
            name="calendar.poll",
            do=poll_calendar,
            retries=_ONCE,
            unique=Unique.NAME,
            timeout=timedelta(minutes=30),
            cron="* * * * *",
        ),
        Kind(name="files.sweep", do=sweep_files, unique=Unique.NAME, cron="37 * * * *"),
        Kind(name="proxies.end", do=end_proxies, unique=Unique.NAME, cron="3 * * * *"),
        Kind(name="consent.ask", do=ask_consent, unique=Unique.NAME, cron="13 * * * *"),
        Kind(name="persons.settle", do=settle_persons, retries=_ONCE, unique=Unique.NAME, cron="* * * * *"),
        Kind(name="exports.write", do=write_export, unique=Unique.ARGS, timeout=timedelta(hours=6)),
        Kind(name="exports.expire", do=expire_exports, unique=Unique.NAME, cron="23 * * * *"),
        Kind(
            name="retention.run",
            do=run_retention,
            unique=Unique.NAME,
            timeout=timedelta(hours=6),
            cron="37 2 * * *",
        ),
        Kind(name="copies.delete", do=delete_copies, unique=Unique.NAME, cron="*/10 * * * *"),
        Kind(name="jobs.prune", do=prune_jobs, unique=Unique.NAME, cron="27 4 * * *"),
        Kind(name="bot.train", do=train, where=Where.PROCESS, unique=Unique.NAME, cron="47 4 * * *"),
    )
)
