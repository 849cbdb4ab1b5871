"""Whatever is held, booked, moved and cancelled in whatever order, the calendar stays as a simple model says."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bots.scheduling.base import HOLD_FOR, Appointment, Gone, Held, Taken
from hub.audit import Trail
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.vault import Vault
from tests.bots.scheduling_backends import LocalBackend, Opening
from tests.bots.scheduling_finding import at, wish
from tests.stores import NOW, sqlite_url

OPENINGS = (
    Opening(start=at(9), minutes=60),
    Opening(start=at(9, 30), visit_type="Vaccine"),
    Opening(start=at(10)),
    Opening(start=at(9), provider="Dr. Bo Ruiz"),
)
persons, slots, visits = (st.integers(0, n) for n in (1, len(OPENINGS) - 1, 5))


class Calendar(RuleBasedStateMachine):
    """The real calendar beside the model: who holds what until when, and which visits there were."""

    def __init__(self, template: Path, keyring: Keyring) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "hub.db"
        shutil.copyfile(template, self.path)
        self.vault = Vault(keyring)
        self.clock = FixedClock(NOW)
        self.keys = 0
        self.holds: dict[int, tuple[int, Any]] = {}
        self.visits: list[list[Any]] = []  # person, slot, status, version, id

    @initialize()
    def open(self) -> None:
        """Open the slots."""
        self.db = self.run(Database.open(sqlite_url(self.path)))
        self.backend = LocalBackend(self.db, self.vault, self.clock, Trail(self.vault, self.clock))
        self.run(self.backend.populate(2))
        self.ids = self.run(self.backend.open(*OPENINGS))

    def teardown(self) -> None:
        """Let go of the database."""
        if hasattr(self, "db"):
            self.run(self.db.close())
        self.loop.close()
        self.folder.cleanup()

    def run(self, doing: Awaitable[Any]) -> Any:
        """What an awaitable comes to."""

        async def wait() -> Any:
            return await doing

        return self.loop.run(wait())

    def key(self) -> str:
        """A key that was never used."""
        self.keys += 1
        return f"key-{self.keys}"

    def may_have(self, person: int, slot: int, leaving: list[Any] | None = None) -> bool:
        """Whether the model lets a person have a slot."""
        holder, until = self.holds.get(slot, (person, None))
        if holder != person and until > self.clock.now():
            return False
        return not any(
            visit is not leaving and visit[2] == "booked" and overlap(OPENINGS[visit[1]], OPENINGS[slot])
            for visit in self.visits
        ) and not (leaving is not None and leaving[1] == slot)

    def took(self, person: int, slot: int, visit: Appointment) -> None:
        """Note a booking in the model."""
        self.holds = {held: kept for held, kept in self.holds.items() if kept[0] != person and held != slot}
        self.visits.append([person, slot, "booked", 1, visit.id])

    @rule(person=persons, slot=slots)
    def hold(self, person: int, slot: int) -> None:
        """A person asks to keep a slot."""
        answer = self.run(self.backend.scheduling.hold(self.ids[slot], self.backend.persons[person], self.key()))

        assert isinstance(answer, Held if self.may_have(person, slot) else Taken)
        if isinstance(answer, Held):
            self.holds = {held: kept for held, kept in self.holds.items() if kept[0] != person}
            self.holds[slot] = (person, self.clock.now() + HOLD_FOR)

    @rule(person=persons, slot=slots, times=st.integers(1, 2))
    def book(self, person: int, slot: int, times: int) -> None:
        """A person books, perhaps twice with the same key."""
        key = self.key()
        answers = [
            self.run(self.backend.scheduling.book(self.ids[slot], self.backend.persons[person], key))
            for _ in range(times)
        ]

        assert answers[0] == answers[-1]
        assert isinstance(answers[0], Appointment if self.may_have(person, slot) else Taken)
        if isinstance(answers[0], Appointment):
            self.took(person, slot, answers[0])

    @rule(person=persons, slot=slots, which=visits)
    def move(self, person: int, slot: int, which: int) -> None:
        """A person moves a visit, perhaps not their own or no longer there."""
        if which >= len(self.visits):
            return
        old = self.visits[which]
        mine = old[0] == person and old[2] == "booked"
        allowed = self.may_have(person, slot, leaving=old)

        answer = self.run(
            self.backend.scheduling.move(old[4], self.ids[slot], self.backend.persons[person], self.key())
        )

        assert isinstance(answer, (Appointment if allowed else Taken) if mine else Gone)
        if isinstance(answer, Appointment):
            old[2], old[3] = "cancelled", old[3] + 1
            self.took(person, slot, answer)

    @rule(person=persons, which=visits)
    def cancel(self, person: int, which: int) -> None:
        """A person cancels a visit, perhaps not their own or no longer there."""
        if which >= len(self.visits):
            return
        old = self.visits[which]
        mine = old[0] == person and old[2] == "booked"

        answer = self.run(self.backend.scheduling.cancel(old[4], self.backend.persons[person], self.key()))

        assert isinstance(answer, Appointment if mine else Gone)
        if isinstance(answer, Appointment):
            old[2], old[3] = "cancelled", old[3] + 1
            assert (answer.status, answer.version) == (old[2], old[3])

    @rule(minutes=st.sampled_from([1, 5, 10]))
    def wait(self, minutes: int) -> None:
        """Time passes, and the sweeper comes by."""
        self.clock.advance(timedelta(minutes=minutes))
        self.run(self.backend.scheduling.sweep_holds())

    @invariant()
    def the_calendar_is_as_the_model_says(self) -> None:
        """What is offered and what is booked, for each person."""
        for n, person in enumerate(self.backend.persons):
            offered = self.run(self.backend.scheduling.find(wish(person, limit=10)))
            booked = self.run(self.backend.scheduling.appointments(person, after=NOW))
            assert {slot.id for slot in offered.slots} == {
                self.ids[slot] for slot in range(len(OPENINGS)) if self.may_have(n, slot)
            }
            assert {visit.id for visit in booked} == {v[4] for v in self.visits if v[0] == n and v[2] == "booked"}


def overlap(one: Opening, other: Opening) -> bool:
    """Whether one clinician cannot keep both."""
    if one.provider != other.provider:
        return False
    ends = [opening.start + timedelta(minutes=opening.minutes) for opening in (one, other)]
    return one.start < ends[1] and other.start < ends[0]


def test_the_calendar_agrees_with_a_simple_model(template: Path, keyring: Keyring) -> None:
    run_state_machine_as_test(
        lambda: Calendar(template, keyring), settings=settings(max_examples=10, stateful_step_count=10)
    )
