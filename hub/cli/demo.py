"""`hub demo`: a synthetic clinic to try, and `--check`, which tries it without a person."""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.context import configured

if TYPE_CHECKING:
    from aiohttp import web

    from hub.demo import Outside
    from hub.demo.clinic import Patient
    from hub.parts import Parts
    from hub.settings import Settings


RINGS_FOR = 40.0
"""Seconds that a simulated phone rings before the caller gives up."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port to listen on.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder to keep; else one for this run.")
@click.option("--check", is_flag=True, help="Play the scenes without a person; exit 0 only if all end as they must.")
def demo(port: int, data: Path | None, check: bool) -> None:
    """Run a synthetic clinic on this machine: no account, no real person.

    Open the printed address and text, mail or call the clinic as a patient. Ctrl-C stops it cleanly.

    \b
    Example:
      hub demo
      hub demo --check
    """
    from hub import app

    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carehub-demo-")))
        code = app.loop(_demonstrate(0 if check else port, folder, check=check))
    if code:
        raise SystemExit(code)


async def _demonstrate(port: int, folder: Path, *, check: bool) -> int:
    """Compose a hub, and a carrier and a mail host that it takes for real ones."""
    from channels.carrier import Carrier
    from channels.mailhost import MailHost
    from hub import app
    from hub import demo as clinic
    from hub.demo.clinic import patient
    from hub.demo.outside import CLINIC_NUMBER
    from templates.segments import segments

    given = configured()
    # A person watches the ticks change; a check does not wait for them.
    pace = timedelta(milliseconds=20) if check else timedelta(milliseconds=400)
    carrier = Carrier(
        numbers=(CLINIC_NUMBER,),
        opt_out=False,
        segments=segments,
        sent_after=pace,
        delivered_after=3 * pace,
        second=0.02 if check else 1.0,
    )
    carrier.calls.rings_for = 0.0 if check else RINGS_FOR
    outside = clinic.Outside(carrier, MailHost())
    async with AsyncExitStack() as stack:
        await outside.start()
        stack.push_async_callback(outside.stop)
        settings = app.with_port(_demo_settings(given, port, folder, outside))
        await app.prepare(settings)
        hub = await app.Hub.open(settings)
        stack.push_async_callback(hub.stop)
        stack.callback(carrier.closing.set)
        await clinic.seed(hub.parts)
        await clinic.hire(hub.parts)
        await clinic.furnish(hub.parts)

        def routes(parts: "Parts") -> "Sequence[web.RouteDef]":
            return clinic.routes(parts, outside)

        await hub.start(extra=routes)
        base = f"http://127.0.0.1:{hub.port}"
        outside.connect(base, hub.mail.port if hub.mail is not None else 0)
        click.echo("hub: getting ready (the first time the assistant is trained, which takes some seconds)", err=True)
        await hub.understanding()
        if check:
            return await clinic.check(hub.parts, outside, click.echo)
        await clinic.begin(hub.parts, outside)
        _tell(base, folder, patient("nora"), lambda line: click.echo(line, err=True))
        await app.asked_to_end().wait()
        click.echo("hub: stopping", err=True)
    return 0


def _demo_settings(settings: "Settings", port: int, folder: Path, outside: "Outside") -> "Settings":
    """The operator's clinic, on this machine only, with nothing real around it."""
    return dataclasses.replace(
        outside.settings(settings),
        data=folder,
        database_url="",
        keyring_file=None,
        kms="",
        host="127.0.0.1",
        port=port,
        public_url="",
        # Whoever tries the demo has no authenticator app set up.
        second_factor="optional",
        sms_rate=50.0,
        reconcile_after=2.0,
    )


def _tell(base: str, folder: Path, who: "Patient", tell: Callable[[str], None]) -> None:
    from hub.demo.staff import PASSWORD, STAFF

    tell("")
    tell(f"  A phone, a mailbox, the clinic {base}/demo")
    tell(f"  The patient portal             {base}/portal")
    tell(f"      sign in as {who.name} with the phone {who.phone}, born {who.birth_date:%m/%d/%Y};")
    tell("      the code arrives on the simulated phone")
    tell(f"  The staff's pages              {base}/sign-in")
    for one in STAFF:
        tell(f"      {one.email:<24} {one.job}")
    tell(f"      all with the password: {PASSWORD}")
    tell(f"  The hub's front page           {base}/")
    tell(f"  API description                {base}/api/v1/openapi.json")
    tell(f"  Everything is kept in          {folder}")
    tell("")
    tell("  Ctrl-C stops it.")
