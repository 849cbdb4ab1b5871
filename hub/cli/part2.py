"""`hub part2`: records under 42 CFR Part 2: what is a program's, who is labelled, who consented to disclosure."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import click

from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.parts import Parts

R = TypeVar("R")
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def part2() -> None:
    """Records of substance use disorder treatment, under 42 CFR Part 2. See docs/part2.md.

    \b
    Example:
      hub part2 mark "Recovery visit"
      hub part2 consent A-1001 --signed 2026-03-02 --document "safe 4"
    """


@part2.command()
@click.argument("name")
@click.option("--specialty", is_flag=True, help="It is a specialty's name, and not a visit type's.")
@click.option("--off", is_flag=True, help="Not a program's any more. Who was labelled stays labelled.")
def mark(name: str, specialty: bool, off: bool) -> None:
    """Say that a visit type or specialty is a Part 2 program's: whoever has such a visit is labelled, now and later.

    \b
    Example:
      hub part2 mark "Addiction medicine" --specialty
    """

    async def work(parts: "Parts") -> int:
        from bots.scheduling.names import Names
        from hub.audit import Actor
        from hub.part2 import mark as marked

        async def unit(conn: "AsyncConnection") -> int:
            directory = await Names(parts.vault).read(conn)
            found = directory.id_of("specialty" if specialty else "visit_type", name)
            if found is None:
                raise InputError("the calendar knows no such name; it must be written as in `hub schedule import`")
            return await marked(conn, found, not off, parts.trail, Actor("system", "cli"), parts.clock.now())

        return await parts.db.write(unit)

    count = _run(work)
    click.echo("not a program's any more" if off else f"a Part 2 program's; labelled {count} persons", err=True)


@part2.command()
@click.argument("mrn")
@click.option("--off", is_flag=True, help="Take the label away; refused while they have visits of a program.")
def label(mrn: str, off: bool) -> None:
    """Label a person's records by hand.

    \b
    Example:
      hub part2 label A-1001
    """

    async def work(parts: "Parts") -> bool:
        from hub.audit import Actor
        from hub.part2 import label as labelled
        from hub.part2 import unlabel

        async def unit(conn: "AsyncConnection") -> bool:
            does = unlabel if off else labelled
            person_id = await _person(parts, conn, mrn)
            return await does(conn, person_id, parts.trail, Actor("system", "cli"), parts.clock.now())

        return await parts.db.write(unit)

    done = _run(work)
    click.echo(("not labelled any more" if off else "labelled") if done else "nothing to change", err=True)


@part2.command()
@click.argument("mrn")
@click.option("--signed", type=_DAY, required=True, help="The day that the patient signed on.")
@click.option("--expires", type=_DAY, help="Its last day; without it, it holds until it is revoked.")
@click.option("--document", required=True, help="Where the signed paper is.")
def consent(mrn: str, signed: datetime, expires: datetime | None, document: str) -> None:
    """Write down a patient's consent to all disclosures for treatment, payment and operations. Prints its id.

    \b
    Example:
      hub part2 consent A-1001 --signed 2026-03-02 --document "safe 4"
    """

    async def work(parts: "Parts") -> str:
        from hub.audit import Actor
        from hub.part2 import Given
        from hub.part2 import consent as consented

        now = parts.clock.now()
        today = now.astimezone(parts.settings.timezone).date()
        given = Given(signed_on=signed.date(), expires_on=expires.date() if expires else None)

        async def unit(conn: "AsyncConnection") -> str:
            person_id, actor = await _person(parts, conn, mrn), Actor("system", "cli")
            return await consented(conn, parts.vault, parts.trail, person_id, given, document, actor, now, today)

        return await parts.db.write(unit)

    click.echo(_run(work))


@part2.command()
@click.argument("mrn")
def revoke(mrn: str) -> None:
    """Write down that a patient revoked what they consented to.

    \b
    Example:
      hub part2 revoke A-1001
    """

    async def work(parts: "Parts") -> int:
        from hub.audit import Actor
        from hub.part2 import revoke as revoked

        async def unit(conn: "AsyncConnection") -> int:
            person_id = await _person(parts, conn, mrn)
            return await revoked(conn, parts.trail, person_id, Actor("system", "cli"), parts.clock.now())

        return await parts.db.write(unit)

    click.echo(f"revoked {_run(work)}", err=True)


@part2.command()
@click.argument("mrn")
def show(mrn: str) -> None:
    """Print whether a person is labelled, and what they consented to, as a JSON object.

    \b
    Example:
      hub part2 show A-1001
    """

    async def work(parts: "Parts") -> dict[str, object]:
        from hub.audit import Actor, Entry
        from hub.part2 import consents, labelled

        async def unit(conn: "AsyncConnection") -> dict[str, object]:
            person_id = await _person(parts, conn, mrn)
            seen = Entry(action="part2.read", actor=Actor("system", "cli"), person_id=person_id)
            await parts.trail.record(conn, seen)
            found = await consents(conn, parts.vault, person_id)
            return {
                "mrn": mrn,
                "labelled": bool(await labelled(conn, [person_id])),
                "consents": [
                    {
                        "id": one.id,
                        "signed_on": one.signed_on.isoformat(),
                        "expires_on": one.expires_on.isoformat() if one.expires_on else None,
                        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
                        "document": one.document,
                        "by": one.by,
                        "at": one.at.isoformat(),
                    }
                    for one in found
                ],
            }

        return await parts.db.write(unit)

    click.echo(json.dumps(_run(work), ensure_ascii=False))


async def _person(parts: "Parts", conn: "AsyncConnection", mrn: str) -> str:
    found = await parts.people.by_mrn(conn, mrn)
    if found is None:
        raise InputError("no patient has this record number")
    return found


def _run(work: "Callable[[Parts], Awaitable[R]]") -> R:
    async def within() -> R:
        async with opened() as parts:
            return await work(parts)

    return asyncio.run(within())
