"""A browser names the address that is called, so it could name one inside the clinic's network."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import unused_port
from yarl import URL

from channels.push import PushChannel
from channels.pushing import outcome
from channels.pushing.guard import PublicResolver, endpoint, is_public
from channels.pushing.link import Link
from channels.pushing.subscription import Web, write
from channels.pushing.vapid import VapidKey
from channels.pushing.web import WebPush
from hub.errors import AddressInvalid, Rejected
from tests.channels.push_rigs import CLINIC, SUBJECT, a_part
from tests.channels.push_services import Device, encoded


class Names(AbstractResolver):
    """A name service that leads where the test says."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self.addresses
        ]

    async def close(self) -> None:
        """Holds nothing."""


@pytest.mark.parametrize(
    "text",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QGuQ",
        "https://wns2-par02p.notify.windows.com/w/?token=BQY%3d",
    ],
)
def test_push_services_of_browsers_are_called(text: str) -> None:
    assert endpoint(text) == URL(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "push.example.net/x",
        "http://push.example.net/x",
        "ftp://push.example.net/x",
        "file:///etc/passwd",
        "https:///x",
        "https://push.example.net:8443/x",
        "https://push.example.net:0/x",
        "https://push.example.net:99999/x",
        "https://user@push.example.net/x",
        "https://user:secret@push.example.net/x",
        "https://localhost/x",
        "https://redis/x",
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://0x7f.0.0.1/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://10.0.0.1./x",
        "https://169.254.169.254/latest/meta-data/",
        "https://8.8.8.8/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[2606:4700::1111]/x",
        "https://[::1/x",
        "https://push.example.net/" + "x" * 3000,
    ],
)
def test_an_address_of_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(AddressInvalid):
        endpoint(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "142.250.1.1", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1%eth0",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_addresses_that_not_everybody_reaches(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("::1",)])
async def test_a_name_that_leads_inside_is_not_connected_to(addresses: tuple[str, ...]) -> None:
    names = Names(*addresses)
    link = Link(resolver=PublicResolver(names))

    with pytest.raises(Rejected, match="private network"):
        await link.post(URL(f"http://push.example.net:{unused_port()}/x"), b"", {})

    assert names.asked == ["push.example.net"]
    await link.close()


async def test_a_real_lookup_is_held_to_it_too() -> None:
    resolver = PublicResolver()

    with pytest.raises(Rejected):
        await resolver.resolve("localhost", 443)

    await resolver.close()


async def test_the_channel_calls_nobody_inside_unless_a_test_lets_it() -> None:
    device = Device()
    inside = Web("https://127.0.0.1:1/x", encoded(device.point), encoded(device.secret))
    channel = PushChannel(CLINIC, web=WebPush(VapidKey.create(), SUBJECT))

    with pytest.raises(AddressInvalid):
        await channel.send(a_part(write(inside)))

    await channel.close()


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        (" 120 ", 120),
        ("999999", 3600),
        ("9" * 5000, 10),
        ("", 10),
        ("soon", 10),
        ("-5", 10),
        ("٣", 10),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 1),
        ("Mon, 23 Nov 2026 23:00:00 -0000", 3600),
    ],
)
def test_patience_is_as_long_as_the_service_asks_within_an_hour(said: str, seconds: int) -> None:
    assert outcome.wait(said, NOON) == timedelta(seconds=seconds)


def test_codes_are_explained_in_words() -> None:
    assert outcome.explain("UNREGISTERED") != outcome.explain("no such code") != outcome.explain(None)
    assert outcome.fault("Unregistered") is AddressInvalid
    assert outcome.fault("no such code") is outcome.fault(None) is Rejected
