"""Campaigns: their runs listed, counted, started, paused; and who waits for an earlier time."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.shapes import Cursor, Limit, Moment, Mrn, Page
from hub.calls.endpoints import Call, NoBody, NoQuery, Read, Wrote
from hub.calls.problems import Problem, not_found
from hub.campaigns import Run, VisitWish
from hub.campaigns.runs import run_of
from hub.db.tables import campaign
from hub.errors import InputError


class CampaignsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which runs to list."""

    limit: Limit = 50
    cursor: Cursor | None = None


class CampaignRun(msgspec.Struct, kw_only=True):
    """One run of a plan. `done`: nothing is left to do; `stopped`: it was ended."""

    id: str
    name: str
    kind: str
    state: Literal["running", "paused", "stopped", "done"]
    started_at: datetime
    ended_at: datetime | None


class CampaignStatus(msgspec.Struct, kw_only=True):
    """How far a run has come: rows of persons and steps by state, skipped by rule, deliveries by state."""

    run: CampaignRun
    total: int
    steps: dict[str, int]
    skipped: dict[str, int]
    deliveries: dict[str, int]
    answered: int


class NewRun(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which plan to begin; for plans that are for a list, the record numbers of the patients."""

    name: Annotated[str, msgspec.Meta(max_length=64)]
    mrns: Annotated[list[Mrn], msgspec.Meta(max_length=1000)] = []

    def __repr__(self) -> str:
        return f"NewRun({self.name})"


class RunUpdate(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`paused`: nothing more leaves; `running`: it goes on; `stopped`: it ends for good."""

    state: Literal["running", "paused", "stopped"]


class NewWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who waits, and for what. `appointment`: the booked visit that is moved when an earlier time is taken."""

    mrn: Mrn
    visit_type: Annotated[str, msgspec.Meta(max_length=200)]
    provider: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    appointment: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    earliest: Moment | None = None
    latest: Moment | None = None

    def __repr__(self) -> str:
        return "NewWish(…)"


class PlaceOnList(msgspec.Struct, kw_only=True):
    """A place on the waitlist."""

    id: str


async def campaigns(conn: AsyncConnection, call: Call[CampaignsQuery, None]) -> Read:
    """Runs, the newest first."""
    query = sa.select(campaign.c.id).order_by(campaign.c.id.desc()).limit(call.query.limit + 1)
    if call.query.cursor is not None:
        query = query.where(campaign.c.id < call.query.cursor)
    ids = list((await conn.execute(query)).scalars())
    shown = [_shown(await run_of(conn, one)) for one in ids[: call.query.limit]]
    following = ids[call.query.limit - 1] if len(ids) > call.query.limit else None
    return Read(value=Page(items=shown, next=following), action="campaign.list", persons=())


async def status(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """How far a run has come. Raises: Problem 404."""
    try:
        run = await run_of(conn, call.ids["id"])
    except InputError:
        raise not_found("campaign") from None
    found = await call.parts.campaigns.status_of(conn, run)
    value = CampaignStatus(
        run=_shown(run),
        total=found.total,
        steps=dict(found.steps),
        skipped=dict(found.skipped),
        deliveries=dict(found.deliveries),
        answered=found.answered,
    )
    return Read(value=value, action="campaign.read", persons=(), object_id=run.id)


async def start(conn: AsyncConnection, call: Call[NoQuery, NewRun]) -> Wrote:
    """Begin a run. Raises: Problem 409."""
    made = call.parts.campaigns
    try:
        run = await made.start_in(conn, await made.plan_in(conn, call.body.name), call.caller.actor, call.body.mrns)
    except InputError as refused:
        raise _not_so(refused) from None
    return Wrote(status=201, value=_shown(run), after=call.parts.bell.ring)


async def change(conn: AsyncConnection, call: Call[NoQuery, RunUpdate]) -> Wrote:
    """Pause a run, let it go on, or stop it. Raises: Problem 404, 409."""
    try:
        await run_of(conn, call.ids["id"])
    except InputError:
        raise not_found("campaign") from None
    try:
        run = await call.parts.campaigns.change_in(conn, call.ids["id"], call.body.state, call.caller.actor)
    except InputError as refused:
        raise _not_so(refused) from None
    return Wrote(status=200, value=_shown(run), after=call.parts.bell.ring)


async def wait(conn: AsyncConnection, call: Call[NoQuery, NewWish]) -> Wrote:
    """Put a patient on the waitlist. Raises: Problem 404, 409."""
    parts, asked = call.parts, call.body
    person_id = await parts.people.by_mrn(conn, asked.mrn)
    if person_id is None:
        raise not_found("patient")
    wish = VisitWish(
        person_id=person_id,
        visit_type=asked.visit_type,
        provider=asked.provider,
        appointment_id=asked.appointment,
        earliest=asked.earliest,
        latest=asked.latest,
    )
    place = await parts.campaigns.waiting.join(conn, wish, "api", call.caller.actor)
    if place is None:
        raise _not_so(InputError("the calendar has no visit type of this name"))
    return Wrote(status=201, value=PlaceOnList(id=place))


async def leave(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
    """Take a patient off the waitlist. Raises: Problem 404."""
    if not await call.parts.campaigns.waiting.leave(conn, call.ids["id"], call.caller.actor):
        raise not_found("place on the waitlist")
    return Wrote(status=200, value=PlaceOnList(id=call.ids["id"]))


def _not_so(refused: InputError) -> Problem:
    words = str(refused)
    return Problem(409, "not-so", words, reasons=(words,))


def _shown(run: Run) -> CampaignRun:
    return CampaignRun(
        id=run.id,
        name=run.name,
        kind=run.kind,
        state=run.state,
        started_at=run.started_at,
        ended_at=run.ended_at,
    )
