"""`hub hl7`: messages that could not be applied, and a sender to try the listener with."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.context import configured, opened
from hub.errors import HubError, InputError

if TYPE_CHECKING:
    from datetime import datetime

    from hub.hl7 import Inbox
    from hub.parts import Parts

_STATES = ("waiting", "applied", "older", "failed", "dropped")


@click.group()
def hl7() -> None:
    """List HL7 messages that could not be applied, try them again or give them up; send some.

    \b
    Example:
      hub hl7 list
    """


@asynccontextmanager
async def _inbox() -> "AsyncIterator[tuple[Parts, Inbox]]":
    from hub.hl7 import Inbox

    async with opened() as parts:
        yield parts, Inbox(parts)


@hl7.command("list")
@click.option(
    "--state", type=click.Choice(_STATES), default="failed", show_default=True, help="Messages in this state."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
def listing(state: str, limit: int) -> None:
    """Print messages, the newest first, as one JSON object a line: ids, kinds and codes, nothing of what they say.

    `code` is the one of HL7 table 0357 that the sender was told, `place` the field, `reason` a word of docs/hl7.md.

    \b
    Example:
      hub hl7 list --limit 10
    """
    asyncio.run(_list(state, limit))


async def _list(state: Any, limit: int) -> None:
    async with _inbox() as (parts, inbox), parts.db.read() as conn:
        letters = await inbox.letters.listed(conn, state, limit)
    for one in letters:
        shown = {
            "id": one.id,
            "kind": one.kind,
            "state": one.state,
            "code": one.code,
            "place": one.place or None,
            "reason": one.reason or None,
            "attempts": one.attempts,
            "told": _at(one.told_at),
            "received": _at(one.received_at),
            "handled": _at(one.handled_at),
        }
        click.echo(json.dumps(shown))


def _at(moment: "datetime | None") -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@hl7.command()
@click.argument("letter_id", metavar="[ID]", required=False)
@click.option("--all-failed", is_flag=True, help="Every message that failed, the oldest first.")
def retry(letter_id: str | None, all_failed: bool) -> None:
    """Apply a message that failed again. What newer messages said meanwhile stays as it is.

    \b
    Example:
      hub hl7 retry 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581
    """
    if (letter_id is None) is not all_failed:
        raise click.UsageError("name one message by its ID, or give --all-failed")
    asyncio.run(_retry(None if letter_id is None else _id(letter_id)))


async def _retry(letter_id: str | None) -> None:
    done: dict[str, int] = {}
    async with _inbox() as (parts, inbox):
        ids, last = [letter_id] if letter_id is not None else [], ""
        while letter_id is not None or not last or ids:
            if letter_id is None:
                async with parts.db.read() as conn:
                    ids = await inbox.letters.ids(conn, "failed", after=last)
            for one in ids:
                outcome = await inbox.retry(one)
                if outcome is None and letter_id is not None:
                    raise InputError("no message that failed has this id; `hub hl7 list` shows those there are")
                done[outcome or "gone"] = done.get(outcome or "gone", 0) + 1
            if letter_id is not None or not ids:
                break
            last = ids[-1]
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(done.items())) or "none failed", err=True)
    if done.get("failed"):
        raise HubError("some failed again: `hub hl7 list` says why")


@hl7.command()
@click.argument("letter_id", metavar="ID")
def drop(letter_id: str) -> None:
    """Give up a message that failed: it is no longer listed, and what it says is deleted.

    \b
    Example:
      hub hl7 drop 019aa2f0-7c31-7d52-9b1e-3f60c2d4a581
    """
    asyncio.run(_drop(_id(letter_id)))


async def _drop(letter_id: str) -> None:
    async with _inbox() as (_, inbox):
        dropped = await inbox.drop(letter_id)
    if not dropped:
        raise InputError("no message that failed has this id; `hub hl7 list` shows those there are")
    click.echo("given up", err=True)


def _id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise InputError("that is not the id of a message; `hub hl7 list` shows the ids") from None


@hl7.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where messages are taken.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port there; else HUB_MLLP_PORT.")
def send(file: Path, host: str, port: int | None) -> None:
    """Send the messages of a file, one after the other, and print what each was answered. For trying things out.

    \b
    Example:
      hub hl7 send booked.hl7 --port 2575
    """
    wanted = port or configured().mllp_port
    if not wanted:
        raise click.UsageError("give --port, or set HUB_MLLP_PORT")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file.name} cannot be read ({error.strerror})") from None
    if not asyncio.run(_send(host, wanted, content)):
        raise HubError("not every message was accepted")


async def _send(host: str, port: int, content: bytes) -> bool:
    from hub.hl7.sending import messages_in, send

    accepted = True
    async for answers in send(host, port, messages_in(content)):
        for answer in answers:
            text = answer.decode("utf-8", "replace")
            click.echo(text.replace("\r", "\n").rstrip("\n"))
            accepted = accepted and any(f"\rMSA|{code}" in text for code in ("AA", "CA"))
    return accepted
