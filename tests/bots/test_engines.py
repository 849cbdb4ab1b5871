"""Every engine fulfils the contract: the embedded one, with and without its second stage, and Rasa while it is away."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bots.nlu.embedded import EmbeddedEngine
from bots.nlu.rasa import RasaServer
from bots.nlu.served import RasaEngine
from bots.nlu.staged import StagedEngine
from hub.metrics import Metrics
from hub.settings import Secret
from tests.bots.engine_contract import EngineContract
from tests.bots.nlu_engine import trained
from tests.bots.second_stage import ABSENT, hashed, real
from tests.servers.child import free_port


class TestEmbedded(EngineContract):
    """The embedded engine."""

    @pytest.fixture
    def engine(self) -> EmbeddedEngine:
        return trained()


class TestStaged(EngineContract):
    """Both stages, the second asked about every text, over an encoder that needs no package."""

    @pytest.fixture
    async def engine(self) -> AsyncIterator[StagedEngine]:
        encoder, stage = hashed()
        made = StagedEngine(trained(), stage, encoder, Metrics(), timeout=30)
        yield made
        await made.close()


@pytest.mark.skipif(bool(ABSENT), reason=ABSENT)
class TestStagedByThePackage(EngineContract):
    """The same over the optional package."""

    @pytest.fixture
    async def engine(self) -> AsyncIterator[StagedEngine]:
        encoder, stage = real()
        made = StagedEngine(trained(), stage, encoder, Metrics(), timeout=30)
        yield made
        await made.close()


class TestRasaAway(EngineContract):
    """A Rasa server that is not there."""

    @pytest.fixture
    async def engine(self) -> AsyncIterator[RasaEngine]:
        nowhere = RasaServer(f"http://127.0.0.1:{free_port()}", Secret(""), timedelta(seconds=5))
        made = RasaEngine(nowhere, trained(), Metrics())
        yield made
        await made.close()
