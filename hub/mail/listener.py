"""The hub's own mail server: it takes mail for the clinic's mailbox and for replies, and for nobody else.

It speaks SMTP or LMTP, by default on this machine only: before it stands the operator's relay, which checks senders.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.mail import limits
from channels.mail.identifiers import token_of
from channels.mail.reading import Envelope as HandedOver
from hub.errors import HubError, SettingsError
from hub.log import say
from hub.mail.intake import Intake
from hub.settings import Settings

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 20
"""Conversations at a time in which a mail is handed over: each may hold a whole one in memory."""
MOST_RECIPIENTS = 10
IDLE = timedelta(seconds=60)
"""How long the other side may stay silent."""
LONGEST_LINE = 2 * 1024 * 1024
"""Octets. RFC 5321 §4.5.3.1.6 wants no more than a thousand; what sends more is read all the same."""
NAME = "Carehub"

LATER = "451 4.3.0 Not now: try again later"


class _Leaving(SMTP):
    """A conversation that tells when it ends."""

    line_length_limit = LONGEST_LINE

    def connection_lost(self, error: Exception | None) -> None:
        """Make room for another."""
        self.event_handler.left(self)
        super().connection_lost(error)


class _Smtp(_Leaving):
    pass


class _Lmtp(_Leaving, LMTP):
    pass


class Listener:
    """The server. `start` before use, `stop` at the end."""

    def __init__(self, settings: Settings, intake: Intake, *, port: int) -> None:
        self._settings = settings
        self._wanted_port = port
        self._handler = _Handler(intake, lmtp=settings.inbound_smtp_protocol == "lmtp")
        self._tls = _context(settings)
        self._server: asyncio.Server | None = None
        # It would log whom it hears from and what they say.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)

    @property
    def port(self) -> int:
        """The port listened on; 0 before `start`."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server and self._server.sockets else 0

    async def start(self) -> None:
        """Begin to take mail. Raises: SettingsError when the port is taken or not ours to take."""
        loop = asyncio.get_running_loop()
        kind = _Lmtp if self._settings.inbound_smtp_protocol == "lmtp" else _Smtp

        def conversation() -> SMTP:
            return kind(
                self._handler,
                data_size_limit=limits.LARGEST,
                enable_SMTPUTF8=True,
                hostname=self._settings.email_from.rpartition("@")[2],
                ident=NAME,
                tls_context=self._tls,
                require_starttls=self._tls is not None,
                timeout=IDLE.total_seconds(),
                auth_exclude_mechanism=("LOGIN", "PLAIN"),
                loop=loop,
            )

        host = self._settings.inbound_smtp_host
        try:
            self._server = await loop.create_server(conversation, host, self._wanted_port)
        except OSError as error:
            raise SettingsError(
                [f"cannot take mail on {host}:{self._wanted_port} ({error.strerror}): choose another port"]
            ) from None
        say(_log, "mail_listening", port=self.port)

    async def stop(self) -> None:
        """Take no more connections, and let the mail in hand become durable."""
        if self._server is not None:
            self._server.close()
        await self._handler.finished()


class _Handler:
    """What the server does at each command. Its replies never say whether a mailbox is somebody's."""

    def __init__(self, intake: Intake, *, lmtp: bool) -> None:
        self._intake = intake
        self._lmtp = lmtp
        self._talking: set[SMTP] = set()
        self._in_hand: set[asyncio.Future[str]] = set()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str | None, options: list[str]
    ) -> str:
        """Whether another mail can be taken now."""
        if server not in self._talking and len(self._talking) >= MOST_CONNECTIONS:
            return "421 4.3.2 Too many at once: try again later"
        self._talking.add(server)
        envelope.mail_from = address or ""
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether `address` is the clinic's or a reply's."""
        ours = self._intake.ours
        if address.lower() != ours.mailbox and token_of(address, ours.domain) is None:
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The reply to a mail, once what follows from it is durable; LMTP wants one for each recipient."""
        taking = asyncio.ensure_future(self._take(envelope))
        self._in_hand.add(taking)
        taking.add_done_callback(self._in_hand.discard)
        # Who hangs up meanwhile does not undo it.
        reply = await asyncio.shield(taking)
        return "\r\n".join([reply] * (len(envelope.rcpt_tos) if self._lmtp else 1))

    def left(self, server: SMTP) -> None:
        """A conversation has ended."""
        self._talking.discard(server)

    async def handle_exception(self, error: Exception) -> str:
        """A reply that quotes nothing."""
        say(_log, "mail_conversation_broke", logging.WARNING, error=error)
        return LATER

    async def finished(self) -> None:
        """Wait for the mails in hand."""
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _take(self, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await self._intake.take(raw, _handed_over(envelope.mail_from, envelope.rcpt_tos))
        except HubError as refusal:
            say(_log, "mail_refused", logging.WARNING, code=refusal.code)
            return LATER
        except Exception as error:
            say(_log, "mail_failed", logging.ERROR, error=error)
            return LATER
        return "250 2.6.0 Taken"


def _handed_over(sender: str | None, recipients: Iterable[str]) -> HandedOver:
    return HandedOver(sender=sender or "", recipients=tuple(recipients), null_sender=not sender or sender == "<>")


def _context(settings: Settings) -> ssl.SSLContext | None:
    """The listener's certificate. Raises: SettingsError when it cannot be used."""
    if settings.inbound_smtp_cert_file is None:
        return None
    context: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.inbound_smtp_cert_file, settings.inbound_smtp_key_file)
    except (OSError, ssl.SSLError):
        raise SettingsError(["HUB_INBOUND_SMTP_CERT_FILE and its key cannot be used together"]) from None
    return context  # type: ignore[no-any-return]
