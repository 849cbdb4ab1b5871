"""`hub serve` as a process of its own: started, killed without warning, asked to end."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from channels.carrier import Carrier
from hub.settings import Secret, Settings
from tests.bench.processes import CHECKOUT
from tests.bots.nlu_engine import MODELS, trained
from tests.hub_rig import CLINIC
from tests.servers.child import free_port
from tests.servers.forked import Forked

HUB = "from hub.cli import main; main()"
_READY = 30.0


@dataclass(slots=True)
class Server:
    """A hub in a process; `log` is the file that all it says goes to, `more` are further settings.

    code: what the process runs, where it is to fail in some place of its own.
    """

    data: Path
    carrier: Carrier
    port: int
    log: Path
    process: Forked | None = None
    more: dict[str, str] = field(default_factory=dict)
    code: str = HUB

    @classmethod
    def over(cls, data: Path, carrier: Carrier) -> "Server":
        """A server on the folder `data`, not yet started; its account is the carrier's, which listens already."""
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        trained()
        if not (data / "models").exists():
            (data / "models").symlink_to(MODELS)
        port = free_port()
        carrier.webhook = f"http://127.0.0.1:{port}/webhooks/twilio/sms"
        return cls(data=data, carrier=carrier, port=port, log=data.parent / "hub.log")

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """The same settings, for who opens its folder while it is down."""
        return Settings(
            data=self.data,
            port=self.port,
            twilio_account_sid=self.carrier.account_sid,
            twilio_auth_token=Secret(self.carrier.auth_token),
            twilio_api_url=self.carrier.base_url,
            sms_from=CLINIC,
        )

    async def start(self) -> None:
        """Run it, and wait until it is ready."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        env = kept | {
            "PYTHONPATH": str(CHECKOUT),
            "HUB_DATA": str(self.data),
            "HUB_PORT": str(self.port),
            "HUB_TWILIO_ACCOUNT_SID": self.carrier.account_sid,
            "HUB_TWILIO_AUTH_TOKEN": self.carrier.auth_token,
            "HUB_TWILIO_API_URL": self.carrier.base_url,
            "HUB_SMS_FROM": CLINIC,
            "HUB_SMS_RATE": "1000",
            "HUB_RECONCILE_AFTER": "1",
            "HUB_LOG_LEVEL": "debug",
            "HUB_LOG_FORMAT": "json",
            **self.more,
        }
        with self.log.open("ab") as log:
            words = ("-c", self.code, "serve")
            self.process = Forked(words, stdout=log.fileno(), stderr=log.fileno(), env=env, cwd=self.data)
        async with asyncio.timeout(_READY), aiohttp.ClientSession() as session:
            while not await self._is_ready(session):
                assert self.process.returncode is None, "the hub ended as soon as it was started"
                await asyncio.sleep(0.05)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.base}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def figures(self) -> bytes:
        """What `/metrics` says."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.base}/metrics") as answer:
            assert answer.status == 200
            return await answer.read()

    def core_limit(self) -> str:
        """How many octets of its memory the system may write to the disk when it crashes."""
        assert self.process is not None
        limits = Path(f"/proc/{self.process.pid}/limits").read_text(encoding="ascii").splitlines()
        (line,) = (one for one in limits if one.startswith("Max core file size"))
        return line.split()[4]

    async def kill(self) -> None:
        """End it without warning, as a power cut would."""
        await self._end(signal.SIGKILL)

    async def ask_to_end(self) -> int:
        """Its exit code, once it has ended as it was asked to."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.ended(), _READY)
        self.process = None
        return code

    async def close(self) -> None:
        """End it if it still runs."""
        if self.process is not None:
            await self.kill()
