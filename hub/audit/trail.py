"""Recording: one entry in the transaction of the action it tells of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.crypto import Place
from hub.db import at_end
from hub.db.batches import Batch
from hub.db.bulk import insert_rows
from hub.db.tables import audit_event, audit_person, person
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
    persons: whom it concerns where these may be several, as with a list; with them the entry says no `person_id`.
    """

    action: str
    actor: Actor
    person_id: str | None = None
    object_id: str = ""
    request_id: str = ""
    details: Mapping[str, str | int | None] = msgspec.field(default_factory=dict)
    persons: Collection[str] | None = None


_DETAILS = msgspec.json.Decoder(dict[str, str | int | None])


class Trail:
    """Where entries are written."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def record(self, conn: AsyncConnection, *entries: Entry) -> None:
        """Write `entries` in the caller's transaction, just before it commits."""
        if entries:
            recorded = (await self.recorded(conn, *entries)).rows
            at_end(conn, _insert, recorded)
            listed = [
                {"person_id": one, "event_id": row["id"]}
                for entry, row in zip(entries, recorded, strict=True)
                for one in _several(entry)
            ]
            if listed:
                at_end(conn, _insert_persons, listed)

    async def details(self, conn: AsyncConnection, rows: Sequence[Any]) -> dict[str, dict[str, str | int | None]]:
        """What entries say beyond their columns, by their ids; `rows` are those of `audit_event`."""
        keys = await self._vault.key(conn, AUDIT)
        return {row.id: _DETAILS.decode(keys.open(AUDIT, row.payload_sealed, _place(row.id))) for row in rows}

    async def recorded(self, conn: AsyncConnection, *entries: Entry) -> Batch:
        """What the caller is to write so that `entries`, each about one person or none, are recorded."""
        keys = await self._vault.key(conn, AUDIT)
        now = self._clock.now()
        rows = []
        for entry_id, entry in zip(new_ids(len(entries)), entries, strict=True):
            payload = msgspec.json.encode(entry.details if entry.persons is None else _listing(entry))
            rows.append(
                {
                    "id": entry_id,
                    "at": now,
                    "action": entry.action,
                    "actor_kind": entry.actor.kind,
                    "actor_id": entry.actor.id,
                    "person_id": entry.person_id if entry.persons is None else _alone(entry.persons),
                    "object_id": entry.object_id,
                    "request_id": entry.request_id,
                    "payload_sealed": keys.seal(AUDIT, payload, _place(entry_id)),
                }
            )
        return Batch(audit_event, rows)


def persons_of(row: Any, details: Mapping[str, str | int | None]) -> list[str]:
    """Whom an entry concerns: one, or those whom it lists. row: of `audit_event`; details: what it says beyond it."""
    return [row.person_id] if row.person_id is not None else str(details.get("of") or "").split()


def concerning(person_id: str) -> sa.ColumnElement[bool]:
    """The condition that an entry is about a person, alone or among others, under the id that they had then."""
    same = sa.select(person.c.id).where(sa.or_(person.c.id == person_id, person.c.merged_into == person_id))
    among = sa.select(audit_person.c.event_id).where(audit_person.c.person_id.in_(same))
    return sa.or_(audit_event.c.person_id.in_(same), audit_event.c.id.in_(among))


def _alone(persons: Collection[str]) -> str | None:
    return next(iter(persons)) if len(set(persons)) == 1 else None


def _several(entry: Entry) -> list[str]:
    found = sorted(set(entry.persons or ()))
    return found if len(found) > 1 else []


def _listing(entry: Entry) -> dict[str, str | int | None]:
    """What is sealed of an entry about several: who they are, too, so that the chain holds it."""
    found = _several(entry)
    return {**entry.details, "persons": len(set(entry.persons or ())), "of": " ".join(found) or None}


async def _insert_persons(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await insert_rows(conn, audit_person, rows)


async def _insert(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await insert_rows(conn, audit_event, rows)


def _place(entry_id: str) -> Place:
    return Place("audit_event", "payload_sealed", entry_id)
