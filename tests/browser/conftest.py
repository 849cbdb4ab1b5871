"""A browser, where Chromium is found, and a demo for it to open."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from hub.crypto import Keyring
from tests.hub.demo.clinic_running import Running, running
from tests.servers.child import free_port
from tests.stores import embedded_copy

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)) is not None),
    None,
)
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


@pytest.fixture
def database_url(template: Path, tmp_path: Path) -> str:
    """The embedded database alone: what a browser shows does not depend on the kind of database."""
    return embedded_copy(template, tmp_path)


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """The address of a Chromium without a window, for the session: to start one takes as long as many a test.

    It lives in a thread with a loop of its own, for every test has another.
    """
    address, ended = Future[str](), threading.Event()

    async def keep() -> None:
        async with async_playwright() as playwright:
            path = CHROMIUM or playwright.chromium.executable_path
            if not Path(path).exists():
                address.set_result("")
                return
            port = free_port()
            arguments = [*ARGUMENTS, f"--remote-debugging-port={port}"]
            opened = await playwright.chromium.launch(executable_path=path, args=arguments)
            address.set_result(f"http://127.0.0.1:{port}")
            await asyncio.to_thread(ended.wait)
            await opened.close()

    def run() -> None:
        try:
            asyncio.run(keep())
        except Exception as error:
            address.set_exception(error)

    thread = threading.Thread(target=run, name="chromium")
    thread.start()
    yield address.result(60)
    ended.set()
    thread.join()


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The session's Chromium; what a test opens in it is closed after the test."""
    if not chromium:
        pytest.skip("Chromium is not installed on this machine")
    async with async_playwright() as playwright:
        connected = await playwright.chromium.connect_over_cdp(chromium)
        yield connected
        await connected.close()


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Running]:
    """A seeded demo that runs."""
    async with running(database_url, tmp_path, keyring) as one:
        yield one
