"""What the page reads: counters, lists, rows, a thread as it is opened, what was said in it earlier."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.api.shapes import Cursor, Limit
from hub.calls import Call, Caller, Endpoint, NoQuery, Raw, Read, Reading, cursors, not_found, unusable
from hub.db.tables import thread
from hub.desk.dispositions import offered
from hub.parts import Parts
from hub.reception.plans import EMERGENCY
from hub.staff.inbox.lines import stretch
from hub.staff.inbox.rows import Rows
from hub.staff.inbox.rows import row as row_of
from hub.staff.inbox.shapes import Collected, Count, Counts, Draft, Lines, Named, Opened, Present, Sort, View, Way
from hub.staff.inbox.shapes import Rows as Page
from hub.threads import Thread
from hub.types import ChannelKind, ThreadStatus
from hub.views import Counted, Filters, listed
from hub.views.lists import COLUMNS

_MOST_ROWS = 100


class ListQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which threads; filters combine. `team` is of the view `team`, or a filter of the others."""

    view: View = "all"
    sort: Sort = "newest"
    team: str | None = None
    label: str | None = None
    channel: ChannelKind | None = None
    language: Annotated[str, msgspec.Meta(max_length=8)] | None = None
    assignee: str | None = None
    status: ThreadStatus | None = None
    waiting: Literal["yes", "no"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class RowsQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ids of threads, between commas."""

    ids: Annotated[str, msgspec.Meta(max_length=4000)]


class LinesQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The number of the entry before which to read; the newest without one."""

    before: Annotated[int, msgspec.Meta(ge=1)] | None = None


async def counts(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """The counters of the reader. Numbers are nobody's: they leave no entry in the audit."""
    if caller is None:
        raise RuntimeError("nobody's threads are counted")
    value = shown(await parts.counters.of(caller.reach))
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def shown(counted: Counted) -> Counts:
    """Counters as the page reads them: of every view, and of every team."""
    items = [Count(view=view, threads=one.threads, waiting=one.waiting) for view, one in counted.views.items()]
    items += [
        Count(view="team", team=team_id, threads=one.threads, waiting=one.waiting)
        for team_id, one in sorted(counted.teams.items())
    ]
    return Counts(items=items, seq=counted.seq)


async def threads(conn: AsyncConnection, call: Call[ListQuery, None]) -> Read:
    """A page of a list."""
    asked = call.query
    filters = Filters(
        view=asked.view,
        sort=asked.sort,
        team=asked.team,
        label=asked.label,
        channel=asked.channel,
        language=asked.language,
        assignee=asked.assignee,
        status=asked.status,
        waiting=None if asked.waiting is None else asked.waiting == "yes",
    )
    after = cursors.read(asked.cursor, tuple[int, datetime, str]) if asked.cursor is not None else None
    seq = (await events.bounds(conn))[1]
    found = await listed(conn, filters, call.caller.reach, after=after, limit=asked.limit)
    items = await Rows(call.parts).of(conn, call.caller.id, found.rows)
    following = cursors.written(*found.following) if found.following is not None else None
    page = Page(items=items, next=following, seq=seq)
    return Read(value=page, action="thread.read", persons=[one.person_id for one in found.rows])


async def rows(conn: AsyncConnection, call: Call[RowsQuery, None]) -> Read:
    """Rows by their ids; what is out of reach, or was merged, is left out."""
    ids = list(dict.fromkeys(call.query.ids.split(",")))
    if len(ids) > _MOST_ROWS:
        raise unusable(f"`ids` may name {_MOST_ROWS} threads at most")
    seq = (await events.bounds(conn))[1]
    query = sa.select(*COLUMNS).where(thread.c.id.in_(ids), call.caller.reach.threads())
    found = (await conn.execute(query)).all()
    items = await Rows(call.parts).of(conn, call.caller.id, found)
    return Read(
        value=Page(items=items, next=None, seq=seq), action="thread.read", persons=[one.person_id for one in found]
    )


async def opened(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """A thread as it is opened; the id of one that was merged into another opens that one."""
    parts, reader = call.parts, call.caller
    seq = (await events.bounds(conn))[1]
    found = await _thread(conn, call)
    rows = Rows(parts)
    (shared,) = await rows.shared(conn, [found])
    own = await rows.own(conn, (reader.id,), {found.id: found.person_id})
    whose = (await parts.people.many(conn, [found.person_id]))[found.person_id]
    users = await parts.users.of(conn, (reader.id,))
    language = users[reader.id].language if reader.id in users else "en"
    talked = Thread(
        id=found.id,
        person_id=found.person_id,
        status=ThreadStatus(found.status),
        priority=found.priority,
        attention=found.attention,
        last_seq=found.last_seq,
        last_inbound_at=found.last_inbound_at,
    )
    ways = await parts.desk.ways.of(conn, found.person_id, found.last_inbound_at)
    drafts = await parts.desk.drafts.of(conn, found.id, found.person_id, reader.id)
    collected = await parts.desk.summaries.of(conn, talked, language)
    emergency = found.priority >= EMERGENCY
    born = whose.profile.birth_date
    value = Opened(
        row=row_of(shared, reader.id, own),
        mrn=whose.profile.mrn or None,
        birth_date=born,
        age=age(born, parts.clock.now().astimezone(parts.settings.timezone).date()),
        pronouns="",
        lines=await stretch(conn, parts, found, reader.id),
        ways=[
            Way(
                channel=one.channel,
                shown=one.shown,
                allowed=one.allowed,
                reason=one.reason,
                codes=list(one.codes),
                preferred=one.preferred,
                link=one.link,
                cost=one.cost,
            )
            for one in ways
        ],
        drafts=[Draft(kind=one.kind, text=one.text, channel=one.channel, at=one.at) for one in drafts],
        present=await present(conn, parts, found.id, reader.id),
        collected=[Collected(what=one.what, value=one.value) for one in collected],
        dispositions=offered(emergency=emergency),
        must_dispose=emergency,
        seq=seq,
    )
    return Read(value=value, action="message.read", persons=(found.person_id,), object_id=found.id)


async def lines(conn: AsyncConnection, call: Call[LinesQuery, None]) -> Read:
    """What was said before an entry."""
    found = await _thread(conn, call)
    value = await stretch(conn, call.parts, found, call.caller.id, before=call.query.before)
    return Read(value=value, action="message.read", persons=(found.person_id,), object_id=found.id)


async def present(conn: AsyncConnection, parts: Parts, thread_id: str, user_id: str) -> list[Present]:
    """Who else is at a thread now."""
    there = await parts.live.presence.who(thread_id)
    users = await parts.names.users(conn, set(there) - {user_id})
    return [
        Present(user=Named(id=one.id, name=one.name, initials=one.initials), doing=there[one.id].value)
        for one in users.values()
    ]


def age(born: date | None, today: date) -> int | None:
    """Completed years."""
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


async def _thread(conn: AsyncConnection, call: Call[Any, None]) -> Any:
    """The row of the thread in the path, where the reader sees it. Raises: Problem 404."""
    thread_id = await call.parts.threads.moved(conn, call.ids["id"]) or call.ids["id"]
    query = sa.select(*COLUMNS).where(thread.c.id == thread_id, call.caller.reach.threads())
    found = (await conn.execute(query)).first()
    if found is None:
        raise not_found("thread")
    return found


def _always(query: object) -> bool:
    return True


def _is_brief(asked: ListQuery) -> bool:
    """Whether a list is read along its index: in a view of most threads, filters may pass over many of them."""
    filtered = any(
        (asked.team, asked.label, asked.channel, asked.language, asked.assignee, asked.status, asked.waiting)
    )
    return not (filtered and (asked.status is not None or asked.view in ("bot", "closed")))


ENDPOINTS: tuple[Endpoint, ...] = (
    Raw(
        path="/counts",
        scope="threads:read",
        summary="Count threads",
        content_type="application/json",
        answers={200: Counts},
        answer=counts,
    ),
    Reading(
        path="/threads",
        scope="threads:read",
        summary="List threads",
        query=ListQuery,
        answers={200: Page},
        read=threads,
        brief=_is_brief,
    ),
    Reading(
        path="/rows",
        scope="threads:read",
        summary="Read rows",
        query=RowsQuery,
        answers={200: Page},
        read=rows,
        brief=_always,
    ),
    Reading(
        path="/threads/{id}",
        scope="threads:read",
        summary="Open a thread",
        answers={200: Opened},
        problems=(404, 410),
        read=opened,
        brief=_always,
    ),
    Reading(
        path="/threads/{id}/lines",
        scope="threads:read",
        summary="Read what was said earlier",
        query=LinesQuery,
        answers={200: Lines},
        problems=(404, 410),
        read=lines,
        brief=_always,
    ),
)
