"""The desk's settings in a browser: teams, labels, canned replies."""

from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from hub.demo.furnishing import furnish
from tests.browser.inbox_page import at_desk, clean, clinic
from tests.browser.test_inbox_panel import spoken
from tests.hub.demo.clinic_running import Running
from tests.hub.staff.test_panel import HOSTILE

__all__ = ["clinic"]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("size", "theme", "language"),
    [((1440, 900), "light", "en"), ((390, 844), "dark", "es")],
    ids=["wide", "phone-dark-spanish"],
)
async def test_the_desk_is_set_up_by_forms(
    browser: Browser, clinic: Running, size: tuple[int, int], theme: Literal["light", "dark"], language: str
) -> None:
    """Also: what is wrong is said beside what was typed, and a hostile name stays text."""
    await furnish(clinic.parts)
    if language == "es":
        await spoken(clinic, "lead@example.org")
    # What is refused here is answered with 422, of which the browser itself complains.
    async with at_desk(browser, clinic, "lead", size=size, theme=theme, cut_off=True, at="/settings/teams") as desk:
        page = desk.page
        await page.locator("#name").fill(HOSTILE)
        await page.locator("#reply_within").fill("soon")
        await page.locator("#reply_within").press("Enter")
        await expect(page.locator(".wrong[role=alert]").first).to_be_visible()
        await expect(page.locator("#name")).to_have_value(HOSTILE)
        await page.locator("#reply_within").fill("30")
        await page.get_by_label("Priya Natarajan").last.check()
        await page.locator("#reply_within").press("Enter")
        await expect(page.locator(".done")).to_be_visible()
        await expect(page.locator(".entries b", has_text="<img")).to_have_text(HOSTILE)
        await clean(page)
        await desk.shot(f"settings-teams-{language}")
        await page.locator(".entries a", has_text="<img").first.click()
        await expect(page.get_by_label("Priya Natarajan")).to_be_checked()

        await page.locator('.tabs a[href="/settings/labels"]').click()
        await page.locator("#name-new").fill("billing")
        await page.locator("#name-new").press("Enter")
        await expect(page.locator(".wrong[role=alert]").first).to_be_visible()
        await expect(page.locator("#name-new")).to_have_value("billing")
        await page.locator("#name-new").fill("Urgent")
        await page.locator("#color-new").select_option("red")
        await page.locator("#name-new").press("Enter")
        await expect(page.locator(".label.red")).to_have_text("Urgent")
        await clean(page)
        await desk.shot(f"settings-labels-{language}")

        await page.locator('.tabs a[href="/settings/canned"]').click()
        await expect(page.locator(".entries > li")).to_have_count(4)
        await page.locator(".heading .button").click()
        await page.locator("#title").fill(HOSTILE)
        await page.locator("#shortcut").fill("late")
        await page.locator("#text").fill("Sorry {given_name}, Dr {nobody} is late")
        await page.locator("button[value=preview]").click()
        await expect(page.locator(".wrong[role=alert]").first).to_contain_text("{nobody}")
        await page.locator("#text").fill("Lo sentimos {given_name}, {provider} llega tarde ĉ")
        await page.locator("#language").select_option("es")
        await page.locator("button[value=preview]").click()
        await expect(page.locator(".bubble")).to_have_text("Lo sentimos María, Dr. Hannah Kim llega tarde ĉ")
        await clean(page)
        await desk.shot(f"settings-canned-{language}")
        await page.locator("button[value=save]").click()
        await expect(page.locator(".entries > li")).to_have_count(5)
