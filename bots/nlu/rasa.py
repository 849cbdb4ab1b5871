"""A Rasa server as the hub asks it: what it makes of one text, and what it is.

Nothing is tried again here, and nothing of a text or an answer goes into an error. The token goes in the query, the
only place where Rasa looks for it: so the server belongs on this machine or behind TLS.

Source: rasa.com/docs/rasa/pages/http-api, Rasa 3.6.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from hub.errors import EngineFailed
from hub.settings import Secret

_CONNECT = 1.0
"""Seconds to wait for a connection at most."""
_LARGEST = 256 * 1024
"""Bytes of an answer that are read; a whole ranking takes a few thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What Rasa makes of a text: each intent that it knows with its confidence, 0 to 1."""

    ranking: Mapping[str, float]


class RasaServer:
    """One server, over connections that are kept. Made anywhere; asked within one running loop."""

    def __init__(self, url: str, token: Secret, timeout: timedelta) -> None:
        self._url = url
        self._token = token
        seconds = timeout.total_seconds()
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, _CONNECT))
        self._session: aiohttp.ClientSession | None = None

    async def parse(self, text: str) -> Parsed:
        """What `text` means to the server. Raises: EngineFailed."""
        return parsed(await self._ask("POST", "/model/parse", {"text": text}))

    async def told(self) -> str:
        """The server's version and whether it has a model, for a person. Raises: EngineFailed."""
        about = await self._ask("GET", "/version")
        version = about.get("version") if isinstance(about, dict) else None
        await self._ask("GET", "/status")
        return f"Rasa {version}" if isinstance(version, str) and len(version) < 20 else "Rasa"

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
        query = {"token": self._token.reveal()} if self._token else {}
        try:
            async with self._session.request(
                method, f"{self._url}{path}", params=query, json=body, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise EngineFailed(_REFUSALS.get(answer.status, f"http-{answer.status}"))
                return await _json(answer)
        # Its own words would quote the address, and with it the token.
        except TimeoutError:
            raise EngineFailed("timeout") from None
        except (aiohttp.ClientError, OSError):
            raise EngineFailed("unreachable") from None


_REFUSALS = {401: "token-refused", 403: "token-refused", 409: "no-model"}


async def _json(answer: aiohttp.ClientResponse) -> Any:
    raw = b""
    while piece := await answer.content.read(_LARGEST + 1 - len(raw)):
        raw += piece
        if len(raw) > _LARGEST:
            raise EngineFailed("unreadable")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise EngineFailed("unreadable") from None


def parsed(answer: Any) -> Parsed:
    """The answer of `/model/parse`, its ranking alone. Raises: EngineFailed when it holds none that can be used."""
    ranking = answer.get("intent_ranking") if isinstance(answer, dict) else None
    found: dict[str, float] = {}
    for one in ranking if isinstance(ranking, list) else ():
        if not isinstance(one, dict):
            continue
        name, confidence = one.get("name"), one.get("confidence")
        # A truth value is a number, too, to Python.
        if not isinstance(confidence, int | float) or isinstance(confidence, bool):
            continue
        if isinstance(name, str) and 0 <= confidence <= 1:
            found[name] = float(confidence)
    if not found:
        raise EngineFailed("unreadable")
    return Parsed(ranking=found)
