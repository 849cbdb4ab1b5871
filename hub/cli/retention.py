"""`hub dispose`, `hub disposals` and `hub retention`: what is disposed of, what proves it, and what must be kept."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from hub.cli.context import opened
from hub.errors import HubError, InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.parts import Parts

R = TypeVar("R")


class DisposalRefused(HubError):
    """Disposal was refused: a hold, a visit to come, a request that is open."""

    code = "disposal_refused"


class CertificateWrong(HubError):
    """A certificate of disposal does not hold, or older keys would still open what was disposed of."""

    code = "certificate_wrong"


@click.command()
@click.argument("mrn")
@click.option("--reason", required=True, help="Why; it stands in the certificate.")
@click.option("--keep-keys", is_flag=True, help="Do not rotate now: older backups open until `keys rotate` destroys.")
def dispose(mrn: str, reason: str, keep_keys: bool) -> None:
    """Dispose of one person: destroy their keys, indexes, files and drafts. It cannot be undone.

    Kept are the audit, what a STOP left, and rows that say nothing of who it was. Refused while a legal hold is in
    force. Then the key-encryption key is rotated and the older ones are destroyed, so that no older backup opens by
    the keyring of today: see docs/retention.md before. Prints the signed certificate.

    \b
    Example:
      hub dispose A-1001 --reason "erasure asked for on 2 March"
    """
    if not reason.strip():
        raise InputError("--reason must say why")

    async def work(parts: "Parts") -> "tuple[dict[str, object], tuple[str, ...] | None]":
        from hub.audit import Actor
        from hub.retention import Issued, Refused, rotate
        from hub.retention import dispose as disposed

        actor = Actor("system", "cli")

        async def unit(conn: "AsyncConnection") -> "Issued | Refused":
            person_id = await parts.people.by_mrn(conn, mrn)
            if person_id is None:
                raise InputError("no patient has this record number")
            return await disposed(conn, parts, person_id, reason=reason.strip(), actor=actor)

        done = await parts.db.write(unit)
        if isinstance(done, Refused):
            raise DisposalRefused(f"not disposed of: {done.detail}")
        rotated = None if keep_keys else (await rotate(parts, actor, destroy_older=True)).destroyed
        await parts.db.forget_deleted()
        return {"certificate": json.loads(done.text), "signature": done.signature}, rotated

    shown, destroyed = _run(work)
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    if destroyed is None:
        click.echo("the keys were kept: older backups open until `hub keys rotate --destroy-older`", err=True)
    else:
        click.echo(f"destroyed {len(destroyed)} older keys: back up database and keyring now", err=True)
        click.echo("destroy the older backups of the keyring, too: with one, older backups would open", err=True)


@click.group()
def disposals() -> None:
    """The log of what was disposed of.

    \b
    Example:
      hub disposals verify
    """


@disposals.command("list")
def listing() -> None:
    """Print the certificates with their signatures, oldest first, as one JSON object a line.

    \b
    Example:
      hub disposals list
    """

    async def work(parts: "Parts") -> list[dict[str, object]]:
        from hub.retention import issued_since

        async with parts.db.read() as conn:
            return [
                {"certificate": json.loads(one.text), "signature": one.signature}
                async for one in issued_since(conn, parts)
            ]

    for one in _run(work):
        click.echo(json.dumps(one, ensure_ascii=False))


@disposals.command()
def verify() -> None:
    """Check every certificate: its signature, that none is missing, that the keys of its time are destroyed.

    \b
    Example:
      hub disposals verify
    """

    async def work(parts: "Parts") -> tuple[int, int]:
        from hub.retention import proved, waiting

        async with parts.db.read() as conn:
            count, fault = await proved(conn, parts)
            if fault is not None:
                raise CertificateWrong(fault)
            return count, await waiting(conn)

    count, copies = _run(work)
    click.echo(f"intact: {count} certificates; no key of before any of them is in the keyring")
    if copies:
        click.echo(
            f"{copies} copies at providers are still to be deleted: the job copies.delete asks for them", err=True
        )


@click.group()
def retention() -> None:
    """How long records are kept, and legal holds.

    \b
    Example:
      hub retention run --dry-run
    """


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@click.option("--policy", "named", default="", help="A policy's name or file; HUB_RETENTION_POLICY, if not given.")
@click.option("--keep-keys", is_flag=True, help="Do not rotate then: older backups open until `keys rotate` destroys.")
def run(dry_run: bool, named: str, keep_keys: bool) -> None:
    """Dispose of what is past its retention, and print the counts; legal holds win. First do it with --dry-run.

    Without a policy named, the one of the clinic's state or country is taken.

    \b
    Example:
      hub retention run --dry-run
    """

    async def work(parts: "Parts") -> dict[str, object]:
        from hub.audit import Actor
        from hub.retention import policy_for, rotate
        from hub.retention import run as ran

        settings, actor = parts.settings, Actor("system", "cli")
        policy = policy_for(named or settings.retention_policy, settings.region, settings.state)
        counts = await ran(parts, policy, actor, dry_run=dry_run)
        if counts.get("persons") and not dry_run and not keep_keys:
            done = await rotate(parts, actor, destroy_older=True)
            click.echo(f"destroyed {len(done.destroyed)} older keys: back up database and keyring now", err=True)
        return {"policy": str(policy), "dry_run": dry_run, "counts": counts}

    click.echo(json.dumps(_run(work)))


@retention.command()
@click.argument("mrn")
@click.option("--reason", required=True, help="Why; such as the number of the case.")
def hold(mrn: str, reason: str) -> None:
    """Put a legal hold on a person's records: until it is released nothing of them is disposed of. Prints its id.

    \b
    Example:
      hub retention hold A-1001 --reason "case 26-1188"
    """

    async def work(parts: "Parts") -> str:
        from hub.audit import Actor
        from hub.retention import hold as held

        async def unit(conn: "AsyncConnection") -> str:
            person_id = await parts.people.by_mrn(conn, mrn)
            if person_id is None:
                raise InputError("no patient has this record number")
            return await held(conn, parts, person_id, reason, Actor("system", "cli"))

        return await parts.db.write(unit)

    click.echo(_run(work))


@retention.command()
@click.argument("hold_id", metavar="ID")
@click.option("--reason", default="", help="Why; such as that the case is over.")
def release(hold_id: str, reason: str) -> None:
    """Release a legal hold.

    \b
    Example:
      hub retention release 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --reason "case 26-1188 was settled"
    """

    async def work(parts: "Parts") -> None:
        from hub.audit import Actor
        from hub.retention import release as released

        await parts.db.write(lambda conn: released(conn, parts, hold_id, Actor("system", "cli"), reason=reason))

    _run(work)
    click.echo("released", err=True)


@retention.command("holds")
@click.option("--all", "everything", is_flag=True, help="Also those that were released.")
def listed(everything: bool) -> None:
    """Print the legal holds in force, oldest first, as one JSON object a line.

    \b
    Example:
      hub retention holds
    """

    async def work(parts: "Parts") -> list[dict[str, object]]:
        from hub.audit import Actor, Entry
        from hub.retention import placed

        async def unit(conn: "AsyncConnection") -> list[dict[str, object]]:
            found = await placed(conn, parts, everything=everything)
            persons = await parts.people.many(conn, sorted({one.person_id for one in found}))
            seen = [Entry(action="hold.read", actor=Actor("system", "cli"), person_id=one) for one in persons]
            await parts.trail.record(conn, *seen)
            return [
                {
                    "id": one.id,
                    "mrn": persons[one.person_id].profile.mrn or None,
                    "reason": one.reason,
                    "released_why": one.released_why or None,
                    "by": one.by,
                    "at": one.at.isoformat(),
                    "released_at": one.released_at.isoformat() if one.released_at else None,
                }
                for one in found
            ]

        return await parts.db.write(unit)

    for one in _run(work):
        click.echo(json.dumps(one, ensure_ascii=False))


COMMANDS = (dispose, disposals, retention)


def _run(work: "Callable[[Parts], Awaitable[R]]") -> R:
    async def within() -> R:
        async with opened() as parts:
            return await work(parts)

    return asyncio.run(within())
