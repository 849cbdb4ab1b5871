"""`/.well-known/jwks.json`: the public halves of the hub's keys, by which an EHR knows it is the hub that signs in."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from hub.ehr.opening import signing_keys
from hub.settings import Settings

__all__ = ["routes"]


def routes(settings: Settings) -> Sequence[web.RouteDef]:
    """The page. Raises: SettingsError where the keys cannot be used."""
    body = msgspec.json.encode(signing_keys(settings).published())

    async def keys(_request: web.Request) -> web.Response:
        headers = {"Content-Type": "application/json", "Cache-Control": "public, max-age=300"}
        return web.Response(body=body, headers=headers)

    return (web.get("/.well-known/jwks.json", keys),)
