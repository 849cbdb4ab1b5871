"""The pages of compliance in a browser: how safeguards stand, what is attested, and what is asked about."""

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from hub.audit import Entry
from hub.db.tables import person
from hub.unusual import watch
from tests.browser.inbox_page import at_desk, clean, clinic
from tests.hub.demo.clinic_running import Running
from tests.hub.staff.signed_in import hired

__all__ = ["clinic"]

pytestmark = pytest.mark.browser


async def test_compliance_attests_and_answers_on_a_phone_in_the_dark(browser: Browser, clinic: Running) -> None:
    """Also: the bar says how many alerts wait, columns of a form are level, and axe finds nothing."""
    parts = clinic.parts
    async with parts.db.read() as conn:
        ids = list((await conn.execute(sa.select(person.c.id))).scalars())
        (nora,) = [
            one.id for one in (await parts.people.many(conn, ids)).values() if one.profile.family_name == "Feldman"
        ]
    pat = await hired(parts, "agent", name="Pat Feldman")
    look = Entry(action="message.read", actor=pat.actor, person_id=nora)
    await parts.db.write(lambda conn: parts.trail.record(conn, look))
    await parts.sealer.seal()
    assert (await watch(parts))["raised"] == 1
    start = "/compliance/safeguards"
    async with at_desk(browser, clinic, "compliance", size=(390, 844), theme="dark", at=start) as ruth:
        page = ruth.page
        await expect(page.locator(".rail .waits")).to_have_text("1")
        row = page.locator('[data-safeguard="training"]')
        await expect(row).to_have_attribute("data-state", "missing")
        await row.locator("summary").click()
        await row.locator("textarea").fill("all nine, see the binder")
        await row.locator("button").click()
        await expect(page.locator(".done")).to_be_visible()
        await expect(row).to_have_attribute("data-state", "in_place")
        await clean(page)
        await page.goto(f"{clinic.base}/compliance/alerts")
        await page.locator("summary").click()
        await page.locator("textarea").fill("They are not related; she covered the desk.")
        await clean(page)
        await page.locator("button[value=explained]").click()
        await expect(page.locator(".chip.ok")).to_be_visible()
        await expect(page.locator(".rail .waits")).to_have_count(0)
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.goto(f"{clinic.base}/compliance/audit")
        heights = await page.eval_on_selector_all(
            ".grid input, .grid select", "all => [...new Set(all.map(one => one.getBoundingClientRect().height))]"
        )
        assert len(heights) == 1
        await clean(page)
