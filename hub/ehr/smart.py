"""How the hub signs in at an EHR: SMART backend services.

1. The hub signs a claim with its private key (`private_key_jwt`, ES384 or RS384), good for five minutes.
2. The EHR's token endpoint checks it by the public key that the hub publishes, and gives a bearer token.
3. The token is used until shortly before it ends, or until the EHR refuses it.

Source: hl7.org/fhir/smart-app-launch/backend-services.html; RFC 7523 §2.2; RFC 7638 for the key's name.
"""

import json
import re
import time
import uuid
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from hub.ehr.client import whole
from hub.ehr.errors import EhrDown, EhrError, EhrRefused, EhrUnknown

__all__ = ["BackendServices", "SigningKeys"]

_GOOD_FOR = 300
"""Seconds for which a claim is good: the longest that SMART allows."""
_EARLY = 30.0
"""Seconds before its end that a token is given up."""
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5, sock_read=15)
_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)


class SigningKeys:
    """The hub's private keys for EHRs. The first one signs; all are published, so that a new one can take over.

    Raises: ValueError, which says what the setting must be.
    """

    def __init__(self, pem: str) -> None:
        from joserfc.errors import JoseError
        from joserfc.jwk import ECKey, RSAKey

        self._keys: list[Any] = []
        for found in _PEM.finditer(pem.replace("\\n", "\n")):
            key: Any = None
            for kind in (ECKey, RSAKey):
                try:
                    with warnings.catch_warnings():
                        # It warns of short keys, which are refused below.
                        warnings.simplefilter("ignore")
                        key = kind.import_key(found.group(0))
                    break
                except (JoseError, ValueError, TypeError):
                    continue
            if key is None or _algorithm(key) is None:
                raise ValueError(
                    "must hold EC keys on P-384 or RSA keys of 2048 bits or more, as PEM, without a password"
                )
            self._keys.append(key)
        if not self._keys:
            raise ValueError("must be a private key as PEM: -----BEGIN PRIVATE KEY----- …")

    @property
    def algorithm(self) -> str:
        """What claims are signed by: ES384 or RS384."""
        return str(_algorithm(self._keys[0]))

    def published(self) -> dict[str, list[dict[str, Any]]]:
        """The public halves, as a JSON Web Key Set."""
        return {
            "keys": [
                {
                    **key.as_dict(private=False),
                    "kid": key.thumbprint(),
                    "use": "sig",
                    "alg": _algorithm(key),
                    "key_ops": ["verify"],
                }
                for key in self._keys
            ]
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed JWT that says `claims`."""
        from joserfc import jwt

        key = self._keys[0]
        header = {"alg": self.algorithm, "typ": "JWT", "kid": key.thumbprint()}
        return jwt.encode(header, claims, key, algorithms=["ES384", "RS384"])


class BackendServices:
    """Tokens of one EHR for this hub. `token_url` empty: as the server's `smart-configuration` says.

    seconds, since: the wall's time and the time that runs, in seconds; tests put others in their place.
    """

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        keys: SigningKeys,
        token_url: str = "",
        scopes: str,
        seconds: Callable[[], float] = time.time,
        since: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._client_id = client_id
        self._keys = keys
        self._token_url = token_url
        self._scopes = scopes
        self._seconds = seconds
        self._since = since
        self._token = ""
        self._until = 0.0

    async def token(self, session: aiohttp.ClientSession) -> str:
        """A token that is good now. Raises: EhrError."""
        if self._token and self._since() < self._until:
            return self._token
        url = self._token_url or await self._endpoint(session)
        form = {
            "grant_type": "client_credentials",
            "scope": self._scopes,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(url),
        }
        asked = self._since()
        answer = await _json(session, "POST", url, form)
        token, good_for = answer.get("access_token"), answer.get("expires_in", 300)
        if not isinstance(token, str) or not token or str(answer.get("token_type", "bearer")).lower() != "bearer":
            raise EhrUnknown("the EHR's token endpoint gave no bearer token")
        try:
            self._until = asked + max(0.0, float(good_for) - _EARLY)
        except (TypeError, ValueError):
            self._until = asked
        self._token = token
        return token

    def forget(self) -> None:
        """The token was refused: get another one for the next request."""
        self._token = ""

    def _assertion(self, url: str) -> str:
        now = int(self._seconds())
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": url,
            "iat": now,
            "exp": now + _GOOD_FOR,
            "jti": uuid.uuid4().hex,
        }
        return self._keys.sign(claims)

    async def _endpoint(self, session: aiohttp.ClientSession) -> str:
        found = await _json(session, "GET", f"{self._base_url}/.well-known/smart-configuration")
        url = str(found.get("token_endpoint") or "")
        ours, theirs = urlsplit(self._base_url), urlsplit(url)
        if not theirs.hostname or (theirs.scheme != "https" and theirs.hostname != ours.hostname):
            raise EhrUnknown("the EHR does not say where it gives tokens: set HUB_FHIR_TOKEN_URL")
        self._token_url = url
        return url


async def _json(
    session: aiohttp.ClientSession, method: str, url: str, form: dict[str, str] | None = None
) -> dict[str, Any]:
    try:
        async with session.request(
            method, url, data=form, headers={"Accept": "application/json"}, timeout=_TIMEOUT, allow_redirects=False
        ) as answer:
            raw, status = await whole(answer, 1_000_000), answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise EhrDown("the EHR's token endpoint does not answer") from None
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if status >= 400:
        code = found.get("error") if isinstance(found, dict) else None
        raise _refused(status, str(code) if isinstance(code, str) and code.isidentifier() else "")
    if status >= 300 or not isinstance(found, dict):
        raise EhrUnknown("the EHR's token endpoint answers in words that cannot be read")
    return found


def _refused(status: int, code: str) -> EhrError:
    if status == 429 or status >= 500:
        return EhrDown(f"the EHR's token endpoint is out of order ({status})", status)
    known = {
        "invalid_client": "check HUB_FHIR_CLIENT_ID, and that the EHR has the key of /.well-known/jwks.json",
        "invalid_scope": "check HUB_FHIR_SCOPES against what the EHR allows this client",
        "unauthorized_client": "the EHR does not allow this client to sign in by itself",
    }
    words = known.get(code, "check HUB_FHIR_CLIENT_ID, HUB_FHIR_PRIVATE_KEY and HUB_FHIR_TOKEN_URL")
    return EhrRefused(f"the EHR gives no token ({code or status}): {words}", status)


def _algorithm(key: Any) -> str | None:
    kind = key.key_type
    if kind == "EC" and key.curve_name == "P-384":
        return "ES384"
    if kind == "RSA" and key.raw_value.key_size >= 2048:
        return "RS384"
    return None
