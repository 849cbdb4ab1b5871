"""What is due: the deliveries that may be tried now, in their order, with all that a decision about them needs."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import starmap
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.policy import AddressState
from hub.db.prepared import Prepared, one_of
from hub.db.tables import address, contact, delivery, message, person
from hub.outbox import locks
from hub.types import ChannelKind, DeliveryState, Lane


class Due(msgspec.Struct, frozen=True, gc=False):
    """What a decision about a delivery and its sending need. Its fields are read often: a row's own are slow."""

    id: str
    message_id: str
    thread_id: str
    person_id: str
    address_id: str
    channel: str
    lane: str
    purpose: str
    automated: bool
    confirms_stop: bool
    answers_help: bool
    replies_to: datetime | None
    appointment_id: str | None
    appointment_version: int | None
    segments: int
    attempts: int
    step: int
    words_sealed: bytes | None
    about_id: str | None
    level: str | None
    # Of other tables; `home` is the state that the person lives in.
    body_sealed: bytes
    written_at: datetime
    address_kind: str
    address_state: AddressState
    address_reason: str
    value_sealed: bytes
    timezone: str | None
    home: str | None
    language: str | None
    answers: str | None
    deceased: bool

    @property
    def reveals(self) -> bool:
        """Whether its words say anything of the person. What was queued before that was noted is taken to."""
        if self.level is None:
            return not (self.confirms_stop or self.answers_help or self.lane == Lane.SAFETY)
        return self.level != "none"

    @property
    def counted(self) -> bool:
        """Whether it counts against the caps: automated, and begun by the clinic."""
        return self.automated and self.replies_to is None


answered = message.alias("answered")
_OF_OTHERS = (
    message.c.body_sealed,
    message.c.at,
    address.c.kind,
    address.c.state,
    address.c.state_reason,
    contact.c.value_sealed,
    person.c.timezone,
    person.c.state,
    person.c.language,
    answered.c.provider_id,
    person.c.deceased_at.is_not(None),
)
_DETAILS = (
    sa.select(*(delivery.c[name] for name in Due.__struct_fields__[: -len(_OF_OTHERS)]), *_OF_OTHERS)
    .join(message, message.c.id == delivery.c.message_id)
    .join(address, address.c.id == delivery.c.address_id)
    .join(contact, sa.and_(contact.c.address_id == address.c.id, contact.c.person_id == delivery.c.person_id))
    .join(person, person.c.id == delivery.c.person_id)
    # By another channel it answers nothing that the provider there knows of.
    .outerjoin(answered, sa.and_(answered.c.id == delivery.c.answers_id, answered.c.channel == delivery.c.channel))
)


async def due(
    conn: AsyncConnection, now: datetime, lanes: Sequence[Lane], limit: int, channels: tuple[ChannelKind, ...]
) -> list[Due]:
    """Deliveries that may be tried, the most urgent lane first, oldest first within it.

    One whose thread has an earlier one under way, or waiting to be tried again, waits for it: a person's messages
    arrive in the order they were written. A held one blocks nothing, safety waits for nobody, and an answer does not
    wait for a campaign that has not left yet.

    That holds among several dispatchers, too. A claim locks the rows it takes, and others pass over them
    (`SKIP LOCKED`); but the look for earlier ones of the thread reads without locks, and so sees a row that another
    process is just claiming as it was committed last: queued, which blocks. Once that claim commits the row is sending,
    which blocks, until its result is committed. There is no moment at which it looks sent and is not. If the claim is
    undone it is queued as before. A held one that comes due while another process claims it still reads as held: it
    blocks nothing then, just as it blocks nothing within one claim.
    """
    rows: list[Due] = []
    for lane in lanes:
        # One state at a time: each is a walk along the index, and stops at the limit.
        for state in (DeliveryState.QUEUED, DeliveryState.HELD):
            if len(rows) >= limit:
                break
            rows += starmap(Due, await _due(lane, state, channels)(conn, now=now, most=limit - len(rows)))
    return rows


async def waiting(
    conn: AsyncConnection, now: datetime, lanes: Sequence[Lane], channels: tuple[ChannelKind, ...]
) -> bool:
    """Whether `due` would find anything; asked first, for a write is dearer than a look."""
    return bool(await _waiting(tuple(lanes), channels)(conn, now=now))


@cache
def _waiting(lanes: tuple[Lane, ...], channels: tuple[ChannelKind, ...]) -> Prepared:
    query = sa.select(delivery.c.id).where(
        one_of(delivery.c.state, (DeliveryState.QUEUED, DeliveryState.HELD)),
        one_of(delivery.c.lane, lanes),
        delivery.c.due_at <= sa.bindparam("now"),
        one_of(delivery.c.channel, channels),
        sa.or_(
            delivery.c.lane == Lane.SAFETY,
            *(sa.and_(delivery.c.lane == lane, ~_blocked(lane)) for lane in (Lane.REPLY, Lane.BULK)),
        ),
    )
    return Prepared(query.limit(1))


async def one(conn: AsyncConnection, delivery_id: str) -> Due:
    """A delivery, due or not."""
    (found,) = starmap(Due, await conn.execute(_DETAILS.where(delivery.c.id == delivery_id)))
    return found


async def any_of(conn: AsyncConnection, delivery_id: str) -> list[Due]:
    """A delivery, due or not, if there is one with that id."""
    return list(starmap(Due, await conn.execute(_DETAILS.where(delivery.c.id == delivery_id))))


@cache
def _due(lane: Lane, state: DeliveryState, channels: tuple[ChannelKind, ...]) -> Prepared:
    return Prepared(_due_in(lane, state, channels))


def _due_in(lane: Lane, state: DeliveryState, channels: tuple[ChannelKind, ...]) -> sa.Select[Any]:
    """What is due in a lane and a state, locked."""
    query = (
        _DETAILS.where(
            delivery.c.state == state,
            delivery.c.lane == lane,
            delivery.c.due_at <= sa.bindparam("now"),
            one_of(delivery.c.channel, channels),
        )
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
    return locks.unclaimed(query if lane is Lane.SAFETY else query.where(~_blocked(lane)))


@cache
def _blocked(lane: Lane) -> sa.Exists:
    """Whether the thread has an earlier delivery that one of `lane` waits for."""
    earlier = delivery.alias("earlier")
    blocked = sa.exists().where(
        earlier.c.thread_id == delivery.c.thread_id,
        earlier.c.channel == delivery.c.channel,
        one_of(earlier.c.state, (DeliveryState.QUEUED, DeliveryState.SENDING)),
        earlier.c.id < delivery.c.id,
    )
    if lane is Lane.BULK:
        return blocked
    return blocked.where(sa.or_(earlier.c.lane != Lane.BULK, earlier.c.state == DeliveryState.SENDING))
