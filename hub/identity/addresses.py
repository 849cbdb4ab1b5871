"""Addresses of a person: claimed, proved, given up, and suspended until staff have looked.

    staff add it ───────────────┐                       a code to the new address, told to staff
    a stranger says who they ───┴─► claimed ── proof ─► the person's ── staff ─► retired
    are, by name and birth date        │                │     ▲
                                       └─ dropped       ▼     │ staff
                                                   suspended ─┘

A claimed address is nobody's: nothing is sent there about the person, and who writes from there is told nothing. What
proves it depends on who claimed it. Staff know the person and not the address: the code goes to the address. A stranger
has the address and may not be the person: the code goes to where the person was reached before.

Codes are good for fifteen minutes, once, for five tries; five an hour. Reading never uses one up.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.tables import address, claimed_address, contact, delivery, person, retired_address
from hub.events import Change, publish
from hub.identity import codes
from hub.outbox.queue import note
from hub.people import People, Senders
from hub.people.records import Proof, address_row, contact_row
from hub.router import Routed, Router
from hub.sealed import open_contact, seal_contact
from hub.types import Address, AddressKind, DeliveryState, Language, new_id
from hub.vault import Vault

Reason = Literal["wrong_number", "reassigned", "changed", "asked", "mistake"]
How = Literal["staff", "dialogue"]
_NEVER = timedelta(days=36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An address as it stands to a person. `how`: what proves it, or who claims it; `at`: since when it stands so."""

    id: str
    address: Address = field(repr=False)
    standing: Literal["verified", "unverified", "retired"]
    how: str
    at: datetime | None
    state: Literal["ok", "invalid", "suspended"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it is not done; a sentence for staff."""

    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the code: `routed` is to be announced after the commit."""

    routed: Routed


class Addresses:
    """What staff, the bot and the portal do about the addresses of a person."""

    def __init__(
        self,
        *,
        vault: Vault,
        people: People,
        senders: Senders,
        router: Router,
        trail: Trail,
        clock: Clock,
        clinic: codes.Clinic,
        zone: ZoneInfo,
    ) -> None:
        self._vault = vault
        self._people = people
        self._senders = senders
        self._router = router
        self._trail = trail
        self._clock = clock
        self._clinic = clinic
        self._zone = zone

    async def of(self, conn: AsyncConnection, person_id: str) -> list[Known]:
        """Every address that is, is said to be, or was the person's: in that order, oldest first in each."""
        keys = await self._vault.keys(conn, (person_id,))
        if person_id not in keys:
            return []
        found = []
        for table, standing in _STANDINGS:
            query = (
                sa.select(table, address.c.kind, address.c.state, address.c.state_reason)
                .join(address, address.c.id == table.c.address_id)
                .where(table.c.person_id == person_id)
                .order_by(address.c.created_at, address.c.id)
            )
            for row in (await conn.execute(query)).all():
                value = open_contact(keys, person_id, row.address_id, row.value_sealed)
                found.append(_known(row, Address(AddressKind(row.kind), value), standing))
        return found

    async def one(self, conn: AsyncConnection, person_id: str, address_id: str) -> Known | None:
        """How this address stands to the person, the newest if it stood in several ways; None for not at all."""
        found = [known for known in await self.of(conn, person_id) if known.id == address_id]
        return found[0] if found else None

    async def add(
        self, conn: AsyncConnection, person_id: str, new: Address, actor: Actor, *, vouched: bool, request_id: str = ""
    ) -> Known:
        """Link an address to the person because staff say so: proved if they vouch for it, else claimed.

        Nothing moves: a message that came from it before stays where it is, and where somebody else has the address,
        too, it is from then on a line's, whose writer is asked.
        """
        address_id = await self._row_of(conn, new)
        there = await self.one(conn, person_id, address_id)
        if there is not None and (there.standing == "verified" or (there.standing == "unverified" and not vouched)):
            return there
        if vouched:
            await self._prove(conn, person_id, address_id, new, "staff", actor, request_id)
        else:
            await self._claim(conn, person_id, address_id, new, "staff", actor, request_id)
        return cast(Known, await self.one(conn, person_id, address_id))

    async def claim_by_words(self, conn: AsyncConnection, person_id: str, stand_in: str, address_id: str) -> bool:
        """Note that whoever writes from an address said who they are, by name and birth date; False if it was known."""
        linked = sa.select(contact.c.address_id).where(
            contact.c.person_id == person_id, contact.c.address_id == address_id
        )
        claimed = sa.select(claimed_address.c.address_id).where(
            claimed_address.c.person_id == person_id, claimed_address.c.address_id == address_id
        )
        if (await conn.execute(linked.union(claimed))).first() is not None:
            return False
        query = sa.select(contact.c.value_sealed, address.c.kind, address.c.state).join(
            address, address.c.id == contact.c.address_id
        )
        row = (await conn.execute(query.where(contact.c.person_id == stand_in, address.c.id == address_id))).first()
        if row is None or row.state == "invalid":
            return False  # nobody vouches for it, or nothing reaches it
        keys = await self._vault.key(conn, stand_in)
        one = Address(AddressKind(row.kind), open_contact(keys, stand_in, address_id, row.value_sealed))
        await self._claim(conn, person_id, address_id, one, "dialogue", Actor("bot"), "")
        return True

    async def send_code(
        self, conn: AsyncConnection, person_id: str, address_id: str, language: Language
    ) -> Sent | Refused | None:
        """Send a new code for a claimed address; the one before is of no more use. None where none is claimed."""
        row = await self._claimed(conn, person_id, address_id)
        if row is None:
            return None
        now = self._clock.now()
        sent, since = codes.counted(row.codes_sent, row.codes_since, now)
        if sent is None:
            return Refused("This address had its codes of the hour: wait, or check the person's identity yourself.")
        keys = await self._vault.key(conn, person_id)
        to = Address(AddressKind(row.kind), open_contact(keys, person_id, address_id, row.value_sealed))
        whom = person_id
        if row.how == "staff":
            # Into the thread of whoever is behind the address now: the person's it is not yet.
            whom = (await self._senders.resolve(conn, (to,)))[to].person_id
        code = codes.draw()
        at = address_id if row.how == "staff" else None
        intent = codes.intent(self._clinic, row.how, code, language, self._zone, now, whom, to.kind, at)
        values = {
            "code_blind": self._blind(person_id, address_id, code),
            "code_address_id": address_id,
            "code_tries": 0,
            "code_ends_at": now + codes.GOOD_FOR,
            "codes_sent": sent,
            "codes_since": since,
        }
        await conn.execute(_mine(sa.update(claimed_address), person_id, address_id).values(**values))
        return Sent(await self._router.route_in(conn, intent))

    async def prove_by_code(
        self, conn: AsyncConnection, person_id: str, address_id: str, code: str, actor: Actor, request_id: str = ""
    ) -> Known | Refused | None:
        """Make a claimed address the person's, for the code that was sent. Each call is one of its tries."""
        row = await self._claimed(conn, person_id, address_id)
        if row is None:
            return None
        now = self._clock.now()
        usable = row.code_blind is not None and row.code_ends_at > now and row.code_tries < codes.MOST_TRIES
        fits = codes.same(row.code_blind or b"", self._blind(person_id, address_id, code.strip()))
        if not (usable and fits):
            tried = _mine(sa.update(claimed_address), person_id, address_id)
            await conn.execute(tried.values(code_tries=claimed_address.c.code_tries + 1))
            await self._tell(conn, "address.refuse", person_id, address_id, actor, {"why": "code"}, request_id)
            return Refused("The code does not fit, was used, or has run out: send a new one.")
        keys = await self._vault.key(conn, person_id)
        one = Address(AddressKind(row.kind), open_contact(keys, person_id, address_id, row.value_sealed))
        await self._prove(conn, person_id, address_id, one, "code", actor, request_id)
        return await self.one(conn, person_id, address_id)

    async def awaits_code(self, conn: AsyncConnection, address_id: str) -> bool:
        """Whether somebody may prove this address by writing a code from there."""
        query = sa.select(claimed_address.c.person_id).where(
            claimed_address.c.address_id == address_id, claimed_address.c.code_ends_at > self._clock.now()
        )
        return (await conn.execute(query.limit(1))).first() is not None

    async def prove_by_message(self, conn: AsyncConnection, address_id: str, code: str) -> bool:
        """Make the address the person's for whom this code, written from there, was sent. It is a try of each claim."""
        query = sa.select(claimed_address.c.person_id).where(claimed_address.c.address_id == address_id)
        proved = False
        for person_id in (await conn.execute(query.order_by(claimed_address.c.person_id))).scalars().all():
            done = await self.prove_by_code(conn, person_id, address_id, code, Actor("patient"))
            proved = proved or isinstance(done, Known)
        return proved

    async def retire(
        self, conn: AsyncConnection, person_id: str, address_id: str, reason: Reason, actor: Actor, request_id: str = ""
    ) -> Known | Refused | None:
        """Take an address from the person: what waits to go there is not sent, and who writes from there is asked.

        None where it is not theirs and was not claimed. Consent facts stay: they are about the address.
        """
        there = await self.one(conn, person_id, address_id)
        if there is None or there.standing == "retired":
            return there
        details: dict[str, str] = {"reason": reason, "was": there.standing}
        if there.standing == "unverified":
            await conn.execute(_mine(sa.delete(claimed_address), person_id, address_id))
            await self._tell(conn, "address.drop", person_id, address_id, actor, details, request_id)
            return None
        now = self._clock.now()
        both = sa.and_(delivery.c.person_id == person_id, delivery.c.address_id == address_id)
        await conn.execute(sa.select(address.c.id).where(address.c.id == address_id).with_for_update(key_share=True))
        going = sa.select(delivery.c.id).where(both, delivery.c.state == DeliveryState.SENDING)
        if (await conn.execute(going.limit(1))).first() is not None:
            return Refused("A message to this address is on its way: try again in a moment.")
        details["stopped"] = str(await self._stop(conn, both, now))
        row = (await conn.execute(_mine(sa.select(contact), person_id, address_id, contact))).mappings().one()
        kept = {name: row[name] for name in ("person_id", "address_id", "value_sealed", "verified_how", "verified_at")}
        await insert_rows(conn, retired_address, [{"id": new_id(), **kept, "reason": reason, "at": now}])
        await conn.execute(_mine(sa.delete(contact), person_id, address_id, contact))
        await self._free(conn, address_id)
        await self._tell(conn, "address.retire", person_id, address_id, actor, details, request_id)
        return await self.one(conn, person_id, address_id)

    async def restore(
        self, conn: AsyncConnection, person_id: str, address_id: str, actor: Actor, request_id: str = ""
    ) -> Known | Refused | None:
        """Use a suspended address again: staff looked, and it is the right person's. A STOP there stays a STOP."""
        there = await self.one(conn, person_id, address_id)
        if there is None or there.standing != "verified":
            return None
        if there.state == "invalid":
            return Refused("The provider cannot reach this address: staff cannot change that.")
        if there.state == "suspended":
            await conn.execute(sa.update(address).where(address.c.id == address_id).values(state="ok", state_reason=""))
            details = {"was": there.reason}
            await self._tell(conn, "address.restore", person_id, address_id, actor, details, request_id)
        return await self.one(conn, person_id, address_id)

    # How it is written

    async def _row_of(self, conn: AsyncConnection, one: Address) -> str:
        """The id of an address, made where it is new to the hub."""
        blind = self._vault.blind.of(one.kind.value, one.value)
        query = sa.select(address.c.id).where(address.c.kind == one.kind.value, address.c.blind == blind)
        found: str | None = (await conn.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
        if found is None:
            found = new_id()
            await insert_rows(conn, address, [address_row(found, one.kind, blind, self._clock.now())])
        return found

    async def _claim(
        self, conn: AsyncConnection, person_id: str, address_id: str, one: Address, how: How, actor: Actor, request: str
    ) -> None:
        keys = await self._vault.key(conn, person_id)
        row = {
            "person_id": person_id,
            "address_id": address_id,
            "value_sealed": seal_contact(keys, person_id, address_id, one.value),
            "how": how,
            "code_tries": 0,
            "codes_sent": 0,
            "created_at": self._clock.now(),
        }
        await insert_rows(conn, claimed_address, [row])
        await self._tell(conn, "address.claim", person_id, address_id, actor, {"how": how}, request)

    async def _prove(
        self,
        conn: AsyncConnection,
        person_id: str,
        address_id: str,
        one: Address,
        how: Proof,
        actor: Actor,
        request_id: str,
    ) -> None:
        keys = await self._vault.key(conn, person_id)
        await conn.execute(_mine(sa.delete(claimed_address), person_id, address_id))
        await insert_rows(conn, contact, [contact_row(keys, person_id, address_id, one, self._clock.now(), how)])
        await self._tell(conn, "address.verify", person_id, address_id, actor, {"how": how}, request_id)

    async def _stop(self, conn: AsyncConnection, which: sa.ColumnElement[bool], now: datetime) -> int:
        """Void what waits to be sent; of what was sent, ask the provider no more: how many were voided."""
        waiting = (DeliveryState.QUEUED, DeliveryState.HELD)
        query = sa.select(delivery.c.id).where(which, delivery.c.state.in_(waiting)).order_by(delivery.c.id)
        ids = list((await conn.execute(query.with_for_update())).scalars())
        reason = "address_retired"
        values = {"state": DeliveryState.SUPPRESSED, "reason": reason, "updated_at": now}
        await conn.execute(sa.update(delivery).where(delivery.c.id.in_(ids)).values(**values))
        await note(conn, [(one, DeliveryState.SUPPRESSED, reason) for one in ids], now)
        sent = sa.update(delivery).where(which, delivery.c.state == DeliveryState.SENT)
        await conn.execute(sent.values(due_at=now + _NEVER))
        await publish(conn, now, [Change("delivery.updated", one) for one in ids])
        return len(ids)

    @staticmethod
    async def _free(conn: AsyncConnection, address_id: str) -> None:
        """A suspended address that is nobody's on the books any more may be answered again, if a stranger writes."""
        others = (
            sa.select(person.c.id)
            .join(contact, contact.c.person_id == person.c.id)
            .where(contact.c.address_id == address_id, person.c.kind.in_(("patient", "proxy")))
        )
        if (await conn.execute(others.limit(1))).first() is None:
            suspended = sa.and_(address.c.id == address_id, address.c.state == "suspended")
            await conn.execute(sa.update(address).where(suspended).values(state="ok", state_reason=""))

    async def _claimed(self, conn: AsyncConnection, person_id: str, address_id: str) -> Any:
        """The claim, which nobody else decides about until the unit of work ends; None where there is none."""
        query = sa.select(claimed_address, address.c.kind).join(address, address.c.id == claimed_address.c.address_id)
        return (await conn.execute(_mine(query, person_id, address_id).with_for_update(of=claimed_address))).first()

    def _blind(self, person_id: str, address_id: str, code: str) -> bytes:
        return self._vault.blind.of("token", "\0".join(("address", person_id, address_id, code)))

    async def _tell(
        self,
        conn: AsyncConnection,
        action: str,
        person_id: str,
        address_id: str,
        actor: Actor,
        details: dict[str, str],
        request_id: str,
    ) -> None:
        entry = Entry(
            action=action,
            actor=actor,
            person_id=person_id,
            object_id=address_id,
            request_id=request_id,
            details=dict(details),
        )
        await self._trail.record(conn, entry)
        await publish(conn, self._clock.now(), [Change("address.updated", address_id)])


_STANDINGS: tuple[tuple[sa.Table, Literal["verified", "unverified", "retired"]], ...] = (
    (contact, "verified"),
    (claimed_address, "unverified"),
    (retired_address, "retired"),
)


def _mine(statement: Any, person_id: str, address_id: str, table: sa.Table = claimed_address) -> Any:
    """`statement` about one person's row for one address."""
    return statement.where(table.c.person_id == person_id, table.c.address_id == address_id)


def _known(row: Any, one: Address, standing: Literal["verified", "unverified", "retired"]) -> Known:
    match standing:
        case "verified":
            how, at, reason = row.verified_how, row.verified_at or row.created_at, row.state_reason
        case "unverified":
            how, at, reason = row.how, row.created_at, row.state_reason
        case "retired":
            how, at, reason = row.verified_how, row.at, row.reason
    return Known(id=row.address_id, address=one, standing=standing, how=how, at=at, state=row.state, reason=reason)
