"""Campaigns: every plan with its newest run, and one plan: in words, as it comes out, whom it reaches, who approves it.

Counts only: nothing here names a patient, or shows a text that one was sent.
"""

from collections.abc import Awaitable, Callable
from typing import get_args

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.campaigns import Run
from hub.campaigns.approvals import Approvals, NotSo
from hub.campaigns.foreseen import Foreseen, added_up
from hub.campaigns.plans import Persons, Plan, Waiting, catalog_of
from hub.campaigns.runs import run_of
from hub.db.tables import campaign
from hub.errors import InputError
from hub.jobs import Work
from hub.staff import campaign_words
from hub.staff.campaign_tested import offered
from hub.staff.drawing import words
from hub.staff.pages import Page, Visit
from hub.types import ChannelKind, Language
from templates.checking import Measured, measured

__all__ = ["PAGES", "PLACE", "READ", "WRITE", "approvals", "drawn", "plan_of", "show"]

PLACE = "/campaigns"
READ, WRITE, APPROVE = "campaigns:read", "campaigns:write", "campaigns:approve"
_TOLD = frozenset(
    {"asked", "withdrawn", "approved", "refused", "pause", "resume", "stop", "started", "saved", "dropped", "tested"}
)
_NOT = frozenset({"gone", "under-way"})
_MOST_ROWS = 100_000
"""Persons times steps that are looked through for one page at most: about twenty seconds."""
_EARLIER = 20
"""Runs that came before the newest ones, which the list shows."""
_SHOWN: tuple[ChannelKind, ...] = (ChannelKind.SMS, ChannelKind.EMAIL, ChannelKind.PORTAL, ChannelKind.PUSH)


def approvals(visit: Visit) -> Approvals:
    """Who approves what."""
    parts = visit.surface.parts
    return Approvals(parts.trail, parts.clock, parts.campaigns)


def drawn(visit: Visit, template: str, *, wrong: str = "", failed: bool = False, **values: object) -> web.Response:
    """One of the pages. `wrong` is the code of why what was posted was not done; `failed`: the page itself says why."""
    was = visit.request.query.get("was", "")
    # What could not be done where one comes from is told where one is led.
    refused = visit.request.query.get("not", "")
    given = {"told": was if was in _TOLD else "", "wrong": wrong or (refused if refused in _NOT else "")} | values
    return visit.draw(PLACE, template, status=422 if wrong or failed else 200, failed=failed, **given)


async def _list(visit: Visit) -> web.StreamResponse:
    parts, t = visit.surface.parts, words(visit.granted.user.language)
    newest = await parts.campaigns.newest()
    known = await parts.campaigns.plans()
    # A run may be of a plan that is no longer in the folder.
    known |= {name: run.plan for name, run in newest.items() if name not in known}
    async with parts.db.read() as conn:
        counted = {name: await parts.campaigns.status_of(conn, run) for name, run in newest.items()}
        pending = await approvals(visit).all_pending(conn)
        earlier = await _earlier(conn, {run.id for run in newest.values()})
        built = await parts.campaigns.library.built(conn)
    rows = [
        {
            "name": name,
            "title": campaign_words.title(plan, t),
            "plan": plan,
            "run": newest.get(name),
            "status": counted.get(name),
            "pending": pending.get(name),
            "built": name in built,
            "draft": name in built and not built[name].fixed,
        }
        for name, plan in sorted(known.items(), key=lambda one: campaign_words.title(one[1], t))
    ]
    under_way = [one for one in rows if isinstance(one["run"], Run) and one["run"].state in ("running", "paused")]
    others = [one for one in rows if one not in under_way]
    titles = {run.id: campaign_words.title(run.plan, t) for run in earlier}
    return drawn(visit, "campaigns.html", under_way=under_way, others=others, earlier=earlier, titles=titles)


async def _earlier(conn: AsyncConnection, but: set[str]) -> list[Run]:
    query = sa.select(campaign.c.id).order_by(campaign.c.id.desc()).limit(_EARLIER + len(but))
    ids = [one for one in (await conn.execute(query)).scalars() if one not in but]
    return [await run_of(conn, one) for one in ids[:_EARLIER]]


async def plan_of(visit: Visit) -> Plan:
    """The plan that the path names. Raises: HTTPSeeOther, to the list."""
    async with visit.surface.parts.db.read() as conn:
        found = await visit.surface.parts.campaigns.library.get(conn, visit.request.match_info["name"])
    if found is None:
        raise web.HTTPSeeOther(PLACE)
    return found


async def _one(visit: Visit) -> web.StreamResponse:
    return await show(visit, await plan_of(visit))


