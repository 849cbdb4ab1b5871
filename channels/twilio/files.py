"""Files that Twilio holds for us: recordings of calls. Credentials go to Twilio's own host and nowhere else."""

import base64

import aiohttp
from yarl import URL

from hub.errors import OutcomeUnknown, Rejected, Unreachable
from hub.settings import Secret

__all__ = ["TwilioFiles"]

TWILIO = "https://api.twilio.com"
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
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        pair = f"{account_sid}:{auth_token.reveal()}".encode()
        self._headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        self._hosts = {_origin(URL(TWILIO)), _origin(URL(base_url))}
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self.longest = longest

    async def fetch(self, url: str) -> bytes:
        """The file at `url`, which must be at Twilio's host or at the one that is configured, port and all.

        No redirect is followed, so that the credentials never leave that host.

        Raises: Rejected where it may not or cannot be had, Unreachable, OutcomeUnknown.
        """
        address = self._ours(url)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with self._session.get(address, headers=self._headers, allow_redirects=False) as response:
                if response.status in (404, 429) or response.status >= 500:
                    # Not there yet, as right after a call; or not now.
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


def _origin(address: URL) -> tuple[str, str | None, int | None]:
    return address.scheme, address.host, address.port
