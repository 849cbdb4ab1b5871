"""Notices to apps through Firebase Cloud Messaging, HTTP v1.

Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages; RFC 7523 (the assertion).
"""

import asyncio
import time
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from yarl import URL

from channels.pushing import outcome
from channels.pushing.link import TIMEOUT, Link
from channels.pushing.notice import Notice
from channels.pushing.subscription import Fcm
from hub.errors import ConfigInvalid, OutcomeUnknown, ReplyUnreadable, Unreachable

__all__ = ["Credentials", "FcmPush"]

SERVICE = "https://fcm.googleapis.com"
TOKENS = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LASTS = 3600
EARLY = 300
"""Seconds before its end that a token is replaced."""


class Credentials(msgspec.Struct, frozen=True):
    """What we use of a service account's file."""

    project_id: str
    private_key_id: str
    private_key: str
    client_email: str

    @classmethod
    def read(cls, path: Path) -> "Credentials":
        """The credentials in `path`. Raises: ValueError with what is wrong, never what is in it."""
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
            key = load_pem_private_key(found.private_key.encode(), None)
        except OSError:
            raise ValueError("cannot be read") from None
        except (msgspec.DecodeError, ValueError, TypeError):
            raise ValueError("is not a service account's key in JSON") from None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("does not hold an RSA key")
        return found

    def __repr__(self) -> str:
        return "Credentials(…)"


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int = LASTS


class _Sent(msgspec.Struct):
    name: str


class _Violation(msgspec.Struct):
    field: str = ""


class _Detail(msgspec.Struct, rename={"code": "errorCode", "violations": "fieldViolations"}):
    code: str = ""
    violations: list[_Violation] = []


class _Error(msgspec.Struct):
    status: str = ""
    details: list[_Detail] = []


class _Refusal(msgspec.Struct):
    error: _Error


class FcmPush:
    """FCM for one project. `service` and `tokens` are other addresses than Google's in tests alone."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        service: str = SERVICE,
        tokens: str = TOKENS,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._credentials = credentials
        self._url = URL(f"{service}/v1/projects/{credentials.project_id}/messages:send")
        self._tokens = URL(tokens)
        self._link = Link(timeout)
        self._token = ""
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def send(self, notice: Notice, to: Fcm) -> str:
        """Google's id of the message that it took.

        Raises: see `channels.pushing.outcome.raise_for` and `Link.post`.
        """
        kept = self._token
        token = await self._authorized()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = await self._link.post(self._url, msgspec.json.encode({"message": _message(notice, to)}), headers)
        if not 200 <= answer.status < 300:
            codes = _codes(answer.body)
            if answer.status == 401 and "THIRD_PARTY_AUTH_ERROR" not in codes and token == kept:
                # A token that was good an hour ago may have been withdrawn: ask for another before blaming the key.
                self._forget(token)
                raise Unreachable("the token for FCM is no longer good", provider_code="http_401")
            if answer.status == 404 and "UNREGISTERED" not in codes:
                # The project, not the device: else one slip of the operator's would retire every device.
                raise ConfigInvalid("FCM does not know the project", provider_code="http_404")
            outcome.raise_for(answer.status, codes, answer.headers)
        try:
            name = msgspec.json.decode(answer.body, type=_Sent).name.rpartition("/")[2]
        except msgspec.DecodeError:
            raise ReplyUnreadable("FCM's answer is not a message") from None
        return name if 0 < len(name) <= 64 else notice.reference

    async def check(self) -> None:
        """Nothing, if Google gives a token for our key. Raises: ConfigInvalid, Unreachable, Throttled."""
        await self._authorized()

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()

    async def _authorized(self) -> str:
        async with self._asking:
            if time.time() >= self._until:
                await self._ask()
            return self._token

    def _forget(self, token: str) -> None:
        if self._token == token:
            self._token, self._until = "", 0.0

    async def _ask(self) -> None:
        now = int(time.time())
        key = self._credentials
        claims = {"iss": key.client_email, "scope": SCOPE, "aud": TOKENS, "iat": now, "exp": now + LASTS}
        assertion = jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.private_key_id})
        form = urlencode({"grant_type": GRANT, "assertion": assertion}).encode()
        try:
            answer = await self._link.post(self._tokens, form, {"Content-Type": "application/x-www-form-urlencoded"})
            if answer.status in (400, 401, 403):
                raise ConfigInvalid("Google refused the key in HUB_FCM_CREDENTIALS_FILE", provider_code="token")
            if answer.status != 200:
                outcome.raise_for(answer.status, (), answer.headers)
            token = msgspec.json.decode(answer.body, type=_Token)
        except (OutcomeUnknown, msgspec.DecodeError):
            # Without a token nothing was sent to anybody.
            raise Unreachable("Google gave no token for FCM") from None
        self._token, self._until = token.access_token, now + max(token.expires_in - EARLY, EARLY)


def _message(notice: Notice, to: Fcm) -> dict[str, object]:
    shown = {"title": notice.title}
    return {
        "token": to.token,
        "notification": shown,
        "data": {"reference": notice.reference, "tag": notice.tag},
        "android": {
            "collapse_key": notice.tag,
            "priority": "HIGH" if notice.pressing else "NORMAL",
            "ttl": f"{notice.seconds}s",
            "notification": {"tag": notice.tag},
        },
        "apns": {"headers": {"apns-collapse-id": notice.tag, "apns-priority": "10" if notice.pressing else "5"}},
        "webpush": {"headers": {"Topic": notice.tag, "TTL": str(notice.seconds), "Urgency": notice.urgency}},
    }


def _codes(body: bytes) -> list[str]:
    """What FCM says was wrong, the most telling first."""
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except msgspec.DecodeError:
        return []
    fields = {violation.field for detail in error.details for violation in detail.violations}
    token = ["INVALID_TOKEN"] if "message.token" in fields else []
    return [*token, *(detail.code for detail in error.details if detail.code), error.status]
