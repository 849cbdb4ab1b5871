"""How a request reaches Twilio's API.

The twilio package's client makes the request; its transport is replaced here by one that shares a connection pool
with time limits, goes to the configured address, and writes nothing into logs (the package's own transport logs
addresses of requests, which hold account ids and, when listing, numbers).
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.hdrs import CONTENT_LENGTH
from aiohttp.http import HttpProcessingError, StreamWriter
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.async_http_client import AsyncTwilioHttpClient, _logger  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from yarl import URL

from channels.twilio.form import form

__all__ = ["Transport"]

CONNECTIONS = 128
KEPT = 256
"""Addresses that are kept as they were read."""


class Transport(AsyncTwilioHttpClient):  # type: ignore[misc] # the twilio package is not typed
    """Carries requests over one session, opened with the first of them, in the loop that runs then."""

    def __init__(self, base_url: str, timeout: aiohttp.ClientTimeout, published: str) -> None:
        # Not AsyncTwilioHttpClient's own, which opens a session at once and so needs a running loop.
        AsyncHttpClient.__init__(self, _logger, True)
        self.session: aiohttp.ClientSession | None = None
        self._base_url = base_url.rstrip("/")
        self._published = published
        self._timeout = timeout
        self._addresses: dict[str, URL] = {}
        self._asked: dict[URL, tuple[Mapping[str, str] | None, aiohttp.ClientRequest]] = {}

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the twilio package's signature
        allow_redirects: bool = False,
    ) -> Response:
        """Twilio's answer, of any status."""
        session = self.session
        if session is None:
            session = self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, ttl_dns_cache=300),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        address = self._address(url)
        if method == "POST" and not params:
            return await self._post(session, address, form(data or {}), headers)
        response = await session.request(
            method,
            address,
            params=params or None,
            data=form(data) if data else None,
            headers=headers,
            allow_redirects=allow_redirects,
        )
        async with asyncio.timeout(self._timeout.sock_read):
            body = await response.read()
        return _answer(response.status, body, response.headers)

    async def _post(
        self, session: aiohttp.ClientSession, address: URL, body: bytes, headers: Mapping[str, str] | None
    ) -> Response:
        """The answer to a POST.

        It takes the steps that `session.request` takes, without those for redirects, cookies, proxies, traces and a
        repetition, none of which a POST to Twilio has, and without a task of its own that writes a few octets: they are
        a third of what a request costs us.
        """
        connector = session.connector
        assert connector is not None
        request = self._asking(session, address, headers)
        try:
            connection = await connector.connect(request, traces=[], timeout=self._timeout)
        except TimeoutError:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from None
        try:
            protocol = connection.protocol
            assert protocol is not None
            protocol.set_response_params(read_until_eof=True, read_timeout=self._timeout.sock_read)
            writer = StreamWriter(protocol, request.loop)
            head = request.headers.copy()
            head[CONTENT_LENGTH] = str(len(body))
            # Head and body leave together: the first is kept back until there is something of the second.
            await writer.write_headers(f"POST {address.raw_path_qs} HTTP/1.1", head)
            await writer.write(body)
            await writer.write_eof()
            protocol.start_timeout()
            message, content = await protocol.read()
            while message.code < 200:  # told on the way to the answer
                message, content = await protocol.read()
            if content.is_eof():
                received = content.read_nowait()
            else:
                async with asyncio.timeout(self._timeout.sock_read):
                    received = await content.read()
        except BaseException as error:
            connection.close()
            if isinstance(error, HttpProcessingError):
                raise aiohttp.ClientPayloadError("the answer is no HTTP") from error
            raise
        # It is closed, not kept, if its other end said so.
        connection.release()
        return _answer(message.code, received, message.headers)

    def _asking(
        self, session: aiohttp.ClientSession, address: URL, headers: Mapping[str, str] | None
    ) -> aiohttp.ClientRequest:
        """What is the same in every POST to `address`: where a connection for it goes, and its head but for the length.

        It is made once for an address, of which there are few.
        """
        given, request = self._asked.get(address, (None, None))
        if request is None or given is not headers:
            request = aiohttp.ClientRequest(
                "POST", address, headers=headers, loop=asyncio.get_running_loop(), session=session
            )
            if len(self._asked) >= KEPT:
                self._asked.clear()
            self._asked[address] = (headers, request)
        return request

    def _address(self, url: str) -> URL:
        """Where `url` is asked for. There are few, and reading one anew costs a tenth of a request."""
        if len(self._addresses) >= KEPT:  # each call has one of its own
            self._addresses.clear()
        known = self._addresses.get(url)
        if known is None:
            try:
                known = URL(self._base_url + url.removeprefix(self._published))
            except ValueError:
                raise aiohttp.InvalidURL(url) from None
            if known.scheme not in ("http", "https"):
                raise aiohttp.NonHttpUrlClientError(known)
            self._addresses[url] = known
        return known

    async def close(self) -> None:
        """Close the session; a later request would open another."""
        if self.session is not None:
            await self.session.close()
            self.session = None
            self._asked.clear()


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(status, body.decode("utf-8", "replace"), headers)
