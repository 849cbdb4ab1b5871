"""Three key services on loopback, each as it answers on the wire: AWS KMS, Google Cloud KMS, Vault's transit engine.

They really encrypt, under versions of a key that can be rotated; check how they are signed in to by means of their own
(SigV4 worked out anew, a service account's assertion, a token or an AppRole); and can be told to fail.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import google_crc32c
from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.rsa_keys import rsa_key

ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
RESOURCE = "projects/clinic/locations/us-east1/keyRings/hub/cryptoKeys/carehub"
ACCOUNT = "hub@clinic.example.org"
TOKEN, ROLE, SECRET_ID, NAMESPACE = "hvs.synthetic", "role-1", "secret-1", "clinic/one"


class Key:
    """A key of several versions; what it encrypts names the version, and is bound to octets."""

    def __init__(self) -> None:
        self.versions = [secrets.token_bytes(32)]

    def rotate(self) -> None:
        self.versions.append(secrets.token_bytes(32))

    def encrypt(self, plain: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(12)
        head = len(self.versions).to_bytes(2, "big")
        return head + nonce + AESGCM(self.versions[-1]).encrypt(nonce, plain, bound)

    def decrypt(self, blob: bytes, bound: bytes) -> bytes | None:
        number = int.from_bytes(blob[:2], "big")
        if not 1 <= number <= len(self.versions):
            return None
        try:
            return AESGCM(self.versions[number - 1]).decrypt(blob[2:14], blob[14:], bound)
        except InvalidTag:
            return None


class Services:
    """All three, under one address. fault: (status, body) that is answered in place, so many times."""

    def __init__(self) -> None:
        self.url = ""
        self.key = Key()
        self.faults: list[tuple[int, Any]] = []
        self.asked: list[str] = []
        self.hang: Any = None
        self.spoil: dict[str, Any] = {}
        self.standby = False
        self._tokens = {TOKEN}

    @property
    def account(self) -> str:
        """A service account's file, whose tokens are had here."""
        pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "clinic",
                "private_key_id": "one",
                "private_key": pem,
                "client_email": ACCOUNT,
                "client_id": "1",
                "token_uri": f"{self.url}/token",
            }
        )

    def fail(self, status: int, body: Any, times: int = 9) -> None:
        self.faults = [(status, body)] * times

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._faulty])
        app.add_routes(
            [
                web.post("/", self._aws),
                web.post("/token", self._google_token),
                web.post("/v1/projects/{rest:.+}", self._google),
                web.post("/v1/auth/approle/login", self._login),
                web.post("/v1/{mount}/{verb}/{key}", self._vault),
                web.post("/active/v1/{mount}/{verb}/{key}", self._vault),
            ]
        )
        return app

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/token":
            return await handler(request)
        if self.hang is not None:
            await self.hang.wait()
        if self.faults:
            status, body = self.faults.pop()
            if isinstance(body, str):
                return web.Response(status=status, text=body)
            return web.json_response(body, status=status)
        return await handler(request)

    async def _aws(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if not _signed(request, raw):
            return _aws_error("InvalidSignatureException")
        if request.headers["Content-Type"] != "application/x-amz-json-1.1":
            return _aws_error("SerializationException")
        asked, operation = json.loads(raw), request.headers["X-Amz-Target"]
        key_id = asked.get("KeyId") or asked["SourceKeyId"]
        if key_id != ARN:
            return _aws_error("NotFoundException")
        context = asked.get("EncryptionContext") or asked.get("SourceEncryptionContext") or {}
        bound = json.dumps(context, sort_keys=True).encode()
        material = hashlib.sha256(str(len(self.key.versions)).encode()).hexdigest()
        if operation == "TrentService.Encrypt":
            blob = self.key.encrypt(base64.b64decode(asked["Plaintext"]), bound)
            return web.json_response({"CiphertextBlob": _text(blob), "KeyId": ARN})
        plain = self.key.decrypt(base64.b64decode(asked["CiphertextBlob"]), bound)
        if plain is None:
            return _aws_error("InvalidCiphertextException")
        if operation == "TrentService.Decrypt":
            return web.json_response({"Plaintext": _text(plain), "KeyId": ARN})
        if operation == "TrentService.ReEncrypt":
            bound = json.dumps(asked["DestinationEncryptionContext"], sort_keys=True).encode()
            blob = self.key.encrypt(plain, bound)
            return web.json_response({"CiphertextBlob": _text(blob), "DestinationKeyMaterialId": material})
        return _aws_error("UnknownOperationException")

    async def _google_token(self, request: web.Request) -> web.Response:
        form = await request.post()
        public = RSAKey.import_key(rsa_key().public_key())
        claims = jwt.decode(str(form["assertion"]), public, algorithms=["RS256"]).claims
        if claims["iss"] != ACCOUNT or "cloudkms" not in claims["scope"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_hex(8)
        self._tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    async def _google(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _google_error(401, "UNAUTHENTICATED")
        resource, _, verb = f"projects/{request.match_info['rest']}".rpartition(":")
        if resource != RESOURCE:
            return _google_error(404, "NOT_FOUND")
        asked = await request.json()
        name = {"encrypt": "plaintext", "decrypt": "ciphertext"}[verb]
        given = base64.b64decode(asked[name])
        bound = base64.b64decode(asked["additionalAuthenticatedData"])
        if (asked[f"{name}Crc32c"], asked["additionalAuthenticatedDataCrc32c"]) != (_crc(given), _crc(bound)):
            return _google_error(400, "INVALID_ARGUMENT", "The checksum does not match")
        if verb == "encrypt":
            blob = self.key.encrypt(given, bound)
            answer = {
                "name": f"{RESOURCE}/cryptoKeyVersions/{len(self.key.versions)}",
                "ciphertext": _text(blob),
                "ciphertextCrc32c": _crc(blob),
                "verifiedPlaintextCrc32c": True,
                "verifiedAdditionalAuthenticatedDataCrc32c": True,
            }
        else:
            plain = self.key.decrypt(given, bound)
            if plain is None:
                return _google_error(400, "INVALID_ARGUMENT", "Decryption failed: verify that 'name' is right")
            answer = {"plaintext": _text(plain), "plaintextCrc32c": _crc(plain), "usedPrimary": True}
        return web.json_response(answer | self.spoil)

    async def _login(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if (asked["role_id"], asked["secret_id"]) != (ROLE, SECRET_ID):
            return web.json_response({"errors": ["invalid role or secret ID"]}, status=400)
        token = f"hvs.{secrets.token_hex(8)}"
        self._tokens.add(token)
        return web.json_response({"auth": {"client_token": token, "lease_duration": 1200}})

    async def _vault(self, request: web.Request) -> web.Response:
        if self.standby:
            self.standby = False
            return web.Response(status=307, headers={"Location": f"{self.url}{request.path}"})
        if request.headers.get("X-Vault-Token") not in self._tokens:
            return web.json_response({"errors": ["permission denied"]}, status=403)
        mount, verb, key = (request.match_info[name] for name in ("mount", "verb", "key"))
        if (mount, key, request.headers.get("X-Vault-Namespace")) != ("transit", "carehub", NAMESPACE):
            return web.json_response({"errors": ["no handler for route"]}, status=404)
        asked = await request.json()
        if verb == "encrypt":
            return self._transit(base64.b64decode(asked["plaintext"]))
        blob = base64.b64decode(asked["ciphertext"].rpartition(":")[2], validate=False)
        plain = self.key.decrypt(blob, b"")
        if plain is None:
            return web.json_response({"errors": ["cipher: message authentication failed"]}, status=400)
        if verb == "decrypt":
            return web.json_response({"data": {"plaintext": _text(plain)}})
        return self._transit(plain)

    def _transit(self, plain: bytes) -> web.Response:
        version = len(self.key.versions)
        blob = f"vault:v{version}:{_text(self.key.encrypt(plain, b''))}"
        return web.json_response({"data": {"ciphertext": blob, "key_version": version}})


@asynccontextmanager
async def running(port: int = 0) -> AsyncIterator[Services]:
    """The services, on a port of loopback."""
    services = Services()
    runner = web.AppRunner(services.application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    services.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield services
    finally:
        await runner.cleanup()


def _signed(request: web.Request, raw: bytes) -> bool:
    """Whether the request bears the signature of version 4 that it must. Source: AWS General Reference, SigV4."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    parts = dict(one.strip().split("=", 1) for one in rest.split(","))
    access, day, region, service, last = parts["Credential"].split("/")
    named = parts["SignedHeaders"].split(";")
    if scheme != "AWS4-HMAC-SHA256" or access != ACCESS or not {"host", "x-amz-date", "x-amz-target"} <= {*named}:
        return False
    heads = "".join(f"{name}:{request.headers[name].strip()}\n" for name in named)
    canonical = f"POST\n/\n\n{heads}\n{';'.join(named)}\n{hashlib.sha256(raw).hexdigest()}"
    text = (
        f"AWS4-HMAC-SHA256\n{request.headers['X-Amz-Date']}\n{day}/{region}/{service}/{last}\n"
        f"{hashlib.sha256(canonical.encode()).hexdigest()}"
    )
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, service, last):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), parts["Signature"])


def _aws_error(code: str) -> web.Response:
    return web.json_response({"__type": code, "message": "synthetic"}, status=400)


def _google_error(code: int, status: str, said: str = "synthetic") -> web.Response:
    return web.json_response({"error": {"code": code, "status": status, "message": said}}, status=code)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _crc(raw: bytes) -> str:
    return str(google_crc32c.value(raw))
