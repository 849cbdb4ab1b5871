"""`hub consents`: what proves a person's consent, and addresses that are to be left in peace."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.context import opened
from hub.cli.imports import run_import
from hub.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.evidence import Evidence
    from hub.imports import Progress, Report
    from hub.parts import Parts


@click.group()
def consents() -> None:
    """Write out what proves a person's consent; keep addresses silent that asked elsewhere.

    \b
    Example:
      hub consents evidence A-1001 --out consent.pdf
    """


@consents.command()
@click.argument("mrn")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A .html or .pdf file.")
def evidence(mrn: str, out: Path) -> None:
    """Write every decision of a person with its proof into a file, as HTML or PDF by its ending.

    The file holds what is protected: only its owner can read it. That it was made is audited.

    \b
    Example:
      hub consents evidence A-1001 --out consent.html
    """
    if out.suffix not in (".html", ".pdf"):
        raise InputError("--out must end in .html or .pdf")
    found = asyncio.run(_gathered(mrn))
    from hub.evidence import page, pdf

    content = pdf(found) if out.suffix == ".pdf" else page(found).encode()
    out.touch(mode=0o600)
    out.chmod(0o600)
    out.write_bytes(content)
    click.echo(f"wrote {out}: {len(found.decisions)} decisions", err=True)


@consents.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def suppress(file: Path) -> None:
    """Keep addresses silent that asked another system for it, whether or not they are on the books yet.

    A line has a phone number or a mailbox.

    \b
    Columns: phone,email
    Example:
      hub consents suppress asked-for-silence.csv
    """
    from hub.imports.suppressions import import_suppressions

    async def work(parts: "Parts", progress: "Progress | None") -> "Report":
        return await import_suppressions(
            file,
            db=parts.db,
            clock=parts.clock,
            ledger=parts.ledger,
            trail=parts.trail,
            blind=parts.vault.blind,
            region=parts.settings.region,
            progress=progress,
        )

    run_import(file, work)


async def _gathered(mrn: str) -> "Evidence":
    from hub.audit import Actor
    from hub.evidence import gathered, noted

    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> "Evidence | None":
            person_id = await parts.people.by_mrn(conn, mrn)
            if person_id is None:
                return None
            await noted(conn, parts, person_id, Actor("system", "cli"))
            return await gathered(conn, parts, person_id)

        found = await parts.db.write(unit)
    if found is None:
        raise InputError("no patient has this record number")
    return found
