"""Building a plan on the page: a new one, a copy of another, or the next version of one that was built here.

The form works without a script: each of its buttons posts all of it, and it comes back as it then stands. With one, its
previews, lengths and the plan as a file follow what is typed. What is typed is kept once it makes a plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, get_args

from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Directory
from hub.campaigns import audience, plans
from hub.campaigns.library import Kept, NotKept
from hub.campaigns.plans import OWN, PURPOSES, Plan, Said, Text, known_to
from hub.campaigns.plans.texts import template
from hub.errors import InputError
from hub.staff import campaign_words
from hub.staff.campaign_reading import Read, read
from hub.staff.campaign_sheet import MOST_STEPS, Sheet, changed, new, posted, sheet_of, slug
from hub.staff.campaigns import PLACE, READ, WRITE, drawn
from hub.staff.drawing import words
from hub.staff.pages import Page, Visit
from hub.types import ChannelKind, Language
from templates import Template, shipped
from templates.checking import Measured, measured

__all__ = ["PAGES"]

_SHOWN = (ChannelKind.SMS, ChannelKind.EMAIL, ChannelKind.PORTAL, ChannelKind.PUSH)
_LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """What is being built. name: empty for a new plan. kept: the version that is changed; None for a new plan."""

    name: str
    kept: Kept | None = None

    @property
    def version(self) -> int:
        """The version that saving makes."""
        return 1 if self.kept is None else self.kept.plan.version + self.kept.fixed


async def _begin(visit: Visit) -> web.StreamResponse:
    """Choose what to begin with; or the form, of a copy or of nothing."""
    copied = visit.request.query.get("from")
    parts, t = visit.surface.parts, words(visit.granted.user.language)
    async with parts.db.read() as conn:
        known = await parts.campaigns.library.all(conn)
    if copied is None:
        rows = sorted((campaign_words.title(plan, t), plan) for plan in known.values() if plan.steps)
        return drawn(visit, "campaign_new.html", plans=rows)
    sheet = new()
    if copied in known:
        sheet = sheet_of(known[copied])
        sheet["title"] = t["build_copy_of"].replace("{title}", campaign_words.title(known[copied], t))[:80]
    return await _form(visit, _Built(name=""), sheet)


async def _built(visit: Visit) -> _Built:
    """What the path names. Raises: HTTPSeeOther, to a copy of what ships, or to the list."""
    name = visit.request.match_info["name"]
    if name in plans.built_in():
        raise web.HTTPSeeOther(f"{PLACE}/new?from={name}")
    async with visit.surface.parts.db.read() as conn:
        kept = await visit.surface.parts.campaigns.library.find(conn, name)
    if kept is None:
        raise web.HTTPSeeOther(PLACE)
    return _Built(name=name, kept=kept)


async def _edit(visit: Visit) -> web.StreamResponse:
    built = await _built(visit)
    assert built.kept is not None, "there is a version of what is edited"
    return await _form(visit, built, sheet_of(built.kept.plan))


async def _post_new(visit: Visit) -> web.StreamResponse:
    return await _act(visit, _Built(name=""))


async def _post(visit: Visit) -> web.StreamResponse:
    return await _act(visit, await _built(visit))


async def _act(visit: Visit, built: _Built) -> web.StreamResponse:
    """Do what a button of the form says; keep the plan where it says that."""
    form = visit.form
    sheet = posted((name, form[name]) for name in form)
    action = form["do"] or "save"
    if action != "save":
        return await _form(visit, built, changed(sheet, action), tried=bool(form["tried"]))
    found = read(sheet, built.name, built.version)
    if not found.good or found.plan is None:
        return await _form(visit, built, sheet, tried=True)
    library, parts = visit.surface.parts.campaigns.library, visit.surface.parts
    revision = int(form["revision"]) if form["revision"].isdecimal() else None

    async def unit(conn: AsyncConnection) -> Kept:
        assert found.plan is not None
        audience.check_names(found.plan.audience, await parts.campaigns.directory(conn))
        plan = found.plan if built.name else await _named(conn, visit, found.plan)
        return await library.save(conn, plan, revision if built.name else None, visit.granted.user.actor)

    try:
        kept = await parts.db.write(unit)
    except NotKept as refused:
        return await _form(visit, built, sheet, tried=True, wrong=refused.why)
    except IntegrityError:
        return await _form(visit, built, sheet, tried=True, wrong="edited")
    except InputError:
        return await _form(visit, built, sheet, tried=True, wrong="names")
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{PLACE}/plans/{kept.plan.name}?was=saved")


async def _named(conn: AsyncConnection, visit: Visit, plan: Plan) -> Plan:
    """A new plan under a name that no other has."""
    known = await visit.surface.parts.campaigns.library.all(conn)
    base = slug(plan.title) or "plan"
    names = (base if number == 1 else f"{base[:56]}-{number}" for number in count(1))
    return plans.renamed(plan, next(name for name in names if name not in known))


async def _form(visit: Visit, built: _Built, sheet: Sheet, *, tried: bool = False, wrong: str = "") -> web.Response:
    parts, form = visit.surface.parts, visit.form
    found = read(sheet, built.name, built.version)
    async with parts.db.read() as conn:
        directory = await parts.campaigns.directory(conn)
    step, number = _seen(sheet, form["see"])
    channel = next((one for one in _SHOWN if one.value == form["see_channel"]), ChannelKind.SMS)
    return drawn(
        visit,
        "campaign_build.html",
        wrong=wrong,
        failed=tried and not found.good and form["do"] in ("", "save"),
        built=built,
        sheet=sheet,
        errors=found.flaws if tried else {},
        tried=tried,
        names={kind: _choices(directory, kind, sheet) for kind in ("visit_type", "provider", "location")},
        purposes=[one.value for one in PURPOSES.get(sheet["kind"], ())],
        kinds=list(PURPOSES),
        library=_library(found),
        known=list(known_to(found.plan.audience)) if found.plan is not None else [],
        lengths=_lengths(sheet, found),
        see=f"{step}.{number}",
        channel=channel.value,
        channels=[one.value for one in _SHOWN],
        ways=[one.value for one in ChannelKind],
        phones=_phones(sheet["steps"][step]["w"][number], channel, built.version) if sheet["steps"] else [],
        yaml=plans.written(found.plan) if found.good and found.plan is not None else "",
        most=MOST_STEPS,
    )


def _seen(sheet: Sheet, asked: str) -> tuple[int, int]:
    """Which step and wording is looked at."""
    parts = [int(one) for one in asked.split(".") if one.isdecimal()]
    step, number = parts if len(parts) == 2 else (0, 0)
    if step >= len(sheet["steps"]):
        return 0, 0
    return step, number if number < len(sheet["steps"][step]["w"]) else 0


def _choices(directory: Directory, kind: Any, sheet: Sheet) -> list[str]:
    """The calendar's names; with those that the plan names and the calendar does not have."""
    field = {"visit_type": "types", "provider": "providers", "location": "locations"}[kind]
    known = directory.all_of(kind)
    folded = {one.casefold() for one in known}
    return [*known, *(one for one in sheet["audience"][field] if one.casefold() not in folded)]


