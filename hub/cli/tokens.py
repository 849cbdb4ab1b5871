"""`hub tokens`: who may use the API."""

import asyncio
from typing import TYPE_CHECKING

import click

from hub.cli.context import opened

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@click.group()
def tokens() -> None:
    """Make API tokens.

    \b
    Example:
      hub tokens new ehr --scope patients:read --scope messages:write
    """


@tokens.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; repeat for more; * is all.")
def new(name: str, scopes: tuple[str, ...]) -> None:
    """Make a token and print it, once.

    \b
    Example:
      hub tokens new ehr --scope patients:read --scope messages:write
    """
    asyncio.run(_new(name, scopes))


async def _new(name: str, scopes: tuple[str, ...]) -> None:
    from hub.api.tokens import new_token
    from hub.audit import Actor

    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> str:
            return await new_token(
                conn, name, scopes, trail=parts.trail, clock=parts.clock, actor=Actor("system", "cli")
            )

        click.echo(await parts.db.write(unit))
