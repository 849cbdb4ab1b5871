"""The HTTP side of the simulated carrier: Twilio's addresses, checks and error answers."""

import asyncio
import base64
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from channels.carrier import calls_api
from channels.carrier.faults import Break, Drop, Fault, Garbage, Hang, Refuse, Slow, Throttle
from channels.carrier.shapes import API_VERSION, Stored, message_json, refusal_json
from channels.phones import e164

if TYPE_CHECKING:
    from channels.carrier.carrier import Carrier

__all__ = ["application"]

ROOT = f"/{API_VERSION}/Accounts/{{account}}"
STORE = "/store/"
"""Where files lie that people sent along."""
LONGEST_BODY = 1600

MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Numbers that Twilio itself reserves for trying out refusals (twilio.com/docs/iam/test-credentials)."""

REFUSALS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    21211: "The 'To' number is not a valid phone number.",
    21408: "Permission to send an SMS has not been enabled for the region of the 'To' number.",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number is not a valid number of this account.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number is not currently reachable from the 'From' number.",
    21614: "The 'To' number is not a valid mobile number.",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    21705: "The Messaging Service Sid is invalid.",
}


def application(carrier: "Carrier") -> web.Application:
    """Twilio's addresses, answered by `carrier`."""
    api = _Api(carrier)
    app = web.Application(middlewares=[api.authenticate])
    app.router.add_post(ROOT + "/Messages.json", api.create)
    app.router.add_get(ROOT + "/Messages.json", api.list)
    app.router.add_get(ROOT + "/Messages/{sid}.json", api.fetch)
    app.router.add_post(ROOT + "/Messages/{sid}.json", api.redact)
    app.router.add_get(ROOT + "/Media/{sid}", api.media)
    app.router.add_get(STORE + "{sid}", api.stored)
    calls_api.add_routes(app, ROOT, carrier, api.broken)
    return app


_UNDER_WAY = ("accepted", "queued", "sending", "scheduled")


