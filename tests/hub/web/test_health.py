"""Alive, ready, and counted."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp import web as server

from hub.app import Hub
from hub.crypto import Keyring
from hub.db.tables import key_canary
from hub.web import Site, build
from hub.web.health import DRAINING
from tests.hub.web.running import post, text
from tests.hub_rig import Rig, open_rig
from tests.servers.valkey import Valkey


async def test_a_running_hub_is_alive_and_ready(web) -> None:
    alive, ready = await web.get("/healthz"), await web.get("/readyz")

    assert (alive.status, await alive.json()) == (200, {"status": "alive"})
    assert ready.status == 200
    assert await ready.json() == {"ready": True, "checks": {"database": "ok", "migrations": "ok", "keys": "ok"}}


async def test_a_probe_may_come_by_any_host_name(web) -> None:
    assert (await web.get("/healthz", headers={"Host": "10.1.2.3:8080"})).status == 200


async def test_the_wrong_keyring_makes_it_unready(hub: Hub, web) -> None:
    async def spoil(conn) -> None:
        await conn.execute(sa.update(key_canary).values(blind=b"another database"))

    await hub.parts.db.write(spoil)

    response = await web.get("/readyz")

    assert response.status == 503
    assert (await response.json())["checks"]["keys"] == "keyring_wrong"


async def test_a_redis_that_is_away_is_told_and_leaves_it_ready(
    database_url: str, tmp_path: Path, keyring: Keyring, breakable: Valkey
) -> None:
    async with open_rig(
        database_url, tmp_path, keyring, engine=False, roles=("web",), redis_url=breakable.secret
    ) as rig:
        with_it = await _readiness(rig.base)
        breakable.kill()
        await rig.until(lambda: _is_away(rig), "the loss is noticed")
        without = await _readiness(rig.base)

    assert with_it[0] == without[0] == 200
    assert with_it[1]["checks"]["redis"] == "ok"
    assert without[1]["ready"] is True
    assert without[1]["checks"]["redis"] == "slow: polling (no answer)"


async def _readiness(base: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession(base) as client, client.get("/readyz") as answer:
        return answer.status, await answer.json()


async def _is_away(rig: Rig) -> bool:
    return rig.parts.live.standing != "ok"


async def test_an_old_schema_makes_it_unready(hub: Hub, web) -> None:
    async def spoil(conn) -> None:
        await conn.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))

    await hub.parts.db.write(spoil)

    response = await web.get("/readyz")

    assert response.status == 503
    assert (await response.json())["checks"]["migrations"] == "run `hub migrate`"


async def test_a_hub_that_stops_is_not_ready_for_more(hub: Hub) -> None:
    app = build(hub.parts)
    site = Site(app)
    port = await site.start()
    app[DRAINING].set()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        ready, alive = await client.get("/readyz"), await client.get("/healthz")
        checks = (await ready.json())["checks"]
    await site.stop()

    assert (ready.status, alive.status) == (503, 200)
    assert checks["serving"] == "stopping"


async def test_a_request_under_way_is_finished_before_the_hub_ends(hub: Hub) -> None:
    going, entered = asyncio.Event(), asyncio.Event()

    async def slow(_request: server.Request) -> server.Response:
        entered.set()
        await going.wait()
        return server.Response(text="done")

    app = build(hub.parts, extra=[server.get("/healthz/slow", slow)])
    site = Site(app)
    port = await site.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        asking = asyncio.create_task(client.get("/healthz/slow"))
        await entered.wait()
        stopping = asyncio.create_task(site.stop())
        await app[DRAINING].wait()
        going.set()

        assert await (await asking).text() == "done"
        await stopping


async def test_metrics_count_and_name_nobody(web) -> None:
    await post(web, "/webhooks/twilio/sms", text("My knee hurts"))

    page = await (await web.get("/metrics")).text()

    assert 'hub_accepted_total{channel="sms",result="new"} 1.0' in page
    assert "knee" not in page
    assert "2025550123" not in page
