"""The ledger: facts are appended and never changed; what holds is computed from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState, Fact, Scope, Source, Standing, standing
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import consent_event
from hub.errors import ConsentError
from hub.types import ChannelKind, Purpose, new_id
from hub.vault import HUB, Vault

_ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """A decision about an address, as it is to be recorded.

    person_id: whose decision it was; None when nobody knows which person of a shared number wrote.
    at: when it took effect, aware; message_id: the message that carries it.
    evidence: what proves it: the exact words shown or said, their version and language, how they were captured.
    """

    address_id: str
    person_id: str | None
    state: ConsentState
    scope: Scope
    source: Source
    at: datetime
    actor: Actor
    written: bool = False
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
            purposes = fact.scope.purposes
            rows.append(
                {
                    "id": fact_id,
                    "address_id": fact.address_id,
                    "person_id": fact.person_id,
                    "state": fact.state,
                    "channels": " ".join(sorted(fact.scope.channels)),
                    "purposes": _ALL if purposes is None else " ".join(sorted(purposes)),
                    "source": fact.source,
                    "written": fact.written,
                    "actor_kind": fact.actor.kind,
                    "actor_id": fact.actor.id or None,
                    "message_id": fact.message_id,
                    "evidence_sealed": evidence,
                    "at": fact.at,
                    "recorded_at": now,
                }
            )
            entries.append(
                Entry(
                    action=f"consent.{fact.state}",
                    actor=fact.actor,
                    person_id=fact.person_id,
                    object_id=fact_id,
                    details={"source": fact.source.value, "address": fact.address_id},
                )
            )
        await insert_rows(conn, consent_event, rows)
        await self._trail.record(conn, *entries)
        return [str(row["id"]) for row in rows]

    async def standings(self, conn: AsyncConnection, address_ids: Iterable[str]) -> dict[str, Standing]:
        """What holds for each of the addresses, computed from all facts about them."""
        wanted = set(address_ids)
        query = sa.select(*_PLAIN).where(consent_event.c.address_id.in_(wanted))
        facts: dict[str, list[Fact]] = {address_id: [] for address_id in wanted}
        for row in await conn.execute(query):
            facts[row.address_id].append(_fact(row))
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
            fact = _fact(row)
            said.update({(row.person_id, row.address_id, channel): fact.state for channel in fact.scope.channels})
        return said

    async def of_person(self, conn: AsyncConnection, person_id: str, addresses: Iterable[str]) -> list[Recorded]:
        """The facts a person made, and those about their addresses, newest first, evidence opened."""
        query = (
            sa.select(consent_event)
            .where(sa.or_(consent_event.c.person_id == person_id, consent_event.c.address_id.in_(list(addresses))))
            .order_by(consent_event.c.at.desc(), consent_event.c.id.desc())
        )
        rows = (await conn.execute(query)).all()
        keys = await self._vault.keys(conn, {row.person_id or HUB for row in rows})
        found = []
        for row in rows:
            owner = row.person_id or HUB
            evidence = {}
            # Another person's words on a shared number are theirs: the fact shows, its evidence does not.
            if row.person_id in (person_id, None) and owner in keys and row.evidence_sealed is not None:
                evidence = msgspec.json.decode(
                    keys.open(owner, row.evidence_sealed, _place(row.id, owner)), type=dict[str, str]
                )
            found.append(
                Recorded(
                    fact=_fact(row),
                    address_id=row.address_id,
                    person_id=row.person_id,
                    actor=Actor(row.actor_kind, row.actor_id or ""),
                    recorded_at=row.recorded_at,
                    message_id=row.message_id,
                    evidence=evidence,
                )
            )
        return found


_PLAIN = tuple(column for column in consent_event.c if column.name != "evidence_sealed")


@lru_cache(maxsize=256)
def _scope(channels: str, purposes: str) -> Scope:
    """A scope as it is stored; there are few, and every delivery asks for some."""
    named = None if purposes == _ALL else frozenset(Purpose(name) for name in purposes.split())
    return Scope(channels=frozenset(ChannelKind(name) for name in channels.split()), purposes=named)


def _fact(row: sa.Row[tuple[object, ...]]) -> Fact:
    return Fact(
        id=row.id,
        at=row.at,
        scope=_scope(row.channels, row.purposes),
        state=ConsentState(row.state),
        source=Source(row.source),
        written=row.written,
        evidence=(row.message_id,) if row.message_id else (),
    )


def _place(fact_id: str, owner: str) -> Place:
    return Place("consent_event", "evidence_sealed", fact_id, owner)
