"""Whose thread an inbound message belongs to."""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.lookup import Lookup
from hub.db.tables import address, contact, delivery, person
from hub.people.records import address_row, contact_row
from hub.sealed import reply_token
from hub.types import Address, Inbound, Language, Provenance, new_id
from hub.vault import Vault

Standing = Literal["known", "shared", "unknown"]
_UNVOUCHED = "unvouched:"
"""Before a mailbox that nobody vouched for: no mailbox has a colon there."""
_STANDING: Mapping[str, Standing] = {"patient": "known", "proxy": "known", "line": "shared", "unidentified": "unknown"}

StandIn = Literal["line", "unidentified"]

_BEHIND = Lookup(
    address.c.blind,
    lambda among: (
        sa.select(address.c.blind, address.c.id, person.c.id, person.c.kind)
        .outerjoin(contact, contact.c.address_id == address.c.id)
        .outerjoin(person, person.c.id == contact.c.person_id)
        .where(address.c.kind == sa.bindparam("kind"), among)
        .order_by(contact.c.created_at)
    ),
)
"""Each address, and each person on it, the longest known first."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person whose thread takes a message, and how sure that is.

    known: the only patient on the address. shared: a stand-in for several. unknown: nobody on the books.
    """

    person_id: str
    address_id: str
    standing: Standing


class _Line(NamedTuple):
    """An address and the persons on it with their kinds, the longest known first."""

    address_id: str
    persons: list[tuple[str, str]]

    @property
    def on_the_books(self) -> list[str]:
        """Those whom the clinic knows."""
        return [person_id for person_id, kind in self.persons if kind in ("patient", "proxy")]

    @property
    def stands_for(self) -> StandIn:
        """What a stand-in on it is."""
        return "line" if self.on_the_books else "unidentified"

    @property
    def sender(self) -> Sender | None:
        """Whose thread takes a message; None where a stand-in must be made."""
        known = self.on_the_books
        if len(known) == 1:
            return Sender(known[0], self.address_id, "known")
        kind = self.stands_for
        stand_in = next((person_id for person_id, who in self.persons if who == kind), None)
        return None if stand_in is None else Sender(stand_in, self.address_id, "shared" if known else "unknown")


async def _behind(conn: AsyncConnection, blinds: Mapping[Address, bytes]) -> dict[Address, _Line]:
    """Who is on each address; those that are not known are left out."""
    found: dict[Address, _Line] = {}
    for kind in {one.kind for one in blinds}:
        wanted = {blind: one for one, blind in blinds.items() if one.kind is kind}
        for blind, address_id, person_id, who in await _BEHIND(conn, wanted, kind=kind.value):
            persons = found.setdefault(wanted[blind], _Line(address_id, [])).persons
            if person_id is not None:
                persons.append((person_id, who))
    return found


