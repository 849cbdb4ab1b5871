"""The phone simulator in a real browser, against a real hub."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from hub.demo.clinic import patient
from tests.hub.demo.clinic_running import Running

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]

WIDE = (1440, 900)
LAPTOP = (1024, 768)
PHONE = (390, 844)
WAIT = 60_000  # milliseconds
SWIPE_RIGHT = """() => {
    const target = document.querySelector("#panel-behind");
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
    await page.goto(f"{clinic.base}/demo")
    yield page
    await context.close()
    assert [line for line in said if not (unreachable and line.startswith("Failed to load resource"))] == []


def phone(page: Page, side: Literal["a", "b"]) -> Any:
    """One of the two phones."""
    return page.locator(f"#panel-{side}")


async def test_the_newest_answer_is_in_view_above_its_suggestions(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        maria = phone(page, "a")
        for text, answers in (("I need a check-up next Tuesday after 3", 1), ("2", 2)):
            await maria.locator("textarea").fill(text)
            await maria.locator("textarea").press("Enter")
            await expect(maria.locator(".theirs")).to_have_count(answers)
        beneath = "log => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)"
        assert await maria.locator(".log").evaluate(beneath) <= 1


async def test_a_text_leaves_by_keyboard_and_the_answer_arrives_by_itself(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        james = phone(page, "b")
        await james.locator("textarea").focus()
        await page.keyboard.type("STOP")
        await page.keyboard.press("Enter")

        await expect(james.locator(".mine .words")).to_have_text("STOP")
        await expect(james.locator(".mine .tick")).to_have_text("The clinic has it")
        await expect(james.locator(".theirs .words")).to_contain_text("unsubscribed")
        await expect(james.locator(".theirs .tick")).to_have_text("Delivered")
        await expect(james.locator(".standing")).to_have_text("Asked for no texts")
        await expect(james.locator("textarea")).to_have_value("")
        await expect(page.locator(".deed").first).to_contain_text("James")


async def test_two_phones_talk_at_once_and_apart(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        maria, james = phone(page, "a"), phone(page, "b")

        await maria.get_by_role("button", name="¿Qué citas tengo?").click()
        await james.get_by_role("button", name="What do I have booked?").click()

        await expect(maria.locator(".theirs .words")).to_contain_text("asistente")
        await expect(james.locator(".theirs .words")).to_contain_text("Your next visit")
        assert await maria.locator(".mine").count() == await james.locator(".mine").count() == 1
        await expect(maria.locator(".words").first).to_have_attribute("lang", "es")


async def test_a_visit_is_booked_by_tapping_only(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        james = phone(page, "b")
        await james.get_by_role("combobox").select_option("aisha")
        await james.get_by_role("button", name="I need a check-up next Tuesday after 3").click()

        booked = page.locator(".deed", has_text="has a visit booked")
        # The first of the choices offered, or yes to the one that is.
        chip = james.get_by_role("button", name=re.compile("^(1|YES)$")).first
        for turn in range(1, 5):
            await expect(james.locator(".theirs")).to_have_count(turn)
            if await booked.count():
                break
            await chip.click()

        await expect(booked).to_contain_text("Aisha")
        await expect(james.locator(".theirs .words").last).to_contain_text("You're booked")


async def test_a_text_of_another_phone_is_seen_when_that_phone_is_picked(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        james = phone(page, "b")
        await clinic.carrier.text(patient("grace").phone, clinic.parts.settings.sms_from, "HELP")

        await james.get_by_role("combobox").select_option("grace")

        await expect(james.locator(".words")).to_have_count(2)
        await expect(james.locator(".number")).to_have_text("(202) 555-0115")


async def test_a_phone_is_in_one_hand_at_a_time(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        await phone(page, "a").get_by_role("combobox").select_option("unknown")

        await expect(phone(page, "b").locator("option[value=unknown]")).to_be_disabled()
        await expect(phone(page, "b").locator("option[value=maria]")).to_be_enabled()


async def test_what_is_written_is_shown_as_text_whatever_it_looks_like(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        await clinic.carrier.text(
            patient("james").phone, clinic.parts.settings.sms_from, "HELP <img src=x onerror=alert(1)>"
        )

        await expect(phone(page, "b").locator(".words").first).to_have_text("HELP <img src=x onerror=alert(1)>")
        assert await page.locator("img").count() == 0


async def test_after_a_lost_connection_it_says_so_and_catches_up(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, unreachable=True) as page:
        james = phone(page, "b")
        await james.get_by_role("button", name="STOP").click()
        await expect(james.locator(".theirs .tick")).to_have_text("Delivered")
        lines = await page.locator(".deed").count()
        await page.route("**/demo/events*", lambda route: route.abort())
        clinic.carrier.closing.set()  # ends the stream; another cannot be opened
        await expect(page.locator("#lost")).to_be_visible()

        await clinic.carrier.text(patient("james").phone, clinic.parts.settings.sms_from, "START")
        clinic.carrier.closing.clear()
        await page.unroute("**/demo/events*")

        await expect(page.locator("#lost")).to_be_hidden()
        await expect(james.locator(".words")).to_have_count(4)
        await expect(james.locator(".tick").last).to_have_text("Delivered")
        texts = await page.locator(".deed .what").all_inner_texts()
        assert len(texts) > lines
        assert texts.count("James asked for no more texts; that is on record.") == 1


async def test_a_text_that_cannot_leave_stays_in_the_box(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, unreachable=True) as page:
        james = phone(page, "b")
        await page.route("**/demo/texts", lambda route: route.fulfill(status=503))
        await james.locator("textarea").fill("Is anybody there?")
        await page.keyboard.press("Enter")

        await expect(james.locator(".trouble")).to_be_visible()
        await expect(james.locator("textarea")).to_have_value("Is anybody there?")


async def test_the_theme_follows_the_system_until_it_is_chosen(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, theme="dark") as page:
        root = page.locator("html")
        await expect(root).to_have_attribute("data-theme", "dark")

        await page.get_by_role("button", name="Dark theme").click()
        await expect(root).to_have_attribute("data-theme", "light")
        await page.reload()

        await expect(root).to_have_attribute("data-theme", "light")


async def test_on_a_small_screen_one_phone_shows_at_a_time(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, PHONE, has_touch=True) as page:
        await expect(phone(page, "a")).to_be_visible()
        await expect(phone(page, "b")).to_be_hidden()

        await page.get_by_role("tab", name="Phone 1").press("ArrowRight")
        await expect(phone(page, "b")).to_be_visible()
        await expect(phone(page, "a")).to_be_hidden()

        await page.get_by_role("tab", name="Behind it").tap()
        await expect(page.locator("#panel-behind")).to_be_visible()

        await page.evaluate(SWIPE_RIGHT)
        await expect(phone(page, "b")).to_be_visible()


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic) as page:
        reached = []
        for _ in range(14):
            await page.keyboard.press("Tab")
            reached.append(
                await page.evaluate(
                    "() => [document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
                )
            )

    assert {tag for tag, _ in reached} >= {"BUTTON", "SELECT", "TEXTAREA", "DIV"}
    assert all(outline == "solid" for tag, outline in reached if tag != "BODY")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_at_every_width_it_fits_and_everyone_can_use_it(theme: Theme, browser: Browser, clinic: Running) -> None:
    for key, text in (("james", "What do I have booked?"), ("maria", "Hola"), ("grace", "I have chest pain")):
        await clinic.carrier.text(patient(key).phone, clinic.parts.settings.sms_from, text)
        await clinic.carrier.phone(patient(key).phone).next(WAIT / 1000)
    for size in (WIDE, LAPTOP, PHONE):
        async with opened(browser, clinic, size, theme) as page:
            await expect(phone(page, "a").locator(".theirs .words")).to_have_count(1)
            if size != PHONE:
                await phone(page, "b").get_by_role("combobox").select_option("grace")
                await expect(phone(page, "b").locator(".standing")).to_have_text("Urgent: staff alerted")

            assert await page.evaluate("document.documentElement.scrollWidth") == size[0]
            found = (await Axe().run(page)).response["violations"]
            assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
