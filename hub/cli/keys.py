"""`hub keys`: the key-encryption keys, and the key pair that signs notifications to browsers."""

import asyncio
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
def rotate() -> None:
    """Add a new key-encryption key and re-wrap every data key with it; re-encrypts nothing.

    Running roles read the new key when they meet it, and wrap with it from their next start on.

    \b
    Example:
      hub keys rotate
    """
    asyncio.run(_rotate())


async def _rotate() -> None:
    from hub.audit import Actor, Entry
    from hub.vault import Vault

    async with opened() as parts:
        ring = parts.vault.keyring.rotated(parts.clock.now())
        # The new key is on the disk before anything is wrapped with it; the old one stays for what is not yet.
        ring.save(parts.settings.keyring)
        vault = Vault(ring)
        total = 0
        while wrapped := await parts.db.write(vault.rewrap):
            total += wrapped
        entry = Entry(
            action="keys.rotate", actor=Actor("system", "cli"), object_id=ring.active, details={"data_keys": total}
        )
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        click.echo(f"{ring.active} is active; {total} data keys were re-wrapped", err=True)


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
