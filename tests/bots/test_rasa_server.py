"""A real Rasa server that learned the data at hand fulfils the contract of engines; skipped where there is no Rasa."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bots.nlu.corpus import DATA
from bots.nlu.rasa import RasaServer
from bots.nlu.served import RasaEngine
from hub.crypto import Keyring
from hub.errors import EngineFailed
from hub.metrics import Metrics
from hub.settings import Secret
from tests.bots.engine_contract import EngineContract
from tests.bots.nlu_engine import trained
from tests.bots.scheduling_backends import NEW_YORK
from tests.hub.api.calling import token_for
from tests.hub_rig import open_rig
from tests.servers import rasa
from tests.stores import embedded_only

if rasa.environment() is None:
    pytest.skip(rasa.ABSENT, allow_module_level=True)

# It learns first, which takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rasa.Served]:
    """A real Rasa server, over a model of the training data at hand."""
    environment = rasa.environment()
    assert environment is not None
    models = rasa.trained(environment)
    with rasa.serving(environment, models, tmp_path_factory.mktemp("rasa") / "log") as running:
        yield running


class TestRasa(EngineContract):
    """A real Rasa server."""

    metrics = Metrics()

    @pytest.fixture
    async def engine(self, served: rasa.Served) -> AsyncIterator[RasaEngine]:
        server = RasaServer(served.url, Secret(rasa.TOKEN), timedelta(seconds=30))
        made = RasaEngine(server, trained(), self.metrics)
        yield made
        await made.close()

    async def test_it_is_the_server_that_answers(self, engine: RasaEngine) -> None:
        before = self._answered()

        await self.heard(engine, "I'd like to book an appointment")

        assert self._answered() == before + 1

    async def test_what_the_server_is_and_whether_it_takes_the_token_is_told(self, served: rasa.Served) -> None:
        right = RasaServer(served.url, Secret(rasa.TOKEN), timedelta(seconds=30))
        wrong = RasaServer(served.url, Secret("guessed"), timedelta(seconds=30))

        told = await right.told()
        with pytest.raises(EngineFailed, match="token-refused"):
            await wrong.parse("hello")
        await right.close()
        await wrong.close()

        assert told.startswith("Rasa 3.6.")

    @embedded_only
    async def test_rasas_own_dialogue_books_in_the_hub_and_the_hub_hears_emergencies_first(
        self, served: rasa.Served, database_url: str, tmp_path: Path, keyring: Keyring
    ) -> None:
        environment = rasa.environment()
        assert environment is not None
        day = datetime.now(NEW_YORK).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)
        async with (
            open_rig(database_url, tmp_path, keyring, roles=("web",)) as rig,
            aiohttp.ClientSession() as client,
        ):
            ana = await rig.patient("MRN-1", "Ana", "Lopez", "+12025550123")
            await rig.slots([("Dr. Kim", "Family medicine", "Check-up", "Main Street", day, 30)])
            token = await token_for(rig.hub, "*")
            with rasa.acting(environment, served.actions_port, rig.base, token, tmp_path / "actions.log"):

                async def says(text: str) -> str:
                    asked = {"sender": ana, "message": text}
                    async with client.post(f"{served.url}/webhooks/rest/webhook", json=asked) as answer:
                        return "\n".join(said["text"] for said in await answer.json())

                offered = await says("I'd like to book an appointment")
                asked = await says("the first one")
                booked = await says("yes please")
                visits = await rig.parts.scheduling.appointments(ana, after=rig.parts.clock.now())
                emergency = await says("I have crushing chest pain and can't breathe")

        assert "1. " in offered
        assert "Dr. Kim" in offered
        assert asked.endswith("Shall I book it?")
        assert booked.startswith("Booked: ")
        assert [(visit.provider, visit.start) for visit in visits] == [("Dr. Kim", day)]
        assert "911" in emergency

    def test_the_spans_of_the_training_data_are_those_of_rasas_words(self) -> None:
        """Rasa drops an entity whose words it parts otherwise, and only warns."""
        environment = rasa.environment()
        assert environment is not None

        said = rasa.said_by(environment, _MISALIGNED, str(DATA))

        assert said.splitlines()[-1] == "[]"

    def _answered(self) -> float:
        labels = {"engine": "rasa", "reason": "answered"}
        return self.metrics.registry.get_sample_value("hub_understood_total", labels) or 0


_MISALIGNED = """
import logging, sys
logging.disable(logging.CRITICAL)
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer
from rasa.shared.nlu.training_data.loading import load_data

tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
examples = load_data(sys.argv[1]).entity_examples
assert len(examples) > 500
wrong = []
for example in examples:
    tokens = tokenizer.tokenize(example, "text")
    starts, ends = {token.start for token in tokens}, {token.end for token in tokens}
    for entity in example.get("entities"):
        if entity["start"] not in starts or entity["end"] not in ends:
            wrong.append(example.get("text"))
print(wrong)
"""
