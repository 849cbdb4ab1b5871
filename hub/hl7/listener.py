"""The MLLP server: a bounded number of connections, from whom they may come, one message at a time on each.

Nothing is read while a message is being applied: who sends faster than the hub applies is held up by TCP.
"""

import asyncio
import logging
import ssl
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Literal

from hub.errors import SettingsError
from hub.hl7.framing import Frames, NoFraming, TooLarge, framed
from hub.hl7.inbox import Inbox
from hub.log import say
from hub.metrics import Metrics
from hub.settings import Settings

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 64
IDLE = 3600.0
"""Seconds that a connection may be silent between messages: senders keep theirs open."""
WHOLE = 30.0
"""Seconds in which a message that has begun must end, and an answer be taken."""
_READ = 64 * 1024
_LAST = 15.0
"""Seconds that messages in hand get at the end."""
Why = Literal["ended", "peer", "full", "idle", "slow", "unframed", "too_large", "broke", "stopping"]


class Listener:
    """The server. `start` before use, `stop` at the end."""

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        metrics: Metrics,
        *,
        port: int,
        most: int = MOST_CONNECTIONS,
        idle: float = IDLE,
        whole: float = WHOLE,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._metrics = metrics
        self._wanted_port = port
        self._most, self._idle, self._whole = most, idle, whole
        self._tls = tls(settings)
        self._server: asyncio.Server | None = None
        self._talking: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._busy: set[asyncio.StreamWriter] = set()
        self._stopping = False

    @property
    def port(self) -> int:
        """The port listened on; 0 before `start`."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server and self._server.sockets else 0

    async def start(self) -> None:
        """Begin to take messages. Raises: SettingsError when the port is taken or not ours to take."""
        host = self._settings.mllp_host
        try:
            self._server = await asyncio.start_server(
                self._begin,
                host,
                self._wanted_port,
                limit=_READ,
                ssl=self._tls,
                ssl_handshake_timeout=10.0 if self._tls is not None else None,
            )
        except OSError as error:
            raise SettingsError(
                [f"cannot take HL7 messages on {host}:{self._wanted_port} ({error.strerror}): choose another port"]
            ) from None
        say(_log, "hl7_listening", port=self.port, tls=self._tls is not None)

    async def stop(self) -> None:
        """Take no more, and let what is in hand become durable and be answered."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for writer in self._talking.values():
            if writer not in self._busy:
                writer.close()
        if self._talking:
            _, late = await asyncio.wait(self._talking, timeout=_LAST)
            for task in late:
                task.cancel()

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        why: Why = "broke"
        if task is None or len(self._talking) >= self._most:
            why = "full"
        elif not self._welcome(writer):
            why = "peer"
        if why != "broke" or task is None:
            self._end(writer, why)
            return
        self._talking[task] = writer
        self._metrics.hl7_connections.set(len(self._talking))
        try:
            why = await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            why = "broke"
        except Exception as error:
            say(_log, "hl7_connection_broke", logging.ERROR, error=error)
        finally:
            self._talking.pop(task, None)
            self._busy.discard(writer)
            self._metrics.hl7_connections.set(len(self._talking))
            self._end(writer, why)

    def _end(self, writer: asyncio.StreamWriter, why: Why) -> None:
        self._metrics.hl7_closed.labels(why).inc()
        if why not in ("ended", "idle", "stopping"):
            say(_log, "hl7_closed", logging.WARNING, why=why)
        with suppress(Exception):
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Why:
        """Answer what comes until the connection ends; why it did."""
        frames = Frames()
        clock = asyncio.get_running_loop().time
        begun: float | None = None
        while not self._stopping:
            wait = self._idle if begun is None else begun + self._whole - clock()
            try:
                async with asyncio.timeout(max(wait, 0)):
                    data = await reader.read(_READ)
            except TimeoutError:
                return "slow" if begun is not None else "idle"
            if not data:
                return "broke" if frames.within and not self._stopping else "ended"
            self._busy.add(writer)
            try:
                for content in frames.feed(data):
                    begun = None
                    # Whoever hangs up, or ends the hub, meanwhile does not cut it off.
                    answers = await asyncio.shield(asyncio.ensure_future(self._inbox.take(content)))
                    await self._write(writer, answers)
            except NoFraming:
                return "unframed"
            except TooLarge as large:
                await self._write(writer, [self._inbox.too_large(large.head)])
                return "too_large"
            except TimeoutError:
                return "slow"
            finally:
                self._busy.discard(writer)
            begun = (begun if begun is not None else clock()) if frames.within else None
        return "stopping"

    async def _write(self, writer: asyncio.StreamWriter, answers: list[bytes]) -> None:
        for answer in answers:
            writer.write(framed(answer))
        async with asyncio.timeout(self._whole):
            await writer.drain()

    def _welcome(self, writer: asyncio.StreamWriter) -> bool:
        """Whether messages are taken from there: from this machine alone where no list is given."""
        name = writer.get_extra_info("peername")
        if not name:
            return False
        peer = ip_address(name[0].partition("%")[0])
        if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
            peer = peer.ipv4_mapped
        listed = self._settings.mllp_peers
        return any(peer in network for network in listed) if listed else peer.is_loopback


def tls(settings: Settings) -> ssl.SSLContext | None:
    """The server's side of TLS, as set; None for plain connections. Raises: SettingsError when it cannot be used."""
    if settings.mllp_cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.mllp_cert_file, settings.mllp_key_file)
    except (OSError, ssl.SSLError):
        raise SettingsError(["HUB_MLLP_CERT_FILE and its key cannot be used together"]) from None
    if settings.mllp_client_ca_file is not None:
        try:
            context.load_verify_locations(settings.mllp_client_ca_file)
        except (OSError, ssl.SSLError):
            raise SettingsError(["HUB_MLLP_CLIENT_CA_FILE holds no certificates"]) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context
