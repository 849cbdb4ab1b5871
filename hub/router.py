"""The router: what becomes of an intent. It reads, decides, writes, and never goes back.

An intent that may be sent, now or later, becomes a sealed message and a delivery in one transaction; one that may not
becomes an audit entry and a reason. Nothing is sent here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import Standing
from consent.ledger import Ledger
from consent.policy import AddressState, Allowed, Denied, Request, Wait, may
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.columns import Id
from hub.db.tables import address, contact, delivery, message, person, thread
from hub.events import Bell, Change, publish
from hub.metrics import Metrics
from hub.outbox import NewDelivery, enqueue
from hub.outbox.claims import sent_recently
from hub.people import People
from hub.proxies import Hearing, Listener
from hub.proxies.hearing import own_standing
from hub.threads import NewMessage, Threads
from hub.types import (
    AddressKind,
    AuthorKind,
    ChannelKind,
    Decision,
    DeliveryState,
    Direction,
    Hold,
    Intent,
    Lane,
    Purpose,
    Send,
    Skip,
    new_id,
)
from hub.vault import Vault
from templates.segments import segments

_REACHES: Mapping[ChannelKind, AddressKind] = {
    ChannelKind.SMS: AddressKind.PHONE,
    ChannelKind.VOICE: AddressKind.PHONE,
    ChannelKind.EMAIL: AddressKind.MAILBOX,
    ChannelKind.PUSH: AddressKind.PUSH,
    ChannelKind.PORTAL: AddressKind.PORTAL,
}
_ORDER = (ChannelKind.SMS, ChannelKind.PORTAL, ChannelKind.PUSH, ChannelKind.EMAIL, ChannelKind.VOICE)
"""Channels in the order tried for a person who never said what they prefer."""
_NOT_ALONE = "The visit is confidential, and the patient has no address that is theirs alone: speak to them in person."
_ANSWERS = (ChannelKind.VOICE, ChannelKind.EMAIL)
"""Channels on which an answer goes to its question: to a call that waits, or into a mail's thread."""


