"""The demo page in a real browser, against a real hub."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from hub.demo import invite
from hub.demo.clinic import patient
from tests.browser.accessibility import violations
from tests.hub.demo.clinic_running import Running

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]

WIDE = (1440, 900)
LAPTOP = (1024, 768)
PHONE = (390, 844)
WAIT = 60_000  # milliseconds
SWIPE_RIGHT = """() => {
    const target = document.querySelector("#panel-side");
    const touch = (x) => new Touch({ identifier: 1, target, clientX: x, clientY: 400 });
    const fire = (name, x) => target.dispatchEvent(
        new TouchEvent(name, { bubbles: true, touches: [touch(x)], changedTouches: [touch(x)] })
    );
    fire("touchstart", 60);
    fire("touchend", 300);
}"""


@asynccontextmanager
async def opened(
    browser: Browser,
    clinic: Running,
    size: tuple[int, int] = WIDE,
    theme: Theme = "light",
    *,
    who: str = "james",
    language: str = "en",
    unreachable: bool = False,
    **options: Any,
) -> AsyncIterator[Page]:
    """The page in a window of its own. Nothing may be written to the console meanwhile but, where the test makes the
    hub `unreachable`, that an address did not load."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce", **options
    )
    context.set_default_timeout(WAIT)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{clinic.base}/demo?lang={language}")
    if who != "nora":
        await page.locator("#owner").select_option(who)
    yield page
    await context.close()
    assert [line for line in said if not (unreachable and line.startswith("Failed to load resource"))] == []


def phone(page: Page) -> Locator:
    """The phone's texts."""
    return page.locator("#face-texts")


def calls(page: Page) -> Locator:
    """The phone's calls."""
    return page.locator("#face-calls")


def mailbox(page: Page) -> Locator:
    return page.locator("#panel-mailbox")


def side(page: Page) -> Locator:
    """The clinic's side."""
    return page.locator("#panel-side")


async def test_one_story_goes_over_text_mail_portal_and_phone(browser: Browser, clinic: Running) -> None:
    nora = patient("nora")
    await invite(clinic.parts, [nora])
    async with opened(browser, clinic, who="nora") as page:
        waits, thread_id = page.locator("#thread-waits"), page.locator("#thread-id")
        await expect(thread_id).not_to_be_empty()
        thread = await thread_id.inner_text()

        # By text.
        await phone(page).get_by_role("button", name="I need a check-up next week after 2").click()
        await expect(phone(page).locator(".theirs .words")).to_contain_text("1) ")
        await expect(waits).to_have_text(re.compile(r"a pick of \d times"))

        # By mail.
        await mailbox(page).locator(".mail-row").click()
        await expect(mailbox(page).locator(".letter")).to_contain_text("Welcome to Maple Street Clinic.")
        await mailbox(page).get_by_role("button", name="I think the second one could work for me").click()
        await expect(mailbox(page).locator(".mail-row")).to_have_count(3)
        await expect(waits).to_have_text(re.compile("yes or no to .+ [AP]M"))
        await mailbox(page).locator(".mail-row").first.click()
        await expect(mailbox(page).locator(".letter")).to_contain_text("Book it?")

        # In the portal, by the link that came as a text.
        portal = await _follow(page, page.locator("#portal"))
        await portal.locator("input[name=address]").fill(nora.phone)
        await portal.keyboard.press("Enter")
        await expect(phone(page).locator(".theirs")).to_have_count(2)
        entering = await _follow(page, phone(page).locator(".theirs a"))
        for name in ("month", "day", "year"):
            await entering.locator(f"#{name}").fill(str(getattr(nora.birth_date, name)))
        await entering.keyboard.press("Enter")
        await entering.get_by_role("button", name="YES").click()
        await expect(entering.locator("main")).to_contain_text("You're booked")
        await page.bring_to_front()
        await expect(side(page).locator(".entry").last).to_contain_text("You're booked")

        # By phone.
        await page.get_by_role("tab", name="Calls").click()
        await page.get_by_role("button", name="Call the clinic").click()
        await expect(calls(page).locator(".call-state")).to_have_text("The clinic is listening")
        await calls(page).get_by_role("button", name="What do I have booked?").click()
        await expect(calls(page).locator(".theirs").last).to_contain_text("Your next visit")
        await page.get_by_role("button", name="Hang up").click()

        await expect(page.locator(".journey li[data-done]")).to_have_count(4)
        channels = [
            await entry.get_attribute("data-channel")
            for entry in await side(page).locator(".entry[data-by=patient] .channel").all()
        ]
        assert channels == ["sms", "email", "portal", "voice"]
        assert await thread_id.inner_text() == thread


