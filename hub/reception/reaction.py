"""What follows from one message: written in one transaction that also marks it handled."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState
from consent.ledger import Ledger
from hub.audit import Actor, Entry, Trail
from hub.campaigns import Waitlist
from hub.clock import Clock
from hub.db import Database
from hub.db.prepared import Prepared
from hub.db.tables import address, message
from hub.db.tables import thread as thread_table
from hub.desk import Desk
from hub.desk.arriving import Arrived
from hub.events import Change, publish
from hub.identity import Addresses
from hub.metrics import Metrics
from hub.optin import OptIns
from hub.outbox.settle import alert
from hub.reception.deciding import Deciding
from hub.reception.plans import BOTS, SOON, URGENT, Plan, Reply
from hub.reception.reading import Incoming
from hub.reception.sorting import Sorted
from hub.reception.wishing import Wishing
from hub.router import Routed, Router
from hub.threads import NewMessage, Threads
from hub.types import AuthorKind, Direction, Intent, Lane, Skip, ThreadStatus, new_id
from hub.vault import Vault
from hub.vendors import WITHHELD

_RECEPTION = Actor("system", "reception")
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
        deciding: Deciding,
        addresses: Addresses,
        desk: Desk,
        waiting: Waitlist,
        wishing: Wishing,
        optins: OptIns,
    ) -> None:
        self._db = db
        self._vault = vault
        self._threads = threads
        self._ledger = ledger
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._router = router
        self._deciding = deciding
        self._addresses = addresses
        self._desk = desk
        self._waiting = waiting
        self._wishing = wishing
        self._optins = optins

    async def react(self, incoming: Incoming, what: Sorted) -> None:
        """Do all that follows from the message, and mark it handled."""
        plan = await self._deciding.plan(incoming, what)
        if what.unscreened:
            plan = replace(
                plan, status=ThreadStatus.OPEN, priority=max(SOON, plan.priority or 0), attention="screen_failed"
            )
        await self._write(incoming, plan)
        if what.urgency.level is not None:
            self._metrics.urgent.labels(what.urgency.level).inc()

    async def give_up(self, incoming: Incoming) -> None:
        """After repeated faults: a person takes over, and the patient is told so."""
        await self._write(incoming, self._deciding.given_up(incoming))

    async def _write(self, incoming: Incoming, plan: Plan) -> None:
        async def unit(conn: AsyncConnection) -> list[Routed]:
            return await self._write_in(conn, incoming, plan)

        routed = await self._db.write(unit)
        self._metrics.react_seconds.observe((self._clock.now() - incoming.at).total_seconds())
        self._router.announce(*routed)

    async def _write_in(self, conn: AsyncConnection, incoming: Incoming, plan: Plan) -> list[Routed]:
        now = self._clock.now()
        if not await _MARK(conn, message=incoming.message_id, thread=incoming.thread.id, moment=now):
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
        done = not plan.by_bot or status in BOTS
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
        if has in BOTS:
            if before.waiting_since is not None and not (plan and plan.reply and plan.reply.author is AuthorKind.BOT):
                # What the hub does with it is all there is to do.
                await self._threads.waits(conn, thread_id, None)
            return []
        if plan is not None and plan.action in _NEEDS_NOTHING:
            if before.waiting_since == incoming.at:
                await self._threads.waits(conn, thread_id, None)
            return []
        if had in BOTS:
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
        return await _BEFORE.first(conn, thread=incoming.thread.id)


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
_MARK = Prepared(
    sa.update(message)
    .where(
        message.c.id == sa.bindparam("message", type_=message.c.id.type),
        message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type),
        message.c.handled_at.is_(None),
    )
    .values(handled_at=sa.bindparam("moment", type_=message.c.handled_at.type))
    .returning(message.c.id)
)
_BEFORE = Prepared(
    sa.select(thread_table.c.status, thread_table.c.priority, thread_table.c.waiting_since)
    .where(thread_table.c.id == sa.bindparam("thread", type_=thread_table.c.id.type))
    .with_for_update()
)
