"""The strip behind the phones: plain words out of the audit trail and the history of deliveries."""

from datetime import timedelta

import pytest

from bots.dates.model import When
from bots.scheduling.base import Query
from consent import rules
from hub.audit import Actor, Entry
from hub.demo.behind import Deed, _reason, deeds
from hub.demo.clinic import patient
from hub.types import AuthorKind, Intent, Purpose, new_id
from tests.hub.demo.clinic_running import Running


async def lines(clinic: Running, after: str) -> list[Deed]:
    """What was done since."""
    async with clinic.parts.db.read() as conn:
        return await deeds(clinic.parts, conn, after)


async def person_id(clinic: Running, key: str) -> str:
    """The id of a patient."""
    async with clinic.parts.db.read() as conn:
        found = await clinic.parts.people.by_mrn(conn, patient(key).mrn)
    assert found is not None
    return found


async def test_a_visit_is_told_with_its_time_in_the_clinics_zone(clinic: Running) -> None:
    parts, since, aisha = clinic.parts, new_id(), await person_id(clinic, "aisha")
    query = Query(person_id=aisha, when=When(), not_before=parts.clock.now() + timedelta(days=2))
    slot = (await parts.scheduling.find(query)).slots[0]

    await parts.scheduling.book(slot.id, aisha, "test")

    (deed,) = await lines(clinic, since)
    assert (deed.kind, deed.who) == ("visit", "Aisha")
    assert deed.words == f"has a visit booked: {slot.start:%a, %b %-d, %-I:%M %p}."


async def test_an_answer_of_the_staff_is_told_apart(clinic: Running) -> None:
    since, grace = new_id(), await person_id(clinic, "grace")

    await clinic.parts.router.route(
        Intent(
            key="test", person_id=grace, purpose=Purpose.CARE, author=AuthorKind.STAFF, body="Hello", level="limited"
        )
    )

    words = [deed.words for deed in await lines(clinic, since)]
    assert words[0] == "is answered by the staff: allowed, so it is queued."


async def test_what_concerns_nobody_here_is_left_out(clinic: Running) -> None:
    since = new_id()

    await clinic.parts.db.write(
        lambda conn: clinic.parts.trail.record(conn, Entry(action="token.create", actor=Actor("system")))
    )

    assert await lines(clinic, since) == []


@pytest.mark.parametrize("rule", sorted(rules.load().reasons))
def test_every_rule_has_a_reason_without_gaps(rule: str) -> None:
    reason = _reason(rule)

    assert reason
    assert "{" not in reason
