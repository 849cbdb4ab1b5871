"""Whatever an EHR answers, or does not: nothing is booked twice, called booked that is not, or lost."""

import asyncio
import contextlib
import logging
from datetime import timedelta

import aiohttp
import pytest
import sqlalchemy as sa

from bots.scheduling.base import Appointment, Gone, Held, Taken
from hub.db.tables import appointment, ehr_hold, ehr_request, slot
from hub.ehr.errors import EhrDown, EhrError, EhrRefused, EhrUnknown
from hub.errors import SchedulingError
from tests.bots.scheduling_backends import Opening
from tests.bots.scheduling_finding import at, booked, wish
from tests.hub.ehr.clinic import FhirBackend
from tests.servers.ehr import Fault, SmallEhr
from tests.stores import embedded_only

pytestmark = embedded_only

LOST = [
    pytest.param({"how": "drop"}, id="dropped"),
    pytest.param({"how": "garbage"}, id="garbled"),
    pytest.param({"status": 504}, id="504"),
]
"""Answers after which nobody knows."""


def standing(ehr: SmallEhr) -> list[str]:
    """The states of all visits that the EHR has."""
    return sorted(one["status"] for one in ehr.all("Appointment"))


async def left(backend: FhirBackend) -> tuple[int, int]:
    """How many requests and holds are under way."""
    async with backend.db.read() as conn:
        requests = (await conn.execute(sa.select(sa.func.count()).select_from(ehr_request))).scalar_one()
        holds = (await conn.execute(sa.select(sa.func.count()).select_from(ehr_hold))).scalar_one()
    return requests, holds


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize(("method", "kind"), [("PUT", "Slot"), ("POST", "Appointment")], ids=["slot", "visit"])
async def test_an_answer_that_is_lost_while_booking_books_once(
    balky: FhirBackend, ehr: SmallEhr, method: str, kind: str, done: bool, lost: dict[str, object]
) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault(method, kind, done=done, **lost))  # type: ignore[arg-type]

    visit = await booked(balky, slot_id)

    assert visit.status == "booked"
    assert standing(ehr) == ["booked"]
    assert (await balky.remote_slot(slot_id))["status"] == "busy"
    assert await left(balky) == (0, 0)


async def test_a_visit_that_cannot_be_found_yet_is_not_made_twice(balky: FhirBackend, ehr: SmallEhr) -> None:
    """A server whose search lags behind: the second attempt is made under the same name, and finds the first."""
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault("POST", "Appointment", how="drop", done=True))

    def lagging(method: str, kind: str) -> None:
        ehr.says = {"resourceType": "Bundle"} if (method, kind) == ("GET", "Appointment") and not ehr.faults else ...

    ehr.between = lagging

    with contextlib.suppress(SchedulingError):
        await booked(balky, slot_id)

    assert standing(ehr) == ["booked"]


async def test_an_answer_that_takes_too_long_is_looked_after(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    await balky.scheduling.close()
    short = aiohttp.ClientTimeout(sock_read=1.0)
    slow = FhirBackend(balky.ehr.url, balky.db, balky.vault, balky.clock, balky.trail, timeout=short)
    ehr.faults.append(Fault("POST", "Appointment", how="hang", done=True))

    visit = await slow.scheduling.book(slot_id, balky.persons[0], "book")

    assert isinstance(visit, Appointment)
    assert standing(ehr) == ["booked"]
    await slow.close()


async def test_a_server_that_takes_the_slot_itself_books(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))

    def itself(method: str, kind: str) -> None:
        for visit in ehr.all("Appointment"):
            for one in ehr.all("Slot"):
                if visit["status"] == "booked" and one["status"] == "busy-tentative":
                    ehr.put({**one, "status": "busy", "identifier": []})

    ehr.between = itself

    assert (await booked(balky, slot_id)).status == "booked"
    assert standing(ehr) == ["booked"]


async def test_a_visit_that_was_made_while_its_slot_went_to_another_is_taken_back(
    balky: FhirBackend, ehr: SmallEhr
) -> None:
    """The hub died between making the visit and taking the slot; staff gave the slot to somebody else meanwhile."""
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults += [
        Fault("POST", "Appointment", how="drop", done=True),
        Fault("GET", "Appointment", status=500, times=9),
    ]
    with pytest.raises(EhrUnknown):
        await booked(balky, slot_id)
    ehr.faults.clear()
    await balky.ehr.visit(balky.patients[1], (await balky.remote_slot(slot_id))["id"])

    assert await balky.scheduling.book(slot_id, balky.persons[0], "book") == Taken(slot_id)

    assert standing(ehr) == ["booked", "cancelled"]
    assert (await balky.remote_slot(slot_id))["status"] == "busy"
    (visit,) = await balky.scheduling.appointments(balky.persons[1], after=balky.clock.now())
    assert visit.start == at(9)
    assert await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now()) == ()


