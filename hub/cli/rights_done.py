"""`hub rights approve`, `erase`, `restrict` and `lift`: what was asked for by right, carried out."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.audit import Actor
    from hub.parts import Parts

_BY = click.option("--by", metavar="EMAIL", required=True, help="Who of the staff does it: role compliance.")


@click.command()
@click.argument("request_id", metavar="ID")
@_BY
def approve(request_id: str, by: str) -> None:
    """Find that an erasure is to be carried out; somebody else does it: `hub rights erase`.

    \b
    Example:
      hub rights approve 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --by nora@example.org
    """

    async def unit(parts: "Parts", conn: "AsyncConnection") -> None:
        from hub.rights import Requests

        await Requests(parts).approve(conn, request_id, await _staff(parts, conn, by))

    _done(unit)
    click.echo("approved; somebody else carries it out: `hub rights erase`", err=True)


@click.command()
@click.argument("request_id", metavar="ID")
@_BY
def erase(request_id: str, by: str) -> None:
    """Carry out an approved erasure, which cannot be undone, and print its certificate.

    Refused, with the reason that whoever asked is told, by a legal hold, a duty to keep the record, or a visit to
    come. Older backups open until the keys are rotated: `hub keys rotate --destroy-older`.

    \b
    Example:
      hub rights erase 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --by omar@example.org
    """

    async def unit(parts: "Parts", conn: "AsyncConnection") -> Any:
        from hub.erasure import erase as erased

        return await erased(conn, parts, request_id, await _staff(parts, conn, by))

    from hub.retention import Issued

    done = _done(unit)
    if not isinstance(done, Issued):
        raise InputError(f"not erased: {done.detail}")
    signed = {"certificate": base64.b64encode(done.text).decode(), "signature": done.signature}
    click.echo(json.dumps({"seq": done.certificate.seq, "counts": dict(done.certificate.counts), **signed}))
    click.echo("erased; rotate the keys (`hub keys rotate --destroy-older`) and take a new backup", err=True)


@click.command()
@click.argument("request_id", metavar="ID")
@_BY
def restrict(request_id: str, by: str) -> None:
    """Restrict a record as was asked: the bot and campaigns are silent until it is lifted; staff answer by hand.

    \b
    Example:
      hub rights restrict 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --by nora@example.org
    """

    async def unit(parts: "Parts", conn: "AsyncConnection") -> str:
        from hub.rights import restrict as restricted

        return await restricted(conn, parts, request_id, await _staff(parts, conn, by))

    click.echo(_done(unit))


@click.command()
@click.argument("mrn")
@_BY
def lift(mrn: str, by: str) -> None:
    """End the restriction of a record. Whoever asked for it is to be told before.

    \b
    Example:
      hub rights lift A-1001 --by nora@example.org
    """

    async def unit(parts: "Parts", conn: "AsyncConnection") -> None:
        from hub.rights import lift as lifted

        person_id = await parts.people.by_mrn(conn, mrn)
        if person_id is None:
            raise InputError("no patient has this record number")
        await lifted(conn, parts, person_id, await _staff(parts, conn, by))

    _done(unit)
    click.echo("lifted", err=True)


COMMANDS = (approve, erase, restrict, lift)


async def _staff(parts: "Parts", conn: "AsyncConnection", email: str) -> "Actor":
    """Who of the staff has this mailbox, and may do it. Raises: InputError."""
    from hub.accounts.permissions import PERMISSIONS

    user = await parts.users.by_email(conn, email)
    if user is None or user.status != "active" or "rights:write" not in PERMISSIONS[user.role]:
        raise InputError("nobody of the staff with the role compliance has this mailbox")
    return user.actor


def _done(unit: "Callable[[Parts, AsyncConnection], Awaitable[Any]]") -> Any:
    async def work() -> Any:
        async with opened() as parts:
            return await parts.db.write(lambda conn: unit(parts, conn))

    return asyncio.run(work())
