"""A campaign in a browser: chosen, looked through, approved by a second person, started, paused, resumed, counted."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hub.campaigns.plans import reading
from hub.crypto import Keyring
from hub.demo.staff import PASSWORD
from tests.browser.inbox_page import SHOTS, WIDE, clean, staffed
from tests.browser.test_inbox_panel import spoken
from tests.hub.campaigns.clinic import ALL
from tests.hub.demo.clinic_running import MovingClock, Running

pytestmark = pytest.mark.browser

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""10:00 at the clinic: automated texts may leave."""


@pytest.fixture(autouse=True)
def plan_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The plans that ship, and one that writes to everybody at once."""
    folder = tmp_path / "plans"
    folder.mkdir()
    for one in reading.FOLDER.glob("*.yml"):
        shutil.copy(one, folder)
    (folder / "all.yml").write_text(ALL)
    monkeypatch.setattr(reading, "FOLDER", folder)
    reading.built_in.cache_clear()
    yield
    reading.built_in.cache_clear()


@asynccontextmanager
async def at_work(browser: Browser, clinic: Running, who: str, **how: Any) -> AsyncIterator[Page]:
    """`who` of the staff, signed in at the campaigns. Nothing may be written to the console."""
    context = await browser.new_context(reduced_motion="reduce", locale="en-US", **how)
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{clinic.base}/sign-in?next=/campaigns")
    await page.locator("#email").fill(f"{who}@example.org")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator("main.campaigns")).to_be_visible()
    yield page
    await context.close()
    assert said == []


async def shot(page: Page, name: str) -> None:
    """Look that the page is clean; and leave a picture of all of it, where somebody wants one."""
    await clean(page)
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"campaigns-{name}.png", full_page=True)


async def test_a_campaign_from_its_choice_to_its_results(
    browser: Browser, database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    # Two texts a second, so that there is something to pause.
    given: dict[str, Any] = {"clock": MovingClock(MONDAY), "sms_rate": 2.0}
    wide = {"viewport": {"width": WIDE[0], "height": WIDE[1]}, "color_scheme": "light"}
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with staffed(database_url, tmp_path, keyring, **given) as clinic:
        await spoken(clinic, "lead@example.org")
        await _story(browser, clinic, wide, phone)


async def _story(browser: Browser, clinic: Running, wide: dict[str, Any], phone: dict[str, Any]) -> None:
    async with (
        at_work(browser, clinic, "campaigns", **wide) as mei,
        at_work(browser, clinic, "lead", **phone) as sam,
    ):
        await shot(mei, "list")
        await mei.get_by_role("link", name="Reminders of booked visits").click()
        await expect(mei.locator(".phone")).to_have_count(2)
        await expect(mei.locator(".phone").nth(1).locator(".screen")).to_have_attribute("lang", "es")
        await mei.get_by_role("button", name="Count the audience").click()
        await expect(mei.locator(".foreseen .big")).to_contain_text("will receive something")
        await shot(mei, "plan")

        await mei.goto(f"{clinic.base}/campaigns")
        await mei.get_by_role("link", name="A word to everybody").click()
        await mei.get_by_role("button", name="Ask for approval").click()
        await expect(mei.locator(".done")).to_be_visible()
        await expect(mei.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

        await sam.reload()
        await shot(sam, "list-phone")
        await sam.get_by_role("link", name="A word to everybody").click()
        await shot(sam, "plan-phone")
        await sam.get_by_role("button", name="Aprobar", exact=True).click()
        await expect(sam.locator(".done")).to_be_visible()

        await mei.reload()
        await mei.get_by_role("button", name="Start sending").click()
        sent, waiting = mei.locator("dd[data-n=sent]"), mei.locator("dd[data-n=waiting]")
        # By the stream alone: the page is not loaded anew.
        await expect(waiting).not_to_have_text("0")
        await mei.get_by_role("button", name="Pause").click()
        await expect(mei.locator(".heading .chip")).to_have_text("Paused")
        await expect(waiting).not_to_have_text("0")
        await shot(mei, "paused")
        await mei.get_by_role("button", name="Resume").click()
        await expect(mei.locator(".heading .chip")).to_have_text("Sending")
        await expect(waiting).to_have_text("0")
        await expect(sent).to_have_text(await mei.locator("b[data-n=queued]").inner_text())
        width = await mei.locator("rect[data-bar=sent]").get_attribute("width")
        assert width is not None
        assert width.startswith("100")
        await mei.locator("#reach-table").click()
        await shot(mei, "results")
        await sam.goto(mei.url)
        await shot(sam, "results-phone")
