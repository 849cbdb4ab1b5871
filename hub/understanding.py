"""The engine that understands what patients write: there once it is loaded, and asked by the way that is set up."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bots.nlu.embedded import EmbeddedEngine
from bots.nlu.model import Engine
from bots.nlu.served import RasaEngine, served_by
from hub.metrics import Metrics
from hub.settings import Settings

if TYPE_CHECKING:
    from bots.nlu.staged import StagedEngine


@dataclass(slots=True)
class Understanding:
    """The understanding engine, once it is loaded or trained; asked by way of a Rasa server, where one is set up."""

    settings: Settings
    metrics: Metrics
    loaded: EmbeddedEngine | None = None
    served: RasaEngine | None = None
    staged: "StagedEngine | None" = None

    def get(self) -> Engine:
        """The engine. Raises: RuntimeError before it is there."""
        if self.loaded is None:
            raise RuntimeError("the engine is asked before it is loaded")
        return self.served or self.staged or self.loaded

    def take(self, embedded: EmbeddedEngine) -> None:
        """Have `embedded` from now on."""
        self.loaded = embedded
        if self.settings.rasa_url:
            self.served = served_by(self.settings, embedded, self.metrics)

    async def close(self) -> None:
        """Let go of the server's connections, and of the second stage's thread."""
        for engine in (self.served, self.staged):
            if engine is not None:
                await engine.close()
