"""Plans, persons and visits for tests of campaigns, and what became of them."""

from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bots.scheduling.base import Appointment
from hub.audit import Actor
from hub.campaigns import plans
from hub.campaigns.plans import Plan
from hub.db.tables import campaign_step, slot
from tests.hub.outbox.mail import Mail

ME = Actor("system", "test")
TWICE = """
name: twice
version: 1
title: Two reminders
kind: reminder
purpose: appointment
audience: { of: visits, status: booked, within: 14d }
steps:
  - { name: three-days, before: 3d, late: 12h, template: reminder.appointment, when: { confirmed: false } }
  - { name: day-before, before: 1d, late: 12h, template: reminder.appointment, when: { confirmed: false } }
"""
ALL = """
name: all
version: 1
title: A word to everybody
kind: broadcast
purpose: care
audience: { of: persons }
steps: [{ name: word, after: "0", template: recall.due }]
"""


class Clinic:
    """A clinic for tests of campaigns."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.rig = mail.rig
        self.parts = mail.rig.parts
        self.clock = mail.clock
        self._slots = 0

    async def visit(self, person_id: str, ahead: timedelta) -> Appointment:
        """A visit of the person's that begins so long from now."""
        self._slots += 1
        start = self.clock.now() + ahead
        await self.rig.slots([(f"Dr. No {self._slots}", "Family medicine", "Check-up", "Maple Street", start, 15)])
        (free,) = await self.rig.rows(
            sa.select(slot.c.id).where(slot.c.start == start, slot.c.state == "free").limit(1)
        )
        booked = await self.parts.scheduling.book(free.id, person_id, f"book:{self._slots}")
        assert isinstance(booked, Appointment)
        return booked

    async def foreseen(self, plan: Plan) -> Counter[tuple[Any, ...]]:
        """The rows of a preview."""
        found: Counter[tuple[Any, ...]] = Counter()
        async for page in self.parts.campaigns.preview(plan, None, ME):
            for one in page:
                d = one.decided
                found[one.mrn, d.step.name, d.channel, d.send_at, d.decision, d.reason] += 1
        return found

    async def rows(self) -> list[Any]:
        """The rows of every step, in the order in which they were made."""
        return await self.rig.rows(sa.select(campaign_step).order_by(campaign_step.c.id))

    async def kept(self) -> Counter[tuple[Any, ...]]:
        """The rows of the run, as a preview tells them."""
        rows = await self.rows()
        async with self.parts.db.read() as conn:
            people = await self.parts.people.many(conn, [row.person_id for row in rows])
        return Counter(
            (people[r.person_id].profile.mrn, r.step, r.channel, r.send_at, r.decision, r.reason) for r in rows
        )

    async def begin(self, text: str = TWICE) -> Plan:
        """The plan, of which a run has begun and been planned once."""
        plan = plans.parse(text)
        await self.parts.campaigns.start(plan, ME)
        await self.parts.campaigns.plan_all()
        return plan

    async def states(self) -> dict[str, str]:
        """The state of every step, by its name; of tests with one person."""
        return {row.step: row.state for row in await self.rows()}
