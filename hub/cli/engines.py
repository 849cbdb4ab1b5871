"""The understanding engine that a command names, for as long as the command runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from hub.errors import EngineFailed, InputError

if TYPE_CHECKING:
    from bots.nlu.embedded import EmbeddedEngine
    from bots.nlu.model import Engine
    from hub.metrics import Metrics
    from hub.settings import Settings

ENGINES = ("embedded", "rasa")
_PATIENCE = 30.0
"""Seconds that a command waits for a vector: no patient waits with it."""
EMBEDDING_LACKS = {
    "not-installed": "the embedding's package is not installed: see docs/bot.md, or set HUB_EMBEDDING=off",
    "not-pinned": "the embedding's package is another than the one that was looked at: see docs/bot.md",
    "processor": "the embedding's package needs a processor that knows AVX2: set HUB_EMBEDDING=off",
    "not-loaded": "the embedding's package does not load on this machine: set HUB_EMBEDDING=off",
    "untrained": "the second stage is not trained for this release: `hub bot train` trains it",
}
"""What a reason that the second stage is not there asks to be mended."""


@asynccontextmanager
async def engine_named(name: str, settings: "Settings") -> "AsyncIterator[Engine]":
    """The engine, loaded or trained. Of texts that a Rasa server did not answer, the number is told in the end.

    Raises: InputError where Rasa is asked for and no server is set up; SettingsError.
    """
    from bots.nlu.embedded import load_or_train_aside
    from bots.nlu.served import served_by
    from hub.metrics import Metrics

    if name == "rasa" and not settings.rasa_url:
        raise InputError("HUB_RASA_URL must name a Rasa server: `hub bot rasa-serve` runs one (docs/rasa.md)")
    settings.private_folder()
    embedded = await load_or_train_aside(settings.data / "models")
    metrics = Metrics()
    if name == "embedded":
        async with _staged(embedded, settings, metrics) as engine:
            yield engine
        return
    served = served_by(settings, embedded, metrics)
    try:
        yield served
    finally:
        await served.close()
        for reason, texts in _missed(metrics).items():
            said = "1 text" if texts == 1 else f"{texts} texts"
            click.echo(f"hub: Rasa did not answer {said} ({reason}): the embedded engine did", err=True)


@asynccontextmanager
async def _staged(embedded: "EmbeddedEngine", settings: "Settings", metrics: "Metrics") -> "AsyncIterator[Engine]":
    """The embedded engine, with its second stage where the settings ask for it and it is there."""
    if settings.embedding != "on":
        yield embedded
        return
    from bots.nlu.staged import staged_aside

    try:
        staged = await staged_aside(settings.data / "models", embedded, metrics, _PATIENCE)
    except EngineFailed as failure:
        click.echo(f"hub: {EMBEDDING_LACKS.get(failure.reason, failure)}; the first stage answers alone", err=True)
        yield embedded
        return
    try:
        yield staged
    finally:
        await staged.close()


def _missed(metrics: "Metrics") -> dict[str, int]:
    """How many texts Rasa was to answer and did not, by reason."""
    samples = [sample for family in metrics.understood.collect() for sample in family.samples]
    return {
        one.labels["reason"]: int(one.value)
        for one in samples
        if one.name.endswith("_total") and one.labels["engine"] == "embedded" and one.labels["reason"] != "certain"
    }
