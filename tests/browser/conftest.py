"""A browser, where Chromium is found, and a demo for it to open."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from hub.crypto import Keyring
from tests.hub.demo.clinic_running import Running, running
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


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window."""
    async with async_playwright() as playwright:
        path = CHROMIUM or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("Chromium is not installed on this machine")
        opened = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield opened
        await opened.close()


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Running]:
    """A seeded demo that runs."""
    async with running(database_url, tmp_path, keyring) as one:
        yield one
