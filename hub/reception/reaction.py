"""What follows from one message: decided once, written in one transaction that also marks it handled."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dialogue import Known
from consent.facts import PHONE, ConsentState, Scope, Source, StopMode, narrowed
from consent.ledger import Ledger
from consent.policy import Denied, Request, may
from hub.audit import Actor, Entry, Trail
from hub.campaigns import Replies, Waitlist
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import address, delivery, message
from hub.db.tables import thread as thread_table
from hub.desk import Desk
from hub.desk.arriving import Arrived
from hub.desk.rating import score
from hub.events import Change, publish
from hub.identity import Addresses
from hub.metrics import Metrics
from hub.optin import OptIns, yes_or_no
from hub.outbox.counting import LEFT
from hub.outbox.settle import alert
from hub.reception.plans import SOON, URGENT, FixedAnswers, Plan, Reply
from hub.reception.reading import Incoming
from hub.reception.sorting import Sorted, sort
from hub.reception.talking import Talker
from hub.reception.wishing import Wishing
from hub.router import Routed, Router
from hub.threads import NewMessage, Threads
from hub.types import AuthorKind, ChannelKind, Direction, Intent, Lane, Purpose, Skip, ThreadStatus, new_id
from hub.vault import Vault
from hub.vendors import WITHHELD

_RECEPTION = Actor("system", "reception")
_CODE = re.compile(r"\W*(\d{6})\W*")
_ALL = re.compile(r"(?i)\b(stop ?all|all|todos?)\b")
_BOTS = (ThreadStatus.BOT, ThreadStatus.CLOSED)
_NEEDS_NOTHING = ("consent.agree", "consent.stop", "consent.start", "consent.help", "rating.answer", "address.code")
"""Actions after which nobody waits for an answer by that message, whoever has the thread."""
_TALK = ("message.inbox", "bot.handoff", "reception.give_up")
"""Actions after which a person waits for the staff and may be told that they are away."""


class Reactions:
    """Reacts to messages, one at a time."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        threads: Threads,
        ledger: Ledger,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        router: Router,
        fixed: FixedAnswers,
        talker: Talker,
        addresses: Addresses,
        desk: Desk,
        waiting: Waitlist,
        replies: Replies,
        wishing: Wishing,
        optins: OptIns,
        stop_mode: StopMode,
    ) -> None:
        self._db = db
        self._vault = vault
        self._threads = threads
        self._ledger = ledger
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._router = router
        self._fixed = fixed
        self._talker = talker
        self._addresses = addresses
        self._desk = desk
        self._waiting = waiting
        self._replies = replies
        self._wishing = wishing
        self._optins = optins
        self._stop_mode = stop_mode

    def sort(self, incoming: Incoming) -> Sorted:
        """What the message is; an emergency is looked for before anything else."""
        return sort(incoming.text, incoming.language, incoming.opt_out)

    def is_for_the_bot(self, incoming: Incoming, what: Sorted) -> bool:
        """Whether the bot must understand the text; safety and consent never wait for that."""
        return (
            (
                what.kind == "talk"
                or (what.kind == "wish" and not self._is_wish(incoming))
                or (what.kind == "may_stop" and not self._may_ask(incoming))
            )
            and not incoming.voicemail
            and not incoming.whole_mail
            and incoming.thread.status in _BOTS
            and self._may_answer(incoming)
        )

    async def react(self, incoming: Incoming, what: Sorted) -> None:
        """Do all that follows from the message, and mark it handled."""
        plan = await self._plan(incoming, what)
        if what.unscreened:
            plan = replace(
                plan, status=ThreadStatus.OPEN, priority=max(SOON, plan.priority or 0), attention="screen_failed"
            )
        await self._write(incoming, plan)
        if what.urgency.level is not None:
            self._metrics.urgent.labels(what.urgency.level).inc()

    async def give_up(self, incoming: Incoming) -> None:
        """After repeated faults: a person takes over, and the patient is told so."""
        await self._write(incoming, self._fixed.handed_over(incoming, "reception.give_up", "bot_failed"))

    async def _plan(self, incoming: Incoming, what: Sorted) -> Plan:
        # YES is a word of START, too, for some carriers.
        if what.kind in ("talk", "start", "may_stop") and (yes := yes_or_no(incoming.text)) is not None:
            async with self._db.glance() as conn:
                request = await self._optins.asked(conn, incoming.thread.id, incoming.address_id)
            if request is not None:
                return self._fixed.confirmed(incoming, request, yes=yes)
        match what.kind:
            case "emergency":
                return self._fixed.emergency(incoming, what)
            case "stop" | "start" | "wrong_number" | "who_is_this" if incoming.channel is ChannelKind.PORTAL:
                # Said of some other address of a person who is known here: which of them, staff must find out.
                return self._fixed.handed_over(incoming, "message.inbox", "said_in_portal")
            case "agree" if incoming.opt_out is not None:
                return self._fixed.agreed(incoming, incoming.opt_out)
            case "stop" | "start" | "help":
                return self._fixed.consent(incoming, what, await self._narrow(incoming, what))
            case "urgent":
                return self._fixed.urgent(incoming, what)
            case "wrong_number" | "who_is_this":
                return self._fixed.stranger(incoming, what)
            case "wish" if what.wish is not None and self._is_wish(incoming):
                return self._fixed.wish(incoming, what.wish)
            case "may_stop" if self._may_ask(incoming):
                return self._fixed.doubted(incoming, what)
            case _:
                if (code := _CODE.fullmatch(incoming.text)) is not None and await self._awaits_code(incoming):
                    return self._fixed.code(incoming, code[1])
                if (given := score(incoming.text)) is not None and (asked := await self._awaits_score(incoming)):
                    return self._fixed.rated(incoming, asked, given)
                return await self._talk(incoming)

    def _is_wish(self, incoming: Incoming) -> bool:
        """Whether the writer is somebody whose wishes are kept, and speaks to the bot; else a person reads it."""
        known = incoming.person.kind in ("patient", "proxy")
        return (
            known
            and incoming.thread.status in _BOTS
            and not incoming.voicemail
            and not incoming.whole_mail
            and self._may_answer(incoming)
        )

    def _may_ask(self, incoming: Incoming) -> bool:
        """Whether the writer speaks to the bot, by a way of which a STOP is said; else a person reads it."""
        return (
            incoming.thread.status in _BOTS
            and incoming.channel is not ChannelKind.PORTAL
            and not incoming.voicemail
            and not incoming.whole_mail
            and self._may_answer(incoming)
        )

    async def _narrow(self, incoming: Incoming, what: Sorted) -> Scope | None:
        """What a bare STOP or START is about, where that is less than every call and text; see `HUB_STOP_SCOPE`."""
        bare = what.opt_out is not None and what.opt_out.exact and incoming.opt_out is None
        if self._stop_mode == "number" or not bare or what.kind == "help" or _ALL.search(incoming.text):
            return None
        if what.kind == "start":
            stops = [one for one in incoming.standing.facts if one.source is Source.STOP]
            return stops[-1].scope if stops and stops[-1].scope.purposes is not None else None
        async with self._db.glance() as conn:
            given = {"person": incoming.thread.person_id, "address": incoming.address_id}
            last = (await conn.execute(_LAST, given)).scalar_one_or_none()
        scope = narrowed(PHONE, self._stop_mode, Purpose(last) if last else None)
        return None if scope == PHONE else scope

    async def _awaits_code(self, incoming: Incoming) -> bool:
        async with self._db.glance() as conn:
            return await self._addresses.awaits_code(conn, incoming.address_id)

    async def _awaits_score(self, incoming: Incoming) -> str | None:
        async with self._db.glance() as conn:
            return await self._desk.ratings.awaited(conn, incoming.thread.id)

    async def _talk(self, incoming: Incoming) -> Plan:
        if incoming.voicemail:
            return self._fixed.voicemail(incoming)
        if incoming.whole_mail:
            # What is to be read is more than this text, and only people can get at it.
            priority = incoming.thread.priority
            return Plan(
                action="message.inbox",
                status=ThreadStatus.OPEN,
                priority=max(SOON, priority),
                attention="mail_kept" if priority <= SOON else None,
            )
        if incoming.thread.status not in _BOTS:
            return Plan(action="message.inbox", status=ThreadStatus.OPEN)
        if not self._may_answer(incoming):
            # Nothing is begun for a person whom the answer could not reach.
            priority = max(SOON, incoming.thread.priority)
            return Plan(
                action="message.inbox",
                status=ThreadStatus.OPEN,
                priority=priority,
                attention=incoming.unanswered,
            )
        if incoming.media and not incoming.text.strip():
            # What became of the file may be known already, and tells more.
            known = incoming.thread.attention.startswith("file_")
            attention = incoming.thread.attention if known else "attachment"
            return self._fixed.handed_over(incoming, "message.inbox", attention)
        return await self._campaign(incoming) or await self._talker.answer(incoming)

    async def _campaign(self, incoming: Incoming) -> Plan | None:
        """What follows from a text that answers a campaign; None for any other."""
        if not isinstance(incoming.writer, Known):
            # On a shared line it must first be known who writes.
            return None
        answered = await self._replies.answer(
            incoming.writer.person_id,
            incoming.text,
            incoming.message_id,
            since=incoming.dialogue[1] if incoming.dialogue is not None else None,
            language=incoming.language or "en",
            channel=incoming.channel,
        )
        if answered is None:
            return None
        reply = Reply(text=answered.text, purpose=Purpose.APPOINTMENT, author=AuthorKind.BOT) if answered.text else None
        return Plan(
            action=answered.action,
            reply=reply,
            by_bot=True,
            status=ThreadStatus.OPEN if answered.staff else ThreadStatus.BOT,
            priority=max(SOON, incoming.thread.priority) if answered.staff else None,
            attention="campaign_answer" if answered.staff and not incoming.thread.attention else None,
            details={"object": answered.object_id},
        )

    def _may_answer(self, incoming: Incoming) -> bool:
        asked = Request(
            purpose=Purpose.APPOINTMENT,
            channel=incoming.channel,
            automated=True,
            now=self._clock.now(),
            standing=incoming.standing,
            replies_to=incoming.at,
            address_state=incoming.address_state,
            restricted=incoming.restricted,
        )
        return not isinstance(may(asked), Denied)

    async def _write(self, incoming: Incoming, plan: Plan) -> None:
        async def unit(conn: AsyncConnection) -> list[Routed]:
            return await self._write_in(conn, incoming, plan)

        routed = await self._db.write(unit)
        self._metrics.react_seconds.observe((self._clock.now() - incoming.at).total_seconds())
        self._router.announce(*routed)

    async def _write_in(self, conn: AsyncConnection, incoming: Incoming, plan: Plan) -> list[Routed]:
        now = self._clock.now()
        at = {"message": incoming.message_id, "thread": incoming.thread.id, "now": now}
        marked = await conn.execute(_MARK, at)
        if not marked.rowcount:
            # Another reaction was quicker, and nothing of this may happen twice; or the thread was merged into another,
            # where the message waits to be handled as that person's.
            return []
        if plan.fact is not None:
            await self._ledger.record(conn, plan.fact)
            if plan.fact.state is ConsentState.REVOKE:
                await self._optins.withdraw(conn, plan.fact.address_id)
        if plan.confirms is not None:
            request_id, yes = plan.confirms
            message_id, when = incoming.message_id, incoming.at
            await self._optins.answer(conn, request_id, yes=yes, words=incoming.text, message_id=message_id, at=when)
        if plan.code and not await self._addresses.prove_by_message(conn, incoming.address_id, plan.code):
            plan = replace(plan, reply=plan.otherwise)
        if plan.rated is not None:
            await self._desk.ratings.answer(conn, *plan.rated)
        routed = []
        before = await self._before(conn, incoming)
        status = ThreadStatus(before.status)
        if plan.wish is not None and not await self._wishing.keep(conn, incoming, plan.wish):
            plan = replace(plan, reply=plan.otherwise)
        done = not plan.by_bot or status in _BOTS
        if done:
            if plan.reply is not None:
                routed.append(await self._router.route_in(conn, _intent(incoming, plan.reply)))
            await self._change_thread(conn, incoming, plan, status, now)
            if any(isinstance(one.decision, Skip) and WITHHELD in one.rules for one in routed):
                # Whoever waits for an answer that may not travel is answered by somebody.
                await alert(conn, [(incoming.thread.id, WITHHELD)])
        routed += await self._for_staff(conn, incoming, plan if done else None, before)
        if plan.claims is not None:
            await self._addresses.claim_by_words(conn, plan.claims, incoming.thread.person_id, incoming.address_id)
        if plan.waits is not None:
            await self._waiting.join(conn, plan.waits, "bot", _RECEPTION)
        if plan.suspend:
            await conn.execute(
                sa.update(address)
                .where(address.c.id == incoming.address_id, address.c.state == "ok")
                .values(state="suspended", state_reason=plan.suspend)
            )
        entry = Entry(
            action=plan.action,
            actor=_RECEPTION,
            person_id=incoming.person.id,
            object_id=incoming.message_id,
            details=plan.details,
        )
        await self._trail.record(conn, entry)
        await publish(conn, now, [Change("thread.updated", incoming.thread.id)])
        return routed

    async def _change_thread(
        self, conn: AsyncConnection, incoming: Incoming, plan: Plan, status: ThreadStatus, now: datetime
    ) -> None:
        thread = incoming.thread
        # Whoever is put away comes back with the person's next word.
        wanted = plan.status or (ThreadStatus.OPEN if status is ThreadStatus.SNOOZED else None)
        await self._threads.set_state(
            conn,
            thread.id,
            status=None if wanted is status else wanted,
            priority=plan.priority,
            attention=plan.attention,
        )
        keys = await self._vault.key(conn, thread.person_id)
        if plan.forget or plan.dialogue is not None:
            await self._threads.keep_dialogue(conn, keys, thread, None if plan.forget else plan.dialogue)
        if plan.note:
            note = NewMessage(
                id=new_id(),
                thread_id=thread.id,
                person_id=thread.person_id,
                direction=Direction.NOTE,
                author=AuthorKind.BOT,
                at=now,
                text=plan.note,
            )
            await self._threads.append(conn, keys, [note])

    async def _for_staff(
        self, conn: AsyncConnection, incoming: Incoming, plan: Plan | None, before: Any
    ) -> list[Routed]:
        """Whether the person waits for the staff now, and what that means for the staff; `plan` is what was done."""
        thread_id, had = incoming.thread.id, ThreadStatus(before.status)
        has = (plan.status if plan is not None else None) or had
        if has in _BOTS:
            if before.waiting_since is not None and not (plan and plan.reply and plan.reply.author is AuthorKind.BOT):
                # What the hub does with it is all there is to do.
                await self._threads.waits(conn, thread_id, None)
            return []
        if plan is not None and plan.action in _NEEDS_NOTHING:
            if before.waiting_since == incoming.at:
                await self._threads.waits(conn, thread_id, None)
            return []
        if had in _BOTS:
            # It came to the staff by this: that the bot said so was no answer, and nobody has it yet.
            await self._threads.waits(conn, thread_id, before.waiting_since or incoming.at, new=True)
        priority = max(before.priority, (plan.priority or 0) if plan is not None else 0)
        arrived = Arrived(
            message_id=incoming.message_id,
            thread_id=thread_id,
            person_id=incoming.thread.person_id,
            address_id=incoming.address_id,
            channel=incoming.channel,
            at=incoming.at,
            language=incoming.language or "en",
            urgent=priority >= URGENT or (plan is not None and plan.action not in _TALK),
        )
        return await self._desk.arrivals.came(conn, arrived)

    async def _before(self, conn: AsyncConnection, incoming: Incoming) -> Any:
        """Who has the thread now: a person may have taken it since the message was read. None changes it meanwhile."""
        return (await conn.execute(_BEFORE, {"thread": incoming.thread.id})).one()


