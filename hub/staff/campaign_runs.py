"""One run of a campaign: how far it is, what came of it, what did not arrive; pausing, stopping it; and its stream."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.calls import Caller, Endpoint, Problem, Raw, not_found
from hub.calls.serving import ACCESS
from hub.calls.streaming import STREAMS
from hub.campaigns import Run
from hub.campaigns.results import Failure, failures, results, wordings
from hub.campaigns.runs import run_of
from hub.errors import InputError
from hub.live import Batch, Subscription
from hub.parts import Parts
from hub.staff import campaign_words
from hub.staff.campaigns import PLACE, READ, WRITE, approvals, drawn
from hub.staff.drawing import words
from hub.staff.pages import Page, Visit

__all__ = ["ENDPOINTS", "PAGES"]

_EVENTS = "/runs/{id}/events"
_FAILED = 50
"""Failures that the page shows."""
_REST, _MOST_REST = 10.0, 10.0
"""Between two counts of an open page: so many times as long as the last one took, from one second up to so many."""
_TELLING = frozenset({"campaign", "delivery", "message", "appointment", "consent"})
"""Kinds of changes after which a run's figures may be others."""
_FUNNEL = ("queued", "sent", "delivered", "read")
_AFTER = ("confirmed", "moved", "opted_out", "answered")
_BEFORE: Mapping[str, tuple[str, ...]] = {
    "pause": ("running",),
    "resume": ("paused",),
    "stop": ("running", "paused"),
}


class Counted(msgspec.Struct, kw_only=True):
    """What an open page is told: the run's state, and its figures by name."""

    state: Literal["running", "paused", "stopped", "done"]
    numbers: dict[str, int]


async def _counted(conn: AsyncConnection, parts: Parts, run: Run) -> tuple[Counted, Mapping[str, int]]:
    """The figures of a run, and what was skipped by rule."""
    status = await parts.campaigns.status_of(conn, run)
    found = await results(conn, run)
    waiting = sum(status.deliveries.get(one, 0) for one in ("queued", "held", "sending"))
    numbers = {
        "total": status.total,
        "done": status.total - status.steps.get("planned", 0) - waiting,
        "planned": status.steps.get("planned", 0),
        "skipped": status.steps.get("skipped", 0),
        "void": status.steps.get("void", 0),
        "waiting": waiting,
        "withdrawn": status.deliveries.get("suppressed", 0),
        "answered": status.answered,
        **{name: getattr(found, name) for name in found.__slots__},
    }
    return Counted(state=run.state, numbers=numbers), status.skipped


async def _run(conn: AsyncConnection, run_id: str) -> Run | None:
    try:
        return await run_of(conn, run_id)
    except InputError:
        return None


async def _one(visit: Visit) -> web.StreamResponse:
    return await _show(visit)


async def _show(visit: Visit, *, wrong: str = "") -> web.Response:
    parts, caller = visit.surface.parts, visit.granted.caller
    t = words(visit.granted.user.language)
    async with parts.db.read() as conn:
        run = await _run(conn, visit.request.match_info["id"])
        if run is None:
            raise web.HTTPSeeOther(PLACE)
        counted, skipped = await _counted(conn, parts, run)
        lost = await failures(conn, run, _FAILED)
        compared = await wordings(conn, run)
        approved = (await approvals(visit).of_runs(conn, (run.id,))).get(run.id)
        who = {}
        if approved is not None:
            users = await parts.names.users(conn, (approved.asked_by, approved.decided_by))
            who = {one.id: one.name for one in users.values()}
        names = await _names(conn, parts, caller, lost)
        refusals = await parts.retrying.refusals(conn, run, lost)
    if names:
        # Whoever is named here was looked at.
        entries = [
            Entry(action="campaign.failures", actor=caller.actor, person_id=one, object_id=run.id) for one in names
        ]
        await parts.db.write(lambda conn: parts.trail.record(conn, *entries))
    reasons = [
        (campaign_words.reason(rule, "", t), count) for rule, count in sorted(skipped.items(), key=lambda one: -one[1])
    ]
    return drawn(
        visit,
        "campaign_run.html",
        wrong=wrong,
        run=run,
        title=campaign_words.title(run.plan, t),
        n=counted.numbers,
        funnel=_FUNNEL,
        after=_AFTER,
        reasons=reasons,
        lost=lost,
        wordings=compared,
        no={step_id: campaign_words.reason(rule, said, t) for step_id, (rule, said) in refusals.items()},
        retryable=len(lost) - len(refusals),
        tried=_tried(visit),
        names=names,
        approved=approved,
        who=who,
    )


