"""Files that Twilio holds for us: recordings of calls, and what came with texts.

Credentials go to Twilio's own host and nowhere else. For the files of texts that host names another, which holds them
and wants no credentials: such a step is taken once, to hosts that are known to be Twilio's, without them.

Source: twilio.com/docs/messaging/api/media-resource; help.twilio.com, "Protect Media Access with HTTP Basic
Authentication for Programmable Messaging".
"""

import base64
from collections.abc import Mapping

import aiohttp
from yarl import URL

from hub.errors import OutcomeUnknown, Rejected, Unreachable
from hub.settings import Secret

__all__ = ["TwilioFiles"]

TWILIO = "https://api.twilio.com"
STORES: Mapping[str, str] = {
    "mms.twiliocdn.com": "/",
    "media.twiliocdn.com": "/",
    "s3-external-1.amazonaws.com": "/media.twiliocdn.com/",
}
"""Hosts that hold Twilio's files, and where there such files lie."""
_STEPS = (301, 302, 303, 307, 308)
TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5, sock_read=20)
_PIECE = 64 * 1024


class TwilioFiles:
    """The files of one account, each at most `longest` octets. The first request opens the connections."""

    def __init__(
        self,
        account_sid: str,
        auth_token: Secret,
        *,
        base_url: str = TWILIO,
        longest: int = 32 * 1024 * 1024,
        stores: Mapping[str, str] = STORES,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        pair = f"{account_sid}:{auth_token.reveal()}".encode()
        self._headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        self._hosts = {_origin(URL(TWILIO)), _origin(URL(base_url))}
        # A carrier on this machine, as in tests, may be spoken to in the clear; so may its store.
        self._schemes = {"https", URL(base_url).scheme}
        # The host that is configured may hold them itself.
        self._stores = {**stores, _name(URL(base_url)): "/"}
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self.longest = longest

    async def fetch(self, url: str) -> bytes:
        """The file at `url`, which must be at Twilio's host or at the one that is configured, port and all.

        Where that host names another one, it is asked there without credentials, if the other is one of the stores.

        Raises: Rejected where it may not or cannot be had, Unreachable, OutcomeUnknown.
        """
        content = await self._get(self._ours(url), self._headers)
        if isinstance(content, str):
            content = await self._get(self._store(content), {})
        if isinstance(content, str):
            raise Rejected("the carrier sends from one place to the next", provider_code="elsewhere")
        return content

    async def _get(self, address: URL, headers: Mapping[str, str]) -> bytes | str:
        """The file at `address`, or the address that is named instead."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with self._session.get(address, headers=headers, allow_redirects=False) as response:
                if response.status in _STEPS:
                    return response.headers.get("Location", "")
                if response.status in (401, 403, 404, 429) or response.status >= 500:
                    # Not there yet, as right after a call; or not now; or not to us, which the operator can mend.
                    raise Unreachable("the carrier does not have the file yet", provider_code=f"http_{response.status}")
                if response.status != 200:
                    raise Rejected("the carrier did not give the file", provider_code=f"http_{response.status}")
                content = bytearray()
                async for piece in response.content.iter_chunked(_PIECE):
                    content += piece
                    if len(content) > self.longest:
                        raise Rejected("the file is too large", provider_code="too_large")
                return bytes(content)
        except aiohttp.ClientConnectorError:
            raise Unreachable("the carrier could not be reached") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(f"the carrier did not answer ({type(error).__name__})") from None

    def _store(self, url: str) -> URL:
        """An address that the carrier named, if it is one of the stores'."""
        try:
            address = URL(url, encoded=True)
            folder = self._stores.get(_name(address))
            plain = address.scheme in self._schemes and address.user is None and ".." not in address.parts
            if folder is not None and plain and address.path.startswith(folder):
                # As it was signed by whoever named it: nothing of it is written anew.
                return address
        except ValueError:
            pass
        raise Rejected("the carrier names a place that is not known to be its own", provider_code="elsewhere")

    def _ours(self, url: str) -> URL:
        try:
            address = URL(url)
            if _origin(address) in self._hosts and address.user is None:
                return address
        except ValueError:
            pass
        raise Rejected("the file is not at the carrier's own address", provider_code="elsewhere")

    async def close(self) -> None:
        """Close the connections; a later request would open new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _name(address: URL) -> str:
    """The host, with its port where that is not the usual one."""
    return (address.host or "") if address.is_default_port() else f"{address.host}:{address.port}"


def _origin(address: URL) -> tuple[str, str | None, int | None]:
    return address.scheme, address.host, address.port
