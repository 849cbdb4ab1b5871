"""What somebody was asked to confirm: kept apart from the ledger, for nothing of it counts until they said yes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.facts import ConsentState, Scope
from consent.ledger_rows import scope_of, written_scope
from hub.audit import Actor
from hub.crypto import Place
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import consent_request
from hub.types import ChannelKind, Purpose
from hub.vault import Keys, Vault

Kind = Literal["confirm", "of_age"]
Outcome = Literal["", "yes", "no", "late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """One thing to be confirmed. `evidence` is the signature's; `asked_at` is None until the address was asked."""

    id: str
    kind: Kind
    person_id: str
    address_id: str
    scope: Scope
    evidence: Mapping[str, str] = field(repr=False)
    actor: Actor
    at: datetime
    asked_at: datetime | None
    ends_at: datetime
    outcome: Outcome


def needs_confirmation(state: ConsentState, scope: Scope, source: str, *, written: bool) -> frozenset[Purpose]:
    """Of a decision: the purposes that count once the address itself has said yes. Pure."""
    book = rulebook.load()
    textable = scope.channels & {ChannelKind.SMS, ChannelKind.EMAIL}
    if state is not ConsentState.GRANT or not written or source not in book.confirmed_by_reply or not textable:
        return frozenset()
    return book.written if scope.purposes is None else book.written & scope.purposes


async def keep(conn: AsyncConnection, vault: Vault, one: ConsentRequest) -> None:
    """Write a request, in the caller's transaction."""
    keys = await vault.key(conn, one.person_id)
    channels, purposes = written_scope(one.scope)
    sealed = keys.seal(one.person_id, msgspec.json.encode(dict(one.evidence)), _place(one.id, one.person_id))
    row = {
        "id": one.id,
        "kind": one.kind,
        "person_id": one.person_id,
        "address_id": one.address_id,
        "channels": channels,
        "purposes": purposes,
        "evidence_sealed": sealed,
        "actor_kind": one.actor.kind,
        "actor_id": one.actor.id or None,
        "at": one.at,
        "asked_at": one.asked_at,
        "ends_at": one.ends_at,
        "outcome": one.outcome,
        "ended_at": None,
        "fact_id": None,
    }
    await insert_rows(conn, consent_request, [row])


async def find(conn: AsyncConnection, vault: Vault, *where: sa.ColumnElement[bool]) -> list[ConsentRequest]:
    """The requests that fit, oldest first; those of persons who were disposed of are left out."""
    rows = (await conn.execute(sa.select(consent_request).where(*where).order_by(consent_request.c.id))).all()
    keys = await vault.keys(conn, {row.person_id for row in rows}) if rows else None
    return [_read(keys, row) for row in rows if keys is not None and row.person_id in keys]


async def end(
    conn: AsyncConnection, outcome: Outcome, now: datetime, *where: sa.ColumnElement[bool], fact_id: str | None = None
) -> int:
    """Of how many open requests that fit this is the outcome."""
    query = sa.update(consent_request).where(consent_request.c.outcome == "", *where)
    done = await conn.execute(query.values(outcome=outcome, ended_at=now, fact_id=fact_id))
    return int(done.rowcount)


async def rehome(conn: AsyncConnection, keys: Keys, from_id: str, into_id: str) -> None:
    """Make one person's requests another's: the same person, as it turned out."""
    rows = (await conn.execute(sa.select(consent_request).where(consent_request.c.person_id == from_id))).all()
    moved = []
    for row in rows:
        evidence = keys.open(from_id, row.evidence_sealed, _place(row.id, from_id))
        sealed = keys.seal(into_id, evidence, _place(row.id, into_id))
        moved.append({"id": row.id, "person_id": into_id, "evidence_sealed": sealed})
    await update_rows(conn, consent_request, moved)


def _read(keys: Keys, row: Any) -> ConsentRequest:
    evidence = keys.open(row.person_id, row.evidence_sealed, _place(row.id, row.person_id))
    return ConsentRequest(
        id=row.id,
        kind=row.kind,
        person_id=row.person_id,
        address_id=row.address_id,
        scope=scope_of(row.channels, row.purposes),
        evidence=msgspec.json.decode(evidence, type=dict[str, str]),
        actor=Actor(row.actor_kind, row.actor_id or ""),
        at=row.at,
        asked_at=row.asked_at,
        ends_at=row.ends_at,
        outcome=row.outcome,
    )


def _place(request_id: str, owner: str) -> Place:
    return Place("consent_request", "evidence_sealed", request_id, owner)
