"""Both ways of handing jobs out, each test on each."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from tests.hub.jobs.rig import JobRig, open_work
from tests.servers.valkey import Valkey


@pytest.fixture(autouse=True)
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers look for jobs, and whether they shall end, more often than they do in earnest."""
    monkeypatch.setattr("hub.jobs.redis_queue._WAIT", 0.05)
    monkeypatch.setattr("hub.jobs.runner.LOOK", timedelta(milliseconds=50))


@pytest.fixture(params=["embedded", "rq"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """What HUB_REDIS_URL is: empty for the embedded runner."""
    if request.param == "embedded":
        return ""
    server: Valkey = request.getfixturevalue("valkey")
    return server.url


@pytest.fixture
async def work(
    database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock, redis_url: str
) -> AsyncIterator[JobRig]:
    """Jobs and a worker that is not started, by a clock that the test moves."""
    async with open_work(database_url, tmp_path, keyring, redis_url=redis_url, clock=clock) as rig:
        yield rig