async def test_what_is_known_serves_while_the_ehr_is_away(balky: FhirBackend, ehr: SmallEhr) -> None:
    """A text is understood by the names that are known; what is asked of the EHR then fails, and goes to staff."""
    await balky.open(Opening(start=at(9)))
    gone = FhirBackend("http://127.0.0.1:9/fhir", balky.db, balky.vault, balky.clock, balky.trail)

    assert (await gone.scheduling.catalogue()).providers == ("Dr. Ana Lee",)
    with pytest.raises(EhrDown):
        await gone.scheduling.find(wish(balky.persons[0]))
    await gone.close()


async def test_when_nobody_knows_for_long_the_sweep_finds_out(balky: FhirBackend, ehr: SmallEhr) -> None:
    """The EHR booked it and went away: the person is not told that it is booked, and it is not lost."""
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults += [
        Fault("POST", "Appointment", how="drop", done=True),
        Fault("GET", "Appointment", status=500, times=9),
    ]

    with pytest.raises(EhrUnknown):
        await booked(balky, slot_id)

    assert await left(balky) == (1, 1)
    assert await balky.scheduling.book(slot_id, balky.persons[1], "other") == Taken(slot_id)
    ehr.faults.clear()
    balky.clock.advance(timedelta(minutes=5))
    await balky.scheduling.sweep_holds()
    (visit,) = await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now())
    assert visit.slot_id == slot_id
    assert standing(ehr) == ["booked"]
    assert await left(balky) == (0, 0)
    assert await booked(balky, slot_id) == visit


async def test_what_was_surely_not_done_is_not_done_later(balky: FhirBackend, ehr: SmallEhr) -> None:
    """A process that died before the EHR made the visit leaves a slot that is given back, and no visit."""
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault("POST", "Appointment", how="hang"))
    doing = asyncio.create_task(balky.scheduling.book(slot_id, balky.persons[0], "book"))
    await ehr.met.wait()
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    assert (await balky.remote_slot(slot_id))["status"] == "busy-tentative"

    balky.clock.advance(timedelta(minutes=5))
    another = FhirBackend(balky.ehr.url, balky.db, balky.vault, balky.clock, balky.trail)
    await another.scheduling.sweep_holds()
    await another.close()

    assert standing(ehr) == []
    assert (await balky.remote_slot(slot_id))["status"] == "free"
    assert await left(balky) == (0, 0)
    assert isinstance(await balky.scheduling.book(slot_id, balky.persons[1], "other"), Appointment)


async def test_a_hold_of_a_process_that_died_is_given_back(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    await balky.scheduling.hold(slot_id, balky.persons[0], "hold")
    assert (await balky.remote_slot(slot_id))["status"] == "busy-tentative"

    balky.clock.advance(timedelta(minutes=11))
    await balky.scheduling.sweep_holds()

    kept = await balky.remote_slot(slot_id)
    assert kept["status"] == "free"
    assert "identifier" not in kept
    assert await left(balky) == (0, 0)


@pytest.mark.parametrize("status", [409, 412], ids=["409", "412"])
async def test_a_slot_that_changes_under_the_hand_is_looked_at_again(
    balky: FhirBackend, ehr: SmallEhr, status: int
) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault("PUT", "Slot", status=status))

    assert isinstance(await balky.scheduling.hold(slot_id, balky.persons[0], "hold"), Held)


async def test_a_slot_that_somebody_else_takes_meanwhile_is_taken(balky: FhirBackend, ehr: SmallEhr) -> None:
    slot_id, other_id = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    await balky.scheduling.hold(other_id, balky.persons[0], "first")

    def rival(method: str, kind: str) -> None:
        for one in ehr.all("Slot"):
            if (method, kind) == ("PUT", "Slot") and one["status"] == "free":
                ehr.put({**one, "status": "busy"})

    ehr.between = rival

    assert await balky.scheduling.hold(slot_id, balky.persons[0], "second") == Taken(slot_id)
    assert await balky.scheduling.book(slot_id, balky.persons[0], "book") == Taken(slot_id)
    ehr.between = lambda method, kind: None
    assert await balky.scheduling.book(other_id, balky.persons[1], "theirs") == Taken(other_id)
    assert (await balky.scheduling.find(wish(balky.persons[1]))).slots == ()
    assert standing(ehr) == []


