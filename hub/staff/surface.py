"""What all pages of staff have in common: the parts, who may in, and how a page is drawn for them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from hub.accounts.entering import Entering
from hub.accounts.factors import Factors
from hub.accounts.links import Links
from hub.accounts.openid import OpenID
from hub.accounts.passkeys import Passkeys
from hub.accounts.passwords import Passwords
from hub.accounts.sessions import IDLE, Sessions
from hub.parts import Parts
from hub.signin.limits import Limit, Limits, client
from hub.staff.access import Granted, StaffAccess
from hub.staff.drawing import LANGUAGES, Moments, draw
from hub.types import Language

__all__ = ["RAIL", "Surface"]

RAIL: Sequence[str] = ("/inbox", "/campaigns", "/reports", "/compliance", "/settings")
"""The places of the bar, in order. One is shown where there is such a page, to whoever may see it."""
_SPOKEN = "staff-language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of the bar: where it leads, and what one must be allowed."""

    path: str
    scope: str

    @property
    def name(self) -> str:
        """The name of its word and its picture."""
        return self.path.removeprefix("/")


class Surface:
    """The parts that the pages share."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.users = parts.users
        self.sessions = Sessions(parts.db, parts.vault, parts.trail, parts.clock, parts.users)
        self.access = StaffAccess(parts, self.sessions)
        self.passwords = Passwords(parts.settings.password_memory)
        self.limits = Limits(parts.db, parts.vault, parts.clock)
        self.links = Links(parts.vault, parts.clock)
        self.factors = Factors(parts.vault, parts.trail, parts.clock)
        self.passkeys = Passkeys(
            db=parts.db,
            vault=parts.vault,
            trail=parts.trail,
            clock=parts.clock,
            users=parts.users,
            links=self.links,
            base_url=parts.settings.base_url,
        )
        self.openid = _openid(parts)
        self.entering = Entering(
            db=parts.db,
            users=parts.users,
            sessions=self.sessions,
            passwords=self.passwords,
            factors=self.factors,
            links=self.links,
            passkeys=self.passkeys,
            limits=self.limits,
            trail=parts.trail,
        )
        self.places: tuple[Place, ...] = ()
        self.looking = asyncio.Lock()
        """Held by whoever looks through a whole audience: one does at a time."""

    async def close(self) -> None:
        """Let go of what the pages hold."""
        if self.openid is not None:
            await self.openid.close()

    async def allows(self, limit: Limit, request: web.Request) -> bool:
        """Whether whoever asks may try this once more."""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return await self.limits.allows(limit, client(request.remote or "", forwarded, self.parts.settings.proxies))

    def language(self, request: web.Request) -> Language:
        """The language before signing in: as chosen on this browser, or as the browser says."""
        chosen = request.query.get("lang") or request.cookies.get(_SPOKEN)
        if chosen in LANGUAGES:
            return "es" if chosen == "es" else "en"
        return "es" if request.headers.get("Accept-Language", "").lower().startswith("es") else "en"

    def draw_outside(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        """A page for somebody who is not signed in."""
        spoken = self.language(request)
        response = draw(template, spoken, self._everywhere(spoken) | {"path": request.path} | values, status=status)
        if request.query.get("lang") == spoken:
            response.set_cookie(_SPOKEN, spoken, path="/", secure=self.access.https, httponly=True, samesite="Lax")
        return response

    def draw(self, granted: Granted, place: str, template: str, *, status: int = 200, **values: object) -> web.Response:
        """A page for somebody who is signed in. `place` is the place of the bar that it is in."""
        user = granted.user
        given: dict[str, object] = {
            "place": place,
            "places": [one for one in self.places if granted.caller.may(one.scope)],
            "csrf": granted.session.csrf,
            "me": user,
            "may": granted.caller.may,
            "way": granted.session.way,
            "idle": int(IDLE.total_seconds()),
            "glass": bool(granted.caller.reach.persons),
        }
        return draw(template, user.language, self._everywhere(user.language) | given | values, status=status)

    def _everywhere(self, language: Language) -> dict[str, object]:
        settings = self.parts.settings
        return {"clinic": settings.clinic_name, "moments": Moments(settings.timezone, language)}


def _openid(parts: Parts) -> OpenID | None:
    settings = parts.settings
    if not settings.oidc_issuer:
        return None
    return OpenID(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=settings.oidc_client_secret.reveal(),
        back=f"{settings.base_url}/sign-in/openid/back",
        clock=parts.clock,
        label=settings.oidc_label,
    )
