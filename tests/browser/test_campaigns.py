"""A campaign in a browser: built, tested, approved by a second person, run, paused, resumed, counted, tried again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from channels.carrier.faults import Undeliver
from hub.crypto import Keyring
from tests.browser.inbox_page import SHOTS, WIDE, begin_session, clean, staffed
from tests.browser.test_inbox_panel import spoken
from tests.hub.demo.clinic_running import MovingClock, Running

pytestmark = pytest.mark.browser

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""10:00 at the clinic: automated texts may leave."""


@asynccontextmanager
async def at_work(browser: Browser, clinic: Running, who: str, **how: Any) -> AsyncIterator[Page]:
    """`who` of the staff, signed in at the campaigns. Nothing may be written to the console."""
    context = await browser.new_context(reduced_motion="reduce", locale="en-US", **how)
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await begin_session(page, clinic, who)
    await page.goto(f"{clinic.base}/campaigns")
    await expect(page.locator("main.campaigns")).to_be_visible()
    yield page
    await context.close()
    # A form that is refused comes back with this status.
    assert [line for line in said if "status of 422" not in line] == []


async def shot(page: Page, name: str) -> None:
    """Look that the page is clean; and leave a picture of all of it, where somebody wants one."""
    await clean(page)
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"campaigns-{name}.png", full_page=True)


async def test_a_campaign_from_its_building_to_its_results(
    browser: Browser, database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    # Two texts a second, so that there is something to pause.
    given: dict[str, Any] = {"clock": MovingClock(MONDAY), "sms_rate": 2.0}
    wide = {"viewport": {"width": WIDE[0], "height": WIDE[1]}, "color_scheme": "light"}
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with staffed(database_url, tmp_path, keyring, **given) as clinic:
        await spoken(clinic, "lead@example.org")
        # The first text of the run reaches nobody.
        clinic.carrier.faults.add(Undeliver(30003))
        async with (
            at_work(browser, clinic, "campaigns", **wide) as mei,
            at_work(browser, clinic, "lead", **phone) as sam,
        ):
            await shot(mei, "list")
            await _built(mei)
            await _tested(mei, clinic)
            await _approved(mei, sam, clinic)
            await _run(mei)
            await _tried_again(mei)
            await shot(mei, "results")
            await sam.goto(mei.url)
            await shot(sam, "results-phone")


async def _built(mei: Page) -> None:
    """A plan, from nothing: what does not fit is told at its field, and lengths follow as one types."""
    await mei.get_by_role("link", name="New plan").click()
    await shot(mei, "new")
    await mei.get_by_role("link", name="Empty plan").click()
    await mei.get_by_label("Title").fill("Flu shots this fall")
    await mei.get_by_label("Kind", exact=True).select_option("broadcast")
    await expect(mei.get_by_label("Purpose").locator("option[value=care]")).to_be_attached()
    await mei.get_by_label("Purpose").select_option("care")
    await mei.get_by_label("For whom").select_option("persons")
    await expect(mei.get_by_label("From age")).to_be_visible()
    await mei.locator(".wording select").first.select_option("own")
    english, spanish = mei.locator("textarea[lang=en]"), mei.locator("textarea[lang=es]")
    await english.fill("Flu shots are here, ")
    await mei.get_by_role("button", name="{name}", exact=True).click()
    await expect(english).to_have_value("Flu shots are here, {name}")
    await expect(mei.locator(".length-of").first).to_contain_text("1 segment · 29 characters · GSM-7")
    await expect(mei.locator(".phone .bubble").first).to_have_text("Flu shots are here, Guadalupe")
    await mei.get_by_role("button", name="Add a step").click()
    await expect(mei.locator("#step-1")).to_be_focused()
    await mei.get_by_role("button", name="Remove the step: 2").click()
    await expect(mei.locator(".step")).to_have_count(1)
    await mei.get_by_label("When: number").fill("0")
    await mei.get_by_label("Only between").uncheck()
    await mei.get_by_role("button", name="Save the plan").last.click()
    await expect(mei.locator(".problem")).to_have_text("Write it in Spanish, too.")
    await expect(spanish).to_be_focused()
    await shot(mei, "build")
    await mei.set_viewport_size({"width": 390, "height": 844})
    await mei.emulate_media(color_scheme="dark")
    await shot(mei, "build-phone")
    await mei.emulate_media(color_scheme="light")
    await mei.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    await spanish.fill("Ya hay vacunas contra la gripe, {name}")
    await expect(mei.locator("#yaml")).to_contain_text("own.first")
    await mei.get_by_role("button", name="Save the plan").last.click()
    await expect(mei.locator(".heading .chip")).to_have_text("Draft")


async def _tested(mei: Page, clinic: Running) -> None:
    """Looked through, counted, and sent to nobody but herself."""
    await expect(mei.locator(".phone")).to_have_count(2)
    await expect(mei.locator(".phone").nth(1).locator(".screen")).to_have_attribute("lang", "es")
    await mei.get_by_role("button", name="Count the audience").click()
    await expect(mei.locator(".foreseen .big")).to_contain_text("will receive something")
    await mei.get_by_role("link", name="Email").click()
    await mei.get_by_role("button", name="Send the test").click()
    await expect(mei.locator(".tests li")).to_have_count(1)
    mail = await clinic.mail.mailbox("campaigns@example.org").next(timeout=30)
    assert "[TEST] Flu shots are here, Guadalupe" in mail.text
    await mei.reload()
    await expect(mei.locator(".tests .chip")).to_have_text("Sent")
    await shot(mei, "plan")


async def _approved(mei: Page, sam: Page, clinic: Running) -> None:
    await mei.get_by_role("button", name="Ask for approval").click()
    await expect(mei.locator(".done")).to_be_visible()
    await expect(mei.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    await sam.reload()
    await shot(sam, "list-phone")
    await sam.get_by_role("link", name="Flu shots this fall").click()
    await shot(sam, "plan-phone")
    await sam.get_by_role("button", name="Aprobar", exact=True).click()
    await expect(sam.locator(".done")).to_be_visible()
    await mei.reload()


async def _run(mei: Page) -> None:
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
    await expect(mei.locator("dd[data-n=failed]")).to_have_text("1")
    await expect(sent).not_to_have_text(await mei.locator("b[data-n=queued]").inner_text())


async def _tried_again(mei: Page) -> None:
    """What failed is tried again, and then everybody has it."""
    await mei.reload()
    await mei.get_by_role("button", name="Try again").click()
    await expect(mei.get_by_text("1 on their way again, 0 not.")).to_be_visible()
    queued = await mei.locator("b[data-n=queued]").inner_text()
    await expect(mei.locator("dd[data-n=failed]")).to_have_text("0")
    await expect(mei.locator("dd[data-n=sent]")).to_have_text(queued)
    width = await mei.locator("rect[data-bar=sent]").get_attribute("width")
    assert width is not None
    assert width.startswith("100")
    await mei.locator("#reach-table").click()
