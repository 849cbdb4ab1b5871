"""The pages of compliance in a browser: the register of vendors, legal holds, and certificates of disposal."""

import json

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.demo.clinic import PATIENTS
from hub.retention.certificates import issue
from tests.browser.inbox_page import PERSON, Desk, at_desk, clean, clinic, text
from tests.browser.test_inbox_panel import spoken
from tests.hub.demo.clinic_running import Running

__all__ = ["clinic"]

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)


async def looked_at(desk: Desk, name: str) -> None:
    """The page is clean, and so it is on a phone in the dark."""
    page, wide = desk.page, desk.page.viewport_size
    assert wide is not None
    await clean(page)
    await desk.shot(f"{name}-light")
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await page.set_viewport_size(PHONE)
    await clean(page)
    await desk.shot(f"{name}-phone-dark")
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await page.set_viewport_size(wide)


async def chips(page: Page) -> list[str]:
    return [one.strip() for one in await page.locator("[aria-labelledby=use] .chip").all_text_contents()]


async def test_vendors_are_recorded_and_holds_placed_by_forms(browser: Browser, clinic: Running) -> None:
    """By keyboard; what is wrong is said with what was typed; a certificate is downloaded as it was signed."""
    parts = clinic.parts
    parts.vendors.outside = {"sms": "api.example.org", "slack": "slack.example.org"}
    async with at_desk(browser, clinic, "compliance", cut_off=True, at="/compliance/vendors") as desk:
        page = desk.page
        assert await chips(page) == ["No vendor recorded", "No vendor recorded"]
        await page.locator("#name").fill("Example Texts")
        await page.get_by_label("Texts", exact=True).press("Space")
        await page.locator("#signed").fill("2026-01-15")
        await page.locator("#name").press("Enter")
        await expect(page.locator(".wrong[role=alert]").first).to_contain_text("document")
        await expect(page.get_by_label("Texts", exact=True)).to_be_checked()
        await page.locator("#document").fill("contracts, no. 12")
        await page.locator("#document").press("Enter")
        await expect(page.locator(".done")).to_be_visible()
        assert await chips(page) == ["No vendor recorded", "Agreement on file"]
        await looked_at(desk, "compliance-vendors")
        await page.locator("summary").press("Enter")
        await page.get_by_label("Why does it end?").fill("moved to another carrier")
        await page.get_by_label("Why does it end?").press("Enter")
        await expect(page.locator("[aria-labelledby=ended]")).to_contain_text("moved to another carrier")
        assert await chips(page) == ["No vendor recorded", "No vendor recorded"]

        await page.locator('.tabs a[href="/compliance/disposals"]').press("Enter")
        await page.locator("#mrn").fill("nobody")
        await page.locator("#reason").fill("case 26-1188")
        await page.locator("#reason").press("Enter")
        await expect(page.locator(".wrong[role=alert]").first).to_contain_text("no patient")
        await page.locator("#mrn").fill(PATIENTS[0].mrn)
        await page.locator("#reason").press("Enter")
        await expect(page.locator("[aria-labelledby=holds] .entries li")).to_contain_text("case 26-1188")
        await page.get_by_role("button", name="Count what is past its time").press("Enter")
        await expect(page.locator("#counted")).to_contain_text("Nothing is past its time")

        async def gone(conn: AsyncConnection) -> None:
            # Of which the keyring of then is still there: not proved before it is rotated.
            given = {"policy": "us 1", "counts": {"attachments": 3}, "data_keys": 0, "actor": Actor("system", "test")}
            await issue(conn, parts, what="attachments", person_id=None, reason="past its retention", **given)  # type: ignore[arg-type]

        await parts.db.write(gone)
        await page.get_by_role("button", name="Check all certificates").press("Enter")
        await expect(page.locator("[aria-labelledby=certificates] [role=status]")).to_contain_text("Not proved")
        await looked_at(desk, "compliance-disposals")
        async with page.expect_download() as taken:
            await page.get_by_role("link", name="Certificate 1").click()
        path = await (await taken.value).path()
        assert json.loads(path.read_bytes())["counts"] == {"attachments": 3}
        await page.locator("[aria-labelledby=holds] summary").press("Enter")
        await page.get_by_label("Why is it lifted?").fill("settled")
        await page.get_by_label("Why is it lifted?").press("Enter")
        await expect(page.locator("[aria-labelledby=holds]")).to_contain_text("No hold is in force")
        await spoken(clinic, "compliance@example.org")
        for place in ("vendors", "disposals"):
            await page.goto(f"{clinic.base}/compliance/{place}")
            await clean(page)


async def test_staff_label_a_thread_and_see_the_label_in_its_head(browser: Browser, clinic: Running) -> None:
    """By keyboard, out of the menu; with visits of a program the label stays."""
    await text(clinic, "james", PERSON)
    async with at_desk(browser, clinic, "lead") as desk:
        page, chip = desk.page, desk.page.locator("#conv-labels .chip", has_text="42 CFR Part 2")
        await desk.open("James")
        await expect(chip).to_have_count(0)
        for name, count in (("Label as 42 CFR Part 2", 1), ("Take off the label 42 CFR Part 2", 0)):
            await page.locator('#conv-head [aria-label="More"]').press("Enter")
            item = page.get_by_role("menuitem", name=name)
            while not await item.evaluate("one => one === document.activeElement"):
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Enter")
            await expect(chip).to_have_count(count)
            if count:
                await expect(page.locator(".toast")).to_have_count(0)
                await looked_at(desk, "inbox-part2")
