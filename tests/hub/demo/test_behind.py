"""The strip behind the phones: plain words out of the audit trail and the history of deliveries."""

from datetime import timedelta

import pytest

from bots.dates.model import When
from bots.scheduling.base import Query
from consent import rules
from hub.audit import Actor, Entry
from hub.demo.behind import Deed, deeds, reason
from hub.demo.clinic import patient
from hub.demo.wording import LANGUAGES
from hub.types import AuthorKind, Intent, Language, Purpose, new_id
from tests.hub.demo.clinic_running import Running


async def lines(clinic: Running, after: str, *keys: str, language: Language = "en") -> list[Deed]:
    """What was done about these patients since."""
    persons = [await person_id(clinic, key) for key in keys]
    async with clinic.parts.db.read() as conn:
        return await deeds(clinic.parts, conn, after, persons, language)


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

    (deed,) = await lines(clinic, since, "aisha", "grace")
    assert (deed.kind, deed.who) == ("visit", "Aisha")
    assert deed.words == f"has a visit booked: {slot.start:%a, %b %-d, %-I:%M %p}."
    (told,) = await lines(clinic, since, "aisha", language="es")
    assert told.words.startswith("tiene una cita reservada: ")


async def test_an_answer_of_the_staff_is_told_apart(clinic: Running) -> None:
    since, grace = new_id(), await person_id(clinic, "grace")

    await clinic.parts.router.route(
        Intent(
            key="test", person_id=grace, purpose=Purpose.CARE, author=AuthorKind.STAFF, body="Hello", level="limited"
        )
    )

    words = [deed.words for deed in await lines(clinic, since, "grace")]
    assert words[0] == "is written to by the staff: allowed, so it is queued."


async def test_what_concerns_nobody_here_is_left_out(clinic: Running) -> None:
    since, grace = new_id(), await person_id(clinic, "grace")

    for action, person in (("token.create", None), ("bot.handoff", grace)):
        entry = Entry(action=action, actor=Actor("system"), person_id=person)
        await clinic.parts.db.write(lambda conn, entry=entry: clinic.parts.trail.record(conn, entry))

    assert await lines(clinic, since, "aisha") == []
    assert [deed.words for deed in await lines(clinic, since, "grace")] == [
        "is passed to the staff; the assistant is silent now."
    ]


@pytest.mark.parametrize("rule", sorted(rules.load().reasons))
def test_every_rule_has_a_reason_without_gaps(rule: str) -> None:
    for language in LANGUAGES:
        words = reason(rule, language)
        assert words
        assert "{" not in words
