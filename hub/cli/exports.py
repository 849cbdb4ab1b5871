"""`hub export`: conversations written out, with what proves that nothing was changed; and that proof checked."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.context import opened
from hub.errors import InputError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from hub.exports import Asked, Manifest
    from hub.parts import Parts

_FORMATS = ("jsonl", "csv", "html", "pdf", "eml", "fhir")
_CHANNELS = ("sms", "voice", "email", "push", "portal")
_BASES = ("inside", "patient", "consent", "written", "court-order", "emergency", "audit", "research")
_PURPOSES = ("care", "appointment", "billing", "survey", "marketing", "emergency")


@click.group(invoke_without_command=True)
@click.option("--out", type=click.Path(path_type=Path), help="A new folder for the export.")
@click.option("--mrn", help="Only the person with this record number.")
@click.option("--thread", help="Only this thread, by its id.")
@click.option("--channel", type=click.Choice(_CHANNELS), help="Only what came or went by this channel.")
@click.option("--purpose", type=click.Choice(_PURPOSES), help="Only what was sent for this purpose.")
@click.option("--since", help="From this day or moment on: 2026-03-01, or ISO 8601 with its offset.")
@click.option("--until", help="Before this day or moment.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl", show_default=True)
@click.option(
    "--profile", default="full", show_default=True, help="How much is shown; `hub export profiles` lists them."
)
@click.option(
    "--processes",
    type=click.IntRange(0, 64),
    default=min(4, os.cpu_count() or 1),
    help="How many make files beside each other; 0 for this one alone. As many as processors, if not given; at most 4.",
)
@click.option("--disclosed-to", help="To whom it is handed: each person's accounting of disclosures says so.")
@click.option("--because", help="Why it is handed over, with --disclosed-to.")
@click.option(
    "--basis",
    type=click.Choice(_BASES),
    help="On what records under 42 CFR Part 2 go out; with --disclosed-to, by consent on file if not given.",
)
@click.option("--archive", type=click.Path(path_type=Path, dir_okay=False), help="Also one encrypted file: x.tar.age.")
@click.option("--encrypt-to", metavar="AGE1…", help="Whose public key of age opens the archive.")
@click.option(
    "--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Or a file with its password."
)
@click.pass_context
def export(context: click.Context, /, **given: Any) -> None:
    """Write conversations with their deliveries, consent, readings and files into a folder, with a signed manifest.

    The same command with the same folder goes on where it was broken off. Times without an offset are the clinic's.

    \b
    Example:
      hub export --out march --since 2026-03-01 --until 2026-04-01 --format csv
      hub export verify march --key "$(cat hub-export.key)"
    """
    if context.invoked_subcommand is not None:
        return
    if given["out"] is None:
        raise click.UsageError("--out names the folder that is written; it must be new or empty")
    if (given["disclosed_to"] is None) != (given["because"] is None):
        raise click.UsageError("--disclosed-to and --because go together: to whom, and why")
    sealed = given["encrypt_to"] is not None, given["password_file"] is not None
    if (given["archive"] is not None) != any(sealed) or all(sealed):
        raise click.UsageError("--archive goes with one of --encrypt-to and --password-file")
    with ExitStack() as stack:
        told: Callable[[int, int], None] | None = None
        if sys.stderr.isatty():
            bars: list[Any] = []

            def told(done: int, total: int) -> None:
                if not bars:
                    bar = click.progressbar(length=total, label="messages", file=sys.stderr)
                    bars.append(stack.enter_context(bar))
                bars[0].update(done - bars[0].pos)

        manifest = asyncio.run(_export(given, told))
    click.echo(json.dumps(_shown(manifest, given["out"])))
    click.echo(
        f"wrote {manifest.totals.messages} messages into {given['out']}; signed by the key {manifest.key}", err=True
    )
    if manifest.totals.withheld:
        click.echo(
            f"left out {manifest.totals.withheld} threads under 42 CFR part 2, for want of consent",
            err=True,
        )
    if given["archive"] is not None:
        _archive(given["out"], given["archive"], given["encrypt_to"], given["password_file"])


async def _export(given: dict[str, Any], told: Callable[[int, int], None] | None) -> "Manifest":
    import gc

    from hub.audit import Actor
    from hub.exports import Folder
    from hub.exports import export as write

    async with opened() as parts:
        asked = await _asked(parts, given)
        # What is loaded by now stays: it need not be looked through again and again while rows come and go.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        actor = Actor("system", "cli")
        disclosing = None
        if given["disclosed_to"] is not None:
            from hub.rights import Disclosures

            what = f"conversations, profile {asked.profile}"
            disclosing = Disclosures(parts).by_export(given["disclosed_to"], given["because"], what, actor)
        return await write(
            parts, asked, Folder(given["out"]), actor, told=told, disclosing=disclosing, helpers=given["processes"]
        )


async def _asked(parts: "Parts", given: dict[str, Any]) -> "Asked":
    import uuid

    from hub.exports import Asked, Format
    from hub.types import ChannelKind, Purpose

    person_id = None
    if given["mrn"] is not None:
        async with parts.db.read() as conn:
            person_id = await parts.people.by_mrn(conn, given["mrn"])
        if person_id is None:
            raise InputError("no patient has this record number")
    thread_id = given["thread"]
    if thread_id is not None:
        try:
            thread_id = str(uuid.UUID(thread_id))
        except ValueError:
            raise InputError("that is not the id of a thread") from None
        async with parts.db.read() as conn:
            thread_id = await parts.threads.moved(conn, thread_id) or thread_id
    zone = parts.settings.timezone
    return Asked(
        format=Format(given["form"]),
        profile=given["profile"],
        person_id=person_id,
        thread_id=thread_id,
        channel=None if given["channel"] is None else ChannelKind(given["channel"]),
        purpose=None if given["purpose"] is None else Purpose(given["purpose"]),
        since=moment(given["since"], zone, "--since"),
        until=moment(given["until"], zone, "--until"),
        basis=given["basis"] or ("inside" if given["disclosed_to"] is None else "consent"),
    )


def moment(text: str | None, zone: "ZoneInfo", option: str) -> datetime | None:
    """A moment as it was written; without an offset it is the clinic's. Raises: InputError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} takes a day such as 2026-03-01, or a moment in ISO 8601") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _shown(manifest: "Manifest", out: Path) -> dict[str, object]:
    totals = manifest.totals
    return {
        "id": manifest.id,
        "out": str(out),
        "messages": totals.messages,
        "threads": totals.threads,
        "reads": totals.reads,
        "files": totals.files,
        "attachments": totals.attachments,
        "bytes": totals.bytes,
        "withheld": totals.withheld,
        "key": manifest.key,
    }


