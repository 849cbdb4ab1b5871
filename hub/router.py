"""The router: what becomes of an intent. It reads, decides, writes, and never goes back.

An intent that may be sent, now or later, becomes a sealed message and a delivery in one transaction; one that may not
becomes an audit entry and a reason. Nothing is sent here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.choice import Knowledge, Way, automated, decide
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import delivery, message
from hub.events import Bell, Change, publish
from hub.links import Links
from hub.metrics import Metrics
from hub.outbox import NewDelivery, enqueue
from hub.outbox.claims import sent_recently
from hub.outbox.watch import Step, Waits, begin
from hub.sealed import Body, seal_words
from hub.threads import NewMessage, Threads
from hub.types import (
    AuthorKind,
    ChannelKind,
    Decision,
    DeliveryState,
    Direction,
    Hold,
    Intent,
    Lane,
    Language,
    Purpose,
    Send,
    Skip,
    new_id,
)
from hub.vault import Vault
from templates.render import render
from templates.segments import segments

Order = tuple[ChannelKind, ...]

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
class Following:
    """What is to go on its way once more, because a delivery of it did not reach the person.

    sent: the row of its first delivery. tried: channels and addresses that had it.
    """

    step: Step
    thread_id: str
    body: Body
    in_portal: bool
    sent: Any
    tried: frozenset[tuple[str, str]]


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
    ) -> None:
        self._db = db
        self._vault = vault
        self._threads = threads
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._bell = bell
        self._knowledge = knowledge
        self._links = links
        self._waits = waits
        self._clinic = clinic
        self._on_queued = on_queued

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
        # 1 read
        if (earlier := await _earlier(conn, intent.key)) is not None:
            return earlier
        now = self._clock.now()
        known = await self._knowledge.read(conn, intent, now)
        who, ways = known.who, known.ways
        counted = intent.replies_to is None and intent.author is not AuthorKind.STAFF
        recent = await sent_recently(conn, {intent.person_id}, now) if counted else {}

        # 2 decide
        decision, rules = decide(intent, ways, now, who.timezone, recent.get(who.id, ()))

        # 3 write
        if isinstance(decision, Skip):
            await self._refuse(conn, intent, rules)
            return Routed(decision, rules)
        thread_id = who.thread_id or (await self._threads.open_for(conn, (who.id,)))[who.id].id
        linked = _taken(ways, decision).shape == "link"
        return await self._queue(conn, intent, who, thread_id, decision, rules, now, linked=linked)

    async def follow_in(self, conn: AsyncConnection, following: Following) -> Routed:
        """Decide by which way a message goes on, and queue that, in the caller's transaction.

        Consent, caps, hours and content are asked as for any other. A Skip means that no way is left.
        """
        intent, now = _again(following), self._clock.now()
        known = await self._knowledge.read(conn, intent, now)
        who, ways = known.who, known.ways
        counted = intent.replies_to is None and intent.author is not AuthorKind.STAFF
        recent = await sent_recently(conn, {who.id}, now) if counted else {}

        left = [way for way in ways if (way.channel, way.address_id) not in following.tried]
        decision, rules = decide(intent, left, now, who.timezone, recent.get(who.id, ()))

        if isinstance(decision, Skip):
            await self._refuse(conn, intent, rules)
            return Routed(decision, rules)
        text = intent.words.get(decision.channel, intent.body)
        words = await self._link(conn, who, decision, now) if _taken(left, decision).shape == "link" else text
        plain = words == intent.body and not following.in_portal
        step, sent = following.step, following.sent
        await self._deliver(
            conn,
            intent,
            decision,
            rules,
            now,
            message_id=step.message_id,
            thread_id=following.thread_id,
            text=words,
            own_words=not plain,
            step=step,
        )
        await publish(conn, now, [Change("delivery.updated", step.delivery_id)])
        return Routed(decision, rules, sent.message_id, step.delivery_id)

    async def _refuse(self, conn: AsyncConnection, intent: Intent, rules: tuple[str, ...]) -> None:
        entry = Entry(
            action="send.refuse",
            actor=Actor("system", "router"),
            person_id=intent.person_id,
            details={"purpose": intent.purpose.value, "author": intent.author.value, "rule": ",".join(rules)},
        )
        await self._trail.record(conn, entry)

    async def _link(self, conn: AsyncConnection, who: Any, decision: Send | Hold, now: datetime) -> str:
        """What goes by a channel in place of a text that is to be read in the portal."""
        channel = decision.channel
        # A notice on a device opens the portal itself, and a link cannot be said aloud.
        bare = channel in (ChannelKind.PUSH, ChannelKind.VOICE)
        link = "" if bare else await self._links.make(conn, decision.address_id, now)
        language: Language = "es" if who.language == "es" else "en"
        return render("inbox.secure_message", {"clinic": self._clinic, "link": link}, language, channel, UTC).text

    async def _queue(
        self,
        conn: AsyncConnection,
        intent: Intent,
        who: Any,
        thread_id: str,
        decision: Send | Hold,
        rules: tuple[str, ...],
        now: datetime,
        *,
        linked: bool,
    ) -> Routed:
        keys = await self._vault.key(conn, intent.person_id)
        channel = ChannelKind.PORTAL if linked else decision.channel
        text = intent.words.get(channel, intent.body)
        others: dict[str, str] = {}
        if intent.followed and intent.words:
            others = {kind.value: intent.words.get(kind, intent.body) for kind in ChannelKind}
        entry = NewMessage(
            id=new_id(),
            thread_id=thread_id,
            person_id=intent.person_id,
            direction=Direction.OUTBOUND,
            author=intent.author,
            author_name=intent.author_name,
            at=now,
            text=text,
            words={kind: words for kind, words in others.items() if words != text},
            channel=channel,
            address_id=None if linked else decision.address_id,
            intent_key=intent.key,
        )
        await self._threads.append(conn, keys, [entry])
        step = Step(
            message_id=entry.id,
            number=0,
            delivery_id=new_id(),
            person_id=intent.person_id,
            cause="first",
            level=intent.level,
            alone=intent.channel is not None and intent.lane is not Lane.SAFETY,
        )
        await self._deliver(
            conn,
            intent,
            decision,
            rules,
            now,
            message_id=entry.id,
            thread_id=thread_id,
            text=await self._link(conn, who, decision, now) if linked else text,
            own_words=linked,
            step=step,
        )
        changes = [Change("message.created", entry.id)]
        if channel is ChannelKind.PORTAL:
            # The person's own page is open, or may be: it hears of it, too.
            changes.append(Change("message.created", entry.id, f"person:{intent.person_id}"))
        await publish(conn, now, changes)
        return Routed(decision, rules, entry.id, step.delivery_id)

    async def _deliver(
        self,
        conn: AsyncConnection,
        intent: Intent,
        decision: Send | Hold,
        rules: tuple[str, ...],
        now: datetime,
        *,
        message_id: str,
        thread_id: str,
        text: str,
        own_words: bool,
        step: Step,
    ) -> None:
        """Queue one delivery with its audit entry, and watch over it where its intent says so."""
        sealed = None
        if own_words:
            keys = await self._vault.key(conn, intent.person_id)
            sealed = seal_words(keys, intent.person_id, thread_id, step.delivery_id, text)
        held = isinstance(decision, Hold)
        due_at = decision.until if isinstance(decision, Hold) else now
        new = NewDelivery(
            id=step.delivery_id,
            message_id=message_id,
            thread_id=thread_id,
            person_id=intent.person_id,
            address_id=decision.address_id,
            channel=decision.channel,
            lane=intent.lane,
            purpose=intent.purpose,
            automated=automated(intent),
            state=DeliveryState.HELD if held else DeliveryState.QUEUED,
            reason=rules[0] if held else "",
            due_at=due_at,
            segments=segments(text) if decision.channel is ChannelKind.SMS else 1,
            replies_to=intent.replies_to,
            answers_id=intent.answers if decision.channel in _ANSWERS else None,
            confirms_stop=intent.confirms_stop,
            answers_help=intent.answers_help,
            appointment=intent.appointment,
            step=step.number,
            words_sealed=sealed,
        )
        await enqueue(conn, new, now)
        if intent.followed:
            await begin(conn, step, now, look_at=due_at + self._waits.first(intent.purpose))
        await self._trail.record(
            conn,
            Entry(
                action="message.queue",
                actor=Actor("staff" if intent.author is AuthorKind.STAFF else "bot", intent.author.value),
                person_id=intent.person_id,
                object_id=message_id,
                details={
                    "delivery": step.delivery_id,
                    "channel": decision.channel.value,
                    "rule": rules[0],
                    "step": step.number,
                    "cause": step.cause,
                },
            ),
        )


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
    row: Any = (await conn.execute(_EARLIER, {"intent_key": key})).first()
    if row is None:
        return None
    channel = ChannelKind(row.channel)
    decision: Decision = Send(channel, row.address_id, "It was queued before.")
    if row.state == DeliveryState.HELD:
        decision = Hold(channel, row.address_id, row.due_at, "It was queued before.")
    return Routed(decision, (), row.id, row.delivery_id)


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
    .where(message.c.intent_key == sa.bindparam("intent_key", type_=message.c.intent_key.type), delivery.c.step == 0)
)
