"""One call of a key service over HTTP: bounded in time and size, tried again where the fault may pass."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import KeyServiceAway

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Answer", "Caller", "Signed"]

_LARGEST = 256 * 1024
_TRIES = 3
_PASSING = frozenset({408, 412, 429, 500, 502, 503, 504})
"""Answers after which the same request may do. (412: a Vault replica that is behind.)"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered. body: its JSON object, or nothing. location: where it sends us, if it does."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    location: str = ""

    def text(self, *path: str) -> str:
        """The text at `path` in the body; "" where there is none."""
        found: Any = self.body
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Signed:
    """One request, ready to be sent."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Caller:
    """Calls of one service. name: for what goes wrong; seconds: how long one try may take; ca_file: whom to believe."""

    def __init__(self, name: str, seconds: float, ca_file: Path | None = None, pause: float = 0.3) -> None:
        self._name, self.seconds, self._ca_file, self._pause = name, seconds, ca_file, pause

    async def post(
        self, request: Callable[[], Awaitable[Signed]], passing: Callable[[Answer], bool] = lambda answer: False
    ) -> Answer:
        """The answer to a request, made anew for each try. passing: which other answers are worth another try.

        Raises: KeyServiceAway when there is none, none in time, or none that can be read.
        """
        import aiohttp

        limits = aiohttp.ClientTimeout(total=self.seconds)
        # The few calls there are come far apart: no connection is kept for them.
        connector = aiohttp.TCPConnector(ssl=self._tls() or True, force_close=True)
        async with aiohttp.ClientSession(timeout=limits, connector=connector) as session:
            for left in reversed(range(_TRIES)):
                signed = await request()
                try:
                    answer = await self._once(session, signed)
                except KeyServiceAway:
                    if not left:
                        raise
                else:
                    if not left or not (answer.status in _PASSING or passing(answer)):
                        return answer
                await asyncio.sleep(self._pause * (_TRIES - left))
        raise AssertionError("unreachable")

    def away(self, why: str) -> KeyServiceAway:
        """What to raise when the service cannot be asked."""
        return KeyServiceAway(f"the key service {self._name} {why}")

    async def _once(self, session: "aiohttp.ClientSession", signed: Signed) -> Answer:
        import aiohttp

        try:
            async with session.post(
                signed.url, data=signed.body, headers=signed.headers, allow_redirects=False
            ) as answer:
                raw = await answer.content.read(_LARGEST + 1)
                while len(raw) <= _LARGEST and not answer.content.at_eof():
                    raw += await answer.content.read(_LARGEST)
        except TimeoutError:
            raise self.away(f"did not answer in {self.seconds:g} s: check that it can be reached") from None
        except aiohttp.ClientConnectorCertificateError:
            raise self.away("shows a certificate that is not believed: check HUB_KMS_CA_FILE") from None
        except (aiohttp.ClientError, OSError):
            raise self.away("cannot be reached: check its address, and the network between") from None
        if len(raw) > _LARGEST:
            raise self.away("answers what no key service does: check its address")
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            if answer.status == 200:
                raise self.away("answers what no key service does: check its address")
            body = {}
        return Answer(answer.status, body, answer.headers.get("Location", ""))

    def _tls(self) -> ssl.SSLContext | None:
        if self._ca_file is None:
            return None
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except (OSError, ssl.SSLError):
            raise self.away("cannot be asked: HUB_KMS_CA_FILE cannot be read as certificates") from None
