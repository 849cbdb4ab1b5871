"""What every request meets before its handler, and every answer on its way out.

Pages are for browsers: they refuse a foreign Host and carry the security headers. What machines call (webhooks, the
API, health) proves itself by signatures and tokens, or holds nothing to protect.
"""

import logging
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hub.errors import StorageError
from hub.settings import Settings
from hub.types import new_id
from hub.web.answers import retry_after, unavailable
from hub.web.connection import Connection
from hub.web.pages import error_page

_log = logging.getLogger(__name__)

FILES = "/portal/file/"
"""Where the addresses begin that the host of files answers to; it shows nothing else."""
MACHINES = ("/webhooks/", "/api/", "/healthz", "/readyz", "/metrics")
"""Where addresses begin that no browser shows."""

_LOCAL = ("127.0.0.1", "localhost", "::1")

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types hub"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(settings: Settings) -> Middleware:
    """The middleware that stands before every handler."""
    allowed = frozenset((*_LOCAL, (urlsplit(settings.base_url).hostname or "").lower()))
    of_files = (urlsplit(settings.files_url).hostname or "").lower()

    @web.middleware
    async def stand(request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        if isinstance(connection, Connection):
            connection.began(request)
        for_machines = request.path.startswith(MACHINES)
        try:
            host = _host(request)
            only_files = bool(of_files) and host == of_files and request.path.startswith(FILES)
            if not for_machines and host not in allowed - {of_files} and not only_files:
                return error_page(421, "This address is not this hub's. Open it by the address in HUB_PUBLIC_URL.")
            return await handler(request)
        except web.HTTPException as answer:
            if for_machines or answer.status < 400:
                raise
            page = error_page(answer.status, _WORDS.get(answer.status, answer.reason))
            if "Allow" in answer.headers:
                page.headers["Allow"] = answer.headers["Allow"]
            return page
        except StorageError as refusal:
            if for_machines:
                return unavailable(refusal)
            page = error_page(503, "The hub is busy or its database does not answer. Try again shortly.")
            page.headers["Retry-After"] = str(retry_after(refusal))
            return page
        except ConnectionError:
            raise
        except Exception as error:
            request_id = new_id()
            # The log line names the error's type and place; its words may hold what must not be logged.
            _log.error("request_broke", exc_info=error, extra={"values": {"request": request_id}})
            if for_machines:
                return web.Response(status=500, text=f"Something broke. Request {request_id}.")
            return error_page(500, "Something broke here. Nothing you did is to blame.", reference=request_id)
        finally:
            if isinstance(connection, Connection):
                connection.ended()

    return stand


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Give the answer of every page its security headers, streams among them."""
    if request.path.startswith(MACHINES):
        return
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")


def _host(request: web.Request) -> str:
    """The name in the Host header, without its port."""
    host = request.headers.get("Host", "").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


_WORDS = {
    404: "There is no such page.",
    405: "This page cannot be asked for in that way.",
    413: "That is more than this hub takes at once.",
}
