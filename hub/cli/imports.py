"""`hub patients|schedule|appointments import`: what other systems know, from CSV."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.imports import Progress, Report
    from hub.parts import Parts

_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group()
def patients() -> None:
    """Bring patients in, and make one record of two.

    \b
    Example:
      hub patients import patients.csv
    """


@click.group()
def schedule() -> None:
    """Bring open slots in.

    \b
    Example:
      hub schedule import slots.csv
    """


@click.group()
def appointments() -> None:
    """Bring booked visits in.

    \b
    Example:
      hub appointments import visits.csv
    """


@patients.command("import")
@_FILE
def import_patients(file: Path) -> None:
    """Make or change patients, found again by `mrn`.

    \b
    Columns: mrn,given_name,family_name,birth_date,language,timezone,phone,email,
      preferred_channel,sms_consent,voice_consent,email_consent
      and, if there is one, state: the two letters of where they live
    Example:
      hub patients import patients.csv
    """
    from hub import imports

    async def work(parts: "Parts", progress: "Progress | None") -> "Report":
        return await imports.import_patients(
            file,
            db=parts.db,
            clock=parts.clock,
            people=parts.people,
            ledger=parts.ledger,
            region=parts.settings.region,
            progress=progress,
        )

    run_import(file, work)


@patients.command("merge")
@click.argument("mrn")
@click.argument("into_mrn")
@click.option("--reason", required=True, help="Why, in words; it is kept sealed.")
@click.option("--force", is_flag=True, help="Merge in spite of two birth dates that differ.")
def merge_patients(mrn: str, into_mrn: str, reason: str, force: bool) -> None:
    """Make the record MRN part of INTO_MRN, under which the patient goes on. It cannot be taken back.

    \b
    Example:
      hub patients merge A-1007 A-1002 --reason "entered twice at the front desk"
    """
    moved = asyncio.run(_merge(mrn, into_mrn, reason, force))
    for what, count in moved.items():
        click.echo(f"{what.replace('_', ' ')}: {count}")
    click.echo("merged" if moved else "they were merged before", err=True)


async def _merge(mrn: str, into_mrn: str, reason: str, force: bool) -> dict[str, int]:
    """How much was brought over, by kind. Raises: InputError."""
    from hub.audit import Actor
    from hub.identity import Merged, NotMerged

    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> "Merged | NotMerged | None":
            source, target = (
                await parts.people.by_mrn(conn, mrn, followed=False),
                await parts.people.by_mrn(conn, into_mrn),
            )
            if source is None or target is None:
                return None
            return await parts.merger.merge_in(conn, source, target, reason, Actor("system", "cli"), force=force)

        done = await parts.db.write(unit)
    if done is None:
        raise InputError("one of the two record numbers is unknown; see `GET /api/v1/patients?mrn=`")
    if isinstance(done, NotMerged):
        raise InputError(done.detail)
    return done.moved


@schedule.command("import")
@_FILE
def import_schedule(file: Path) -> None:
    """Make or change open slots; `start` is ISO 8601 with its offset.

    \b
    Columns: provider,specialty,visit_type,location,start,minutes
    Example:
      hub schedule import slots.csv
    """
    from hub import imports

    async def work(parts: "Parts", progress: "Progress | None") -> "Report":
        _ours(parts)
        return await imports.import_schedule(
            file, db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail, progress=progress
        )

    run_import(file, work)


@schedule.command("confidential")
@click.argument("visit_type")
@click.option("--off", is_flag=True, help="A type like any other again.")
def confidential(visit_type: str, off: bool) -> None:
    """Let nobody but the patient hear of visits of VISIT_TYPE: no guardian, and no address that somebody shares.

    \b
    Example:
      hub schedule confidential "Behavioral health"
    """
    if not asyncio.run(_confidential(visit_type, not off)):
        raise InputError("the calendar knows no such visit type; it must be written as in `hub schedule import`")
    click.echo("like any other" if off else "confidential", err=True)


async def _confidential(visit_type: str, confidential: bool) -> bool:
    """Whether there is such a visit type; it is marked, and the audit says so."""
    from bots.scheduling.names import Names
    from hub.audit import Actor
    from hub.proxies.hearing import mark_confidential

    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> bool:
            found = (await Names(parts.vault).read(conn)).id_of("visit_type", visit_type)
            if found is None:
                return False
            await mark_confidential(conn, found, confidential, parts.trail, Actor("system", "cli"))
            return True

        return await parts.db.write(unit)


@appointments.command("import")
@_FILE
def import_appointments(file: Path) -> None:
    """Make or change visits, found again by patient, provider and start.

    \b
    Columns: mrn,provider,visit_type,location,start,minutes,status
    Example:
      hub appointments import visits.csv
    """
    from hub import imports

    async def work(parts: "Parts", progress: "Progress | None") -> "Report":
        _ours(parts)
        return await imports.import_appointments(
            file, db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail, progress=progress
        )

    run_import(file, work)


def _ours(parts: "Parts") -> None:
    """Refuse to write into a calendar that is only a copy. Raises: InputError."""
    if parts.settings.ehr_url:
        raise InputError("slots and visits are the EHR's (HUB_SCHEDULING): change them there, and the hub hears of it")


def run_import(file: Path, work: "Callable[[Parts, Progress | None], Awaitable[Report]]") -> None:
    """Run an import with a progress bar on a terminal; exit 1 when a row was refused."""

    async def main(progress: "Progress | None") -> "Report":
        async with opened() as parts:
            return await work(parts, progress)

    with ExitStack() as stack:
        progress: Progress | None = None
        if sys.stderr.isatty():
            bar = stack.enter_context(click.progressbar(length=file.stat().st_size, label=file.name, file=sys.stderr))

            def progress(done: int, _total: int) -> None:
                bar.update(done - bar.pos)

        report = asyncio.run(main(progress))
    for problem in report.problems:
        click.echo(f"line {problem.line}: {problem.message}", err=True)
    if report.unlisted:
        click.echo(f"… and {report.unlisted} more", err=True)
    click.echo(f"{report.created} created, {report.updated} changed, {report.unchanged} as they were", err=True)
    if report.problems:
        raise SystemExit(1)
