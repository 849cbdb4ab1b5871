"""Routing: who is to hear, by which way, and whether they may; what was decided is written by `queueing`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Trail
from hub.choice import Knowledge, Way, decide
from hub.clock import Clock
from hub.db import Database
from hub.db.prepared import Prepared
from hub.db.tables import delivery, message
from hub.events import Bell, Change, publish
from hub.links import Links
from hub.metrics import Metrics
from hub.outbox import counting
from hub.outbox.watch import Step, Waits
from hub.people import People
from hub.proxies import Hearing, Listener
from hub.proxies.hearing import own_standing
from hub.router.batch import Batches
from hub.router.queueing import NOT_ALONE, Queueing, Routed
from hub.sealed import Body
from hub.threads import Threads
from hub.types import (
    AuthorKind,
    ChannelKind,
    Decision,
    DeliveryState,
    Hold,
    Intent,
    Lane,
    Purpose,
    Send,
    Skip,
)
from hub.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What is to go on its way once more, because a delivery of it did not reach the person.

    sent: the row of its first delivery. tried: channels and addresses that had it. only: to try no other channels;
        empty for any.
    """

    step: Step
    thread_id: str
    body: Body
    in_portal: bool
    sent: Any
    tried: frozenset[tuple[str, str]]
    only: frozenset[ChannelKind] = frozenset()


