"""Many at once: what the clinic of its own accord tells many persons, by the same rules as one by one.

1. `Batch.read` reads everything about a batch of persons, in a handful of statements.
2. `Batch.judge` decides about one intent (pure), any number of times: a preview and the real run ask the same.
3. `Batch.queue` writes what may be sent: messages, deliveries, their history, watches and audit entries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from hub.audit import Actor, Entry, Trail
from hub.choice import Knowledge, Portrait, Way, automated, decide
from hub.events import Change, publish
from hub.outbox import NewDelivery, counting
from hub.outbox.queue import enqueue_many
from hub.outbox.watch import Step, Waits, begin_many
from hub.proxies import Hearing, Listener
from hub.proxies.hearing import own_standing
from hub.router.queueing import NOT_ALONE, Queueing, Routed
from hub.sealed import Profile, open_profile, seal_words
from hub.threads import NewMessage, Threads
from hub.types import (
    ChannelKind,
    Decision,
    DeliveryState,
    Direction,
    Hold,
    Intent,
    Lane,
    Purpose,
    Skip,
    new_ids,
)
from hub.vault import Keys, Vault
from hub.vendors import WITHHELD
from templates.segments import segments

_ACTOR = Actor("system", "campaign")
_GUARDIAN = Listener(who="guardian")
_GONE = ("The record of this person was disposed of.",)


@dataclass(slots=True)
class Reading:
    """All that is known of one person of a batch.

    calls, told: when automated texts and calls, and messages over all channels, left for them in the last week.
    """

    portrait: Portrait
    profile: Profile
    calls: list[datetime]
    told: list[datetime]


class Judged(Struct, frozen=True):
    """What was decided about an intent, and who hears it: the person themselves, or who acts for `about`."""

    decision: Decision
    rules: tuple[str, ...]
    person_id: str
    about: str | None = None
    linked: bool = False

    @property
    def rule(self) -> str:
        """The rules that decided, as one code."""
        return ",".join(self.rules)[:64]


class Batch:
    """A batch of persons as they were read: judged without further looks at the database."""

    def __init__(
        self,
        knowledge: Knowledge,
        purpose: Purpose,
        found: Mapping[str, Reading],
        listeners: Mapping[tuple[str, str], Listener],
        now: datetime,
    ) -> None:
        self._knowledge = knowledge
        self._purpose = purpose
        self._found = found
        self._listeners = listeners
        self._now = now

    def of(self, person_id: str) -> Reading | None:
        """What is known of a person; None for one who is not on the books any more."""
        return self._found.get(person_id)

    def judge(self, intent: Intent, channels: Sequence[ChannelKind] = (), now: datetime | None = None) -> Judged:
        """Decide about `intent`, which is of the batch's purpose. `channels`: to try no others. Pure.

        What may be sent counts from then on against the caps of whoever hears it.
        """
        visit = intent.appointment[0] if intent.appointment is not None else ""
        listener = self._listeners.get((intent.person_id, visit))
        if listener is None:
            return Judged(Skip(_GONE), ("disposed",), intent.person_id)
        for guardian in listener.guardians if listener.who == "guardian" else ():
            if guardian in self._found:
                told = self._judge(guardian, _GUARDIAN, intent, channels, now, intent.person_id)
                if not isinstance(told.decision, Skip):
                    return told
        return self._judge(intent.person_id, listener, intent, channels, now, None)

    def _judge(
        self,
        person_id: str,
        listener: Listener,
        intent: Intent,
        channels: Sequence[ChannelKind],
        now: datetime | None,
        about: str | None,
    ) -> Judged:
        one = self._found[person_id]
        ways = self._knowledge.ways(one.portrait, self._purpose, intent.level)
        if channels:
            ways = [way for way in ways if way.channel in channels]
        if listener.only_at is not None or listener.of_age is not None:
            ways = _heard(ways, listener)
        wishes = one.portrait.prefers.of(self._purpose).wishes
        told = replace(intent, person_id=person_id) if about is not None else intent
        decision, rules = decide(
            told, ways, now or self._now, one.portrait.who.timezone, one.calls, told=one.told, wishes=wishes
        )
        if isinstance(decision, Skip):
            if listener.only_at is not None and not ways:
                decision, rules = Skip((NOT_ALONE,)), ("confidential",)
            return Judged(decision, rules, person_id, about)
        linked = any(
            way.shape == "link"
            for way in ways
            if (way.channel, way.address_id) == (decision.channel, decision.address_id)
        )
        at = decision.until if isinstance(decision, Hold) else now or self._now
        if decision.channel in rulebook.load().capped:
            one.calls.append(at)
        one.told.append(at)
        return Judged(decision, rules, person_id, about, linked)


def _heard(ways: Iterable[Way], listener: Listener) -> list[Way]:
    heard = []
    for way in ways:
        if listener.only_at is not None and way.address_id not in listener.only_at:
            continue
        own = own_standing(way.standing, listener.of_age)
        heard.append(way if own is way.standing else structs.replace(way, standing=own))
    return heard


class Sending(Struct, frozen=True):
    """An intent, with its finished words, that is to be queued as it was judged."""

    intent: Intent
    judged: Judged


class Batches:
    """Reads and writes batches. `zone` is the clinic's."""

    def __init__(
        self,
        *,
        vault: Vault,
        knowledge: Knowledge,
        hearing: Hearing,
        threads: Threads,
        trail: Trail,
        waits: Waits,
        queueing: Queueing,
        zone: ZoneInfo,
    ) -> None:
        self._vault = vault
        self._knowledge = knowledge
        self._hearing = hearing
        self._threads = threads
        self._trail = trail
        self._waits = waits
        self._queueing = queueing
        self._zone = zone

    async def read(
        self, conn: AsyncConnection, asked: Mapping[str, Sequence[str]], purpose: Purpose, now: datetime
    ) -> Batch:
        """What is known of `asked`: persons, with the visits that each is to be told of (empty for about none)."""
        found, born = await self._readings(conn, asked.keys(), purpose, now)
        there = {person_id: visits for person_id, visits in asked.items() if person_id in found}
        listeners = await self._hearing.of_many(conn, there, born, purpose)
        others = {one for listener in listeners.values() for one in listener.guardians} - found.keys()
        if others:
            found |= (await self._readings(conn, others, purpose, now))[0]
        return Batch(self._knowledge, purpose, found, listeners, now)

    async def _readings(
        self, conn: AsyncConnection, person_ids: Iterable[str], purpose: Purpose, now: datetime
    ) -> tuple[dict[str, Reading], dict[str, tuple[date | None, ZoneInfo]]]:
        wanted = list(person_ids)
        keys = await self._vault.keys(conn, wanted)
        portraits = await self._knowledge.read_many(conn, wanted, purpose, now)
        recent = await counting.recent(conn, wanted, now)
        found: dict[str, Reading] = {}
        born: dict[str, tuple[date | None, ZoneInfo]] = {}
        for person_id, portrait in portraits.items():
            who = portrait.who
            if person_id not in keys or who.merged_into is not None:
                continue
            sent = recent.get(person_id, counting.NOTHING)
            profile = open_profile(keys, person_id, who.profile_sealed)
            found[person_id] = Reading(portrait, profile, list(sent.calls), list(sent.told()))
            born[person_id] = profile.birth_date, (_zone(who.timezone) if who.timezone else None) or self._zone
        return found, born

    async def queue(
        self, conn: AsyncConnection, batch: Batch, sendings: Sequence[Sending], now: datetime
    ) -> list[Routed]:
        """The rows made for each of `sendings`, in the caller's transaction; none of them was routed before."""
        if not sendings:
            return []
        hearers = {one.judged.person_id for one in sendings}
        keys = await self._vault.keys(conn, hearers)
        ends = await self._threads.ends_for(conn, hearers)
        ids = iter(new_ids(2 * len(sendings)))
        messages: list[NewMessage] = []
        deliveries: list[NewDelivery] = []
        watched: list[tuple[Step, datetime]] = []
        entries: list[Entry] = []
        changes: list[Change] = []
        routed: list[Routed] = []
        for one in sendings:
            thread_id = ends[one.judged.person_id].thread_id
            message, delivery = await self._rows(conn, keys, batch, one, thread_id, next(ids), next(ids), now)
            messages.append(message)
            deliveries.append(delivery)
            entries.append(_entry(one, message.id, delivery))
            changes.append(Change("message.created", message.id))
            if message.channel is ChannelKind.PORTAL:
                changes.append(Change("message.created", message.id, f"person:{message.person_id}"))
            if one.intent.followed:
                step = _step(one.intent, message.id, delivery)
                watched.append((step, delivery.due_at + self._waits.first(one.intent.purpose)))
            routed.append(Routed(one.judged.decision, one.judged.rules, message.id, delivery.id))
        _, batches = self._threads.appended(keys, messages, ends.values())
        await enqueue_many(conn, deliveries, now, *batches)
        if watched:
            await begin_many(conn, watched, now)
        await self._trail.record(conn, *entries)
        await publish(conn, now, changes)
        return routed

    async def _rows(
        self,
        conn: AsyncConnection,
        keys: Keys,
        batch: Batch,
        one: Sending,
        thread_id: str,
        message_id: str,
        delivery_id: str,
        now: datetime,
    ) -> tuple[NewMessage, NewDelivery]:
        intent, judged = one.intent, one.judged
        decision = judged.decision
        assert not isinstance(decision, Skip), "nothing that is skipped is queued"
        channel = ChannelKind.PORTAL if judged.linked else decision.channel
        text = said = intent.words.get(channel, intent.body)
        sealed = None
        if judged.linked:
            reading = batch.of(judged.person_id)
            assert reading is not None
            said = await self._queueing.link(conn, reading.portrait.who, decision, now)
            sealed = seal_words(keys, judged.person_id, thread_id, delivery_id, said)
        others = (
            {kind.value: words for kind in ChannelKind if (words := intent.words.get(kind, intent.body)) != text}
            if intent.followed and intent.words
            else {}
        )
        held = isinstance(decision, Hold)
        return NewMessage(
            id=message_id,
            thread_id=thread_id,
            person_id=judged.person_id,
            direction=Direction.OUTBOUND,
            author=intent.author,
            author_name=intent.author_name,
            at=now,
            text=text,
            words=others,
            channel=channel,
            address_id=None if judged.linked else decision.address_id,
            intent_key=intent.key,
        ), NewDelivery(
            id=delivery_id,
            message_id=message_id,
            thread_id=thread_id,
            person_id=judged.person_id,
            address_id=decision.address_id,
            channel=decision.channel,
            lane=intent.lane,
            purpose=intent.purpose,
            automated=automated(intent),
            state=DeliveryState.HELD if held else DeliveryState.QUEUED,
            reason=judged.rules[0] if held else "",
            due_at=decision.until if isinstance(decision, Hold) else now,
            segments=segments(said) if decision.channel is ChannelKind.SMS else 1,
            appointment=intent.appointment,
            words_sealed=sealed,
            about_id=judged.about,
            level="none" if judged.linked else intent.level,
        )


def _entry(one: Sending, message_id: str, delivery: NewDelivery) -> Entry:
    details: dict[str, str | int | None] = {
        "delivery": delivery.id,
        "channel": delivery.channel.value,
        "rule": one.judged.rules[0],
        "step": 0,
        "cause": "first",
    }
    if one.judged.about is not None:
        details["about"] = one.judged.about
    if WITHHELD in one.judged.rules:
        details["withheld"] = WITHHELD
    return Entry(
        action="message.queue",
        actor=_ACTOR,
        person_id=one.intent.person_id,
        object_id=message_id,
        details=details,
    )


def _step(intent: Intent, message_id: str, delivery: NewDelivery) -> Step:
    return Step(
        message_id=message_id,
        number=0,
        delivery_id=delivery.id,
        person_id=delivery.person_id,
        cause="first",
        level=intent.level,
        alone=intent.channel is not None and intent.lane is not Lane.SAFETY,
    )


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None
