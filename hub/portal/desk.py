"""What every page of the portal begins with: whose request it is, in which language, and whether its form is ours."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from hub.log import say
from hub.parts import Parts
from hub.portal.codes import Codes
from hub.portal.drawing import LANGUAGES, Dates, draw, readable
from hub.portal.passkeys import Passkeys
from hub.portal.sessions import IDLE, LASTS, Session, Sessions
from hub.signin import tokens
from hub.signin.forms import Form
from hub.signin.limits import Limit, Limits, client
from hub.types import Language, new_id

_log = logging.getLogger(__name__)

START = "/portal"
BY_ITSELF = "X-Portal-Refresh"
"""The header of requests that the page makes by itself."""
_WARN = timedelta(minutes=2)
_SPOKEN = "portal-language"


class Desk:
    """The parts that the pages share."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.sessions = Sessions(parts.db, parts.vault, parts.trail, parts.clock, parts.proxies)
        self.codes = Codes(parts, self.sessions)
        self.passkeys = Passkeys(parts, self.sessions)
        self.limits = Limits(parts.db, parts.vault, parts.clock)
        self._https = urlsplit(parts.settings.base_url).scheme == "https"
        # The prefix binds the cookie to this very host; a browser takes it over TLS only.
        self._cookie = "__Host-portal" if self._https else "portal"
        self._aside: set[asyncio.Task[None]] = set()

    # Sessions

    def secret(self, request: web.Request) -> str:
        """The secret that the browser brings; empty for none."""
        return request.cookies.get(self._cookie, "")

    async def entered(self, request: web.Request, page: str) -> Session:
        """Whoever is signed in; that they use `page` is audited. Raises: HTTPSeeOther to the sign-in page."""
        action = "portal.read" if request.method in ("GET", "HEAD") else "portal.write"
        by_itself = BY_ITSELF in request.headers
        session = await self.sessions.use(self.secret(request), action, page, by_itself=by_itself)
        if session is None:
            raise web.HTTPSeeOther(f"{START}?again=1" if self.secret(request) else START)
        if session.detour:
            raise web.HTTPSeeOther(session.detour)
        return session

    async def posted(self, request: web.Request, page: str) -> tuple[Session, Form]:
        """Whoever is signed in, and what they posted with one of our forms. Raises: as `entered`; HTTPForbidden."""
        session = await self.entered(request, page)
        form = await Form.read(request)
        if not tokens.same(session.csrf.encode(), form["csrf"].encode()):
            raise web.HTTPForbidden
        return session, form

    async def allows(self, limit: Limit, request: web.Request) -> bool:
        """Whether whoever asks may try this once more."""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return await self.limits.allows(limit, client(request.remote or "", forwarded, self.parts.settings.proxies))

    def keep(self, response: web.Response, secret: str) -> None:
        """Give the browser the secret of its session."""
        response.set_cookie(
            self._cookie,
            secret,
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="Lax",
        )

    def forget(self, response: web.Response) -> None:
        """Take the secret from the browser."""
        response.del_cookie(self._cookie, path="/", secure=self._https, httponly=True, samesite="Lax")

    # Pages

    def language(self, request: web.Request) -> Language | None:
        """The language chosen on this browser before signing in; None where none was."""
        chosen = request.query.get("lang") or request.cookies.get(_SPOKEN)
        return next((one for one in LANGUAGES if one == chosen), None)

    def spoken(self, request: web.Request) -> Language:
        """The language of a page for someone who is not signed in: the one chosen, else their browser's."""
        there = request.headers.get("Accept-Language", "").lower()
        return self.language(request) or ("es" if there.startswith("es") else "en")

    def draw_outside(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        """A page for someone who is not signed in, in their browser's language unless they chose one."""
        chosen, spoken = self.language(request), self.spoken(request)
        response = draw(template, spoken, self._everywhere(spoken) | values, status=status)
        if chosen is not None and request.query.get("lang"):
            response.set_cookie(_SPOKEN, chosen, path=START, secure=self._https, httponly=True, samesite="Lax")
        return response

    def draw(self, session: Session, template: str, page: str, **values: object) -> web.Response:
        """A page for someone who is signed in. `page` is marked in the menu."""
        spoken = session.language
        given = {
            "page": page,
            "csrf": session.csrf,
            "acting": session.acting,
            # Of each form: posted twice, it does once.
            "key": new_id(),
            "idle": int(IDLE.total_seconds()),
            "warn": int((IDLE - _WARN).total_seconds()),
        }
        return draw(template, spoken, self._everywhere(spoken) | given | values)

    def _everywhere(self, language: Language) -> dict[str, object]:
        settings = self.parts.settings
        return {
            "clinic": settings.told_name,
            "phone": settings.clinic_phone,
            "texting": readable(settings.sms_from) if settings.sms_from else readable(settings.clinic_phone),
            "dates": Dates(settings.timezone, language),
        }

    # Work that no answer waits for

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` while the answer is on its way: how long it takes tells nobody anything."""
        task = asyncio.create_task(self._guarded(work), name="portal-aside")
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def finish(self) -> None:
        """Wait until what was begun is done."""
        await asyncio.gather(*self._aside, return_exceptions=True)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            # Whoever waits for a code asks again.
            say(_log, "portal_aside_failed", logging.ERROR, error=error)
