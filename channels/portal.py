"""Messages in the patient portal: where the person reads the thread itself."""

from typing import ClassVar, Self

from channels.base import Channel, Limits
from hub.errors import PayloadInvalid, SignatureInvalid
from hub.settings import Settings
from hub.types import Address, AddressKind, ChannelKind, Inbound, Part, Receipt, Status, Webhook

__all__ = ["PORTAL", "PortalChannel"]

PORTAL = Address(AddressKind.PORTAL, "clinic")
"""The clinic, as those who write in the portal address it."""


class PortalChannel(Channel):
    """Always set up: it has no provider, and needs no account.

    A message was in the thread before it was to be sent, so that sending it is saying so. To do that twice changes
    nothing.
    """

    kind: ClassVar[ChannelKind] = ChannelKind.PORTAL
    limits: ClassVar[Limits] = Limits(max_characters=None, deduplicates=True)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The channel, whatever is set."""
        return cls()

    @property
    def sender(self) -> Address:
        """The clinic."""
        return PORTAL

    @property
    def handed_to(self) -> str:
        """Nobody: it is read here."""
        return ""

    async def send(self, part: Part) -> Receipt:
        """Says that the message is there to be read."""
        return Receipt(provider_id=part.reference)

    def verify(self, hook: Webhook) -> None:
        """Never: nobody calls back. Raises: SignatureInvalid."""
        raise SignatureInvalid("the portal is no provider and posts no webhook")

    def parse(self, hook: Webhook) -> list[Inbound | Status]:
        """Never: nobody calls back. Raises: PayloadInvalid."""
        raise PayloadInvalid("the portal is no provider and posts no webhook")
