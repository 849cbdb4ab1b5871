"""A hub that is asked to end finishes what it has begun."""

import asyncio
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from channels.carrier import Carrier, Slow
from hub import app
from hub.app import Hub
from hub.db.tables import delivery, message
from tests.faults.server import Server
from tests.hub_rig import CLINIC, Rig

NUMBERS = [f"+120255501{n}" for n in range(20, 36)]


async def test_what_was_taken_is_kept_and_what_was_begun_is_finished(tmp_path: Path) -> None:
    carrier = Carrier(numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=1)
    await carrier.start()
    server = Server.over(tmp_path / "data", carrier)
    try:
        await app.prepare(server.settings)
        await server.start()
        carrier.faults.add(Slow(timedelta(seconds=0.4)), times=16)
        texts = [asyncio.create_task(carrier.text(number, CLINIC, "what are your hours?")) for number in NUMBERS]
        await asyncio.sleep(0.3)

        code = await server.ask_to_end()
        taken = [reply.sid for reply in await asyncio.gather(*texts) if reply.ok]

        assert code == 0
        hub = await Hub.open(server.settings, roles=())
        rig = Rig(hub, carrier, server.data)
        try:
            kept = {row.provider_id for row in await rig.rows(sa.select(message.c.provider_id))}
            assert set(taken) <= kept
            states = {row.state for row in await rig.rows(sa.select(delivery.c.state))}
            assert "sending" not in states
        finally:
            await hub.stop()
    finally:
        await server.close()
        carrier.closing.set()
        await carrier.stop()
