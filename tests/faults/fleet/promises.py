"""What must hold in the end, asked of the database, the carrier and what people were told (DESIGN's invariants)."""

import collections
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from hub.audit import verify
from hub.db.tables import appointment, attempt, delivery, delivery_event, event, message, slot, thread
from hub.outbox.states import may_become
from hub.types import DeliveryState
from templates import render
from tests import stranger
from tests.faults.fleet.people import Said
from tests.hub_rig import Rig, is_said

_ENDED = ("sent", "delivered", "read", "failed", "suppressed")
_BOOKED = ("book.booked", "move.moved")

_LEFT_AFTER_STOP = """
SELECT count(*)
FROM delivery_event AS left_at
JOIN delivery ON delivery.id = left_at.delivery_id
JOIN consent_event AS stop ON stop.address_id = delivery.address_id AND stop.state = 'revoke'
WHERE left_at.state = 'sending'
  AND NOT delivery.confirms_stop
  AND pg_xact_commit_timestamp(left_at.xmin) > pg_xact_commit_timestamp(stop.xmin)
  AND NOT EXISTS (
    SELECT 1 FROM consent_event AS start
    WHERE start.address_id = stop.address_id AND start.state = 'grant'
      AND pg_xact_commit_timestamp(start.xmin) > pg_xact_commit_timestamp(stop.xmin)
      AND pg_xact_commit_timestamp(start.xmin) < pg_xact_commit_timestamp(left_at.xmin))
"""
"""Attempts that were committed after a STOP and before the next START, by the server's own record of commits."""


async def broken(rig: Rig, said: Said, database: str) -> list[str]:
    """A line for each promise that does not hold; empty when all do."""
    found = [
        *await _one_thread_each(rig, said),
        *await _each_answered_once_and_in_order(rig),
        *await _nothing_after_stop(database),
        *await _each_delivery_ended_once(rig),
        *await _only_forward(rig),
        *await _slots_booked_once(rig),
        *await _booked_is_said_of_what_is_booked(rig),
        *await _events_without_gap(rig),
    ]
    await rig.parts.sealer.seal()
    await rig.parts.sealer.checkpoint()
    async with rig.parts.db.read() as conn:
        await verify(conn, rig.parts.vault.keyring.signing_key().public_key())
    return found


async def _one_thread_each(rig: Rig, said: Said) -> list[str]:
    """1 and 2: what was taken is kept once, in its sender's only thread, in the order it was written."""
    found = []
    threads = await rig.value(sa.select(sa.func.count()).select_from(thread))
    if threads != len(said.words):
        found.append(f"1: {threads} threads for {len(said.words)} people")
    for phone, words in said.words.items():
        person = await rig.person_on(phone, kind="patient")
        kept = [line.text for line in await rig.lines(person) if line.direction == "inbound"]
        if kept != words:
            found.append(f"1, 2: a thread keeps {len(kept)} texts, {len(words)} were taken; or their order differs")
    unhandled = sa.select(sa.func.count()).where(message.c.direction == "inbound", message.c.handled_at.is_(None))
    if count := await rig.value(unhandled):
        found.append(f"2: {count} texts were never handled")
    return found


async def _each_answered_once_and_in_order(rig: Rig) -> list[str]:
    """2 and 5: answers stand in the order of what they answer, and none twice."""
    query = sa.select(
        message.c.thread_id, message.c.id, message.c.intent_key, message.c.direction, message.c.handled_at
    )
    by_thread: dict[str, list[Any]] = collections.defaultdict(list)
    for row in await rig.rows(query.where(message.c.direction != "note").order_by(message.c.thread_id, message.c.seq)):
        by_thread[row.thread_id].append(row)
    found = []
    for rows in by_thread.values():
        came = [row for row in rows if row.direction == "inbound"]
        place = {f"reply:{row.id}": n for n, row in enumerate(came)}
        answers = [place[row.intent_key] for row in rows if row.intent_key in place]
        if answers != sorted(set(answers)):
            found.append("2: answers of a thread are out of order, or one is there twice")
        handled = [row.handled_at for row in came if row.handled_at is not None]
        if handled != sorted(handled):
            found.append("2: texts of a thread were handled out of order")
    return found


async def _nothing_after_stop(database: str) -> list[str]:
    """3: after a STOP is committed nothing leaves but its confirmation."""
    ((count,),) = stranger.rows(database, _LEFT_AFTER_STOP)
    return [f"3: {count} attempts were committed after a STOP"] if count else []