@dataclass(frozen=True, slots=True)
class Routed:
    """What was decided, and the rows it made (None for a Skip). `rules` are the ids of the rules that decided."""

    decision: Decision
    rules: tuple[str, ...]
    message_id: str | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to reach a person: a channel and an address, with what holds there."""

    channel: ChannelKind
    address_id: str
    state: AddressState
    standing: Standing


class Router:
    """Decides about intents and queues what may be sent."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        ledger: Ledger,
        threads: Threads,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        bell: Bell,
        channels: Sequence[ChannelKind],
        on_queued: Callable[[], None],
        hearing: Hearing,
    ) -> None:
        self._db = db
        self._vault = vault
        self._ledger = ledger
        self._threads = threads
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._bell = bell
        self._channels = tuple(channels)
        self._on_queued = on_queued
        self._hearing = hearing

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
        who, ways = await self._known(conn, intent)
        if who.merged_into is not None:
            # Whoever made the intent knew the person by the record that was merged.
            intent = replace(intent, person_id=who.merged_into)
            who, ways = await self._known(conn, intent)
        ways = [replace(way, standing=own_standing(way.standing, listener.of_age)) for way in ways]
        if listener.only_at is not None:
            ways = [way for way in ways if way.address_id in listener.only_at]
        now = self._clock.now()
        counted = intent.replies_to is None and intent.author is not AuthorKind.STAFF
        recent = await sent_recently(conn, {intent.person_id}, now) if counted else {}

        # 2 decide
        decision, rules = decide(
            intent, rank(ways, intent.channel, who.preferred_channel), now, who.timezone, recent.get(who.id, ())
        )

        # 3 write
        if isinstance(decision, Skip):
            if listener.only_at is not None and not ways:
                decision, rules = Skip((_NOT_ALONE,)), ("confidential",)
            await self._refuse(conn, intent, rules)
            return Routed(decision, rules)
        thread_id = who.thread_id or (await self._threads.open_for(conn, (who.id,)))[who.id].id
        return await self._queue(conn, intent, thread_id, decision, rules, now, about)

    async def _known(self, conn: AsyncConnection, intent: Intent) -> tuple[Any, list[Way]]:
        """The person with the id of their thread, if there is one, and every way to them that this hub has."""
        if intent.address_id is None:
            rows = (await conn.execute(_REACHED, {"person": intent.person_id})).all()
        else:
            at = {"person": intent.person_id, "address": intent.address_id}
            rows = (await conn.execute(_REACHED_AT, at)).all()
        found = [row for row in rows if row.address_id is not None]
        standings = await self._ledger.standings(conn, [row.address_id for row in found]) if found else {}
        ways = [
            Way(channel=channel, address_id=row.address_id, state=row.state, standing=standings[row.address_id])
            for channel in self._channels
            for row in found
            if row.kind == _REACHES[channel]
        ]
        return rows[0], ways

    async def _refuse(self, conn: AsyncConnection, intent: Intent, rules: tuple[str, ...]) -> None:
        entry = Entry(
            action="send.refuse",
            actor=Actor("system", "router"),
            person_id=intent.person_id,
            details={"purpose": intent.purpose.value, "author": intent.author.value, "rule": ",".join(rules)},
        )
        await self._trail.record(conn, entry)

    async def _queue(
        self,
        conn: AsyncConnection,
        intent: Intent,
        thread_id: str,
        decision: Send | Hold,
        rules: tuple[str, ...],
        now: datetime,
        about: str | None = None,
    ) -> Routed:
        keys = await self._vault.key(conn, intent.person_id)
        entry = NewMessage(
            id=new_id(),
            thread_id=thread_id,
            person_id=intent.person_id,
            direction=Direction.OUTBOUND,
            author=intent.author,
            author_name=intent.author_name,
            at=now,
            text=intent.body,
            channel=decision.channel,
            address_id=decision.address_id,
            intent_key=intent.key,
        )
        await self._threads.append(conn, keys, [entry])
        held = isinstance(decision, Hold)
        new = NewDelivery(
            message_id=entry.id,
            thread_id=thread_id,
            person_id=intent.person_id,
            address_id=decision.address_id,
            channel=decision.channel,
            lane=intent.lane,
            purpose=intent.purpose,
            automated=_automated(intent),
            state=DeliveryState.HELD if held else DeliveryState.QUEUED,
            reason=rules[0] if held else "",
            due_at=decision.until if isinstance(decision, Hold) else now,
            segments=segments(intent.body) if decision.channel is ChannelKind.SMS else 1,
            replies_to=intent.replies_to,
            answers_id=intent.answers if decision.channel in _ANSWERS else None,
            confirms_stop=intent.confirms_stop,
            answers_help=intent.answers_help,
            appointment=intent.appointment,
            about_id=about,
        )
        delivery_id = await enqueue(conn, new, now)
        await self._trail.record(
            conn,
            Entry(
                action="message.queue",
                actor=Actor("staff" if intent.author is AuthorKind.STAFF else "bot", intent.author.value),
                person_id=intent.person_id,
                object_id=entry.id,
                details={"delivery": delivery_id, "channel": decision.channel.value, "rule": rules[0]}
                | ({"about": about} if about is not None else {}),
            ),
        )
        changes = [Change("message.created", entry.id)]
        if decision.channel is ChannelKind.PORTAL:
            # The person's own page is open, or may be: it hears of it, too.
            changes.append(Change("message.created", entry.id, f"person:{intent.person_id}"))
        await publish(conn, now, changes)
        return Routed(decision, rules, entry.id, delivery_id)


def rank(ways: Sequence[Way], asked: ChannelKind | None, preferred: str | None) -> list[Way]:
    """The ways to try, best first: the channel asked for alone, else the person's own choice, else ours."""
    if asked is not None:
        return [way for way in ways if way.channel is asked]
    return sorted(ways, key=lambda way: (way.channel != preferred, _ORDER.index(way.channel)))


