"""A real mail server on loopback, TLS on, that keeps what it takes and does what a test asks for."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from channels.email import EmailChannel
from channels.mail.composing import Letterhead
from channels.mail.relay import Relay, RelayAddress
from channels.mail.signing import Signer
from hub.settings import Secret
from hub.types import Address, AddressKind, Part, Purpose, new_id
from tests.channels.contract import SAID, Mishap, SendingRig

CLINIC = "hello@clinic.example.org"
PATIENT = "ana.ruiz@example.org"
USER, PASSWORD = "hub", "let us in, please"
HEAD = Letterhead(
    clinic="Maple Street Clinic", address="12 Maple Street, Springfield", mailbox=CLINIC, zone=ZoneInfo("UTC")
)

logging.getLogger("mail.log").setLevel(logging.CRITICAL)
# The test's own server would log what it hears, and tests look for that in logs.

REFUSALS: dict[Mishap, tuple[str, str]] = {
    "throttled": ("MAIL", "451 4.7.1 <ana.ruiz@example.org> come back later"),
    "unavailable": ("MAIL", "421 4.3.2 going down"),
    "refused": ("RCPT", "550 5.1.1 <ana.ruiz@example.org> unknown"),
}


@dataclass
class MailServer:
    """What arrived, and what is to befall the next mail: a mishap, or (command, reply)."""

    authority: trustme.CA = field(default_factory=trustme.CA)
    port: int = 0
    transactions: int = 0
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    next: Mishap | tuple[str, str] | None = None
    encrypted: list[bool] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.transactions += 1
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        if reply := self._reply("MAIL"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if reply := self._reply("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if reply := self._reply("DATA"):
            return reply
        mishap, self.next = self.next, None
        if mishap in (None, "drop_taken", "broken_taken"):
            self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, envelope.content or b""))
        if mishap == "hang":
            await self.closing.wait()
        if mishap in ("drop_taken", "drop_untaken"):
            server.transport.abort()
        return "no reply at all" if mishap == "broken_taken" else "250 2.0.0 taken"

    def _reply(self, command: str) -> str | None:
        wanted = REFUSALS.get(self.next, (None, "")) if isinstance(self.next, str) else self.next or (None, "")
        if wanted[0] != command:
            return None
        self.next = None
        return wanted[1]

    def trust(self) -> ssl.SSLContext:
        """A client's trust in this server."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


def _lets_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def mail_server(
    *, implicit: bool = False, offers: bool = True, host: str = "127.0.0.1"
) -> AsyncIterator[MailServer]:
    """A server that wants TLS (at once if `implicit`, else by STARTTLS) and a log-in; not `offers`: plain only."""
    server = MailServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.authority.issue_cert(host).configure_cert(context)
    starttls = context if offers and not implicit else None
    listening = await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            server,
            hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=not implicit and offers,
            authenticator=_lets_in,
            loop=asyncio.get_running_loop(),
        ),
        "127.0.0.1",
        0,
        ssl=context if implicit else None,
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.closing.set()
        listening.close()


class EmailRig(SendingRig):
    """The channel against the server; `url` is where the channel believes it to be."""

    def __init__(self, server: MailServer, *, signer: Signer | None = None, timeout: float = 0.4) -> None:
        self.server = server
        self._signer = signer
        self._timeout = timeout
        self.channel: EmailChannel = self.reaching(f"smtp://hub:{quoted()}@127.0.0.1:{server.port}?starttls=1")
        self.private = (PASSWORD, PATIENT, "ana.ruiz")

    def reaching(self, url: str, *, tls: ssl.SSLContext | None = None) -> EmailChannel:
        address = RelayAddress.of(Secret(url))
        relay = Relay(
            address,
            name="hub.example.org",
            tls=tls or self.server.trust(),
            timeout=timedelta(seconds=self._timeout),
        )
        made = EmailChannel(relay, HEAD, self._signer)
        made.unsubscribe_by(lambda _address, purpose: f"https://hub.example.org/unsubscribe/{purpose}")
        return made

    def part(self, text: str = SAID) -> Part:
        return a_mail(text)

    def requests(self) -> int:
        return self.server.transactions

    def befall(self, mishap: Mishap) -> None:
        self.server.next = mishap

    def nowhere(self) -> EmailChannel:
        return self.reaching("smtp://127.0.0.1:1?starttls=1")


def quoted(password: str = PASSWORD) -> str:
    return quote(password, safe="")


def a_mail(text: str = SAID, **values: Any) -> Part:
    given = {
        "reference": new_id(),
        "attempt": 1,
        "sender": Address(AddressKind.MAILBOX, CLINIC),
        "recipient": Address(AddressKind.MAILBOX, PATIENT),
        "purpose": Purpose.CARE,
    }
    return Part(text=text, **(given | values))
