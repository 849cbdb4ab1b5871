"""A FHIR R4 server over HTTP: read, search, conditional create and update, operations.

What was surely not done is tried again while patience lasts (not connected, 423, 429, 503); a read is tried again after
anything. A write of which nobody knows whether it was done is not: it is for the caller to look (`EhrUnknown`). Errors
name the kind of resource and the status alone, for an address holds ids and an answer holds a patient.

Source: hl7.org/fhir/R4/http.html (conditional create, If-Match, ETag), RFC 9110 §10.2.3 (Retry-After).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp

from hub.ehr.errors import EhrConflict, EhrDown, EhrError, EhrLocked, EhrRefused, EhrUnknown

__all__ = ["Authorizer", "Client", "Resource", "whole"]

Resource = dict[str, Any]
"""A FHIR resource as JSON."""
Pause = Callable[[float], Awaitable[None]]

_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5, sock_read=10)
"""In seconds."""
PATIENCE = 8.0
"""Seconds that a request waits in all for an EHR that asks for patience."""
_TRIES = 4
"""How often is asked for what was surely not done."""
_READS = 3
"""How often is asked for what is only read, where no answer comes."""
_PAUSES = (0.25, 0.75, 1.5)
_MOST_BYTES = 32_000_000
_MOST_PAGES = 2000
_JSON = "application/fhir+json"
_BUSY = frozenset({429, 503})


class Authorizer(Protocol):
    """Whoever has the token that requests carry."""

    async def token(self, session: aiohttp.ClientSession) -> str:
        """A token that is good now. Raises: EhrError."""
        ...

    def forget(self) -> None:
        """The token was refused: get another one for the next request."""
        ...


class Client:
    """One server. It connects with its first request; `close` it at the end.

    pause, timeout: how it waits, and how long for an answer; tests put others in their place.
    """

    def __init__(
        self,
        base_url: str,
        authorizer: Authorizer | None = None,
        *,
        pause: Pause = asyncio.sleep,
        timeout: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._authorizer = authorizer
        self._pause = pause
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of its connections."""
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def capabilities(self) -> Resource:
        """The server's CapabilityStatement. Raises: EhrError."""
        found = await self._ask("GET", "metadata", "CapabilityStatement", safe=True)
        if found is None or found.get("resourceType") != "CapabilityStatement":
            raise EhrUnknown("the EHR's address answers, but not as a FHIR server: check HUB_SCHEDULING")
        return found

    async def read(self, kind: str, resource_id: str) -> Resource | None:
        """A resource by its id; None when there is none, or no longer. Raises: EhrError."""
        return await self._ask("GET", f"{kind}/{resource_id}", kind, safe=True)

    async def search(self, kind: str, params: Sequence[tuple[str, str]], *, personal: bool = False) -> list[Resource]:
        """Every match of a search. Raises: EhrError."""
        return [one async for page in self.pages(kind, params, personal=personal) for one in page]

    async def pages(
        self, kind: str, params: Sequence[tuple[str, str]], *, personal: bool = False
    ) -> AsyncIterator[list[Resource]]:
        """The matches of a search, page by page. Raises: EhrError.

        personal: what is searched by is somebody's: it goes into the body, for addresses are written into logs.
        """
        bundle = await self._first_page(kind, params, personal)
        following = _next(bundle)
        total = bundle.get("total")
        if following is None and isinstance(total, int) and total > len(_matches(bundle, kind)):
            # A server that has no next pages is asked for all of it.
            others = [pair for pair in params if pair[0] != "_count"]
            bundle = await self._first_page(kind, [*others, ("_count", str(total))], personal)
            if len(_matches(bundle, kind)) < total and _next(bundle) is None:
                raise EhrUnknown(f"the EHR's list of {kind} is cut off")
            following = _next(bundle)
        yield _matches(bundle, kind)
        for _ in range(_MOST_PAGES):
            if following is None:
                return
            bundle = _bundle(await self._ask("GET", self.within(following), kind, safe=True), kind)
            yield _matches(bundle, kind)
            following = _next(bundle)
        raise EhrUnknown(f"the EHR's list of {kind} has no end")

    async def _first_page(self, kind: str, params: Sequence[tuple[str, str]], personal: bool) -> Resource:
        form = urlencode(params)
        if personal:
            return _bundle(await self._ask("POST", f"{kind}/_search", kind, form=form, safe=True), kind)
        return _bundle(await self._ask("GET", f"{kind}?{form}", kind, safe=True), kind)

    async def create(self, resource: Resource, *, unless: str) -> Resource:
        """The resource as created, or the one that there is with the identifier `unless` (system|value).

        Raises: EhrUnknown when nobody knows; another EhrError when it was surely not created.
        """
        kind = str(resource["resourceType"])
        headers = {"If-None-Exist": urlencode({"identifier": unless})}
        done = await self._ask("POST", kind, kind, resource, headers)
        if done is None or done.get("resourceType") != kind or not done.get("id"):
            raise EhrUnknown(f"the EHR took a {kind} and did not say what became of it")
        return done

    async def update(self, resource: Resource, version: str) -> Resource:
        """The resource as it now is; it was `version` before, or nothing is changed (EhrConflict).

        Raises: EhrUnknown when nobody knows; another EhrError when it was surely not changed.
        """
        kind, resource_id = str(resource["resourceType"]), str(resource["id"])
        done = await self._ask("PUT", f"{kind}/{resource_id}", kind, resource, {"If-Match": f'W/"{version}"'})
        if done is None:
            raise EhrConflict(f"a {kind} is no longer in the EHR", 404)
        if done.get("resourceType") != kind:
            raise EhrUnknown(f"the EHR took a {kind} and did not say what became of it")
        return done

    async def operate(self, kind: str, name: str, parameters: Resource, *, safe: bool = False) -> list[Resource]:
        """What an operation on a kind of resource returns: the resources of its Bundle, or the one. Raises: EhrError.

        safe: it changes nothing, and may be asked again.
        """
        found = await self._ask("POST", f"{kind}/${name}", kind, parameters, safe=safe)
        return _returned(found, kind)

    async def _ask(
        self,
        method: str,
        path: str,
        kind: str,
        body: Resource | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        form: str | None = None,
        safe: bool = False,
    ) -> Resource | None:
        """The answer's resource; None where there is nothing under that address."""
        waited = 0.0
        for attempt in range(_TRIES):
            try:
                return await self._once(method, path, kind, body, headers, form)
            except _Wait as asked:
                wait = _PAUSES[min(attempt, len(_PAUSES) - 1)] if asked.seconds is None else asked.seconds
                if attempt == _TRIES - 1 or waited + wait > PATIENCE:
                    raise asked.error from None
            except EhrUnknown:
                if not safe or attempt == _READS - 1:
                    raise
                wait = _PAUSES[min(attempt, len(_PAUSES) - 1)]
            waited += wait
            await self._pause(wait)
        raise AssertionError("unreachable")

    async def _once(
        self,
        method: str,
        path: str,
        kind: str,
        body: Resource | None,
        headers: Mapping[str, str] | None,
        form: str | None,
    ) -> Resource | None:
        session = self._connected()
        sent = {"Accept": _JSON, "Prefer": "return=representation", **(headers or {})}
        data: bytes | None = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), f"{_JSON}; charset=utf-8"
        elif form is not None:
            data, sent["Content-Type"] = form.encode(), "application/x-www-form-urlencoded"
        if self._authorizer is not None:
            sent["Authorization"] = f"Bearer {await self._authorizer.token(session)}"
        url = path if path.startswith(self.base_url) else f"{self.base_url}/{path}"
        try:
            async with session.request(method, url, data=data, headers=sent, allow_redirects=False) as answer:
                raw = await whole(answer, _MOST_BYTES) if answer.status < 300 else b""
                return self._judged(answer, raw, kind, method)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise _Wait(EhrDown("the EHR cannot be reached: check HUB_SCHEDULING")) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise EhrUnknown(f"the EHR did not answer about a {kind}") from None

    def _judged(self, answer: aiohttp.ClientResponse, raw: bytes, kind: str, method: str) -> Resource | None:
        """What an answer means. Raises: EhrError, _Wait."""
        status = answer.status
        if status < 300:
            return _parsed(raw, kind)
        if status in (404, 410):
            return None
        if status in _BUSY:
            raise _Wait(EhrDown(f"the EHR is too busy ({status})", status), _retry_after(answer.headers))
        if status == 423:
            raise _Wait(EhrLocked(f"a {kind} is being edited in the EHR", status), _retry_after(answer.headers))
        if status in (409, 412):
            raise EhrConflict(f"a {kind} was changed in the EHR meanwhile ({status})", status)
        if status == 401 and self._authorizer is not None:
            self._authorizer.forget()
            raise _Wait(EhrRefused("the EHR does not take our token (401): see `hub doctor`", status), 0.0)
        if status >= 500:
            raise EhrUnknown(f"the EHR failed at a {kind} ({status})", status)
        raise EhrRefused(f"the EHR refused {method} of a {kind} ({status})", status)

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=16)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, trust_env=True)
        return self._session

    def within(self, url: str) -> str:
        """The next page's address, which must be the same server's: our token goes there."""
        whole, base = urlsplit(urljoin(f"{self.base_url}/", url)), urlsplit(self.base_url)
        if (whole.scheme, whole.netloc) != (base.scheme, base.netloc) or not whole.path.startswith(base.path):
            raise EhrRefused("the EHR points to another server for its next page")
        return whole.geturl()


