"""What the actions ask of the hub: one client of its API, `/api/v1`.

Runs in Rasa's environment: Python 3.10, aiohttp and the standard library alone. Errors hold no text and no address.
"""

import asyncio
import os
import uuid
from typing import Any

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)
"""In seconds."""


class HubAway(Exception):
    """The hub did not answer as it must; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):
    """The hub answered that it cannot be (409): somebody else has the time, the visit is gone, consent forbids it."""


class HubApi:
    """One patient's calls, by their id in the hub."""

    def __init__(self, patient: str, url: str | None = None, token: str | None = None) -> None:
        self.patient = patient
        self._url = (url or os.environ.get("CAREHUB_URL", "http://127.0.0.1:8080")).rstrip("/")
        self._token = token or os.environ.get("CAREHUB_TOKEN", "")

    async def heard(self, text: str, language: str | None, offered: int = 0) -> dict[str, Any]:
        """What the hub's own screens hear in `text`, and which of so many `offered` times it picks."""
        said = {"text": text[:1600], "offered": offered, **_given(language=language)}
        return await self._of_patient("POST", "heard", said)

    async def language(self) -> str:
        """The patient's language, `en` where it is not known."""
        about = await self._ask("GET", f"patients/{self._id}")
        return "es" if about["preferences"]["language"] == "es" else "en"

    async def times(
        self, words: str, language: str, named: dict[str, str | None], declined: list[str]
    ) -> dict[str, Any]:
        """Open times for what the patient wrote, or the nearest to it."""
        wanted = {"words": words[:1600], "language": language, "exclude": declined[-200:], **_given(**named)}
        return await self._of_patient("POST", "times", wanted)

    async def hold(self, time: str) -> dict[str, Any]:
        """The time, kept for the patient for some minutes. Raises: Refused."""
        return await self._of_patient("POST", "hold", {"time": time})

    async def book(self, time: str, moves: str | None, key: str) -> dict[str, Any]:
        """The visit that was booked, or moved to `time`; under the same `key` once. Raises: Refused."""
        return await self._of_patient("POST", "visits", {"time": time, **_given(moves=moves)}, key)

    async def visits(self) -> list[dict[str, Any]]:
        """The visits to come, soonest first."""
        found: list[dict[str, Any]] = (await self._of_patient("GET", "visits"))["items"]
        return found

    async def cancel(self, visit: str, key: str) -> dict[str, Any]:
        """The visit that was cancelled. Raises: Refused."""
        return await self._of_patient("POST", "visits/cancel", {"appointment": visit}, key)

    async def confirm(self, visit: str, key: str) -> dict[str, Any]:
        """The visit that the patient will come to. Raises: Refused."""
        return await self._of_patient("POST", "visits/confirm", {"appointment": visit}, key)

    async def stop(self) -> None:
        """Silence on every way to the patient, appended to the consent ledger as told to another system."""
        about = await self._ask("GET", f"patients/{self._id}")
        told = {"mrn": about["mrn"], "state": "revoke", "channels": ["sms", "voice", "email", "push"], "source": "api"}
        await self._ask("POST", "consents", told)

    async def is_the_bots(self) -> bool:
        """Whether nobody of the staff has the patient's thread."""
        threads = await self._threads()
        return not threads or threads[0]["status"] in ("bot", "closed")

    async def hand_over(self, note: str) -> bool:
        """Whether staff have the patient's thread now, with a note; False where the patient has none."""
        threads = await self._threads()
        if not threads:
            return False
        thread = threads[0]["id"]
        await self._ask("PATCH", f"threads/{thread}", {"status": "open"})
        await self._ask("POST", f"threads/{thread}/messages", {"body": note, "kind": "note"})
        return True

    async def _threads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._ask("GET", "threads", query={"patient": self._id, "limit": "1"}))[
            "items"
        ]
        return found

    @property
    def _id(self) -> str:
        try:
            return str(uuid.UUID(self.patient))
        except ValueError:
            raise HubAway("sender-is-no-patient") from None

    async def _of_patient(
        self, method: str, what: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        return await self._ask(method, f"patients/{self._id}/{what}", body, key=key)

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", **({"Idempotency-Key": key} if key else {})}
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session,
                session.request(
                    method, f"{self._url}/api/v1/{path}", json=body, params=query, allow_redirects=False
                ) as answer,
            ):
                if answer.status == 409:
                    raise Refused
                if answer.status >= 300:
                    raise HubAway(f"http-{answer.status}")
                found: dict[str, Any] = await answer.json()
                return found
        except asyncio.TimeoutError:
            raise HubAway("timeout") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise HubAway("unreachable") from None


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
