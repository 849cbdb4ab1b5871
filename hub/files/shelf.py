"""The files of messages: what became of each, and its content for who may have it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.attachments import Kind, file_name
from hub.crypto import Place
from hub.db.tables import attachment, message
from hub.files.pieces import Pieces
from hub.sealed import Body, open_body
from hub.types import ChannelKind
from hub.vault import Keys, Vault


class AttachmentState(StrEnum):
    """How far a file has come.

    FETCHING: it is being got and examined. WAITING: it is kept back for the virus scanner. SERVED: it can be had.
    WARNED: so, but nobody scanned it. QUARANTINED: it holds malware. REFUSED: nothing is kept of it. LOST: whoever held
    it did not give it.
    """

    FETCHING = "fetching"
    WAITING = "waiting"
    SERVED = "served"
    WARNED = "warned"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    LOST = "lost"


GIVEN = (AttachmentState.SERVED, AttachmentState.WARNED)
FIELDS: Mapping[AttachmentState, str] = {
    AttachmentState.SERVED: "content",
    AttachmentState.WARNED: "content",
    AttachmentState.WAITING: "waiting",
    AttachmentState.QUARANTINED: "quarantine",
}
"""What the content is sealed as in each state: one that is not to be given out opens as nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a message. `kind` and `size` are of what is kept: None and 0 where nothing is, or nothing yet."""

    id: str
    message_id: str
    thread_id: str
    person_id: str
    state: AttachmentState
    reason: str
    kind: Kind | None
    size: int
    name: str = field(repr=False)
    content_id: str | None
    bound: str

    @property
    def given_out(self) -> bool:
        """Whether it can be had."""
        return self.state in GIVEN

    @property
    def place(self) -> Place:
        """What its content is bound to."""
        return place_of(self, self.state)


def place_of(row: Any, state: AttachmentState) -> Place:
    """What the content of an attachment is bound to in `state`."""
    if row.bound == "recording":
        return Place("recording", "content_sealed", row.id, row.person_id, row.thread_id)
    return Place("attachment", FIELDS[state], row.id, row.person_id, row.thread_id)


class Shelf:
    """Lists files and opens them."""

    def __init__(self, vault: Vault, pieces: Pieces) -> None:
        self._vault = vault
        self._pieces = pieces

    async def of(self, conn: AsyncConnection, bodies: Mapping[str, Body]) -> dict[str, list[Attachment]]:
        """The files of messages, in order; `bodies` are the messages' by their ids."""
        wanted = [message_id for message_id, body in bodies.items() if body.media]
        found: dict[str, list[Attachment]] = {}
        if not wanted:
            return found
        query = sa.select(attachment).where(attachment.c.message_id.in_(wanted))
        for row in await conn.execute(query.order_by(attachment.c.message_id, attachment.c.position)):
            found.setdefault(row.message_id, []).append(_attachment(row, bodies[row.message_id]))
        return found

    async def get(
        self, conn: AsyncConnection, attachment_id: str, *, person_id: str | None = None
    ) -> tuple[Attachment, Keys] | None:
        """A file and what opens it; None where there is none of that id, or not this person's.

        Raises: KeyDestroyed, SealBroken.
        """
        query = (
            sa.select(attachment, message.c.body_sealed)
            .join(message, message.c.id == attachment.c.message_id)
            .where(attachment.c.id == attachment_id)
        )
        if person_id is not None:
            query = query.where(attachment.c.person_id == person_id)
        row = (await conn.execute(query)).first()
        if row is None:
            return None
        keys = await self._vault.key(conn, row.person_id)
        body = open_body(keys, row.person_id, row.thread_id, row.message_id, row.body_sealed)
        return _attachment(row, body), keys

    async def brought(self, conn: AsyncConnection, person_id: str, channel: ChannelKind, since: datetime) -> int:
        """How many files a person sent by `channel` since then."""
        query = sa.select(sa.func.count()).where(
            attachment.c.person_id == person_id, attachment.c.created_at >= since, attachment.c.channel == channel.value
        )
        return int((await conn.execute(query)).scalar_one())

    def content(self, one: Attachment, keys: Keys) -> AsyncIterator[bytes]:
        """The content of a file that can be had, a segment at a time. Raises: SealBroken, StorageError."""
        if not one.given_out or one.content_id is None:
            raise ValueError("this file is not given out")
        return self._pieces.read(one.content_id, keys.open_file(one.person_id, one.place))


def _attachment(row: Any, body: Body) -> Attachment:
    kind = Kind(row.kind) if row.kind else None
    return Attachment(
        id=row.id,
        message_id=row.message_id,
        thread_id=row.thread_id,
        person_id=row.person_id,
        state=AttachmentState(row.state),
        reason=row.reason,
        kind=kind,
        size=row.size,
        name=file_name(body.media[row.position].get("name", ""), kind),
        content_id=row.content_id,
        bound=row.bound,
    )
