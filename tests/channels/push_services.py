"""Push services on this machine: one of browsers, FCM, and APNs, each as its protocol says."""

import asyncio
import base64
import contextlib
import json
import ssl
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import http_ece
import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from channels.pushing.subscription import octets
from tests.channels.contract import Mishap
from tests.rsa_keys import rsa_key

TAKEN: tuple[Mishap | None, ...] = (None, "drop_taken", "broken_taken")


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Service:
    """What all three have in common: faults that wait for the next request, and a count of those that came."""

    def __init__(self) -> None:
        self.requests = 0
        self.next: deque[Mishap] = deque()
        self.closing = asyncio.Event()

    def turn(self) -> Mishap | None:
        self.requests += 1
        return self.next.popleft() if self.next else None


class Device:
    """A browser's half of a subscription."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.secret = b"0123456789abcdef"

    def opened(self, body: bytes) -> bytes:
        """What was sealed for this device; only it can say."""
        opened: bytes = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return opened


class BrowserService(Service):
    """A browser's push service (RFC 8030) that also is the browser: it opens what it gets, and checks who sent it.

    shown: what the browser shows, by Topic: a later message takes the place of an earlier one.
    """

    PATH = "/push/canary-subscription"

    def __init__(self, public_key: str) -> None:
        super().__init__()
        self.public_key = public_key
        self.device = Device()
        self.shown: dict[str, dict[str, str]] = {}
        self.headers: list[dict[str, str]] = []
        self.subjects: list[str] = []
        self.refusal: tuple[int, dict[str, str]] = (410, {})
        self.origin = ""

    def subscription(self, origin: str | None = None) -> str:
        """As the browser's own `toJSON()` says it."""
        keys = {"p256dh": encoded(self.device.point), "auth": encoded(self.device.secret)}
        endpoint = (origin or self.origin) + self.PATH
        return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})

    async def push(self, request: web.Request) -> web.StreamResponse:
        mishap = self.turn()
        body = await request.read()
        if (refused := self._unsigned(request)) is not None:
            return refused
        if mishap in TAKEN:
            self.headers.append(dict(request.headers))
            self.shown[request.headers["Topic"]] = json.loads(self.device.opened(body))
        match mishap:
            case None:
                return web.Response(status=201, headers={"Location": f"{self.origin}/message/{self.requests}"})
            case "throttled":
                return web.Response(status=429, headers={"Retry-After": "7"})
            case "unavailable":
                return web.Response(status=503)
            case "hang":
                await self.closing.wait()
            case "broken_taken":
                return web.Response(status=500)
            case "refused":
                status, headers = self.refusal
                return web.Response(status=status, headers=headers)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _unsigned(self, request: web.Request) -> web.Response | None:
        """The refusal of what the subscription's own key did not sign for this service (RFC 8292)."""
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or parts["k"] != self.public_key:
            return web.Response(status=401)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(parts["k"]))
        try:
            claims = jwt.decode(parts["t"], public, algorithms=["ES256"], audience=self.origin)
        except jwt.InvalidTokenError:
            return web.Response(status=403)
        if claims["exp"] > time.time() + 24 * 3600:
            return web.Response(status=403)
        self.subjects.append(claims["sub"])
        return None


