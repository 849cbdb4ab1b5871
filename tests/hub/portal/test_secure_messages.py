"""What says more than a text message may is announced by one, and read behind the birth date."""

import sqlalchemy as sa

from hub.db.tables import delivery, escalation
from hub.demo.clinic import PATIENTS
from hub.types import AuthorKind, ChannelKind, Intent, Purpose
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.person import LINK, WITHIN, Person
from tests.stores import embedded_only

pytestmark = embedded_only
SAID = "Your blood test shows nothing unusual."


async def test_a_link_leads_past_the_birth_date_to_the_message_which_is_read_then(
    clinic: Running, person: Person
) -> None:
    patient = PATIENTS[0]
    async with clinic.parts.db.read() as conn:
        person_id = await clinic.parts.people.by_mrn(conn, patient.mrn)
    intent = Intent(
        key="test:secure",
        person_id=person_id or "",
        purpose=Purpose.CARE,
        author=AuthorKind.STAFF,
        author_name="Priya N.",
        body=SAID,
        level="full",
        followed=True,
        channel=ChannelKind.SMS,
    )
    await clinic.parts.router.route(intent)
    text = (await clinic.carrier.phone(patient.phone).next(WITHIN)).text
    link = LINK.findall(text)[0].removeprefix(clinic.base)

    before = await person.get(link)
    page = await person.enter("", patient.birth_date)
    again = Person(clinic)
    await again.get(link)
    refused = await again.enter("", patient.birth_date)
    await again.web.close()

    assert SAID not in text
    assert SAID not in before
    assert (person.status, again.status) == (200, 403)
    assert SAID in page
    assert SAID not in refused
    async with clinic.parts.db.read() as conn:
        state = (await conn.execute(sa.select(delivery.c.state).where(delivery.c.words_sealed.is_not(None)))).scalar()
        outcome = (await conn.execute(sa.select(escalation.c.outcome))).scalar()
    assert (state, outcome) == ("read", "reached")
