"""`hub keys`: the key-encryption keys, and the key pair that signs notifications to browsers."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.context import configured, opened
from hub.errors import InputError

if TYPE_CHECKING:
    from hub.settings import Settings


@click.group()
def keys() -> None:
    """Create or rotate the key-encryption key; make the key pair for Web Push.

    \b
    Example:
      hub keys new
    """


@keys.command()
def new() -> None:
    """Make a keyring for a new deployment. Refuses where one is, or where a database was sealed with another.

    \b
    Example:
      HUB_KEYRING_FILE=/etc/carehub/keyring.json hub keys new
    """
    from hub.clock import SystemClock
    from hub.crypto import Keyring

    settings = configured()
    if settings.keyring.exists():
        raise InputError(f"there is a keyring at {settings.keyring} already; `hub keys rotate` adds a key to it")
    settings.private_folder()
    if asyncio.run(_holds_keys(settings)):
        raise InputError("this database was sealed with another keyring: restore that one, a new one opens nothing")
    ring = Keyring.create(SystemClock().now())
    ring.save(settings.keyring)
    click.echo(f"made {settings.keyring} with {ring.active}; back it up apart from the database", err=True)


async def _holds_keys(settings: "Settings") -> bool:
    """Whether the database, if there is one, was sealed already."""
    from hub.db import Database
    from hub.errors import SchemaOutdated
    from hub.vault import Vault

    if not settings.database_url and not (settings.data / "hub.db").exists():
        return False
    try:
        db = await Database.open(settings.database)
    except SchemaOutdated:
        return False
    try:
        async with db.read() as conn:
            return await Vault.has_keys(conn)
    finally:
        await db.close()


@keys.command()
@click.option("--destroy-older", is_flag=True, help="Then destroy every older key: older backups open no more by it.")
def rotate(destroy_older: bool) -> None:
    """Add a new key-encryption key and re-wrap every data key with it; re-encrypts nothing, and stops nothing.

    Running roles read the new key when they meet it; all must read the same keyring file.

    \b
    Example:
      hub keys rotate
    """
    asyncio.run(_rotate(destroy_older))


async def _rotate(destroy_older: bool) -> None:
    from hub.audit import Actor
    from hub.retention import rotate as rotated

    async with opened() as parts:
        done = await rotated(parts, Actor("system", "cli"), destroy_older=destroy_older)
    click.echo(f"{done.active} is active; {done.data_keys} data keys were re-wrapped", err=True)
    if done.destroyed:
        click.echo(
            f"destroyed {', '.join(done.destroyed)}; back the keyring up, and destroy its older backups", err=True
        )


@keys.command()
@click.argument("out", type=click.Path(path_type=Path))
def table(out: Path) -> None:
    """Write the wrapped data keys of now into a new folder OUT, sealed and signed.

    With it and the keyring, a backup from before older keys were destroyed opens for everybody but whom was disposed
    of since: `hub restore --keys`.

    \b
    Example:
      hub keys table /backup/keys-2026-03-02
    """
    asyncio.run(_table(out))


async def _table(out: Path) -> None:
    from hub.audit import Actor
    from hub.backups import write_table

    async with opened() as parts:
        done = await write_table(parts, out, Actor("system", "cli"))
    click.echo(f"wrote {done.counts['data_key']} wrapped data keys into {out}", err=True)


@keys.command()
def vapid() -> None:
    """Make a key pair for Web Push: prints the private key for HUB_VAPID_PRIVATE_KEY, and tells the public one.

    Browsers subscribe with the public key: with another pair, every device must allow notifications anew.

    \b
    Example:
      hub keys vapid > /etc/carehub/vapid
    """
    from channels.pushing.vapid import VapidKey

    made = VapidKey.create()
    click.echo(made.private)
    click.echo(f"the public key is {made.public}; the hub works it out by itself", err=True)