class _Api:
    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        pair = f"{carrier.account_sid}:{carrier.auth_token}".encode()
        self._authorization = b"Basic " + base64.b64encode(pair)

    @web.middleware
    async def authenticate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who knows the account's token, and only to that account. The store asks for no credentials."""
        if request.path.startswith(STORE):
            return await handler(request)
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._authorization):
            return _refuse(20003, 401)
        if request.match_info.get("account") != self._carrier.account_sid:
            return _refuse(20404, 404)
        return await handler(request)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Take a message, or refuse it, or go wrong as scripted."""
        self._carrier.requests += 1
        form = await request.post()
        fields = {name: str(value) for name, value in form.items()}
        recipient = fields.get("To", "")
        fault = self._carrier.faults.next(recipient)
        if (broken := await self.broken(request, fault, taken=False)) is not None:
            return broken
        if code := self._problem(fields, "MediaUrl" in form):
            return _refuse(code, 400, about=recipient)
        service = fields.get("MessagingServiceSid")
        message = await self._carrier.accept(
            sender=fields.get("From") or min(self._carrier.numbers, default="+12025550100"),
            recipient=recipient,
            body=fields.get("Body", ""),
            media=tuple(str(url) for url in form.getall("MediaUrl", [])),
            service_sid=service,
            callback=fields.get("StatusCallback"),
            fault=fault,
        )
        if (broken := await self.broken(request, fault, taken=True)) is not None:
            return broken
        # Twilio answers with the state in which it took the message, whatever a callback has said meanwhile.
        return _json(message_json(message) | {"status": "queued"}, 201)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """What was taken, newest first, in pages."""
        if (broken := await self.broken(request, self._carrier.faults.next_listing(), taken=False)) is not None:
            return broken
        query = request.query
        size = min(max(_whole(query.get("PageSize"), 50), 1), 1000)
        page = _whole(query.get("Page"), 0)
        after = query.get("PageToken", "").removeprefix("PA")
        found = [message for message in self._carrier.messages() if _matches(message, query)]
        start = next((n + 1 for n, message in enumerate(found) if message.sid == after), 0)
        shown = found[start : start + size]
        filters = {name: value for name, value in query.items() if name not in ("Page", "PageToken", "PageSize")}

        def address(number: int, token: str | None = None) -> str:
            values = {**filters, "PageSize": str(size), "Page": str(number)}
            return f"{request.path}?{urlencode(values | ({'PageToken': token} if token else {}))}"

        more = start + size < len(found)
        return _json(
            {
                "end": page * size + max(len(shown) - 1, 0),
                "first_page_uri": address(0),
                "messages": [message_json(message) for message in shown],
                "next_page_uri": address(page + 1, "PA" + shown[-1].sid) if more else None,
                "page": page,
                "page_size": size,
                "previous_page_uri": None,
                "start": page * size,
                "uri": str(request.rel_url),
            },
            200,
        )

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """One message."""
        message = self._carrier.message(request.match_info["sid"])
        return _json(message_json(message), 200) if message else _refuse(20404, 404)

    async def redact(self, request: web.Request) -> web.StreamResponse:
        """Forget the text of a message that has come to its end; nothing else of one can be changed."""
        message = self._carrier.message(request.match_info["sid"])
        if message is None:
            return _refuse(20404, 404)
        form = await request.post()
        if form.get("Body") != "":
            return _refuse(20001, 400)
        if message.status in _UNDER_WAY:
            return _refuse(20009, 400)
        message.body, message.hook = "", None
        return _json(message_json(message), 200)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """Where the content of a file is that a person sent along: Twilio, too, names another place."""
        if self._carrier.file(request.match_info["sid"]) is None:
            return _refuse(20404, 404)
        raise web.HTTPTemporaryRedirect(f"{self._carrier.base_url}{STORE}{request.match_info['sid']}")

    async def stored(self, request: web.Request) -> web.StreamResponse:
        """The content of a file, for who knows its id."""
        file = self._carrier.file(request.match_info["sid"])
        if file is None:
            return _refuse(20404, 404)
        return web.Response(body=file.content, headers={"Content-Type": file.content_type})

    def _problem(self, fields: Mapping[str, str], has_media: bool) -> int | None:
        """Twilio's code for what is wrong with a request, or None."""
        recipient, sender = fields.get("To", ""), fields.get("From", "")
        service = fields.get("MessagingServiceSid")
        checks = (
            (not recipient, 21604),
            (not sender and service is None, 21603),
            (service is not None and not re.fullmatch(r"MG[0-9a-fA-F]{32}", service), 21705),
            (not fields.get("Body") and not has_media, 21602),
            (len(fields.get("Body", "")) > LONGEST_BODY, 21617),
            (recipient in MAGIC, MAGIC.get(recipient)),
            (e164(recipient) != recipient, 21211),
            (bool(sender and self._carrier.numbers) and sender not in self._carrier.numbers, 21606),
            ("StatusCallback" in fields and not _is_web_address(fields["StatusCallback"]), 21609),
            (self._carrier.blocked(sender, recipient), 21610),
        )
        return next((code for wrong, code in checks if wrong), None)

    async def broken(self, request: web.Request, fault: Fault | None, *, taken: bool) -> web.StreamResponse | None:
        """The answer that `fault` gives at this point, before or after the message was taken; None to go on."""
        match fault, taken:
            case Refuse(code, status), False:
                return _refuse(code, status, about=(await request.post()).get("To", ""))
            case Throttle(after), False:
                headers = {"Retry-After": str(round(after.total_seconds()))} if after is not None else {}
                return _refuse(20429, 429, headers)
            case Break(status, when), _ if when is taken:
                return web.Response(status=status, text="<html>It broke.</html>", content_type="text/html")
            case Garbage(body), True:
                return web.Response(status=201, body=body, content_type="application/json")
            case Slow(by), True:
                await asyncio.sleep(by.total_seconds())
            case Hang(when), _ if when is taken:
                await self._carrier.closing.wait()
                return _hang_up(request)
            case Drop(when), _ if when is taken:
                return _hang_up(request)
        return None


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection; what is returned is never written."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _refuse(code: int, status: int, headers: Mapping[str, str] | None = None, *, about: object = "") -> web.Response:
    """An error answer; like Twilio's, its message quotes the number that it is about."""
    return _json(refusal_json(code, f"{REFUSALS.get(code, 'Refused')} {about}".rstrip(), status), status, headers)


def _json(value: object, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers=headers, content_type="application/json"
    )


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _matches(message: Stored, query: Mapping[str, str]) -> bool:
    """Whether `message` is one of those that a listing asks for. Dates compare by day, as `DateSent>=2026-11-23`."""
    if query.get("To", message.recipient) != message.recipient or query.get("From", message.sender) != message.sender:
        return False
    day = (message.sent or message.created).astimezone(UTC).date()
    same, before, after = (_day(query.get(name)) for name in ("DateSent", "DateSent<", "DateSent>"))
    return (same is None or day == same) and (before is None or day <= before) and (after is None or day >= after)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