async def _follow(page: Page, link: Locator) -> Page:
    """The page that a link opens."""
    async with page.context.expect_page() as following:
        await link.click()
    return await following.value


async def test_a_reminder_rings_and_is_confirmed_by_a_key(browser: Browser, clinic: Running) -> None:
    clinic.carrier.calls.rings_for = WAIT / 1000
    async with opened(browser, clinic) as page:
        await side(page).get_by_role("button", name="call").click()
        await page.get_by_role("button", name="Answer", exact=True).click()
        await expect(calls(page).locator(".theirs").last).to_contain_text("Press 1 to confirm")
        await calls(page).get_by_role("button", name="1", exact=True).click()

        await expect(calls(page).locator(".theirs").last).to_contain_text("is confirmed")
        await side(page).get_by_role("tab", name="Steps").click()
        await expect(page.locator(".deed", has_text="confirmed a visit")).to_have_count(1)


async def test_what_is_written_is_shown_as_text_whatever_it_looks_like(browser: Browser, clinic: Running) -> None:
    markup = "HELP <img src=x onerror=alert(1)>"
    async with opened(browser, clinic) as page:
        await clinic.carrier.text(patient("james").phone, clinic.parts.settings.sms_from, markup)
        await mailbox(page).get_by_role("button", name="New mail").click()
        await page.locator("#subject").fill(markup)
        await page.locator("#new-body").fill(markup)
        await mailbox(page).get_by_role("button", name="Send").click()

        await expect(phone(page).locator(".words").first).to_have_text(markup)
        await expect(mailbox(page).locator(".mail-row").last).to_contain_text(markup)
        await expect(side(page).locator(".entry-text").first).to_contain_text(markup)
        assert await page.locator("img").count() == 0


async def test_the_newest_answer_is_in_view_above_its_suggestions(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, who="maria") as page:
        for text, answers in (("I need a check-up next Tuesday after 3", 1), ("2", 2)):
            await phone(page).locator("textarea").fill(text)
            await phone(page).locator("textarea").press("Enter")
            await expect(phone(page).locator(".theirs")).to_have_count(answers)
        beneath = "log => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)"
        assert await phone(page).locator(".log").evaluate(beneath) <= 1


