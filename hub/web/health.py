"""How the hub is: alive, ready, and its counters. Nothing here holds anything of a person."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from hub.db import HEAD
from hub.db.migrate import current_revision
from hub.errors import HubError
from hub.parts import Parts

DRAINING = web.AppKey("draining", asyncio.Event)
"""Set once the hub stops: it still answers, but should get nothing new."""

PATIENCE = timedelta(seconds=2)
"""How long the database may take to answer a readiness probe."""


def routes(parts: Parts) -> list[web.RouteDef]:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_request: web.Request) -> web.Response:
        return _json(200, {"status": "alive"})

    async def readyz(request: web.Request) -> web.Response:
        checks = await _checks(parts)
        if request.app[DRAINING].is_set():
            checks["serving"] = "stopping"
        ready = all(result == "ok" for result in checks.values())
        if (standing := parts.live.standing) is not None:
            # Told, but no reason to be unready: without it the hub is slower, not wrong.
            checks["redis"] = standing
        return _json(200 if ready else 503, {"ready": ready, "checks": checks})

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=parts.metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


async def _checks(parts: Parts) -> dict[str, str]:
    """One word or code for each thing that must work."""

    async def database() -> str:
        async with parts.db.read() as conn:
            await conn.execute(sa.select(1))
        return "ok"

    async def migrations() -> str:
        async with parts.db.read() as conn:
            return "ok" if await conn.run_sync(current_revision) == HEAD else "run `hub migrate`"

    async def keys() -> str:
        async with parts.db.read() as conn:
            await parts.vault.check(conn)
        return "ok"

    asked: dict[str, Callable[[], Awaitable[str]]] = {"database": database, "migrations": migrations, "keys": keys}
    return {name: await _answered(check) for name, check in asked.items()}


async def _answered(check: Callable[[], Awaitable[str]]) -> str:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await check()
    except TimeoutError:
        return "no answer in time"
    except HubError as error:
        return error.code
    except (SQLAlchemyError, OSError) as error:
        return type(error).__name__


def _json(status: int, value: object) -> web.Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return web.Response(status=status, body=msgspec.json.encode(value), headers=headers)