async def _each_delivery_ended_once(rig: Rig) -> list[str]:
    """5: every delivery came to an end, and the carrier has each text once."""
    rows = await rig.rows(sa.select(delivery.c.id, delivery.c.state, delivery.c.provider_id))
    found = []
    open_ones = collections.Counter(row.state for row in rows if row.state not in _ENDED)
    if open_ones:
        found.append(f"5: deliveries without an end: {dict(open_ones)}")
    failed = collections.Counter(row.state for row in rows if row.state == "failed")
    if failed:
        found.append(f"5: deliveries failed though the carrier takes all: {dict(failed)}")
    ours = collections.Counter(row.provider_id for row in rows if row.provider_id)
    theirs = {one.sid for one in rig.carrier.messages() if one.direction == "outbound-api"}
    if unknown := theirs - set(ours):
        found.append(f"5: {len(unknown)} texts at the carrier that no delivery knows of: sent twice")
    if missing := set(ours) - theirs:
        found.append(f"5: {len(missing)} deliveries name a text that the carrier does not have")
    if any(count > 1 for count in ours.values()):
        found.append("5: two deliveries name the same text")
    return found


async def _only_forward(rig: Rig) -> list[str]:
    """6: the history of each delivery only has steps that are allowed."""
    query = sa.select(delivery_event.c.delivery_id, delivery_event.c.state).order_by(
        delivery_event.c.delivery_id, delivery_event.c.at, delivery_event.c.id
    )
    histories: Mapping[str, list[str]] = collections.defaultdict(list)
    for row in await rig.rows(query):
        histories[row.delivery_id].append(row.state)
    back = collections.Counter(" ".join(states) for states in histories.values() if not _is_forward(states))
    return [f"6: deliveries moved back: {dict(back.most_common(5))}"] if back else []


def _is_forward(states: Sequence[str]) -> bool:
    retried = (DeliveryState.SENDING, DeliveryState.QUEUED)
    pairs = pairwise(states)
    # What the carrier surely did not take is queued again, and its next attempt is a step anew.
    return all(
        may_become(DeliveryState(one), DeliveryState(two)) or (DeliveryState(one), DeliveryState(two)) == retried
        for one, two in pairs
    )


async def _slots_booked_once(rig: Rig) -> list[str]:
    """8: a slot has at most one booked visit, and is booked exactly if it has one."""
    booked = sa.select(appointment.c.slot_id, sa.func.count().label("visits")).where(appointment.c.status == "booked")
    visits = {row.slot_id: row.visits for row in await rig.rows(booked.group_by(appointment.c.slot_id))}
    taken = {row.id for row in await rig.rows(sa.select(slot.c.id).where(slot.c.state == "booked"))}
    found = []
    if any(count > 1 for count in visits.values()):
        found.append("8: a slot is booked twice")
    if taken != set(visits):
        found.append(f"8: {len(taken ^ set(visits))} slots and visits disagree")
    other = appointment.alias("other")
    overlapping = sa.select(sa.func.count()).where(
        appointment.c.status == "booked",
        other.c.status == "booked",
        appointment.c.provider_id == other.c.provider_id,
        appointment.c.id < other.c.id,
        appointment.c.start == other.c.start,
    )
    if count := await rig.value(overlapping):
        found.append(f"8: {count} visits of one clinician at the same time")
    return found


async def _booked_is_said_of_what_is_booked(rig: Rig) -> list[str]:
    """8: whoever was told "booked" had that very visit in the calendar."""
    lies, told = 0, 0
    catalogue = await _visits(rig)
    for row in await rig.rows(sa.select(thread.c.person_id)):
        may_be_said = catalogue.get(row.person_id, set())
        for line in await rig.lines(row.person_id):
            if line.direction != "outbound":
                continue
            for template in _BOOKED:
                for language in ("en", "es"):
                    if is_said(template, line.text, language):
                        told += 1
                        lies += not any(words in line.text for words in may_be_said)
    found = [f"8: {lies} of {told} times a visit was told that is not in the calendar"] if lies else []
    return found if told else ["8: nobody was told of a booked visit: the people did not get that far"]


async def _visits(rig: Rig) -> dict[str, set[str]]:
    """By person, the words that may be said of each visit they have or had."""
    from bots.scheduling.local import as_appointment

    scheduling, zone = rig.parts.scheduling, rig.parts.settings.timezone
    words: dict[str, set[str]] = collections.defaultdict(set)
    async with rig.parts.db.read() as conn:
        directory = await scheduling._names.read(conn)
        for row in await conn.execute(sa.select(appointment)):
            visit = as_appointment(row, directory, zone)
            facts = {"start": visit.start, "provider": visit.provider, "location": visit.location}
            for template in _BOOKED:
                for language in ("en", "es"):
                    words[row.person_id].add(render(template, facts, language, "sms", zone).text)
    return words


async def _events_without_gap(rig: Rig) -> list[str]:
    """The event log has every number once."""
    row = (await rig.rows(sa.select(sa.func.min(event.c.seq), sa.func.max(event.c.seq), sa.func.count())))[0]
    return [] if row[1] - row[0] + 1 == row[2] else ["the event log has a gap"]


async def attempts(rig: Rig) -> Mapping[str, int]:
    """How many attempts came to what."""
    query = sa.select(attempt.c.outcome, sa.func.count()).group_by(attempt.c.outcome)
    return {row[0]: row[1] for row in await rig.rows(query)}
