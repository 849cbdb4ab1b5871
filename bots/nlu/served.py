"""The engine whose intents come from a Rasa server, with the embedded one beside it.

1. The embedded engine reads the text: what it names, days and times, picks, the language, a second wish.
2. Rasa ranks the intents. What the bot asked last shifts its ranking as it shifts the embedded scores.
3. A server that does not answer in time is passed over, and after a few times left alone for a while (`breaker`): then
   the embedded engine's own answer counts. Every text is answered, whatever the server does.

A pick ("2", "the second one") is no matter of opinion, and a text without words means nothing: neither is sent.
"""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bots.nlu.breaker import Breaker
from bots.nlu.context import expectation
from bots.nlu.embedded import EmbeddedEngine
from bots.nlu.features import MAX_CHARS, tokens
from bots.nlu.model import INTENTS, Catalogue, Meaning, Question
from bots.nlu.rasa import Parsed, RasaServer
from hub.errors import EngineFailed
from hub.log import say
from hub.metrics import Metrics
from hub.settings import Settings
from hub.types import Language

_log = logging.getLogger(__name__)
_FAINT = 1e-6
"""What an intent has at least, so that what was asked can bring it forward."""


class RasaEngine:
    """Understands by a Rasa server while that answers, and by the embedded engine while it does not."""

    def __init__(
        self,
        server: RasaServer,
        embedded: EmbeddedEngine,
        metrics: Metrics,
        breaker: Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._embedded = embedded
        self._metrics = metrics
        self._breaker = breaker or Breaker()
        self._clock = clock
        metrics.rasa_up.set(1)

    async def understand(
        self,
        text: str,
        *,
        now: datetime,
        language: Language | None = None,
        question: Question | None = None,
        catalogue: Catalogue | None = None,
    ) -> Meaning:
        """What `text` means. `now` is aware, in the clinic's zone; `language` is the person's, if known."""
        text = text[:MAX_CHARS]
        local = self._embedded.meaning(text, now=now, language=language, question=question, catalogue=catalogue)
        if local.entities.choice is not None or not tokens(text):
            self._metrics.understood.labels("embedded", "certain").inc()
            return local
        answer = await self._asked(text)
        if answer is None:
            return local
        return _weighed(text, answer, local, question)

    async def close(self) -> None:
        """Let the server's connections go."""
        await self._server.close()

    async def _asked(self, text: str) -> Parsed | None:
        """What the server makes of `text`, None when it is left alone or does not answer as it must."""
        permit = self._breaker.ask(self._clock())
        if permit is None:
            self._metrics.understood.labels("embedded", "open").inc()
            return None
        try:
            # What stands for half a character only is no text that JSON could carry.
            answer = _ours(await self._server.parse(text.encode(errors="replace").decode()))
        except EngineFailed as failure:
            self._metrics.understood.labels("embedded", failure.reason).inc()
            if self._breaker.failed(permit, self._clock()):
                self._metrics.rasa_up.set(0)
                say(_log, "rasa_left_alone", logging.WARNING, reason=failure.reason)
            return None
        except BaseException:
            self._breaker.withdrawn(permit)
            raise
        self._metrics.understood.labels("rasa", "answered").inc()
        if self._breaker.succeeded(permit):
            self._metrics.rasa_up.set(1)
            say(_log, "rasa_answers_again")
        return answer


def served_by(settings: Settings, embedded: EmbeddedEngine, metrics: Metrics) -> RasaEngine:
    """The engine by way of the Rasa server that `settings` name, with `embedded` for when that does not answer."""
    server = RasaServer(settings.rasa_url, settings.rasa_token, settings.rasa_timeout)
    return RasaEngine(server, embedded, metrics)


def _ours(answer: Parsed) -> Parsed:
    """The answer without intents that the hub does not know. Raises: EngineFailed when that leaves none."""
    ranking = {name: confidence for name, confidence in answer.ranking.items() if name in INTENTS}
    if not ranking:
        raise EngineFailed("foreign-model")
    return Parsed(ranking=ranking)


def _weighed(text: str, answer: Parsed, local: Meaning, question: Question | None) -> Meaning:
    """Rasa's ranking beside what was asked and what the text names, with the embedded engine's entities."""
    expected = expectation(text, question, local.entities)
    odds = {
        name: math.log(max(answer.ranking.get(name, 0.0), _FAINT)) + expected.get(name, 0.0)
        for name in INTENTS
        if name in answer.ranking or name in expected
    }
    most = max(odds.values())
    shares = {name: math.exp(value - most) for name, value in odds.items()}
    best = max(shares, key=lambda name: shares[name])
    # Further wishes are found clause by clause, by the embedded engine alone: a request for each would be slow.
    others = local.intents if len(local.intents) > 1 and best != "out_of_scope" else ()
    return replace(
        local,
        intent=best,
        confidence=shares[best] / sum(shares.values()),
        intents=(best, *(name for name in others if name != best)),
        by="rasa",
    )
