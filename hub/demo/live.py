"""The demo page's stream of server-sent events: what one phone and mailbox show, the clinic's side, and what happens.

Texts, mails and calls carry their ids and are sent whole when a stream opens, then as they change; a page that sees one
again only updates it. Lines of the strip are numbered by their rows: a page that comes back names the last it saw, and
gets what came after, once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from channels.carrier import Call, Entry
from channels.mailhost import Mail
from hub.audit import Actor
from hub.audit import Entry as Audited
from hub.demo.behind import Deed, deeds
from hub.demo.clinic import PHONES, Phone
from hub.demo.outside import Outside
from hub.demo.side import persons_on, side
from hub.demo.standing import standing
from hub.demo.wording import chosen, table
from hub.parts import Parts
from hub.types import Direction, Language, new_id

PING = 15.0
"""Seconds of silence after which a comment is sent: a dead stream shows only when it is written to."""

_MINE: Mapping[str, str] = {"sending": "sending", "delivered": "taken", "failed": "failed"}
_THEIRS: Mapping[str, str] = {"queued": "arriving", "sent": "arriving", "delivered": "delivered", "read": "delivered"}
_PHONES = {phone.key: phone for phone in PHONES}


class Live:
    """Serves any number of streams. `run` names this start of the demo: its rows are later than it."""

    def __init__(self, parts: Parts, outside: Outside) -> None:
        self._parts = parts
        self._outside = outside
        self.run = new_id()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with events until the page or the demo goes away."""
        phone = _PHONES.get(request.query.get("who", ""))
        if phone is None:
            raise web.HTTPNotFound
        reading = Audited(action="demo.watch", actor=Actor("system", "demo"))
        await self._parts.db.write(lambda conn: self._parts.trail.record(conn, reading))
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        page = _Page(
            self._parts,
            self._outside,
            response,
            phone,
            chosen(request.query.get("lang")),
            after=max(self.run, request.query.get("after", "")),
        )
        try:
            await page.event("started", {"run": self.run})
            await page.serve()
        except ConnectionError:
            pass  # the page was closed
        return response


class _Page:
    """One page that watches."""

    def __init__(
        self,
        parts: Parts,
        outside: Outside,
        response: web.StreamResponse,
        phone: Phone,
        language: Language,
        *,
        after: str,
    ) -> None:
        self._parts = parts
        self._carrier = outside.carrier
        self._phone = outside.carrier.phone(phone.number)
        self._box = outside.mail.mailbox(phone.mailbox)
        self._response = response
        self._who = phone
        self._language = language
        self._after = after
        self._shown: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        self._closing = False

    async def event(self, name: str, data: Mapping[str, Any], row: str = "") -> None:
        """Write one event; `row` is what the page names when it comes back."""
        number = f"id: {row}\n" if row else ""
        await self._response.write(f"event: {name}\n{number}data: ".encode() + msgspec.json.encode(data) + b"\n\n")

    async def serve(self) -> None:
        """Send what is there, then every change."""
        watches = [asyncio.create_task(self._watch(one)) for one in (self._phone, self._box)]
        watches += [asyncio.create_task(self._listen()), asyncio.create_task(self._until_closing())]
        try:
            while not self._closing:
                self._changed.clear()
                await self._send_changes()
                try:
                    await asyncio.wait_for(self._changed.wait(), PING)
                except TimeoutError:
                    await self._response.write(b": still here\n\n")
        finally:
            for task in watches:
                task.cancel()
            await asyncio.gather(*watches, return_exceptions=True)

    async def _watch(self, device: Any) -> None:
        version = device.version
        while True:
            version = await device.changes(version)
            self._changed.set()

    async def _listen(self) -> None:
        while True:
            if await self._parts.bell.wait(PING):
                self._changed.set()

    async def _until_closing(self) -> None:
        await self._carrier.closing.wait()
        self._closing = True
        self._changed.set()

    async def _send_changes(self) -> None:
        await self._send_new("texts", [_text(entry) for entry in self._phone.conversation])
        await self._send_new("mails", [_mail(mail) for mail in self._box.mails])
        await self._send_new("calls", [_call(call) for call in self._carrier.calls.on(self._who.number)])
        async with self._parts.db.read() as conn:
            state = await standing(self._parts, conn, self._who.number)
            thread = await side(self._parts, conn, self._who, self._language)
            persons = await persons_on(self._parts, conn, self._who)
            lines = await deeds(self._parts, conn, self._after, persons, self._language)
        await self._send_new("standing", {"state": state, "words": table(self._language, "standing")[state]})
        await self._send_new("side", {"thread": thread})
        for line in lines:
            self._after = line.id
            await self.event("deed", _line(line), row=line.id)

    async def _send_new(self, name: str, what: Sequence[dict[str, Any]] | dict[str, Any]) -> None:
        """Send what was not sent before, or has changed since: of a list, those of its rows."""
        if isinstance(what, dict):
            if self._is_new(name, what):
                await self.event(name, what)
        elif news := [row for row in what if self._is_new(row["id"], row)]:
            await self.event(name, {name: news})

    def _is_new(self, key: str, row: dict[str, Any]) -> bool:
        written = msgspec.json.encode(row)
        known = self._shown.get(key) == written
        self._shown[key] = written
        return not known


def _text(entry: Entry) -> dict[str, Any]:
    mine = entry.direction is Direction.OUTBOUND
    state = (_MINE if mine else _THEIRS).get(entry.state, "failed")
    return {"id": entry.sid, "mine": mine, "text": entry.text, "at": entry.at.isoformat(), "state": state}


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "mine": mail.mine,
        "peer": mail.peer,
        "subject": mail.subject,
        "text": mail.text.rstrip("\n"),
        "at": mail.at.isoformat(),
        "state": mail.state,
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": call.sid,
        "ours": call.ours,
        "status": call.status,
        "waits": call.waits_for,
        "at": call.created.isoformat(),
        "lines": [{"by": one.by, "how": one.how, "text": one.text} for one in call.transcript],
    }


def _line(deed: Deed) -> dict[str, Any]:
    return {"id": deed.id, "at": deed.at.isoformat(), "kind": deed.kind, "who": deed.who, "words": deed.words}
