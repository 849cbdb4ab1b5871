"""The ledger: facts are appended and never changed; what holds is computed from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import proof, requests, suppressing
from consent.facts import ConsentState, Fact, Scope, Source, Standing, standing
from consent.ledger_rows import scope_of, written_scope
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows, update_rows
from hub.db.lookup import Lookup
from hub.db.tables import address, consent_event
from hub.errors import ConsentError
from hub.types import ChannelKind, new_id
from hub.vault import HUB, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """A decision about an address, as it is to be recorded.

    person_id: whose decision it was; None when nobody knows which person of a shared number wrote.
    at: when it took effect, aware; message_id: the message that carries it.
    until: from when on a yes counts no more, aware; None for good.
    evidence: what proves it; see `consent.proof` for the names.
    """

    address_id: str
    person_id: str | None
    state: ConsentState
    scope: Scope
    source: Source
    at: datetime
    actor: Actor
    written: bool = False
    until: datetime | None = None
    message_id: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fact of the ledger with what the page and the API show beside it."""

    fact: Fact
    address_id: str
    person_id: str | None
    actor: Actor
    recorded_at: datetime
    message_id: str | None
    evidence: Mapping[str, str] = field(repr=False)

    @property
    def digest(self) -> str:
        """What the audit entry of the fact holds of it; see `consent.proof`."""
        return proof.digest(self.fact.id, self.fact.at, self.fact.state, self.evidence)


class Ledger:
    """Where consent facts are written and read."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def record(self, conn: AsyncConnection, *facts: NewFact) -> list[str]:
        """The ids of `facts`, appended in the caller's transaction with their audit entries.

        Raises: ConsentError for a decision that lies in the future or names no channel.
        """
        if not facts:
            return []
        # A claim under way locks what it decides by: it comes before these facts, or after them and sees them.
        query = sa.select(address.c.id, address.c.kind, address.c.blind)
        query = query.where(address.c.id.in_({fact.address_id for fact in facts}))
        subjects = (await conn.execute(query.order_by(address.c.id).with_for_update(key_share=True))).all()
        now = self._clock.now()
        owners = {fact.person_id or HUB for fact in facts}
        keys = await self._vault.keys(conn, owners)
        rows, entries = [], []
        for fact in facts:
            if fact.at > now:
                raise ConsentError("a consent decision cannot lie in the future")
            if not fact.scope.channels:
                raise ConsentError("a consent decision needs at least one channel")
            fact_id, owner = new_id(), fact.person_id or HUB
            evidence = keys.seal(owner, msgspec.json.encode(dict(fact.evidence)), _place(fact_id, owner))
            channels, purposes = written_scope(fact.scope)
            rows.append(
                {
                    "id": fact_id,
                    "address_id": fact.address_id,
                    "person_id": fact.person_id,
                    "state": fact.state,
                    "channels": channels,
                    "purposes": purposes,
                    "source": fact.source,
                    "written": fact.written,
                    "actor_kind": fact.actor.kind,
                    "actor_id": fact.actor.id or None,
                    "message_id": fact.message_id,
                    "evidence_sealed": evidence,
                    "at": fact.at,
                    "recorded_at": now,
                    "until_at": fact.until,
                }
            )
            entries.append(
                Entry(
                    action=f"consent.{fact.state}",
                    actor=fact.actor,
                    person_id=fact.person_id,
                    object_id=fact_id,
                    details={
                        "source": fact.source.value,
                        "address": fact.address_id,
                        "proof": proof.digest(fact_id, fact.at, fact.state, fact.evidence),
                    },
                )
            )
        await insert_rows(conn, consent_event, rows)
        await suppressing.follow(conn, {row.id: (row.kind, row.blind) for row in subjects}, facts)
        await self._trail.record(conn, *entries)
        return [str(row["id"]) for row in rows]

    async def standings(self, conn: AsyncConnection, address_ids: Iterable[str]) -> dict[str, Standing]:
        """What holds for each of the addresses, computed from all facts about them."""
        wanted = set(address_ids)
        facts: dict[str, list[Fact]] = {address_id: [] for address_id in wanted}
        for address_id, *told in await _DECIDING(conn, wanted):
            facts[address_id].append(_fact(*told))
        return {address_id: standing(known) for address_id, known in facts.items()}

    async def imported(
        self, conn: AsyncConnection, persons: Iterable[str]
    ) -> dict[tuple[str, str, ChannelKind], ConsentState]:
        """What the last import said of each (person, address, channel)."""
        query = (
            sa.select(*_PLAIN)
            .where(consent_event.c.person_id.in_(list(persons)), consent_event.c.source == Source.IMPORT)
            .order_by(consent_event.c.at, consent_event.c.id)
        )
        said = {}
        for row in await conn.execute(query):
            fact = _fact_of(row)
            said.update({(row.person_id, row.address_id, channel): fact.state for channel in fact.scope.channels})
        return said

    async def rehome(self, conn: AsyncConnection, from_id: str, into_id: str) -> int:
        """How many facts of one person are another's from now on: the same person, as it turned out.

        What they say, of which address, and when stays as it is; only under whose key the evidence lies changes.
        """
        keys = await self._vault.keys(conn, (from_id, into_id))
        query = sa.select(consent_event.c.id, consent_event.c.evidence_sealed).where(
            consent_event.c.person_id == from_id
        )
        rows = []
        for row in (await conn.execute(query)).all():
            sealed = row.evidence_sealed
            if sealed is not None:
                evidence = keys.open(from_id, sealed, _place(row.id, from_id))
                sealed = keys.seal(into_id, evidence, _place(row.id, into_id))
            rows.append({"id": row.id, "person_id": into_id, "evidence_sealed": sealed})
        await update_rows(conn, consent_event, rows)
        await requests.rehome(conn, keys, from_id, into_id)
        return len(rows)

    async def of_person(self, conn: AsyncConnection, person_id: str, addresses: Iterable[str]) -> list[Recorded]:
        """The facts a person made, and those about their addresses, newest first, evidence opened."""
        query = (
            sa.select(consent_event)
            .where(sa.or_(consent_event.c.person_id == person_id, consent_event.c.address_id.in_(list(addresses))))
            .order_by(consent_event.c.at.desc(), consent_event.c.id.desc())
        )
        return await self._opened(conn, (await conn.execute(query)).all(), person_id)

    async def told(self, conn: AsyncConnection, fact_ids: Iterable[str]) -> list[Recorded]:
        """The facts with these ids, whosever they are, evidence opened, in the order of their ids."""
        query = sa.select(consent_event).where(consent_event.c.id.in_(list(fact_ids))).order_by(consent_event.c.id)
        return await self._opened(conn, (await conn.execute(query)).all(), None)

    async def _opened(self, conn: AsyncConnection, rows: Sequence[Any], person_id: str | None) -> list[Recorded]:
        """Rows with their evidence; where a person is named, with that alone which is theirs or nobody's."""
        keys = await self._vault.keys(conn, {row.person_id or HUB for row in rows})
        found = []
        for row in rows:
            owner = row.person_id or HUB
            evidence = {}
            # Another person's words on a shared number are theirs: the fact shows, its evidence does not.
            shown = person_id is None or row.person_id in (person_id, None)
            if shown and owner in keys and row.evidence_sealed is not None:
                evidence = msgspec.json.decode(
                    keys.open(owner, row.evidence_sealed, _place(row.id, owner)), type=dict[str, str]
                )
            found.append(
                Recorded(
                    fact=_fact_of(row),
                    address_id=row.address_id,
                    person_id=row.person_id,
                    actor=Actor(row.actor_kind, row.actor_id or ""),
                    recorded_at=row.recorded_at,
                    message_id=row.message_id,
                    evidence=evidence,
                )
            )
        return found


