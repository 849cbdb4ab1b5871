"""The hub's roles as processes of their own, over one PostgreSQL and one Valkey."""

import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from channels.carrier import Carrier
from hub.settings import Secret, Settings
from tests.bench.processes import CHECKOUT
from tests.bots.nlu_engine import MODELS, trained
from tests.hub_rig import CLINIC
from tests.servers.child import free_port, listens
from tests.servers.forked import Forked

ROLES = ("web", "web", "dispatcher", "dispatcher", "clock", "worker", "worker")
_HUB = "from hub.cli import main; main()"
_READY = 60.0
_DRAIN = 25.0
"""Seconds within which a role must have ended after SIGTERM."""


@dataclass(slots=True)
class Role:
    """One process; `port` is what a web role listens on."""

    name: str
    port: int
    log: Path
    process: Forked | None = None
    kills: int = 0
    begins: int = 0
    """Where in the log its present process begins."""


@dataclass(slots=True)
class Fleet:
    """All processes. `public` is the address before the web roles."""

    folder: Path
    database: str
    redis: str | None
    carrier: Carrier
    public: int = field(default_factory=free_port)
    roles: list[Role] = field(default_factory=list)

    def __post_init__(self) -> None:
        trained()
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.data / "models").exists():
            (self.data / "models").symlink_to(MODELS)

    @property
    def data(self) -> Path:
        """The folder that the processes share: this is one machine."""
        return self.folder / "data"

    @property
    def settings(self) -> Settings:
        """What the processes run with, for who opens the database beside them."""
        return Settings(
            data=self.data,
            database_url=self.database,
            database_connections=6,
            port=self.public,
            twilio_account_sid=self.carrier.account_sid,
            twilio_auth_token=Secret(self.carrier.auth_token),
            twilio_api_url=self.carrier.base_url,
            sms_from=CLINIC,
        )

    @property
    def web_ports(self) -> list[int]:
        """What the web roles listen on."""
        return [one.port for one in self.roles if one.name == "web"]

    async def start(self, names: Sequence[str] = ROLES) -> None:
        """Run every role, and wait until the web roles listen."""
        for n, name in enumerate(names):
            self.roles.append(Role(name, free_port(), self.folder / f"{n}-{name}.log"))
        for role in self.roles:
            await self.run(role)
        await asyncio.gather(*(self.listening(role) for role in self.roles if role.name == "web"))

    async def run(self, role: Role) -> None:
        """Start a role's process."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        env = kept | {
            "PYTHONPATH": str(CHECKOUT),
            "HUB_DATA": str(self.data),
            "HUB_DATABASE_URL": self.database,
            "HUB_DATABASE_CONNECTIONS": "6",
            "HUB_KEYRING_FILE": str(self.settings.keyring),
            "HUB_PORT": str(role.port),
            "HUB_PUBLIC_URL": f"http://127.0.0.1:{self.public}",
            "HUB_TWILIO_ACCOUNT_SID": self.carrier.account_sid,
            "HUB_TWILIO_AUTH_TOKEN": self.carrier.auth_token,
            "HUB_TWILIO_API_URL": self.carrier.base_url,
            "HUB_SMS_FROM": CLINIC,
            "HUB_SMS_RATE": "1000",
            "HUB_RECONCILE_AFTER": "2",
            "HUB_LOG_FORMAT": "json",
        }
        if self.redis:
            env["HUB_REDIS_URL"] = self.redis
        with role.log.open("ab") as log:
            role.begins = log.tell()
            words = ("-c", _HUB, role.name)
            role.process = Forked(words, stdout=log.fileno(), stderr=log.fileno(), env=env, cwd=self.data)

    async def listening(self, role: Role) -> None:
        """Wait until a web role takes connections."""
        async with asyncio.timeout(_READY):
            while not listens(role.port):
                assert role.process is not None
                assert role.process.returncode is None, role.log.read_text()[-2000:]
                await asyncio.sleep(0.05)

    async def ready(self, role: Role) -> None:
        """Wait until a role says that it is ready: one that was just started again may not even hear yet."""
        async with asyncio.timeout(_READY):
            while b'"event": "ready"' not in role.log.read_bytes()[role.begins :]:
                assert role.process is not None
                assert role.process.returncode is None, role.log.read_text()[-2000:]
                await asyncio.sleep(0.05)

    async def kill_now_and_then(self, seconds: float, every: float, chance: random.Random) -> int:
        """Kill a role every so often for so many seconds, and start it again at once; gives how often."""
        loop = asyncio.get_running_loop()
        until, kills = loop.time() + seconds, 0
        while loop.time() + every <= until:
            await asyncio.sleep(every)
            role = chance.choice(self.roles)
            assert role.process is not None
            role.process.kill()
            await role.process.ended()
            role.kills += 1
            kills += 1
            await self.run(role)
        return kills

    async def ask_to_end(self) -> list[str]:
        """Ask every role to end; gives the names of those that did not do so well, or in time."""
        await asyncio.gather(*(self.ready(role) for role in self.roles))
        processes = [(role, role.process) for role in self.roles if role.process is not None]
        for _, process in processes:
            process.terminate()
        slow = []
        for role, process in processes:
            try:
                code = await asyncio.wait_for(process.ended(), _DRAIN)
            except TimeoutError:
                code = -1
            if code:
                slow.append(f"{role.name} ended with {code}")
        return slow

    async def close(self) -> None:
        """End what still runs."""
        for role in self.roles:
            if role.process is not None:
                role.process.kill()
                await role.process.ended()
