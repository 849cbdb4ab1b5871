"""The patient portal on a phone's screen: signing in, talking, booking; and that everyone can use it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, Route, expect

from bots.scheduling.base import Appointment
from hub.demo.clinic import Patient, patient
from hub.types import AuthorKind, ChannelKind, Intent, Purpose
from tests.browser.accessibility import violations
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.person import CODE, Person

pytestmark = pytest.mark.browser

PHONE = (390, 844)
WAIT = 60_000  # milliseconds


@asynccontextmanager
async def opened(
    browser: Browser,
    clinic: Running,
    theme: Literal["light", "dark"] = "light",
    *,
    who: str = "",
    at: str = "messages",
    cut_off: bool = False,
    **options: Any,
) -> AsyncIterator[Page]:
    """The portal's first page. Nothing may be written to the console but, where the test cuts the connection off, that
    an address did not load.

    who: a patient who is signed in already, and begins at the portal's page `at`.
    """
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-US",
        **options,
    )
    context.set_default_timeout(WAIT)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    if who:
        await begin_session(page, clinic, patient(who))
    await page.goto(f"{clinic.base}/portal/{at}" if who else f"{clinic.base}/portal")
    yield page
    await context.close()
    assert [line for line in said if not (cut_off and line.startswith("Failed to load resource"))] == []


async def begin_session(page: Page, clinic: Running, who: Patient) -> None:
    """Sign the page's browser in as `sign_in` does, by the same forms, but without drawing them: for what is of
    something else, where that would be half of the work."""
    person = Person(clinic)
    await person.sign_in(who)
    (secret,) = [one.value for one in person.web.cookie_jar if one.key == "portal"]
    await person.web.close()
    await page.context.add_cookies(
        [{"name": "portal", "value": secret, "url": clinic.base, "httpOnly": True, "sameSite": "Lax"}]
    )


async def sign_in(page: Page, clinic: Running, who: Patient) -> None:
    """With the code that arrives on the simulated phone."""
    await page.locator("#address").fill(who.phone)
    await page.locator("#address").press("Enter")
    text = (await clinic.carrier.phone(who.phone).next(WAIT / 1000)).text
    await page.locator("#code").fill(CODE.findall(text)[0])
    await page.locator("#month").fill(str(who.birth_date.month))
    await page.locator("#day").fill(str(who.birth_date.day))
    await page.locator("#year").fill(str(who.birth_date.year))
    await page.locator("#year").press("Enter")
    await expect(page.locator(".write textarea")).to_be_visible()


async def fits(page: Page) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    # By a locator, which waits where a page is just being left for the next and has no root yet.
    assert await page.locator("html").evaluate("root => root.scrollWidth") == PHONE[0]
    assert await violations(page) == []


async def visit(clinic: Running, who: str) -> Appointment:
    """The one visit that is to come."""
    async with clinic.parts.db.read() as conn:
        person_id = await clinic.parts.people.by_mrn(conn, patient(who).mrn) or ""
    (found,) = await clinic.parts.scheduling.appointments(person_id, after=clinic.parts.clock.now())
    return found


async def say(page: Page, text: str) -> None:
    await page.wait_for_load_state()
    await page.locator(".write textarea").fill(text)
    await page.keyboard.press("Enter")


async def test_a_person_signs_in_writes_and_presses_a_choice_without_a_page_being_loaded(
    browser: Browser, clinic: Running
) -> None:
    async with opened(browser, clinic) as page:
        await sign_in(page, clinic, patient("james"))
        await page.evaluate("() => { window.same = true; }")

        await say(page, "I need a dental cleaning next week")
        await expect(page.locator(".said.me .words")).to_have_text("I need a dental cleaning next week")
        await expect(page.locator(".write textarea")).to_have_value("")
        await expect(page.locator(".choices button").first).to_be_visible()
        pressed = await page.locator(".choices button").first.get_attribute("value")
        await page.locator(".choices button").first.click()

        await expect(page.locator(".said.me .words").last).to_have_text(pressed or "")
        await expect(page.locator(".said.bot")).to_have_count(2)
        assert await page.evaluate("() => window.same") is True


async def test_a_reply_of_staff_appears_by_itself_at_the_end(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, who="james") as page:
        async with clinic.parts.db.read() as conn:
            person_id = await clinic.parts.people.by_mrn(conn, patient("james").mrn)
        assert person_id is not None
        intent = Intent(
            key="test:staff",
            person_id=person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.STAFF,
            author_name="Priya N.",
            body="Your results are in: all is well.",
            level="full",
            channel=ChannelKind.PORTAL,
        )

        await clinic.parts.router.route(intent)

        await expect(page.locator(".said.staff .words")).to_be_in_viewport()
        await expect(page.locator(".said.staff .who")).to_have_text("Priya N.")


async def test_a_text_sent_from_the_phone_shows_in_the_open_page(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, who="james") as page:
        await clinic.carrier.text(patient("james").phone, clinic.parts.settings.sms_from, "What do I have booked?")

        await expect(page.locator(".said.me .words")).to_have_text("What do I have booked?")
        await expect(page.locator(".said.me .meta")).to_contain_text("by text message")


async def test_a_visit_is_booked_on_the_calendar_and_moved_though_a_time_was_taken_meanwhile(
    browser: Browser, clinic: Running
) -> None:
    async with opened(browser, clinic, who="aisha") as page:
        await page.get_by_role("link", name="Visits").click()
        await page.get_by_role("button", name="Show times").click()
        await page.get_by_role("link", name="Later").click()
        await page.locator(".times button").first.click()

        await page.get_by_role("button", name="Book this visit").click()

        await expect(page.locator(".done")).to_have_text("You're booked.")
        await expect(page.locator(".card.new")).to_be_visible()
        old = await visit(clinic, "aisha")
        await page.locator(".card.new").get_by_role("link", name=re.compile("^Move")).click()
        await page.get_by_role("link", name="Later").click()
        first = page.locator(".times button").first
        await expect(first).to_be_visible()
        taken = await first.get_attribute("value") or ""
        async with clinic.parts.db.read() as conn:
            other = await clinic.parts.people.by_mrn(conn, patient("james").mrn) or ""
        await clinic.parts.scheduling.book(taken, other, "test")
        await first.click()
        await expect(page.locator(".note")).to_contain_text("just taken")
        assert await first.get_attribute("value") != taken
        await first.click()
        await page.get_by_role("button", name="Move my visit to this time").click()

        await expect(page.locator(".done")).to_have_text("Your visit was moved.")
        assert (await visit(clinic, "aisha")).slot_id != old.slot_id
        await clinic.parts.scheduling.book(old.slot_id or "", other, "test again")
        await page.get_by_role("link", name="Messages").click()
        await expect(page.locator(".said.clinic")).to_have_count(2)


async def test_without_script_all_of_it_works(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, java_script_enabled=False) as page:
        await sign_in(page, clinic, patient("james"))
        await page.locator(".write textarea").fill("What do I have booked?")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".said.me .words")).to_have_text("What do I have booked?")

        for _ in range(20):
            await page.locator("#refresh").click()
            if await page.locator(".said.bot").count():
                break

        await expect(page.locator(".said.bot .words").last).to_contain_text("Your next visit")
        await expect(page.locator(".said.bot .meta").last).to_be_in_viewport()


async def test_what_cannot_be_sent_stays_in_the_box_and_is_sent_once_later(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, who="james", cut_off=True) as page:
        await page.route("**/portal/messages", _no_posts)
        await say(page, "Is anybody there?")
        await expect(page.locator("#wrong")).to_have_text("Not sent. Please try again.")
        await expect(page.locator(".write textarea")).to_have_value("Is anybody there?")
        # What is read meanwhile does not hide that this was not sent.
        await clinic.carrier.text(patient("james").phone, clinic.parts.settings.sms_from, "HELP")
        await expect(page.locator(".said.clinic")).to_have_count(1)
        await expect(page.locator("#wrong")).to_be_visible()

        await page.unroute("**/portal/messages")
        await page.locator(".write textarea").press("Enter")

        await expect(page.locator(".said.me .words").last).to_have_text("Is anybody there?")
        await expect(page.locator("#wrong")).to_be_hidden()
        await expect(page.locator(".write textarea")).to_have_value("")


async def _no_posts(route: Route) -> None:
    await (route.abort() if route.request.method == "POST" else route.continue_())


async def test_what_is_written_while_a_message_is_on_its_way_is_kept_and_goes_after_it(
    browser: Browser, clinic: Running
) -> None:
    async with opened(browser, clinic, who="james") as page:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def slowly(route: Route) -> None:
            if route.request.method == "POST":
                asked.set()
                await answer.wait()
            await route.continue_()

        await page.route("**/portal/messages", slowly)
        await say(page, "HELP")
        await asked.wait()
        await page.keyboard.type(" and thank you")
        await page.keyboard.press("Enter")
        answer.set()

        await expect(page.locator(".said.me .words")).to_have_text(["HELP", "and thank you"])
        await expect(page.locator(".write textarea")).to_have_value("")
        asked.clear()
        answer.clear()
        await say(page, "HELP")
        await asked.wait()
        await page.locator(".write textarea").fill("What do I have booked?")
        answer.set()
        await expect(page.locator(".said.me .words").last).to_have_text("HELP")
        await expect(page.locator(".write button.send")).to_be_enabled()
        await expect(page.locator(".write textarea")).to_have_value("What do I have booked?")


async def test_a_word_that_was_pressed_may_be_written_next(browser: Browser, clinic: Running) -> None:
    """The same word twice is two messages."""
    async with opened(browser, clinic, who="james") as page:
        await say(page, "I need a dental cleaning next week")
        await expect(page.locator(".choices button").first).to_be_visible()
        await page.reload()
        await page.locator(".choices button").first.click()
        await expect(page.locator(".said.me .words").last).to_have_text("1")
        await say(page, "1")
        await expect(page.locator(".said.me .words")).to_have_count(3)


async def test_the_page_says_that_it_hears_nothing_and_that_it_does_again(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, cut_off=True) as page:
        await page.route("**/portal/events", lambda route: route.abort())
        await sign_in(page, clinic, patient("james"))
        await expect(page.locator("#lost")).to_be_visible()

        await page.unroute("**/portal/events")

        await expect(page.locator("#lost")).to_be_hidden()


async def test_the_page_warns_before_the_session_ends_and_then_shows_nothing_more(
    browser: Browser, clinic: Running
) -> None:
    async with opened(browser, clinic, who="james") as page:
        await page.clock.install()
        await page.goto(f"{clinic.base}/portal/more")
        await expect(page.locator("#idle")).to_be_hidden()

        await page.clock.fast_forward("13:05")
        await expect(page.locator("#idle")).to_be_visible()
        await page.get_by_role("link", name="Stay signed in").click()
        await expect(page.locator("#idle")).to_be_hidden()
        await page.clock.fast_forward("13:05")
        await expect(page.locator("#idle")).to_be_visible()
        await page.clock.fast_forward("02:00")

        await expect(page).to_have_url(re.compile("/portal(/messages|.again=1)$"))


async def test_what_was_there_stays_while_what_is_new_is_added(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, who="james") as page:
        await say(page, "HELP")
        await expect(page.locator(".said.clinic")).to_have_count(1)
        await page.evaluate("() => { window.first = document.querySelector('.said.me'); }")

        await say(page, "What do I have booked?")

        await expect(page.locator(".said.bot")).to_have_count(1)
        assert await page.evaluate("() => window.first.isConnected") is True


async def test_the_worker_keeps_the_look_and_nothing_of_a_person(browser: Browser, clinic: Running) -> None:
    async with opened(browser, clinic, who="james", cut_off=True) as page:
        await say(page, "HELP")
        await expect(page.locator(".said.clinic")).to_have_count(1)
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
        await page.reload()
        kept = await page.evaluate(
            """async () => {
                const names = await caches.keys();
                const all = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys())));
                return all.flat().map((one) => new URL(one.url).pathname);
            }"""
        )

        await page.context.set_offline(True)
        for _ in range(20):
            await page.goto(f"{clinic.base}/portal/messages")
            # A worker that is started in this moment hears only then that there is no network.
            if await page.locator("h1").inner_text() == "You are offline":
                break

        look = re.compile(r"/portal/offline|(/portal)?/static/[a-z0-9-]+\.(css|js|svg|png)")
        assert all(look.fullmatch(path) for path in kept)
        await expect(page.locator("h1")).to_have_text("You are offline")
        assert "HELP" not in await page.content()


@pytest.mark.parametrize(("who", "theme"), [("james", "dark"), ("carmen", "light")])
async def test_every_page_fits_and_everyone_can_use_it(
    theme: Literal["light", "dark"], who: str, browser: Browser, clinic: Running
) -> None:
    async with opened(browser, clinic, theme) as page:
        await fits(page)
        await page.goto(f"{clinic.base}/portal/link/none")
        await fits(page)
        await page.goto(f"{clinic.base}/join?lang={'en' if who == 'james' else 'es'}")
        await fits(page)
        await page.goto(f"{clinic.base}/portal")
        await sign_in(page, clinic, patient(who))
        await fits(page)
        await say(page, "What do I have booked?" if who == "james" else "¿Qué citas tengo?")
        await expect(page.locator(".said.bot")).to_have_count(1)
        await say(page, "I need a dental cleaning next week" if who == "james" else "Necesito una limpieza dental")
        await expect(page.locator(".said.bot")).to_have_count(2)
        await fits(page)
        await page.goto(f"{clinic.base}/portal/visits")
        await fits(page)
        await page.locator("select").select_option("Check-up")
        await page.locator(".fields .button.first").click()
        await page.locator("[rel=next]").click()
        await fits(page)
        await page.locator(".times button").first.click()
        await fits(page)
        await page.locator(".button.first").click()
        await fits(page)
        await page.locator(".card .button.quiet").first.click()
        await fits(page)
        await page.goto(f"{clinic.base}/portal/more")
        await fits(page)
