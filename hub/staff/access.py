"""Who of the staff makes a request, whether they may, and whether what it names is within their reach: here alone.

A request is refused, in this order, when

1. nobody is signed in (401), or nobody was at it for too long (401, `locked`);
2. it changes something and does not carry the session's `X-CSRF` (403);
3. the user must set up a second factor first (403, `enrol`);
4. the role does not let them, nor broken glass (403);
5. its path names a thread or a patient that is out of their reach (404, as if there were none).

All but the first leave an audit entry. A caller with broken glass and no such role reaches those patients alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.glass import Glass
from hub.accounts.permissions import BROKEN_GLASS
from hub.accounts.sessions import LASTS, Session, Sessions
from hub.accounts.users import User
from hub.audit import Actor
from hub.calls import Access, Caller, Problem, Refusals, not_found
from hub.db.tables import appointment, attachment, person
from hub.parts import Parts
from hub.signin import tokens
from hub.views.reach import Reach

__all__ = ["BY_ITSELF", "CSRF", "REACHED", "UNREACHED", "Granted", "StaffAccess", "named"]

CSRF = "X-CSRF"
"""The header that every call but GET carries: the page has it in its `<meta name="csrf">`."""
BY_ITSELF = "X-Staff-Refresh"
"""The header of requests that the page makes by itself: they do not keep the session open."""

Kind = Literal["thread", "person", "appointment", "attachment"]
REACHED: Mapping[str, Kind] = {
    "threads": "thread",
    "rows": "thread",
    "patients": "person",
    "persons": "person",
    "people": "person",
    "appointments": "appointment",
    "attachments": "attachment",
}
"""Collections in a path whose ids are a patient's, or lead to one: checked here."""
UNREACHED = frozenset(
    (
        *("users", "teams", "labels", "canned", "sessions", "passkeys", "glass", "link", "views", "ratings"),
        *("links", "lines", "messages", "addresses", "proxies", "consents", "files", "drafts", "slots", "providers"),
        *("plans", "runs", "exports", "requests", "disposals", "holds"),
    )
)
"""Collections that hold nothing of a patient, or stand below one that does: theirs to check that one belongs there."""
_STEP = re.compile(r"/([a-z-]+)/\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A request that is let in: whose session it is, and what they may and see."""

    session: Session
    caller: Caller

    @property
    def user(self) -> User:
        """Who makes the request."""
        return self.session.user


class StaffAccess(Access):
    """Lets in whoever of the staff is signed in."""

    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self.sessions = sessions
        self.glass = Glass(parts.vault, parts.trail, parts.clock)
        self._refusals = Refusals(parts, "staff.refuse")
        self.https = urlsplit(parts.settings.base_url).scheme == "https"
        # The prefix binds the cookie to this very host; a browser takes it over TLS only.
        self._cookie = "__Host-staff" if self.https else "staff"

    async def caller(self, request: web.Request, scope: str, endpoint: str, request_id: str) -> Caller:
        """Who makes a call of the page, who may do what `scope` names. Raises: Problem 401, 403, 404."""
        return (await self.granted(request, scope, endpoint, request_id)).caller

    async def granted(
        self, request: web.Request, scope: str, endpoint: str, request_id: str, *, csrf: str | None = None
    ) -> Granted:
        """As `caller`, with the session. Raises: Problem 401, 403, 404.

        endpoint: the path as it is declared. csrf: what a form says in place of the header, which it cannot set.
        """
        session = await self.session(request)
        if session is None:
            raise Problem(401, "signed-out", "Sign in first.")
        if session.locked:
            raise Problem(401, "locked", "Nobody was here for a while: prove yourself again.")
        who = session.user.actor
        if request.method not in ("GET", "HEAD") and not self.ours(
            session, request.headers.get(CSRF, "") if csrf is None else csrf
        ):
            await self._refusals.note(403, endpoint, who, request_id)
            raise Problem(403, "csrf", "The request does not come from this page. Load it anew.")
        if scope not in ("self:read", "self:write") and self.must_enrol(session):
            await self._refusals.note(403, endpoint, who, request_id)
            raise Problem(403, "enrol", "Set up a second factor first, in your settings.")
        caller = await self._caller(session)
        if not caller.may(scope):
            await self._refusals.note(403, endpoint, who, request_id)
            raise Problem(403, "forbidden", "Your role does not allow this.")
        async with self._parts.db.glance() as conn:
            for kind, given in named(endpoint, request.match_info):
                if not await _sees(conn, self._parts, caller.reach, kind, given):
                    await self._refusals.note(404, endpoint, who, request_id)
                    raise not_found("thing")
        return Granted(session=session, caller=caller)

    async def session(self, request: web.Request) -> Session | None:
        """The session that the request brings; what the page does by itself, a stream too, keeps none open."""
        by_itself = BY_ITSELF in request.headers or request.headers.get("Accept", "") == "text/event-stream"
        return await self.sessions.use(self.secret(request), by_itself=by_itself)

    def must_enrol(self, session: Session) -> bool:
        """Whether the user has to set up a second factor before anything else: whoever has one was asked for it."""
        return self._parts.settings.second_factor == "required" and not session.strong

    def ours(self, session: Session, said: str) -> bool:
        """Whether a form or call carries the session's token."""
        return tokens.same(session.csrf.encode(), said.encode())

    @staticmethod
    def csrf_of(secret: str) -> str:
        """The token of the session with this secret."""
        return tokens.form_token(secret)

    async def refused(self, status: int, page: str, actor: Actor, request_id: str) -> None:
        """Record a refusal by a page, as those of calls are."""
        await self._refusals.note(status, page, actor, request_id)

    # The cookie

    def secret(self, request: web.Request) -> str:
        """The secret that the browser brings; empty for none."""
        return request.cookies.get(self._cookie, "")

    def keep(self, response: web.StreamResponse, secret: str) -> None:
        """Give the browser the secret of its session."""
        response.set_cookie(
            self._cookie,
            secret,
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=self.https,
            httponly=True,
            # Not strict: a link in a mail or in Slack leads to the inbox.
            samesite="Lax",
        )

    def forget(self, response: web.StreamResponse) -> None:
        """Take the secret from the browser."""
        response.del_cookie(self._cookie, path="/", secure=self.https, httponly=True, samesite="Lax")

    async def _caller(self, session: Session) -> Caller:
        user = session.user
        async with self._parts.db.glance() as conn:
            teams = await self._parts.users.teams(conn, user.id)
            broken = await self.glass.persons(conn, user.id)
        permissions = user.permissions
        return Caller(
            id=user.id,
            name=user.name,
            actor=user.actor,
            scopes=permissions | BROKEN_GLASS if broken else permissions,
            reach=Reach(
                user_id=user.id,
                roams="threads:read" in permissions,
                teams=teams,
                persons=frozenset(broken),
            ),
        )


def named(endpoint: str, ids: Mapping[str, str]) -> list[tuple[Kind, str]]:
    """What of patients the path of a request names, by what it is. Pure.

    Raises: LookupError for a path with ids of which nobody said what they are: a new kind of path must say so here.
    """
    found: list[tuple[Kind, str]] = []
    steps = _STEP.findall(endpoint)
    if len(steps) != endpoint.count("{"):
        raise LookupError(f"{endpoint}: every id must follow the name of what it is one of")
    for collection, name in steps:
        kind = REACHED.get(collection)
        if kind is not None:
            found.append((kind, ids.get(name, "")))
        elif collection not in UNREACHED:
            raise LookupError(f"{endpoint}: `{collection}` is neither reached nor unreached; see hub.staff.access")
    return found


async def _sees(conn: AsyncConnection, parts: Parts, reach: Reach, kind: Kind, given: str) -> bool:
    if kind == "thread":
        return await reach.sees(conn, thread_id=await parts.threads.moved(conn, given) or given)
    if kind == "person":
        return await _sees_person(conn, reach, given)
    if kind == "appointment":
        owner = sa.select(appointment.c.person_id).where(appointment.c.id == given)
        person_id = (await conn.execute(owner)).scalar_one_or_none()
        return person_id is not None and await _sees_person(conn, reach, person_id)
    holder = sa.select(attachment.c.thread_id).where(attachment.c.id == given)
    thread_id = (await conn.execute(holder)).scalar_one_or_none()
    return thread_id is not None and await reach.sees(conn, thread_id=thread_id)


async def _sees_person(conn: AsyncConnection, reach: Reach, given: str) -> bool:
    """Whether the person is seen under the record that they go on as; whoever is not there is not seen."""
    query = sa.select(sa.func.coalesce(person.c.merged_into, person.c.id)).where(person.c.id == given)
    person_id = (await conn.execute(query)).scalar_one_or_none()
    return person_id is not None and await reach.sees(conn, person_id=person_id)
