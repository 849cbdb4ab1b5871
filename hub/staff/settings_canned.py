"""The canned replies: written, previewed as patients would get them, put away."""

from dataclasses import dataclass

from aiohttp import web

from hub.desk.canned import LONGEST_TEXT, VARIABLES, Canned, NewCanned, checked, filled, sample, tidied
from hub.desk.changing import NotKept
from hub.staff.inbox.panel_people import readable
from hub.staff.pages import Page, Visit
from hub.staff.settings_desk import SCOPE, draw, kept
from hub.types import Address, AddressKind
from templates.segments import Measure, measure

__all__ = ["PAGES"]

HOME = "/settings/canned"
_EMPTY = NewCanned(shortcut="", language="en", title="", text="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A reply as a patient would get it, with values as long as such values are, and its length as a text message."""

    text: str
    size: Measure


async def _show(visit: Visit) -> web.StreamResponse:
    return await _all(visit)


async def _all(visit: Visit, *, wrong: NotKept | None = None) -> web.Response:
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        replies = await parts.canned.all(conn, archived=True)
        teams = {one.id: one.name for one in await parts.teams.all(conn, archived=True)}
    return draw(
        visit,
        HOME,
        "canned.html",
        wrong=wrong,
        replies=[one for one in replies if one.archived_at is None],
        archived=[one for one in replies if one.archived_at is not None],
        teams=teams,
    )


async def _begin(visit: Visit) -> web.StreamResponse:
    return await _edit(visit, _EMPTY)


async def _one(visit: Visit) -> web.StreamResponse:
    one = await _named(visit)
    return await _edit(visit, _as_it_is(one), preview=_preview(visit, _as_it_is(one)))


async def _save(visit: Visit) -> web.StreamResponse:
    """Keep the reply, or show how it would read."""
    canned, new, actor = visit.surface.parts.canned, _posted(visit), visit.granted.user.actor
    canned_id = visit.request.match_info.get("id")
    if visit.form["act"] == "preview":
        wrong = checked(tidied(new.text))
        return await _edit(visit, new, wrong=wrong, preview=None if wrong else _preview(visit, new))
    done = await kept(visit, lambda conn: canned.keep(conn, canned_id, new, actor))
    if isinstance(done, NotKept):
        return await _edit(visit, new, wrong=done)
    raise web.HTTPSeeOther(f"{HOME}?was=saved")


async def _archive(visit: Visit) -> web.StreamResponse:
    canned, canned_id, actor = visit.surface.parts.canned, visit.request.match_info["id"], visit.granted.user.actor
    await kept(visit, lambda conn: canned.archive(conn, canned_id, actor))
    raise web.HTTPSeeOther(f"{HOME}?was=archived")


async def _restore(visit: Visit) -> web.StreamResponse:
    canned, canned_id, actor = visit.surface.parts.canned, visit.request.match_info["id"], visit.granted.user.actor
    done = await kept(visit, lambda conn: canned.restore(conn, canned_id, actor))
    if isinstance(done, NotKept):
        return await _all(visit, wrong=done)
    raise web.HTTPSeeOther(f"{HOME}?was=restored")


async def _edit(
    visit: Visit, new: NewCanned, *, wrong: NotKept | None = None, preview: Preview | None = None
) -> web.Response:
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        teams = await parts.teams.all(conn)
    return draw(
        visit,
        HOME,
        "canned_reply.html",
        wrong=wrong,
        at=visit.request.match_info.get("id", ""),
        new=new,
        teams=teams,
        variables=VARIABLES,
        longest=LONGEST_TEXT,
        preview=preview,
    )


async def _named(visit: Visit) -> Canned:
    async with visit.surface.parts.db.read() as conn:
        one = await visit.surface.parts.canned.get(conn, visit.request.match_info["id"])
    if one is None:
        raise web.HTTPSeeOther(HOME)
    return one


def _preview(visit: Visit, new: NewCanned) -> Preview:
    settings = visit.surface.parts.settings
    hours = settings.clinic_hours_es if new.language == "es" else settings.clinic_hours
    phone = readable(Address(AddressKind.PHONE, settings.clinic_phone))
    values = sample(new.language, settings.timezone, settings.clinic_name, phone, hours)
    text = filled(tidied(new.text), values, new.language, settings.timezone)
    return Preview(text=text, size=measure(text))


def _posted(visit: Visit) -> NewCanned:
    form = visit.form
    return NewCanned(
        shortcut=form["shortcut"],
        language="es" if form["language"] == "es" else "en",
        title=form["title"],
        text=form["text"],
        team_id=form["team"] or None,
    )


def _as_it_is(one: Canned) -> NewCanned:
    return NewCanned(shortcut=one.shortcut, language=one.language, title=one.title, text=one.text, team_id=one.team_id)


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="GET", path=f"{HOME}/new", scope=SCOPE, answer=_begin),
    Page(method="POST", path=f"{HOME}/new", scope=SCOPE, answer=_save),
    Page(method="GET", path=f"{HOME}/{{id}}", scope=SCOPE, answer=_one),
    Page(method="POST", path=f"{HOME}/{{id}}", scope=SCOPE, answer=_save),
    Page(method="POST", path=f"{HOME}/{{id}}/archive", scope=SCOPE, answer=_archive),
    Page(method="POST", path=f"{HOME}/{{id}}/restore", scope=SCOPE, answer=_restore),
)
