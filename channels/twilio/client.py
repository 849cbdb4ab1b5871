"""One request to Twilio's API, and its answer."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from multidict import CIMultiDict

from hub.errors import ConfigInvalid, OutcomeUnknown, Unreachable
from hub.settings import Secret

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
        # The twilio package costs a hub without an account 10 MB, and the start 0.2 s: loaded with the first account.
        from channels.twilio.transport import Transport

        self._transport = Transport(base_url, timeout, TWILIO)
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
            response = await self._transport.request(method, url, headers=self._headers, **content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise Unreachable("the carrier could not be reached") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise ConfigInvalid("HUB_TWILIO_API_URL is not an address that can be asked") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(f"the carrier did not answer ({type(error).__name__})") from None
        return Answer(response.status_code, response.text, response.headers)

    async def close(self) -> None:
        """Close the connections; a later request would open new ones."""
        await self._transport.close()