# Looked up as they are stored: cheaper than calling the enumeration.
_STATES = {str(state): state for state in ConsentState}
_SOURCES = {str(source): source for source in Source}
_PLAIN = tuple(column for column in consent_event.c if column.name != "evidence_sealed")
_TOLD = (
    sa.select(
        *(
            consent_event.c[name]
            for name in (
                "address_id",
                "id",
                "at",
                "channels",
                "purposes",
                "state",
                "source",
                "written",
                "until_at",
                "message_id",
            )
        )
    )
    .union_all(suppressing.AS_FACTS)
    .subquery()
)
_DECIDING = Lookup(_TOLD.c.address_id, lambda among: sa.select(_TOLD).where(among))


def _fact(
    id_: str,
    at: datetime,
    channels: str,
    purposes: str,
    state: str,
    source: str,
    written: bool,
    until: datetime | None,
    message_id: str | None,
) -> Fact:
    return Fact(
        id=id_,
        at=at,
        scope=scope_of(channels, purposes),
        state=_STATES[state],
        source=_SOURCES[source],
        written=written,
        until=until,
        evidence=(message_id,) if message_id else (),
    )


def _fact_of(row: sa.Row[tuple[object, ...]]) -> Fact:
    return _fact(
        row.id,
        row.at,
        row.channels,
        row.purposes,
        row.state,
        row.source,
        row.written,
        row.until_at,
        row.message_id,
    )


def _place(fact_id: str, owner: str) -> Place:
    return Place("consent_event", "evidence_sealed", fact_id, owner)
