"""The records of persons: who they are, and how they are reached."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.tables import address, contact, person
from hub.sealed import open_contact, seal_contact
from hub.types import Address, AddressKind, ChannelKind, new_id
from hub.vault import Keys, Vault

PersonKind = Literal["patient", "proxy", "unidentified", "line"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a person; empty for someone unidentified."""

    mrn: str = ""
    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None

    def __repr__(self) -> str:
        return "Profile(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the rooms see them. `language` and `timezone` are None when unknown."""

    id: str
    kind: PersonKind
    profile: Profile = field(repr=False)
    language: str | None
    timezone: str | None
    preferred_channel: ChannelKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One address of a person, and whether it can be used."""

    address_id: str
    address: Address
    state: Literal["ok", "invalid", "suspended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """A patient as another system knows them; found again by `mrn`. Addresses are in their normal form."""

    mrn: str = field(repr=False)
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    language: str | None = None
    timezone: str | None = None
    preferred_channel: ChannelKind | None = None
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of a record: `addresses` gives the id of each address, in the order given."""

    person_id: str
    outcome: Literal["created", "updated", "unchanged"]
    addresses: tuple[str, ...]


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
        """Make or change the record of `patient`, in the caller's transaction.

        Addresses that the record had and `patient` does not name stay: a conversation may hang on them.
        """
        blind = self._vault.blind.of("mrn", patient.mrn)
        found = (await conn.execute(sa.select(person).where(person.c.mrn_blind == blind))).first()
        person_id = found.id if found is not None else new_id()
        now = self._clock.now()
        if found is None:
            keys = await self._vault.create(conn, (person_id,), now)
        else:
            keys = await self._vault.key(conn, person_id)
        profile = Profile(
            mrn=patient.mrn,
            given_name=patient.given_name,
            family_name=patient.family_name,
            birth_date=patient.birth_date,
        )
        plain = {
            "language": patient.language,
            "timezone": patient.timezone,
            "preferred_channel": patient.preferred_channel,
        }
        changed = found is None or _open_profile(keys, found) != profile
        changed = changed or any(getattr(found, name) != value for name, value in plain.items())
        if changed:
            values = {
                **plain,
                "kind": "patient",
                "mrn_blind": blind,
                "identity_blind": self._identity(profile),
                "profile_sealed": keys.seal(person_id, msgspec.json.encode(profile), _profile_place(person_id)),
                "updated_at": now,
            }
            if found is None:
                await conn.execute(sa.insert(person), {**values, "id": person_id, "created_at": now})
            else:
                await conn.execute(sa.update(person).where(person.c.id == person_id).values(**values))
        linked = [await self._link(conn, keys, person_id, one) for one in patient.addresses]
        changed = changed or any(new for _, new in linked)
        outcome: Literal["created", "updated", "unchanged"] = "unchanged"
        if changed:
            outcome = "created" if found is None else "updated"
            entry = Entry(action=f"person.{outcome[:-1]}", actor=actor, person_id=person_id, object_id=person_id)
            await self._trail.record(conn, entry)
        return Upserted(person_id, outcome, tuple(address_id for address_id, _ in linked))

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

    async def by_mrn(self, conn: AsyncConnection, mrn: str) -> str | None:
        """The id of the person with this record number."""
        query = sa.select(person.c.id).where(person.c.mrn_blind == self._vault.blind.of("mrn", mrn))
        return (await conn.execute(query)).scalar_one_or_none()

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

    def _identity(self, profile: Profile) -> bytes | None:
        if profile.birth_date is None:
            return None
        text = identity_text(profile.given_name, profile.family_name, profile.birth_date)
        return self._vault.blind.of("identity", text)

    async def _link(self, conn: AsyncConnection, keys: Keys, person_id: str, one: Address) -> tuple[str, bool]:
        """The id of the address, linked to the person, and whether the link is new."""
        blind = self._vault.blind.of(one.kind.value, one.value)
        query = sa.select(address.c.id).where(address.c.kind == one.kind, address.c.blind == blind)
        address_id = (await conn.execute(query)).scalar_one_or_none()
        now = self._clock.now()
        if address_id is None:
            address_id = new_id()
            await conn.execute(sa.insert(address), address_row(address_id, one.kind, blind, now))
        linked = sa.select(contact.c.person_id).where(
            contact.c.person_id == person_id, contact.c.address_id == address_id
        )
        if (await conn.execute(linked)).first() is not None:
            return address_id, False
        await conn.execute(sa.insert(contact), contact_row(keys, person_id, address_id, one, now))
        return address_id, True


def opened(keys: Keys, row: Any) -> Person:
    """A row of `person` with its profile opened."""
    preferred = ChannelKind(row.preferred_channel) if row.preferred_channel else None
    return Person(
        id=row.id,
        kind=row.kind,
        profile=_open_profile(keys, row),
        language=row.language,
        timezone=row.timezone,
        preferred_channel=preferred,
    )


def address_row(address_id: str, kind: AddressKind, blind: bytes, now: Any) -> dict[str, Any]:
    """A new row of `address`."""
    return {"id": address_id, "kind": kind, "blind": blind, "state": "ok", "state_reason": "", "created_at": now}


def contact_row(keys: Keys, person_id: str, address_id: str, one: Address, now: Any) -> dict[str, Any]:
    """A new row of `contact`: the address itself, under the person's key."""
    sealed = seal_contact(keys, person_id, address_id, one.value)
    return {"person_id": person_id, "address_id": address_id, "value_sealed": sealed, "created_at": now}


def _open_profile(keys: Keys, row: Any) -> Profile:
    if row.profile_sealed is None:
        return Profile()
    return msgspec.json.decode(keys.open(row.id, row.profile_sealed, _profile_place(row.id)), type=Profile)


def _profile_place(person_id: str) -> Place:
    return Place("person", "profile_sealed", person_id, person_id)
