"""The portal as a channel: there without being set up, and sent as soon as it is said."""

from collections.abc import Mapping

import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from channels.portal import PORTAL, PortalChannel
from hub.errors import PayloadInvalid, SignatureInvalid
from hub.settings import Settings
from hub.types import Address, AddressKind, DeliveryState, Part, Webhook
from tests.stores import NOW

NOTHING: Mapping[str, str] = {}


def part(attempt: int = 1) -> Part:
    """A part for somebody."""
    return Part(
        reference="a-delivery",
        attempt=attempt,
        sender=PORTAL,
        recipient=Address(AddressKind.PORTAL, "a-person"),
        text="Canary words",
    )


def hook() -> Webhook:
    """Something that somebody posted."""
    return Webhook(
        route="/portal",
        url="https://hub.example.org/portal",
        headers=CIMultiDictProxy(CIMultiDict()),
        form=MultiDictProxy(MultiDict()),
        query=NOTHING,
        body=b"",
        received_at=NOW,
    )


def test_it_is_there_whatever_is_set() -> None:
    channel = PortalChannel.from_settings(Settings())

    assert channel.sender == PORTAL
    assert PortalChannel.routes == {}


async def test_a_part_is_sent_at_once_and_twice_is_the_same() -> None:
    channel = PortalChannel.from_settings(Settings())

    first, second = await channel.send(part()), await channel.send(part(2))

    assert first == second
    assert first.state is DeliveryState.SENT
    assert channel.limits.deduplicates


def test_no_webhook_is_the_portals() -> None:
    channel = PortalChannel.from_settings(Settings())

    with pytest.raises(SignatureInvalid):
        channel.verify(hook())
    with pytest.raises(PayloadInvalid):
        channel.parse(hook())
