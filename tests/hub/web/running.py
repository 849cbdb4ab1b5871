"""A hub that serves on a free port of this machine, over the test's own database; nothing leaves it."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
from multidict import CIMultiDict, MultiDict
from twilio.request_validator import RequestValidator
from yarl import URL

from hub.app import Hub
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.settings import Secret, Settings

PUBLIC = "https://hub.example.org"
CLINIC = "+12025550100"
SECRET = "test-auth-token"


def settings_for(database_url: str, folder: Path) -> Settings:
    """A hub with a carrier that never answers."""
    return Settings(
        data=folder,
        database_url=database_url,
        keyring_file=folder / "keyring.json",
        port=0,
        public_url=PUBLIC,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=Secret(SECRET),
        twilio_api_url="http://127.0.0.1:9",
        sms_from=CLINIC,
    )


@pytest.fixture
async def hub(database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> AsyncIterator[Hub]:
    """The hub in its web role: what it queues stays queued."""
    settings = settings_for(database_url, tmp_path)
    keyring.save(settings.keyring)
    running = await Hub.open(settings, roles=("web",), clock=clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def web(hub: Hub) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the hub."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{hub.port}") as client:
        yield client


def signature(target: str, form: Mapping[str, str] | MultiDict[str]) -> str:
    """What the carrier signs `form` with when it posts to `target`, a path with its query."""
    return str(RequestValidator(SECRET).compute_signature(PUBLIC + target, form))


async def post(
    web: aiohttp.ClientSession, target: str, form: Mapping[str, str], **headers: str
) -> aiohttp.ClientResponse:
    """The answer to `form`, signed and posted to `target`."""
    signed = CIMultiDict({"X-Twilio-Signature": signature(target, form), **headers})
    # As it stands: a client that tidies the address up would undo what was signed.
    return await web.post(URL(target, encoded=True), data=form, headers=signed)


def text(body: str, *, sid: str = "SM" + "a" * 32, sender: str = "+12025550123") -> dict[str, str]:
    """The form of a text from `sender`."""
    return {"MessageSid": sid, "From": sender, "To": CLINIC, "Body": body, "NumMedia": "0"}
