"""What was asked for by right is carried out: an erasure by two, where no duty forbids it; a restriction."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from consent.restricting import restricted_among
from hub.audit import Actor
from hub.db.tables import audit_event, data_key
from hub.erasure import erase
from hub.errors import InputError
from hub.parts import Parts
from hub.retention import Issued, Refused, hold, release
from hub.rights import Kind, NewRequest, Requests, lift, restrict
from tests.hub.exports.clinic import Clinic

NORA = Actor("staff", "018f0000-0000-7000-8000-00000000bbbb")
OMAR = Actor("staff", "018f0000-0000-7000-8000-00000000cccc")


async def asked(parts: Parts, person_id: str, kind: Kind, law: str = "us-ca-ccpa") -> str:
    new = NewRequest(person_id=person_id, kind=kind, received_at=parts.clock.now(), rules=law)
    return await parts.db.write(lambda conn: Requests(parts).open(conn, new, NORA))


async def actions(parts: Parts, object_id: str) -> list[str]:
    query = sa.select(audit_event.c.action).where(audit_event.c.object_id == object_id).order_by(audit_event.c.id)
    async with parts.db.read() as conn:
        return list((await conn.execute(query)).scalars())


async def test_an_erasure_is_approved_by_one_and_done_by_another_where_no_duty_forbids(clinic: Clinic) -> None:
    """In the United States the record must be kept; where no such duty is known, it goes, with a certificate."""
    parts, person_id = clinic.parts, clinic.persons[0]
    one = await asked(parts, person_id, Kind.ERASURE)

    async def erased(actor: Actor, parts: Parts = parts) -> Issued | Refused:
        return await parts.db.write(lambda conn: erase(conn, parts, one, actor))

    with pytest.raises(InputError, match="nobody has approved"):
        await erased(OMAR)
    await parts.db.write(lambda conn: Requests(parts).approve(conn, one, NORA))
    with pytest.raises(InputError, match="approved before"):
        await parts.db.write(lambda conn: Requests(parts).approve(conn, one, OMAR))
    with pytest.raises(InputError, match="somebody else"):
        await erased(NORA)

    held = await parts.db.write(lambda conn: hold(conn, parts, person_id, "case 26-1188", NORA))
    on_hold = await erased(OMAR)
    await parts.db.write(lambda conn: release(conn, parts, held, NORA))
    kept = await erased(OMAR)
    elsewhere = replace(parts, settings=replace(parts.settings, region="DE", state=""))
    done = await erased(OMAR, elsewhere)

    assert isinstance(on_hold, Refused)
    assert on_hold.why == "held"
    assert isinstance(kept, Refused)
    assert (kept.why, "kept until 2036-" in kept.detail) == ("duty", True)
    assert isinstance(done, Issued)
    assert done.certificate.policy == "us-ca-ccpa 1"
    async with parts.db.read() as conn:
        found = await Requests(parts).get(conn, one)
        gone = await conn.scalar(sa.select(data_key.c.wrapped).where(data_key.c.owner_id == person_id))
    assert found is not None
    assert (found.state, found.approved_by, gone) == ("fulfilled", NORA, None)
    steps = ["rights.open", "rights.approve", "rights.erase_refused", "rights.erase_refused", "rights.erase"]
    assert await actions(parts, one) == steps


async def test_health_records_under_hipaa_have_no_erasure(clinic: Clinic) -> None:
    with pytest.raises(InputError, match="no right of erasure"):
        await asked(clinic.parts, clinic.persons[0], Kind.ERASURE, "us-hipaa")


async def test_a_restriction_is_in_force_until_it_is_lifted(clinic: Clinic) -> None:
    parts, person_id = clinic.parts, clinic.persons[0]
    one = await asked(parts, person_id, Kind.RESTRICTION, "us-hipaa")

    async def now() -> set[str]:
        async with parts.db.read() as conn:
            return await restricted_among(conn, clinic.persons)

    assert await now() == set()
    made = await parts.db.write(lambda conn: restrict(conn, parts, one, OMAR))
    assert await now() == {person_id}
    again = await asked(parts, person_id, Kind.RESTRICTION, "us-hipaa")
    with pytest.raises(InputError, match="already"):
        await parts.db.write(lambda conn: restrict(conn, parts, again, OMAR))
    await parts.db.write(lambda conn: lift(conn, parts, person_id, NORA))
    with pytest.raises(InputError, match="not restricted"):
        await parts.db.write(lambda conn: lift(conn, parts, person_id, NORA))

    assert await now() == set()
    assert await actions(parts, made) == ["rights.restrict", "rights.lift"]
    async with parts.db.read() as conn:
        found = await Requests(parts).get(conn, one)
    assert found is not None
    assert found.state == "fulfilled"
