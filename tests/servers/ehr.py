"""A small FHIR server that misbehaves when it is told to: what a real one cannot be made to do.

It keeps resources with versions, `If-Match`, `If-None-Exist`, and the few searches that the hub makes. A `Fault` is
met by the next request of its kind, before the request is done or after.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

from aiohttp import web

from tests.servers.tokens import TokenEndpoint

Resource = dict[str, Any]
How = Literal["drop", "hang", "garbage", "empty"]


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` requests of `method` on `kind` (a resource, or `Appointment/$book`).

    status: answered instead, with `headers`; or `how` the answer is lost. done: the request is done all the same.
    """

    method: str
    kind: str
    status: int = 0
    how: How | None = None
    done: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


class SmallEhr:
    """The server.

    pages: how it gives lists: `linked`, `all at once`, `cut off`; says: what it says in place of one.
    asked: its requests; between: called before each is done; met: set by the first fault.
    """

    def __init__(self, tokens: TokenEndpoint | None = None) -> None:
        self.url = ""
        self.tokens = tokens
        self.operations: Operations | None = None
        self.capabilities: Resource = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": []}
        self.pages = "linked"
        self.says: Any = ...
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.between: Callable[[str, str], None] = lambda method, kind: None
        self.met = asyncio.Event()
        self.closing = asyncio.Event()
        self._kept: dict[str, dict[str, Resource]] = {}

    def all(self, kind: str) -> list[Resource]:
        """Every resource of a kind."""
        return list(self._kept.get(kind, {}).values())

    def put(self, resource: Resource) -> Resource:
        """Keep a resource as its next version."""
        kind = str(resource["resourceType"])
        resource_id = str(resource.get("id") or uuid.uuid4())
        before = self._kept.setdefault(kind, {}).get(resource_id)
        number = int(before["meta"]["versionId"]) + 1 if before else 1
        meta = {"versionId": str(number), "lastUpdated": datetime.now(UTC).isoformat()}
        self._kept[kind][resource_id] = kept = {**json.loads(json.dumps(resource)), "id": resource_id, "meta": meta}
        return kept

    def forget(self, kind: str, resource_id: str) -> None:
        """Delete a resource."""
        self._kept[kind].pop(resource_id)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or do to it what a fault says."""
        path = request.match_info["path"]
        kind = path if "$" in path else path.partition("/")[0].partition("?")[0]
        body = await request.text()
        self.asked.append(f"{request.method} {kind}")
        self.between(request.method, kind)
        fault = self._fault(request.method, kind)
        if path == ".well-known/smart-configuration":
            return web.json_response({"token_endpoint": f"{self.url.removesuffix('/fhir')}/token"})
        given = "" if self.tokens is None else self.tokens.token or "none yet"
        if given and request.headers.get("Authorization") != f"Bearer {given}":
            return web.json_response(_outcome("login"), status=401)
        if fault is None:
            return self._done(request, path, body)
        if fault.done:
            self._done(request, path, body)
        if fault.how == "drop":
            assert request.transport is not None
            request.transport.abort()
        self.met.set()
        if fault.how == "hang":
            await self.closing.wait()
        if fault.how is not None:
            return web.Response(text="<html>gateway</html>" if fault.how == "garbage" else "")
        return web.json_response(_outcome("fault"), status=fault.status, headers=fault.headers)

    def _listed(self, found: list[Resource], request: web.Request, params: dict[str, str]) -> web.Response:
        """A list of what was found, whole or by pages."""
        if self.says is not ...:
            return web.json_response(self.says)
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        count, first = int(params.get("_count", "1000")), int(params.get("_page", "0"))
        if self.pages == "cut off":
            count = min(count, 2)
        if self.pages == "linked" and first + count < len(found):
            following = request.url.update_query({"_page": str(first + count)})
            bundle["link"] = [{"relation": "next", "url": str(following)}]
        bundle["entry"] = [{"resource": one} for one in found[first : first + count]]
        return web.json_response(bundle)

    def _fault(self, method: str, kind: str) -> Fault | None:
        for fault in self.faults:
            if (fault.method, fault.kind) == (method, kind):
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault
        return None

    def _done(self, request: web.Request, path: str, body: str) -> web.Response:
        kind, _, rest = path.partition("/")
        if kind == "metadata":
            return web.json_response(self.capabilities)
        if kind == "Appointment" and rest.startswith("$") and self.operations is not None:
            return self.operations.answer(rest[1:], json.loads(body))
        if rest == "_search" or (request.method == "GET" and not rest):
            params = _pairs(body) if rest else list(request.query.items())
            found = [one for one in self.all(kind) if all(_matches(one, *pair) for pair in params)]
            return self._listed(found, request, dict(params))
        if request.method == "GET":
            kept = self._kept.get(kind, {}).get(rest)
            return web.json_response(kept or _outcome("not-found"), status=200 if kept else 404)
        resource = json.loads(body)
        if request.method == "POST":
            unless = request.headers.get("If-None-Exist", "")
            there = [one for one in self.all(kind) if unless and all(_matches(one, *p) for p in _pairs(unless))]
            return web.json_response(there[0] if there else self.put(resource), status=200 if there else 201)
        kept = self._kept.get(kind, {}).get(rest)
        if kept is None:
            return web.json_response(_outcome("not-found"), status=404)
        if request.headers.get("If-Match") != f'W/"{kept["meta"]["versionId"]}"':
            return web.json_response(_outcome("conflict"), status=412)
        if self.operations is not None and kind == "Appointment" and resource["status"] == "cancelled":
            self.operations.free(kept)
        return web.json_response(self.put(resource))


class Operations:
    """`$find`, `$hold` and `$book` over the slots of a `SmallEhr`, as IHE ITI Scheduling has them.

    now: the moment; what is kept is kept for ten minutes. What is proposed has another id each time.
    """

    def __init__(self, ehr: "SmallEhr", now: Callable[[], datetime]) -> None:
        self._ehr = ehr
        self._now = now
        self._kept: dict[str, tuple[str, datetime]] = {}
        self._proposed: dict[str, Resource] = {}
        names = [{"name": name, "definition": f"urn:{name}"} for name in ("find", "hold", "book")]
        ehr.capabilities["rest"] = [{"mode": "server", "resource": [{"type": "Appointment", "operation": names}]}]

    def answer(self, name: str, parameters: Resource) -> web.Response:
        """Answer an operation."""
        given = {one["name"]: one for one in parameters["parameter"]}
        if name == "find":
            start, end = (_moment(given[edge]["valueDateTime"]) for edge in ("start", "end"))
            slots = [one for one in self._ehr.all("Slot") if start <= _moment(one["start"]) < end and self._free(one)]
            return _bundle([self._propose(one) for one in slots])
        asked = given.get("appointment-resource", {}).get("resource")
        if asked is None:
            asked = self._proposed.get(given["appointment-reference"]["valueReference"]["reference"].split("/")[1])
        if asked is None:
            return web.json_response(_outcome("not-found"), status=404)
        slot = self._slot(asked)
        kept = self._kept.get(slot["id"], ("", self._now()))[0]
        if not self._free(slot) and not (name == "book" and kept and kept == asked.get("id")):
            return web.json_response(_outcome("conflict"), status=409)
        if name == "hold":
            made = self._ehr.put({**asked, "id": str(uuid.uuid4()), "status": "pending"})
            self._ehr.put({**slot, "status": "busy-tentative"})
            self._kept[slot["id"]] = made["id"], self._now() + timedelta(minutes=10)
        else:
            made = self._ehr.put({**asked, "id": kept or str(uuid.uuid4()), "status": "booked"})
            self._kept.pop(slot["id"], None)
            self._ehr.put({**slot, "status": "busy"})
        return _bundle([made])

    def free(self, visit: Resource) -> None:
        """A visit was cancelled, or what is kept is given back."""
        slot = self._slot(visit)
        self._kept.pop(slot["id"], None)
        self._ehr.put({**slot, "status": "free"})

    def _free(self, slot: Resource) -> bool:
        lapsed = slot["id"] in self._kept and self._kept[slot["id"]][1] <= self._now()
        return slot["status"] == "free" or (slot["status"] == "busy-tentative" and lapsed)

    def _slot(self, visit: Resource) -> Resource:
        wanted = visit["slot"][0]["reference"]
        return next(one for one in self._ehr.all("Slot") if f"Slot/{one['id']}" == wanted)

    def _propose(self, slot: Resource) -> Resource:
        schedule = next(one for one in self._ehr.all("Schedule") if slot["schedule"]["reference"].endswith(one["id"]))
        proposed = {
            "resourceType": "Appointment",
            "id": str(uuid.uuid4()),
            "status": "proposed",
            "serviceType": slot["serviceType"],
            "specialty": schedule["specialty"],
            "start": slot["start"],
            "end": slot["end"],
            "slot": [{"reference": f"Slot/{slot['id']}"}],
            "participant": [{"actor": actor, "status": "needs-action"} for actor in schedule["actor"]],
        }
        self._proposed[proposed["id"]] = proposed
        return proposed


def _bundle(resources: list[Resource]) -> web.Response:
    entries = [{"resource": one} for one in resources]
    return web.json_response({"resourceType": "Bundle", "type": "searchset", "entry": entries})


@asynccontextmanager
async def small_ehr(tokens: TokenEndpoint | None = None) -> AsyncIterator[SmallEhr]:
    """A running server; with `tokens`, it answers only who bears the newest one."""
    ehr = SmallEhr(tokens)
    app = web.Application()
    if tokens is not None:
        app.router.add_post("/token", tokens.handle)
    app.router.add_route("*", "/fhir/{path:.*}", ehr.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ehr.url = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
    try:
        yield ehr
    finally:
        ehr.closing.set()
        await runner.cleanup()


def _matches(resource: Resource, name: str, value: str) -> bool:
    """Whether a resource meets one parameter of a search."""
    if name == "_id":
        return str(resource["id"]) in value.split(",")
    if name == "identifier":
        system, _, number = value.rpartition("|")
        return any(
            one.get("value") == number and system in ("", one.get("system")) for one in resource.get("identifier") or ()
        )
    if name == "patient":
        return any(one["actor"].get("reference") == value for one in resource.get("participant", ()))
    if name == "slot":
        return any(one.get("reference") == value for one in resource.get("slot") or ())
    if name in ("date", "start", "_lastUpdated"):
        said = resource["meta"]["lastUpdated"] if name == "_lastUpdated" else resource.get("start", "")
        return _moment(said) >= _moment(value.removeprefix("ge"))
    return name in ("_count", "_page") or resource.get(name) == value


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _pairs(form: str) -> list[tuple[str, str]]:
    return parse_qsl(form)


def _outcome(code: str) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}