async def test_a_visit_that_the_ehr_refuses_as_double_gives_the_slot_back(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault("POST", "Appointment", status=409))

    assert await balky.scheduling.book(slot_id, balky.persons[0], "book") == Taken(slot_id)

    assert (await balky.remote_slot(slot_id))["status"] == "free"
    assert await left(balky) == (0, 0)


@pytest.mark.parametrize("status", [400, 403, 422], ids=["400", "403", "422"])
async def test_a_refusal_is_an_error_and_leaves_nothing_behind(balky: FhirBackend, ehr: SmallEhr, status: int) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault("POST", "Appointment", status=status))

    with pytest.raises(EhrRefused, match=str(status)):
        await booked(balky, slot_id)

    assert (await balky.remote_slot(slot_id))["status"] == "free"
    assert await left(balky) == (0, 0)
    assert (await booked(balky, slot_id)).status == "booked"


@pytest.mark.parametrize("status", [423, 429, 503], ids=["423", "429", "503"])
async def test_an_ehr_that_asks_for_patience_gets_it(balky: FhirBackend, ehr: SmallEhr, status: int) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults += [
        Fault("PUT", "Slot", status=status, headers={"Retry-After": "2"}),
        Fault("POST", "Appointment", status=status),
    ]
    balky.pauses.clear()

    assert (await booked(balky, slot_id)).status == "booked"

    assert balky.pauses[0] == 2.0
    assert standing(ehr) == ["booked"]


async def test_an_ehr_that_asks_for_too_much_patience_does_not_get_it(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    ehr.faults.append(Fault("PUT", "Slot", status=503, headers={"Retry-After": "120"}))
    balky.pauses.clear()

    with pytest.raises(EhrDown):
        await booked(balky, slot_id)

    assert balky.pauses == []
    assert await left(balky) == (0, 0)
    assert (await booked(balky, slot_id)).status == "booked"


async def test_what_is_read_back_decides(balky: FhirBackend, ehr: SmallEhr) -> None:
    """An EHR that books another time than was asked for has its visit taken back, and nobody hears "booked"."""
    (slot_id,) = await balky.open(Opening(start=at(9)))

    def shifting(method: str, kind: str) -> None:
        for one in ehr.all("Appointment"):
            if one["status"] == "booked" and one["start"] != "2026-03-03T15:00:00Z":
                ehr.put({**one, "start": "2026-03-03T15:00:00Z", "end": "2026-03-03T15:30:00Z"})

    ehr.between = shifting

    with pytest.raises(SchedulingError, match="something else"):
        await booked(balky, slot_id)

    assert standing(ehr) == ["cancelled"]
    assert (await balky.remote_slot(slot_id))["status"] == "free"
    assert await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now()) == ()


@pytest.mark.parametrize("lost", LOST)
async def test_an_answer_that_is_lost_while_cancelling_cancels_once(
    balky: FhirBackend, ehr: SmallEhr, lost: dict[str, object]
) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    visit = await booked(balky, slot_id)
    ehr.faults.append(Fault("PUT", "Appointment", done=True, **lost))  # type: ignore[arg-type]

    cancelled = await balky.scheduling.cancel(visit.id, balky.persons[0], "cancel")

    assert isinstance(cancelled, Appointment)
    assert (cancelled.status, cancelled.version) == ("cancelled", 2)
    assert standing(ehr) == ["cancelled"]
    assert (await balky.remote_slot(slot_id))["status"] == "free"


async def test_a_visit_that_is_being_edited_stays_until_it_is_not(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    visit = await booked(balky, slot_id)
    ehr.faults.append(Fault("PUT", "Appointment", status=423, times=9))

    with pytest.raises(EhrError, match="being edited"):
        await balky.scheduling.cancel(visit.id, balky.persons[0], "cancel")

    assert await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now()) == (visit,)
    ehr.faults.clear()
    assert isinstance(await balky.scheduling.cancel(visit.id, balky.persons[0], "cancel"), Appointment)


