"""Plans built on the page: kept by versions, sealed where somebody wrote, and run only as a second person approved."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from hub.accounts.users import User
from hub.campaigns import plans
from hub.campaigns.approvals import Approvals, NotSo
from hub.campaigns.library import NotKept
from hub.campaigns.plans import Plan
from hub.db.tables import campaign, campaign_approval, campaign_plan
from hub.errors import InputError
from tests.hub.campaigns.clinic import ME, Clinic
from tests.hub.outbox.mail import ANA
from tests.hub.staff.signed_in import hired

OWN = """
name: flu
version: 1
title: Flu shots
kind: broadcast
purpose: care
audience: { of: persons }
steps: [{ name: word, after: "0", template: own.word }]
texts:
  - name: word
    text:
      en: "Hi {name}, a flu shot would suit you. Call {phone}."
      es: "Hola {name}: le conviene la vacuna. Llame al {phone}."
"""


class Page:
    """What two of the staff do on the pages."""

    def __init__(self, clinic: Clinic, mei: User, sam: User) -> None:
        parts = clinic.parts
        self.parts, self.mei, self.sam = parts, mei, sam
        self.library = parts.campaigns.library
        self.approvals = Approvals(parts.trail, parts.clock, parts.campaigns)

    async def save(self, plan: Plan, revision: int | None = None) -> Any:
        return await self.parts.db.write(lambda conn: self.library.save(conn, plan, revision, self.mei.actor))

    async def ask(self, plan: Plan) -> None:
        await self.parts.db.write(lambda conn: self.approvals.ask(conn, plan, self.mei.actor))

    async def decide(self, name: str, *, yes: bool) -> None:
        await self.parts.db.write(lambda conn: self.approvals.decide(conn, name, self.sam.actor, yes=yes))


@pytest.fixture
async def page(clinic: Clinic) -> Page:
    return Page(clinic, await hired(clinic.parts, "campaigns"), await hired(clinic.parts, "supervisor"))


def flu(words: str = "a flu shot would suit you") -> Plan:
    return plans.parse(OWN.replace("a flu shot would suit you", words))


async def test_a_plan_changes_until_somebody_asks_and_then_a_change_is_a_new_version(
    clinic: Clinic, page: Page
) -> None:
    first = await page.save(flu())
    second = await page.save(flu("come by"), first.revision)
    assert (second.id, second.plan.version) == (first.id, 1)
    with pytest.raises(NotKept, match="somebody else changed"):
        await page.save(flu("too late"), first.revision)
    with pytest.raises(NotKept, match="already"):
        await page.save(flu())
    with pytest.raises(NotSo, match="changed"):
        await page.ask(first.plan)

    await page.ask(second.plan)
    await page.decide("flu", yes=True)
    third = await page.save(flu("come soon"), second.revision)
    assert (third.id != second.id, third.plan.version) == (True, 2)
    with pytest.raises(InputError, match="nobody approved version 2"):
        await clinic.parts.campaigns.start(await clinic.parts.campaigns.plan("flu"), ME)
    with pytest.raises(NotSo, match="changed"):
        await page.parts.db.write(lambda conn: page.approvals.start(conn, "flu", page.mei.actor))

    await page.parts.db.write(lambda conn: page.approvals.withdraw(conn, "flu", page.mei.actor))
    await page.ask(third.plan)
    await page.decide("flu", yes=True)
    run = await clinic.parts.campaigns.start(await clinic.parts.campaigns.plan("flu"), ME)
    assert run.plan.version == 2


async def test_its_own_words_are_sealed_wherever_it_is_kept_and_reach_the_patient(clinic: Clinic, page: Page) -> None:
    await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA, language="es")
    kept = await page.save(flu())
    await page.ask(kept.plan)
    await page.decide("flu", yes=True)
    foreseen = await clinic.foreseen(await clinic.parts.campaigns.plan("flu"))

    await clinic.parts.campaigns.start(await clinic.parts.campaigns.plan("flu"), ME)
    await clinic.parts.campaigns.plan_all()

    (claim,) = await clinic.mail.claim()
    assert claim.part.text.startswith("Hola Ana: le conviene la vacuna.")
    assert await clinic.kept() == foreseen
    for table in (campaign_plan, campaign_approval, campaign):
        for row in await clinic.rig.rows(sa.select(table)):
            assert [one for one in row if "vacuna" in str(one) or "flu shot" in str(one)] == []


async def test_a_plan_that_is_asked_for_is_not_put_away(clinic: Clinic, page: Page) -> None:
    """And one that was put away is gone from every list, until a new one of its name comes."""
    kept = await page.save(flu())
    await page.ask(kept.plan)
    with pytest.raises(NotKept, match="asked for it"):
        await page.parts.db.write(lambda conn: page.library.drop(conn, "flu", page.mei.actor))
    await page.decide("flu", yes=False)
    await page.parts.db.write(lambda conn: page.library.drop(conn, "flu", page.mei.actor))
    assert "flu" not in await clinic.parts.campaigns.plans()
    assert (await page.save(flu())).plan.version == 2


async def test_it_ends_for_whoever_a_stop_condition_holds_of(clinic: Clinic) -> None:
    """Also: what the plan leaves out of itself is the rule of the plan, not of the policy."""
    person_id = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    plan = structs.replace(flu(), stop=("booked",))
    assert [row[4] for row in await clinic.foreseen(plan)] == ["send"]

    await clinic.visit(person_id, timedelta(days=7))

    (row,) = await clinic.foreseen(plan)
    assert row[4:] == ("skip", "The plan ends for whoever has a visit ahead.")
