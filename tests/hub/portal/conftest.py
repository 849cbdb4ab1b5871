"""The portal's fixtures: a seeded clinic that runs, and someone who comes to its portal."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.crypto import Keyring
from tests.hub.demo.clinic_running import Running, running
from tests.hub.portal.person import Person


class Watch:
    """A clock that goes by the machine's, and can be put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return datetime.now(UTC) + self._ahead

    def forward(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._ahead += by


@pytest.fixture
def watch() -> Watch:
    """The hub's clock."""
    return Watch()


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring, watch: Watch) -> AsyncIterator[Running]:
    """A seeded demo that runs."""
    async with running(database_url, tmp_path, keyring, clock=watch) as one:
        yield one


@pytest.fixture
async def person(clinic: Running) -> AsyncIterator[Person]:
    """Someone with a browser of their own."""
    one = Person(clinic)
    yield one
    await one.web.close()
