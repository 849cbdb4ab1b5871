"""Who has a thread, and what it is to the staff: looked at, changed, told and written down in one unit of work.

Whoever changes a thread locks it first, as accept and reactions do. An act that changes nothing leaves no entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.permissions import PERMISSIONS
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.tables import delivery, message, staff_user, team, thread
from hub.desk.states import Act, Assign, Claim, Refusal, State, ToTeam, Unsettle, apply
from hub.events import Change, publish
from hub.threads import Threads
from hub.types import AuthorKind, DeliveryState, Direction, ThreadStatus

WITHDRAWN = "withdrawn"
"""Why a delivery is suppressed that whoever wrote its message took back."""

_COLUMNS = tuple(field.name for field in fields(State))
_NO_USER = Refusal("unusable", "There is nobody of that id who could answer patients.", 422)
_NO_TEAM = Refusal("unusable", "There is no such team.", 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A thread that nobody else changes until the unit of work ends."""

    id: str
    person_id: str
    last_seq: int
    last_inbound_at: datetime | None
    last_channel: str | None
    state: State


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an act: the thread before and after it."""

    thread: Held
    state: State

    @property
    def changed(self) -> bool:
        """Whether anything is different now."""
        return self.state != self.thread.state


class Custody:
    """Changes who has threads."""

    def __init__(self, threads: Threads, trail: Trail, clock: Clock) -> None:
        self._threads = threads
        self._trail = trail
        self._clock = clock

    async def hold(self, conn: AsyncConnection, thread_id: str) -> Held | None:
        """The thread with this id, or the one that it was merged into, locked; None where there is none."""
        row: Any = (await conn.execute(_HOLD, {"id": thread_id})).first()
        if row is None:
            moved = await self._threads.moved(conn, thread_id)
            return None if moved is None else await self.hold(conn, moved)
        values = {name: getattr(row, name) for name in _COLUMNS} | {"status": ThreadStatus(row.status)}
        return Held(
            id=row.id,
            person_id=row.person_id,
            last_seq=row.last_seq,
            last_inbound_at=row.last_inbound_at,
            last_channel=row.last_channel,
            state=State(**values),
        )

    async def act(
        self, conn: AsyncConnection, thread_id: str, act: Act, by: Actor, request_id: str = ""
    ) -> Done | Refusal | None:
        """Do the act, in the caller's transaction; None where there is no such thread."""
        held = await self.hold(conn, thread_id)
        if held is None:
            return None
        match act:
            case Assign(str(user_id)) | Claim(user_id) if not await _answers(conn, user_id):
                return _NO_USER
            case ToTeam(str(team_id)) if not await _in_use(conn, team_id):
                return _NO_TEAM
            case Unsettle(None):
                # Where all is answered it is the last message that needs more of an answer.
                act = Unsettle(await unanswered_since(conn, held.id) or held.last_inbound_at)
        state = apply(held.state, act, self._clock.now())
        if isinstance(state, Refusal):
            return state
        await self.set(conn, held, state, act.verb, by, request_id)
        return Done(held, state)

    async def set(
        self,
        conn: AsyncConnection,
        held: Held,
        state: State,
        verb: str,
        by: Actor,
        request_id: str = "",
        details: Mapping[str, str | int | None] | None = None,
        *,
        always: bool = False,
    ) -> None:
        """Make `state` that of the thread, with the entry and the event of it; where it is so, only if `always`."""
        changes = {name: getattr(state, name) for name in _COLUMNS if getattr(state, name) != getattr(held.state, name)}
        if not changes and not always:
            return
        values: dict[str, Any] = dict(changes)
        if "status" in changes and not state.with_staff:
            # What the bot last asked was asked before people spoke: an answer to that would be taken for another.
            values |= {"dialogue_sealed": None, "dialogue_at": self._clock.now()}
        if values:
            await conn.execute(sa.update(thread).where(thread.c.id == held.id).values(**values))
        entry = Entry(
            action=f"thread.{verb}",
            actor=by,
            person_id=held.person_id,
            object_id=held.id,
            request_id=request_id,
            details={
                **{name: _plain(value) for name, value in changes.items()},
                "from": held.state.status.value if "status" in changes else None,
                "was_with": held.state.assignee if "assignee" in changes else None,
                **(details or {}),
            },
        )
        await self._trail.record(conn, entry)
        await publish(conn, self._clock.now(), [Change("thread.updated", held.id)])


async def unanswered_since(conn: AsyncConnection, thread_id: str) -> datetime | None:
    """When the person wrote first since they were last answered; None where all is answered."""
    withdrawn = sa.exists().where(
        delivery.c.message_id == message.c.id,
        delivery.c.state == DeliveryState.SUPPRESSED,
        delivery.c.reason == WITHDRAWN,
    )
    mine = message.c.thread_id == thread_id
    answered = sa.select(sa.func.max(message.c.seq)).where(
        mine,
        message.c.direction == Direction.OUTBOUND,
        message.c.author_kind.in_((AuthorKind.STAFF, AuthorKind.BOT)),
        ~withdrawn,
    )
    last = (await conn.execute(answered)).scalar_one_or_none() or 0
    inbound = sa.select(message.c.at).where(mine, message.c.direction == Direction.INBOUND)
    return await conn.scalar(inbound.where(message.c.seq > last).order_by(message.c.seq).limit(1))


async def _answers(conn: AsyncConnection, user_id: str) -> bool:
    """Whether this is one of the staff who may write to patients."""
    query = sa.select(staff_user.c.role).where(staff_user.c.id == user_id, staff_user.c.status == "active")
    role = (await conn.execute(query)).scalar_one_or_none()
    return role is not None and "messages:write" in PERMISSIONS[role]


async def _in_use(conn: AsyncConnection, team_id: str) -> bool:
    query = sa.select(team.c.id).where(team.c.id == team_id, team.c.archived_at.is_(None))
    return (await conn.execute(query)).first() is not None


def _plain(value: Any) -> str | int | None:
    return value.isoformat() if isinstance(value, datetime) else value


_HOLD = (
    sa.select(
        thread.c.id,
        thread.c.person_id,
        thread.c.last_seq,
        thread.c.last_inbound_at,
        thread.c.last_channel,
        *(thread.c[name] for name in _COLUMNS),
    )
    .where(thread.c.id == sa.bindparam("id", type_=thread.c.id.type))
    .with_for_update()
)
