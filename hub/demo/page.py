"""`/demo`: the page with a patient's phone and mailbox and the clinic's side, its files, its stream, and what it posts.

The web server gives every answer its security headers: a strict content policy, no framing, nothing sniffed.
"""

from functools import cache

import jinja2
import msgspec
import phonenumbers
from aiohttp import web

from hub.assets import Assets
from hub.demo import acting
from hub.demo.clinic import PHONES
from hub.demo.live import Live
from hub.demo.outside import CLINIC_MAILBOX, Outside
from hub.demo.wording import chosen, words
from hub.parts import Parts
from hub.settings import Settings
from hub.types import Language


def routes(parts: Parts, outside: Outside) -> list[web.RouteDef]:
    """The demo's addresses, to be added to the hub's web server.

    Streams end when `outside.carrier.closing` is set, which is to be done as the server shuts down.
    """
    live = Live(parts, outside)

    async def show(request: web.Request) -> web.Response:
        language = chosen(request.query.get("lang"))
        page = _draw(parts.settings, language)
        return web.Response(text=page, content_type="text/html", headers={"Content-Language": language})

    return [
        web.get("/demo", show),
        web.get("/demo/static/{name}", Assets("hub.demo").serve, allow_head=False),
        web.get("/demo/events", live.stream, allow_head=False),
        *acting.routes(parts, outside),
    ]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("hub.demo", "html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _draw(settings: Settings, language: Language) -> str:
    """The page."""
    said = words(language)
    plain = {name: text for name, text in said.items() if isinstance(text, str)}
    return (
        _environment()
        .get_template("demo.html")
        .render(
            t=said,
            words=msgspec.json.encode(plain).decode(),
            language=language,
            other="es" if language == "en" else "en",
            clinic_name=settings.clinic_name,
            clinic_number=_readable(settings.sms_from),
            clinic_mailbox=CLINIC_MAILBOX,
            phones=PHONES,
        )
    )


def _readable(number: str) -> str:
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
