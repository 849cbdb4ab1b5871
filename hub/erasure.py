"""An erasure that was asked for by right, carried out: approved by one, done by another, refused where a duty forbids.

1. A request of erasure is open, under rules that know that right (`hub.rights`); HIPAA's do not.
2. One of the staff finds that it is to be carried out: `Requests.approve`.
3. Another one carries it out here. A legal hold, the duty to keep records (`hub.retention.kept_until`), a visit to come
   and what else forbids a disposal refuse it, with a sentence that whoever asked can be told; the request stays open.
4. Else the person is disposed of in the same transaction, with a certificate (`hub.retention.dispose`).
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.errors import InputError
from hub.parts import Parts
from hub.retention import Issued, Refused, dispose, held_among, kept_until
from hub.rights import Kind, Requests

__all__ = ["erase"]


async def erase(
    conn: AsyncConnection, parts: Parts, rights_id: str, actor: Actor, request_id: str = ""
) -> Issued | Refused:
    """Carry out an approved erasure in the caller's transaction; the certificate, or why it must not be.

    Raises: InputError when it is no open erasure, was approved by nobody, or by the one who would carry it out.
    """
    found = await Requests(parts).get(conn, rights_id)
    if found is None or found.kind is not Kind.ERASURE or found.state != "open":
        raise InputError("there is no open request of erasure of this id")
    if found.approved_by is None:
        raise InputError("nobody has approved this erasure yet")
    if found.approved_by == actor:
        raise InputError("who approved an erasure does not carry it out: somebody else must")
    person_id = await parts.people.surviving(conn, found.person_id)
    done: Issued | Refused | None = None
    # A hold is told first: it goes before every other reason, and may last longer.
    if not await held_among(conn, [person_id]):
        done = await _duty(conn, parts, person_id)
    if done is None:
        reason = f"{found.rules.title}, erasure; request {found.id}"
        policy = f"{found.rules.name} {found.version}"
        done = await dispose(conn, parts, person_id, reason=reason, actor=actor, policy=policy, request_id=request_id)
    erased = isinstance(done, Issued)
    entry = Entry(
        action="rights.erase" if erased else "rights.erase_refused",
        actor=actor,
        person_id=person_id,
        object_id=rights_id,
        request_id=request_id,
        details={"certificate": done.certificate.seq} if isinstance(done, Issued) else {"why": done.why},
    )
    await parts.trail.record(conn, entry)
    return done


async def _duty(conn: AsyncConnection, parts: Parts, person_id: str) -> Refused | None:
    duty = await kept_until(conn, parts, person_id)
    if duty is None:
        return None
    until, policy = duty
    day = until.astimezone(parts.settings.timezone)
    return Refused(
        "duty",
        f"the law has this record kept until {day:%Y-%m-%d} (policy {policy}: {policy.source}): deny the request "
        "with that reason, or restrict the record",
    )
