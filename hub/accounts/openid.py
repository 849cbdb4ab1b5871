"""Signing in at another provider: OpenID Connect's code flow, with PKCE, state and nonce.

```
 browser ─► /sign-in/openid: state, nonce, verifier kept ─► the provider ─► /sign-in/openid/back?code&state
                                                  hub ─► token endpoint: code, verifier ─► ID token
                                                  its signature, issuer, audience, age and nonce are checked
```

The provider's addresses and keys come from its discovery document. Its word that a second factor was shown (`amr`,
`acr`) counts as one here.

Source: OpenID Connect Core 1.0 §3.1; Discovery 1.0 §4; RFC 7636; RFC 8176.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import aiohttp
import msgspec

from hub.clock import Clock
from hub.settings import LOOPBACK
from hub.signin import tokens

if TYPE_CHECKING:
    from joserfc import jwt
    from joserfc.jwk import KeySet, KeySetSerialization

__all__ = ["Begun", "NotProved", "OpenID", "Proved"]

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "RS512", "ES384", "EdDSA")
"""What an ID token may be signed with: never `none`, and nothing that the client's secret signs."""
_LEEWAY = 60
_FRESH = 3600.0
_BETWEEN = 30.0
"""Seconds between two looks for keys that are not known."""
_LARGEST = 512 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
_STRONG = frozenset({"mfa", "hwk", "fido", "otp", "swk", "sc", "face", "fpt", "iris"})
_CLASSES = ("mfa", "phr", "phrh", "aal2", "aal3")
"""Last parts of the classes (`acr`) that stand for more than a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in under way: where the browser goes, and what is kept until it comes back."""

    address: str
    state: str = field(repr=False)
    kept: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """Who came back. `email` is empty where the provider does not say that it verified it."""

    issuer: str
    subject: str = field(repr=False)
    email: str = field(repr=False)
    strong: bool


@dataclass(frozen=True, slots=True)
class NotProved:
    """Nobody: the provider cannot be reached, refused, or sent a token that is not for us."""

    why: Literal["unreachable", "refused", "token"]


class _Kept(msgspec.Struct, frozen=True):
    nonce: str
    verifier: str
    onward: str


class _Silent(Exception):
    """The provider did not answer as it must."""


