"""`hub campaigns`: looked through beforehand, started, paused, resumed, stopped, and counted."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

import click

from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from hub.audit import Actor
    from hub.campaigns import Planned, Run, Status
    from hub.parts import Parts

_LIST = "A file of record numbers, one a line; - for stdin. For plans that are for a list."


def _numbers(listing: TextIO | None) -> list[str]:
    return [] if listing is None else [line.strip() for line in listing if line.strip()]


@click.group()
def campaigns() -> None:
    """Remind, recall, ask and offer: by plans, to many.

    \b
    Example:
      hub campaigns preview appointment-reminder
    """


@campaigns.command("list")
def listing() -> None:
    """Print every plan with what became of its newest run, one JSON object a line.

    \b
    Example:
      hub campaigns list
    """
    asyncio.run(_list())


async def _list() -> None:
    from hub.campaigns.plans import built_in

    async with opened() as parts:
        newest, known = await parts.campaigns.newest(), await parts.campaigns.plans()
    for name, plan in known.items():
        run = newest.get(name)
        shown = {
            "name": name,
            "title": plan.title,
            "version": plan.version,
            "built": "file" if name in built_in() else "page",
            "kind": plan.kind,
            "purpose": plan.purpose.value,
            "steps": [step.name for step in plan.steps],
            "state": run.state if run is not None else "never started",
            "started": _at(run.started_at) if run is not None else None,
        }
        click.echo(json.dumps(shown, ensure_ascii=False))


@campaigns.command()
@click.argument("name")
@click.option("--list", "listing", type=click.File(encoding="utf-8"), help=_LIST)
@click.option("--at", "moment", metavar="ISO", help="As if it began then; else now.")
def preview(name: str, listing: TextIO | None, moment: str | None) -> None:
    """Print what would be sent, held or skipped, and why: a JSON object for every person and step. Sends nothing.

    \b
    Example:
      hub campaigns preview appointment-reminder --at 2026-03-02T09:00-05:00
    """
    asyncio.run(_preview(name, _moment(moment), _numbers(listing)))


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise InputError("--at must be a time such as 2026-03-02T09:00-05:00") from None
    if at.tzinfo is None:
        raise InputError("--at needs an offset, such as -05:00, or Z")
    return at.astimezone(UTC)


async def _preview(name: str, at: datetime | None, mrns: list[str]) -> None:
    async with opened(foreseeing=True) as parts:
        count = 0
        async for page in parts.campaigns.preview(await parts.campaigns.plan(name), at, _actor(), mrns):
            for one in page:
                click.echo(json.dumps(_shown(one), ensure_ascii=False))
            count += len(page)
            if _talks():
                click.echo(f"\r{count:,} steps", err=True, nl=False)
    click.echo(f"\r{count:,} steps; nothing was sent", err=True)


def _talks() -> bool:
    return sys.stderr.isatty()


def _shown(one: "Planned") -> dict[str, object]:
    decided = one.decided
    return {
        "mrn": one.mrn,
        "step": decided.step.name,
        "channel": decided.channel.value if decided.channel is not None else None,
        "send_at": _at(decided.send_at),
        "decision": decided.decision,
        "reason": decided.reason,
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@campaigns.command()
@click.argument("name")
@click.option("--list", "listing", type=click.File(encoding="utf-8"), help=_LIST)
def start(name: str, listing: TextIO | None) -> None:
    """Begin a run. The workers plan it, and the dispatchers send it.

    A plan that was built on the page needs a second person's approval there first.

    \b
    Example:
      hub campaigns start appointment-reminder
    """

    async def do(parts: "Parts") -> "Run":
        from hub.jobs import Work

        run = await parts.campaigns.start(await parts.campaigns.plan(name), _actor(), _numbers(listing))
        work = Work(parts)
        try:
            await work.jobs.enqueue("campaigns.plan")
        finally:
            await work.close()
        return run

    asyncio.run(_change(do))


@campaigns.command()
@click.argument("name")
def pause(name: str) -> None:
    """Let nothing more of the run leave until it is resumed.

    \b
    Example:
      hub campaigns pause recall
    """
    asyncio.run(_change(lambda parts: parts.campaigns.pause(name, _actor())))


@campaigns.command()
@click.argument("name")
def resume(name: str) -> None:
    """Go on with a run that was paused.

    \b
    Example:
      hub campaigns resume recall
    """
    asyncio.run(_change(lambda parts: parts.campaigns.resume(name, _actor())))


@campaigns.command()
@click.argument("name")
def stop(name: str) -> None:
    """End a run for good. What has not left never will.

    \b
    Example:
      hub campaigns stop recall
    """
    asyncio.run(_change(lambda parts: parts.campaigns.stop(name, _actor())))


def _actor() -> "Actor":
    from hub.audit import Actor

    return Actor("system", "cli")


async def _change(do: "Callable[[Parts], Awaitable[Run]]") -> None:
    async with opened() as parts:
        run = await do(parts)
    click.echo(f"{run.name}: {run.state}", err=True)


@campaigns.command()
@click.argument("name")
def status(name: str) -> None:
    """Print how far the newest run has come, as one JSON object.

    \b
    Example:
      hub campaigns status appointment-reminder
    """
    asyncio.run(_status(name))


async def _status(name: str) -> None:
    async with opened() as parts:
        found = await parts.campaigns.status(name)
    click.echo(json.dumps(told(found), ensure_ascii=False))


def told(found: "Status") -> dict[str, object]:
    """A run's figures as plain values."""
    run = found.run
    return {
        "name": run.name,
        "id": run.id,
        "kind": run.kind,
        "state": run.state,
        "started": _at(run.started_at),
        "ended": _at(run.ended_at),
        "total": found.total,
        "steps": dict(found.steps),
        "skipped": dict(found.skipped),
        "deliveries": dict(found.deliveries),
        "answered": found.answered,
    }