def _library(found: Read) -> list[tuple[str, str]]:
    """The texts of the library that this audience has all the variables for, each with its English words."""
    known = known_to(found.plan.audience) if found.plan is not None else {}
    rooms = {key.partition(".")[0] for plan in plans.built_in().values() for key in _keys(plan)}
    fitting = [
        shipped().get(key, "en")
        for key in shipped().keys()  # noqa: SIM118 - a method of ours, with an order
        if key.partition(".")[0] in rooms
    ]
    return [
        (one.key, measured(one, ChannelKind.SMS).rendered.text)
        for one in fitting
        if all(known.get(name) == kind for name, kind in one.variables.items())
    ]


def _keys(plan: Plan) -> list[str]:
    return [key for step in plan.steps for key in step.templates if not key.startswith(OWN)]


def _own(wording: Sheet, language: Language, version: int) -> Template | None:
    """A text that is written in the form, as far as it can be filled in."""
    text = Text(
        name="own",
        text=Said(en=wording["en"], es=wording["es"]),
    )
    return template(text, language, version)


def _phones(wording: Sheet, channel: ChannelKind, version: int) -> list[tuple[Language, Measured | None]]:
    """A wording in each language, with long samples; None where there is nothing to show yet."""
    shown: list[tuple[Language, Measured | None]] = []
    for language in _LANGUAGES:
        found: Template | None = None
        if wording["template"] == "own":
            found = _own(wording, language, version)
        elif wording["template"] in shipped().keys():  # noqa: SIM118
            found = shipped().get(wording["template"], language)
        shown.append((language, None if found is None else measured(found, channel)))
    return shown


def _lengths(sheet: Sheet, found: Read) -> Mapping[str, Measured]:
    """How each text that is written in the form comes out as SMS, by its field."""
    return {
        f"steps.{at}.w.{number}.{language}": measured(made, ChannelKind.SMS)
        for at, step in enumerate(sheet["steps"])
        for number, one in enumerate(step["w"])
        if one["template"] == "own"
        for language in _LANGUAGES
        if (made := _own(one, language, 1)) is not None
    }


async def _file(visit: Visit) -> web.StreamResponse:
    """The plan as the YAML file that it amounts to."""
    async with visit.surface.parts.db.read() as conn:
        plan = await visit.surface.parts.campaigns.library.get(conn, visit.request.match_info["name"])
    if plan is None:
        raise web.HTTPSeeOther(PLACE)
    headers = {"Content-Disposition": f'attachment; filename="{plan.name}.yml"'}
    return web.Response(text=plans.written(plan), content_type="application/yaml", headers=headers)


async def _drop(visit: Visit) -> web.StreamResponse:
    library, name = visit.surface.parts.campaigns.library, visit.request.match_info["name"]
    try:
        await visit.surface.parts.db.write(lambda conn: library.drop(conn, name, visit.granted.user.actor))
    except NotKept as refused:
        raise web.HTTPSeeOther(f"{PLACE}/plans/{name}?not={refused.why}") from None
    raise web.HTTPSeeOther(f"{PLACE}?was=dropped")


_PLAN = f"{PLACE}/plans/{{name}}"
PAGES = (
    Page(method="GET", path=f"{PLACE}/new", scope=WRITE, answer=_begin),
    Page(method="POST", path=f"{PLACE}/new", scope=WRITE, answer=_post_new),
    Page(method="GET", path=f"{_PLAN}/build", scope=WRITE, answer=_edit),
    Page(method="POST", path=f"{_PLAN}/build", scope=WRITE, answer=_post),
    Page(method="POST", path=f"{_PLAN}/drop", scope=WRITE, answer=_drop),
    Page(method="GET", path=f"{_PLAN}/plan.yml", scope=READ, answer=_file),
)
