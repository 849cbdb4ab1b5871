"""The texting channel and the carrier, as every test of this folder meets them."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from channels.carrier import Carrier
from channels.sms import SmsChannel
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from hub.settings import Secret
from tests.channels.carrier_rig import Client, Hub, a_carrier
from tests.channels.rigs import Recorder, SmsRig, offline_channel, sms_rig


@pytest.fixture
async def rig() -> AsyncIterator[SmsRig]:
    async with sms_rig() as made:
        yield made


@pytest.fixture
def channel() -> SmsChannel:
    return offline_channel()


PATIENT = aiohttp.ClientTimeout(total=60)
"""For tests in which nothing goes wrong: the machine may be busy."""


@pytest.fixture
async def recorded(rig: SmsRig) -> AsyncIterator[tuple[SmsChannel, Recorder]]:
    recorder = Recorder()
    app = rig.carrier.application()
    app.middlewares.insert(0, recorder.record)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = rig.reaching(f"http://127.0.0.1:{runner.addresses[0][1]}", timeout=PATIENT)
    yield channel, recorder
    await channel.close()
    await runner.cleanup()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    app = web.Application()
    app.router.add_post("/{tail:.*}", made.hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def carrier(hub: Hub) -> AsyncIterator[Carrier]:
    made = a_carrier(hub)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def texting(carrier: Carrier, hub: Hub) -> AsyncIterator[SmsChannel]:
    token = Secret(carrier.auth_token)
    made = SmsChannel(
        TwilioApi(carrier.account_sid, token, base_url=carrier.base_url),
        TwilioFiles(carrier.account_sid, token, base_url=carrier.base_url),
        token,
        "+12025550100",
        public_url=hub.url,
    )
    yield made
    await made.close()


@pytest.fixture
def client(carrier: Carrier) -> Client:
    return Client(carrier)
