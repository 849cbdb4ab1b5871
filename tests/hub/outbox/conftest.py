"""An outbox that is moved by hand, and Ana, who agreed to texts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from tests.hub.outbox.mail import ANA, Mail, open_mail


@pytest.fixture
async def mail(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Mail]:
    """An outbox that is moved by hand; it is Monday, 10:00 in New York."""
    async with open_mail(database_url, tmp_path, keyring, clock) as one:
        yield one


@pytest.fixture
async def ana(mail: Mail) -> str:
    """The id of Ana, who lives in New York and agreed to texts."""
    return await mail.rig.patient("MRN-1", "Ana", "Lopez", ANA)
