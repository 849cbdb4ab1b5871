"""Mail by the operator's relay (SMTP).

`sent` means that the relay took the mail. What became of it later comes back as mail, too: bounces and complaints are
read by `hub.mail`, and so are the replies; there are no webhooks.

Source: RFC 5321, RFC 5322, RFC 8058.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self

from channels.base import Channel, Limits
from channels.mail import codes
from channels.mail.composing import BULK, Letterhead, compose
from channels.mail.identifiers import provider_id
from channels.mail.signing import Signer
from hub.errors import AddressInvalid, ChannelError, ConfigInvalid, PayloadInvalid, SettingsError, SignatureInvalid
from hub.settings import Settings
from hub.types import Address, AddressKind, ChannelKind, Inbound, Part, Purpose, Receipt, Status, Webhook

if TYPE_CHECKING:
    from channels.mail.relay import Relay

__all__ = ["EmailChannel"]


class EmailChannel(Channel):
    """Mail. `unsubscribe_by` must be called before mails of a purpose that calls for such a link are sent."""

    kind: ClassVar[ChannelKind] = ChannelKind.EMAIL
    # Nothing can be asked of a relay afterwards, and a second copy would be delivered.
    limits: ClassVar[Limits] = Limits(max_characters=None)
    secrets: ClassVar[tuple[str, ...]] = ("smtp_url", "imap_url")

    def __init__(self, relay: "Relay", head: Letterhead, signer: Signer | None = None) -> None:
        self._relay = relay
        self._head = head
        self._signer = signer
        self._link: Callable[[Address, Purpose], str] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The channel, if `HUB_SMTP_URL` and `HUB_EMAIL_FROM` are set.

        Raises: SettingsError when the DKIM key cannot be read.
        """
        if not (settings.smtp_url and settings.email_from):
            return None
        # Only here: a hub without mail does without what speaks SMTP.
        from channels.mail.relay import Relay, RelayAddress

        head = Letterhead(
            clinic=settings.told_name,
            address=settings.clinic_address,
            mailbox=settings.email_from,
            zone=settings.timezone,
        )
        signer = None
        if settings.dkim_key_file is not None:
            try:
                key = settings.dkim_key_file.read_bytes()
                signer = Signer(head.domain, settings.dkim_selector, key)
                signer.sign(b"From: x\r\n\r\nx\r\n")
            except (OSError, ValueError):
                raise SettingsError(["HUB_DKIM_KEY_FILE names no private key (PEM) that can be used"]) from None
        return cls(Relay(RelayAddress.of(settings.smtp_url), name=head.domain), head, signer)

    @property
    def sender(self) -> Address:
        """The mailbox that mails leave from."""
        return Address(AddressKind.MAILBOX, self._head.mailbox)

    @property
    def handed_to(self) -> str:
        """The relay."""
        return self._relay.host

    def unsubscribe_by(self, link: Callable[[Address, Purpose], str]) -> None:
        """Give mails that must say how to stop them the web address that `link` makes."""
        self._link = link

    async def send(self, part: Part) -> Receipt:
        """The relay's word that it took `part`, in one transaction.

        Raises: see `channels.mail.codes.raise_for`; Unreachable, OutcomeUnknown, ConfigInvalid.
        """
        unsubscribe = None
        if part.purpose in BULK:
            if self._link is None:
                raise ConfigInvalid("mails of this kind need a link to stop them, and there is none")
            unsubscribe = self._link(part.recipient, part.purpose)
        try:
            message = compose(part, self._head, unsubscribe=unsubscribe).as_bytes()
        except ValueError:
            raise AddressInvalid("the mailbox cannot be written in a header") from None
        if self._signer is not None:
            # RSA costs a millisecond or two: not on the loop.
            message = await asyncio.to_thread(self._signer.sign, message)
        await self._relay.deliver(message, sender=part.sender.value, recipient=part.recipient.value)
        return Receipt(provider_id=provider_id(part.reference, self._head.domain))

    def verify(self, hook: Webhook) -> None:
        """Raises: SignatureInvalid, always: a relay posts nothing."""
        raise SignatureInvalid("mail comes by no webhook")

    def parse(self, hook: Webhook) -> list[Inbound | Status]:
        """Raises: PayloadInvalid, always."""
        raise PayloadInvalid("mail comes by no webhook")

    def explain(self, code: str | None) -> str:
        """What a mail server's `code` means, in one sentence that a nurse understands."""
        return codes.explain(code)

    def fault(self, code: str | None) -> type[ChannelError]:
        """The kind of error that a bounce's code stands for."""
        return codes.fault(code)

    async def check(self) -> None:
        """Nothing, if the relay lets us in. Raises: Unreachable, ConfigInvalid."""
        await self._relay.check()
