"""The person's side panel as staff use it: visits, consent, addresses, who is who."""

import re

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User
from hub.db.tables import slot
from hub.demo.clinic import STRANGER, patient
from hub.demo.furnishing import furnish
from hub.types import new_id
from tests.browser.inbox_page import PERSON, at_desk, clean, clinic, text, texts, until
from tests.hub.demo.clinic_running import Running
from tests.hub.staff.test_panel import HOSTILE

__all__ = ["clinic"]

pytestmark = pytest.mark.browser


async def person_of(clinic: Running, who: str) -> str:
    async with clinic.parts.db.read() as conn:
        return await clinic.parts.people.by_mrn(conn, patient(who).mrn) or ""


async def thread_of(clinic: Running, who: str) -> str:
    """The thread of a patient, who need not have written."""
    person_id = await person_of(clinic, who)

    async def unit(conn: AsyncConnection) -> str:
        return (await clinic.parts.threads.open_for(conn, (person_id,)))[person_id].id

    return await clinic.parts.db.write(unit)


async def spoken(clinic: Running, email: str) -> None:
    """Let one of the staff read Spanish."""
    users = clinic.parts.users

    async def unit(conn: AsyncConnection) -> None:
        user = await users.by_email(conn, email)
        assert isinstance(user, User)
        await users.describe(conn, user.id, user.actor, name=user.name, language="es")

    await clinic.parts.db.write(unit)


async def unfold(page: Page, name: str) -> None:
    await page.locator(f'.pn-section[data-section="{name}"] > summary').click()


async def test_a_visit_is_booked_moved_and_cancelled_while_the_patient_hears_of_it(
    browser: Browser, clinic: Running
) -> None:
    """Also: a time that goes meanwhile is said, and others are shown; a canned reply knows of the visit."""
    await furnish(clinic.parts)
    async with at_desk(browser, clinic) as desk:
        page, visits = desk.page, desk.page.locator('[data-section="visits"]')
        await text(clinic, "omar", PERSON)
        await desk.open("Omar Haddad")
        await expect(visits).to_contain_text("No visit is booked")
        await visits.get_by_role("button", name="Book a visit").click()
        await visits.get_by_label("Kind of visit").select_option(index=1)
        await expect(visits.locator(".pn-slot").first).to_be_visible()
        await clean(page)
        await desk.shot("panel-times")

        # Somebody else is quicker.
        wanted = await visits.locator(".pn-slot").first.inner_text()
        kind = await visits.get_by_label("Kind of visit").input_value()
        await visits.locator(".pn-slot").first.click()
        await expect(visits).to_contain_text("Read it back to the person")
        await clean(page)
        await desk.shot("panel-check")
        await steal(clinic, "omar", await person_of(clinic, "james"))
        await visits.get_by_role("button", name="Book it").click()
        await expect(visits.locator(".pn-wrong").first).to_contain_text("Somebody else has that time")
        await expect(visits.locator(".pn-slot").first).to_be_visible()
        assert await visits.locator(".pn-slot").first.inner_text() != wanted
        assert await visits.get_by_label("Kind of visit").input_value() == kind

        await visits.locator(".pn-slot").first.click()
        await visits.get_by_role("button", name="Book it").click()
        await expect(page.locator(".pn-say")).to_contain_text("Booked:")
        await expect(visits.locator(".pn-visit")).to_have_count(1)
        await heard(clinic, "You're booked")
        await desk.shot("panel-booked")

        await page.locator(".canned").first.click()
        await page.get_by_role("option", name="Confirm the next visit").first.click()
        await expect(desk.words).to_have_value(re.compile(r"Hi Omar, your visit with Dr\. .+ is on .+ at .+ [AP]M"))

        await visits.get_by_role("button", name="Move").click()
        await visits.locator(".pn-slot").nth(2).click()
        await visits.get_by_label("Send them a message").uncheck()
        await visits.get_by_role("button", name="Move it").click()
        await expect(page.locator(".pn-say")).to_contain_text("Moved to")
        await expect(visits.locator("summary").last).to_contain_text("Earlier visits (1)")
        await visits.get_by_role("button", name="Cancel visit").click()
        await page.keyboard.press("Escape")
        await expect(visits.get_by_role("button", name="Cancel visit")).to_be_focused()
        await page.keyboard.press("Enter")
        await visits.get_by_role("button", name="Cancel the visit").click()
        await expect(page.locator(".pn-say")).to_contain_text("The visit is cancelled.")
        await expect(visits).to_contain_text("No visit is booked")
        await heard(clinic, "is cancelled")