async def test_a_move_whose_old_visit_cannot_be_left_is_undone(balky: FhirBackend, ehr: SmallEhr) -> None:
    """The old one stands: nobody ends up with two visits, or none."""
    old_slot, new_slot = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    old = await booked(balky, old_slot)

    def refusing(method: str, kind: str) -> None:
        if (method, kind) == ("PUT", "Appointment") and not ehr.faults and len(standing(ehr)) == 2:
            ehr.faults.append(Fault("PUT", "Appointment", status=403))
            ehr.between = lambda method, kind: None

    ehr.between = refusing

    with pytest.raises(EhrRefused):
        await balky.scheduling.move(old.id, new_slot, balky.persons[0], "move")

    assert standing(ehr) == ["booked", "cancelled"]
    assert await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now()) == (old,)
    assert (await balky.remote_slot(new_slot))["status"] == "free"
    assert await left(balky) == (0, 0)


async def test_a_move_that_was_cut_off_is_finished_by_the_same_key(balky: FhirBackend, ehr: SmallEhr) -> None:
    old_slot, new_slot = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    old = await booked(balky, old_slot)
    ehr.faults.append(Fault("PUT", "Appointment", how="hang"))
    doing = asyncio.create_task(balky.scheduling.move(old.id, new_slot, balky.persons[0], "move"))
    await ehr.met.wait()
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    assert standing(ehr) == ["booked", "booked"]

    new = await balky.scheduling.move(old.id, new_slot, balky.persons[0], "move")

    assert isinstance(new, Appointment)
    assert standing(ehr) == ["booked", "cancelled"]
    assert await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now()) == (new,)
    assert await balky.scheduling.cancel(old.id, balky.persons[0], "old") == Gone(old.id)
    assert (await balky.remote_slot(old_slot))["status"] == "free"


async def test_an_ehr_that_is_away_is_an_error_and_changes_nothing_here(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    visit = await booked(balky, slot_id)
    gone = FhirBackend("http://127.0.0.1:9/fhir", balky.db, balky.vault, balky.clock, balky.trail)

    for asked in (
        gone.scheduling.appointments(balky.persons[0], after=balky.clock.now()),
        gone.scheduling.cancel(visit.id, balky.persons[0], "cancel"),
        gone.scheduling.poll(),
    ):
        with pytest.raises(EhrDown, match="HUB_SCHEDULING"):
            await asked

    async with balky.db.read() as conn:
        assert (await conn.execute(sa.select(appointment.c.status))).scalars().all() == ["booked"]
        assert (await conn.execute(sa.select(slot.c.state))).scalars().all() == ["booked"]
    await gone.close()


async def test_no_line_and_no_error_says_whom_it_is_about(
    balky: FhirBackend, ehr: SmallEhr, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (slot_id,) = await balky.open(Opening(start=at(9), provider="Dr. Quillfeather"))
    ehr.faults.append(Fault("POST", "Appointment", status=422))

    with pytest.raises(EhrRefused) as refused:
        await booked(balky, slot_id)
    ehr.faults.append(Fault("PUT", "Slot", status=503, headers={"Retry-After": "99"}))
    await balky.scheduling.sweep_holds()

    # The EHR of the test logs in this process, too, and so does the database's driver.
    ours = [one.getMessage() + str(vars(one)) for one in caplog.records if one.name.startswith("hub")]
    said = " ".join(ours) + str(refused.value) + repr(refused.value)
    for words in ("Quillfeather", balky.patients[0], "MRN-", "Patient/", ehr.url):
        assert words not in said


async def test_what_is_under_way_keeps_nobody_elses_news_out(balky: FhirBackend, ehr: SmallEhr) -> None:
    mine, theirs = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    ehr.faults.append(Fault("POST", "Appointment", how="hang"))
    doing = asyncio.create_task(balky.scheduling.book(mine, balky.persons[0], "book"))
    await ehr.met.wait()
    await balky.ehr.visit(balky.patients[1], (await balky.remote_slot(theirs))["id"])

    counts = await balky.scheduling.poll()

    assert counts["visits_created"] == 1
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)


async def test_a_patient_whose_record_is_locked_away_keeps_nobody_elses_news_out(
    balky: FhirBackend, ehr: SmallEhr
) -> None:
    first, second = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    for patient, one in zip(balky.patients, (first, second), strict=True):
        await balky.ehr.visit(patient, (await balky.remote_slot(one))["id"])
    ehr.faults.append(Fault("GET", "Patient", status=403))

    counts = await balky.scheduling.poll()

    assert (counts["visits_refused"], counts["visits_created"]) == (1, 1)
