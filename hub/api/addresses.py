"""Addresses of a patient: added, proved, retired, used again."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from hub.api.shapes import Page
from hub.calls.endpoints import Call, NoBody, NoQuery, Read, Wrote
from hub.calls.outcomes import refused
from hub.calls.problems import Problem, not_found, unusable
from hub.identity.addresses import Known, Reason, Refused
from hub.parts import Parts
from hub.types import Address, AddressKind, Language, Skip


class AddressShown(msgspec.Struct, kw_only=True):
    """An address as it stands to a patient.

    standing: `unverified` is not proved to be the patient's: nothing is sent there, and who writes from there is told
    nothing. `how` is what proves it, or who claims it; `at`, since when it stands so. `state`: `suspended` until staff
    have looked, `reason` says why; of a retired one it says why it was.
    """

    id: str
    kind: AddressKind
    value: str
    standing: Literal["verified", "unverified", "retired"]
    how: str
    at: datetime | None
    state: Literal["ok", "invalid", "suspended"]
    reason: str | None


class NewAddress(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An address to be added: a phone number or a mailbox."""

    value: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    vouched: Annotated[
        bool, msgspec.Meta(description="You checked that it is the patient's. Left out: it needs a code first.")
    ] = False

    def __repr__(self) -> str:
        return "NewAddress(…)"


class ProofCode(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The code that the patient tells you."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=12)]

    def __repr__(self) -> str:
        return "ProofCode(…)"


class Retirement(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Why an address is not the patient's any more."""

    reason: Reason


class CodeSent(msgspec.Struct, kw_only=True):
    """A code is on its way; the one before is of no more use. `to`: to the address itself, or to where the patient was
    reached before.
    """

    to: Literal["address", "patient"]


class Dropped(msgspec.Struct, kw_only=True):
    """A claim that was dropped: nothing is left of it but the audit."""

    id: str


async def addresses(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """Every address that is, is said to be, or was the patient's."""
    person_id = await _person(conn, call.parts, call.ids["id"])
    found = await call.parts.addresses.of(conn, person_id)
    page = Page(items=[address_shown(one) for one in found])
    return Read(value=page, action="address.read", persons=(person_id,), object_id=person_id)


async def add(conn: AsyncConnection, call: Call[NoQuery, NewAddress]) -> Wrote:
    """Add an address. Raises: Problem 404, 422."""
    parts, asked = call.parts, call.body
    person_id = await _person(conn, parts, call.ids["id"])
    one = _address(asked.value, parts.settings.region)
    known = await parts.addresses.add(
        conn, person_id, one, call.caller.actor, vouched=asked.vouched, request_id=call.request_id
    )
    return Wrote(status=201, value=address_shown(known), after=parts.bell.ring)


async def send_code(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
    """Send a code for an address that is not proved. Raises: Problem 404, 409."""
    parts, address_id = call.parts, call.ids["address"]
    person_id = await _person(conn, parts, call.ids["id"])
    known = await parts.addresses.one(conn, person_id, address_id)
    person = await parts.people.get(conn, person_id)
    spoken: Language = "es" if person is not None and person.language == "es" else "en"
    sent = await parts.addresses.send_code(conn, person_id, address_id, spoken)
    if sent is None or known is None:
        raise not_found("unverified address of this patient")
    if isinstance(sent, Refused):
        raise Problem(409, "code-not-sent", sent.detail, reasons=(sent.detail,))
    routed = sent.routed
    if isinstance(routed.decision, Skip):
        return refused(parts, routed, routed.decision, call.request_id)
    to: Literal["address", "patient"] = "address" if known.how == "staff" else "patient"
    return Wrote(status=202, value=CodeSent(to=to), after=partial(parts.router.announce, routed))


async def verify(conn: AsyncConnection, call: Call[NoQuery, ProofCode]) -> Wrote:
    """Prove an address by its code. A wrong one counts, too, and so is answered, not raised."""
    parts = call.parts
    person_id = await _person(conn, parts, call.ids["id"])
    done = await parts.addresses.prove_by_code(
        conn, person_id, call.ids["address"], call.body.code, call.caller.actor, call.request_id
    )
    if done is None:
        raise not_found("unverified address of this patient")
    if isinstance(done, Refused):
        problem = Problem(409, "code-wrong", done.detail, reasons=(done.detail,))
        return Wrote(status=409, value=problem.details(call.request_id))
    return Wrote(status=200, value=address_shown(done), after=parts.bell.ring)


async def retire(conn: AsyncConnection, call: Call[NoQuery, Retirement]) -> Wrote:
    """Take an address from a patient, or drop the claim to one. Raises: Problem 404, 409."""
    parts, address_id = call.parts, call.ids["address"]
    person_id = await _person(conn, parts, call.ids["id"])
    if await parts.addresses.one(conn, person_id, address_id) is None:
        raise not_found("address of this patient")
    done = await parts.addresses.retire(
        conn, person_id, address_id, call.body.reason, call.caller.actor, call.request_id
    )
    if isinstance(done, Refused):
        raise Problem(409, "address-in-use", done.detail, reasons=(done.detail,))
    if done is None:
        return Wrote(status=202, value=Dropped(id=address_id), after=parts.bell.ring)
    return Wrote(status=200, value=address_shown(done), after=parts.bell.ring)


async def restore(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
    """Use a suspended address again. Raises: Problem 404, 409."""
    parts = call.parts
    person_id = await _person(conn, parts, call.ids["id"])
    done = await parts.addresses.restore(conn, person_id, call.ids["address"], call.caller.actor, call.request_id)
    if done is None:
        raise not_found("address of this patient")
    if isinstance(done, Refused):
        raise Problem(409, "address-unreachable", done.detail, reasons=(done.detail,))
    return Wrote(status=200, value=address_shown(done), after=parts.bell.ring)


async def _person(conn: AsyncConnection, parts: Parts, person_id: str) -> str:
    """The id of a patient or proxy, under which they go on. Raises: Problem 404."""
    found = await parts.people.surviving(conn, person_id)
    person = await parts.people.get(conn, found)
    if person is None or person.kind not in ("patient", "proxy"):
        raise not_found("patient")
    return found


def _address(value: str, region: str) -> Address:
    """A number or mailbox in its normal form. Raises: Problem 422."""
    said = value.strip()
    if "@" in said:
        name, _, host = said.lower().rpartition("@")
        if name and "." in host and said.isprintable() and not any(c.isspace() for c in said):
            return Address(AddressKind.MAILBOX, said.lower())
    elif (number := e164(said, region)) is not None:
        return Address(AddressKind.PHONE, number)
    raise unusable("`value` must be a phone number such as +12025550123, or a mailbox")


def address_shown(one: Known) -> AddressShown:
    """An address as it is sent."""
    return AddressShown(
        id=one.id,
        kind=one.address.kind,
        value=one.address.value,
        standing=one.standing,
        how=one.how,
        at=one.at,
        state=one.state,
        reason=one.reason or None,
    )
