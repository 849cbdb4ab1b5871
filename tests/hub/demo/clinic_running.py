"""The demo's clinic for tests: a hub on a free port with the simulated carrier as its account, seeded."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from channels import registry
from channels.base import Channel
from channels.carrier import Carrier
from channels.mailhost import MailHost
from hub import demo
from hub.app import Hub
from hub.clock import Clock
from hub.crypto import Keyring
from hub.hours import OpeningHours
from hub.parts import Parts
from hub.settings import Settings
from hub.types import ChannelKind
from tests.bots.nlu_engine import MODELS, trained

CLINIC = "+12025550100"
_ALWAYS = OpeningHours.parse("Mon-Sun 00:00-24:00")


class MovingClock:
    """A clock that starts at a chosen moment and goes on from there."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A demo that runs."""

    hub: Hub
    outside: demo.Outside
    base: str

    @property
    def carrier(self) -> Carrier:
        """The simulated carrier."""
        return self.outside.carrier

    @property
    def mail(self) -> MailHost:
        """The simulated mail host."""
        return self.outside.mail

    @property
    def parts(self) -> Parts:
        """The hub's parts."""
        return self.hub.parts


def settings_for(database_url: str, folder: Path, outside: demo.Outside) -> Settings:
    """A clinic on this machine with nothing real around it, and staff at every hour: tests run at any."""
    given = Settings(data=folder, database_url=database_url, keyring_file=folder / "keyring.json", port=0)
    return replace(outside.settings(given), sms_rate=1000.0, open_hours=_ALWAYS)


async def seed_at(
    database_url: str, folder: Path, keyring: Keyring, *more: Callable[[Parts], Awaitable[object]], **given: Any
) -> None:
    """Seed a database, and do `more` to it, by a hub that never starts: for copies that a demo then runs on."""
    settings = replace(Settings(data=folder, database_url=database_url, keyring_file=folder / "keyring.json"), **given)
    keyring.save(settings.keyring)
    hub = await Hub.open(settings, roles=())
    for fill in (demo.seed, *more):
        await fill(hub.parts)
    await hub.stop()


@asynccontextmanager
async def running(
    database_url: str,
    folder: Path,
    keyring: Keyring,
    *,
    clock: Clock | None = None,
    carrier: Carrier | None = None,
    channels: Mapping[ChannelKind, Channel] | None = None,
    seeded: bool = False,
    **given: Any,
) -> AsyncIterator[Running]:
    """A seeded demo with every role going; the understanding engine is read from where the tests keep it.

    channels: those to have beside, or in place of, what the settings make; seeded: whether the database has been, and
    need not be; given: further settings.
    """
    from hub import app

    trained()
    (folder / "models").symlink_to(MODELS)
    carrier = carrier or Carrier(
        numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=1, second=0.01
    )
    outside = demo.Outside(carrier, MailHost())
    await outside.start()
    settings = app.with_port(replace(settings_for(database_url, folder, outside), **given))
    keyring.save(settings.keyring)
    ways = registry.build(settings) | dict(channels) if channels else None
    hub = await Hub.open(settings, clock=clock, channels=ways)
    try:
        if not seeded:
            await demo.seed(hub.parts)
        await hub.start(extra=lambda parts: demo.routes(parts, outside))
        base = f"http://127.0.0.1:{hub.port}"
        assert hub.mail is not None
        outside.connect(base, hub.mail.port)
        yield Running(hub=hub, outside=outside, base=base)
    finally:
        carrier.closing.set()
        await hub.stop()
        await outside.stop()
