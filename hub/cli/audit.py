"""`hub audit`: proof."""

import asyncio

import click

from hub.cli.context import opened


@click.group()
def audit() -> None:
    """Check the audit chain.

    \b
    Example:
      hub audit verify
    """


@audit.command()
def verify() -> None:
    """Walk the whole audit chain; exit 1 and name the first fault if there is one.

    \b
    Example:
      hub audit verify
    """
    asyncio.run(_verify())


async def _verify() -> None:
    from hub.audit import verify as walk

    async with opened() as parts, parts.db.read() as conn:
        found = await walk(conn, parts.vault.keyring.signing_key().public_key())
    click.echo(
        f"intact: {found.links} links, {found.checkpoints} signed checkpoints, {found.waiting} entries not yet chained"
    )
