"""The page on which anybody may say how the clinic may reach them: `/portal/join`.

1. A form is drawn with every word that is agreed to, no box ticked, and a seal that says when.
2. What is sent is answered in the same words whoever it is about; it is looked at only afterwards.
3. Each address gets one message that asks for a yes. Nothing counts before that yes; see `hub.optin`.

An address is asked at most once a day, a client ten times in ten minutes, everybody together `EVERYBODY`: a form that
makes a hub text numbers is what programs look for. Programs that fill in every field are answered, and nothing is done.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import phonenumbers
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.optin import Signature
from hub.parts import Parts
from hub.portal.agreeing import Shown
from hub.portal.codes import address_of
from hub.portal.desk import START, Desk
from hub.portal.disclosing import BOXES, ELECTRONIC, Wanted, fresh, hash_of, sealed, shown, wanted
from hub.portal.drawing import readable
from hub.router import Routed
from hub.signin import tokens
from hub.signin.forms import Form
from hub.signin.limits import ASKING, Limit, client
from hub.types import Address, AddressKind, Language

HOME = f"{START}/join"
EVERYBODY = Limit("join", 200, timedelta(hours=1))
"""Forms that are acted on, of all clients together."""


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of joining."""
    return [web.get("/join", partial(_ask, desk)), web.post("/join", partial(_join, desk))]


async def _ask(desk: Desk, request: web.Request) -> web.Response:
    return _page(desk, request)


async def _join(desk: Desk, request: web.Request) -> web.Response:
    """The same answer whoever it is about."""
    form = await Form.read(request)
    if form["website"]:
        # No person sees this field.
        return desk.draw_outside(request, "joined.html")
    if not await desk.allows(ASKING, request):
        return _page(desk, request, form, wrong="too_often", status=429)
    region = desk.parts.settings.region
    ticked = [name for name in BOXES if form[name] == "yes"]
    phone, mail = address_of(form["phone"], region), address_of(form["mail"], region)
    asked = wanted(ticked, _local(phone, region), mail if mail and mail.kind is AddressKind.MAILBOX else None)
    if not isinstance(asked, Wanted):
        return _page(desk, request, form, wrong=asked, status=400)
    language = desk.spoken(request)
    as_now = form["shown"] == hash_of(_texts(desk, language))
    if not as_now or not fresh(form["begun"], desk.parts.clock.now(), partial(_seal, desk)):
        return _page(desk, request, form, wrong="join_again", status=400)
    desk.aside(_sign(desk, asked, language, _came(desk, request)))
    return desk.draw_outside(request, "joined.html")


def _page(
    desk: Desk, request: web.Request, form: Form | None = None, *, wrong: str = "", status: int = 200
) -> web.Response:
    language = desk.spoken(request)
    texts = _texts(desk, language)
    return desk.draw_outside(
        request,
        "join.html",
        status=status,
        wrong=wrong,
        boxes=list(zip(BOXES.items(), texts, strict=False)),
        electronic=texts[-1],
        shown=hash_of(texts),
        begun=sealed(desk.parts.clock.now(), partial(_seal, desk)),
        given={name: form[name] if form is not None else "" for name in (*BOXES, "phone", "mail")},
    )


def _texts(desk: Desk, language: Language) -> list[Shown]:
    """All that the page shows to be agreed to, the notice on electronic records last."""
    settings = desk.parts.settings
    phone = readable(settings.clinic_phone)
    return [shown(name, language, settings.clinic_name, phone) for name in (*BOXES, ELECTRONIC)]


def _seal(desk: Desk, drawn: str) -> bytes:
    return tokens.blind(desk.parts.vault, "portal", "join", drawn)


def _local(one: Address | None, region: str) -> Address | None:
    """A number of the clinic's own country: texts to others are what such a form would be misused for."""
    if one is None or one.kind is not AddressKind.PHONE:
        return None
    here = phonenumbers.country_code_for_region(region)
    return one if phonenumbers.parse(one.value).country_code == here else None


def _came(desk: Desk, request: web.Request) -> dict[str, str]:
    """Where an act came from, as evidence keeps it."""
    settings = desk.parts.settings
    forwarded = request.headers.getall("X-Forwarded-For", [])
    return {
        "act": "ticked the box and sent the form",
        "how": "a form on the web",
        "form": "join",
        "url": f"{settings.base_url}{HOME}",
        "rendering": "html",
        "agent": request.headers.get("User-Agent", "")[:200],
        "ip": client(request.remote or "", forwarded, settings.proxies),
        "zone": settings.timezone.key,
        "who": "whoever has the address, as the yes from there shows",
    }


async def _sign(desk: Desk, asked: Wanted, language: Language, came: dict[str, str]) -> None:
    """Ask each address once for its yes to all that was ticked for it."""
    if not await desk.limits.allows(EVERYBODY, "everybody"):
        return
    settings = desk.parts.settings
    phone = readable(settings.clinic_phone)
    notice = shown(ELECTRONIC, language, settings.clinic_name, phone)

    def signature(name: str) -> Signature:
        said = shown(name, language, settings.clinic_name, phone)
        kept = {**said.evidence, **came, "esign": notice.reference}
        if name in _RISKY:
            kept["risk"] = said.reference
        return Signature(scope=BOXES[name].given, title=said.title, evidence=kept)

    for to, names in asked.boxes.items():
        unit = partial(_ask_one, parts=desk.parts, to=to, signed=[signature(name) for name in names], language=language)
        routed = await desk.parts.db.write(unit)
        if routed is not None:
            desk.parts.router.announce(routed)


async def _ask_one(
    conn: AsyncConnection, *, parts: Parts, to: Address, signed: Sequence[Signature], language: Language
) -> Routed | None:
    # An address that several share is nobody's alone: its own stand-in is asked, as with a message from there.
    sender = (await parts.senders.resolve(conn, (to,)))[to]
    if sender.standing == "unknown":
        known = await parts.people.get(conn, sender.person_id)
        if known is not None and known.language is None:
            await parts.people.speak(conn, sender.person_id, language, Actor("patient"))
    return await parts.optins.ask_signed(conn, sender.person_id, sender.address_id, to.kind, signed, language)


_RISKY = frozenset({"texts", "mail"})
"""Boxes whose text warns that the channel is not private."""