class Senders:
    """Resolves addresses to senders, making what is missing."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        # The same few people write all day.
        self._blind = lru_cache(maxsize=16_384)(lambda one: vault.blind.of(one.kind.value, one.value))

    async def resolve(self, conn: AsyncConnection, addresses: Iterable[Address]) -> dict[Address, Sender]:
        """The sender behind each address, in the caller's transaction.

        A number that several patients share gets a thread of its own: what is written there is nobody's until
        they say who they are (invariant 9).
        """
        blinds = {one: self._blind(one) for one in set(addresses)}
        known = await _behind(conn, blinds)
        if lacking := [one for one, line in known.items() if line.sender is None]:
            # Another process may be making the same stand-in: it has the address until it is there to be seen.
            held = sa.select(address.c.id).where(address.c.id.in_([known[one].address_id for one in lacking]))
            await conn.execute(held.order_by(address.c.id).with_for_update(key_share=True))
            known |= await _behind(conn, {one: blinds[one] for one in lacking})

        senders: dict[Address, Sender] = {}
        stand_ins: list[tuple[Address, str, StandIn]] = []
        new_addresses = []
        for one, blind in blinds.items():
            line = known.get(one) or _Line(new_id(), [])
            if one not in known:
                new_addresses.append(address_row(line.address_id, one.kind, blind, self._clock.now()))
            sender = line.sender
            if sender is None:
                sender = Sender(new_id(), line.address_id, "shared" if line.on_the_books else "unknown")
                stand_ins.append((one, sender.person_id, line.stands_for))
            senders[one] = sender
        if new_addresses:
            await insert_rows(conn, address, new_addresses)
        if stand_ins:
            await self._make(conn, stand_ins, senders)
        return senders

    async def of(self, conn: AsyncConnection, batch: Sequence[Inbound]) -> list[Sender]:
        """Whose thread takes each message of a batch, in the caller's transaction."""
        resolved = await self.resolve(conn, {one.sender for one in batch if one.provenance is None})
        return [
            resolved[one.sender] if one.provenance is None else await self._vouched(conn, one.sender, one.provenance)
            for one in batch
        ]

    async def _vouched(self, conn: AsyncConnection, sender: Address, provenance: Provenance) -> Sender:
        """The sender of a message whose address proves nothing by itself.

        Somebody must vouch for the address, and the message must name a conversation that was had with it, by its token
        or by what it answers. Else it is nobody's: a stand-in's who is told nothing (invariant 9).
        """
        if not provenance.authenticated:
            return await self._unvouched(conn, sender)
        line = (await _behind(conn, {sender: self._vault.blind.of(sender.kind.value, sender.value)})).get(sender)
        if line is not None and (named := await self._named(conn, line, provenance)) is not None:
            return named
        return await self._stand_in(conn, sender, line)

    async def _named(self, conn: AsyncConnection, line: _Line, provenance: Provenance) -> Sender | None:
        """Whom of those on the address the message names."""
        kinds = dict(line.persons)
        named = None
        if provenance.token is not None:
            # A token that was made before a merge names the survivor.
            before = sa.select(person.c.id, person.c.merged_into).where(person.c.merged_into.in_(kinds))
            names = {one: one for one in kinds} | {row.id: row.merged_into for row in await conn.execute(before)}
            named = next((whom for one, whom in names.items() if self._fits(one, line, provenance.token)), None)
            if named is not None:
                link = sa.and_(contact.c.person_id == named, contact.c.address_id == line.address_id)
                lately = sa.update(contact).where(link, contact.c.verified_how == "record")
                await conn.execute(lately.values(verified_how="mail_token", verified_at=self._clock.now()))
        if named is None and provenance.references:
            written = sa.select(delivery.c.person_id).where(
                delivery.c.address_id == line.address_id, delivery.c.provider_id.in_(provenance.references)
            )
            found = set((await conn.execute(written)).scalars()) & kinds.keys()
            named = found.pop() if len(found) == 1 else None
        return None if named is None else Sender(named, line.address_id, _STANDING[kinds[named]])

    def _fits(self, person_id: str, line: _Line, token: str) -> bool:
        """Whether `token` names the person's conversation at this address; how long that takes tells nothing."""
        ours = reply_token(self._vault.blind, person_id, line.address_id)
        return hmac.compare_digest(ours.encode(), token.lower().encode())

    async def _stand_in(self, conn: AsyncConnection, sender: Address, line: _Line | None) -> Sender:
        """Somebody on a real address, whom nothing ties to those on the books."""
        if line is None:
            return (await self.resolve(conn, (sender,)))[sender]
        found = next((one for one, kind in line.persons if kind == "unidentified"), None)
        made = Sender(found or new_id(), line.address_id, "unknown")
        if found is None:
            await self._make(conn, [(sender, made.person_id, "unidentified")], {sender: made})
        return made

    async def _unvouched(self, conn: AsyncConnection, sender: Address) -> Sender:
        """Whoever claims to write from an address. It is kept apart from the address itself, and nothing is sent there:
        an answer would go to somebody who may not have asked.
        """
        apart = self._vault.blind.of(sender.kind.value, f"{_UNVOUCHED}{sender.value}")
        line = (await _behind(conn, {sender: apart})).get(sender)
        if line is not None and line.persons:
            return Sender(line.persons[0][0], line.address_id, "unknown")
        made = Sender(new_id(), new_id(), "unknown")
        row = address_row(made.address_id, sender.kind, apart, self._clock.now())
        await insert_rows(conn, address, [row | {"state": "invalid", "state_reason": "unvouched"}])
        await self._make(conn, [(sender, made.person_id, "unidentified")], {sender: made})
        return made

    async def language(self, conn: AsyncConnection, one: Address) -> Language | None:
        """The language of the patients and proxies on an address; None where they have none, or several."""
        blind = self._vault.blind.of(one.kind.value, one.value)
        query = (
            sa.select(person.c.language)
            .join(contact, contact.c.person_id == person.c.id)
            .join(address, address.c.id == contact.c.address_id)
            .where(address.c.kind == one.kind, address.c.blind == blind, person.c.kind.in_(("patient", "proxy")))
            .distinct()
        )
        spoken = [cast(Language, found) for found in (await conn.execute(query)).scalars() if found in ("en", "es")]
        return spoken[0] if len(spoken) == 1 else None

    async def _make(
        self,
        conn: AsyncConnection,
        stand_ins: list[tuple[Address, str, StandIn]],
        senders: dict[Address, Sender],
    ) -> None:
        now = self._clock.now()
        keys = await self._vault.create(conn, [person_id for _, person_id, _ in stand_ins], now)
        rows = [
            {"id": person_id, "kind": kind, "created_at": now, "updated_at": now} for _, person_id, kind in stand_ins
        ]
        await insert_rows(conn, person, rows)
        links = [
            contact_row(keys, person_id, senders[one].address_id, one, now, "wrote") for one, person_id, _ in stand_ins
        ]
        await insert_rows(conn, contact, links)
