"""Going through the audit: what is raised, that it is raised once, and that somebody else answers it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.accounts.users import User
from hub.audit import Entry
from hub.clock import FixedClock
from hub.db.tables import access_alert, access_tally, audit_event
from hub.errors import InputError
from hub.parts import Parts
from hub.people import NewPatient
from hub.types import Address, AddressKind
from hub.unusual import Alert, Alerts, watch
from tests.hub.exports.clinic import Clinic
from tests.hub.staff.signed_in import hired


async def looks(parts: Parts, user: User, persons: Sequence[str], action: str = "message.read") -> None:
    """Have `user` open these persons' records, or see them in a list."""
    one_by_one = [Entry(action=action, actor=user.actor, persons=(one,)) for one in persons]
    entries = one_by_one if action == "message.read" else [Entry(action=action, actor=user.actor, persons=persons)]
    await parts.db.write(lambda conn: parts.trail.record(conn, *entries))
    await parts.sealer.seal()


async def alerts(parts: Parts) -> list[Alert]:
    async with parts.db.read() as conn:
        return await Alerts(parts).listed(conn)


async def test_ones_own_name_is_raised_once_and_answered_by_somebody_else(clinic: Clinic, clock: FixedClock) -> None:
    parts, (ana, luis, ruth) = clinic.parts, clinic.persons
    lopez = await hired(parts, "agent", name="Maria López")
    levin = await hired(parts, "supervisor", name="Ruth Levin")
    officer = await hired(parts, "compliance", name="Sam Okafor")

    assert await watch(parts) == {"entries": 0, "raised": 0}
    await looks(parts, lopez, (ana, luis))
    await looks(parts, levin, (luis, ruth))
    await looks(parts, officer, (ana, luis, ruth), "thread.read")
    assert (await watch(parts))["raised"] == 2
    await looks(parts, lopez, (ana,))
    assert (await watch(parts))["raised"] == 0, "the day is gone through anew, and nothing is raised twice"
    assert (await watch(parts))["entries"] == 0

    found = {one.rule: one for one in await alerts(parts)}
    assert {rule: (one.user_id, one.person_id, one.count) for rule, one in found.items()} == {
        "own_name": (lopez.id, ana, 2),
        "own_record": (levin.id, ruth, 1),
    }
    async with parts.db.read() as conn:
        tallied = (
            await conn.execute(sa.select(access_tally.c.user_id, access_tally.c.opened, access_tally.c.listed))
        ).all()
        stored = repr((await conn.execute(sa.select(access_alert))).all())
        raised = (await conn.execute(sa.select(audit_event).where(audit_event.c.action == "alert.raise"))).all()
    assert {tuple(row) for row in tallied} == {(lopez.id, 2, 0), (levin.id, 2, 0), (officer.id, 0, 3)}
    assert "Lopez" not in stored
    assert "López" not in stored
    assert {row.person_id for row in raised} == {ana, ruth}

    def reviewed(user: User, outcome: str = "explained", note: str = "She is her cousin; told to hand over.") -> object:
        return parts.db.write(lambda conn: Alerts(parts).review(conn, user, found["own_name"].id, outcome, note))

    for user, outcome, note, code in (
        (lopez, "explained", "It is nothing at all.", "own"),
        (officer, "forgotten", "It is nothing at all.", "outcome"),
        (officer, "explained", "short", "note"),
    ):
        with pytest.raises(InputError, match=code):
            await reviewed(user, outcome, note)  # type: ignore[misc]
    await reviewed(officer)  # type: ignore[misc]
    with pytest.raises(InputError, match="done"):
        await reviewed(levin)  # type: ignore[misc]
    (answered,) = [one for one in await alerts(parts) if one.outcome]
    assert (answered.note, answered.reviewed_by) == ("She is her cousin; told to hand over.", officer.id)

    await looks(parts, lopez, (ana, ana, ana))
    await watch(parts)
    assert {one.rule: one.count for one in await alerts(parts)} == {"own_name": 2, "own_record": 1}, "it stays answered"
    clock.advance(timedelta(days=1))
    await looks(parts, lopez, (ana,))
    assert (await watch(parts))["raised"] == 1, "another day is another question"


async def test_ones_own_mailbox_is_ones_own_record(clinic: Clinic) -> None:
    parts = clinic.parts
    kim = await hired(parts, "agent", name="Someone Else", email="kim@example.org")
    patient = NewPatient(
        mrn="UN-1",
        given_name="Kim",
        family_name="Park",
        birth_date=None,
        language="en",
        addresses=(Address(AddressKind.MAILBOX, "kim@example.org"),),
    )
    (made,) = await parts.db.write(lambda conn: parts.people.upsert_many(conn, [patient], kim.actor))

    await looks(parts, kim, (made.person_id,))
    await watch(parts)

    assert [(one.rule, one.person_id) for one in await alerts(parts)] == [("own_record", made.person_id)]
