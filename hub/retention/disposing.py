"""Disposing of one person: the checks, the destruction and its certificate, in one transaction."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.db.tables import appointment, delivery, person, rights_request, thread
from hub.events import Change, publish
from hub.identity.merging import former, lock
from hub.parts import Parts
from hub.retention import destroying
from hub.retention.certificates import Issued, issue
from hub.retention.copies import ask_for_person
from hub.retention.holds import held_among
from hub.search import search_index
from hub.types import DeliveryState

__all__ = ["Refused", "dispose", "refused"]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a person must not be disposed of now. `why` is a code, `detail` a sentence that says what to do."""

    why: str
    detail: str


_HELD = Refused("held", "a legal hold is in force for this person: see `hub retention holds`")
_GONE = Refused("gone", "this person was disposed of before")
_VISIT = Refused("visit", "this person has a visit to come: cancel it first")
_URGENT = Refused("emergency", "this person's thread is an emergency that nobody has ended: end it first")
_ASKED = Refused("request", "this person has a request open that needs the record: answer it first (`hub rights list`)")
_SENDING = Refused("sending", "a message to this person is leaving just now: try again in a minute")


async def dispose(
    conn: AsyncConnection,
    parts: Parts,
    person_id: str,
    *,
    reason: str,
    actor: Actor,
    policy: str = "",
    request_id: str = "",
) -> Issued | Refused:
    """Destroy what is of `person_id`, in the caller's transaction; the certificate, or why it must not be.

    Older copies of the database open until the keyring of that time is destroyed, too: see `rotate`.
    """
    await lock(conn, person_id)
    why_not = await refused(conn, parts, person_id)
    if why_not is not None:
        return why_not
    if parts.db.embedded:
        # From here on this process overwrites whatever it deletes, free pages too.
        await conn.exec_driver_sql("PRAGMA secure_delete=ON")
    now = parts.clock.now()
    copies = await ask_for_person(conn, parts, person_id)
    merged = list((await conn.execute(sa.select(person.c.id).where(person.c.merged_into == person_id))).scalars())
    counts = await destroying.destroy_rows(
        conn, parts.vault, search_index(parts.vault), person_id, await _numbers(conn, parts, person_id, merged), now
    )
    if copies:
        counts["copies_at_providers"] = copies
    done = sa.update(rights_request).where(
        rights_request.c.person_id == person_id, rights_request.c.state == "open", rights_request.c.kind == "erasure"
    )
    await conn.execute(done.values(state="fulfilled", ended_at=now))
    destroyed = await parts.vault.destroy(conn, [person_id, *merged], now)
    issued = await issue(
        conn,
        parts,
        what="person",
        person_id=person_id,
        actor=actor,
        reason=reason,
        policy=policy,
        counts=counts,
        data_keys=destroyed,
    )
    entry = Entry(
        action="person.dispose",
        actor=actor,
        person_id=person_id,
        object_id=str(issued.certificate.seq),
        request_id=request_id,
        details={"policy": policy, **counts},
    )
    await parts.trail.record(conn, entry)
    await publish(conn, now, [Change("person.disposed", person_id)])
    return issued


async def refused(conn: AsyncConnection, parts: Parts, person_id: str) -> Refused | None:
    """Why a person must not be disposed of now; None when they may be."""
    now = parts.clock.now()
    if await held_among(conn, [person_id]):
        return _HELD
    if person_id not in await parts.vault.keys(conn, [person_id], keep=False):
        return _GONE
    visits = sa.select(appointment.c.id).where(
        appointment.c.person_id == person_id, appointment.c.status == "booked", appointment.c.start > now
    )
    urgent = sa.select(thread.c.id).where(
        thread.c.person_id == person_id, thread.c.priority == 3, thread.c.status.in_(("open", "snoozed"))
    )
    asked = sa.select(rights_request.c.id).where(
        rights_request.c.person_id == person_id, rights_request.c.state == "open", rights_request.c.kind != "erasure"
    )
    sending = sa.select(delivery.c.id).where(
        delivery.c.person_id == person_id, delivery.c.state == DeliveryState.SENDING
    )
    for query, refusal in ((visits, _VISIT), (urgent, _URGENT), (asked, _ASKED), (sending, _SENDING)):
        if (await conn.execute(query.limit(1))).first() is not None:
            return refusal
    return None


async def _numbers(conn: AsyncConnection, parts: Parts, person_id: str, merged: list[str]) -> list[str]:
    """The record numbers that the person has and had."""
    found = [(await parts.people.many(conn, [person_id]))[person_id].profile.mrn]
    for one in merged:
        was = await former(conn, parts.vault, one)
        found.append(was.profile.mrn if was is not None else "")
    return [one for one in found if one]
