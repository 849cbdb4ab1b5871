"""`/demo`: the page with two phones, its files, its stream, and the one way to write.

The web server gives every answer its security headers: a strict content policy, no framing, nothing sniffed.
"""

from importlib.resources import files
from urllib.parse import urlsplit

import jinja2
import msgspec
import phonenumbers
from aiohttp import web

from hub.demo.clinic import PHONES
from hub.demo.live import Live
from hub.demo.outside import Outside
from hub.parts import Parts

LONGEST = 1600
"""Characters of one text, as at the carrier."""

_NUMBERS = {phone.key: phone.number for phone in PHONES}
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    """What the page posts: `sender` is a phone's key, never a number."""

    sender: str = msgspec.field(name="from")
    body: str


def routes(parts: Parts, outside: Outside) -> list[web.RouteDef]:
    """The demo's addresses, to be added to the hub's web server.

    Streams end when `carrier.closing` is set, which is to be done as the server shuts down.
    """
    carrier = outside.carrier
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hub.demo", "html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.get_template("demo.html").render(
        clinic_name=parts.settings.clinic_name, clinic_number=_readable(parts.settings.sms_from), phones=PHONES
    )
    static = {one.name: one.read_bytes() for one in files("hub.demo").joinpath("static").iterdir() if one.is_file()}
    live = Live(parts, carrier)

    async def show(request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    async def file(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in static:
            raise web.HTTPNotFound
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(
            body=static[name], content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"}
        )

    async def text(request: web.Request) -> web.Response:
        if not _from_this_page(request):
            return _refused(403, "Texts are taken from the demo page only.")
        try:
            said = msgspec.json.decode(await request.read(), type=_Text)
        except msgspec.DecodeError:
            return _refused(400, "That is not a text from a phone.")
        if said.sender not in _NUMBERS or not said.body.strip() or len(said.body) > LONGEST:
            return _refused(400, f"A text needs a phone of the demo and 1 to {LONGEST} characters.")
        reply = await carrier.text(_NUMBERS[said.sender], parts.settings.sms_from, said.body.strip())
        return web.json_response({"taken": reply.ok})

    return [
        web.get("/demo", show),
        web.get("/demo/static/{name}", file, allow_head=False),
        web.get("/demo/events", live.stream, allow_head=False),
        web.post("/demo/texts", text),
    ]


def _from_this_page(request: web.Request) -> bool:
    """Whether a browser sent this from our own page: another site can send neither the header nor the type."""
    if request.content_type != "application/json":
        return False
    origin = request.headers.get("Origin", "")
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or urlsplit(origin).netloc == request.host != ""


def _readable(number: str) -> str:
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def _refused(status: int, reason: str) -> web.Response:
    return web.json_response({"reason": reason}, status=status)
