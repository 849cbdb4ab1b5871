"""The simulated server: takes the hub's mails for any mailbox, and hands over to the hub what people write."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from email import message_from_bytes
from email.headerregistry import Address as Mailbox_
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.mailhost import program
from channels.mailhost.mailbox import Mail, Mailbox
from hub.clock import Clock, SystemClock
from hub.types import Language

__all__ = ["AUTHSERV_ID", "MailHost"]

AUTHSERV_ID = "mx.simulated.example.org"
"""The name under which it vouches for senders: what `HUB_MAIL_AUTHSERV_ID` must be."""

LARGEST = 1_000_000
"""Octets of one mail."""
TIMEOUT = 15.0


class MailHost:
    """A mail server with the mailboxes of everybody but the clinic.

    deliver_to: host and port of the hub's own listener; set once it listens.
    vouches: whether it says of what it hands over that it checked the sender, as it does for its own mailboxes.
    keep: how many mailboxes are remembered.
    """

    def __init__(self, *, clock: Clock | None = None, keep: int = 1_000) -> None:
        self.deliver_to: tuple[str, int] | None = None
        self.vouches = True
        self._clock = clock or SystemClock()
        self._keep = keep
        self._boxes: OrderedDict[str, Mailbox] = OrderedDict()
        self._server: asyncio.Server | None = None
        # It would log whom it hears from and what they say.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)

    # Running

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, on a free port if `port` is 0, and give the address for `HUB_SMTP_URL`."""
        loop = asyncio.get_running_loop()

        def conversation() -> SMTP:
            return SMTP(self, hostname=AUTHSERV_ID, data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop)

        self._server = await loop.create_server(conversation, host, port)
        return f"smtp://{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    # People

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox with that address."""
        box = self._boxes.get(address.lower())
        if box is None:
            box = self._boxes[address.lower()] = Mailbox(address.lower())
        self._boxes.move_to_end(box.address)
        while len(self._boxes) > self._keep:
            self._boxes.popitem(last=False)
        return box

    async def reply(self, address: str, to: Mail, words: str, *, author: str, language: Language = "en") -> Mail:
        """The answer that the owner of `address` wrote to the mail `to`, once the hub took it, or did not.

        Raises: ValueError without a hub to hand it to.
        """
        message = program.reply(
            to.message,
            author=author,
            sender=address,
            words=words,
            name=self._name(address),
            at=self._clock.now(),
            language=language,
        )
        return await self._send(address, message)

    async def write(self, address: str, recipient: str, subject: str, words: str, *, author: str) -> Mail:
        """A mail that the owner of `address` wrote anew, once the hub took it, or did not. Raises: as `reply`."""
        message = program.new(
            author=author,
            sender=address,
            recipient=recipient,
            subject=subject,
            words=words,
            name=self._name(address),
            at=self._clock.now(),
        )
        return await self._send(address, message)

    async def _send(self, address: str, message: EmailMessage) -> Mail:
        if self.deliver_to is None:
            raise ValueError("the mail host has no hub to hand mails to")
        box = self.mailbox(address)
        mail = self._shown(message, mine=True)
        box.show(mail)
        mail.state = "taken" if await self._hand_over(address, message) else "refused"
        box.touch()
        return mail

    async def _hand_over(self, sender: str, message: EmailMessage) -> bool:
        """Whether the hub took the message."""
        assert self.deliver_to is not None
        recipient = _mailbox_of(message, "To")
        verdict = f"dmarc={'pass' if self.vouches else 'fail'} header.from={sender.rpartition('@')[2]}"
        head = f"Authentication-Results: {AUTHSERV_ID}; {verdict}\r\n".encode()
        host, port = self.deliver_to
        session = aiosmtplib.SMTP(hostname=host, port=port, timeout=TIMEOUT, use_tls=False, start_tls=False)
        try:
            async with session:
                await session.sendmail(sender, [recipient], head + message.as_bytes())
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True

    def _shown(self, message: EmailMessage, *, mine: bool) -> Mail:
        text, html = program.bodies(message)
        return Mail(
            id=secrets.token_hex(8),
            mine=mine,
            peer=str(message.get("To" if mine else "From") or ""),
            subject=str(message.get("Subject") or ""),
            text=text,
            html=html,
            at=self._clock.now(),
            state="sending" if mine else "unread",
            message=message,
        )

    def _name(self, address: str) -> str:
        """A new Message-ID."""
        return f"<{secrets.token_hex(12)}@{address.rpartition('@')[2]}>"

    # The server

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        """Anybody may send."""
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        """To anybody."""
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Put the mail into every mailbox that it is for."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(raw, policy=POLICY)
        for recipient in envelope.rcpt_tos:
            self.mailbox(recipient).show(self._shown(message, mine=False))
        return "250 2.0.0 taken"


def _mailbox_of(message: EmailMessage, header: str) -> str:
    """The one mailbox in a header of addresses."""
    addresses: tuple[Mailbox_, ...] = message[header].addresses
    return addresses[0].addr_spec
