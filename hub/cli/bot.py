"""`hub bot`: the understanding engine's training."""

import time

import click

from hub.cli import rasa
from hub.cli.context import configured
from hub.cli.engines import ENGINES


@click.group()
def bot() -> None:
    """Train the understanding engine.

    \b
    Example:
      hub bot train
    """


for command in rasa.COMMANDS:
    bot.add_command(command)


@bot.command()
@click.option("--engine", type=click.Choice(ENGINES), default="embedded", show_default=True)
def train(engine: str) -> None:
    """Train the engine from the training data of `bots/data`, where no trained one is kept yet.

    Rasa is trained anew each time, in its own environment (see `hub bot rasa-setup`).

    \b
    Example:
      hub bot train --engine rasa
    """
    if engine == "rasa":
        rasa.train()
        return
    from bots.nlu.embedded import load_or_train

    settings = configured()
    settings.private_folder()
    started = time.perf_counter()
    load_or_train(settings.data / "models")
    click.echo(f"the engine is trained and kept ({time.perf_counter() - started:.1f} s)", err=True)