async def show(
    visit: Visit, plan: Plan, *, foreseen: Foreseen | None = None, busy: bool = False, wrong: str = ""
) -> web.Response:
    """The page of one plan."""
    parts, user = visit.surface.parts, visit.granted.user
    t = words(user.language)
    step = plan.step(visit.request.query.get("step", "")) or plan.steps[0]
    channel = next((one for one in _SHOWN if one.value == visit.request.query.get("channel")), ChannelKind.SMS)
    async with parts.db.read() as conn:
        pending = await approvals(visit).pending(conn, plan.name)
        kept = await parts.campaigns.library.find(conn, plan.name)
        ids = () if pending is None else (pending.asked_by, pending.decided_by)
        before = await parts.campaigns.library.approved_before(conn, plan) if kept is not None else None
        tested = await offered(visit, conn, plan, channel)
        users = await parts.names.users(conn, (*ids, *(() if kept is None else (kept.saved_by,))))
        who = {one.id: one.name for one in users.values()}
    newest = (await parts.campaigns.newest()).get(plan.name)
    reasons = []
    if foreseen is not None:
        reasons = [
            (campaign_words.reason(rule, foreseen.reasons[rule], t), count)
            for rule, count in foreseen.excluded.most_common()
        ]
    return drawn(
        visit,
        "campaign_plan.html",
        wrong=wrong,
        plan=plan,
        title=campaign_words.title(plan, t),
        audience=campaign_words.audience(plan, t),
        steps=campaign_words.steps(plan, t),
        step=step,
        channel=channel.value,
        channels=[one.value for one in _SHOWN],
        phones=_phones(plan, step.templates, channel),
        kept=kept,
        before=before,
        changes=campaign_words.changes(before, plan) if before is not None else [],
        stops=campaign_words.stops(plan, t),
        run=newest,
        pending=pending,
        who=who,
        mine=pending is not None and pending.asked_by == user.id,
        listed=isinstance(plan.audience, Persons) and plan.audience.listed,
        waiting=isinstance(plan.audience, Waiting),
        foreseen=foreseen,
        reasons=reasons,
        busy=busy,
        tested=tested,
    )


def _phones(plan: Plan, templates: tuple[str, ...], channel: ChannelKind) -> list[tuple[Language, Measured]]:
    """Each text of a step in each language, filled in with long samples; what is not translated comes in English."""
    languages: tuple[Language, ...] = get_args(Language)
    catalog = catalog_of(plan)
    return [(one, measured(catalog.get(key, one), channel)) for key in templates for one in languages]


async def _preview(visit: Visit) -> web.StreamResponse:
    """Look through the audience now, as a run that began now would; nothing is sent, and nothing kept."""
    plan, surface = await plan_of(visit), visit.surface
    if isinstance(plan.audience, Waiting) or (isinstance(plan.audience, Persons) and plan.audience.listed):
        return await show(visit, plan)
    if surface.looking.locked():
        return await show(visit, plan, busy=True)
    async with surface.looking:
        try:
            pages = surface.parts.campaigns.preview(plan, None, visit.granted.user.actor)
            found = await added_up(pages, _MOST_ROWS)
        except InputError:
            return await show(visit, plan, wrong="names")
    return await show(visit, plan, foreseen=found)


Change = Callable[[AsyncConnection, Plan], Awaitable[object]]


async def _do(visit: Visit, change: Change) -> web.Response | None:
    """Make a change; the page that says why not, where it is not made."""
    plan, parts = await plan_of(visit), visit.surface.parts
    try:
        await parts.db.write(lambda conn: change(conn, plan))
    except NotSo as refused:
        return await show(visit, plan, wrong=refused.why)
    except IntegrityError:
        # Somebody else did the same in the very moment.
        return await show(visit, plan, wrong="pending")
    parts.bell.ring()
    return None


async def _ask(visit: Visit) -> web.StreamResponse:
    given, actor = approvals(visit), visit.granted.user.actor
    return await _do(visit, lambda conn, plan: given.ask(conn, plan, actor)) or _back(visit, "asked")


async def _withdraw(visit: Visit) -> web.StreamResponse:
    given, actor = approvals(visit), visit.granted.user.actor
    return await _do(visit, lambda conn, plan: given.withdraw(conn, plan.name, actor)) or _back(visit, "withdrawn")


async def _approve(visit: Visit) -> web.StreamResponse:
    given, actor = approvals(visit), visit.granted.user.actor
    return await _do(visit, lambda conn, plan: given.decide(conn, plan.name, actor, yes=True)) or _back(
        visit, "approved"
    )


async def _refuse(visit: Visit) -> web.StreamResponse:
    given, actor = approvals(visit), visit.granted.user.actor
    return await _do(visit, lambda conn, plan: given.decide(conn, plan.name, actor, yes=False)) or _back(
        visit, "refused"
    )


async def _start(visit: Visit) -> web.StreamResponse:
    given, parts, actor = approvals(visit), visit.surface.parts, visit.granted.user.actor
    begun: list[str] = []

    async def change(conn: AsyncConnection, plan: Plan) -> None:
        begun[:] = [(await given.start(conn, plan.name, actor)).id]

    wrong = await _do(visit, change)
    if wrong is not None:
        return wrong
    work = Work(parts)
    try:
        await work.jobs.enqueue("campaigns.plan")
    finally:
        await work.close()
    raise web.HTTPSeeOther(f"{PLACE}/runs/{begun[0]}?was=started")


def _back(visit: Visit, was: str) -> web.Response:
    raise web.HTTPSeeOther(f"{PLACE}/plans/{visit.request.match_info['name']}?was={was}")


_PLAN = f"{PLACE}/plans/{{name}}"
PAGES = (
    Page(method="GET", path=PLACE, scope=READ, answer=_list),
    Page(method="GET", path=_PLAN, scope=READ, answer=_one),
    Page(method="POST", path=f"{_PLAN}/preview", scope=READ, answer=_preview),
    Page(method="POST", path=f"{_PLAN}/ask", scope=WRITE, answer=_ask),
    Page(method="POST", path=f"{_PLAN}/withdraw", scope=WRITE, answer=_withdraw),
    Page(method="POST", path=f"{_PLAN}/approve", scope=APPROVE, answer=_approve),
    Page(method="POST", path=f"{_PLAN}/refuse", scope=APPROVE, answer=_refuse),
    Page(method="POST", path=f"{_PLAN}/start", scope=WRITE, answer=_start),
)
