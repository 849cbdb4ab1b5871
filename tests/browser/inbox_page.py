"""The inbox in a browser: a clinic with staff, whoever of them is signed in, and what patients text meanwhile."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.sessions import Sessions
from hub.accounts.users import User
from hub.crypto import Keyring
from hub.demo.clinic import patient
from hub.demo.furnishing import furnish
from hub.demo.staff import PASSWORD, hire
from tests.browser.accessibility import violations
from tests.hub.demo.clinic_running import Running, running
from tests.stores import embedded_copy

WAIT = 60_000
"""Milliseconds in which what is waited for must come to pass."""
SHOTS = os.environ.get("INBOX_SHOTS", "")
"""A folder to leave pictures of the journeys in; none are taken without it."""
WIDE = (1440, 900)
PERSON = "I want to talk to a person"


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody of the staff at the inbox."""

    page: Page
    clinic: Running
    said: list[str] = field(default_factory=list)

    def row(self, name: str) -> Locator:
        """The row of the thread of whoever is called `name`."""
        return self.page.locator(".row", has=self.page.locator(".name", has_text=name))

    @property
    def current(self) -> Locator:
        """The row of the thread that is open."""
        return self.page.locator(".row[aria-current]")

    @property
    def words(self) -> Locator:
        """Where one writes."""
        return self.page.locator("textarea#words")

    async def view(self, name: str) -> None:
        """Go to the view whose address says `name`."""
        await self.page.locator(f'.views a[href="/inbox?view={name}"]').click()
        await expect(self.page.locator("#rows")).to_have_attribute("aria-busy", "false")

    async def open(self, name: str) -> None:
        """Open the thread of `name`."""
        await self.row(name).click()
        await expect(self.page.locator("#conv-name")).to_contain_text(name)
        await expect(self.page.locator("#conv")).to_have_attribute("aria-busy", "false")

    async def shot(self, name: str) -> None:
        """Leave a picture, where somebody wants one."""
        if SHOTS:
            await self.page.wait_for_timeout(150)
            await self.page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def text(clinic: Running, who: str, words: str) -> None:
    """A text from the phone of `who`."""
    await clinic.carrier.text(patient(who).phone, clinic.parts.settings.sms_from, words)


def texts(clinic: Running, who: str) -> list[str]:
    """All that arrived on the phone of `who`."""
    return [one.text for one in clinic.carrier.phone(patient(who).phone).conversation if one.direction == "inbound"]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(WAIT / 1000):
        while not await true():  # noqa: ASYNC110 - what a patient's phone shows rings no bell of ours
            await asyncio.sleep(0.02)


class Cable:
    """A line to the hub that can be cut: every connection over it drops, and none is taken, until it is mended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def mend(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop all."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        pair = {writer, back}
        self._open |= pair
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._open -= pair
            for one in pair:
                one.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def staffed(database_url: str, folder: Path, keyring: Keyring, **given: Any) -> AsyncIterator[Running]:
    """A demo with its staff; what they send leaves after a moment."""
    settings: dict[str, Any] = {"second_factor": "optional", "password_memory": 19, "undo_seconds": 1} | given
    async with running(database_url, folder, keyring, **settings) as clinic:
        await hire(clinic.parts)  # nobody, if there is staff
        await furnish(clinic.parts)
        yield clinic


@asynccontextmanager
async def at_desk(
    browser: Browser,
    clinic: Running,
    who: str = "desk",
    *,
    view: str = "all",
    size: tuple[int, int] = WIDE,
    theme: Literal["light", "dark"] = "light",
    base: str = "",
    cut_off: bool = False,
    by_form: bool = False,
    at: str = "",
) -> AsyncIterator[Desk]:
    """`who` of the staff, signed in at the inbox. Nothing may be written to the console, but, where the test cuts the
    connection off, that an address did not load.

    by_form: they come in by their password, as staff do; else with a session that was begun for them.
    at: the path of another page to begin at, for whom the inbox is not.
    """
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce", locale="en-US"
    )
    context.set_default_timeout(WAIT)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    base = base or clinic.base
    if by_form:
        await page.goto(f"{base}/sign-in?next=/inbox%3Fview%3D{view}")
        await page.locator("#email").fill(f"{who}@example.org")
        await page.locator("#password").fill(PASSWORD)
        await page.locator("#password").press("Enter")
    else:
        await begin_session(page, clinic, who, base)
        await page.goto(f"{base}{at}" if at else f"{base}/inbox?view={view}")
    if not at:
        await page.wait_for_selector("html.ready")
    yield Desk(page, clinic, said)
    await context.close()
    assert [line for line in said if not allowed(line, cut_off)] == []


async def begin_session(page: Page, clinic: Running, who: str, base: str = "") -> None:
    """Sign the page's browser in as `who` of the staff, without the form: to fill it in, and to draw it, takes as long
    as many a test that is of something else."""
    parts = clinic.parts
    sessions = Sessions(parts.db, parts.vault, parts.trail, parts.clock, parts.users)

    async def unit(conn: AsyncConnection) -> str:
        user = await parts.users.by_email(conn, f"{who}@example.org")
        assert isinstance(user, User)
        return await sessions.begin(conn, user, way="password", strong=False)

    secret = await parts.db.write(unit)
    await page.context.add_cookies(
        [{"name": "staff", "value": secret, "url": base or clinic.base, "httpOnly": True, "sameSite": "Lax"}]
    )


def allowed(line: str, cut_off: bool) -> bool:
    """Whether the browser may say this: a refusal that the test provokes is logged by the browser itself."""
    return "status of 409" in line or (cut_off and line.startswith("Failed to load resource"))


async def clean(page: Page, *, colours: bool = True) -> None:
    """Nothing is wider than the screen, and axe finds nothing; `colours` as for `violations`."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    wrong = await violations(page, colours=colours)
    assert wrong == [], wrong


@pytest_asyncio.fixture(loop_scope="session")
async def clinic(manned: Path, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Running]:
    """A demo with its staff that runs."""
    async with staffed(embedded_copy(manned, tmp_path), tmp_path, keyring, seeded=True) as one:
        yield one
