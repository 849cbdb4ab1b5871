"""`hub audit`: proof."""

import asyncio
from pathlib import Path

import click

from hub.cli.context import opened


@click.group()
def audit() -> None:
    """Check the audit chain, and copy what is signed of it to another machine.

    \b
    Example:
      hub audit verify
      hub audit copy > /media/vault/audit.jsonl
    """


@audit.command()
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Copies of checkpoints that `hub audit copy` printed: what was cut off since is found by them.",
)
def verify(against: Path | None) -> None:
    """Walk the whole audit chain; exit 1 and name the first fault if there is one. What came of it is audited.

    \b
    Example:
      hub audit verify
      hub audit verify --against /media/vault/audit.jsonl
    """
    asyncio.run(_verify(None if against is None else against.read_text().splitlines()))


@audit.command()
def copy() -> None:
    """Print the newest signed checkpoint as one JSON object on one line: keep it on another machine.

    \b
    Example:
      hub audit copy >> /media/vault/audit.jsonl
    """
    asyncio.run(_copy())


async def _verify(against: list[str] | None) -> None:
    from hub.audit import Actor, Entry
    from hub.audit import verify as walk
    from hub.audit.copies import compare
    from hub.errors import AuditBroken

    async with opened() as parts:
        public = parts.vault.keyring.signing_key().public_key()
        details: dict[str, str | int | None] = {}
        try:
            async with parts.db.read() as conn:
                found = await walk(conn, public)
                copies = 0 if against is None else await compare(conn, public, against)
            details = {"links": found.links, "checkpoints": found.checkpoints}
        except AuditBroken as error:
            details = {"fault": str(error)}
            raise
        finally:
            if details:
                entry = Entry(action="audit.verify", actor=Actor("system", "cli"), details=details)
                await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    compared = f", {copies} copies agree" if against is not None else ""
    click.echo(
        f"intact: {found.links} links, {found.checkpoints} signed checkpoints, "
        f"{found.waiting} entries not yet chained{compared}"
    )


async def _copy() -> None:
    from hub.audit import Actor, Entry
    from hub.audit.copies import newest
    from hub.errors import InputError

    async with opened() as parts:
        await parts.sealer.seal()
        await parts.sealer.checkpoint()
        async with parts.db.read() as conn:
            found = await newest(conn)
        if found is None:
            raise InputError("nothing is signed yet: the audit is empty")
        entry = Entry(action="audit.copy", actor=Actor("system", "cli"), details={"seq": found.seq})
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    click.echo(found.line())
