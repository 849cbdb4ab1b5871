"""A browser, where Chromium is found, and a demo for it to open."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright, expect

from hub.crypto import Keyring
from hub.demo.furnishing import furnish
from hub.demo.staff import hire
from tests.hub.demo.clinic_running import Running, running, seed_at
from tests.stores import embedded_copy

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)) is not None),
    None,
)
SHELL = shutil.which("chromium-headless-shell")
"""Chromium with no window to draw and so with two thirds of the work; it shows no notifications."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)

# The machine may be busy: what is waited for comes to pass, or it never does.
expect.set_options(timeout=30_000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def seeded(template: Path, tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Path:
    """A database with the demo's clinic in it; copy it, never open it. To seed one takes as long as many a test."""
    folder = tmp_path_factory.mktemp("seeded")
    await seed_at(embedded_copy(template, folder), folder, keyring)
    return folder / "hub.db"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def manned(seeded: Path, tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Path:
    """The same with the clinic's staff, and what their desk is furnished with."""
    folder = tmp_path_factory.mktemp("manned")
    await seed_at(embedded_copy(seeded, folder), folder, keyring, hire, furnish, password_memory=19)
    return folder / "hub.db"


@pytest.fixture
def database_url(template: Path, tmp_path: Path) -> str:
    """The embedded database alone: what a browser shows does not depend on the kind of database."""
    return embedded_copy(template, tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all tests of this folder, since it is the loop of their browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and isinstance(item, pytest.Function) and iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def driver() -> AsyncIterator[Playwright]:
    """What drives the session's browsers: to start it, and them, takes as long as many a test."""
    async with async_playwright() as playwright:
        yield playwright


@asynccontextmanager
async def _opened(driver: Playwright, path: str | None) -> AsyncIterator[Browser | None]:
    path = path or driver.chromium.executable_path
    if not Path(path).exists():
        yield None
        return
    opened = await driver.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(driver: Playwright) -> AsyncIterator[Browser | None]:
    """A Chromium without a window, for the session, None where there is none."""
    async with _opened(driver, SHELL or CHROMIUM) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_chromium(driver: Playwright, chromium: Browser | None) -> AsyncIterator[Browser | None]:
    """One that can show notifications."""
    if SHELL is None:
        yield chromium
        return
    async with _opened(driver, CHROMIUM) as opened:
        yield opened


@asynccontextmanager
async def _lent(chromium: Browser | None) -> AsyncIterator[Browser]:
    if chromium is None:
        pytest.skip("Chromium is not installed on this machine")
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser | None) -> AsyncIterator[Browser]:
    """The session's Chromium; what a test opens in it is closed after the test."""
    async with _lent(chromium) as lent:
        yield lent


@pytest_asyncio.fixture(loop_scope="session")
async def whole_browser(whole_chromium: Browser | None) -> AsyncIterator[Browser]:
    """The same, for what is shown outside of the page."""
    async with _lent(whole_chromium) as lent:
        yield lent


@pytest_asyncio.fixture(loop_scope="session")
async def clinic(seeded: Path, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Running]:
    """A seeded demo that runs."""
    async with running(embedded_copy(seeded, tmp_path), tmp_path, keyring, seeded=True) as one:
        yield one
