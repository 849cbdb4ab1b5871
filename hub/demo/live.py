"""The demo page's stream of server-sent events: texts on every phone, who answers them, what happens behind.

Texts carry their ids and are sent whole when a stream opens, then as they change; a page that sees one again only
updates it. Lines of the strip are numbered by their rows: a page that comes back names the last it saw, and gets
what came after, once.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from channels.carrier import Carrier, Entry
from hub.audit import Actor
from hub.audit import Entry as Audited
from hub.demo.behind import Deed, deeds
from hub.demo.clinic import PHONES
from hub.demo.standing import Standing, standing
from hub.parts import Parts
from hub.types import Direction, new_id

PING = 15.0
"""Seconds of silence after which a comment is sent: a dead stream shows only when it is written to."""

_MINE: Mapping[str, str] = {"sending": "sending", "delivered": "taken", "failed": "failed"}
_THEIRS: Mapping[str, str] = {"queued": "arriving", "sent": "arriving", "delivered": "delivered", "read": "delivered"}


class Live:
    """Serves any number of streams. `run` names this start of the demo: its rows are later than it."""

    def __init__(self, parts: Parts, carrier: Carrier) -> None:
        self._parts = parts
        self._carrier = carrier
        self.run = new_id()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with events until the page or the demo goes away."""
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
        page = _Page(self._parts, self._carrier, response, after=max(self.run, request.query.get("after", "")))
        try:
            await page.event("started", {"run": self.run})
            await page.serve()
        except ConnectionError:
            pass  # the page was closed
        return response


class _Page:
    """One page that watches."""

    def __init__(self, parts: Parts, carrier: Carrier, response: web.StreamResponse, after: str) -> None:
        self._parts = parts
        self._carrier = carrier
        self._response = response
        self._after = after
        self._shown: dict[str, str] = {}
        self._stands: dict[str, Standing] = {}
        self._changed = asyncio.Event()
        self._closing = False

    async def event(self, name: str, data: Mapping[str, Any], row: str = "") -> None:
        """Write one event; `row` is what the page names when it comes back."""
        number = f"id: {row}\n" if row else ""
        await self._response.write(f"event: {name}\n{number}data: ".encode() + msgspec.json.encode(data) + b"\n\n")

    async def serve(self) -> None:
        """Send what is there, then every change."""
        watches = [asyncio.create_task(self._watch(phone.number)) for phone in PHONES]
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

    async def _watch(self, number: str) -> None:
        phone = self._carrier.phone(number)
        version = phone.version
        while True:
            version = await phone.changes(version)
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
        for phone in PHONES:
            texts = [_text(entry) for entry in self._carrier.phone(phone.number).conversation]
            news = [text for text in texts if self._shown.get(text["id"]) != text["state"]]
            if news:
                self._shown.update((text["id"], text["state"]) for text in news)
                await self.event("texts", {"phone": phone.key, "texts": news})
        async with self._parts.db.read() as conn:
            stands = {phone.key: await standing(self._parts, conn, phone.number) for phone in PHONES}
            lines = await deeds(self._parts, conn, self._after)
        for key, stand in stands.items():
            if self._stands.get(key) != stand:
                self._stands[key] = stand
                await self.event("standing", {"phone": key, "state": stand.state, "words": stand.words})
        for line in lines:
            self._after = line.id
            await self.event("deed", _line(line), row=line.id)


def _text(entry: Entry) -> dict[str, Any]:
    mine = entry.direction is Direction.OUTBOUND
    state = (_MINE if mine else _THEIRS).get(entry.state, "failed")
    return {"id": entry.sid, "mine": mine, "text": entry.text, "at": entry.at.isoformat(), "state": state}


def _line(deed: Deed) -> dict[str, Any]:
    return {"id": deed.id, "at": deed.at.isoformat(), "kind": deed.kind, "who": deed.who, "words": deed.words}
