"""Recording: one entry in the transaction of the action it tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.crypto import Place
from hub.db import at_end
from hub.db.batches import Batch
from hub.db.bulk import insert_rows
from hub.db.tables import audit_event
from hub.types import new_ids
from hub.vault import AUDIT, Vault

ActorKind = Literal["patient", "bot", "staff", "system", "token", "carrier", "proxy"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: `id` is a token's, user's or part's id, never a name."""

    kind: ActorKind
    id: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done. `details` holds ids, codes and counts only.

    action: `noun.verb`, such as `message.accept`.
    person_id: whom it concerns; object_id: what was touched.
    """

    action: str
    actor: Actor
    person_id: str | None = None
    object_id: str = ""
    request_id: str = ""
    details: Mapping[str, str | int | None] = msgspec.field(default_factory=dict)


_DETAILS = msgspec.json.Decoder(dict[str, str | int | None])


class Trail:
    """Where entries are written."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def record(self, conn: AsyncConnection, *entries: Entry) -> None:
        """Write `entries` in the caller's transaction, just before it commits."""
        if entries:
            at_end(conn, _insert, (await self.recorded(conn, *entries)).rows)

    async def details(self, conn: AsyncConnection, rows: Sequence[Any]) -> dict[str, dict[str, str | int | None]]:
        """What entries say beyond their columns, by their ids; `rows` are those of `audit_event`."""
        keys = await self._vault.key(conn, AUDIT)
        return {row.id: _DETAILS.decode(keys.open(AUDIT, row.payload_sealed, _place(row.id))) for row in rows}

    async def recorded(self, conn: AsyncConnection, *entries: Entry) -> Batch:
        """What the caller is to write so that `entries` are recorded."""
        keys = await self._vault.key(conn, AUDIT)
        now = self._clock.now()
        rows = []
        for entry_id, entry in zip(new_ids(len(entries)), entries, strict=True):
            payload = msgspec.json.encode(entry.details)
            rows.append(
                {
                    "id": entry_id,
                    "at": now,
                    "action": entry.action,
                    "actor_kind": entry.actor.kind,
                    "actor_id": entry.actor.id,
                    "person_id": entry.person_id,
                    "object_id": entry.object_id,
                    "request_id": entry.request_id,
                    "payload_sealed": keys.seal(AUDIT, payload, _place(entry_id)),
                }
            )
        return Batch(audit_event, rows)


async def _insert(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await insert_rows(conn, audit_event, rows)


def _place(entry_id: str) -> Place:
    return Place("audit_event", "payload_sealed", entry_id)
