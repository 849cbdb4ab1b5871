"""Queueing: a decision becomes a sealed message, its delivery and their audit entry, in the caller's transaction."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.choice import automated
from hub.choice.deciding import LATER
from hub.db.bulk import insert_rows
from hub.db.tables import attachment
from hub.events import Change, publish
from hub.files.expecting import expected
from hub.links import Links
from hub.outbox import NewDelivery, enqueue
from hub.outbox.watch import Step, Waits, begin
from hub.sealed import seal_words
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
    Level,
    Send,
    new_id,
)
from hub.vault import Vault
from hub.vendors import WITHHELD
from templates.render import render
from templates.segments import segments

NOT_ALONE = "The visit is confidential, and the patient has no address that is theirs alone: speak to them in person."
_ANSWERS = (ChannelKind.VOICE, ChannelKind.EMAIL)
"""Channels on which an answer goes to its question: to a call that waits, or into a mail's thread."""


class Routed(Struct, frozen=True):
    """What was decided, and the rows it made (None for a Skip). `rules` are the ids of the rules that decided."""

    decision: Decision
    rules: tuple[str, ...]
    message_id: str | None = None
    delivery_id: str | None = None


class Queueing:
    """Writes what was decided."""

    def __init__(
        self, *, vault: Vault, threads: Threads, trail: Trail, links: Links, waits: Waits, clinic: str
    ) -> None:
        self._vault = vault
        self._threads = threads
        self._trail = trail
        self._links = links
        self._waits = waits
        self._clinic = clinic

    async def refuse(self, conn: AsyncConnection, intent: Intent, rules: tuple[str, ...]) -> None:
        """Write down that nothing is sent, and by which rules."""
        entry = Entry(
            action="send.refuse",
            actor=Actor("system", "router"),
            person_id=intent.person_id,
            details={"purpose": intent.purpose.value, "author": intent.author.value, "rule": ",".join(rules)},
        )
        await self._trail.record(conn, entry)

    async def link(self, conn: AsyncConnection, who: Any, decision: Send | Hold, now: datetime) -> str:
        """What goes by a channel in place of a text that is to be read in the portal."""
        channel = decision.channel
        # A notice on a device opens the portal itself, and a link cannot be said aloud.
        bare = channel in (ChannelKind.PUSH, ChannelKind.VOICE)
        link = "" if bare else await self._links.make(conn, decision.address_id, now)
        language: Language = "es" if who.language == "es" else "en"
        return render("inbox.secure_message", {"clinic": self._clinic, "link": link}, language, channel, UTC).text

    async def queue(
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
        about: str | None,
    ) -> Routed:
        """Write the message and its first delivery. `linked`: it is read in the portal, and a link to it goes out."""
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
            author_id=intent.author_id,
            at=now,
            text=text,
            words={kind: words for kind, words in others.items() if words != text},
            channel=channel,
            address_id=None if linked else decision.address_id,
            intent_key=intent.key,
            media=intent.media,
        )
        await self._threads.append(conn, keys, [entry])
        await insert_rows(conn, attachment, list(expected([entry], now)))
        step = Step(
            message_id=entry.id,
            number=0,
            delivery_id=new_id(),
            person_id=intent.person_id,
            cause="first",
            level=intent.level,
            alone=intent.channel is not None and intent.lane is not Lane.SAFETY,
        )
        await self.deliver(
            conn,
            intent,
            decision,
            rules,
            now,
            message_id=entry.id,
            thread_id=thread_id,
            text=await self.link(conn, who, decision, now) if linked else text,
            own_words=linked,
            level="none" if linked else intent.level,
            step=step,
            about=about,
        )
        changes = [Change("message.created", entry.id)]
        if channel is ChannelKind.PORTAL and rules[0] != LATER:
            # The person's own page is open, or may be: it hears of it, too.
            changes.append(Change("message.created", entry.id, f"person:{intent.person_id}"))
        await publish(conn, now, changes)
        return Routed(decision, rules, entry.id, step.delivery_id)

    async def deliver(
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
        level: Level,
        step: Step,
        about: str | None,
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
            about_id=about,
            level=level,
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
                }
                | ({"about": about} if about is not None else {})
                | ({"withheld": WITHHELD} if WITHHELD in rules else {}),
            ),
        )
