"""`hub bot`: the understanding engine's training."""

import time

import click

from hub.cli.context import configured


@click.group()
def bot() -> None:
    """Train the understanding engine.

    \b
    Example:
      hub bot train
    """


@bot.command()
def train() -> None:
    """Train the engine from the training data of `bots/data`, where no trained one is kept yet.

    \b
    Example:
      hub bot train
    """
    from bots.nlu.embedded import load_or_train

    settings = configured()
    settings.private_folder()
    started = time.perf_counter()
    load_or_train(settings.data / "models")
    click.echo(f"the engine is trained and kept ({time.perf_counter() - started:.1f} s)", err=True)
