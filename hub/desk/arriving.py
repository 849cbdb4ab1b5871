"""What a message means for the staff who have its thread: they are away, or had a reply scheduled that it overtakes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.choice.deciding import LATER
from hub.clock import Clock
from hub.db.tables import delivery, thread
from hub.hours import OpeningHours
from hub.router import Routed, Router
from hub.types import AuthorKind, ChannelKind, DeliveryState, Intent, Language, Purpose
from templates import render

_DESK = Actor("system", "desk")
_SOON = timedelta(minutes=1)
"""What leaves within that is being sent, not scheduled."""
OVERTAKEN = "scheduled_reply"
"""Why staff should look at a thread whose person wrote before a reply that was scheduled left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A message in a thread that the staff have, or that came to them by it.

    urgent: somebody may be in danger, or said what cannot wait. spoken: it was said on a call.
    """

    message_id: str
    thread_id: str
    person_id: str
    address_id: str
    channel: ChannelKind
    at: datetime
    language: Language
    urgent: bool


class Arrivals:
    """Sees to what arrives for the staff. hours: as they are told, by language."""

    def __init__(
        self,
        *,
        router: Router,
        trail: Trail,
        clock: Clock,
        open_hours: OpeningHours,
        zone: ZoneInfo,
        clinic: str,
        hours: dict[Language, str],
    ) -> None:
        self._router = router
        self._trail = trail
        self._clock = clock
        self._open = open_hours
        self._zone = zone
        self._clinic = clinic
        self._hours = hours

    async def came(self, conn: AsyncConnection, one: Arrived) -> list[Routed]:
        """Do what follows, in the reaction's own transaction; what to announce."""
        await self._overtakes(conn, one)
        if one.urgent or one.channel is ChannelKind.VOICE or self._open.is_open(self._clock.now(), self._zone):
            # Who is in danger hears what helps, and nothing else. Who called has heard it on the call.
            return []
        return [await self._router.route_in(conn, self._away(one))]

    def _away(self, one: Arrived) -> Intent:
        opens = self._open.later(self._clock.now(), timedelta(0), self._zone)
        facts = {"clinic": self._clinic, "hours": self._hours[one.language]}
        return Intent(
            # One a closed period: it is the one that ends then. What answers it by itself is told nothing again.
            key=f"away:{one.thread_id}:{opens.isoformat()}",
            person_id=one.person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.SYSTEM,
            body=render("inbox.after_hours", facts, one.language, one.channel, self._zone).text,
            level="none",
            channel=one.channel,
            address_id=one.address_id,
            replies_to=one.at,
            answers=one.message_id,
        )

    async def _overtakes(self, conn: AsyncConnection, one: Arrived) -> None:
        """Tell the staff that what they scheduled was written before this. It leaves all the same, unless they act."""
        now = self._clock.now()
        query = sa.select(delivery.c.message_id).where(
            delivery.c.thread_id == one.thread_id,
            delivery.c.state == DeliveryState.HELD,
            delivery.c.reason == LATER,
            delivery.c.automated.is_(False),
            delivery.c.due_at > now + _SOON,
            delivery.c.created_at < one.at,
        )
        waiting = sorted(set((await conn.execute(query)).scalars()))
        if not waiting:
            return
        marked = sa.update(thread).where(thread.c.id == one.thread_id, thread.c.attention == "")
        await conn.execute(marked.values(attention=OVERTAKEN))
        for message_id in waiting:
            entry = Entry(
                action="message.overtake",
                actor=_DESK,
                person_id=one.person_id,
                object_id=message_id,
                details={"by": one.message_id},
            )
            await self._trail.record(conn, entry)
