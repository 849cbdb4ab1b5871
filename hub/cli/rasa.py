"""`hub bot rasa-…`: Rasa's own environment, and what runs in it."""

import time
from typing import TextIO

import click

from hub.cli.context import configured


def train() -> None:
    """Train a Rasa model of the training data."""
    from bots.rasa.environment import RasaEnvironment

    settings = configured()
    environment = RasaEnvironment(settings.rasa_env)
    environment.needed()
    settings.private_folder()
    started = time.perf_counter()
    click.echo("hub: Rasa learns the training data: ten minutes or more", err=True)
    model = environment.train(settings.data / "models" / "rasa")
    click.echo(f"the model is trained and kept in {model.parent} ({time.perf_counter() - started:.0f} s)", err=True)


@click.command("rasa-setup")
@click.option("--python", metavar="PATH", help="The Python 3.10 to use; else one is looked for.")
def setup(python: str | None) -> None:
    """Install Rasa into an environment of its own: Python 3.10, every package pinned, 2.7 GB in HUB_RASA_ENV.

    \b
    Example:
      hub bot rasa-setup
    """
    from bots.rasa.environment import RasaEnvironment

    environment = RasaEnvironment(configured().rasa_env)
    environment.make(python)
    click.echo(f"Rasa {environment.version()} is installed in {environment.folder}", err=True)


@click.command("rasa-serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=5005, show_default=True)
@click.option(
    "--actions-port", type=click.IntRange(1, 65535), default=5055, show_default=True, help="See rasa-actions."
)
def serve(host: str, port: int, actions_port: int) -> None:
    """Run a Rasa server over the trained model, behind the token in HUB_RASA_TOKEN. It is there after some 40 seconds.

    \b
    Example:
      HUB_RASA_TOKEN=secret hub bot rasa-serve
    """
    from bots.rasa.environment import RasaEnvironment
    from hub.errors import InputError
    from hub.settings import LOOPBACK

    settings = configured()
    if host not in LOOPBACK and not settings.rasa_token:
        raise InputError("without HUB_RASA_TOKEN anybody could ask the server: set it, or leave --host alone")
    models = settings.data.resolve() / "models" / "rasa"
    RasaEnvironment(settings.rasa_env).serve(
        models,
        host=host,
        port=port,
        token=settings.rasa_token.reveal(),
        actions=f"http://127.0.0.1:{actions_port}/webhook",
    )


@click.command("rasa-actions")
@click.option("--port", type=click.IntRange(1, 65535), default=5055, show_default=True)
@click.option("--token-file", type=click.File(), required=True, help="A file that holds an API token of the hub.")
def actions(port: int, token_file: TextIO) -> None:
    """Run the server of actions, through which Rasa's own dialogue finds, holds, books, moves and cancels.

    The token needs the scopes that docs/rasa.md names.

    \b
    Example:
      hub bot rasa-actions --token-file rasa.token
    """
    from bots.rasa.environment import RasaEnvironment
    from hub.errors import InputError

    token = token_file.read().strip()
    if not token:
        raise InputError("the token's file is empty: `hub tokens new` makes a token")
    settings = configured()
    RasaEnvironment(settings.rasa_env).act(port=port, hub=settings.base_url, token=token)


COMMANDS = (setup, serve, actions)
