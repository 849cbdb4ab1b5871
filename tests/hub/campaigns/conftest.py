"""A clinic whose campaigns are moved by hand; it is Monday, 10:00 in New York."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from tests.hub.campaigns.clinic import Clinic
from tests.hub.outbox.mail import open_mail


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Clinic]:
    """A clinic with nobody on its books yet."""
    async with open_mail(database_url, tmp_path, keyring, clock) as mail:
        yield Clinic(mail)
