"""A dialogue played with the bot alone: its engine, its dialogue and the embedded calendar, without a hub around."""

import shutil
from datetime import datetime, time, timedelta
from pathlib import Path

from bots.dialogue import Clinic, Context, Heard, Known, State, converse, decode, encode
from hub.audit import Trail
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.types import ChannelKind, Language
from hub.vault import Vault
from templates import render
from tests.bots.nlu_engine import trained
from tests.bots.scheduling_backends import LocalBackend, Opening
from tests.bots.talk import Folder
from tests.replay.clinic import rows
from tests.replay.goals import ZONE, Goal
from tests.replay.own import OwnPatient
from tests.replay.patient import Patient
from tests.replay.play import MOST_TURNS, Played
from tests.stores import sqlite_url

_CLINIC = Clinic(
    name="Replay Clinic", phone="+12025550100", address="1 River St", hours={"en": "Mon-Fri", "es": "lun-vie"}
)


async def play_direct(
    goal: Goal, template: Path, folder: Path, keyring: Keyring, patient: Patient | OwnPatient
) -> Played:
    """Play `goal` in `folder`, over a copy of the database at `template`."""
    folder.mkdir(parents=True)
    shutil.copyfile(template, folder / "hub.db")
    clock = FixedClock(datetime.combine(goal.today, time(6, 30), tzinfo=ZONE))
    db = await Database.open(sqlite_url(folder / "hub.db"))
    try:
        vault = Vault(keyring)
        backend = LocalBackend(db, vault, clock, Trail(vault, clock))
        await backend.populate(1)
        (person,) = backend.persons
        await backend.open_all([
            Opening(provider=name, specialty=field, visit_type=kind, location=place, start=start, minutes=minutes)
            for name, field, kind, place, start, minutes in rows(goal)
        ])  # fmt: skip
        played = await _converse(goal, backend, patient)
        visits = await backend.scheduling.appointments(person, after=clock.now() - timedelta(days=1))
        played.booked = tuple((visit.start.astimezone(ZONE), visit.provider) for visit in visits)
    finally:
        await db.close()
    shutil.rmtree(folder)
    return played


async def _converse(goal: Goal, backend: LocalBackend, patient: Patient | OwnPatient) -> Played:
    language: Language = patient.language if isinstance(patient, OwnPatient) else "en"
    catalogue = await backend.scheduling.catalogue()
    played, state, now = Played(goal=goal), State(), backend.clock.now()
    text = patient.begins()
    while played.turns < MOST_TURNS:
        played.turns += 1
        played.transcript.append(f"patient: {text}")
        now += timedelta(seconds=20)
        local = now.astimezone(ZONE)
        meaning = await trained().understand(
            text, now=local, language=language, question=state.question, catalogue=catalogue
        )
        context = Context(
            now=local,
            clinic=_CLINIC,
            standing=Known(backend.persons[0], "Robin"),
            catalogue=catalogue,
            language=language,
        )
        heard = Heard(meaning=meaning, text=text, at=now)
        outcome = await converse(state, heard, context, backend.scheduling, Folder(), f"text-{played.turns}")
        state = decode(encode(outcome.state))
        spoken = state.language or language
        said = "\n".join(render(one.template, one.params, spoken, ChannelKind.SMS, ZONE).text for one in outcome.says)
        played.transcript.append(f"bot:     {said}".replace("\n", "\n         "))
        if outcome.handoff is not None:
            played.attention = outcome.handoff.reason
        if (ending := patient.ends(said)) is not None:
            played.ending = ending
            break
        text = patient.answers(said)
    played.own = patient.own
    return played
