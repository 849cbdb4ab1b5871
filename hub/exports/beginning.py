"""Before an export is written: whether its folder can be used, how far an earlier call came, and the audit entry."""

import hashlib
from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.audit.trail import ActorKind
from hub.db.tables import thread
from hub.errors import InputError
from hub.exports.asking import Asked, withheld
from hub.exports.folder import PART, Folder
from hub.exports.manifest import INDEX, MANIFEST, PROGRESS, Listed, Progress
from hub.part2 import Given, consented

if TYPE_CHECKING:
    from hub.parts import Parts

__all__ = ["audited", "concerned", "digest", "found", "noted", "swept"]


def noted(progress: Progress) -> bytes:
    """How far an export has come, as it is kept beside it."""
    return msgspec.json.format(msgspec.json.encode(progress), indent=2) + b"\n"


def found(folder: Folder, given: Asked) -> Progress | None:
    """How far an export into this folder has come; None for a new one. Raises: InputError."""
    if folder.noted(MANIFEST) is not None:
        raise InputError(f"{folder.path} holds a finished export: name another folder, or verify this one")
    text = folder.noted(PROGRESS)
    if text is None:
        if any(not name.endswith(PART) for name in folder.names()):
            raise InputError(f"{folder.path} is not empty: name a new folder")
        return None
    try:
        progress = msgspec.json.decode(text, type=Progress)
    except msgspec.DecodeError:
        raise InputError(f"{folder.path} holds an export that cannot be gone on with: name another folder") from None
    if progress.given != given:
        raise InputError(f"{folder.path} holds the beginning of an export of something else: name another folder")
    return progress


def swept(folder: Folder, progress: Progress) -> None:
    """Delete what was written and not counted."""
    folder.append(INDEX, progress.index, b"")
    index = folder.noted(INDEX) or b""
    kept = {msgspec.json.decode(line, type=Listed).path for line in index.splitlines()} | {INDEX, PROGRESS}
    for name in folder.names() - kept:
        folder.remove(name)


def digest(folder: Folder) -> str:
    """The SHA-256 of the index, in hex."""
    made = hashlib.sha256()
    with (folder.path / INDEX).open("rb") as file:
        while piece := file.read(1024 * 1024):
            made.update(piece)
    return made.hexdigest()


async def audited(parts: "Parts", action: str, progress: Progress, actor: Actor, request_id: str) -> None:
    """Write that an export begins, or goes on, durably. It concerns a person where only theirs is exported."""
    asked = progress.asked

    async def unit(conn: AsyncConnection) -> None:
        person_id = asked.person_id
        if person_id is None and asked.thread_id is not None:
            owner = sa.select(thread.c.person_id).where(thread.c.id == asked.thread_id)
            person_id = (await conn.execute(owner)).scalar_one_or_none()
        details: dict[str, str | int | None] = {
            "format": asked.format.value,
            "profile": asked.profile,
            "thread": asked.thread_id,
            "channel": asked.channel,
            "purpose": asked.purpose,
            "since": _said(asked.since),
            "until": _said(asked.until),
            "messages": progress.expected,
            "basis": asked.basis if asked.basis != "inside" else None,
            "withheld": progress.totals.withheld or None,
        }
        entry = Entry(
            action=action,
            actor=actor,
            person_id=person_id,
            object_id=progress.id,
            request_id=request_id,
            details={name: value for name, value in details.items() if value is not None},
        )
        await parts.trail.record(conn, entry)

    await parts.db.write(unit)


_ANYBODY = Given(signed_on=date.min)
"""What stands in for the consent of whoever needs none."""


class Withheld(InputError):
    """A person's records are under 42 CFR Part 2, and nothing says that they may be disclosed."""

    def __init__(self) -> None:
        super().__init__(
            "this person's records are under 42 CFR part 2, and no consent to disclose them is on file: "
            "record one by `hub part2 consent`, or say on which other basis they go out"
        )


async def left_out(conn: AsyncConnection, asked: Asked, today: date) -> int:
    """How many threads are left out for want of consent under 42 CFR Part 2. Raises: Withheld if that leaves none."""
    if asked.basis != "consent":
        return 0
    whose = asked.person_id
    if whose is None and asked.thread_id is not None:
        whose = await conn.scalar(sa.select(thread.c.person_id).where(thread.c.id == asked.thread_id))
    if whose is not None:
        if (await consented(conn, [whose], today)).get(whose, _ANYBODY) is None:
            raise Withheld
        return 0
    return int((await conn.execute(sa.select(sa.func.count()).select_from(withheld(today).subquery()))).scalar_one())


async def concerned(parts: "Parts", progress: Progress, persons: Collection[str]) -> None:
    """Write whose messages a file of an export of many holds, durably, before the file is kept."""
    kind, _, who = progress.by.partition(" ")
    actor = Actor(cast(ActorKind, kind), who)
    entry = Entry(action="export.write", actor=actor, object_id=progress.id, persons=persons)
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
