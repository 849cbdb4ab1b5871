"""The HTTP side of calls: Twilio's addresses, checks and error answers."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from channels.carrier.shapes import call_json, refusal_json
from channels.phones import e164

if TYPE_CHECKING:
    from channels.carrier.carrier import Carrier

__all__ = ["add_routes"]

LONGEST_DOCUMENT = 4000

REFUSALS = {
    20404: "The requested resource was not found",
    21201: "No 'To' number is specified",
    21205: "Url parameter is invalid",
    21211: "The 'To' number is not a valid phone number.",
    21212: "The 'From' number is not a valid phone number.",
    21213: "No 'From' number is specified",
    21218: "Invalid TwiML or Url parameter",
    21220: "Call is not in-progress. Cannot redirect.",
}

Broken = Callable[..., Awaitable[web.StreamResponse | None]]


def add_routes(app: web.Application, root: str, carrier: "Carrier", broken: Broken) -> None:
    """Add the addresses of calls and recordings; `broken` is how requests go wrong as scripted."""
    api = _CallsApi(carrier, broken)
    app.router.add_post(root + "/Calls.json", api.create)
    app.router.add_get(root + "/Calls.json", api.list)
    app.router.add_get(root + "/Calls/{sid}.json", api.fetch)
    app.router.add_post(root + "/Calls/{sid}.json", api.change)
    app.router.add_get(root + "/Recordings/{sid}.mp3", api.recording)


class _CallsApi:
    def __init__(self, carrier: "Carrier", broken: Broken) -> None:
        self._carrier = carrier
        self._broken = broken

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Begin a call, or refuse it, or go wrong as scripted."""
        self._carrier.requests += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        person, clinic, url = form.get("To", ""), form.get("From", ""), form.get("Url", "")
        fault = self._carrier.faults.next(person)
        if (broken := await self._broken(request, fault, taken=False)) is not None:
            return broken
        checks = (
            (not person, 21201),
            (not clinic, 21213),
            (e164(person) != person, 21211),
            (bool(self._carrier.numbers) and clinic not in self._carrier.numbers, 21212),
            (not url.startswith(("http://", "https://")), 21205),
        )
        if code := next((code for wrong, code in checks if wrong), None):
            return _refuse(code, 400, person)
        call = self._carrier.calls.place(
            person=person,
            clinic=clinic,
            url=url,
            callback=form.get("StatusCallback", ""),
            detects="MachineDetection" in form,
        )
        if (broken := await self._broken(request, fault, taken=True)) is not None:
            return broken
        return _json(call_json(call) | {"status": "queued"}, 201)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """The calls, newest first; one page."""
        if (broken := await self._broken(request, self._carrier.faults.next_listing(), taken=False)) is not None:
            return broken
        to, size = request.query.get("To"), request.query.get("PageSize", "50")
        found = [call for call in map(call_json, self._carrier.calls.all()) if to in (None, call["to"])]
        most = int(size) if size.isascii() and size.isdigit() else 50
        more = f"{request.path}?Page=1" if len(found) > most else None
        return _json({"calls": found[:most], "next_page_uri": more, "page": 0, "page_size": most}, 200)

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        call = self._carrier.calls.get(request.match_info["sid"])
        return _json(call_json(call), 200) if call else _refuse(20404, 404)

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Let a call go on with other instructions, or end it."""
        self._carrier.requests += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        call = self._carrier.calls.get(request.match_info["sid"])
        fault = self._carrier.faults.next(call.person if call else "")
        if (broken := await self._broken(request, fault, taken=False)) is not None:
            return broken
        if call is None:
            return _refuse(20404, 404)
        if call.status != "in-progress":
            return _refuse(21220, 400)
        document, url = form.get("Twiml"), form.get("Url")
        if form.get("Status") == "completed":
            await call.hangs_up()
        elif (document is None) == (url is None) or len(document or "") > LONGEST_DOCUMENT:
            return _refuse(21218, 400)
        else:
            call.begin(url, document)
        if (broken := await self._broken(request, fault, taken=True)) is not None:
            return broken
        return _json(call_json(call), 200)

    async def recording(self, request: web.Request) -> web.StreamResponse:
        """The sound of a message that somebody left."""
        file = self._carrier.file(request.match_info["sid"])
        if file is None:
            return _refuse(20404, 404)
        return web.Response(body=file.content, headers={"Content-Type": file.content_type})


def _refuse(code: int, status: int, about: str = "") -> web.Response:
    """An error answer; like Twilio's, its message quotes the number that it is about."""
    return _json(refusal_json(code, f"{REFUSALS[code]} {about}".rstrip(), status), status)


def _json(value: object, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
