"""Visits in the portal: seen, booked, moved and cancelled, each once."""

import re

import pytest

from hub.demo.clinic import patient
from hub.errors import SchedulingError
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.person import Person
from tests.hub.portal.test_conversation import until_shown
from tests.stores import either_will_do

pytestmark = either_will_do

JAMES, AISHA, PETER = patient("james"), patient("aisha"), patient("peter")


async def visits(clinic: Running, mrn: str) -> list:
    async with clinic.parts.db.read() as conn:
        person_id = await clinic.parts.people.by_mrn(conn, mrn)
    assert person_id is not None
    return list(await clinic.parts.scheduling.appointments(person_id, after=clinic.parts.clock.now()))


async def times(person: Person, query: str) -> list[str]:
    """The slots of the first week, from this one on, in which there are any."""
    await person.get(f"/portal/visits/times?{query}")
    if not person.buttons("slot") or "Nothing open" in person.page:
        following = re.findall(r'href="([^"]+)" rel="next"', person.page)[0].replace("&amp;", "&")
        await person.get(following)
    return person.buttons("slot")


async def test_a_visit_is_booked_and_told_as_booked_once_it_is_read_back(clinic: Running, person: Person) -> None:
    await person.sign_in(AISHA)
    await person.get("/portal/visits")
    assert "You have no visit booked" in person.page
    slot = (await times(person, "type=Check-up"))[0]

    await person.submit("/portal/visits/hold", slot=slot)
    assert "Is this right?" in person.page
    await person.submit("/portal/visits/book")

    assert "You&#39;re booked." in person.page
    (visit,) = await visits(clinic, AISHA.mrn)
    assert visit.slot_id == slot
    assert visit.provider in person.page
    await until_shown(person, "You&#39;re booked:")


async def test_the_same_form_books_once(clinic: Running, person: Person) -> None:
    await person.sign_in(AISHA)
    slot = (await times(person, "type=Check-up"))[0]
    await person.submit("/portal/visits/hold", slot=slot)
    form = person.form("/portal/visits/book")

    for _ in range(2):
        await person.post("/portal/visits/book", form)
        assert "You&#39;re booked." in person.page

    assert len(await visits(clinic, AISHA.mrn)) == 1


async def test_a_time_that_somebody_took_meanwhile_is_told_as_taken(clinic: Running, person: Person) -> None:
    await person.sign_in(AISHA)
    slot = (await times(person, "type=Check-up"))[0]
    hold = person.form("/portal/visits/hold") | {"slot": slot}
    other = Person(clinic)
    await other.sign_in(PETER)
    await times(other, "type=Check-up")
    await other.submit("/portal/visits/hold", slot=slot)

    await person.post("/portal/visits/hold", hold)

    assert "was just taken" in person.page
    assert slot not in person.buttons("slot")
    assert await visits(clinic, AISHA.mrn) == []
    await other.web.close()


async def test_a_visit_is_moved_and_the_old_time_is_free_again(clinic: Running, person: Person) -> None:
    (old, *_) = await visits(clinic, JAMES.mrn)
    await person.sign_in(JAMES)
    slot = next(one for one in await times(person, f"move={old.id}") if one != old.slot_id)
    assert "You are moving this visit" in person.page

    await person.submit("/portal/visits/hold", slot=slot)
    await person.submit("/portal/visits/book")

    assert "Your visit was moved." in person.page
    slots = [one.slot_id for one in await visits(clinic, JAMES.mrn)]
    assert slot in slots
    assert old.slot_id not in slots


async def test_a_visit_is_cancelled_after_being_asked(clinic: Running, person: Person) -> None:
    (old, *others) = await visits(clinic, JAMES.mrn)
    await person.sign_in(JAMES)
    await person.get(f"/portal/visits/{old.id}/cancel")
    assert len(await visits(clinic, JAMES.mrn)) == 1 + len(others)

    await person.submit(f"/portal/visits/{old.id}/cancel")

    assert "Your visit was cancelled." in person.page
    assert [one.id for one in await visits(clinic, JAMES.mrn)] == [one.id for one in others]


async def test_nobody_moves_or_cancels_what_is_not_theirs(clinic: Running, person: Person) -> None:
    (theirs, *_) = await visits(clinic, JAMES.mrn)
    await person.sign_in(AISHA)
    await person.get(f"/portal/visits/{theirs.id}/cancel")
    assert "changed or cancelled meanwhile" in person.page
    slot = (await times(person, "type=Check-up"))[0]
    form = person.form("/portal/visits/hold")

    await person.post(f"/portal/visits/{theirs.id}/cancel", form)
    await person.post("/portal/visits/book", form | {"move": theirs.id, "slot": slot})

    assert theirs in await visits(clinic, JAMES.mrn)
    assert await visits(clinic, AISHA.mrn) == []


async def test_that_something_was_booked_is_not_said_because_an_address_says_so(person: Person) -> None:
    await person.sign_in(AISHA)

    await person.get("/portal/visits?was=booked&visit=0190a0a0-0000-7000-8000-000000000000")

    assert "booked." not in person.page.replace("You have no visit booked.", "")
    assert "could not confirm" in person.page


async def test_odd_queries_are_answered_like_plain_ones(person: Person) -> None:
    await person.sign_in(AISHA)
    for query in ("type=Check-up&week=2026-13-99", "type=Check-up&week=0001-01-01", "type=Check-up&week=9999-12-31"):
        await person.get(f"/portal/visits/times?{query}")
        assert person.status == 200
    await person.get("/portal/visits/times?type=Nothing")
    assert person.url.path == "/portal/visits"


async def test_a_calendar_that_does_not_answer_is_told_and_no_visit_is_denied(
    clinic: Running, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears "no visit booked" because another house's calendar is away."""
    await person.sign_in(JAMES)
    await person.get("/portal/visits")
    times_of = re.findall(r'href="(/portal/visits/times\?move=[^"]+)"', person.page)[0]

    async def away(*_given: object, **_named: object) -> None:
        raise SchedulingError("the EHR cannot be reached")

    monkeypatch.setattr(type(clinic.parts.scheduling), "appointments", away)
    for page in ("/portal/visits", times_of):
        await person.get(page)

        assert "could not confirm that with the calendar" in person.page
        assert "no visit booked" not in person.page
