"""What a person sets up in the portal on a phone's screen: passkeys, agreements, preferences, notifications."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, Page, expect

from hub.crypto import Keyring
from hub.db.tables import address, thread
from hub.demo.clinic import patient
from hub.reception.plans import EMERGENCY
from hub.types import AuthorKind, ChannelKind, Intent, Purpose, new_id
from tests.browser.test_portal import WAIT, begin_session, fits, opened, say
from tests.channels.contract import SAID
from tests.channels.push_rigs import CLINIC, BrowserRig, browser_rig
from tests.hub.demo.clinic_running import Running, running
from tests.hub.portal.person import LINK
from tests.stores import embedded_copy

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)


@pytest_asyncio.fixture(loop_scope="session")
async def rig() -> AsyncIterator[BrowserRig]:
    async with browser_rig() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def pushing(seeded: Path, tmp_path: Path, keyring: Keyring, rig: BrowserRig) -> AsyncIterator[Running]:
    """A clinic that sends notifications."""
    url, ways = embedded_copy(seeded, tmp_path), {ChannelKind.PUSH: rig.channel}
    async with running(url, tmp_path, keyring, channels=ways, seeded=True) as one:
        yield one


async def leads_to(page: Page, clinic: Running, path: str) -> None:
    await page.goto(f"{clinic.base}/portal/{path}")


@pytest.mark.parametrize(
    ("who", "theme", "pages"),
    [
        ("james", "light", ("security", "preferences", "preferences/care", "notices")),
        ("carmen", "dark", ("more", "preferences/marketing", "agreements", "agreements/history")),
    ],
)
async def test_a_passkey_is_added_on_the_device_and_signs_in_without_a_code(
    browser: Browser, clinic: Running, who: str, theme: Literal["light", "dark"], pages: tuple[str, ...]
) -> None:
    # A browser makes passkeys for names alone, and of this machine's that is `localhost`.
    there = replace(clinic, base=clinic.base.replace("127.0.0.1", "localhost"))
    async with opened(browser, there, theme, who=who, at="security") as page:
        debugging = await page.context.new_cdp_session(page)
        await debugging.send("WebAuthn.enable")
        await debugging.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await page.locator("#label").fill("Blue phone")
        await page.locator("#passkey-add button").click()
        await expect(page.locator(".done")).to_be_visible()
        for path in pages:
            await leads_to(page, there, path)
            await fits(page)
        await leads_to(page, there, "more")
        await page.locator("[action='/portal/leave'] button").click()
        await expect(page.locator("#passkey button")).to_be_visible()
        await fits(page)

        await page.locator("#passkey button").click()

        await expect(page.locator(".write textarea")).to_be_visible()
        await leads_to(page, there, "security")
        await expect(page.get_by_text("Blue phone").first).to_be_visible()
        await debugging.send("WebAuthn.disable")


async def test_a_link_signs_in_once_and_an_urgent_message_shows_whom_to_call_before_it_is_sent(
    browser: Browser, clinic: Running
) -> None:
    grace = patient("grace")
    async with opened(browser, clinic, cut_off=True) as page:
        await page.locator("#address").fill(grace.phone)
        await page.locator("#address").press("Enter")
        (link,) = LINK.findall((await clinic.carrier.phone(grace.phone).next(WAIT / 1000)).text)
        for _ in range(2):
            await page.goto(link)
        for field, value in zip(("month", "day", "year"), grace.birth_date.timetuple()[1:3], strict=False):
            await page.locator(f"#{field}").fill(str(value))
        await page.locator("#year").fill(str(grace.birth_date.year))
        await page.locator("#year").press("Enter")
        await expect(page.locator(".write textarea")).to_be_visible()

        await say(page, "I have chest pain")
        await expect(page.locator(".before-sending a").first).to_be_focused()
        await expect(page.locator(".before-sending")).to_contain_text("911")
        await expect(page.locator(".said.me")).to_have_count(0)
        await fits(page)
        await say(page, "I want to kill myself")
        await expect(page.locator(".before-sending a[href='tel:988']")).to_be_visible()
        await expect(page.locator(".said.me")).to_have_count(0)
        await page.locator(".write textarea").fill("I have chest pain")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Send it to the clinic as well").click()

        await expect(page.locator(".said.me .words")).to_have_text("I have chest pain")
        await expect(page.locator(".said.clinic .words")).to_contain_text("911")
        await expect(page.locator(".before-sending")).to_have_count(0)
        await expect(page.locator(".said.bot")).to_have_count(0)
        async with clinic.parts.db.read() as conn:
            assert EMERGENCY in (await conn.execute(sa.select(thread.c.priority))).scalars().all()
        await page.goto(link)
        await page.locator("#month").fill("1")
        await page.locator("#day").fill("1")
        await page.locator("#year").fill("1980")
        await page.locator("#year").press("Enter")
        await expect(page.locator(".wrong")).to_be_visible()


async def test_a_stop_from_the_phone_shows_among_the_agreements_and_start_restores_it(
    browser: Browser, clinic: Running
) -> None:
    james = patient("james")
    async with opened(browser, clinic, who="james", at="agreements") as page:
        await page.get_by_role("button", name="Stop all texts").click()
        await expect(page.locator(".note")).to_contain_text("took it back")
        await page.get_by_role("link", name=re.compile("^Read and decide")).first.click()
        await fits(page)
        await page.get_by_role("button", name="Yes, you may text me").click()
        await expect(page.locator(".done")).to_contain_text("you agree")
        await clinic.carrier.text(james.phone, clinic.parts.settings.sms_from, "STOP")
        await clinic.carrier.phone(james.phone).next(WAIT / 1000)
        await leads_to(page, clinic, "agreements")
        await expect(page.get_by_text("text START to").first).to_be_visible()

        await clinic.carrier.text(james.phone, clinic.parts.settings.sms_from, "START")
        await clinic.carrier.phone(james.phone).next(WAIT / 1000)

        await leads_to(page, clinic, "agreements")
        await expect(page.locator(".mark-here").first).to_have_text("You agreed")
        await leads_to(page, clinic, "agreements/history")
        await page.get_by_text("What it said").first.click()
        await expect(page.locator("details[open] .words").first).to_be_visible()
        await fits(page)


SHOWN = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  for (;;) {
    const shown = await registration.getNotifications();
    if (shown.length) return shown.map((one) => ({ title: one.title, body: one.body }));
    await new Promise((done) => setTimeout(done, 20));
  }
}
"""


