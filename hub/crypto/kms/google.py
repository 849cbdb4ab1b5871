"""Google Cloud KMS, by its REST API. Signing in is google-auth's, checksums google-crc32c's (`carehub[kms-google]`).

Credentials are the application's default ones: GOOGLE_APPLICATION_CREDENTIALS, the service account of the machine, or
workload identity.

Source: Cloud KMS API v1, `projects.locations.keyRings.cryptoKeys` `encrypt` and `decrypt`; "Data integrity guidelines".
"""

import asyncio
import base64
import functools
import json
from typing import Any

from hub.crypto.kms.calling import Answer, Caller, Signed
from hub.crypto.kms.port import KEY, Context, Wrapped
from hub.errors import KeyServiceAway, KeyServiceRefused, SettingsError

__all__ = ["GoogleKms"]

_SCOPE = "https://www.googleapis.com/auth/cloudkms"


class GoogleKms:
    """A symmetric key of Google Cloud KMS, by its resource name. endpoint: "" for Google's own."""

    def __init__(self, resource: str, caller: Caller, *, endpoint: str = "") -> None:
        try:
            import google.auth.transport.requests  # noqa: F401
            import google_crc32c  # noqa: F401
        except ModuleNotFoundError:
            raise SettingsError(
                ["HUB_KMS needs the packages google-auth and google-crc32c: pip install 'carehub[kms-google]'"]
            ) from None
        self.name = f"gcp:{resource}"
        self._caller = caller
        self._url = f"{endpoint or 'https://cloudkms.googleapis.com'}/v1/{resource}"
        self._credentials: Any = None

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """See `KeyService`."""
        bound = _bound(context)
        answer = await self._call(
            "encrypt",
            plaintext=_text(key),
            plaintextCrc32c=_crc(key),
            additionalAuthenticatedData=_text(bound),
            additionalAuthenticatedDataCrc32c=_crc(bound),
        )
        blob = self._octets(answer, "ciphertext")
        arrived = (
            answer.body.get("verifiedPlaintextCrc32c"),
            answer.body.get("verifiedAdditionalAuthenticatedDataCrc32c"),
        )
        if arrived != (True, True):
            raise self._caller.away("did not get what was sent whole: try again")
        return Wrapped(_text(blob), answer.text("name").rpartition("/")[2])

    async def unwrap(self, blob: str, context: Context) -> bytes:
        """See `KeyService`."""
        bound = _bound(context)
        answer = await self._call(
            "decrypt",
            ciphertext=blob,
            ciphertextCrc32c=_crc(base64.b64decode(blob)),
            additionalAuthenticatedData=_text(bound),
            additionalAuthenticatedDataCrc32c=_crc(bound),
        )
        key = self._octets(answer, "plaintext")
        if len(key) != KEY:
            raise KeyServiceRefused(f"{self.name} opens it, but what is in it is no key of the hub's")
        return key

    async def rewrap(self, blob: str, context: Context) -> Wrapped:
        """See `KeyService`. Google knows no such call: the key is unwrapped here, in between."""
        return await self.wrap(await self.unwrap(blob, context), context)

    def _octets(self, answer: Answer, field: str) -> bytes:
        """What a field of the answer holds, held against its checksum."""
        try:
            found = base64.b64decode(answer.text(field), validate=True)
        except ValueError:
            found = b""
        if not found or str(answer.body.get(f"{field}Crc32c")) != _crc(found):
            raise self._caller.away("gave an answer that did not arrive whole: try again")
        return found

    async def _call(self, verb: str, **body: str) -> Answer:
        raw = json.dumps(body).encode()

        async def request() -> Signed:
            token = await self._token()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            return Signed(f"{self._url}:{verb}", headers, raw)

        answer = await self._caller.post(request)
        if answer.status == 200:
            return answer
        raise self._fault(answer)

    async def _token(self) -> str:
        from google.auth.exceptions import GoogleAuthError, TransportError

        try:
            return await asyncio.to_thread(self._refreshed)
        except TransportError:
            raise self._caller.away("cannot be signed in to: Google's token service does not answer") from None
        except (GoogleAuthError, OSError, ValueError):
            raise KeyServiceRefused(
                f"{self.name} cannot be asked: no credentials that Google takes; check GOOGLE_APPLICATION_CREDENTIALS"
            ) from None

    def _refreshed(self) -> str:
        import google.auth
        from google.auth.transport.requests import Request

        if self._credentials is None:
            self._credentials, _ = google.auth.default(scopes=[_SCOPE])
        if not self._credentials.valid:
            self._credentials.refresh(functools.partial(Request(), timeout=self._caller.seconds))
        return str(self._credentials.token)

    def _fault(self, answer: Answer) -> KeyServiceAway | KeyServiceRefused:
        status, said = answer.text("error", "status"), answer.text("error", "message")
        if answer.status == 429:
            return self._caller.away("asks for fewer requests: try again shortly")
        if answer.status in (401, 403):
            return KeyServiceRefused(
                f"{self.name} refuses: give the hub's service account roles/cloudkms.cryptoKeyEncrypterDecrypter on it"
            )
        if answer.status == 404:
            return KeyServiceRefused(f"{self.name} is not there: check the resource name in HUB_KMS")
        if status == "FAILED_PRECONDITION":
            return KeyServiceRefused(f"{self.name} is disabled or destroyed: enable that version of the key")
        if status == "INVALID_ARGUMENT" and "checksum" in said:
            return self._caller.away("did not get what was sent whole: try again")
        if answer.status == 400:
            return KeyServiceRefused(f"{self.name} does not open it: it was wrapped by another key, or was changed")
        return self._caller.away(f"cannot serve now ({status[:40] or answer.status}): try again shortly")


def _bound(context: Context) -> bytes:
    return json.dumps(dict(context), sort_keys=True).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _crc(raw: bytes) -> str:
    """CRC32C as JSON has an int64: in decimal digits, as text."""
    import google_crc32c

    return str(google_crc32c.value(raw))