async def test_what_a_person_says_is_recorded_on_a_phone_in_spanish_by_night(browser: Browser, clinic: Running) -> None:
    """Also: whatever is written is shown as it was written, and stays text."""
    await spoken(clinic, "lead@example.org")
    thread = await thread_of(clinic, "grace")
    there = f"/inbox?view=all&thread={thread}"
    async with at_desk(browser, clinic, "lead", size=(390, 844), theme="dark", cut_off=True, at=there) as desk:
        page = desk.page
        await page.wait_for_selector("html.ready")
        await page.locator(".drawer-button").click()
        await expect(page.locator(".pn-head h2")).to_have_text("Grace Holloway")
        consent, say = page.locator('[data-section="consent"]'), page.locator(".pn-say")
        await consent.get_by_role("button", name="Anotar una decisión").click()
        await consent.get_by_label("La persona").select_option("revoke")
        await consent.get_by_label("Lo que dijo").fill(HOSTILE)
        await clean(page)
        await desk.shot("panel-consent")
        await consent.get_by_role("button", name="Anotar", exact=True).click()
        await expect(say).to_contain_text("Anotado.")
        await consent.locator(".pn-facts summary").click()
        await expect(consent.locator("blockquote").first).to_have_text(HOSTILE)
        await expect(consent.locator("tbody tr").first.locator("td").first).to_contain_text("rechazó")

        await unfold(page, "wishes")
        wishes = page.locator('[data-section="wishes"]')
        await wishes.get_by_role("button", name="Cambiar", exact=True).first.click()
        await wishes.get_by_role("button", name="Subir Correo").click()
        await wishes.get_by_role("checkbox", name="SMS").uncheck()
        await clean(page)
        await wishes.get_by_role("button", name="Guardar").click()
        await expect(wishes.locator("dd").first).to_contain_text("No por SMS")

        reach = page.locator('[data-section="reach"]')
        await reach.get_by_role("button", name="Añadir una dirección").click()
        await reach.get_by_label("Teléfono o correo").fill(HOSTILE)
        await page.keyboard.press("Enter")
        await expect(reach.locator(".pn-wrong")).to_contain_text("phone number")
        await reach.get_by_label("Teléfono o correo").fill("202-555-0177")
        await page.keyboard.press("Enter")
        await expect(reach.locator(".pn-address")).to_have_count(3)
        await expect(reach).to_contain_text("(202) 555-0177Sin verificar")
        await reach.locator(".pn-address").last.get_by_role("button", name="Retirar").click()
        await desk.shot("panel-retire")
        await clean(page)
        await reach.locator("form").get_by_role("button", name="Retirar").click()
        await expect(reach.locator(".pn-address")).to_have_count(2)
        await unfold(page, "looked")
        await expect(page.locator(".pn-looks li").first).to_contain_text("Sam Okafor")
        await clean(page)
        await desk.shot("panel-looked")


async def test_a_stranger_becomes_a_patient_and_a_shared_line_is_told_who_writes(
    browser: Browser, clinic: Running
) -> None:
    """Also: agents have neither merging nor who looked."""
    await text(clinic, "dana", PERSON)
    await clinic.carrier.text(STRANGER.number, clinic.parts.settings.sms_from, PERSON)
    async with at_desk(browser, clinic) as desk:
        page, who = desk.page, desk.page.locator(".pn-who")
        await page.locator(".row", has_text="0199").click()
        await expect(page.locator(".pn-head")).to_contain_text("Not identified")
        await expect(page.locator('[data-section="looked"]')).to_have_count(0)
        await who.get_by_role("button", name="Link to a patient").click()
        await page.keyboard.type("lindqvist")
        await who.get_by_role("button", name="Peter Lindqvist").click()
        await expect(who).to_contain_text("becomes part of")
        await expect(who.locator(".pn-moves")).to_contain_text("Messages:")
        await clean(page)
        await desk.shot("panel-link")
        await who.get_by_role("button", name="Link", exact=True).click()
        await expect(who.locator(".pn-wrong")).to_have_text("Say why.")
        await who.get_by_label("Why").fill("He called from it")
        await who.get_by_role("button", name="Link", exact=True).click()
        await expect(page.locator(".pn-head h2")).to_have_text("Peter Lindqvist")
        await expect(page.locator('[data-section="reach"]')).to_contain_text("Vouched for by staff")
        await expect(page.locator("#conv-name")).to_contain_text("Peter Lindqvist")
        assert await who.get_by_role("button", name="Merge").count() == 0

        await page.locator(".row", has_text="0116").click()
        await expect(page.locator(".pn-head")).to_contain_text("Shared number")
        await who.get_by_role("button", name="Who is writing?").click()
        await who.get_by_label("Noah Whitfield").check()
        await clean(page)
        await desk.shot("panel-line")
        await who.get_by_role("button", name="Save").click()
        await expect(who).to_contain_text("Writing now: Noah Whitfield")
        await who.get_by_role("button", name="Noah Whitfield").click()
        await expect(page.locator(".pn-head h2")).to_have_text("Noah Whitfield")
        await unfold(page, "people")
        await expect(page.locator('[data-section="people"]')).to_contain_text("Represented by Dana Whitfield")
        await clean(page)
        await desk.shot("panel-people")


async def steal(clinic: Running, who: str, thief: str) -> None:
    """Let somebody else book the time that is kept for `who`, as a calendar of its own would."""
    mine = await person_of(clinic, who)
    held = sa.select(slot.c.id).where(slot.c.held_by == mine)
    async with clinic.parts.db.read() as conn:
        slot_id = (await conn.execute(held)).scalar_one()
    free = sa.update(slot).where(slot.c.id == slot_id).values(state="free", held_by=None, held_until=None)
    await clinic.parts.db.write(lambda conn: conn.execute(free))
    await clinic.parts.scheduling.book(slot_id, thief, f"test:{new_id()}")


async def heard(clinic: Running, words: str) -> None:
    """Wait until it arrived on Omar's phone."""

    async def there() -> bool:
        return any(words in one for one in texts(clinic, "omar"))

    await until(there)
