"""Everything that proves what a person agreed to, read at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import proof, requests
from consent import rules as rulebook
from consent.facts import ConsentState, Source
from consent.ledger import Recorded
from consent.requests import ConsentRequest
from hub.audit import Actor, Entry
from hub.db.tables import (
    address,
    audit_event,
    consent_request,
    contact,
    delivery,
    disclosure,
    number_check,
)
from hub.parts import Parts
from hub.people import Person
from hub.sealed import open_contact
from hub.types import AddressKind, ChannelKind, Purpose

_REACHED_BY = {
    AddressKind.PHONE: (ChannelKind.SMS, ChannelKind.VOICE),
    AddressKind.MAILBOX: (ChannelKind.EMAIL,),
    AddressKind.PUSH: (ChannelKind.PUSH,),
    AddressKind.PORTAL: (ChannelKind.PORTAL,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds over one channel: the purposes that were agreed to, refused, and never spoken of."""

    channel: ChannelKind
    granted: tuple[Purpose, ...]
    revoked: tuple[Purpose, ...]
    unknown: tuple[Purpose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressProof:
    """An address of the person: how it was proved, what holds there, and what a register last said of it.

    value: as it is written; for a device or an account, what it is.
    """

    value: str = field(repr=False)
    kind: AddressKind
    state: str
    verified_how: str
    verified_at: datetime | None
    checked: tuple[str, datetime] | None
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision of the ledger with its proof.

    proofs: names and texts, in the order in which they are read. own: False for somebody else's on a shared address.
    chained: the number of its audit entry in the chain; None while it waits to be chained. intact: whether the entry's
    digest is that of what is shown here; None for one from before digests were kept.
    confirmation: the id and the state of the message that confirmed an opt-out.
    """

    id: str
    at: datetime
    recorded_at: datetime
    state: ConsentState
    channels: tuple[str, ...]
    purposes: tuple[str, ...]
    source: Source
    written: bool
    until: datetime | None
    address: str = field(repr=False)
    actor: str
    own: bool
    message_id: str | None
    proofs: tuple[tuple[str, str], ...] = field(repr=False)
    digest: str
    chained: int | None
    intact: bool | None
    confirmation: tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The whole of it. `made_at` is when it was read."""

    clinic: str
    person: Person = field(repr=False)
    made_at: datetime
    addresses: tuple[AddressProof, ...] = field(repr=False)
    decisions: tuple[Decision, ...] = field(repr=False)
    requests: tuple[tuple[str, ConsentRequest], ...] = field(repr=False)
    warnings: tuple[tuple[str, str, datetime], ...]


async def gathered(conn: AsyncConnection, parts: Parts, person_id: str) -> Evidence | None:
    """All that is on record about the person's consent, newest decision first; None for nobody."""
    person = await parts.people.get(conn, person_id)
    if person is None:
        return None
    rows = await _contacts(conn, person_id)
    keys = await parts.vault.keys(conn, (person_id,))
    values = {
        row.id: _readable(row.kind, open_contact(keys, person_id, row.id, row.value_sealed))
        for row in rows
        if person_id in keys
    }
    standings = await parts.ledger.standings(conn, [row.id for row in rows])
    facts = await parts.ledger.of_person(conn, person_id, [row.id for row in rows])
    told = await _chained(conn, parts, [one.fact.id for one in facts])
    confirmed = await _confirmations(conn, person_id)
    asked = await requests.find(conn, parts.vault, consent_request.c.person_id == person_id)
    risk = sa.select(disclosure).where(disclosure.c.person_id == person_id).order_by(disclosure.c.at)
    return Evidence(
        clinic=parts.settings.clinic_name,
        person=person,
        made_at=parts.clock.now(),
        addresses=tuple(_address(row, values.get(row.id, ""), standings[row.id]) for row in rows),
        decisions=tuple(_decision(one, person_id, values, told, confirmed) for one in facts),
        requests=tuple((values.get(one.address_id, ""), one) for one in asked),
        warnings=tuple((row.channel, row.warning, row.at) for row in await conn.execute(risk)),
    )


async def noted(conn: AsyncConnection, parts: Parts, person_id: str, actor: Actor, request_id: str = "") -> None:
    """Write that the evidence was read, in the caller's transaction."""
    entry = Entry(
        action="consent.evidence", actor=actor, person_id=person_id, object_id=person_id, request_id=request_id
    )
    await parts.trail.record(conn, entry)


async def _contacts(conn: AsyncConnection, person_id: str) -> Sequence[Any]:
    query = (
        sa.select(
            address.c.id,
            address.c.kind,
            address.c.state,
            contact.c.value_sealed,
            contact.c.verified_how,
            contact.c.verified_at,
            number_check.c.answer,
            number_check.c.at.label("checked_at"),
        )
        .join(contact, contact.c.address_id == address.c.id)
        .outerjoin(number_check, number_check.c.address_id == address.c.id)
        .where(contact.c.person_id == person_id)
        .order_by(contact.c.created_at, address.c.id)
    )
    return (await conn.execute(query)).all()


async def _chained(
    conn: AsyncConnection, parts: Parts, facts: Sequence[str]
) -> dict[str, tuple[int | None, str | None]]:
    """For each decision the number of its audit entry in the chain, and the digest that it holds."""
    query = sa.select(audit_event).where(
        audit_event.c.object_id.in_(facts), audit_event.c.action.in_(("consent.grant", "consent.revoke"))
    )
    rows = (await conn.execute(query)).all()
    details = await parts.trail.details(conn, rows)
    return {row.object_id: (row.seq, _text(details[row.id].get("proof"))) for row in rows}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def _confirmations(conn: AsyncConnection, person_id: str) -> Mapping[tuple[str, datetime], tuple[str, str]]:
    """The messages that confirmed opt-outs, by address and by when the opt-out came in."""
    query = sa.select(delivery).where(delivery.c.person_id == person_id, delivery.c.confirms_stop.is_(True))
    return {(row.address_id, row.replies_to): (row.id, row.state) for row in await conn.execute(query)}


def _address(row: Any, value: str, standing: Any) -> AddressProof:
    kind = AddressKind(row.kind)
    held = []
    for channel in _REACHED_BY[kind]:
        by_state: dict[ConsentState | None, list[Purpose]] = {}
        for purpose in Purpose:
            holding = standing.of(channel, purpose)
            # A yes that was only said is none where the rules ask for writing.
            said = holding.state is ConsentState.GRANT and not holding.written and purpose in rulebook.load().written
            by_state.setdefault(None if said else holding.state, []).append(purpose)
        held.append(
            Held(
                channel=channel,
                granted=tuple(by_state.get(ConsentState.GRANT, ())),
                revoked=tuple(by_state.get(ConsentState.REVOKE, ())),
                unknown=tuple(by_state.get(None, ())),
            )
        )
    return AddressProof(
        value=value,
        kind=kind,
        state=row.state,
        verified_how=row.verified_how,
        verified_at=row.verified_at,
        checked=(row.answer, row.checked_at) if row.answer is not None else None,
        held=tuple(held),
    )


def _decision(
    one: Recorded,
    person_id: str,
    values: Mapping[str, str],
    told: Mapping[str, tuple[int | None, str | None]],
    confirmed: Mapping[tuple[str, datetime], tuple[str, str]],
) -> Decision:
    fact = one.fact
    chained, digest = told.get(fact.id, (None, None))
    own = one.person_id in (person_id, None)
    proofs = dict(one.evidence)
    if fact.written and "words" in proofs and "sha256" not in proofs:
        proofs["sha256"] = proof.shown(proofs["words"])
    return Decision(
        id=fact.id,
        at=fact.at,
        recorded_at=one.recorded_at,
        state=fact.state,
        channels=tuple(sorted(fact.scope.channels)),
        purposes=tuple(sorted(fact.scope.purposes)) if fact.scope.purposes is not None else (),
        source=fact.source,
        written=fact.written,
        until=fact.until,
        address=values.get(one.address_id, ""),
        actor=f"{one.actor.kind} {one.actor.id}".strip(),
        own=own,
        message_id=one.message_id,
        proofs=tuple(proof.ordered(proofs)),
        digest=one.digest,
        chained=chained,
        # Somebody else's evidence stays closed, and so its digest cannot be made.
        intact=None if digest is None or not own else digest == one.digest,
        confirmation=confirmed.get((one.address_id, fact.at)),
    )


def _readable(kind: str, value: str) -> str:
    return value if kind in (AddressKind.PHONE, AddressKind.MAILBOX) else kind
