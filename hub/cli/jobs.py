"""`hub jobs`: background work, looked at, tried again, and asked for by hand."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import click

from hub.cli.context import opened
from hub.errors import HubError, InputError

if TYPE_CHECKING:
    from datetime import datetime

    from hub.jobs import Jobs

_STATES = ("queued", "running", "done", "failed")


@click.group()
def jobs() -> None:
    """List background jobs, try them again, and queue them.

    \b
    Example:
      hub jobs list --failed
    """


@asynccontextmanager
async def _jobs() -> "AsyncIterator[Jobs]":
    from hub.jobs import Work

    async with opened() as parts:
        work = Work(parts)
        try:
            yield work.jobs
        finally:
            await work.close()


@jobs.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only jobs in this state.")
@click.option("--failed", is_flag=True, help="Only failed jobs: the same as --state failed.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
def listing(state: str | None, failed: bool, limit: int) -> None:
    """Print jobs, the newest first, as one JSON object a line.

    \b
    Example:
      hub jobs list --failed --limit 10
    """
    if failed and state not in (None, "failed"):
        raise click.UsageError("--failed and --state name different states: keep one")
    asyncio.run(_list("failed" if failed else state, limit))


async def _list(state: str | None, limit: int) -> None:
    from hub.jobs import JobState

    async with _jobs() as found:
        rows = await found.page(JobState(state) if state else None, limit)
    for row in rows:
        click.echo(json.dumps(_shown(row), ensure_ascii=False))


def _shown(row: Any) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "args": row.args,
        "state": row.state,
        "attempts": row.attempts,
        "failures": row.failures,
        "error": row.error or None,
        "created": _at(row.created_at),
        "due": _at(row.due_at),
        "started": _at(row.started_at),
        "ended": _at(row.ended_at),
        "result": row.result,
    }


def _at(moment: "datetime | None") -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@jobs.command()
@click.argument("job_id", metavar="[ID]", required=False)
@click.option("--all-failed", is_flag=True, help="Every job that failed.")
def retry(job_id: str | None, all_failed: bool) -> None:
    """Try a failed job again, with all its attempts before it. `hub jobs list --failed` shows its ID.

    \b
    Example:
      hub jobs retry 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581
    """
    if (job_id is None) is not all_failed:
        raise click.UsageError("name one job by its ID, or give --all-failed")
    asyncio.run(_retry(None if job_id is None else _id(job_id)))


def _id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise InputError("that is not the id of a job; `hub jobs list` shows the ids") from None


async def _retry(job_id: str | None) -> None:
    async with _jobs() as found:
        queued, left = await found.revive(job_id)
    if job_id is not None and not queued:
        if left:
            raise HubError("another job that is the same waits or runs: this one was left as it is")
        raise InputError("no failed job has this id; `hub jobs list --failed` shows those there are")
    click.echo(f"{queued} queued" + (f", {left} left as the same waits or runs" if left else ""), err=True)


@jobs.command()
@click.argument("name")
@click.argument("args", default="{}")
def run(name: str, args: str) -> None:
    """Queue a job for the workers and print its id. ARGS is a JSON object of ids and plain values.

    \b
    Example:
      hub jobs run patients.import '{"path": "patients.csv"}'
    """
    try:
        given = json.loads(args)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InputError('the arguments must be one JSON object, such as \'{"path": "patients.csv"}\'')
    asyncio.run(_run(name, given))


async def _run(name: str, args: dict[str, Any]) -> None:
    async with _jobs() as found:
        queued = await found.enqueue(name, args)
    click.echo(queued.id)
    click.echo("queued" if queued.new else "the same waits or runs already", err=True)
