"""Running the hub's accounts, and seeing beyond one's reach."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.accounts.glass import HOLDS
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import audit_event, event, staff_session, thread
from tests.hub.staff.browser import Browser
from tests.hub.staff.signed_in import hired, signed_in, team_of
from tests.hub_rig import Rig, open_rig
from tests.stores import either_will_do

pytestmark = either_will_do


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Rig]:
    async with open_rig(
        database_url, tmp_path, keyring, clock=clock, roles=("web",), engine=False, password_memory=1
    ) as one:
        yield one


async def test_an_admin_lets_in_changes_and_keeps_out(clinic: Rig) -> None:
    async with signed_in(clinic.parts, clinic.base, "admin") as admin, Browser(clinic.base) as nora:
        made = await admin.submit(
            "/settings/users", name="Nora <b>Quinn</b>", email="nora@example.org", role="agent", language="es"
        )
        assert "Nora &lt;b&gt;Quinn" in made.value
        (link,) = re.findall(r"http://[\d.:]+(/sign-in/link/[\w-]+)", made.value)
        again = await admin.submit("/settings/users", name="N", email="NORA@example.org", role="agent", language="en")
        assert again.status == 422
        assert link not in await admin.page("/settings/users")

        await nora.get(link)
        await nora.submit("", password="tulip ferry nineteen")
        assert nora.path == "/settings"
        assert "Perfil" in nora.page

        async with clinic.parts.db.read() as conn:
            user = await clinic.parts.users.by_email(conn, "nora@example.org")
        assert user is not None
        await admin.submit(f"/settings/users/{user.id}", role="supervisor", capacity="5")
        await nora.get("/settings")
        assert nora.path == "/sign-in"

        reset = await admin.submit(f"/settings/users/{user.id}/reset", factors="on")
        (link,) = re.findall(r"http://[\d.:]+(/sign-in/link/[\w-]+)", reset.value)
        await admin.submit(f"/settings/users/{user.id}/disable")
        await nora.get(link)
        await nora.submit("", password="another ferry nineteen")
        assert nora.status == 410
        last = await admin.submit(f"/settings/users/{admin.id}", role="agent")
        assert last.status == 422
        assert "last administrator" in last.value
    assert await clinic.audited("user.disable") == 1


async def test_broken_glass_shows_one_patient_for_an_hour_and_is_reviewed(clinic: Rig, clock: FixedClock) -> None:
    parts = clinic.parts
    person = await clinic.patient("MRN-7", "Ana", "Lopez", "+12025550177")
    other = await clinic.patient("MRN-8", "Eva", "Ruiz", "+12025550178")

    async def unit(conn: Any) -> dict[str, str]:
        private = await team_of(conn, parts, "Behavioral health", private=True)
        threads = await parts.threads.open_for(conn, (person, other))
        await conn.execute(sa.update(thread).values(team_id=private))
        return {one: threads[one].id for one in (person, other)}

    threads = await parts.db.write(unit)
    async with signed_in(parts, clinic.base, "admin") as admin, signed_in(parts, clinic.base, "supervisor") as lead:
        assert "threads:read" not in (await admin.get("/me")).value["may"]
        refused = await admin.post("/glass", {"mrn": "MRN-7", "reason": "short"})
        assert refused.status == 422
        assert (await admin.post("/glass", {"mrn": "MRN-none", "reason": "she called with chest pain"})).status == 404

        broken = await admin.post("/glass", {"mrn": "MRN-7", "reason": "she called with chest pain"})

        assert broken.status == 201
        assert broken.value["person"] == person
        may = (await admin.get("/me")).value["may"]
        assert "threads:read" in may
        assert "messages:write" not in may
        assert await _sees(parts, admin, threads) == {person}
        assert "You broke the glass" in await admin.page("/settings/glass")
        by_form = await lead.submit("/settings/glass", mrn="MRN-8", reason="her nurse is on leave today")
        assert "Eva Ruiz" in by_form.value
        assert "chest pain" in by_form.value

        ids = re.findall(r"/settings/glass/([\w-]+)/review", by_form.value)
        assert len(ids) == 1, "one's own is for somebody else"
        reviewed = await lead.submit(f"/settings/glass/{ids[0]}/review")
        assert "reviewed by" in reviewed.value

        clock.advance(HOLDS)
        await parts.db.write(lambda conn: conn.execute(sa.update(staff_session).values(seen_at=clock.now())))
        assert "threads:read" not in (await admin.get("/me")).value["may"]
    assert await clinic.audited("glass.break") == 2
    assert await clinic.audited("glass.review") == 1
    assert await clinic.value(sa.select(sa.func.count()).where(event.c.type == "glass.broken")) == 2
    named = sa.select(sa.func.count()).where(audit_event.c.action == "glass.break", audit_event.c.person_id == person)
    assert await clinic.value(named) == 1


async def test_ones_own_settings_are_kept(clinic: Rig) -> None:
    user = await hired(clinic.parts, "agent")
    from tests.hub.staff.signed_in import browser_of

    async with browser_of(clinic.parts, clinic.base, user) as one, browser_of(clinic.parts, clinic.base, user) as two:
        saved = await one.submit("/settings", name="Nora Q.", language="es", sound="on")
        assert "Guardado" in saved.value
        me = (await one.get("/me")).value
        assert (me["name"], me["language"], me["available"]) == ("Nora Q.", "es", False)
        assert me["switches"] == {"keys": False, "sound": True, "signature": False}
        assert (await one.post("/me", {"switches": {"keys": True}, "available": True})).status == 200
        assert (await one.post("/me", {"switches": {"root": True}})).status == 422
        assert (await one.post("/me", {"role": "admin"})).status == 422
        assert (await one.get("/me")).value["switches"]["keys"] is True

        await one.submit("/settings/security/end", session="others")
        assert (await two.get("/me")).status == 401
        assert (await one.get("/me")).status == 200


async def _sees(parts: Any, who: Any, threads: dict[str, str]) -> set[str]:
    from hub.accounts.glass import Glass
    from hub.views.reach import Reach

    async with parts.db.read() as conn:
        broken = await Glass(parts.vault, parts.trail, parts.clock).persons(conn, who.id)
        reach = Reach(user_id=who.id, persons=frozenset(broken))
        return {person for person, one in threads.items() if await reach.sees(conn, thread_id=one)}