def _intent(incoming: Incoming, reply: Reply) -> Intent:
    return Intent(
        key=reply.once or f"reply:{incoming.message_id}",
        person_id=incoming.thread.person_id,
        purpose=reply.purpose,
        author=reply.author,
        body=reply.text,
        words=reply.words,
        level=reply.level,
        followed=reply.lane is Lane.SAFETY,
        lane=reply.lane,
        channel=incoming.channel,
        address_id=incoming.address_id,
        replies_to=incoming.at,
        answers=incoming.message_id,
        confirms_stop=reply.confirms_stop,
        answers_help=reply.answers_help,
    )


# Built once: to build a statement costs more than to run it.
_MARK = (
    sa.update(message)
    .where(
        message.c.id == sa.bindparam("message", type_=message.c.id.type),
        message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type),
        message.c.handled_at.is_(None),
    )
    .values(handled_at=sa.bindparam("now", type_=message.c.handled_at.type))
)
_BEFORE = (
    sa.select(thread_table.c.status, thread_table.c.priority, thread_table.c.waiting_since)
    .where(thread_table.c.id == sa.bindparam("thread", type_=thread_table.c.id.type))
    .with_for_update()
)
_LAST = (
    sa.select(delivery.c.purpose)
    .where(
        delivery.c.person_id == sa.bindparam("person", type_=delivery.c.person_id.type),
        delivery.c.address_id == sa.bindparam("address", type_=delivery.c.address_id.type),
        delivery.c.state.in_(LEFT),
        delivery.c.confirms_stop.is_(False),
        delivery.c.replies_to.is_(None),
    )
    .order_by(delivery.c.id.desc())
    .limit(1)
)