async def test_notifications_are_turned_on_by_a_press_show_nothing_of_the_message_and_end_with_the_device(
    whole_browser: Browser, pushing: Running, rig: BrowserRig
) -> None:
    # Chromium subscribes at Google's servers alone, which a test must not reach: the answer is this machine's.
    subscription = rig.service.subscription()
    pretend = f"""
        const made = {subscription};
        const one = {{ ...made, toJSON: () => made, unsubscribe: async () => {{ window.gone = true; return true; }} }};
        PushManager.prototype.subscribe = async () => {{ sessionStorage.setItem("on", "1"); return one; }};
        PushManager.prototype.getSubscription = async () => sessionStorage.getItem("on") ? one : null;
        const ask = Notification.requestPermission;
        Notification.requestPermission = () => {{ window.asked = true; return ask.call(Notification); }};
    """
    james = patient("james")
    async with opened(whole_browser, pushing) as page:
        await page.context.grant_permissions(["notifications"], origin=pushing.base)
        await page.context.add_init_script(pretend)
        await begin_session(page, pushing, james)
        debugging = await page.context.new_cdp_session(page)
        registrations: list[str] = []
        debugging.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
        )
        await debugging.send("ServiceWorker.enable")
        await leads_to(page, pushing, "notices")
        await expect(page.locator("#notices-on button")).to_be_visible()
        await fits(page)
        assert await page.evaluate("() => window.asked") is None
        await page.locator("#notices-on button").click()
        await expect(page.locator(".done")).to_contain_text("Notifications are on")
        await expect(page.locator("#notices-here")).to_be_visible()
        await fits(page)

        await pushing.parts.router.route(await notice_to(pushing, james.mrn))
        while not rig.service.shown:
            await page.wait_for_timeout(20)
        (message,) = rig.service.shown.values()
        push = {"origin": pushing.base, "registrationId": registrations[0], "data": json.dumps(message)}
        await debugging.send("ServiceWorker.deliverPushMessage", push)
        assert await page.evaluate(SHOWN) == [{"title": f"New message from {CLINIC}", "body": ""}]

        rig.service.next.append("refused")
        await pushing.parts.router.route(await notice_to(pushing, james.mrn))
        retired = sa.select(address.c.state).where(address.c.kind == "push")
        while await one_of(pushing, retired) != "invalid":
            await page.wait_for_timeout(20)
        await leads_to(page, pushing, "notices")
        await expect(page.locator("#notices-on button")).to_be_visible()

        await page.locator("#notices-on button").click()
        await page.get_by_role("button", name=re.compile("^Turn off")).click()
        await expect(page.locator(".note").first).to_contain_text("off for that device")
        await expect(page.locator("#notices-on button")).to_be_visible()

    # On an iPhone there are none before the portal is on the home screen.
    async with opened(whole_browser, pushing, user_agent=IPHONE) as page:
        await page.context.add_init_script("delete window.PushManager;")
        await begin_session(page, pushing, james)
        await leads_to(page, pushing, "notices")
        await expect(page.locator("#notices-ios li").first).to_contain_text("Share")
        await expect(page.locator("#notices-on")).to_be_hidden()


async def notice_to(clinic: Running, mrn: str) -> Intent:
    async with clinic.parts.db.read() as conn:
        who = await clinic.parts.people.by_mrn(conn, mrn) or ""
    return Intent(
        key=f"test:{new_id()}",
        person_id=who,
        purpose=Purpose.CARE,
        author=AuthorKind.STAFF,
        body=SAID,
        level="full",
        channel=ChannelKind.PUSH,
    )


async def one_of(clinic: Running, query: sa.Select[tuple[str]]) -> str:
    async with clinic.parts.db.read() as conn:
        return str((await conn.execute(query)).scalar_one())
