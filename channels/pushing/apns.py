"""Notices to apps through Apple's push service, over HTTP/2.

The aioapns package speaks to Apple; what it would do by itself is left out or mended here. A request is made once,
since the hub alone decides about a second one. All connections share one token: Apple refuses who makes new ones
too often. A refusal without a body is an answer. What was received is acknowledged, or Apple falls silent after some
thousand refusals. A request given up does not break the closing of its connection.

Source: developer.apple.com, "Sending notification requests to APNs".
"""

import asyncio
import ssl
from pathlib import Path
from typing import Any

from aioapns.common import NotificationRequest, NotificationResult, PushType
from aioapns.connection import (
    APNsBaseClientProtocol,
    APNsKeyConnectionPool,
    APNsProductionClientProtocol,
    JWTAuthorizationHeaderProvider,
)
from aioapns.exceptions import ConnectionClosed, ConnectionError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from h2.exceptions import ProtocolError

from channels.pushing import outcome
from channels.pushing.notice import Notice
from channels.pushing.subscription import Apns
from hub.errors import OutcomeUnknown, ReplyUnreadable, Unreachable

__all__ = ["ApnsPush", "read_key"]

CONNECT, ANSWER = 10.0, 20.0
"""Seconds to wait for a connection, and for an answer on it."""

NOBODY = "0" * 64
"""A token that no device has."""


def read_key(path: Path) -> str:
    """The signing key in `path`, as PEM. Raises: ValueError with what is wrong, never what is in it."""
    try:
        text = path.read_text(encoding="ascii")
        key = load_pem_private_key(text.encode(), None)
    except OSError:
        raise ValueError("cannot be read") from None
    except (ValueError, TypeError):
        raise ValueError("is not a key as Apple gives it (.p8)") from None
    if not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise ValueError("does not hold a key of the curve P-256")
    return text


class _Protocol(APNsProductionClientProtocol):
    def on_data_received(self, data: bytes, stream_id: int) -> None:
        self.conn.acknowledge_received_data(len(data), stream_id)
        try:
            super().on_data_received(data, stream_id)
        except (ValueError, AttributeError):
            # Not JSON, or not an object: the end of the stream settles it.
            return

    def on_stream_ended(self, stream_id: int) -> None:
        super().on_stream_ended(stream_id)
        reference = self.request_streams.pop(stream_id, "")
        status = self.request_statuses.pop(reference, "")
        waiting = self.requests.pop(reference, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(NotificationResult(reference, status))

    def close(self) -> None:
        super().close()
        # A connection closes in its own time, and takes no more meanwhile.
        if self.on_connection_lost is not None:
            self.on_connection_lost(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.requests = {reference: one for reference, one in self.requests.items() if not one.done()}
        super().connection_lost(exc)


class _Pool(APNsKeyConnectionPool):
    """The package's pool of connections, to `server`, with one token for all of them."""

    def __init__(self, key: str, key_id: str, team_id: str, topic: str, server: tuple[str, int], tls: ssl.SSLContext):
        super().__init__(key=key, key_id=key_id, team_id=team_id, topic=topic, ssl_context=tls)
        host, port = server
        self.protocol_class = type("_Protocol", (_Protocol,), {"APNS_SERVER": host, "APNS_PORT": port})
        self._token = JWTAuthorizationHeaderProvider(key=key, key_id=key_id, team_id=team_id)

    async def create_connection(self) -> APNsBaseClientProtocol:
        def protocol() -> APNsBaseClientProtocol:
            return self.protocol_class(
                self.apns_topic or "", self.loop, self.discard_connection, auth_provider=self._token
            )

        return await self._create_connection(protocol)

    def close(self) -> None:
        # A copy: each leaves the list as it closes.
        for connection in list(self.connections):
            connection.close()

    def discard_connection(self, connection: APNsBaseClientProtocol) -> Any:
        if connection in self.connections:
            super().discard_connection(connection)


class ApnsPush:
    """APNs for one app. `server` and `tls` are others than Apple's and the machine's in tests alone."""

    def __init__(
        self,
        key: str,
        key_id: str,
        team_id: str,
        topic: str,
        *,
        server: tuple[str, int] = ("api.push.apple.com", 443),
        tls: ssl.SSLContext | None = None,
        connect: float = CONNECT,
        answer: float = ANSWER,
    ) -> None:
        self._account = (key, key_id, team_id, topic)
        self._server = server
        self._tls = tls or ssl.create_default_context()
        self._tls.set_alpn_protocols(["h2"])
        self._connect, self._answer = connect, answer
        self._pool: _Pool | None = None

    async def send(self, notice: Notice, to: Apns) -> str:
        """The id of the notice that Apple took, which is our reference.

        Raises: see `channels.pushing.outcome.raise_for`; Unreachable, OutcomeUnknown, ReplyUnreadable.
        """
        result = await self._request(_request(notice, to))
        if not result.is_successful:
            status = int(result.status) if result.status.isdigit() else 0
            if not 300 <= status < 600:
                raise ReplyUnreadable("Apple's answer has no status")
            outcome.raise_for(status, (result.description,) if result.description else ())
        return notice.reference

    async def check(self) -> None:
        """Nothing, if Apple takes our key: it then says that a device which does not exist does not exist.

        Raises: as `send`.
        """
        request = NotificationRequest(NOBODY, {"aps": {}}, push_type=PushType.ALERT, time_to_live=0)
        result = await self._request(request)
        if result.description != "BadDeviceToken" and not result.is_successful:
            outcome.raise_for(int(result.status), (result.description,) if result.description else ())

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
            # A transport closes in the loop's next rounds.
            await asyncio.sleep(0)

    async def _request(self, request: NotificationRequest) -> NotificationResult:
        if self._pool is None:
            # Not at once: the package wants the running loop.
            self._pool = _Pool(*self._account, self._server, self._tls)
        try:
            async with asyncio.timeout(self._connect):
                connection = await self._pool.acquire()
        except (ConnectionError, TimeoutError):
            raise Unreachable("Apple could not be reached") from None
        try:
            async with asyncio.timeout(self._answer):
                return await connection.send_notification(request)
        except ProtocolError:
            # Before anything whole was written: the connection is used up, or its window is full.
            connection.close()
            raise Unreachable("the connection to Apple takes no more") from None
        except (ConnectionClosed, TimeoutError, OSError):
            raise OutcomeUnknown("Apple did not answer") from None


def _request(notice: Notice, to: Apns) -> NotificationRequest:
    shown = {"alert": {"title": notice.title}, "sound": "default", "thread-id": notice.tag}
    return NotificationRequest(
        to.token,
        {"aps": shown, "reference": notice.reference},
        notification_id=notice.reference,
        time_to_live=notice.seconds,
        priority=10 if notice.pressing else 5,
        collapse_key=notice.tag,
        push_type=PushType.ALERT,
    )
