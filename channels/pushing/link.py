"""Requests to a push service, each made once, and what may go wrong with them in our own words."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from hub.errors import OutcomeUnknown, Rejected, ReplyUnreadable, Unreachable

__all__ = ["TIMEOUT", "Answer", "Link"]

TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_connect=5, sock_read=20)
"""In seconds. `connect` covers the wait for a pooled connection, so that running out of them is never mistaken for a
request that was written."""

CONNECTIONS = 64
LONGEST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a push service answered. `body` may quote tokens: never log it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Link:
    """One session, opened with the first request, in the loop that runs then. Follows no redirect, keeps no cookie."""

    def __init__(self, timeout: aiohttp.ClientTimeout = TIMEOUT, resolver: AbstractResolver | None = None) -> None:
        self._timeout = timeout
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: URL, data: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to one POST, of any status.

        Raises: Unreachable if nothing was written, OutcomeUnknown if the request may have arrived, ReplyUnreadable
        if it was taken and the answer is too long, what the resolver raises.
        """
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, resolver=self._resolver, ttl_dns_cache=60)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
            )
        # `from None`: what aiohttp says names hosts and paths, which are a device's address.
        try:
            async with self._session.post(url, data=data, headers=headers, allow_redirects=False) as response:
                async with asyncio.timeout(self._timeout.sock_read):
                    body = await _body(response)
                return Answer(response.status, response.headers, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise Unreachable("the push service could not be reached") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise Rejected("the push service has no address that can be asked") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise OutcomeUnknown("the push service did not answer") from None

    async def close(self) -> None:
        """Close the connections; a later request would open new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(LONGEST_ANSWER):
        body += piece
        if len(body) > LONGEST_ANSWER:
            # Whose server it is, a browser says: it shall not fill our memory.
            if response.status < 300:
                raise ReplyUnreadable("the push service's answer is too long")
            break
    return bytes(body[:LONGEST_ANSWER])
