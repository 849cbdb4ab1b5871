"""`hub serve` and the roles apart, and `hub migrate`."""

import dataclasses
from typing import TYPE_CHECKING

import click

from hub.cli.context import configured

if TYPE_CHECKING:
    from hub.app import Hub

_PORT = click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (HUB_PORT); 0 takes a free one.")


def _run(roles: tuple[str, ...], port: int | None, *, prepare: bool) -> None:
    from hub import app

    settings = configured()
    if port is not None:
        settings = dataclasses.replace(settings, port=port)
    if not settings.carrier_configured and "dispatcher" in roles:
        click.echo("hub: no texts can leave: set HUB_TWILIO_ACCOUNT_SID, or try `hub demo`", err=True)

    def ready(hub: "Hub") -> None:
        where = f" on http://{settings.host}:{hub.port}" if "web" in roles else ""
        click.echo(f"hub: ready{where} ({', '.join(roles)})", err=True)

    async def main() -> None:
        if prepare:
            await app.prepare(settings)
        await app.run(settings, roles, ready)

    app.loop(main())


@click.command()
@_PORT
def serve(port: int | None) -> None:
    """Run every role in one process, on the embedded database.

    \b
    Example:
      HUB_DATA=/srv/carehub hub serve --port 8080
    """
    _run(("web", "dispatcher", "clock", "worker"), port, prepare=True)


@click.command()
@_PORT
def web(port: int | None) -> None:
    """Run only the web role: webhooks, API and pages.

    \b
    Example:
      hub web --port 8080
    """
    _run(("web",), port, prepare=False)


@click.command()
def dispatcher() -> None:
    """Run only the dispatcher: answers what was accepted and sends what is due.

    On the embedded database, run one of it.

    \b
    Example:
      hub dispatcher
    """
    _run(("dispatcher",), None, prepare=False)


@click.command()
def clock() -> None:
    """Run only the clock: queues the jobs that come round. Run it any number of times: one of them does it.

    \b
    Example:
      hub clock
    """
    _run(("clock",), None, prepare=False)


@click.command()
def worker() -> None:
    """Run only the worker: runs jobs, chains the audit and signs its checkpoints. Run it any number of times.

    \b
    Example:
      hub worker
    """
    _run(("worker",), None, prepare=False)


@click.command()
def migrate() -> None:
    """Bring the database up to date, making it where there is none.

    \b
    Example:
      hub migrate
    """
    from hub.db import HEAD
    from hub.db.migrate import upgrade

    settings = configured()
    settings.private_folder()
    upgrade(settings.database)
    click.echo(f"the database is up to date (revision {HEAD})", err=True)


COMMANDS = (serve, web, dispatcher, clock, worker, migrate)
