"""`hub tokens`: who may use the API."""

import asyncio
import json
import uuid
from typing import TYPE_CHECKING

import click

from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@click.group()
def tokens() -> None:
    """Make, list and revoke API tokens.

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


@tokens.command("list")
def listing() -> None:
    """Print every token as one JSON object a line: id, name, scopes, created, revoked; never the token itself.

    \b
    Example:
      hub tokens list
    """
    asyncio.run(_list())


async def _list() -> None:
    from hub.api.tokens import known

    async with opened() as parts, parts.db.read() as conn:
        found = await known(conn)
    for one in found:
        shown = {
            "id": one.id,
            "name": one.name,
            "scopes": one.scopes,
            "created": _at(one.created_at),
            "revoked": _at(one.revoked_at) if one.revoked_at else None,
        }
        click.echo(json.dumps(shown, ensure_ascii=False))


def _at(moment: "datetime") -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@tokens.command()
@click.argument("token_id", metavar="ID")
def revoke(token_id: str) -> None:
    """End a token, from its next request on. `hub tokens list` shows its ID.

    \b
    Example:
      hub tokens revoke 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581
    """
    asyncio.run(_revoke(_id(token_id)))


def _id(given: str) -> str:
    """The id as the hub writes it. What was given is not said back: it may be a token, taken for its id."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise InputError("that is not the id of a token; `hub tokens list` shows the ids") from None


async def _revoke(token_id: str) -> None:
    from hub.api.tokens import revoke as end
    from hub.audit import Actor

    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> bool:
            return await end(conn, token_id, trail=parts.trail, clock=parts.clock, actor=Actor("system", "cli"))

        if not await parts.db.write(unit):
            raise InputError("no token in use has this id; `hub tokens list` shows each and when it was revoked")
    click.echo("revoked", err=True)
