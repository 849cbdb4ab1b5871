"""A parent texts for a child: booked under the child's record, told in the parent's thread."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import resource
from hub.proxies import NewProxy
from hub.proxies.hearing import mark_confidential
from tests.flows.clinic import FAMILY, opened, with_visit
from tests.hub_rig import Rig, is_said
from tests.stores import embedded_only

DANA = "+12025550171"
STAFF = Actor("token", "front-desk")
pytestmark = embedded_only


async def family(rig: Rig) -> tuple[str, str]:
    """A mother, and a son of seven for whom she may act; his record has a number of his own."""
    await opened(rig)
    mum = await rig.patient("MRN-2", "Dana", "Reed", DANA)
    born = date(rig.parts.clock.now().year - 7, 2, 1)
    noah = await rig.patient("MRN-3", "Noah", "Reed", FAMILY, birth_date=born.isoformat())
    new = NewProxy(
        proxy_person_id=mum,
        kind="parent",
        scope=frozenset(("visits", "messages")),
        verified_how="documents",
    )
    await rig.parts.db.write(lambda conn: rig.parts.proxies.give(conn, noah, new, STAFF))
    return mum, noah


async def test_a_visit_for_my_son_is_the_sons(rig: Rig) -> None:
    mum, noah = await family(rig)

    asked = await rig.ask(DANA, "I need a check-up next week")
    put = await rig.ask(DANA, "for my son")
    said = await rig.ask(DANA, "1")
    for _ in range(3):
        if await rig.visits(noah):
            break
        said = await rig.ask(DANA, "yes")
    await rig.quiet()

    assert is_said("identity.ask_whom", asked)
    assert is_said("identity.for_whom", put)
    (visit,) = await rig.visits(noah)
    assert await rig.visits(mum) == ()
    assert rig.words("book.booked", visit) in said
    assert await rig.deliveries(noah) == []
    assert len(await rig.deliveries(mum)) >= 3


async def test_a_confidential_visit_is_not_told_to_who_acts_for_the_patient(rig: Rig) -> None:
    _, noah = await family(rig)
    visit = await with_visit(rig, noah, days=6, provider="Dr. Kim")

    async def confide(conn: Any) -> None:
        ids = (await conn.execute(sa.select(resource.c.id).where(resource.c.kind == "visit_type"))).scalars()
        for one in ids.all():
            await mark_confidential(conn, one, True, rig.parts.trail, STAFF)

    await rig.parts.db.write(confide)

    await rig.ask(DANA, "when is my son's appointment?")
    told = " ".join([*rig.on_phone(DANA), await rig.ask(DANA, "Noah")])
    own = await rig.ask(FAMILY, "when is my next appointment?")
    await rig.quiet()

    assert visit.provider not in told
    assert visit.provider in own