class Firebase(Service):
    """Google's token service and FCM's HTTP v1, for one project."""

    def __init__(self) -> None:
        super().__init__()
        self.key = rsa_key()
        self.tokens: list[str] = []
        self.good: set[str] = set()
        self.messages: list[dict[str, object]] = []
        self.token_answer: tuple[int, dict[str, object]] | None = None
        self.refusal: tuple[int, dict[str, object]] = (404, fcm_error("NOT_FOUND", "UNREGISTERED"))
        self.origin = ""

    def credentials(self) -> dict[str, str]:
        """The service account's file."""
        return {
            "type": "service_account",
            "project_id": "maple-street",
            "private_key_id": "key-1",
            "private_key": pem(self.key),
            "client_email": "hub@maple-street.iam.example.org",
            "token_uri": "https://oauth2.googleapis.com/token",
        }

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        claims = jwt.decode(
            str(form["assertion"]),
            self.key.public_key(),
            algorithms=["RS256"],
            audience="https://oauth2.googleapis.com/token",
        )
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        assert claims["iss"] == self.credentials()["client_email"]
        if self.token_answer is not None:
            status, answer = self.token_answer
            return web.json_response(answer, status=status)
        self.tokens.append(f"canary-token-{len(self.tokens)}")
        self.good.add(self.tokens[-1])
        return web.json_response({"access_token": self.tokens[-1], "expires_in": 3599, "token_type": "Bearer"})

    async def send(self, request: web.Request) -> web.StreamResponse:
        mishap = self.turn()
        assert request.match_info["project"] == "maple-street"
        message = (await request.json())["message"]
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.good:
            return web.json_response(fcm_error("UNAUTHENTICATED"), status=401)
        if mishap in TAKEN:
            self.messages.append(message)
        match mishap:
            case None:
                return web.json_response({"name": f"projects/maple-street/messages/0:{self.requests}%f9f9"})
            case "throttled":
                error = fcm_error("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
                return web.json_response(error, status=429, headers={"Retry-After": "7"})
            case "unavailable":
                return web.json_response(fcm_error("UNAVAILABLE", "UNAVAILABLE"), status=503)
            case "hang":
                await self.closing.wait()
            case "broken_taken":
                return web.json_response(fcm_error("INTERNAL", "INTERNAL"), status=500)
            case "refused":
                status, answer = self.refusal
                return web.json_response(answer, status=status)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def fcm_error(status: str, code: str | None = None, field: str | None = None) -> dict[str, object]:
    details: list[dict[str, object]] = []
    if code:
        details.append({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    if field:
        violations = [{"field": field, "description": "Invalid registration token"}]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    return {"error": {"code": 0, "message": "canary of the service", "status": status, "details": details}}


class Apple(Service):
    """APNs over HTTP/2 and TLS, for one team."""

    KEY_ID, TEAM_ID, TOPIC = "ABC123DEFG", "DEF123GHIJ", "org.example.clinic"

    def __init__(self) -> None:
        super().__init__()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.connections: list[_AppleProtocol] = []
        self.accepted: list[tuple[dict[str, str], dict[str, object]]] = []
        self.authorizations: set[str] = set()
        self.refusal: tuple[int, bytes] = (410, b'{"reason":"Unregistered","timestamp":1700000000}')
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self, folder: Path) -> ssl.SSLContext:
        """Listen; returns what trusts this server and no other."""
        certificate, key = _certificate(folder)
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.load_cert_chain(certificate, key)
        ours.set_alpn_protocols(["h2"])
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _AppleProtocol(self), "127.0.0.1", 0, ssl=ours)
        self.port = self._server.sockets[0].getsockname()[1]
        return ssl.create_default_context(cafile=str(certificate))

    async def stop(self) -> None:
        self.closing.set()
        for connection in self.connections:
            connection.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | Mishap:
        """The status and body of an answer, or the mishap that comes instead."""
        mishap = self.turn()
        self.authorizations.add(headers["authorization"])
        token = headers["authorization"].removeprefix("bearer ")
        try:
            claims = jwt.decode(token, self.key.public_key(), algorithms=["ES256"])
        except jwt.InvalidTokenError:
            return 403, b'{"reason":"InvalidProviderToken"}'
        if claims["iss"] != self.TEAM_ID or jwt.get_unverified_header(token)["kid"] != self.KEY_ID:
            return 403, b'{"reason":"InvalidProviderToken"}'
        if headers["apns-topic"] != self.TOPIC:
            return 400, b'{"reason":"TopicDisallowed"}'
        if headers[":path"] == "/3/device/" + "0" * 64:
            return 400, b'{"reason":"BadDeviceToken"}'
        if mishap in TAKEN:
            self.accepted.append((headers, json.loads(body)))
        match mishap:
            case None:
                return 200, b""
            case "throttled":
                return 429, b'{"reason":"TooManyRequests"}'
            case "unavailable":
                return 503, b'{"reason":"ServiceUnavailable"}'
            case "broken_taken":
                return 500, b'{"reason":"InternalServerError"}'
            case "refused":
                return self.refusal
        return mishap


class _AppleProtocol(asyncio.Protocol):
    def __init__(self, apple: Apple) -> None:
        self._apple = apple
        self._connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._streams: dict[int, tuple[dict[str, str], bytearray]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._apple.connections.append(self)
        self._connection.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        for event in self._connection.receive_data(data):
            match event:
                case RequestReceived():
                    self._streams[event.stream_id] = (dict(event.headers), bytearray())  # type: ignore[arg-type]
                case DataReceived():
                    self._streams[event.stream_id][1].extend(event.data)
                    self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    self._answer(event.stream_id)
        self._flush()

    def abort(self) -> None:
        self._transport.abort()

    def _answer(self, stream: int) -> None:
        headers, body = self._streams.pop(stream)
        match self._apple.answer(headers, bytes(body)):
            case (status, reason):
                head = [(":status", str(status)), ("apns-id", headers["apns-id"])]
                self._connection.send_headers(stream, head, end_stream=not reason)
                if reason:
                    self._connection.send_data(stream, reason, end_stream=True)
            case "hang":
                return
            case _:
                self._transport.abort()

    def _flush(self) -> None:
        with contextlib.suppress(OSError):
            self._transport.write(self._connection.data_to_send())


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "apple.pem", folder / "apple.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_text(pem(key))
    return certificate, secret
