"""The demo's fixtures."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from hub.crypto import Keyring
from tests.hub.demo.clinic_running import Running, running
from tests.stores import embedded_copy


@pytest.fixture
def database_url(template: Path, tmp_path: Path) -> str:
    """The embedded database alone: the demo is always on it."""
    return embedded_copy(template, tmp_path)


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Running]:
    """A seeded demo that runs."""
    async with running(database_url, tmp_path, keyring) as one:
        yield one


@pytest.fixture
async def web(clinic: Running) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of its web server."""
    async with aiohttp.ClientSession(clinic.base) as client:
        yield client
