"""`hub users`: the staff who may sign in."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, cast

import click

from hub.accounts.permissions import PERMISSIONS
from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.accounts.permissions import Role
    from hub.accounts.users import User
    from hub.audit import Actor
    from hub.parts import Parts


@click.group()
def users() -> None:
    """Let staff in, and keep them out.

    \b
    Example:
      hub users add nurse@example.org --name "Priya Natarajan" --role agent
    """


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="How the user is called.")
@click.option("--role", required=True, type=click.Choice(tuple(PERMISSIONS)), help="What they may.")
@click.option("--language", type=click.Choice(("en", "es")), default="en", show_default=True, help="Of their pages.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--invite", is_flag=True, help="Ask for no password: print a link under which they set it.")
def add(email: str, name: str, role: str, language: str, password_stdin: bool, invite: bool) -> None:
    """Add a user. Their second factor they set up themselves when they first sign in.

    \b
    Example:
      hub users add nurse@example.org --name "Priya Natarajan" --role agent --invite
    """
    if invite and password_stdin:
        raise click.UsageError("give --invite or --password-stdin, not both")
    password = "" if invite else _password(password_stdin)
    asyncio.run(_add(email, name, cast("Role", role), language, password))


@users.command(name="list")
def list_() -> None:
    """List the users, one JSON object a line.

    \b
    Example:
      hub users list
    """
    asyncio.run(_list())


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """Let a user in no more; their sessions end at once.

    \b
    Example:
      hub users disable nurse@example.org
    """
    asyncio.run(_disable(email))


@users.command()
@click.argument("email")
@click.option("--factors", is_flag=True, help="Forget their second factors, too: they lost them.")
def reset(email: str, factors: bool) -> None:
    """Print a link under which a user sets a new password, good once and for an hour. A disabled one comes back so.

    \b
    Example:
      hub users reset nurse@example.org
    """
    asyncio.run(_reset(email, factors))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


async def _add(email: str, name: str, role: "Role", language: str, password: str) -> None:
    from hub.accounts.links import Links
    from hub.accounts.passwords import Passwords, explained, weakness

    async with opened() as parts:
        kept = None
        if password:
            weak = weakness(password, second=parts.settings.second_factor == "required", own=(name, email))
            if weak is not None:
                raise InputError(explained(weak, second=parts.settings.second_factor == "required"))
            kept = await Passwords(parts.settings.password_memory).hash(password)

        async def unit(conn: "AsyncConnection") -> str:
            user_id = await parts.users.add(
                conn,
                email=email,
                name=name,
                role=role,
                by=_by(),
                language="es" if language == "es" else "en",
                password_hash=kept,
            )
            if kept is not None:
                return ""
            return await Links(parts.vault, parts.clock).make(conn, "invitation", user_id=user_id)

        secret = await parts.db.write(unit)
        if secret:
            _show(parts, secret, "within three days")
    click.echo("added", err=True)


async def _list() -> None:
    async with opened() as parts, parts.db.read() as conn:
        found = await parts.users.all(conn)
    for one in found:
        shown = {
            "id": one.id,
            "email": one.email,
            "name": one.name,
            "role": one.role,
            "status": one.status,
            "second_factor": "app" if one.totp else None,
        }
        click.echo(json.dumps(shown, ensure_ascii=False))


async def _disable(email: str) -> None:
    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> None:
            user = await _known(parts, conn, email)
            await parts.users.disable(conn, user.id, _by())

        await parts.db.write(unit)
    click.echo("disabled", err=True)


async def _reset(email: str, factors: bool) -> None:
    from hub.accounts.factors import Factors
    from hub.accounts.links import Links

    async with opened() as parts:

        async def unit(conn: "AsyncConnection") -> str:
            user = await _known(parts, conn, email)
            await parts.users.enable(conn, user.id, _by())
            if factors:
                await Factors(parts.vault, parts.trail, parts.clock).drop_all(conn, user.id, _by())
            return await Links(parts.vault, parts.clock).make(conn, "reset", user_id=user.id)

        _show(parts, await parts.db.write(unit), "within an hour")


async def _known(parts: "Parts", conn: "AsyncConnection", email: str) -> "User":
    user = await parts.users.by_email(conn, email)
    if user is None:
        raise InputError("there is no user with this mailbox; `hub users list` shows all")
    return user


def _show(parts: "Parts", secret: str, while_good: str) -> None:
    click.echo(f"{parts.settings.base_url}/sign-in/link/{secret}")
    click.echo(f"good once, {while_good}: give it to nobody else", err=True)


def _by() -> "Actor":
    from hub.audit import Actor

    return Actor("system", "cli")
