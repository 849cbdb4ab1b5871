"""The records of persons: who they are, and how they are reached."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import address, contact, person
from hub.errors import RecordMerged
from hub.sealed import Profile, open_contact, open_profile, seal_contact, seal_profile
from hub.types import Address, AddressKind, ChannelKind, new_id
from hub.vault import Keys, Vault

PersonKind = Literal["patient", "proxy", "unidentified", "line"]
Proof = Literal["record", "portal", "dialogue", "staff", "code", "mail_token", "wrote"]
"""What proves an address to be a person's: the clinic's own record; signing in by a code and the birth date; name and
birth date said in a conversation; staff; a one-time code; a mail's token; or merely that a stranger wrote from there.
"""


VERIFIED = "address"
"""Where a place was taken from that no import changes: an address that was verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the rooms see them. `language`, `timezone` and `state` are None when unknown."""

    id: str
    kind: PersonKind
    profile: Profile = field(repr=False)
    language: str | None
    timezone: str | None
    preferred_channel: ChannelKind | None
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One address of a person, and whether it can be used."""

    address_id: str
    address: Address
    state: Literal["ok", "invalid", "suspended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """A patient as another system knows them; found again by `mrn`. Addresses are in their normal form.

    timezone, state: where they live; a state of None says nothing.
    """

    mrn: str = field(repr=False)
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    language: str | None = None
    timezone: str | None = None
    state: str | None = None
    preferred_channel: ChannelKind | None = None
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of a record: `addresses` gives the id of each address, in the order given."""

    person_id: str
    outcome: Literal["created", "updated", "unchanged"]
    addresses: tuple[str, ...]


def survivor() -> sa.ColumnElement[str]:
    """In a select of `person`: the id under which the person goes on."""
    return sa.func.coalesce(person.c.merged_into, person.c.id)


def identity_text(given_name: str, family_name: str, birth_date: date) -> str:
    """Full name and birth date in the form whose blind index is kept: no accents, no case, single spaces."""
    return f"{plain_name(f'{given_name} {family_name}')}\0{birth_date.isoformat()}"


def plain_name(name: str) -> str:
    """A name without accents, case, punctuation and needless spaces, for comparing."""
    spread = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(c if c.isalnum() else " " for c in spread if not unicodedata.combining(c))
    return " ".join(letters.split())


class People:
    """The records of persons."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def upsert(self, conn: AsyncConnection, patient: NewPatient, actor: Actor) -> Upserted:
        """Make or change the record of `patient`, in the caller's transaction; see `upsert_many`."""
        return (await self.upsert_many(conn, (patient,), actor))[0]

    async def upsert_many(self, conn: AsyncConnection, patients: Sequence[NewPatient], actor: Actor) -> list[Upserted]:
        """Make or change the records of `patients`, no two with the same `mrn`, in the caller's transaction.

        Raises: RecordMerged for a record number that was merged into another: it may not come to life again.
        Addresses that a record had and its patient does not name stay: a conversation may hang on them.
        """
        now = self._clock.now()
        known = await self._known(conn, patients)
        if any(row.merged_into for row in known.values()):
            raise RecordMerged
        ids = {one.mrn: known[one.mrn].id if one.mrn in known else new_id() for one in patients}
        keys = await self._vault.keys(conn, [row.id for row in known.values()])
        keys |= await self._vault.create(conn, [ids[one.mrn] for one in patients if one.mrn not in known], now)
        outcomes: dict[str, Literal["created", "updated", "unchanged"]] = {}
        made, changed = [], []
        for one in patients:
            person_id, row = ids[one.mrn], known.get(one.mrn)
            values = self._row(keys, person_id, one, now)
            if row is not None:
                values |= _place_kept(row, one)
            if row is None:
                outcomes[one.mrn] = "created"
                made.append({**values, "created_at": now})
            elif _differs(keys, row, one, values):
                outcomes[one.mrn] = "updated"
                changed.append(values)
        await insert_rows(conn, person, made)
        await update_rows(conn, person, changed)
        links, linked = await self._link(conn, keys, [(ids[one.mrn], one.addresses) for one in patients], now)
        done = []
        for one in patients:
            person_id = ids[one.mrn]
            outcome = outcomes.get(one.mrn, "updated" if person_id in linked else "unchanged")
            done.append(Upserted(person_id, outcome, tuple(links[address] for address in one.addresses)))
        await self._trail.record(
            conn,
            *(
                Entry(
                    action="person.create" if one.outcome == "created" else "person.update",
                    actor=actor,
                    person_id=one.person_id,
                    object_id=one.person_id,
                )
                for one in done
                if one.outcome != "unchanged"
            ),
        )
        return done

    async def get(self, conn: AsyncConnection, person_id: str) -> Person | None:
        """The person with this id, None when there is none."""
        row = (await conn.execute(sa.select(person).where(person.c.id == person_id))).first()
        if row is None:
            return None
        return opened(await self._vault.keys(conn, (person_id,)), row)

    async def many(self, conn: AsyncConnection, person_ids: Sequence[str]) -> dict[str, Person]:
        """The persons with these ids, by id."""
        rows = (await conn.execute(sa.select(person).where(person.c.id.in_(person_ids)))).all()
        keys = await self._vault.keys(conn, [row.id for row in rows])
        return {row.id: opened(keys, row) for row in rows}

    async def reach_at(self, conn: AsyncConnection, person_id: str, one: Address, how: Proof) -> str:
        """The id of an address at which the person can be reached from now on, in the caller's transaction.

        One that its provider called gone is good again: whoever gives it anew has it.
        """
        now = self._clock.now()
        keys = await self._vault.key(conn, person_id)
        links, _ = await self._link(conn, keys, [(person_id, (one,))], now, how)
        gone = sa.and_(address.c.id == links[one], address.c.state == "invalid")
        await conn.execute(sa.update(address).where(gone).values(state="ok", state_reason=""))
        return links[one]

    async def place(
        self,
        conn: AsyncConnection,
        person_id: str,
        *,
        timezone: str | None,
        state: str | None,
        verified: bool,
        actor: Actor,
        request_id: str = "",
    ) -> None:
        """Write where a person lives, in the caller's transaction.

        verified: it was read from an address that was checked: no import changes it from then on.
        """
        values = {"timezone": timezone, "state": state, "place_from": VERIFIED if verified else "record"}
        await conn.execute(
            sa.update(person).where(person.c.id == person_id).values(**values, updated_at=self._clock.now())
        )
        entry = Entry(
            action="person.place",
            actor=actor,
            person_id=person_id,
            object_id=person_id,
            request_id=request_id,
            details={"from": values["place_from"]},
        )
        await self._trail.record(conn, entry)

    async def by_mrn(self, conn: AsyncConnection, mrn: str, *, followed: bool = True) -> str | None:
        """The id of the person with this record number; where the record was merged, `followed`, of the survivor."""
        query = sa.select(survivor() if followed else person.c.id).where(
            person.c.mrn_blind == self._vault.blind.of("mrn", mrn)
        )
        return (await conn.execute(query)).scalar_one_or_none()

    @staticmethod
    async def surviving(conn: AsyncConnection, person_id: str) -> str:
        """The id of the person into whom this one was merged; their own where they were not, or do not exist."""
        query = sa.select(person.c.merged_into).where(person.c.id == person_id)
        return (await conn.execute(query)).scalar_one_or_none() or person_id

    async def by_address(self, conn: AsyncConnection, one: Address) -> list[str]:
        """The ids of all persons on this address, oldest link first."""
        query = (
            sa.select(contact.c.person_id)
            .join(address, address.c.id == contact.c.address_id)
            .where(address.c.kind == one.kind, address.c.blind == self._vault.blind.of(one.kind.value, one.value))
            .order_by(contact.c.created_at, contact.c.person_id)
        )
        return list((await conn.execute(query)).scalars())

    async def contacts(self, conn: AsyncConnection, person_id: str) -> list[Contact]:
        """The addresses of a person, oldest first."""
        keys = await self._vault.keys(conn, (person_id,))
        query = (
            sa.select(address.c.id, address.c.kind, address.c.state, contact.c.value_sealed)
            .join(contact, contact.c.address_id == address.c.id)
            .where(contact.c.person_id == person_id)
            .order_by(contact.c.created_at, address.c.id)
        )
        found = []
        for row in await conn.execute(query):
            value = open_contact(keys, person_id, row.id, row.value_sealed)
            found.append(Contact(address_id=row.id, address=Address(AddressKind(row.kind), value), state=row.state))
        return found

    async def _known(self, conn: AsyncConnection, patients: Sequence[NewPatient]) -> dict[str, Any]:
        """The rows of those who have a record, by record number."""
        blinds = {self._vault.blind.of("mrn", one.mrn): one.mrn for one in patients}
        rows = await conn.execute(sa.select(person).where(person.c.mrn_blind.in_(blinds)))
        return {blinds[row.mrn_blind]: row for row in rows}

    def _row(self, keys: Keys, person_id: str, one: NewPatient, now: datetime) -> dict[str, Any]:
        identity = None
        if one.birth_date is not None:
            text = identity_text(one.given_name, one.family_name, one.birth_date)
            identity = self._vault.blind.of("identity", text)
        return {
            "id": person_id,
            "kind": "patient",
            "mrn_blind": self._vault.blind.of("mrn", one.mrn),
            "identity_blind": identity,
            "profile_sealed": seal_profile(keys, person_id, _profile(one)),
            "language": one.language,
            "timezone": one.timezone,
            "state": one.state,
            "preferred_channel": one.preferred_channel,
            "updated_at": now,
        }

    async def _link(
        self,
        conn: AsyncConnection,
        keys: Keys,
        wanted: Sequence[tuple[str, tuple[Address, ...]]],
        now: datetime,
        how: Proof = "record",
    ) -> tuple[dict[Address, str], set[str]]:
        """The ids of all addresses, each linked to its persons; and the persons who got a new link."""
        blinds = {one: self._vault.blind.of(one.kind.value, one.value) for _, many in wanted for one in many}
        if not blinds:
            return {}, set()
        rows = await conn.execute(
            sa.select(address.c.id, address.c.kind, address.c.blind).where(address.c.blind.in_(set(blinds.values())))
        )
        found = {(row.kind, row.blind): row.id for row in rows}
        ids = {one: found.get((one.kind.value, blind)) or new_id() for one, blind in blinds.items()}
        fresh = [one for one, blind in blinds.items() if (one.kind.value, blind) not in found]
        await insert_rows(conn, address, [address_row(ids[one], one.kind, blinds[one], now) for one in fresh])
        pairs = sa.select(contact.c.person_id, contact.c.address_id).where(
            contact.c.person_id.in_([person_id for person_id, _ in wanted])
        )
        linked = {(row.person_id, row.address_id) for row in await conn.execute(pairs)}
        new = [
            (person_id, one)
            for person_id, many in wanted
            for one in dict.fromkeys(many)
            if (person_id, ids[one]) not in linked
        ]
        await insert_rows(conn, contact, [contact_row(keys, who, ids[one], one, now, how) for who, one in new])
        return ids, {who for who, _ in new}


def _profile(one: NewPatient) -> Profile:
    return Profile(mrn=one.mrn, given_name=one.given_name, family_name=one.family_name, birth_date=one.birth_date)


def _place_kept(row: Any, one: NewPatient) -> dict[str, Any]:
    """What of a record's place stays whatever another system says: one read from a verified address, and a state that
    the other system does not know.
    """
    if row.place_from == VERIFIED:
        return {"timezone": row.timezone, "state": row.state}
    return {"state": one.state or row.state}


def _differs(keys: Keys, row: Any, one: NewPatient, values: dict[str, Any]) -> bool:
    """Whether the stored record says something else than the patient now does."""
    plain = ("language", "timezone", "state", "preferred_channel")
    return open_profile(keys, row.id, row.profile_sealed) != _profile(one) or any(
        getattr(row, name) != values[name] for name in plain
    )


def opened(keys: Keys, row: Any) -> Person:
    """A row of `person` with its profile opened."""
    preferred = ChannelKind(row.preferred_channel) if row.preferred_channel else None
    return Person(
        id=row.id,
        kind=row.kind,
        profile=open_profile(keys, row.id, row.profile_sealed),
        language=row.language,
        timezone=row.timezone,
        preferred_channel=preferred,
        state=row.state,
    )


def address_row(address_id: str, kind: AddressKind, blind: bytes, now: Any) -> dict[str, Any]:
    """A new row of `address`."""
    return {"id": address_id, "kind": kind, "blind": blind, "state": "ok", "state_reason": "", "created_at": now}


def contact_row(
    keys: Keys, person_id: str, address_id: str, one: Address, now: Any, how: Proof = "record"
) -> dict[str, Any]:
    """A new row of `contact`: the address itself, under the person's key, and what proves it to be theirs."""
    sealed = seal_contact(keys, person_id, address_id, one.value)
    return {
        "person_id": person_id,
        "address_id": address_id,
        "value_sealed": sealed,
        "created_at": now,
        "verified_how": how,
        "verified_at": now,
    }
