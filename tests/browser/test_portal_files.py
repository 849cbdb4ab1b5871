"""Files in the portal on a phone's screen: chosen, sent, checked, and had again; and that everyone can do it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_portal import fits, opened
from tests.hub.attachments.test_images import a_picture, saved
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.test_files import settled

pytestmark = pytest.mark.browser

PICTURE = {"name": "rash.png", "mimeType": "image/png", "buffer": saved(a_picture(), "PNG")}
PAGES = {"name": "pages.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04"}


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_files_are_sent_and_had_again(browser: Browser, clinic: Running, script: bool) -> None:
    async with opened(browser, clinic, who="james", java_script_enabled=script, accept_downloads=True) as page:
        await page.locator(".attach summary").click()
        await page.locator("#file").set_input_files([PICTURE, PAGES])
        if script:
            await fits(page)
        await page.locator(".write textarea").fill("What do you make of this?")

        await page.locator(".write .send").click()
        sent = page.locator(".said.me .file")
        await expect(sent).to_have_count(2)
        if not script:
            await settled(clinic)
            await page.reload()

        await expect(sent.first.locator("a")).to_have_text("rash.png")
        await expect(sent.last).to_contain_text("We cannot take this kind of file")
        await expect(page.locator("#file")).to_have_value("")
        if script:
            await fits(page)
        async with page.expect_download() as download:
            await sent.first.locator("a").click()
        got = Path(await (await download.value).path())
        assert (await download.value).suggested_filename == "rash.png"
        assert got.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
