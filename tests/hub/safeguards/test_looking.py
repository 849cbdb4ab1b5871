"""Looking at a whole hub, on either database: what is wrong in it shows, and what cannot be looked at is said."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.clock import FixedClock
from hub.db.tables import attestation, audit_event, break_glass
from hub.errors import InputError, StorageError
from hub.safeguards import SAFEGUARDS, Attestations, Result, State, assess
from hub.types import new_id
from tests.hub.exports.clinic import Clinic
from tests.hub.staff.signed_in import hired
from tests.stores import either_will_do

OFFICER = Actor("staff", "018f0000-0000-7000-8000-00000000bbbb")


async def found(clinic: Clinic) -> dict[str, Result]:
    return {one.name: one for one in await assess(clinic.parts)}


async def test_what_is_wrong_shows_and_goes_when_it_is_mended(clinic: Clinic, clock: FixedClock) -> None:
    """A use of broken glass nobody looked at, sends without a decision, a backup, an attestation: facts from tables."""
    parts, now = clinic.parts, clock.now()
    nurse = await hired(parts, "agent")
    glass = {
        "id": new_id(),
        "user_id": nurse.id,
        "person_id": clinic.persons[0],
        "reason_sealed": b"x",
        "at": now - timedelta(days=5),
        "ends_at": now,
    }
    await parts.db.write(lambda conn: conn.execute(sa.insert(break_glass), glass))

    decisions = sa.delete(audit_event).where(audit_event.c.action == "message.queue")
    await parts.db.write(lambda conn: conn.execute(decisions))

    first = await found(clinic)
    assert (first["glass"].found.reason, first["glass"].found.evidence["not_reviewed"]) == ("unreviewed", 1)
    assert first["sealing"].found.state is State.IN_PLACE
    assert first["keyring"].found.evidence["behind"] == 0
    assert first["schema"].found.state is State.IN_PLACE
    assert first["second_factor"].found.reason == "without"
    assert first["unusual"].found.reason == "never"
    # That the clinic's messages came in is nowhere in the audit, and now no decision is, either.
    assert (first["consent"].found.reason, first["recorded"].found.reason) == ("undecided", "without")
    assert first["drill"].found.reason == first["training"].found.reason == "never"
    assert {one.found.reason for one in first.values()}.isdisjoint({"failed"})

    async def mend(conn: AsyncConnection) -> None:
        await conn.execute(sa.update(break_glass).values(reviewed_at=now, reviewed_by=nurse.id))
        entries = [Entry(action=one, actor=OFFICER) for one in ("backup.take", "audit.copy", "audit.verify")]
        await parts.trail.record(conn, *entries)
        book = Attestations(parts)
        for kind in ("training", "restore_drill", "access_review"):
            await book.attest(conn, kind, "done, see the binder", OFFICER, done=now)

    await parts.db.write(mend)
    await parts.sealer.seal()
    await parts.sealer.checkpoint()
    then = await found(clinic)
    mended = ("glass", "copy", "chain", "drill", "access_review", "training")
    assert {name: then[name].found.state for name in mended} == dict.fromkeys(mended, State.IN_PLACE)
    assert then["access_review"].found.evidence["roles"] == "agent: 1"

    clock.advance(timedelta(days=400))
    later = await found(clinic)
    assert later["training"].found.reason == "ended"
    assert later["drill"].found.reason == "old"


async def test_what_is_attested_is_sealed_and_the_newest_counts(clinic: Clinic, clock: FixedClock) -> None:
    parts, now = clinic.parts, clock.now()
    book = Attestations(parts)

    async def unit(conn: AsyncConnection) -> None:
        await book.attest(conn, "training", "the first time", OFFICER, done=now - timedelta(days=9))
        await book.attest(conn, "training", "the second time", OFFICER, done=now - timedelta(days=2))

    await parts.db.write(unit)

    async with parts.db.read() as conn:
        newest = await book.newest(conn)
        rows = (await conn.execute(sa.select(attestation))).all()
    assert newest["training"].note == "the second time"
    assert newest["training"].ends_at == now + timedelta(days=363)
    assert all(b"time" not in row.note_sealed for row in rows)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "horoscope"}, "kind"),
        ({"note": "  "}, "note"),
        ({"done": timedelta(minutes=1)}, "done"),
        ({"until": timedelta(0)}, "until"),
        ({"until": timedelta(days=2000)}, "until"),
    ],
)
@either_will_do
async def test_what_cannot_be_attested_is_refused(
    clinic: Clinic, clock: FixedClock, change: dict[str, object], code: str
) -> None:
    given: dict[str, object] = {"kind": "training", "note": "done", "done": timedelta(0), "until": None} | change
    done, until = clock.now() + given["done"], given["until"]  # type: ignore[operator]
    ends = None if until is None else clock.now() + until  # type: ignore[operator]

    with pytest.raises(InputError) as refused:
        await clinic.parts.db.write(
            lambda conn: Attestations(clinic.parts).attest(
                conn, str(given["kind"]), str(given["note"]), OFFICER, done=done, until=ends
            )
        )

    assert str(refused.value) == code


async def test_one_that_cannot_be_looked_at_spoils_none_of_the_others(clinic: Clinic) -> None:
    async def gather(conn: AsyncConnection, parts: object) -> None:
        raise StorageError

    broken = replace(SAFEGUARDS[0], name="broken", gather=gather)

    looked = {one.name: one for one in await assess(clinic.parts, (broken,))}

    assert (looked["broken"].found.state, looked["broken"].found.reason) == (State.UNSEEN, "failed")
    assert looked["sealing"].found.state is State.IN_PLACE
