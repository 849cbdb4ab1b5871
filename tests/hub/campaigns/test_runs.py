"""Runs: previewed, planned, broken off, paused, stopped; and visits that change meanwhile."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bots.scheduling.base import Appointment
from hub.campaigns import planner, plans
from hub.campaigns.replies import reminded
from hub.db.tables import slot
from hub.errors import InputError
from hub.outbox import halting
from hub.types import Lane, new_id
from hub.visits import OutsideId, ToldAt, ToldVisit
from tests.bench import audience
from tests.hub.campaigns.clinic import ALL, ME, TWICE, Clinic
from tests.hub.outbox.mail import ANA
from tests.stores import either_will_do


async def test_a_run_does_what_its_preview_said_row_for_row_and_the_counts_add_up(clinic: Clinic) -> None:
    await audience.seed(clinic.parts, 80, visit_at=clinic.clock.now() + timedelta(days=1))
    plan = plans.parse(TWICE)

    foreseen = await clinic.foreseen(plan)
    await clinic.begin()

    assert await clinic.kept() == foreseen
    status = await clinic.parts.campaigns.status("twice")
    assert status.total == 160 == sum(status.steps.values())
    assert sum(status.deliveries.values()) == status.steps["queued"] > 0
    assert {"send", "hold", "skip"} >= {row[4] for row in foreseen}


async def test_rounds_side_by_side_and_again_tell_nobody_twice(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "BATCH", 7)
    await audience.seed(clinic.parts, 40)
    await clinic.parts.campaigns.start(plans.parse(ALL), ME)

    await asyncio.gather(*(clinic.parts.campaigns.plan_all() for _ in range(3)))
    await clinic.parts.campaigns.plan_all()

    rows = await clinic.rows()
    assert len(rows) == 40 == len({row.person_id for row in rows})
    queued = [row for row in rows if row.state == "queued"]
    assert len({row.message_id for row in queued}) == len(queued)


async def test_a_run_that_was_broken_off_goes_on_where_it_was(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "BATCH", 7)
    await audience.seed(clinic.parts, 30)
    plan = plans.parse(ALL)
    foreseen = await clinic.foreseen(plan)
    run = await clinic.parts.campaigns.start(plan, ME)

    await clinic.parts.campaigns.planner.enrol(run.id)
    assert len(await clinic.rows()) == 7
    await clinic.parts.campaigns.plan_all()

    assert await clinic.kept() == foreseen
    # At night in Hawaii: who may live there waits.
    assert (await clinic.parts.campaigns.run("all")).state == "running"
    clinic.mail.wait(hours=5)
    await clinic.parts.campaigns.plan_all()
    assert (await clinic.parts.campaigns.run("all")).state == "running"
    for claim in await clinic.mail.claim():
        await clinic.mail.sent(claim)
    await clinic.parts.campaigns.plan_all()
    assert (await clinic.parts.campaigns.run("all")).state == "done"


async def test_a_cancelled_visit_voids_what_was_planned_and_what_was_queued(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    visit = await clinic.visit(ana, timedelta(days=3))
    await clinic.begin()
    assert await clinic.states() == {"three-days": "queued", "day-before": "planned"}

    await clinic.parts.scheduling.cancel(visit.id, ana, "cancel:1")

    assert await clinic.states() == {"three-days": "queued", "day-before": "void"}
    (delivery,) = await clinic.rig.deliveries(ana)
    assert (delivery.state, delivery.reason) == ("suppressed", "appointment_changed")
    assert await clinic.mail.claim() == []


async def test_a_moved_visit_is_reminded_of_anew(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    visit = await clinic.visit(ana, timedelta(days=3))
    await clinic.begin()
    start = clinic.clock.now() + timedelta(days=5)
    await clinic.rig.slots([("Dr. Yes", "Family medicine", "Check-up", "Maple Street", start, 15)])
    free = await clinic.rig.value(slot.select().with_only_columns(slot.c.id).where(slot.c.start == start))

    moved = await clinic.parts.scheduling.move(visit.id, free, ana, "move:1")
    await clinic.parts.campaigns.plan_all()

    assert isinstance(moved, Appointment)
    found = Counter((row.subject_id, row.state) for row in await clinic.rows())
    assert found == {(visit.id, "queued"): 1, (visit.id, "void"): 1, (moved.id, "planned"): 2}
    assert [one.state for one in await clinic.rig.deliveries(ana)] == ["suppressed"]


@either_will_do
async def test_a_step_is_decided_anew_when_its_time_has_come(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    visit = await clinic.visit(ana, timedelta(days=5))
    await clinic.begin()
    assert await clinic.states() == {"three-days": "planned", "day-before": "planned"}

    await clinic.parts.scheduling.confirm(visit.id, ana, "confirm:1")
    clinic.mail.wait(days=2)
    await clinic.parts.campaigns.plan_all()

    (first, second) = await clinic.rows()
    assert (first.state, first.rule) == ("skipped", "condition-confirmed")
    assert second.state == "planned"
    assert await clinic.rig.deliveries(ana) == []


async def test_nothing_leaves_while_a_run_is_paused_and_all_of_it_once_it_goes_on(clinic: Clinic) -> None:
    await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await clinic.begin(ALL.replace("{ of: persons }", "{ of: persons, rolling: true }"))

    await clinic.parts.campaigns.pause("all", ME)
    assert await clinic.mail.claim() == []
    clinic.mail.wait(hours=2)
    assert await clinic.mail.claim() == []
    await clinic.parts.campaigns.resume("all", ME)

    assert len(await clinic.mail.claim()) == 1


async def test_a_run_that_was_stopped_withdraws_what_has_not_left(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await clinic.visit(ana, timedelta(days=3))
    await clinic.begin()

    await clinic.parts.campaigns.stop("twice", ME)

    assert await clinic.states() == {"three-days": "queued", "day-before": "void"}
    assert [one.reason for one in await clinic.rig.deliveries(ana)] == ["campaign-stopped"]
    with pytest.raises(InputError, match="is stopped"):
        await clinic.parts.campaigns.resume("twice", ME)


@either_will_do
async def test_a_plan_runs_once_at_a_time(clinic: Clinic) -> None:
    await clinic.begin(ALL.replace("{ of: persons }", "{ of: persons, rolling: true }"))

    with pytest.raises(InputError, match="runs already"):
        await clinic.parts.campaigns.start(plans.parse(ALL), ME)


@either_will_do
async def test_whoever_said_stop_is_skipped_with_the_reason(clinic: Clinic) -> None:
    await audience.seed(clinic.parts, 4)

    await clinic.begin(ALL)

    reasons = {row.rule: row.reason for row in await clinic.rows() if row.state == "skipped"}
    assert reasons["opted-out"].startswith("This address opted out of texts and calls")


@either_will_do
async def test_of_a_reminder_that_left_it_is_known_which_visit_it_was_about(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await clinic.visit(ana, timedelta(days=20))
    visit = await clinic.visit(ana, timedelta(days=3))
    await clinic.begin()

    async def known() -> tuple[str, ...]:
        async with clinic.parts.db.read() as conn:
            return await reminded(conn, (ana,), clinic.clock.now())

    assert await known() == ()
    (claim,) = await clinic.mail.claim()
    await clinic.mail.sent(claim)

    assert await known() == (visit.id,)
    assert claim.part.text.endswith("Reply C to confirm, R to reschedule. Text STOP to opt out.")


@either_will_do
async def test_what_follows_a_text_that_did_not_arrive_is_paused_with_it(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await clinic.visit(ana, timedelta(days=3))
    await clinic.begin(TWICE)
    (first,) = await clinic.rig.deliveries(ana)
    follows = SimpleNamespace(id=new_id(), message_id=first.message_id, lane=Lane.BULK)
    another = SimpleNamespace(id=new_id(), message_id=new_id(), lane=Lane.BULK)

    await clinic.parts.campaigns.pause("twice", ME)

    async with clinic.parts.db.read() as conn:
        assert await halting.halted(conn, [follows, another]) == {follows.id: halting.PAUSED}


async def test_a_visit_that_a_system_outside_moves_is_reminded_of_anew(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    visit = await clinic.visit(ana, timedelta(days=3))
    await clinic.begin()
    news = ToldVisit(
        ids=(OutsideId("hl7", "EHR", "F1"),),
        told=ToldAt(clinic.clock.now()),
        person_id=ana,
        status="booked",
        provider=visit.provider,
        visit_type=visit.visit_type,
        location=visit.location,
        start=visit.start,
        minutes=visit.minutes,
    )
    visits = clinic.parts.visits
    known = await clinic.parts.db.write(lambda conn: visits.tell(conn, news, ME))

    moved = replace(news, told=ToldAt(clinic.clock.now()), start=visit.start + timedelta(days=2))
    await clinic.parts.db.write(lambda conn: visits.tell(conn, moved, ME))
    void = [(one.state, one.reason) for one in await clinic.rig.deliveries(ana)]
    await clinic.parts.campaigns.plan_all()

    assert (known.outcome, known.appointment_id) == ("unchanged", visit.id)
    assert void == [("suppressed", "appointment_changed")]
    found = Counter((row.subject_version, row.state) for row in await clinic.rows())
    assert found == {(1, "queued"): 1, (1, "void"): 1, (2, "planned"): 2}