class Router:
    """Decides about intents and queues what may be sent."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        threads: Threads,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        bell: Bell,
        knowledge: Knowledge,
        links: Links,
        waits: Waits,
        clinic: str,
        on_queued: Callable[[], None],
        hearing: Hearing,
        zone: ZoneInfo,
    ) -> None:
        self._db = db
        self._threads = threads
        self._clock = clock
        self._metrics = metrics
        self._bell = bell
        self._knowledge = knowledge
        self._queueing = Queueing(vault=vault, threads=threads, trail=trail, links=links, waits=waits, clinic=clinic)
        self._on_queued = on_queued
        self._hearing = hearing
        self.batches = Batches(
            vault=vault,
            knowledge=knowledge,
            hearing=hearing,
            threads=threads,
            trail=trail,
            waits=waits,
            queueing=self._queueing,
            zone=zone,
        )

    async def route(self, intent: Intent) -> Routed:
        """Decide what becomes of `intent`, durably."""

        async def unit(conn: AsyncConnection) -> Routed:
            return await self.route_in(conn, intent)

        routed = await self._db.write(unit)
        self.announce(routed)
        return routed

    def announce(self, *routed: Routed) -> None:
        """After the commit of `route_in`: count what was decided, and wake the outbox."""
        for one in routed:
            for rule in one.rules:
                self._metrics.decisions.labels(type(one.decision).__name__.lower(), rule).inc()
        self._bell.ring()
        self._on_queued()

    async def route_in(self, conn: AsyncConnection, intent: Intent) -> Routed:
        """Decide what becomes of `intent`, in the caller's transaction. Sends nothing.

        An intent whose key was routed before is not routed again: the first decision stands.
        """
        if (earlier := await _earlier(conn, intent.key)) is not None:
            return earlier
        begun = intent.replies_to is None and intent.author is not AuthorKind.STAFF
        person_id = await People.surviving(conn, intent.person_id) if begun else intent.person_id
        listener = Listener(who="patient")
        if begun or intent.appointment is not None:
            visit = intent.appointment[0] if intent.appointment is not None else None
            listener = await self._hearing.of(conn, person_id, intent.purpose, visit, begun=begun)
        routed: Routed | None = None
        for guardian in listener.guardians if listener.who == "guardian" else ():
            heard = Listener(who="guardian")
            # The channel and address asked for were the patient's own.
            told = replace(intent, person_id=guardian, channel=None, address_id=None)
            routed = await self._route_to(conn, told, heard, about=person_id)
            if not isinstance(routed.decision, Skip):
                return routed
        return routed or await self._route_to(conn, intent, listener)

    async def _route_to(
        self, conn: AsyncConnection, intent: Intent, listener: Listener, about: str | None = None
    ) -> Routed:
        """Decide about an intent that this very person is to hear; `about` is the patient it is about, if another."""
        # 1 read
        now = self._clock.now()
        known = await self._knowledge.read(conn, intent, now)
        if known.who.merged_into is not None:
            # Whoever made the intent knew the person by the record that was merged.
            intent = replace(intent, person_id=known.who.merged_into)
            known = await self._knowledge.read(conn, intent, now)
        who, ways = known.who, _heard(known.ways, listener)
        counted = intent.replies_to is None and intent.author is not AuthorKind.STAFF
        recent = await counting.recent(conn, {intent.person_id}, now) if counted else {}
        sent = recent.get(intent.person_id, counting.NOTHING)

        # 2 decide
        decision, rules = decide(intent, ways, now, who.timezone, sent.calls, told=sent.told(), wishes=known.wishes)

        # 3 write
        if isinstance(decision, Skip):
            if listener.only_at is not None and not ways:
                decision, rules = Skip((NOT_ALONE,)), ("confidential",)
            await self._queueing.refuse(conn, intent, rules)
            return Routed(decision, rules)
        thread_id = who.thread_id or (await self._threads.open_for(conn, (who.id,)))[who.id].id
        linked = _taken(ways, decision).shape == "link"
        return await self._queueing.queue(
            conn, intent, who, thread_id, decision, rules, now, linked=linked, about=about
        )

    async def follow_in(self, conn: AsyncConnection, following: Following) -> Routed:
        """Decide by which way a message goes on, and queue that, in the caller's transaction.

        Consent, caps, hours and content are asked as for any other. A Skip means that no way is left.
        """
        intent, now = _again(following), self._clock.now()
        known = await self._knowledge.read(conn, intent, now)
        counted = intent.replies_to is None and intent.author is not AuthorKind.STAFF
        listener = Listener(who="guardian")
        if following.sent.about_id is None:
            visit = intent.appointment[0] if intent.appointment is not None else None
            listener = await self._hearing.of(conn, intent.person_id, intent.purpose, visit, begun=counted)
        who, ways = known.who, _heard(known.ways, listener)
        recent = await counting.recent(conn, {who.id}, now) if counted else {}
        past = recent.get(who.id, counting.NOTHING)

        left = [way for way in ways if (way.channel, way.address_id) not in following.tried]
        if following.only:
            left = [way for way in left if way.channel in following.only]
        told = past.told(besides=following.step.message_id)
        decision, rules = decide(intent, left, now, who.timezone, past.calls, told=told, wishes=known.wishes)

        if isinstance(decision, Skip):
            await self._queueing.refuse(conn, intent, rules)
            return Routed(decision, rules)
        text = intent.words.get(decision.channel, intent.body)
        linked = _taken(left, decision).shape == "link"
        words = await self._queueing.link(conn, who, decision, now) if linked else text
        plain = words == intent.body and not following.in_portal
        step, sent = following.step, following.sent
        await self._queueing.deliver(
            conn,
            intent,
            decision,
            rules,
            now,
            message_id=step.message_id,
            thread_id=following.thread_id,
            text=words,
            own_words=not plain,
            level="none" if linked else intent.level,
            step=step,
            about=sent.about_id,
        )
        await publish(conn, now, [Change("delivery.updated", step.delivery_id)])
        return Routed(decision, rules, sent.message_id, step.delivery_id)


def _heard(ways: Sequence[Way], listener: Listener) -> list[Way]:
    """Those of the ways by which this listener may hear, with what they themselves decided about them."""
    return [
        structs.replace(way, standing=own_standing(way.standing, listener.of_age))
        for way in ways
        if listener.only_at is None or way.address_id in listener.only_at
    ]


def _taken(ways: Sequence[Way], decision: Send | Hold) -> Way:
    """The way that was decided for."""
    taken = (decision.channel, decision.address_id)
    return next(way for way in ways if (way.channel, way.address_id) == taken)


def _again(following: Following) -> Intent:
    """The wish behind a message that goes on its way once more.

    Nobody of the staff writes it now, and the moment at which it was an answer is over: at night it waits, and it
    counts against the caps. Only the reply to an emergency is an answer still.
    """
    sent, body = following.sent, following.body
    visit = (sent.appointment_id, sent.appointment_version) if sent.appointment_id else None
    return Intent(
        key="",
        person_id=sent.person_id,
        purpose=Purpose(sent.purpose),
        author=AuthorKind.SYSTEM,
        body=body.text,
        words={ChannelKind(kind): words for kind, words in body.words.items()},
        level=following.step.level,
        followed=True,
        lane=Lane(sent.lane),
        replies_to=sent.replies_to if sent.lane == Lane.SAFETY else None,
        appointment=visit,
    )


async def _earlier(conn: AsyncConnection, key: str) -> Routed | None:
    """What became of an intent with this key, if it was queued before."""
    row = await _EARLIER.first(conn, intent_key=key)
    if row is None:
        return None
    channel = ChannelKind(row.channel)
    decision: Decision = Send(channel, row.address_id, "It was queued before.")
    if row.state == DeliveryState.HELD:
        decision = Hold(channel, row.address_id, row.due_at, "It was queued before.")
    return Routed(decision, (), row.id, row.delivery_id)


_EARLIER = Prepared(
    sa.select(
        message.c.id,
        delivery.c.id.label("delivery_id"),
        delivery.c.channel,
        delivery.c.address_id,
        delivery.c.state,
        delivery.c.due_at,
    )
    .join(delivery, delivery.c.message_id == message.c.id)
    .where(message.c.intent_key == sa.bindparam("intent_key", type_=message.c.intent_key.type), delivery.c.step == 0)
)