async def _names(conn: AsyncConnection, parts: Parts, caller: Caller, lost: Sequence[Failure]) -> dict[str, str]:
    """The names of those who were not reached, for who may read their threads; empty for everybody else."""
    if not caller.may("threads:read"):
        return {}
    wanted = {one.person_id for one in lost}
    visible = [one for one in sorted(wanted) if await caller.reach.sees(conn, person_id=one)]
    people = await parts.people.many(conn, visible)
    return {one: f"{found.profile.given_name} {found.profile.family_name}".strip() for one, found in people.items()}


async def _change(visit: Visit) -> web.StreamResponse:
    """Pause, resume or stop, as the path's last word says."""
    parts, actor = visit.surface.parts, visit.granted.user.actor
    run_id, action = visit.request.match_info["id"], visit.request.path.rpartition("/")[2]
    after: Literal["running", "paused", "stopped"] = (
        "paused" if action == "pause" else "running" if action == "resume" else "stopped"
    )

    async def unit(conn: AsyncConnection) -> bool:
        run = await _run(conn, run_id)
        if run is None or run.state not in _BEFORE[action]:
            return False
        await parts.campaigns.change_in(conn, run_id, after, actor)
        return True

    if not await parts.db.write(unit):
        return await _show(visit, wrong="state")
    if action == "resume":
        await parts.campaigns.release()
    elif action == "stop":
        await parts.campaigns.withdraw()
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{PLACE}/runs/{run_id}?was={action}")


async def _retry(visit: Visit) -> web.StreamResponse:
    """Try again what failed: one step of somebody's, or all of them."""
    parts, actor, which = visit.surface.parts, visit.granted.user.actor, visit.form["which"]
    async with parts.db.read() as conn:
        run = await _run(conn, visit.request.match_info["id"])
    if run is None:
        raise web.HTTPSeeOther(PLACE)
    done = await parts.retrying.retry(run, None if which == "all" else (which,), actor)
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{PLACE}/runs/{run.id}?queued={done.queued}&refused={done.refused}#lost")


def _tried(visit: Visit) -> tuple[int, int] | None:
    """How many were queued anew and how many refused, where one comes from a retry."""
    queued, refused = (visit.request.query.get(name, "")[:6] for name in ("queued", "refused"))
    return (int(queued), int(refused)) if queued.isdecimal() and refused.isdecimal() else None


class _Begun:
    """A subscription that begins at once: what changed since the page was drawn is told before anything else does."""

    def __init__(self, feed: Subscription) -> None:
        self._feed = feed
        self._first = True

    @property
    def seq(self) -> int:
        return self._feed.seq

    @property
    def reset(self) -> bool:
        return False

    async def next(self, seconds: float) -> Batch:
        """Nothing at first; then what the feed brings."""
        if self._first:
            self._first = False
            return Batch(self._feed.seq)
        return await self._feed.next(seconds)


async def _stream(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """The run's figures, whenever they have changed."""
    if caller is None:
        raise RuntimeError("nobody is told of runs")
    run_id, streams, access = request.match_info["id"], request.app[STREAMS], request.app[ACCESS]
    loop = asyncio.get_running_loop()
    last: list[bytes] = [b""]
    rested: list[float] = [0.0]

    async def counted() -> bytes:
        async with parts.db.glance() as conn:
            run = await _run(conn, run_id)
            if run is None:
                raise not_found("campaign")
            return msgspec.json.encode((await _counted(conn, parts, run))[0])

    async def told(batch: Batch) -> str:
        if last[0] and not any(one.type.partition(".")[0] in _TELLING for _, one in batch.changes):
            return ""
        await asyncio.sleep(max(0.0, rested[0] - loop.time()))
        begun = loop.time()
        now = await counted()
        rested[0] = loop.time() + min(_MOST_REST, max(1.0, _REST * (loop.time() - begun)))
        if now == last[0]:
            return ""
        last[0] = now
        return f"id: {batch.seq}\nevent: counted\ndata: {now.decode()}\n\n"

    async def still_good() -> bool:
        try:
            now = await access.caller(request, READ, _EVENTS, request_id)
        except Problem:
            return False
        return now.id == caller.id

    streams.check()
    await counted()
    # All figures come anew with each event, so that nothing is to be made up for after a stream was cut.
    async with parts.live.feed.subscribe(None, ("staff",)) as feed:
        return await streams.answer(request, _Begun(feed), request_id, written=told, still_good=still_good)


ENDPOINTS: tuple[Endpoint, ...] = (
    Raw(
        path=_EVENTS,
        scope=READ,
        summary="Follow the figures of a run",
        content_type="text/event-stream",
        answers={200: Counted},
        problems=(404, 503),
        answer=_stream,
    ),
)
_RUN = f"{PLACE}/runs/{{id}}"
PAGES = (
    Page(method="GET", path=_RUN, scope=READ, answer=_one),
    *(Page(method="POST", path=f"{_RUN}/{action}", scope=WRITE, answer=_change) for action in _BEFORE),
    Page(method="POST", path=f"{_RUN}/retry", scope=WRITE, answer=_retry),
)
