"""HashiCorp Vault's transit engine (OpenBao's, too), by its HTTP API.

Signed in with a token, or with an AppRole each time anew. What a key is wrapped for is put in front of it, hashed,
before Vault encrypts both: `rewrap`, by which a key does not leave Vault, takes no associated data.

Source: Vault HTTP API, "Transit secrets engine" and "AppRole auth method".
"""

import base64
import hashlib
import hmac
import json
import re
from urllib.parse import urlsplit

from hub.crypto.kms.calling import Answer, Caller, Signed
from hub.crypto.kms.port import KEY, Context, Wrapped
from hub.errors import KeyServiceAway, KeyServiceRefused

__all__ = ["VaultTransit"]

_DIGEST = 32


class VaultTransit:
    """A key of a transit engine. address: `https://HOST/MOUNT/KEY`; token, or role_id and secret_id."""

    def __init__(
        self,
        address: str,
        caller: Caller,
        *,
        token: str = "",
        role_id: str = "",
        secret_id: str = "",
        namespace: str = "",
    ) -> None:
        parts = urlsplit(address)
        mount, _, self._key = parts.path.strip("/").rpartition("/")
        self._base, self._mount = f"{parts.scheme}://{parts.netloc}", mount
        self.name = f"vault:{address}"
        self._caller, self._token, self._role = caller, token, (role_id, secret_id)
        self._namespace = namespace

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """See `KeyService`."""
        plain = base64.b64encode(_bound(context) + key).decode()
        return self._wrapped(await self._call("encrypt", plaintext=plain))

    async def unwrap(self, blob: str, context: Context) -> bytes:
        """See `KeyService`."""
        answer = await self._call("decrypt", ciphertext=blob)
        try:
            plain = base64.b64decode(answer.text("data", "plaintext"), validate=True)
        except ValueError:
            plain = b""
        if len(plain) != _DIGEST + KEY or not hmac.compare_digest(plain[:_DIGEST], _bound(context)):
            raise KeyServiceRefused(f"{self.name} opens it, but it was wrapped for something else")
        return plain[_DIGEST:]

    async def rewrap(self, blob: str, context: Context) -> Wrapped:
        """See `KeyService`. Vault does it without showing the key; the context goes with it."""
        return self._wrapped(await self._call("rewrap", ciphertext=blob))

    def _wrapped(self, answer: Answer) -> Wrapped:
        blob = answer.text("data", "ciphertext")
        found = re.match(r"vault:v([0-9]+):", blob)
        if found is None:
            raise self._caller.away("answers what no transit engine does: check the address in HUB_KMS")
        return Wrapped(blob, found[1])

    async def _call(self, verb: str, **body: str) -> Answer:
        answer = await self._post(f"{self._mount}/{verb}/{self._key}", body, self._token or await self._signed_in())
        if answer.status == 200:
            return answer
        raise self._fault(answer)

    async def _signed_in(self) -> str:
        role_id, secret_id = self._role
        answer = await self._post("auth/approle/login", {"role_id": role_id, "secret_id": secret_id}, "")
        token = answer.text("auth", "client_token")
        if answer.status == 200 and token:
            return token
        if answer.status in (400, 403):
            raise KeyServiceRefused(
                f"{self.name} does not take the AppRole: check HUB_KMS_ROLE_ID and HUB_KMS_SECRET_ID"
            )
        raise self._fault(answer)

    async def _post(self, path: str, body: dict[str, str], token: str) -> Answer:
        headers = {"Content-Type": "application/json", "X-Vault-Request": "true"}
        if token:
            headers["X-Vault-Token"] = token
        if self._namespace:
            headers["X-Vault-Namespace"] = self._namespace
        raw = json.dumps(body).encode()

        async def request(base: str = self._base) -> Signed:
            return Signed(f"{base}/v1/{path}", headers, raw)

        answer = await self._caller.post(request)
        if answer.status not in (307, 308):
            return answer
        # A standby names the node that is active. Only one of the same scheme gets the token.
        there = urlsplit(answer.location)
        if there.scheme != urlsplit(self._base).scheme or not there.netloc:
            raise self._caller.away("is on standby and names no node that is active: name one in HUB_KMS")
        return await self._caller.post(lambda: request(f"{there.scheme}://{there.netloc}"))

    def _fault(self, answer: Answer) -> KeyServiceAway | KeyServiceRefused:
        found = answer.body.get("errors")
        said = " ".join(str(one) for one in found) if isinstance(found, list) else ""
        if "sealed" in said:
            return self._caller.away("is sealed: unseal it")
        if answer.status == 403:
            return KeyServiceRefused(
                f"{self.name} refuses: the token is over, or its policy lacks `update` on {self._mount}/encrypt, "
                f"decrypt and rewrap/{self._key}"
            )
        if answer.status == 404 or "encryption key not found" in said:
            return KeyServiceRefused(f"{self.name} has no such key or mount: check HUB_KMS and HUB_KMS_NAMESPACE")
        if "too old" in said or "version" in said:
            return KeyServiceRefused(f"{self.name} has that version of its key no more: lower min_decryption_version")
        if answer.status == 400:
            return KeyServiceRefused(f"{self.name} does not open it: it was wrapped by another key, or was changed")
        if answer.status == 429:
            return self._caller.away("asks for fewer requests: try again shortly")
        return self._caller.away(f"cannot serve now ({answer.status}): see its own log")


def _bound(context: Context) -> bytes:
    return hashlib.sha256(json.dumps(dict(context), sort_keys=True).encode()).digest()
