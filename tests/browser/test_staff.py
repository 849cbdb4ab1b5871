"""Staff come in, prove themselves and set themselves up, in a real browser; every page on the way is looked through."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from hub.accounts import totp
from hub.accounts.links import Links
from hub.accounts.sessions import IDLE
from hub.audit import Actor
from hub.crypto import Keyring
from hub.db.tables import staff_session
from tests.browser.accessibility import violations
from tests.browser.test_portal_settings import AUTHENTICATOR
from tests.hub_rig import Rig, open_rig

pytestmark = pytest.mark.browser

PASSWORD = "tulip ferry nineteen"


@pytest_asyncio.fixture(loop_scope="session")
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    """A hub whose web role alone runs."""
    async with open_rig(database_url, tmp_path, keyring, roles=("web",), engine=False, password_memory=1) as one:
        yield one


async def fits(page: Page) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert await violations(page) == [], page.url


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1440, "en"), ("dark", 390, "es")])
async def test_an_administrator_comes_in_locks_and_goes_on(
    browser: Browser, clinic: Rig, theme: Literal["light", "dark"], width: int, language: Literal["en", "es"]
) -> None:
    parts, base = clinic.parts, clinic.base.replace("127.0.0.1", "localhost")
    await clinic.patient("MRN-7", "Ana", "Lopez", "+12025550177")

    async def unit(conn: Any) -> str:
        by = Actor("system", "test")
        user_id = await parts.users.add(
            conn, email="jo@example.org", name="Jo Lindqvist", role="admin", by=by, language=language
        )
        return await Links(parts.vault, parts.clock).make(conn, "invitation", user_id=user_id)

    link = f"{base}/sign-in/link/{await parts.db.write(unit)}"
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
    page, wrong = await context.new_page(), list[str]()

    def heard(message: ConsoleMessage) -> None:
        # A refusal that the page shows is told there, too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            wrong.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))

    # In by the invitation, and on to a second factor.
    await page.goto(f"{link}?lang={language}")
    await fits(page)
    await page.locator("#password").fill("password1234")
    await page.locator(".first").click()
    await expect(page.locator(".wrong")).to_be_visible()
    await page.locator("#password").fill(PASSWORD)
    await page.locator(".first").click()
    await page.goto(f"{base}/settings/users")
    await expect(page.locator(".mind")).to_be_visible()
    await fits(page)
    await page.locator("[action='/settings/security/app'] button").click()
    await expect(page.locator(".square")).to_be_visible()
    assert await page.locator(".square").evaluate("one => one.complete && one.naturalWidth > 0")
    await fits(page)
    plain = (await page.locator(".typed").inner_text()).replace(" ", "")
    await page.locator("#code").fill(_code(plain, clinic))
    await page.locator("#code").press("Enter")
    await expect(page.locator(".codes li")).to_have_count(10)
    await fits(page)
    for path, wide in (("", width), ("/users", 1024), ("/users", width), ("/glass", width)):
        await page.set_viewport_size({"width": wide, "height": 800})
        await page.goto(f"{base}/settings{path}")
        await fits(page)

    # Nobody is there for a while; what was begun is kept.
    await page.locator("#mrn").fill("MRN-7")
    await page.locator("#reason").fill("called with chest pain")
    gone = parts.clock.now() - IDLE - timedelta(seconds=1)
    await parts.db.write(lambda conn: conn.execute(sa.update(staff_session).values(seen_at=gone)))
    await page.evaluate(
        "() => { import('/staff/static/again.js').then(({ call }) => call('/inbox/api/me')).then((me) => "
        "{ document.body.dataset.me = me.name; }); }"
    )
    dialog = page.locator("#again")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await fits(page)
    await page.locator("#again-password").fill("not this one")
    await page.keyboard.press("Enter")
    await expect(page.locator("#again-wrong")).to_be_visible()
    await page.locator("#again-password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.locator("body")).to_have_attribute("data-me", "Jo Lindqvist")
    assert await page.locator("#reason").input_value() == "called with chest pain"
    await page.locator("button.danger").first.click()
    await expect(page.get_by_text("Ana Lopez").first).to_be_visible()
    await expect(page.locator(".glass")).to_be_visible()
    await fits(page)

    # A passkey, and in by it alone. A busy browser may let its question hang: then one asks again, as people do.
    added = page.locator("[action*='/passkeys/']")
    # Only here: what a browser's first, empty page is given may be gone with the process that drew it.
    debugging = await context.new_cdp_session(page)
    await debugging.send("WebAuthn.enable")
    await debugging.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    for _ in range(3):
        await page.goto(f"{base}/settings/security")
        await page.bring_to_front()
        await page.locator("#passkey-add button").click()
        if await shows(added):
            break
    await expect(added).to_have_count(1)
    await fits(page)
    await page.locator("[action='/sign-in/leave'] button").click()
    await page.goto(f"{base}/sign-in?next=/settings")
    await expect(page.locator("#passkey button")).to_be_visible()
    await fits(page)
    await page.locator("#email").fill("jo@example.org")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator("#code")).to_be_visible()
    await fits(page)
    for _ in range(3):
        await page.locator("#passkey button").click()
        if await shows(page.locator(".rail")):
            break
        await page.goto(f"{base}/sign-in?next=/settings")
    await expect(page.locator(".rail")).to_be_visible()

    assert wrong == []
    await debugging.send("WebAuthn.disable")
    await context.close()


async def shows(what: Locator) -> bool:
    """Whether it is there within ten seconds."""
    try:
        await expect(what).to_have_count(1, timeout=10_000)
    except AssertionError:
        return False
    return True


def _code(plain: str, clinic: Rig) -> str:
    import base64

    secret = base64.b32decode(plain + "=" * (-len(plain) % 8))
    return totp.code_at(secret, totp.step_of(clinic.parts.clock.now()))
