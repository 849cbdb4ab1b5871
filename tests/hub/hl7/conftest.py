"""A hub that is told by a records system, and moved by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from tests.hub.hl7.feed import Feed
from tests.hub.outbox.mail import open_mail


@pytest.fixture
async def feed(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Feed]:
    """A feed into a hub with nobody on its books."""
    async with open_mail(database_url, tmp_path, keyring, clock) as mail:
        yield Feed(mail)
