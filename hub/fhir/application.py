"""The FHIR API put on the web: read and search of each kind, and `metadata`."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from hub.api.bearer import ByToken
from hub.calls import Caller, Problem, Raw, Read, answering_by, not_found, noted, serve
from hub.fhir.asking import asked, continued
from hub.fhir.audits import AUDIT_EVENT
from hub.fhir.calendar import APPOINTMENT, SLOT
from hub.fhir.capability import capability
from hub.fhir.communications import COMMUNICATION
from hub.fhir.consents import CONSENT
from hub.fhir.guarding import WITHHELD, guarded
from hub.fhir.kinds import Kind, Loaded, Scene, pick
from hub.fhir.outcomes import CONTENT_TYPE, answer, bad
from hub.fhir.patients import PATIENT
from hub.parts import Parts

__all__ = ["KINDS", "PATH", "application"]

PATH = "/fhir/R4"
KINDS = (PATIENT, COMMUNICATION, CONSENT, APPOINTMENT, SLOT, AUDIT_EVENT)
_PAGE = "_page"
_FORM = "application/x-www-form-urlencoded"


def application(parts: Parts) -> web.Application:
    """The FHIR API, to be mounted at `PATH`."""
    app = web.Application(middlewares=[answering_by(answer)])
    serve(app, [_metadata(), *(one for kind in KINDS for one in _endpoints(kind))], parts, ByToken(parts))
    return app


def _scene(parts: Parts) -> Scene:
    return Scene(parts, parts.settings.base_url + PATH)


def _raw(method: str, path: str, summary: str, scope: str | None, answer: Any) -> Raw:
    return Raw(
        method=method, path=path, summary=summary, scope=scope, answers={}, answer=answer, content_type=CONTENT_TYPE
    )


def _metadata() -> Raw:
    async def told(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
        _as_json(request)
        return _answer(capability(KINDS, _scene(parts).base, parts.clock.now()))

    return _raw("GET", "/metadata", "What this server can do.", None, told)


def _endpoints(kind: Kind) -> list[Raw]:
    """Reading one by its id, and searching, by address or by form."""

    async def read(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
        _as_json(request)
        one = request.match_info["id"].lower()
        loaded = await kind.load(_scene(parts), [one])
        if one in loaded.gone:
            raise Problem(410, "disposed", "This was disposed of.")
        if one not in loaded.resources:
            raise not_found(kind.name)
        given = await guarded(_scene(parts), kind, loaded, caller, request_id)
        if one in given.withheld:
            raise WITHHELD
        loaded = given.loaded
        await _noted(parts, caller, kind, loaded, one, request_id)
        return _answer(loaded.resources[one])

    async def search(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
        _as_json(request)
        query = list(request.query.items())
        if request.method == "POST":
            if request.content_type != _FORM:
                raise bad(f"a search by POST is a form: {_FORM}")
            query += [(name, str(value)) for name, value in (await request.post()).items()]
        scene, page = _scene(parts), [value for name, value in query if name == _PAGE]
        if page and len(query) > 1:
            raise bad("a `next` link is followed as it is, with nothing added")
        wanted = continued(page[0], kind.known, kind.sorts) if page else asked(query, kind.known, kind.sorts)
        async with parts.db.read() as conn:
            ids, following = await pick(conn, kind, scene, wanted)
        loaded = (await guarded(scene, kind, await kind.load(scene, ids), caller, request_id)).loaded
        await _noted(parts, caller, kind, loaded, "", request_id)
        links = [{"relation": "self", "url": _address(scene, kind, request)}]
        if following is not None:
            links.append({"relation": "next", "url": _at(scene, kind, [(_PAGE, following.cursor)])})
        return _answer(_bundle(scene, kind, ids, loaded, links))

    scope = f"system/{kind.name}.rs"
    return [
        _raw("GET", f"/{kind.name}", "Search.", scope, search),
        _raw("POST", f"/{kind.name}/_search", "Search, with what is asked for in no address.", scope, search),
        _raw("GET", f"/{kind.name}/{{id}}", "Read one.", scope, read),
    ]


async def _noted(
    parts: Parts, caller: Caller | None, kind: Kind, loaded: Loaded, object_id: str, request_id: str
) -> None:
    if caller is None:
        raise RuntimeError(f"{kind.name} was read by nobody")
    persons = [person for one in loaded.persons.values() for person in one]
    await noted(parts, caller, Read(value={}, action=kind.action, persons=persons, object_id=object_id), request_id)


def _bundle(
    scene: Scene, kind: Kind, ids: Sequence[str], loaded: Loaded, links: list[dict[str, str]]
) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    entries = [
        {
            "fullUrl": f"{scene.base}/{kind.name}/{one}",
            "resource": loaded.resources[one],
            "search": {"mode": "match"},
        }
        for one in ids
        if one in loaded.resources
    ]
    if entries:
        found["entry"] = entries
    return found


def _address(scene: Scene, kind: Kind, request: web.Request) -> str:
    """The search as it was asked for; of one by form what stood in its address alone."""
    return _at(scene, kind, list(request.query.items()))


def _at(scene: Scene, kind: Kind, query: list[tuple[str, str]]) -> str:
    return f"{scene.base}/{kind.name}" + (f"?{urlencode(query)}" if query else "")


def _as_json(request: web.Request) -> None:
    """Nothing, where the caller takes JSON. Raises: Problem 406."""
    accepted = request.headers.get("Accept", "*/*")
    if not any(one in accepted for one in ("json", "*/*", "application/*")):
        raise Problem(406, "format", f"This server answers in {CONTENT_TYPE} alone.")


def _answer(resource: Mapping[str, Any]) -> web.Response:
    return web.Response(body=msgspec.json.encode(resource), headers={"Content-Type": f"{CONTENT_TYPE}; charset=utf-8"})