class OpenID:
    """A provider that staff may sign in at, as a client of it."""

    def __init__(self, *, issuer: str, client_id: str, secret: str, back: str, clock: Clock, label: str = "") -> None:
        # As it names itself; known for sure once it was asked, for some end in a slash.
        self.issuer = issuer
        self._base = issuer.rstrip("/")
        self.label = label or urlsplit(issuer).netloc
        self._client_id = client_id
        self._secret = secret
        self._back = back
        self._clock = clock
        self._local = urlsplit(issuer).hostname in LOOPBACK
        self._known: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = self._keys_at = float("-inf")
        self._session: aiohttp.ClientSession | None = None
        self._one = asyncio.Lock()

    async def begin(self, onward: str) -> Begun | NotProved:
        """Where to send a browser that then goes `onward`."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        try:
            known = await self._provider()
        except _Silent:
            return NotProved("unreachable")
        state, kept = tokens.drawn(), _Kept(tokens.drawn(), tokens.drawn(), onward)
        address = prepare_grant_uri(
            known["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=self._back,
            scope="openid email profile",
            state=state,
            nonce=kept.nonce,
            code_challenge=create_s256_code_challenge(kept.verifier),
            code_challenge_method="S256",
        )
        return Begun(address=address, state=state, kept=msgspec.json.encode(kept))

    async def finish(self, kept: bytes, code: str) -> tuple[Proved | NotProved, str]:
        """Who the provider says came back with `code`, and where they go on to. `kept` is what `begin` gave."""
        was = msgspec.json.decode(kept, type=_Kept)
        try:
            known = await self._provider()
            status, answer = await self._post(known, code, was.verifier)
            if status != 200 or not isinstance(answer.get("id_token"), str):
                return NotProved("refused"), was.onward
            return await self._checked(answer, was.nonce), was.onward
        except _Silent:
            return NotProved("unreachable"), was.onward

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # What a token says

    async def _checked(self, answer: Mapping[str, Any], nonce: str) -> Proved | NotProved:
        from authlib.common.errors import AuthlibBaseError
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        try:
            token = await self._opened(answer["id_token"])
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                },
                params={"nonce": nonce, "client_id": self._client_id, "access_token": answer.get("access_token")},
            )
            claims.validate(now=int(self._clock.now().timestamp()), leeway=_LEEWAY)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError):
            # Whatever a hostile token breaks while it is read: it proves nothing.
            return NotProved("token")
        subject, email = claims.get("sub"), claims.get("email")
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            return NotProved("token")
        verified = claims.get("email_verified") is True and isinstance(email, str)
        return Proved(issuer=self.issuer, subject=subject, email=str(email) if verified else "", strong=_strong(claims))

    async def _opened(self, raw: str) -> "jwt.Token":
        """The token, if one of the provider's keys signed it; keys that are not known yet are looked for once."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        keys = await self._keyset(anew=False)
        try:
            return jwt.decode(raw, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            if time.monotonic() - self._keys_at < _BETWEEN:
                raise
        return jwt.decode(raw, await self._keyset(anew=True), algorithms=ALGORITHMS)

    # What the provider says of itself

    async def _provider(self) -> Mapping[str, Any]:
        async with self._one:
            if time.monotonic() - self._read_at < _FRESH:
                return self._known
            status, found = await self._ask("GET", f"{self._base}/.well-known/openid-configuration")
            # Another issuer's document would lead staff, and the secret, elsewhere.
            if status != 200 or str(found.get("issuer")).rstrip("/") != self._base:
                raise _Silent
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._fit(found.get(name))
            self.issuer = found["issuer"]
            self._known, self._read_at = found, time.monotonic()
            return found

    async def _keyset(self, *, anew: bool) -> "KeySet":
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        known = await self._provider()
        async with self._one:
            if self._keys is None or anew or time.monotonic() - self._keys_at > _FRESH:
                status, found = await self._ask("GET", known["jwks_uri"])
                if status != 200:
                    raise _Silent
                try:
                    self._keys, self._keys_at = (
                        KeySet.import_key_set(cast("KeySetSerialization", found)),
                        time.monotonic(),
                    )
                except (JoseError, ValueError, TypeError, KeyError):
                    raise _Silent from None
                self._keys_at = time.monotonic()
            return self._keys

    async def _post(self, known: Mapping[str, Any], code: str, verifier: str) -> tuple[int, Mapping[str, Any]]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": verifier,
        }
        ways = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        headers = {}
        if "client_secret_basic" in ways:
            headers["Authorization"] = aiohttp.encode_basic_auth(self._client_id, self._secret)
        else:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        return await self._ask("POST", known["token_endpoint"], data=form, headers=headers)

    async def _ask(self, method: str, url: str, **given: Any) -> tuple[int, Mapping[str, Any]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with self._session.request(method, url, allow_redirects=False, **given) as answer:
                raw = await answer.content.read(_LARGEST + 1)
                found = msgspec.json.decode(raw) if len(raw) <= _LARGEST and answer.content.at_eof() else None
                if not isinstance(found, dict):
                    raise _Silent
                return answer.status, found
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError):
            raise _Silent from None

    def _fit(self, address: object) -> None:
        """Raises: _Silent for an address that the secret must not go to, or that a browser must not be sent to."""
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is None or not parts.hostname or not (parts.scheme == "https" or self._local):
            raise _Silent


def _strong(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that more was shown than a password. Source: RFC 8176 §2."""
    methods = claims.get("amr")
    shown = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
    if "mfa" in shown or ("pwd" in shown and shown & _STRONG):
        return True
    acr = claims.get("acr")
    return isinstance(acr, str) and acr.casefold().replace("/", ":").rpartition(":")[2] in _CLASSES
