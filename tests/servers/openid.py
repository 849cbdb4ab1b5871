"""An OpenID provider on loopback: real discovery, real keys, the code flow with PKCE. Its tokens can be spoilt."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.rsa_keys import rsa_key

CLIENT, SECRET = "hub", "a secret of the hub's"


@cache
def _key() -> RSAKey:
    return RSAKey.import_key(rsa_key(), {"kid": "one", "use": "sig"})


class Provider:
    """Whoever comes is signed in as `claims` say. `spoil` changes a token's claims before it is signed."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = _key()
        self.claims: dict[str, Any] = {"sub": "sub-1", "email": "nora@example.org", "email_verified": True}
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.raw: Callable[[str], str] = str
        self.discovery: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    def unsigned(self, token: str) -> str:
        """The token without a signature, as `none` says."""
        head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
        return f"{head}.{token.split('.')[1]}."

    def signed_by(self, key: RSAKey) -> Callable[[str], str]:
        """The token signed by somebody else's key, under our key's name."""

        def sign(token: str) -> str:
            body = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)

        return sign

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._describe),
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
                web.get("/keys", self._keys),
            ]
        )
        return app

    async def _describe(self, _request: web.Request) -> web.Response:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return web.json_response(found | self.discovery)

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text()))
        asked = self._codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or request.headers.get("Authorization") != f"Basic {basic}"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, self.spoil(claims), self.key)
        answer = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.raw(token)}
        return web.json_response(answer)

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider that answers at its `issuer`."""
    one = Provider()
    runner = web.AppRunner(one.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    one.issuer = f"http://{host}:{port}"
    try:
        yield one
    finally:
        await runner.cleanup()