async def test_a_text_leaves_by_keyboard_and_the_answer_arrives_by_itself(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        await phone(page).locator("textarea").focus()
        await page.keyboard.type("STOP")
        await page.keyboard.press("Enter")

        await expect(phone(page).locator(".mine .words")).to_have_text("STOP")
        await expect(phone(page).locator(".mine .tick")).to_have_text("The clinic has it")
        await expect(phone(page).locator(".theirs .words")).to_contain_text("unsubscribed")
        await expect(phone(page).locator(".theirs .tick")).to_have_text("Delivered")
        await expect(page.locator(".standing")).to_have_text("Asked for no texts")
        await expect(phone(page).locator("textarea")).to_have_value("")
        await side(page).get_by_role("tab", name="Steps").press("Enter")
        await expect(page.locator(".deed").first).to_contain_text("James")


async def test_who_is_picked_has_their_own_texts_and_language(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        await phone(page).get_by_role("button", name="What do I have booked?").click()
        await expect(phone(page).locator(".theirs .words")).to_contain_text("Your next visit")
        await clinic.carrier.text(patient("grace").phone, clinic.parts.settings.sms_from, "HELP")

        await page.locator("#owner").select_option("grace")
        await expect(phone(page).locator(".words").first).to_have_text("HELP")
        await expect(phone(page).locator(".words")).to_have_count(2)
        await expect(page.locator(".facts")).to_contain_text("(202) 555-0115")
        await page.locator("#owner").select_option("maria")
        await phone(page).get_by_role("button", name="¿Qué citas tengo?").click()

        await expect(phone(page).locator(".theirs .words")).to_contain_text("asistente")
        await expect(phone(page).locator(".words").first).to_have_attribute("lang", "es")
        await page.get_by_role("link", name="Español").click()
        await expect(page.get_by_role("tab", name="Llamadas")).to_be_visible()
        await expect(page.locator("#owner")).to_have_value("maria")


async def test_after_a_lost_connection_it_says_so_and_catches_up(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, unreachable=True) as page:
        await phone(page).get_by_role("button", name="STOP").click()
        await expect(phone(page).locator(".theirs .tick")).to_have_text("Delivered")
        lines = await page.locator(".deed").count()
        await page.route("**/demo/events*", lambda route: route.abort())
        clinic.carrier.closing.set()  # ends the stream; another cannot be opened
        await expect(page.locator("#lost")).to_be_visible()

        await clinic.carrier.text(patient("james").phone, clinic.parts.settings.sms_from, "START")
        clinic.carrier.closing.clear()
        await page.unroute("**/demo/events*")

        await expect(page.locator("#lost")).to_be_hidden()
        await expect(phone(page).locator(".words")).to_have_count(4)
        await expect(phone(page).locator(".tick").last).to_have_text("Delivered")
        await expect(page.locator(".deed")).not_to_have_count(lines)
        texts = await page.locator(".deed .what").all_text_contents()
        assert texts.count("James asked for no more messages; that is on record.") == 1


async def test_what_cannot_leave_stays_in_the_box(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, unreachable=True) as page:
        await page.route("**/demo/texts", lambda route: route.fulfill(status=503))
        await phone(page).locator("textarea").fill("Is anybody there?")
        await page.keyboard.press("Enter")

        await expect(phone(page).locator(".trouble")).to_be_visible()
        await expect(phone(page).locator("textarea")).to_have_value("Is anybody there?")


async def test_the_theme_follows_the_system_until_it_is_chosen(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, theme="dark") as page:
        root = page.locator("html")
        await expect(root).to_have_attribute("data-theme", "dark")

        await page.get_by_role("button", name="Dark theme").click()
        await expect(root).to_have_attribute("data-theme", "light")
        await page.reload()

        await expect(root).to_have_attribute("data-theme", "light")


async def test_on_a_small_screen_one_part_shows_at_a_time(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, PHONE, has_touch=True) as page:
        await expect(phone(page)).to_be_visible()
        await expect(mailbox(page)).to_be_hidden()

        await page.get_by_role("tab", name="Phone").press("ArrowRight")
        await expect(mailbox(page)).to_be_visible()
        await expect(phone(page)).to_be_hidden()

        await page.get_by_role("tab", name="Clinic").tap()
        await expect(side(page)).to_be_visible()

        await page.evaluate(SWIPE_RIGHT)
        await expect(mailbox(page)).to_be_visible()


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        await expect(phone(page).locator(".hint").first).to_be_visible()
        reached = []
        for _ in range(24):
            await page.keyboard.press("Tab")
            reached.append(
                await page.evaluate(
                    "() => [document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
                )
            )

    assert {tag for tag, _ in reached} >= {"A", "BUTTON", "SELECT", "TEXTAREA", "DIV"}
    assert all(outline == "solid" for tag, outline in reached if tag != "BODY")


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "es")])
async def test_at_every_width_it_fits_and_everyone_can_use_it(
    theme: Theme, language: str, browser: Browser, clinic: Running
) -> None:
    grace = patient("grace")
    await invite(clinic.parts, [grace])
    await clinic.carrier.text(grace.phone, clinic.parts.settings.sms_from, "I have chest pain")
    await clinic.carrier.phone(grace.phone).next(WAIT / 1000)
    # One page that is made narrower: what it looks like follows from its width alone, and to open it costs the most.
    async with opened(browser, clinic, WIDE, theme, who="grace", language=language) as page:
        await expect(phone(page).locator(".theirs .words")).to_have_count(1)
        await expect(page.locator(".standing")).to_have_attribute("data-state", "urgent")
        await mailbox(page).locator(".mail-row").click()
        for size in (WIDE, LAPTOP, PHONE):
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            faces = ["#tab-phone", "#tab-calls", "#tab-mailbox", "#tab-side", "#tab-steps"]
            for tab in faces:
                if await page.locator(tab).is_visible():
                    await page.locator(tab).click()
                if tab == "#tab-mailbox":
                    await expect(mailbox(page).locator(".letter")).to_be_visible()
                elif tab == "#tab-calls" and size == WIDE:
                    await page.locator("#dial").click()
                if tab == "#tab-calls":
                    await expect(calls(page).locator(".call-state")).to_have_attribute("data-state", "answer")
                if size == PHONE or tab == faces[-1]:
                    await _is_usable(page, size[0])
        await page.locator("#tab-phone").click()
        await page.locator("#hang-up").click()
        await expect(page.locator("#dial")).to_be_visible()


async def _is_usable(page: Page, width: int) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await violations(page) == []
