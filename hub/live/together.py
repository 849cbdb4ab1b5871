"""The four together, as `hub.app` hands them to the hub: within the process, or shared over Redis."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hub.db import Database
from hub.errors import SettingsError
from hub.events import Bell
from hub.live.feed import Feed
from hub.live.pace import LocalPace, Pace
from hub.live.presence import LocalPresence, Presence
from hub.live.wakeups import LocalWakeups, Wakeups
from hub.metrics import Metrics
from hub.vault import Vault


class Connection(Protocol):
    """What the shared ones stand on."""

    @property
    def standing(self) -> str:
        """`ok`, or what is slow and why."""
        ...

    async def start(self) -> None:
        """Try to connect, and go on trying."""
        ...

    async def stop(self) -> None:
        """End."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Wake-ups, live events, presence, and the pace of each sender, by its name and segments a second."""

    wakeups: Wakeups
    feed: Feed
    presence: Presence
    pace: Callable[[str, float], Pace]
    connections: Sequence[Connection] = field(default=())

    @property
    def standing(self) -> str | None:
        """How the server that is shared stands: `ok` or what is slow and why; None when nothing is shared."""
        return next((one.standing for one in self.connections), None)

    async def start(self) -> None:
        """Connect and begin to hear other processes; waits about a second at most for a server that is slow."""
        for connection in self.connections:
            await connection.start()
        await self.wakeups.start()
        await self.feed.start()

    async def stop(self) -> None:
        """Hand on what was rung last, and let go."""
        await self.feed.stop()
        await self.wakeups.stop()
        for connection in self.connections:
            await connection.stop()


def open_live(url: str, vault: Vault, db: Database, bell: Bell, metrics: Metrics) -> Live:
    """What is shared over the server at `url`, or all within this process when that is empty. Not yet started.

    Raises: SettingsError when the package that speaks to the server is not installed.
    """
    if not url:
        return alone(db, bell, metrics)
    try:
        from hub.live.shared import together
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "redis":
            raise
        raise SettingsError(["HUB_REDIS_URL needs the package redis: pip install 'carehub[scale]'"]) from None
    return together(url, deployment(vault), db, bell, metrics)


def deployment(vault: Vault) -> str:
    """What tells this deployment from others that share a server: the same wherever its keyring is."""
    return hashlib.sha256(b"carehub deployment" + vault.blind.of("mrn", "canary")).hexdigest()[:16]


def alone(db: Database, bell: Bell, metrics: Metrics) -> Live:
    """Everything within this process; needs no server."""
    return Live(
        wakeups=LocalWakeups(),
        feed=Feed(db, bell, metrics),
        presence=LocalPresence(time.monotonic),
        pace=lambda _name, rate: LocalPace(rate, time.monotonic),
    )
