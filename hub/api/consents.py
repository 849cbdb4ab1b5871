"""Consents: the ledger, and a further decision for it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from consent.facts import ConsentState, Scope, Source
from consent.ledger import NewFact, Recorded
from consent.requests import ConsentRequest
from hub.api.patients import CHANNELS_OF, person_id_of
from hub.api.shapes import Consent, ConsentActor, Cursor, Limit, Moment, Mrn, Page
from hub.calls import cursors
from hub.calls.endpoints import Call, NoQuery, Read, Wrote
from hub.calls.problems import unusable
from hub.events import Change, publish
from hub.parts import Parts
from hub.people import Contact
from hub.types import AddressKind, ChannelKind, Purpose


class ConsentsQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whose decisions."""

    mrn: Mrn
    limit: Limit = 50
    cursor: Cursor | None = None


class NewConsent(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A decision of a person. It concerns every address that a channel reaches, or the one in `address` alone."""

    mrn: Mrn
    state: ConsentState
    channels: Annotated[list[ChannelKind], msgspec.Meta(min_length=1, max_length=5)]
    purposes: (
        Annotated[list[Purpose], msgspec.Meta(min_length=1, max_length=6, description="Left out: every purpose.")]
        | None
    ) = None
    source: Annotated[
        Literal["api", "form", "staff", "import"], msgspec.Meta(description="How the other system learnt of it.")
    ] = "api"
    address: Annotated[str, msgspec.Meta(max_length=254, description="A phone number or mailbox.")] | None = None
    at: Annotated[Moment, msgspec.Meta(description="When it took effect; left out: now.")] | None = None
    until: Annotated[Moment, msgspec.Meta(description="From when on it counts no more; left out: for good.")] | None = (
        None
    )
    written: Annotated[bool, msgspec.Meta(description="Signed or typed agreement to a shown text.")] = False
    evidence: Annotated[
        dict[str, Annotated[str, msgspec.Meta(max_length=4000)]],
        msgspec.Meta(max_length=20, description="What proves it: the exact words shown, their version and language."),
    ] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return "NewConsent(…)"


async def consents(conn: AsyncConnection, call: Call[ConsentsQuery, None]) -> Read:
    """The decisions of a person and about their addresses, newest first."""
    parts, asked = call.parts, call.query
    person_id = await person_id_of(conn, parts, asked.mrn)
    addresses = [one.address_id for one in await parts.people.contacts(conn, person_id)]
    found = await parts.ledger.of_person(conn, person_id, addresses)
    if asked.cursor is not None:
        at, last = cursors.read(asked.cursor, tuple[datetime, str])
        found = [one for one in found if (one.fact.at, one.fact.id) < (at, last)]
    shown = found[: asked.limit]
    following = cursors.written(shown[-1].fact.at, shown[-1].fact.id) if len(found) > len(shown) else None
    page = Page(items=[_consent(one) for one in shown], next=following)
    return Read(value=page, action="consent.read", persons=(person_id,))


async def decide(conn: AsyncConnection, call: Call[NoQuery, NewConsent]) -> Wrote:
    """Append a decision. What holds follows from all of them: a grant from here never lifts a STOP."""
    parts, asked = call.parts, call.body
    person_id = await person_id_of(conn, parts, asked.mrn)
    contacts = await parts.people.contacts(conn, person_id)
    concerned = _concerned(parts, contacts, asked)
    if not concerned:
        raise unusable("the person has no such address for these channels")
    now = parts.clock.now()
    done = await parts.optins.record(
        conn,
        *(
            NewFact(
                address_id=one.address_id,
                person_id=person_id,
                state=asked.state,
                scope=Scope(channels=channels, purposes=None if asked.purposes is None else frozenset(asked.purposes)),
                source=Source(asked.source),
                at=asked.at or now,
                actor=call.caller.actor,
                written=asked.written,
                until=asked.until,
                evidence=asked.evidence,
            )
            for one, channels in concerned
        ),
    )
    await publish(conn, now, [Change("consent.recorded", one) for one in done.facts])
    recorded = await parts.ledger.of_person(conn, person_id, [one.address_id for one, _ in concerned])
    items = [_consent(one) for one in recorded if one.fact.id in done.facts]
    page = Page(items=items + [_pending(one, asked.source) for one in done.pending])
    return Wrote(status=201, value=page, after=parts.router.announce)


def _concerned(
    parts: Parts, contacts: list[Contact], asked: NewConsent
) -> list[tuple[Contact, frozenset[ChannelKind]]]:
    """Each address concerned, with those of the channels asked for that reach it."""
    found = []
    for one in contacts:
        channels = frozenset(asked.channels) & frozenset(CHANNELS_OF[one.address.kind])
        if channels and (asked.address is None or _same(parts, one, asked.address)):
            found.append((one, channels))
    return found


def _same(parts: Parts, one: Contact, given: str) -> bool:
    if one.address.kind is AddressKind.PHONE:
        return e164(given, parts.settings.region) == one.address.value
    return given.strip().lower() == one.address.value.lower()


def _pending(one: ConsentRequest, source: str) -> Consent:
    return Consent(
        id=one.id,
        patient=one.person_id,
        address=one.address_id,
        state=ConsentState.GRANT,
        channels=sorted(one.scope.channels),
        purposes=sorted(one.scope.purposes or ()),
        source=Source(source),
        written=True,
        pending=True,
        evidence={name: words for name, words in one.evidence.items() if name != "signed_via"},
        message_id=None,
        actor=ConsentActor(kind=one.actor.kind, id=one.actor.id),
        at=one.at,
        recorded_at=one.at,
    )


def _consent(one: Recorded) -> Consent:
    fact = one.fact
    return Consent(
        id=fact.id,
        patient=one.person_id,
        address=one.address_id,
        state=fact.state,
        channels=sorted(fact.scope.channels),
        purposes=None if fact.scope.purposes is None else sorted(fact.scope.purposes),
        source=fact.source,
        written=fact.written,
        evidence=dict(one.evidence),
        message_id=one.message_id,
        actor=ConsentActor(kind=one.actor.kind, id=one.actor.id),
        at=fact.at,
        recorded_at=one.recorded_at,
        until=fact.until,
    )
