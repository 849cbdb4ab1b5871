"""`hub keys`: the key-encryption keys, and the key pair that signs notifications to browsers."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.context import configured, opened
from hub.errors import InputError

if TYPE_CHECKING:
    from hub.parts import Parts
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
    from hub.crypto import Keyring, KeyringStore

    settings = configured()
    if settings.keyring.exists():
        raise InputError(f"there is a keyring at {settings.keyring} already; `hub keys rotate` adds a key to it")
    settings.private_folder()
    if asyncio.run(_holds_keys(settings)):
        raise InputError("this database was sealed with another keyring: restore that one, a new one opens nothing")
    ring = Keyring.create(SystemClock().now())
    asyncio.run(KeyringStore.of(settings).save(ring))
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
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--shares", type=int, default=3, show_default=True, help="How many sheets are made.")
@click.option("--threshold", type=int, default=2, show_default=True, help="How many of them open the copy.")
def recovery(out: Path, shares: int, threshold: int) -> None:
    """Write a sealed copy of the keyring into a new folder OUT, and the sheets of words that open it, to be printed.

    Fewer sheets than the threshold open nothing. Make new ones after each rotation, and destroy the older ones.

    \b
    Example:
      hub keys recovery /media/usb/recovery --shares 3 --threshold 2
    """
    asyncio.run(_recovery(out, shares, threshold))


async def _recovery(out: Path, shares: int, threshold: int) -> None:
    from hub.audit import Actor, Entry
    from hub.backups.recovery import split

    async with opened() as parts:
        details: dict[str, str | int | None] = {"shares": shares, "threshold": threshold}
        entry = Entry(action="keys.recovery", actor=Actor("system", "cli"), details=details)
        settings = parts.settings
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        made = await asyncio.to_thread(
            split, parts.vault.keyring, out, shares, threshold, settings.clinic_name, parts.clock.now()
        )
    click.echo(f"wrote {len(made)} sheets into {out}: print each, hand it to its holder, delete the file", err=True)
    click.echo("keep keyring.sealed with the backups: it is of no use without the sheets", err=True)


@keys.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new file.")
def recover(folder: Path, target: Path) -> None:
    """Open the sealed copy of the keyring in FOLDER by the words of enough sheets, a sheet a line on stdin.

    \b
    Example:
      hub keys recover /media/usb/recovery --to keyring.json
    """
    import sys

    from hub.backups.recovery import recover as recovered

    if sys.stdin.isatty():
        click.echo("the words of each sheet, a sheet a line; an empty line ends it", err=True)
    given = []
    for line in sys.stdin:
        if not line.strip():
            break
        given.append(line.strip())
    ring = recovered(folder, given, target)
    click.echo(f"wrote {target} with {ring.active}", err=True)


@keys.command()
def seal() -> None:
    """Seal a keyring that lies there as it is by the key service that HUB_KMS names.

    Roles that run are started anew with HUB_KMS then. Copies of the file from before still open without the service.

    \b
    Example:
      HUB_KMS=vault:https://vault.example.org:8200/transit/carehub hub keys seal
    """
    from hub.crypto import Keyring, KeyringStore

    settings = configured()
    store = KeyringStore.of(settings)
    if store.service is None:
        raise InputError("set HUB_KMS to the key service that is to seal the keyring")

    async def work() -> None:
        await store.save(Keyring.load(store.path))
        if await _holds_keys(settings):
            async with opened() as parts:
                await _noted(parts, "keys.seal", {"by_version": store.sealed_by()})

    asyncio.run(work())
    click.echo(f"sealed {store.path} by {settings.kms}; destroy copies of it from before", err=True)


@keys.command()
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new file.")
def unseal(target: Path) -> None:
    """Write the keyring as it is into a new file: to leave a key service, or to go to another one.

    \b
    Example:
      hub keys unseal --to /etc/carehub/keyring-plain.json
    """

    async def work() -> None:
        async with opened() as parts:
            await _noted(parts, "keys.unseal", {})
            parts.vault.keyring.save(target)

    if target.exists():
        raise InputError(f"there is something at {target}: name a new file")
    asyncio.run(work())
    click.echo(f"wrote {target}: whoever can read it can read everything", err=True)


@keys.command()
def rewrap() -> None:
    """Have the key service wrap the keyring's key by the newest version of its own, once that was rotated there.

    \b
    Example:
      hub keys rewrap
    """
    from hub.crypto import KeyringStore

    async def work() -> tuple[str, str]:
        async with opened() as parts:
            done = await KeyringStore.of(parts.settings).rewrap()
            await _noted(parts, "keys.rewrap", {"before": done.before, "now": done.now})
            return done

    before, now = asyncio.run(work())
    told = f"version {now} of its key (before: {before or 'not told'})" if now else "the newest version of its key"
    click.echo(f"the keyring is sealed by {told}", err=True)


async def _noted(parts: "Parts", action: str, details: dict[str, str]) -> None:
    from hub.audit import Actor, Entry

    entry = Entry(action=action, actor=Actor("system", "cli"), details={**details})
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))


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
