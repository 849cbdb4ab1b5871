"""What proves a person's consent, as a page and as a document."""

from functools import partial

from aiohttp import web

from hub.calls.callers import Caller
from hub.calls.problems import not_found
from hub.evidence import Evidence, gathered, noted, page, pdf
from hub.parts import Parts

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# The page carries its own style, and loads nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


async def give_page(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """The page. Raises: Problem 404."""
    found = await _found(request, parts, caller, request_id)
    headers = {**_HEADERS, "X-Request-Id": request_id, "Content-Security-Policy": _POLICY}
    return web.Response(text=page(found), content_type="text/html", headers=headers)


async def give_pdf(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """The document. Raises: Problem 404."""
    found = await _found(request, parts, caller, request_id)
    headers = {**_HEADERS, "X-Request-Id": request_id, "Content-Disposition": 'attachment; filename="consent.pdf"'}
    return web.Response(body=pdf(found), content_type="application/pdf", headers=headers)


async def _found(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> Evidence:
    """What is on record; that it is read is written first."""
    assert caller is not None
    async with parts.db.read() as conn:
        person_id = await parts.people.surviving(conn, request.match_info["id"])
        found = await gathered(conn, parts, person_id)
    if found is None:
        raise not_found("patient")
    note = partial(noted, parts=parts, person_id=person_id, actor=caller.actor, request_id=request_id)
    await parts.db.write(note)
    return found
