"""Proving oneself again where a page stands open: the session goes on under a new secret, and the page with it."""

from functools import partial

import msgspec
from aiohttp import web

from hub.accounts.entering import BY_CLIENT, Came, NotIn
from hub.calls import Problem
from hub.calls.wire import body_of
from hub.staff.access import CSRF
from hub.staff.surface import Surface

__all__ = ["PATH", "routes"]

PATH = "/again"


class _Proof(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The password, or what a passkey signed."""

    password: str = ""
    passkey: str = ""

    def __repr__(self) -> str:
        return "_Proof(…)"


class _Renewed(msgspec.Struct, kw_only=True):
    """What everything that the page posts must carry from now on."""

    csrf: str


def routes(surface: Surface) -> list[web.RouteDef]:
    """The call's address: it is for sessions that are locked, which no endpoint lets in."""
    return [web.post(PATH, partial(_again, surface))]


async def _again(surface: Surface, request: web.Request) -> web.Response:
    """Raises: Problem 401 where there is no session, 403 for a wrong proof or page, 429."""
    session = await surface.sessions.use(surface.access.secret(request), by_itself=True)
    if session is None:
        raise Problem(401, "signed-out", "Sign in first.")
    if not surface.access.ours(session, request.headers.get(CSRF, "")):
        raise Problem(403, "csrf", "The request does not come from this page. Load it anew.")
    if not await surface.allows(BY_CLIENT, request):
        raise Problem(429, "too-often", "Too many tries. Wait some minutes.")
    proof, _ = await body_of(request, _Proof)
    found: Came | NotIn
    if proof.passkey:
        found = await surface.entering.again_by_passkey(session, proof.passkey)
    else:
        found = await surface.entering.again(session, proof.password)
    if isinstance(found, NotIn):
        often = found.why == "often"
        raise Problem(429 if often else 403, "too-often" if often else "wrong", "That is not right.")
    response = web.Response(
        body=msgspec.json.encode(_Renewed(csrf=surface.access.csrf_of(found.secret))), content_type="application/json"
    )
    surface.access.keep(response, found.secret)
    return response
