"""`hub backup` and `hub restore`: the embedded database, sealed and signed, and back onto a fresh folder."""

import asyncio
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import click

from hub.cli.context import configured, opened
from hub.errors import InputError


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
def backup(out: Path) -> None:
    """Back the embedded database up into a new folder OUT while the hub runs: one moment, sealed, signed.

    Files that came with messages are in it; the keyring is not: keep that elsewhere.

    \b
    Example:
      hub backup /backup/hub-2026-03-02
    """

    async def work() -> str:
        from hub.audit import Actor
        from hub.backups import take

        async with opened() as parts:
            done = await take(parts, out, Actor("system", "cli"), _told("sealed"))
        return (
            f"{done.counts['message']} messages of {done.counts['person']} persons, {done.bytes:,} octets, into {out}"
        )

    click.echo(asyncio.run(work()), err=True)


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="A folder without a database.")
@click.option("--keyring", type=click.Path(path_type=Path), help="The keyring; HUB_KEYRING_FILE, if not given.")
@click.option(
    "--keys", "table", type=click.Path(path_type=Path, exists=True, file_okay=False), help="`hub keys table`."
)
def restore(source: Path, data: Path, keyring: Path | None, table: Path | None) -> None:
    """Bring the backup in the folder IN back onto a fresh folder, and check it: octets, keys, audit chain.

    Where no keyring is in the folder, the one given is put there. Read docs/operations.md before the hub is started
    again: what happened since the backup is not in it.

    \b
    Example:
      hub restore /backup/hub-2026-03-02 --data /srv/carehub-new --keyring /media/safe/keyring.json
    """

    async def work() -> None:
        from hub.backups import restore as restored
        from hub.clock import SystemClock
        from hub.crypto import KeyringStore

        store = KeyringStore.of(configured(), keyring)
        done = await restored(source, data, await store.load(), SystemClock(), table=table, told=_told("opened"))
        if not (data / "keyring.json").exists():
            shutil.copyfile(store.path, data / "keyring.json")
            (data / "keyring.json").chmod(0o600)
        shown = {"of": done.manifest.at.isoformat(), "keys": done.keys, "disposed_again": done.disposed}
        click.echo(json.dumps(shown | {"audit_links": done.links, "counts": done.manifest.counts}))

    if source.resolve() == data.resolve():
        raise InputError("--data must be another folder than the backup's")
    asyncio.run(work())


COMMANDS = (backup, restore)


def _told(word: str) -> Callable[[int], None]:
    """Tells how far it has come, on a terminal alone."""
    if not sys.stderr.isatty():
        return lambda octets: None
    return lambda octets: click.echo(f"\r{word} {octets / 1e6:,.0f} MB", err=True, nl=False)