def decide(
    intent: Intent, ways: Sequence[Way], now: datetime, timezone: str | None, recent: Sequence[datetime]
) -> tuple[Decision, tuple[str, ...]]:
    """The first way that may be taken now; else the one that opens first; else why there is none. Pure."""
    holds: list[tuple[Hold, str]] = []
    refusals: list[tuple[str, str]] = []
    for way in ways:
        at = max(now, intent.not_before) if intent.not_before else now
        verdict = may(_request(intent, way, at, timezone, recent))
        match verdict:
            case Allowed(reason, rule) if at <= now:
                return Send(way.channel, way.address_id, reason), (rule.id,)
            case Allowed():
                holds.append((Hold(way.channel, way.address_id, at, "It is to be sent later."), "not-before"))
            case Wait(until, reason, rule):
                holds.append((Hold(way.channel, way.address_id, until, reason), rule.id))
            case Denied(reason, rule):
                refusals.append((reason, rule.id))
    if holds:
        hold, rule_id = min(holds, key=lambda held: held[0].until)
        return hold, (rule_id,)
    if not refusals:
        return Skip(("There is no address on file that this hub can send to.",)), ("no-address",)
    reasons = dict(refusals)
    return Skip(tuple(reasons)), tuple(dict.fromkeys(reasons.values()))


def _request(intent: Intent, way: Way, at: datetime, timezone: str | None, recent: Sequence[datetime]) -> Request:
    return Request(
        purpose=intent.purpose,
        channel=way.channel,
        automated=_automated(intent),
        now=at,
        standing=way.standing,
        replies_to=intent.replies_to,
        zones=(timezone,) if timezone else (),
        address_state=way.state,
        sent_recently=tuple(recent),
        confirms_stop=intent.confirms_stop,
        answers_help=intent.answers_help,
        safety=intent.lane is Lane.SAFETY and intent.purpose is Purpose.EMERGENCY,
    )


def _automated(intent: Intent) -> bool:
    return intent.author is not AuthorKind.STAFF


async def _earlier(conn: AsyncConnection, key: str) -> Routed | None:
    """What became of an intent with this key, if it was queued before."""
    row: Any = (await conn.execute(_EARLIER, {"intent_key": key})).first()
    if row is None:
        return None
    channel = ChannelKind(row.channel)
    decision: Decision = Send(channel, row.address_id, "It was queued before.")
    if row.state == DeliveryState.HELD:
        decision = Hold(channel, row.address_id, row.due_at, "It was queued before.")
    return Routed(decision, (), row.id, row.delivery_id)


def _reached(*at: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """A person and their thread with each of their addresses, or with none in a single row."""
    return (
        sa.select(
            person.c.id,
            person.c.timezone,
            person.c.preferred_channel,
            person.c.merged_into,
            thread.c.id.label("thread_id"),
            address.c.id.label("address_id"),
            address.c.kind,
            address.c.state,
        )
        .select_from(person)
        .outerjoin(thread, thread.c.person_id == person.c.id)
        .outerjoin(contact, sa.and_(contact.c.person_id == person.c.id, *at))
        .outerjoin(address, address.c.id == contact.c.address_id)
        .where(person.c.id == sa.bindparam("person", type_=Id()))
        .order_by(contact.c.created_at, address.c.id)
    )


# Built once: to build a statement costs more than to run it.
_REACHED = _reached()
_REACHED_AT = _reached(contact.c.address_id == sa.bindparam("address", type_=Id()))
_EARLIER = (
    sa.select(
        message.c.id,
        delivery.c.id.label("delivery_id"),
        delivery.c.channel,
        delivery.c.address_id,
        delivery.c.state,
        delivery.c.due_at,
    )
    .join(delivery, delivery.c.message_id == message.c.id)
    .where(message.c.intent_key == sa.bindparam("intent_key", type_=message.c.intent_key.type))
)
