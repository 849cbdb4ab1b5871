"""The inbox as the front desk, a nurse and a call centre use it: journeys from the first key to the patient's phone."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.crypto import Keyring
from tests.browser.inbox_page import PERSON, Cable, Desk, at_desk, clean, clinic, staffed, text, texts, until
from tests.hub.demo.clinic_running import Running
from tests.stores import embedded_copy

__all__ = ["clinic"]

pytestmark = pytest.mark.browser


async def waiting(desk: Desk, clinic: Running, who: str, name: str, words: str = PERSON) -> None:
    """A thread of `who` that waits for the staff, in the list."""
    await text(clinic, who, words)
    await expect(desk.row(name)).to_be_visible()


async def test_a_shift_by_keyboard_alone(browser: Browser, clinic: Running) -> None:
    async with at_desk(browser, clinic, by_form=True) as desk:
        page = desk.page
        await expect(page.locator("#empty")).to_contain_text("No open conversations")
        await desk.shot("07-empty")
        await waiting(desk, clinic, "james", "James Boateng")
        await waiting(desk, clinic, "grace", "Grace Holloway")
        await waiting(desk, clinic, "walter", "Walter Nguyen")

        await page.keyboard.press("j")
        await expect(desk.current).to_contain_text("Walter Nguyen")
        await page.keyboard.press("j")
        await expect(desk.current).to_contain_text("Grace Holloway")
        await expect(page.locator("#conv-name")).to_have_text("Grace Holloway")
        # The front desk's threads are given out in turn: whose it is by now is to be seen before it is taken.
        await expect(desk.row("Grace Holloway").locator(".who-has")).to_be_visible()
        await page.keyboard.press("i")
        await expect(page.locator("#say")).to_contain_text("yours now")
        await page.keyboard.press("r")
        await expect(desk.words).to_be_focused()
        await page.keyboard.type("We open at 8. See you then!")
        await expect(page.locator("#count")).to_contain_text("27 / 160")
        await desk.shot("07-writing")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".msg.out .bubble").last).to_have_text("We open at 8. See you then!")
        await expect(page.locator(".toast.undo")).to_be_visible()
        await clean(page)
        await desk.shot("07-undo")
        await expect(desk.words).to_have_value("")
        await expect(page.locator(".msg.out:not(.bot) .state.delivered").last).to_be_visible()
        assert "We open at 8. See you then!" in texts(clinic, "grace")

        await page.keyboard.press("Escape")
        await page.keyboard.press("e")
        await expect(desk.row("Grace Holloway")).to_have_count(0)
        await expect(desk.current).to_contain_text("Walter Nguyen")
        assert await page.evaluate("document.activeElement.closest('.row') !== null")
        await page.keyboard.press("?")
        await expect(page.locator("dialog.help")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("closed")
        await page.keyboard.press("Enter")
        await expect(desk.row("Grace Holloway")).to_be_visible()

        # Snoozed until they reply; and back when they do.
        await desk.view("all")
        await desk.open("James Boateng")
        await page.keyboard.press("z")
        await desk.shot("13-snooze")
        await page.keyboard.press("Enter")
        await expect(desk.row("James Boateng")).to_have_count(0)
        await expect(desk.row("Walter Nguyen")).to_have_attribute("aria-current", "true")

        await text(clinic, "james", "Any news?")
        # Nothing moves under the hand of whoever is in the list.
        await expect(page.locator("#news")).to_have_text("1 new")
        await expect(page.locator(".row").first).to_contain_text("Walter Nguyen")
        await desk.shot("13-news")
        # By script: where the machine is slow, the row may by now have come by itself, and the button gone.
        await page.locator("#news").evaluate("one => one.click()")

        await expect(desk.row("James Boateng")).to_contain_text("Any news?")


async def test_drafts_stay_with_their_thread_and_who_opted_out_is_written_to_otherwise(
    browser: Browser, clinic: Running
) -> None:
    async with at_desk(browser, clinic) as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng")
        await waiting(desk, clinic, "grace", "Grace Holloway")
        await desk.open("James Boateng")
        await desk.words.fill("For James alone")
        await desk.open("Grace Holloway")
        await expect(desk.words).to_have_value("")
        await desk.words.fill("For Grace alone")
        await page.locator("#mode-note").click()
        await expect(desk.words).to_have_value("")
        await desk.words.fill("A note about Grace")
        await desk.shot("08-note")
        await expect(page.locator("#draft-state")).to_have_text("Draft saved")
        assert await page.evaluate("localStorage.length + sessionStorage.length") == 0

        await page.reload()
        await page.wait_for_selector("html.ready")
        await page.locator("#mode-reply").click()
        await expect(desk.words).to_have_value("For Grace alone")
        await page.locator("#mode-note").click()
        await expect(desk.words).to_have_value("A note about Grace")
        await desk.open("James Boateng")
        await expect(desk.words).to_have_value("For James alone")
        await expect(desk.row("James Boateng")).to_contain_text("Draft:")
        assert texts(clinic, "grace")[-1] != "For Grace alone"

        # Who opts out is not texted, and is written to otherwise.
        await text(clinic, "grace", "STOP")
        await expect(desk.row("Grace Holloway")).to_contain_text("Opted out")
        await desk.open("Grace Holloway")
        before = texts(clinic, "grace")

        await page.locator("#mode-reply").click()
        await expect(page.locator("#blocked")).to_contain_text("You cannot answer by SMS")
        await desk.words.fill("Your form is ready")
        await expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
        await desk.words.press("Control+Enter")
        await desk.shot("09-opted-out")
        await page.locator("#to button").click()
        await desk.shot("09-ways")
        await page.keyboard.press("Escape")
        await page.locator("#blocked button").first.click()
        await expect(page.locator("#blocked.warn")).to_be_hidden()
        await page.locator("#send").click()
        await expect(page.locator(".msg.out .bubble").last).to_have_text("Your form is ready")
        await desk.shot("09-otherwise")
        assert texts(clinic, "grace") == before

        await text(clinic, "grace", "START")
        await expect(desk.row("Grace Holloway")).not_to_contain_text("Opted out")


async def test_a_press_counts_though_what_is_under_it_is_drawn_anew(browser: Browser, clinic: Running) -> None:
    """A browser gives no click when what went down under the finger is not there any more as it comes up."""
    async with at_desk(browser, clinic) as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng")
        await waiting(desk, clinic, "grace", "Grace Holloway")
        await desk.row("James Boateng").locator(".preview").hover()
        await page.mouse.down()
        await text(clinic, "james", "Are you there?")
        await expect(desk.row("James Boateng")).to_contain_text("Are you there?")
        await page.mouse.up()
        await expect(page.locator("#conv-name")).to_have_text("James Boateng")
        # Let go of beside it, nothing is done.
        await desk.row("Grace Holloway").locator(".preview").hover()
        await page.mouse.down()
        await page.locator("#conv-name").hover()
        await page.mouse.up()
        await expect(page.locator("#conv-name")).to_have_text("James Boateng")


async def test_what_did_not_change_stays_while_something_new_is_shown(browser: Browser, clinic: Running) -> None:
    """The focus, what is selected to be copied, and the button under the finger."""
    async with at_desk(browser, clinic) as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng")
        await desk.open("James Boateng")
        first = page.locator("#log .bubble", has_text=PERSON).first
        await first.evaluate("one => getSelection().selectAllChildren(one)")
        close = page.locator("#conv-head").get_by_role("button", name="Close", exact=True)
        await close.focus()
        await text(clinic, "james", "Are you there?")
        await expect(page.locator("#log .bubble").last).to_have_text("Are you there?")

        assert await page.evaluate("String(getSelection())") == PERSON
        await expect(close).to_be_focused()
        await close.hover()
        await page.mouse.down()
        await text(clinic, "james", "Hello?")
        await expect(page.locator("#log .bubble").last).to_have_text("Hello?")
        await page.mouse.up()
        await expect(page.locator("#say")).to_contain_text("losed")


async def test_an_emergency_comes_first_and_goes_only_with_its_outcome(browser: Browser, clinic: Running) -> None:
    async with at_desk(browser, clinic) as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng")
        await waiting(desk, clinic, "walter", "Walter Nguyen", "I have crushing chest pain and can't breathe")
        await expect(page.locator(".row").first).to_contain_text("Walter Nguyen")
        await expect(page.locator('.views a[href="/inbox?view=urgent"] .num')).to_contain_text("1")
        await expect(page.locator(".toast.bad")).to_contain_text("Walter Nguyen")
        await desk.open("Walter Nguyen")
        await expect(page.locator(".banner.danger")).to_contain_text("emergency")
        await desk.shot("04-emergency")

        await page.locator(".banner.danger .btn.danger").click()
        await page.locator("dialog.ask .btn.danger").click()
        await expect(page.locator("dialog.ask .wrong")).to_have_text("Choose an outcome.")
        await desk.shot("04-outcome")
        await page.locator("dialog.ask input").first.check()
        await page.locator("dialog.ask .btn.danger").click()
        await expect(desk.row("Walter Nguyen")).to_have_count(0)
        await expect(page.locator('.views a[href="/inbox?view=urgent"] .num')).to_have_text("")


async def test_a_nurse_takes_over_notes_and_hands_back(browser: Browser, clinic: Running) -> None:
    async with at_desk(browser, clinic, "nurse", view="bot") as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng", "I need a dental cleaning next week")
        await desk.open("James Boateng")
        await expect(page.locator(".banner.bot")).to_contain_text("The assistant is answering")
        await expect(page.locator(".msg.bot")).to_be_visible()
        await desk.shot("12-bot")
        await page.keyboard.press("t")
        await expect(page.locator(".banner.bot:not(.collected)")).to_have_count(0)
        said = len(texts(clinic, "james"))
        await text(clinic, "james", "1")
        await expect(page.locator(".msg.in .bubble").last).to_have_text("1")
        await page.keyboard.press("n")
        await page.keyboard.type("Prefers mornings. @alex")
        await expect(page.locator("#suggestions .pick-item")).to_have_text("Alex Moreno")
        await page.keyboard.press("Enter")
        await desk.shot("12-note")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".msg.note .bubble").last).to_contain_text("Prefers mornings. @Alex Moreno")
        assert len(texts(clinic, "james")) == said

        await page.locator('#conv-head [aria-label="More"]').click()
        await page.locator(".pick-item", has_text="Hand back").click()
        await expect(page.locator(".banner.bot").first).to_contain_text("The assistant is answering")
        await text(clinic, "james", "I need a dental cleaning next week")
        await until(lambda: later(clinic, said))
        assert not any("Prefers mornings" in one for one in texts(clinic, "james"))


async def later(clinic: Running, said: int) -> bool:
    return len(texts(clinic, "james")) > said


async def test_two_who_answer_at_once_are_told_of_each_other(browser: Browser, clinic: Running) -> None:
    async with at_desk(browser, clinic) as alex, at_desk(browser, clinic, "lead") as sam:
        await waiting(alex, clinic, "grace", "Grace Holloway")
        await alex.open("Grace Holloway")
        await sam.open("Grace Holloway")
        await expect(alex.page.locator("#present")).to_contain_text("Sam Okafor")
        await sam.words.press_sequentially("We open")
        await expect(alex.page.locator("#typing")).to_contain_text("Sam Okafor is writing")
        await alex.shot("10-typing")

        # Two who press at the same moment: neither page has heard of the other yet.
        await alex.page.route("**/events", lambda route: route.abort())
        await alex.page.evaluate("() => 0")
        await alex.words.fill("At eight!")
        await sam.words.press("Control+Enter")
        await alex.page.keyboard.press("Control+Enter")
        dialog = alex.page.locator("dialog.ask")
        sent = alex.page.locator(".msg.out .bubble", has_text="At eight!")

        async def answered() -> bool:
            # The page shows what is on its way at once, and takes it back when it must ask first.
            return await dialog.is_visible() or "At eight!" in texts(clinic, "grace")

        await until(answered)
        if await dialog.is_visible():
            await expect(dialog).to_contain_text("We open")
            await alex.shot("10-review")
            await alex.page.locator("dialog.ask .btn.primary").click()
        await expect(sent).to_be_visible()
        await expect(sam.page.locator(".msg.out .bubble", has_text="At eight!")).to_be_visible()
        await until(lambda: both(clinic))
        assert [one for one in texts(clinic, "grace") if one in ("We open", "At eight!")] == ["We open", "At eight!"]


async def both(clinic: Running) -> bool:
    return {"We open", "At eight!"} <= set(texts(clinic, "grace"))


async def test_what_came_while_the_line_was_cut_shows_once_and_in_order(browser: Browser, clinic: Running) -> None:
    cable = Cable(clinic.hub.port)
    await cable.mend()
    base = f"http://127.0.0.1:{cable.port}"
    async with at_desk(browser, clinic, base=base, cut_off=True) as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng")
        await desk.open("James Boateng")
        await cable.cut()
        await expect(page.locator("#lost")).to_be_visible()
        for number in range(5):
            await text(clinic, "james", f"message {number}")
        await desk.words.fill("Written without a line")
        await desk.words.press("Control+Enter")
        await expect(page.locator(".msg.failed")).to_contain_text("Written without a line")
        await desk.shot("11-lost")

        await cable.mend()
        # It may have come back by itself by now: then nothing is to be pressed any more.
        await page.locator("#lost button").evaluate("button => button.click()")
        await expect(page.locator("#lost")).to_be_hidden()
        await expect(page.locator(".msg.in .bubble", has_text=re.compile("^message"))).to_have_text(
            [f"message {number}" for number in range(5)]
        )
        await page.locator(".msg.failed button").first.click()
        dialog = page.locator("dialog.ask")
        await expect(dialog).to_contain_text("message 4")
        await desk.shot("11-review")
        await page.locator("dialog.ask .btn.primary").click()
        await expect(page.locator(".msg.out:not(.bot) .state.delivered").last).to_be_visible()
        assert texts(clinic, "james").count("Written without a line") == 1
    await cable.cut()


async def test_what_else_one_does_all_day(browser: Browser, manned: Path, tmp_path: Path, keyring: Keyring) -> None:
    # Long enough for a slow machine to press Undo; nothing here waits until it is over.
    unhurried = staffed(embedded_copy(manned, tmp_path), tmp_path, keyring, seeded=True, undo_seconds=30)
    async with unhurried as clinic, at_desk(browser, clinic) as desk:
        page = desk.page
        await waiting(desk, clinic, "james", "James Boateng")
        await waiting(desk, clinic, "grace", "Grace Holloway", "I want to talk to a person about my inhaler")
        await desk.open("James Boateng")

        # Taken back before it left: nothing leaves, and the words are in the box again.
        await desk.words.fill("Too early")
        await page.locator("#send").click()
        await page.locator(".toast.undo .btn.small").first.click()
        await expect(desk.words).to_have_value("Too early")
        await expect(page.locator(".msg.out", has_text="Too early")).to_contain_text("Taken back, not sent")

        # A canned reply by its shortcut, with its variables filled; later, with a file.
        await desk.words.fill("")
        await desk.words.press_sequentially("/")
        await expect(page.locator("#suggestions .pick-item").first).to_be_visible()
        await desk.shot("20-canned")
        await page.keyboard.press("Enter")
        await expect(desk.words).not_to_have_value("/")
        await desk.words.fill("See the map")
        await page.locator("#file").set_input_files({"name": "map.txt", "mimeType": "text/plain", "buffer": b"a map"})
        await expect(page.locator("#composer-files li small")).to_have_text("")
        await page.locator("#send-later").click()
        await page.locator(".pick-item", has_text="Tomorrow morning").click()
        await expect(page.locator(".msg.out:not(.bot) .meta").last).to_contain_text("Leaves")
        await desk.shot("20-later")
        await page.locator(".msg.out:not(.bot) .meta .link").last.click()
        await expect(desk.words).to_have_value("See the map")
        await desk.words.fill("")

        # Found by a word; and left again.
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await page.keyboard.type("inhaler")
        await expect(page.locator("mark").first).to_have_text("inhaler")
        await desk.shot("20-found")
        await page.keyboard.press("Escape")
        await expect(desk.row("James Boateng")).to_be_visible()

        # Both at once.
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await page.keyboard.press("k")
        await page.keyboard.press("x")
        await expect(page.locator("#bulk")).to_contain_text("2 selected")
        await desk.shot("20-bulk")
        await page.locator('#bulk [aria-label="Close"]').click()
        await expect(page.locator(".row")).to_have_count(0)
        await expect(page.locator("#bulk")).to_be_hidden()
        assert not {"Too early", "See the map"} & set(texts(clinic, "james"))
