"""Whom a campaign reaches: a child's guardian, the patient alone, in their language, at one address of several."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import appointment
from hub.proxies import NewProxy, Proxy
from hub.proxies.hearing import mark_confidential
from tests.hub.campaigns.clinic import ALL, TWICE, Clinic
from tests.hub.outbox.mail import ANA, BEN
from tests.stores import either_will_do

pytestmark = either_will_do


async def test_a_childs_reminder_goes_to_the_guardian_and_names_the_child(clinic: Clinic) -> None:
    mum = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    noah = await clinic.rig.patient("MRN-2", "Noah", "Lopez", BEN, birth_date="2020-05-01")
    new = NewProxy(
        proxy_person_id=mum, kind="parent", scope=frozenset(("visits",)), verified_how="record", since=None, until=None
    )

    async def give(conn: Any) -> Any:
        return await clinic.parts.proxies.give(conn, noah, new, Actor("token", "desk"))

    assert isinstance(await clinic.parts.db.write(give), Proxy)
    await clinic.visit(noah, timedelta(days=3))

    await clinic.begin(TWICE)

    (claim,) = await clinic.mail.claim()
    assert claim.person_id == mum
    assert claim.part.recipient.value == ANA
    assert "Noah, your visit is" in claim.part.text
    (delivery,) = await clinic.rig.deliveries(mum)
    assert delivery.about_id == noah


async def test_of_a_confidential_visit_nothing_goes_to_a_number_that_others_have(clinic: Clinic) -> None:
    await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    ben = await clinic.rig.patient("MRN-2", "Ben", "Lopez", ANA)
    visit = await clinic.visit(ben, timedelta(days=3))

    async def confide(conn: Any) -> None:
        of = sa.select(appointment.c.visit_type_id).where(appointment.c.id == visit.id)
        visit_type = (await conn.execute(of)).scalar_one()
        await mark_confidential(conn, visit_type, True, clinic.parts.trail, Actor("token", "desk"))

    await clinic.parts.db.write(confide)

    await clinic.begin(TWICE)

    assert {row.rule for row in await clinic.rows()} == {"confidential"}
    assert await clinic.mail.claim() == []


async def test_everybody_is_told_in_their_language_in_their_own_thread(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    ben = await clinic.rig.patient("MRN-2", "Ben", "Lopez", ANA, language="es")

    await clinic.begin(ALL)

    said = {claim.person_id: claim.part.text for claim in await clinic.mail.claim()}
    assert "it is time to plan your next visit" in said[ana]
    assert "ya es hora de programar" in said[ben]