class _Wait(Exception):
    """It was not done, and may be after some seconds; `error` is what to say when we wait no longer."""

    def __init__(self, error: EhrError, seconds: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.seconds = seconds


async def whole(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body of an answer, which holds no more than `most` bytes. Raises: EhrUnknown."""
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(65536):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise EhrUnknown("the EHR's answer has no end")
    return b"".join(pieces)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the server says; None when it does not."""
    said = headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()) if said else None
    except (ValueError, TypeError):
        return None


def _parsed(raw: bytes, kind: str) -> Resource:
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise EhrUnknown(f"the EHR's answer about a {kind} cannot be read")
    return found


def _bundle(found: Resource | None, kind: str) -> Resource:
    if found is None or found.get("resourceType") != "Bundle":
        raise EhrUnknown(f"the EHR's list of {kind} cannot be read")
    return found


def _next(bundle: Resource) -> str | None:
    """The address of the next page; None where this is the last."""
    links = _objects(bundle.get("link"))
    return next((str(one["url"]) for one in links if one.get("relation") == "next" and one.get("url")), None)


def _matches(bundle: Resource, kind: str) -> list[Resource]:
    """The resources of one kind in a page; what was included beside them is left out."""
    entries = [one.get("resource") for one in _objects(bundle.get("entry"))]
    return [one for one in entries if isinstance(one, dict) and one.get("resourceType") == kind]


def _returned(found: Resource | None, kind: str) -> list[Resource]:
    """The resources of a kind that an operation gave back: in a Bundle, in Parameters, or alone."""
    if found is None:
        raise EhrRefused(f"the EHR does not know an operation on {kind} that it declares", 404)
    if found.get("resourceType") == "Parameters":
        inner = [one.get("resource") for one in _objects(found.get("parameter"))]
        return [each for one in inner if isinstance(one, dict) for each in _returned(one, kind)]
    if found.get("resourceType") == "Bundle":
        return _matches(found, kind)
    return [found] if found.get("resourceType") == kind else []


def _objects(said: Any) -> list[Resource]:
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
