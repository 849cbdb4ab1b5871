"""The fixtures of identity."""

from collections.abc import AsyncIterator

import pytest

from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.vault import Vault
from tests.hub.identity.books import Books


@pytest.fixture
async def books(db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> AsyncIterator[Books]:
    """An empty clinic that takes texts."""
    one = Books(db, vault, clock, trail)
    one.acceptor.start()
    yield one
    await one.acceptor.stop()
