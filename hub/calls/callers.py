"""Who calls, and what they may."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from hub.audit import Actor
from hub.views.reach import EVERYTHING, Reach

ALL = "*"
EVERY_RESOURCE = "system/*.rs"
"""Reading and search of every FHIR resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever makes a call: another system by its token, or one of the staff in a session.

    id: a token's or a user's. name: how the messages that they write are signed.
    scopes: what they may; `*` is all of it. reach: whose threads they see.
    """

    id: str
    name: str
    actor: Actor
    scopes: Collection[str]
    reach: Reach = EVERYTHING

    def may(self, scope: str) -> bool:
        """Whether the caller was given `scope`."""
        wide = scope.startswith("system/") and EVERY_RESOURCE in self.scopes
        return wide or scope in self.scopes or ALL in self.scopes


class Access(Protocol):
    """Tells who makes a request."""

    async def caller(self, request: web.Request, scope: str, endpoint: str, request_id: str) -> Caller:
        """Whoever makes the request, who may do what `scope` names; a refusal is audited.

        endpoint: the path as it is declared, without ids. Raises: Problem 401, 403.
        """
        ...