def _archive(folder: Path, out: Path, to: str | None, password_file: Path | None) -> None:
    from hub.exports import Folder
    from hub.exports.handing import pack, packed_by_password, recipient

    if to is not None:
        pack(Folder(folder), out, recipient(to))
        click.echo(f"wrote {out}: `age -d -i KEY {out.name} | tar x` opens it", err=True)
    elif password_file is not None:
        sealed = packed_by_password(Folder(folder), out, password_file.read_text(encoding="utf-8").strip())
        click.echo(
            f"wrote {out} and {sealed}: `age -d -i {sealed.name} {out.name} | tar x` asks for the password", err=True
        )


@export.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--key", help="The key that must have signed it, as `hub export` printed it, or a PEM file.")
def verify(folder: Path, key: str | None) -> None:
    """Check that an export is what was signed; exit 1 and name what was done to it. Needs no database.

    Without --key it proves that the folder fits its own manifest, not whose manifest it is.

    \b
    Example:
      hub export verify march --key 3q2+7w…
    """
    from hub.exports.verifying import public_key, signed_manifest, verified

    pinned = None if key is None else public_key(key)
    manifest = signed_manifest(folder, pinned)
    faults = 0
    for fault in verified(folder, manifest):
        faults += 1
        click.echo(str(fault))
    if faults:
        click.echo(f"{faults} faults: this is not what was exported", err=True)
        raise SystemExit(1)
    totals = manifest.totals
    when = f"{manifest.ended_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"unchanged: {totals.messages} messages in {totals.files} files, exported {when}")
    if pinned is None:
        click.echo(f"signed by the key {manifest.key}: compare it with the hub's own, or give it as --key", err=True)


@export.command()
def profiles() -> None:
    """List the redaction profiles, as one JSON object a line.

    \b
    Example:
      hub export profiles
    """
    from hub.exports.profiling import redactions

    for one in redactions().values():
        click.echo(json.dumps({"name": one.name, "version": one.version, "title": one.title}, ensure_ascii=False))
