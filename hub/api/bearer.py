"""Who calls, by which token."""

from aiohttp import web

from hub.api import tokens
from hub.audit import Actor
from hub.calls import Access, Caller, Problem, Refusals
from hub.parts import Parts


class ByToken(Access):
    """Lets in whoever brings a token that is in use."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._refusals = Refusals(parts, "token.refuse")

    async def caller(self, request: web.Request, scope: str, endpoint: str, request_id: str) -> Caller:
        """Whose token the request brings. Raises: Problem 401, 403."""
        presented = tokens.presented(request)
        caller = None
        if presented:
            async with self._parts.db.read() as conn:
                caller = await tokens.find(conn, presented)
        if caller is None:
            await self._refusals.note(401, endpoint, Actor("token"), request_id)
            challenge = 'Bearer realm="carehub"' + (', error="invalid_token"' if presented else "")
            detail = "The token is unknown or revoked." if presented else "Send `Authorization: Bearer TOKEN`."
            raise Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": challenge})
        if not caller.may(scope):
            await self._refusals.note(403, endpoint, caller.actor, request_id)
            challenge = f'Bearer realm="carehub", error="insufficient_scope", scope="{scope}"'
            detail = f"The token lacks the scope {scope}."
            raise Problem(403, "forbidden", detail, headers={"WWW-Authenticate": challenge})
        return caller
