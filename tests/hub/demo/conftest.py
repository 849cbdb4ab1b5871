"""The demo's fixtures."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from hub.crypto import Keyring
from tests.hub.demo.clinic_running import Running, running


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
