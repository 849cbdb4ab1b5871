"""A hub that sends nothing by itself, whose deliveries and steps are taken one at a time."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.settings import Secret
from tests.hub.failover.steps import Steps
from tests.hub_rig import CLINIC, open_rig


@pytest.fixture
async def steps(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Steps]:
    """It is Monday, 10:00 in New York, and texts, calls and mails can leave."""
    given: dict[str, Any] = {
        "smtp_url": Secret("smtp://127.0.0.1:1"),
        "email_from": "hello@clinic.example.org",
        "voice_from": CLINIC,
    }
    async with open_rig(
        database_url, tmp_path, keyring, clock=clock, started=False, engine=False, roles=(), **given
    ) as rig:
        yield Steps(rig, clock)
