"""One dialogue, played: who said what, and how it ended."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

from hub.clock import FixedClock
from hub.crypto import Keyring
from tests.hub_rig import Rig, open_rig
from tests.replay.clinic import rows
from tests.replay.goals import ZONE, Goal
from tests.replay.patient import Ending, Patient
from tests.stores import sqlite_url

PHONE = "+12025550142"
MOST_TURNS = 12


@dataclass(slots=True, kw_only=True)
class Played:
    """How a dialogue ended. `wrong`: a visit was booked at another time, or with another provider, than wished."""

    goal: Goal
    ending: Ending = "too long"
    turns: int = 0
    own: int = 0
    booked: tuple[tuple[datetime, str], ...] = ()
    attention: str = ""
    transcript: list[str] = field(default_factory=list, repr=False)

    @property
    def right(self) -> bool:
        """Booked, once, at the wished time with the wished provider."""
        return self.booked == ((self.goal.start, self.goal.provider),)

    @property
    def wrong_time(self) -> bool:
        """A visit stands at a time that was not wished."""
        return any(start != self.goal.start for start, _ in self.booked)

    @property
    def outcome(self) -> str:
        """One word for the table."""
        if self.wrong_time:
            return "wrong time"
        if self.booked:
            return "booked" if self.right else "wrong provider"
        return {"staff": "to staff"}.get(self.ending, "nothing booked")


async def play(goal: Goal, template: Path, folder: Path, keyring: Keyring) -> Played:
    """Play `goal` against a fresh hub in `folder`, over a copy of the database at `template`."""
    folder.mkdir(parents=True)
    shutil.copyfile(template, folder / "hub.db")
    clock = FixedClock(datetime.combine(goal.today, time(6, 30), tzinfo=ZONE))
    async with open_rig(sqlite_url(folder / "hub.db"), folder, keyring, clock=clock) as rig:
        person = await rig.patient("MRN-1", "Robin", "Test", PHONE)
        await rig.slots(rows(goal))
        played = await _converse(rig, goal)
        visits = await rig.visits(person)
        played.booked = tuple((visit.start.astimezone(ZONE), visit.provider) for visit in visits)
        played.attention = (await rig.thread(person)).attention
    shutil.rmtree(folder)
    return played


async def _converse(rig: Rig, goal: Goal) -> Played:
    patient, played = Patient(goal), Played(goal=goal)
    text = patient.begins()
    while played.turns < MOST_TURNS:
        played.turns += 1
        played.transcript.append(f"patient: {text}")
        said = await _answer(rig, text)
        if said is None:
            played.ending = "silent"
            break
        played.transcript.append(f"bot:     {said}".replace("\n", "\n         "))
        if (ending := patient.ends(said)) is not None:
            played.ending = ending
            break
        text = patient.answers(said)
    played.own = patient.own
    return played


async def _answer(rig: Rig, text: str) -> str | None:
    """What the bot says to `text`; None when it says nothing."""
    sid = await rig.text(PHONE, text)
    await rig.handled(sid)
    try:
        entry = await rig.carrier.phone(PHONE).next(2.0)
    except TimeoutError:
        return None
    return entry.text


def spread(goals: Sequence[Goal], limit: int) -> list[Goal]:
    """`limit` of `goals`, evenly over all of them, so that every source has its share."""
    if limit >= len(goals):
        return list(goals)
    return [goals[n * len(goals) // limit] for n in range(limit)]
