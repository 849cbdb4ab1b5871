"""`hub numbers`: whether the clinic's numbers still belong to whom they did."""

import asyncio
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.context import opened
from hub.cli.imports import run_import

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.imports import Progress, Report
    from hub.parts import Parts


@click.group()
def numbers() -> None:
    """Ask a register of reassigned numbers, and bring in what it answered.

    \b
    Example:
      hub numbers list > ask.csv
      hub numbers import answered.csv
    """


@numbers.command("list")
def listing() -> None:
    """Print every number in use and the day on which it was last known to be the person's, as CSV: phone,date.

    The register takes such a file. It holds phone numbers: keep it as you keep a list of patients.

    \b
    Example:
      hub numbers list > ask.csv
    """
    asyncio.run(_list())


async def _list() -> None:
    from hub.audit import Actor, Entry

    count = 0
    async with opened() as parts:
        writer = csv.writer(sys.stdout)
        writer.writerow(("phone", "date"))
        async for one in parts.numbers.questions(parts.db):
            writer.writerow((one.number, one.known_on.isoformat()))
            count += 1
        entry = Entry(action="number.list", actor=Actor("system", "cli"), details={"numbers": count})

        async def unit(conn: "AsyncConnection") -> None:
            await parts.trail.record(conn, entry)

        await parts.db.write(unit)


@numbers.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def bring_in(file: Path) -> None:
    """Suspend the numbers that a register says were given up; staff are told, and consent is asked anew.

    An answer is yes, no or "no data"; the date is the day that was asked about.

    \b
    Columns: phone,date,answer
    Example:
      hub numbers import answered.csv
    """
    from hub.imports.numbers import import_numbers

    async def work(parts: "Parts", progress: "Progress | None") -> "Report":
        return await import_numbers(
            file,
            db=parts.db,
            clock=parts.clock,
            numbers=parts.numbers,
            region=parts.settings.region,
            progress=progress,
        )

    run_import(file, work)
