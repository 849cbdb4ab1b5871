"""`hub rights`: what persons ask for by right: access, the accounting of disclosures, amendments; with its clock."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hub.cli import rights_done
from hub.cli.context import opened
from hub.cli.exports import moment
from hub.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.parts import Parts
    from hub.rights import Request, Requests

R = TypeVar("R")
_KINDS = ("access", "disclosures", "amendment", "erasure", "restriction")
_YEARS = 6


@click.group()
def rights() -> None:
    """Answer what a patient asks for by law, within its term.

    \b
    Example:
      hub rights access A-1001 --out access-a-1001
      hub rights disclosures A-1001
      hub rights list
    """


@rights.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was answered.")
@click.option("--mrn", help="Only of this person.")
def listing(everything: bool, mrn: str | None) -> None:
    """Print requests, those due first at the top, as one JSON object a line.

    \b
    Example:
      hub rights list --all
    """

    async def work(parts: "Parts") -> "tuple[list[Request], dict[str, str]]":
        from hub.audit import Actor, Entry
        from hub.rights import Requests

        async def unit(conn: "AsyncConnection") -> "tuple[list[Request], dict[str, str]]":
            person_id = None if mrn is None else await person_of(parts, conn, mrn)
            found = await Requests(parts).page(conn, state=None if everything else "open", person_id=person_id)
            ids = sorted({one.person_id for one in found})
            persons = await parts.people.many(conn, ids)
            seen = [Entry(action="rights.read", actor=Actor("system", "cli"), person_id=one) for one in ids]
            await parts.trail.record(conn, *seen)
            return found, {one: persons[one].profile.mrn for one in persons}

        return await parts.db.write(unit)

    found, numbers = run(work)
    for one in found:
        click.echo(json.dumps(_shown(one, numbers.get(one.person_id, "")), ensure_ascii=False))


@rights.command("open")
@click.argument("mrn")
@click.option("--kind", type=click.Choice(_KINDS), required=True)
@click.option("--received", help="The day or moment that it came in; now, if not given.")
@click.option("--words", default="", help="What was asked for.")
@click.option("--rules", help="By which rules, where not by those that hold here: see docs/rights.md.")
def opening(mrn: str, kind: str, received: str | None, words: str, rules: str | None) -> None:
    """Write down a request when it came in: its clock runs from then.

    \b
    Example:
      hub rights open A-1001 --kind access --received 2026-03-02
    """
    _echo(run(lambda parts: _open(parts, mrn, kind, received, words, rules, None)), mrn)


@rights.command()
@click.argument("mrn")
@click.option("--words", required=True, help="What is to be amended, and why.")
@click.option("--message", help="Of which message, by its id.")
@click.option("--received", help="The day or moment that it came in; now, if not given.")
def amend(mrn: str, words: str, message: str | None, received: str | None) -> None:
    """Write down that a patient asks for an amendment: a note in the thread, and a request with its clock.

    \b
    Example:
      hub rights amend A-1001 --words "I never said that I smoke"
    """
    _echo(run(lambda parts: _open(parts, mrn, "amendment", received, words, None, message)), mrn)


@rights.command()
@click.argument("request_id", metavar="ID")
@click.option("--reason", required=True, help="Why it takes longer; whoever asked is to be told.")
def extend(request_id: str, reason: str) -> None:
    """Put a request off, once, before it is due.

    \b
    Example:
      hub rights extend 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --reason "the record is with the archive"
    """
    from hub.audit import Actor

    _echo(_change(lambda book, conn: book.extend(conn, request_id, reason, Actor("system", "cli"))))


@rights.command()
@click.argument("request_id", metavar="ID")
@click.option("--words", default="", help="What was done.")
def fulfil(request_id: str, words: str) -> None:
    """Note that a request was fulfilled otherwise than by `hub rights access` or `disclosures`.

    \b
    Example:
      hub rights fulfil 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --words "handed over on paper"
    """
    from hub.audit import Actor

    _echo(_change(lambda book, conn: book.end(conn, request_id, "fulfilled", words, Actor("system", "cli"))))


@rights.command()
@click.argument("request_id", metavar="ID")
@click.option("--reason", required=True, help="On what ground; whoever asked is to be told.")
def deny(request_id: str, reason: str) -> None:
    """Note that a request was denied, and why.

    \b
    Example:
      hub rights deny 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581 --reason "the record is accurate and complete"
    """
    from hub.audit import Actor

    _echo(_change(lambda book, conn: book.end(conn, request_id, "denied", reason, Actor("system", "cli"))))


@rights.command()
@click.argument("mrn")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder for what the patient gets.")
@click.option("--format", "form", type=click.Choice(("html", "pdf", "jsonl", "csv", "eml", "fhir")), default="html")
def access(mrn: str, out: Path, form: str) -> None:
    """Write all that is on record of a patient's conversation and consent, and note the request as fulfilled.

    Where no request was written down before, one that came in now is. Broken off, the same command goes on.

    \b
    Example:
      hub rights access A-1001 --out access-a-1001
    """

    async def work(parts: "Parts") -> "tuple[Request, int]":
        from hub.audit import Actor
        from hub.evidence import gathered, noted, page
        from hub.exports import Asked, Folder, Format, export, signed_manifest
        from hub.rights import Kind, Requests

        actor, book = Actor("system", "cli"), Requests(parts)
        folder, finished = Folder(out / "conversation"), (out / "conversation" / "manifest.json").exists()
        if finished:
            async with parts.db.read() as conn:
                if await book.open_of(conn, await person_of(parts, conn, mrn), Kind.ACCESS) is None:
                    raise InputError(f"{out} holds what was handed over before: name a new folder")
        opened_one = await _opened(parts, mrn, Kind.ACCESS)
        Folder(out).make()
        if finished:
            manifest = signed_manifest(out / "conversation", parts.vault.keyring.signing_key().public_key())
            if manifest.asked.person_id != opened_one.person_id:
                raise InputError(f"{out} holds what is of somebody else: name a new folder")
        else:
            asked = Asked(format=Format(form), profile="patient", person_id=opened_one.person_id)
            manifest = await export(parts, asked, folder, actor)

        async def evidence(conn: "AsyncConnection") -> Any:
            await noted(conn, parts, opened_one.person_id, actor)
            return await gathered(conn, parts, opened_one.person_id)

        found = await parts.db.write(evidence)
        if found is not None:
            consent = out / "consent.html"
            consent.touch(mode=0o600)
            consent.write_text(page(found), encoding="utf-8")

        async def unit(conn: "AsyncConnection") -> "Request":
            words = "handed over as an export"
            return await book.end(conn, opened_one.id, "fulfilled", words, actor, export_id=manifest.id)

        return await parts.db.write(unit), manifest.totals.messages

    done, messages = run(work)
    _echo(done, mrn)
    click.echo(f"wrote {messages} messages into {out}/conversation, and the record of consent beside it", err=True)


@rights.command()
@click.argument("mrn")
@click.option("--since", help="From this day on; six years back, if not given.")
def disclosures(mrn: str, since: str | None) -> None:
    """Print to whom what was disclosed of a patient, newest first, as one JSON object a line.

    Left out is what was for treatment, payment and operations, and what the patient was told. An open request for it is
    noted as fulfilled.

    \b
    Example:
      hub rights disclosures A-1001
    """

    async def work(parts: "Parts") -> Any:
        from hub.audit import Actor, Entry
        from hub.rights import Disclosures, Kind, Requests

        actor, book = Actor("system", "cli"), Requests(parts)
        since_at = begins(parts, since)

        async def unit(conn: "AsyncConnection") -> Any:
            person_id = await person_of(parts, conn, mrn)
            asked = await book.open_of(conn, person_id, Kind.DISCLOSURES)
            await parts.trail.record(conn, Entry(action="rights.read", actor=actor, person_id=person_id))
            found = await Disclosures(parts).of(conn, person_id, since_at)
            if asked is not None:
                await book.end(conn, asked.id, "fulfilled", f"accounted for {len(found)} disclosures", actor)
            return found

        return await parts.db.write(unit)

    for one in run(work):
        shown = {"at": at_text(one.at), "to": one.told.to, "where": one.told.where or None, "what": one.told.what}
        click.echo(json.dumps(shown | {"why": one.told.why, "export": one.export_id}, ensure_ascii=False))


@rights.command()
@click.argument("mrn")
@click.option("--to", required=True, help="To whom: name, and address if known.")
@click.option("--what", required=True, help="What was disclosed, in short.")
@click.option("--why", required=True, help="Why, or by whose request.")
@click.option("--at", "when", help="When; now, if not given.")
def disclosed(mrn: str, to: str, what: str, why: str, when: str | None) -> None:
    """Write down that something of a patient was disclosed to somebody else.

    \b
    Example:
      hub rights disclosed A-1001 --to "County health office" --what "visit of 2026-03-02" --why "reporting by law"
    """

    async def work(parts: "Parts") -> str:
        from hub.audit import Actor
        from hub.rights import Disclosure, Disclosures

        at = moment(when, parts.settings.timezone, "--at")

        async def unit(conn: "AsyncConnection") -> str:
            person_id = await person_of(parts, conn, mrn)
            told = Disclosure(to=to, what=what, why=why)
            return await Disclosures(parts).record(conn, person_id, told, Actor("system", "cli"), at=at)

        return await parts.db.write(unit)

    click.echo(run(work))


for _command in rights_done.COMMANDS:
    rights.add_command(_command)


def begins(parts: "Parts", since: str | None) -> datetime:
    """From when on is told: six years back, if nothing is said."""
    begins = moment(since, parts.settings.timezone, "--since")
    return begins or parts.clock.now() - timedelta(days=round(_YEARS * 365.25))


def run(work: "Callable[[Parts], Awaitable[R]]") -> R:
    """What `work` comes to with the parts of an open hub."""

    async def main() -> R:
        async with opened() as parts:
            return await work(parts)

    return asyncio.run(main())


def _change(change: "Callable[[Requests, AsyncConnection], Awaitable[Request]]") -> "Request":
    async def work(parts: "Parts") -> "Request":
        from hub.rights import Requests

        return await parts.db.write(lambda conn: change(Requests(parts), conn))

    return run(work)


async def person_of(parts: "Parts", conn: "AsyncConnection", mrn: str) -> str:
    """The id of the patient with a record number. Raises: InputError."""
    found = await parts.people.by_mrn(conn, mrn)
    if found is None:
        raise InputError("no patient has this record number")
    return found


async def _open(
    parts: "Parts", mrn: str, kind: str, received: str | None, words: str, rules: str | None, message: str | None
) -> "Request":
    from hub.audit import Actor
    from hub.rights import Kind, NewRequest, Requests

    book = Requests(parts)
    at = moment(received, parts.settings.timezone, "--received") or parts.clock.now()

    async def unit(conn: "AsyncConnection") -> "Request":
        new = NewRequest(
            person_id=await person_of(parts, conn, mrn),
            kind=Kind(kind),
            received_at=at,
            words=words,
            rules=rules,
            message_id=message,
        )
        made = await book.open(conn, new, Actor("system", "cli"))
        found = await book.get(conn, made)
        assert found is not None
        return found

    return await parts.db.write(unit)


async def _opened(parts: "Parts", mrn: str, kind: Any) -> "Request":
    """The person's open request of this kind, or a new one that came in now."""
    from hub.rights import Requests

    async with parts.db.read() as conn:
        found = await Requests(parts).open_of(conn, await person_of(parts, conn, mrn), kind)
    return found or await _open(parts, mrn, str(kind), None, "", None, None)


def _echo(one: "Request", mrn: str = "") -> None:
    click.echo(json.dumps(_shown(one, mrn), ensure_ascii=False))


def _shown(one: "Request", mrn: str) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": one.id,
        "mrn": mrn or None,
        "kind": one.kind.value,
        "rules": f"{one.rules.name} {one.version}",
        "state": one.state,
        "received": at_text(one.received_at),
        "due": at_text(one.due_at),
        "days_left": one.clock.days,
        "overdue": one.clock.overdue,
        "extended": one.extended_at is not None,
        "extends_to": at_text(one.clock.extends_to),
        "ended": at_text(one.ended_at),
        "export": one.export_id,
    }
    words = {"words": one.details.words, "extension_reason": one.details.extension, "answer": one.details.ended}
    return shown | {name: text for name, text in words.items() if text}


def at_text(moment: "datetime | None") -> str | None:
    """A moment as it is printed."""
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
