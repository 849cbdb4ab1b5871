"""`hub vendors`: the register of business associates, by which channels may carry protected health information."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hub.cli.context import opened

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.parts import Parts
    from hub.vendors import Vendor

R = TypeVar("R")
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_SERVICES = ("sms", "voice", "email", "push", "slack", "ehr", "understanding", "hosting", "backup", "keys", "other")
_AGREEMENTS = ("signed", "none", "own")


@click.group()
def vendors() -> None:
    """Keep the register of business associates. A channel whose vendor has no agreement on file carries links alone.

    \b
    Example:
      hub vendors record Twilio --service sms --service voice --signed 2026-01-15 --document "contracts/twilio-baa.pdf"
      hub vendors list
      hub vendors end Twilio --reason "moved to another carrier"
    """


@vendors.command("list")
@click.option("--all", "everything", is_flag=True, help="Also entries that ended.")
@click.option("--services", "services", is_flag=True, help="What holds for each service in use instead.")
def listing(everything: bool, services: bool) -> None:
    """Print the entries, or with --services what they come to, as one JSON object a line.

    \b
    Example:
      hub vendors list --services
    """

    async def work(parts: "Parts") -> list[dict[str, Any]]:
        from hub.vendors import carries

        now, register = parts.clock.now(), parts.vendors
        async with parts.db.read() as conn:
            if not services:
                today = register.day(now)
                found = await register.vendors(conn, everything=everything)
                return [_shown(one) | {"standing": one.on(today)} for one in found]
            states = await register.states(conn, now)
        return [
            {
                "service": service,
                "host": register.outside[service],
                "standing": found,
                "carries": carries(found, register.enforcing),
            }
            for service, found in states.items()
        ]

    for one in _run(work):
        click.echo(json.dumps(one, ensure_ascii=False))


@vendors.command()
@click.argument("name")
@click.option("--service", "services", multiple=True, required=True, type=click.Choice(_SERVICES), help="What they do.")
@click.option("--agreement", type=click.Choice(_AGREEMENTS), default="signed", help="`own`: the clinic runs it itself.")
@click.option("--signed", type=_DAY, help="The day that the agreement was signed on.")
@click.option("--expires", type=_DAY, help="Its last day; without it, it runs until it is ended.")
@click.option("--document", default="", help="Where the signed paper is.")
@click.option("--subcontractors", default="", help="Whom the vendor hands it on to.")
@click.option("--notes", default="", help="Such as which of the vendor's products are eligible. No patient's words.")
def record(
    name: str,
    services: tuple[str, ...],
    agreement: Any,
    signed: datetime | None,
    expires: datetime | None,
    document: str,
    subcontractors: str,
    notes: str,
) -> None:
    """Write down a vendor, or a renewed agreement; the vendor's entry before it ends. Prints the entry's id.

    \b
    Example:
      hub vendors record "Example Mail" --service email --signed 2026-02-01 --expires 2028-01-31 --document "safe 4"
    """

    async def work(parts: "Parts") -> str:
        from hub.audit import Actor
        from hub.vendors import NewVendor

        new = NewVendor(
            name=name,
            services=services,
            agreement=agreement,
            signed_on=signed.date() if signed else None,
            expires_on=expires.date() if expires else None,
            document=document,
            subcontractors=subcontractors,
            notes=notes,
        )
        return await parts.db.write(lambda conn: parts.vendors.record(conn, new, Actor("system", "cli")))

    click.echo(_run(work))


@vendors.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why: such as that the clinic moved to another vendor.")
def end(name: str, reason: str) -> None:
    """End a vendor's entry. What only they did has no agreement from then on.

    \b
    Example:
      hub vendors end "Example Mail" --reason "the contract ran out"
    """

    async def work(parts: "Parts") -> None:
        from hub.audit import Actor

        async def unit(conn: "AsyncConnection") -> None:
            await parts.vendors.end(conn, name, reason, Actor("system", "cli"))

        await parts.db.write(unit)

    _run(work)
    click.echo("ended", err=True)


def _shown(one: "Vendor") -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "services": one.services,
        "agreement": one.agreement,
        "signed_on": one.signed_on.isoformat() if one.signed_on else None,
        "expires_on": one.expires_on.isoformat() if one.expires_on else None,
        "document": one.document,
        "subcontractors": one.subcontractors,
        "notes": one.notes,
        "by": one.by,
        "at": one.at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "ended_why": one.ended_why or None,
    }


def _run(work: "Callable[[Parts], Awaitable[R]]") -> R:
    async def within() -> R:
        async with opened() as parts:
            return await work(parts)

    return asyncio.run(within())
