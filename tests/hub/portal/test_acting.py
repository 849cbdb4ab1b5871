"""A parent who acts for a child at the portal: shown on every page, audited, bounded by the right, over with it."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import audit_event, resource
from hub.demo.clinic import patient
from hub.people import NewPatient
from hub.portal.acting import OWN, PAGES, Acting, detour
from hub.proxies import NewProxy, Proxy
from hub.proxies.hearing import mark_confidential
from hub.types import Address, AddressKind
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.person import Person
from tests.stores import embedded_only

PRIYA = patient("priya")
STAFF = Actor("token", "front-desk")


async def child_of(clinic: Running, *scope: str) -> tuple[str, str, Proxy]:
    """Priya's child of seven, her id, and her right over the child."""
    parts = clinic.parts
    born = date(parts.clock.now().year - 7, 1, 1)
    new = NewPatient(
        mrn="C-1",
        given_name="Milo",
        family_name="Raman",
        birth_date=born,
        addresses=(Address(AddressKind.PHONE, "+12025550177"),),
    )

    async def unit(conn: Any) -> tuple[str, str, Any]:
        child = (await parts.people.upsert(conn, new, STAFF)).person_id
        mum = await parts.people.by_mrn(conn, PRIYA.mrn)
        assert mum is not None
        asked = NewProxy(proxy_person_id=mum, kind="parent", scope=frozenset(scope), verified_how="documents")  # type: ignore[arg-type]
        return child, mum, await parts.proxies.give(conn, child, asked, STAFF)

    return await parts.db.write(unit)


async def acts(person: Person, right: Proxy) -> str:
    """The page after the child was picked."""
    await person.get("/portal/acting")
    return await person.submit("/portal/acting", proxy=right.id)


@embedded_only
async def test_a_parent_acts_for_a_child_and_every_page_says_so(clinic: Running, person: Person) -> None:
    child, mum, right = await child_of(clinic, "visits", "messages")
    await person.sign_in(PRIYA)

    await acts(person, right)
    seen = {page: await person.get(f"/portal/{page}") for page in ("visits", "messages", "more", "acting")}
    await person.get("/portal/messages")
    await person.submit("/portal/messages", text="Milo has a question")

    assert all("You are acting for Milo." in page for page in seen.values())
    assert "Milo has a question" in person.page
    async with clinic.parts.db.read() as conn:
        rows = (await conn.execute(sa.select(audit_event).where(audit_event.c.actor_kind == "proxy"))).all()
        said = await clinic.parts.threads.known_of(conn, (child, mum))
    assert {row.person_id for row in rows} == {child}
    assert {"proxy.act", "portal.read", "portal.write"} == {row.action for row in rows}
    assert said[child].last_inbound_at is not None
    assert mum not in said or said[mum].last_inbound_at is None

    await person.get("/portal/acting")
    await person.submit("/portal/acting", proxy="")
    assert "You are acting for" not in person.page
    assert "Milo has a question" not in await person.get("/portal/messages")
    assert mum != child


@embedded_only
async def test_a_right_that_ends_ends_the_acting_at_the_next_request(clinic: Running, person: Person) -> None:
    child, _, right = await child_of(clinic, "visits")
    await person.sign_in(PRIYA)
    await acts(person, right)
    parts = clinic.parts

    outside = await person.get("/portal/messages")
    await person.get("/portal/visits")
    assert "You are acting for Milo." in person.page
    await parts.db.write(lambda conn: parts.proxies.end(conn, child, right.id, "staff", STAFF))
    over = await person.get("/portal/visits")

    assert "not part of what you may see" in outside
    assert "can no longer act" in over
    assert "You are acting for" not in over
    assert person.url.path == "/portal/acting"
    await person.get("/portal/visits")
    assert person.url.path == "/portal/visits"


@embedded_only
async def test_a_childs_confidential_visit_shows_to_nobody_who_acts(clinic: Running, person: Person) -> None:
    child, _, right = await child_of(clinic, "visits", "messages")
    parts = clinic.parts
    await person.sign_in(PRIYA)
    await acts(person, right)
    types = (await parts.scheduling.catalogue()).visit_types
    await person.get(f"/portal/visits/times?type={types[0]}")
    slot = person.buttons("slot")[0]
    await person.submit("/portal/visits/hold", slot=slot)
    await person.submit("/portal/visits/book")
    (visit,) = await parts.scheduling.appointments(child, after=parts.clock.now())
    assert visit.provider in person.page

    async def confide(conn: Any) -> None:
        ids = (await conn.execute(sa.select(resource.c.id).where(resource.c.kind == "visit_type"))).scalars()
        for one in ids.all():
            await mark_confidential(conn, one, True, parts.trail, STAFF)

    await parts.db.write(confide)
    visits = await person.get("/portal/visits")
    await person.get("/portal/messages")

    assert "You have no visit booked." in visits
    assert visit.provider not in visits
    assert person.url.path == "/portal/acting"


@embedded_only
async def test_somebody_elses_right_is_of_no_use(clinic: Running, person: Person) -> None:
    _, _, right = await child_of(clinic, "visits", "messages")
    await person.sign_in(patient("james"))

    await person.get("/portal/acting")
    assert "not set up to act for anybody" in person.page
    forged = person.form("/portal/acting") | {"proxy": right.id}
    await person.post("/portal/acting", forged)

    assert "You are acting for" not in person.page
    assert "Milo" not in person.page


@pytest.mark.parametrize("page", ["passkeys", "preferences", "consent", "a page made later"])
def test_a_page_that_is_not_listed_is_never_somebody_elses(page: str) -> None:
    everything = Acting(
        proxy_id="p", own_id="a", patient_id="b", given_name="Milo", holds=frozenset(("visits", "messages", "billing"))
    )

    assert detour(everything, page).startswith("/portal/acting")
    assert all(detour(everything, one) == "" for one in (*PAGES, *OWN))
    assert detour(None, page) == ""
