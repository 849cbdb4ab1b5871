"""A token endpoint that believes a signed claim only: SMART backend services, as an EHR does it."""

import secrets
import time
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

CLIENT = "carehub-test"


class TokenEndpoint:
    """Gives a token to whoever proves to be `CLIENT` by a key of `keys`; `refused` says why it did not.

    good_for: seconds that a token is said to be good for. `token` is the one that was given last.
    """

    def __init__(self, keys: dict[str, Any]) -> None:
        self.keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
        self.token = ""
        self.good_for: int | str = 300
        self.given = 0
        self.refused: list[str] = []
        self.scopes: list[str] = []
        self._seen: set[str] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request for a token."""
        form = await request.post()
        why = self._wrong({name: str(value) for name, value in form.items()}, str(request.url))
        if why:
            self.refused.append(why)
            return web.json_response({"error": "invalid_client", "error_description": why}, status=400)
        self.token = secrets.token_urlsafe(8)
        self.given += 1
        self.scopes.append(str(form["scope"]))
        return web.json_response(
            {"access_token": self.token, "token_type": "bearer", "expires_in": self.good_for, "scope": form["scope"]}
        )

    def _wrong(self, form: dict[str, str], here: str) -> str:
        """Why a request is refused; empty when it is not."""
        if form.get("grant_type") != "client_credentials":
            return "grant_type"
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            return "client_assertion_type"
        try:
            told = jwt.decode(form.get("client_assertion", ""), self.keys, algorithms=["ES384", "RS384"])
        except (JoseError, ValueError):
            return "signature"
        claims, now = told.claims, time.time()
        if told.header.get("typ") != "JWT" or not told.header.get("kid"):
            return "header"
        if not claims["iss"] == claims["sub"] == CLIENT:
            return "client"
        if claims["aud"] != here:
            return "aud"
        if not now < claims["exp"] <= now + 300:
            return "exp"
        if claims["jti"] in self._seen:
            return "jti"
        self._seen.add(claims["jti"])
        return ""
