"""What changes of the desk's own things have in common: teams, labels and canned replies."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry, Trail
from hub.clock import Clock
from hub.events import Change, publish


@dataclass(frozen=True, slots=True)
class NotKept:
    """Why a change was not made, as a code; `of` is the word it stumbled over, such as a variable's name."""

    why: str
    of: str = ""


def one_line(text: str) -> str:
    """`text` on one line, with single spaces, and without what does not print."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


async def note(conn: AsyncConnection, trail: Trail, clock: Clock, entry: Entry) -> None:
    """Record the change, and tell open pages that the desk is not as it was."""
    await trail.record(conn, entry)
    await publish(conn, clock.now(), [Change("desk.updated", entry.object_id)])
