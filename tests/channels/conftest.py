"""The texting channel and the carrier, as every test of this folder meets them."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from channels.sms import SmsChannel
from tests.channels.rigs import Recorder, SmsRig, offline_channel, sms_rig


@pytest.fixture
async def rig() -> AsyncIterator[SmsRig]:
    async with sms_rig() as made:
        yield made


@pytest.fixture
def channel() -> SmsChannel:
    return offline_channel()


@pytest.fixture
async def recorded(rig: SmsRig) -> AsyncIterator[tuple[SmsChannel, Recorder]]:
    recorder = Recorder()
    app = rig.carrier.application()
    app.middlewares.insert(0, recorder.record)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = rig.reaching(f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield channel, recorder
    await channel.close()
    await runner.cleanup()
