"""One request to Twilio's API, and its answer."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from multidict import CIMultiDict

from hub.errors import ConfigInvalid, OutcomeUnknown, Unreachable
from hub.settings import Secret

if TYPE_CHECKING:
    from channels.twilio.transport import Transport

__all__ = ["Answer", "TwilioApi"]

TWILIO = "https://api.twilio.com"
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_connect=5, sock_read=20)
"""In seconds. `connect` covers the wait for a pooled connection, so that running out of them is never mistaken
for a request that was written. There is none for the whole, since a timer for every request is dear; an answer that
comes in pieces, as few do, gets `sock_read` for all of them together."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Twilio answered. `body` may quote numbers and text: never log it."""

    status: int
    body: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def code(self) -> str | None:
        """Twilio's error code in a refusal, if it gave one."""
        try:
            return str(msgspec.json.decode(self.body, type=_Refusal).code)
        except msgspec.DecodeError:
            return None


class _Refusal(msgspec.Struct):
    code: int


class TwilioApi:
    """The API of one account. Bind it to no loop by making it: the first request opens the connections."""

    def __init__(
        self, account_sid: str, auth_token: Secret, *, base_url: str = TWILIO, timeout: aiohttp.ClientTimeout = TIMEOUT
    ) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._transport: Transport | None = None
        self.host = urlsplit(base_url).hostname or ""
        pair = f"{account_sid}:{auth_token.reveal()}".encode()
        # Of the type that a session makes of them, which it then only copies.
        self._headers = CIMultiDict(
            {
                "Authorization": "Basic " + base64.b64encode(pair).decode(),
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
            }
        )
        self._account = f"{TWILIO}/2010-04-01/Accounts/{account_sid}"

    async def post(self, path: str, data: Mapping[str, object]) -> Answer:
        """The answer to one POST below the account, of any status.

        Raises: Unreachable if nothing was written, OutcomeUnknown if the request may have arrived, ConfigInvalid
        if the configured address is none.
        """
        return await self._request("POST", self._account + path, data=data)

    async def get(self, path: str, params: Mapping[str, object]) -> Answer:
        """The answer to one GET below the account, of any status.

        Raises: as `post`.
        """
        return await self._request("GET", self._account + path, params=params)

    async def _request(self, method: str, url: str, **content: Any) -> Answer:
        # `from None`: what aiohttp says may name hosts and addresses, and our error must be fit for a log.
        try:
            transport = self._transport or await self._load()
            response = await transport.request(method, url, headers=self._headers, **content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise Unreachable("the carrier could not be reached") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise ConfigInvalid("HUB_TWILIO_API_URL is not an address that can be asked") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(f"the carrier did not answer ({type(error).__name__})") from None
        return Answer(response.status_code, response.text, response.headers)

    async def _load(self) -> "Transport":
        """The transport, in a thread: with all that the twilio package brings it is 4 MB and a tenth of a second.

        So it is loaded by the first request: a hub that only listens has no need of it.
        """
        module = await asyncio.to_thread(import_module, "channels.twilio.transport")
        # Of several first requests one makes it, and all others use that.
        if self._transport is None:
            self._transport = module.Transport(self._base_url, self._timeout, TWILIO)
        return self._transport

    async def close(self) -> None:
        """Close the connections; a later request would open new ones."""
        if self._transport is not None:
            await self._transport.close()
