"""Which addresses a browser may have us call.

The address of a subscription comes from whoever is signed in to the portal, so it could name a machine inside the
clinic's network. What it names is checked twice: as it is written, and where it leads once the name is resolved, in
the very lookup that the connection then uses.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from hub.errors import AddressInvalid, Rejected

__all__ = ["PublicResolver", "endpoint", "is_public"]

LONGEST = 2048

_TRANSLATED = IPv6Network("64:ff9b::/96")
_TUNNELLED = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


def endpoint(text: str, *, inside: bool = False) -> URL:
    """The address of a push service: https, by name, at the usual port, without a user.

    inside: also take plain http, numbers and any port, as a push service on this machine has them.

    Raises: AddressInvalid.
    """
    try:
        url = URL(text)
        host, port = url.host, url.port
        proper = bool(host) and url.user is None and url.password is None and len(text) <= LONGEST
    except (ValueError, TypeError):
        raise AddressInvalid("the push subscription has no address") from None
    if proper and inside:
        return url
    if not (proper and host and url.scheme == "https" and port == 443 and "." in host and not _number(host)):
        raise AddressInvalid("the push subscription's address is not one that a push service has")
    return url


def is_public(address: str) -> bool:
    """Whether `address` (a number) is one that anybody on the internet reaches."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _TRANSLATED:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        elif any(found in network for network in _TUNNELLED):
            return False
    return found.is_global and not found.is_multicast


class PublicResolver(AbstractResolver):
    """Looks names up, and refuses those that lead anywhere but to the public internet."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises: Rejected when one of them is not public, OSError when there is none."""
        if self._resolver is None:
            # Not at once: it wants the running loop.
            self._resolver = ThreadedResolver()
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(each["host"]) for each in found):
            raise Rejected("the push subscription's address leads into a private network")
        return found

    async def close(self) -> None:
        """Give back what the lookups hold."""
        if self._resolver is not None:
            await self._resolver.close()


def _number(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        # What else a resolver takes for a number: 127.1, 0x7f.1 and the like end in one.
        return host.rstrip(".").rpartition(".")[2][:1].isdigit()
    return True
