"""Proxies: who may act for a patient."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.guardians import Kind, Scope
from hub.api.shapes import Moment, Page
from hub.calls.endpoints import Call, NoBody, NoQuery, Read, Wrote
from hub.calls.problems import Problem, not_found
from hub.parts import Parts
from hub.proxies import NewProxy, NotGiven, Proxy


class ProxyShown(msgspec.Struct, kw_only=True):
    """A right to act for a patient. `holds` is what of `scope` holds now; empty once it ended, by whatever."""

    id: str
    patient: str
    proxy: str
    kind: Kind
    scope: list[Scope]
    holds: list[Scope]
    since: datetime
    until: datetime | None
    verified_how: str
    ended_at: datetime | None
    ended_why: str | None


class GivenProxy(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A right to be given to `proxy`. What the patient's age ends, ends by itself."""

    proxy: Annotated[str, msgspec.Meta(max_length=36, description="The id of the person who is to act.")]
    kind: Kind
    scope: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=3)]
    verified_how: Annotated[
        Literal["record", "documents", "in_person", "court_order"],
        msgspec.Meta(description="What showed that this person may."),
    ]
    since: Annotated[Moment, msgspec.Meta(description="From when on; left out: now.")] | None = None
    until: Annotated[Moment, msgspec.Meta(description="Until when; left out: until age or staff end it.")] | None = None


async def proxies(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """Every right over a patient that there ever was, oldest first."""
    patient_id = await _patient(conn, call.parts, call.ids["id"])
    found = await call.parts.proxies.of_patient(conn, patient_id)
    page = Page(items=[_shown(one) for one in found])
    return Read(value=page, action="proxy.read", persons=(patient_id,), object_id=patient_id)


async def give(conn: AsyncConnection, call: Call[NoQuery, GivenProxy]) -> Wrote:
    """Give a right. Raises: Problem 404; 409 when the patient's age or another right forbids it."""
    parts, asked = call.parts, call.body
    new = NewProxy(
        proxy_person_id=await parts.people.surviving(conn, asked.proxy),
        kind=asked.kind,
        scope=frozenset(asked.scope),
        verified_how=asked.verified_how,
        since=asked.since,
        until=asked.until,
    )
    patient_id = await _patient(conn, parts, call.ids["id"])
    made = await parts.proxies.give(conn, patient_id, new, call.caller.actor, call.request_id)
    if made is None:
        raise not_found("patient and proxy on the books")
    if isinstance(made, NotGiven):
        raise Problem(409, "proxy-not-given", made.detail, reasons=(made.detail,))
    return Wrote(status=201, value=_shown(made), after=parts.bell.ring)


async def end(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
    """End a right at once: sessions that act by it do not any more. Raises: Problem 404."""
    parts = call.parts
    patient_id = await _patient(conn, parts, call.ids["id"])
    ended = await parts.proxies.end(conn, patient_id, call.ids["proxy"], "staff", call.caller.actor, call.request_id)
    if ended is None:
        raise not_found("proxy of this patient")
    return Wrote(status=200, value=_shown(ended), after=parts.bell.ring)


async def _patient(conn: AsyncConnection, parts: Parts, person_id: str) -> str:
    """The id of the patient, under which they go on. Raises: Problem 404."""
    found = await parts.people.surviving(conn, person_id)
    if await parts.people.get(conn, found) is None:
        raise not_found("patient")
    return found


def _shown(one: Proxy) -> ProxyShown:
    return ProxyShown(
        id=one.id,
        patient=one.patient_id,
        proxy=one.proxy_person_id,
        kind=one.right.kind,
        scope=sorted(one.right.scope),
        holds=sorted(one.holds),
        since=one.right.since,
        until=one.right.until,
        verified_how=one.verified_how,
        ended_at=one.right.ended,
        ended_why=one.ended_why or None,
    )
