"""Every engine fulfils the contract: the embedded one, and Rasa while its server is away."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bots.nlu.embedded import EmbeddedEngine
from bots.nlu.rasa import RasaServer
from bots.nlu.served import RasaEngine
from hub.metrics import Metrics
from hub.settings import Secret
from tests.bots.engine_contract import EngineContract
from tests.bots.nlu_engine import trained
from tests.servers.child import free_port


class TestEmbedded(EngineContract):
    """The embedded engine."""

    @pytest.fixture
    def engine(self) -> EmbeddedEngine:
        return trained()


class TestRasaAway(EngineContract):
    """A Rasa server that is not there."""

    @pytest.fixture
    async def engine(self) -> AsyncIterator[RasaEngine]:
        nowhere = RasaServer(f"http://127.0.0.1:{free_port()}", Secret(""), timedelta(seconds=5))
        made = RasaEngine(nowhere, trained(), Metrics())
        yield made
        await made.close()
