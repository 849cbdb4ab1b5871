"""What a person's text may answer: the visit that they were reminded of, a question of a campaign, an offered time.

The texts themselves are screened, and consent words heeded, before anything here is asked. What is no clear answer is
left to the bot.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dialogue.answers import says_yes
from bots.dialogue.prompts import visit_facts
from bots.scheduling.base import Appointment, Gone, Scheduling
from hub.audit import Actor, Entry, Trail
from hub.campaigns import plans
from hub.campaigns.plans import Answer, Step
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.columns import Moment
from hub.db.lookup import Lookup
from hub.db.prepared import Prepared, one_of
from hub.db.tables import campaign, campaign_step, delivery, slot_opening, waitlist, waitlist_offer
from hub.outbox import halting, locks
from hub.types import ChannelKind, DeliveryState, Language, new_id
from templates import render

_LATELY = timedelta(days=8)
"""How long a reminder is what a bare C or R answers: the first comes a week before the visit."""
_OFFERED = timedelta(days=1)
"""How long a YES or NO may answer an offered time."""
_TOLD = 10
"""Reminders that a text may answer, at most."""
_ASKED = timedelta(days=3)
"""How long a bare answer may answer a campaign's question."""
_LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
_NO = re.compile(r"^\W*no\b", re.IGNORECASE)
_PATIENT = Actor("patient")
_ANSWERED = 40
"""Characters of the longest text that may be a bare answer."""


async def reminded(conn: AsyncConnection, persons: Collection[str], now: datetime) -> tuple[str, ...]:
    """The visits of which these persons were told lately, the newest word first.

    Who acts for a patient is told of the patient's visits, and answers about them.
    """
    # Of a line's few candidates at most, so that one statement has them all in order.
    rows = await _REMINDED(conn, persons, since=Moment.writer(conn.dialect)(now - _LATELY))
    return tuple(dict.fromkeys(row[0] for row in rows[:_TOLD]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a text answered, and what is said to it. action: for the audit. staff: somebody should look."""

    action: str
    text: str = field(repr=False)
    object_id: str
    staff: bool = False


class Replies:
    """Understands texts that answer a campaign."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        trail: Trail,
        scheduling: Scheduling,
        clinic: str,
        phone: str,
        zone: ZoneInfo,
    ) -> None:
        self._db = db
        self._clock = clock
        self._trail = trail
        self._scheduling = scheduling
        self._own = {"clinic": clinic, "phone": phone}
        self._zone = zone

    async def answer(
        self,
        person_id: str,
        text: str,
        message_id: str,
        *,
        since: datetime | None,
        language: Language,
        channel: ChannelKind,
    ) -> Answered | None:
        """What a text by a known patient answers; None for nothing of a campaign's.

        since: when the bot last spoke with them: what was asked before that is not what they answer. To ask again with
        the same message changes nothing twice.
        """
        if len(text) > _ANSWERED:
            return None
        yes, no = says_yes(text), bool(_NO.match(text))
        async with self._db.glance() as conn:
            now = self._clock.now()
            offer = await _offer(conn, person_id, since, now) if yes or no else None
            asked = None if offer is not None else await _question(conn, person_id, since, now)
        if offer is not None:
            return await self._offered(offer, person_id, message_id, yes, language, channel)
        if asked is not None:
            return await self._asked(asked, text, language, channel)
        return None

    # --- an offered time

    async def _offered(
        self, offer: Any, person_id: str, message_id: str, yes: bool, language: Language, channel: ChannelKind
    ) -> Answered | None:
        if not yes:
            await self._db.write(lambda conn: self._settle(conn, offer, "declined", None))
            text = self._say("waitlist.declined", language, channel)
            return Answered(action="waitlist.decline", text=text, object_id=offer.id)
        done: object = None
        if offer.state in ("offered", "won"):
            key = f"{message_id}:offer"
            if offer.appointment_id is not None:
                done = await self._scheduling.move(offer.appointment_id, offer.slot_id, person_id, key)
            else:
                done = await self._scheduling.book(offer.slot_id, person_id, key)
        if isinstance(done, Gone):
            # Their own visit changed meanwhile: the bot, or staff, go on with what they now have.
            return None
        if isinstance(done, Appointment):
            visit = done
            await self._db.write(lambda conn: self._settle(conn, offer, "won", visit))
            template = "book.booked" if offer.appointment_id is None else "move.moved"
            said = render(template, visit_facts(visit), language, channel, self._zone).text
            return Answered(action="waitlist.win", text=said, object_id=offer.id)
        await self._db.write(lambda conn: self._settle(conn, offer, "lost", None))
        text = self._say("waitlist.taken", language, channel)
        return Answered(action="waitlist.lose", text=text, object_id=offer.id)

    async def _settle(self, conn: AsyncConnection, offer: Any, state: str, visit: Appointment | None) -> None:
        now = self._clock.now()
        # The opening first, as a round does.
        await conn.execute(sa.select(slot_opening.c.id).where(slot_opening.c.id == offer.opening_id).with_for_update())
        mine = waitlist_offer.c.id == offer.id
        kept = (await conn.execute(sa.select(waitlist_offer.c.state).where(mine))).scalar_one()
        if kept == "won" or (kept == state and offer.answered_at is not None):
            return
        await conn.execute(sa.update(waitlist_offer).where(mine).values(state=state, answered_at=now))
        step = campaign_step.c.subject_id == offer.id
        await conn.execute(
            sa.update(campaign_step).where(step).values(answer=1 if state != "declined" else 2, answered_at=now)
        )
        await self._trail.record(
            conn,
            Entry(
                action=f"waitlist.{state}",
                actor=_PATIENT,
                person_id=offer.person_id,
                object_id=offer.id,
                details={"opening": offer.opening_id, "slot": offer.slot_id},
            ),
        )
        if visit is None:
            return
        booked = {"state": "booked", "updated_at": now}
        await conn.execute(sa.update(waitlist).where(waitlist.c.id == offer.waitlist_id).values(**booked))
        ended = {"state": "filled", "filled_by": offer.id, "ended_at": now}
        await conn.execute(sa.update(slot_opening).where(slot_opening.c.id == offer.opening_id).values(**ended))
        others = sa.and_(waitlist_offer.c.opening_id == offer.opening_id, waitlist_offer.c.state == "offered")
        rest = sa.select(waitlist_offer.c.delivery_id).where(others, waitlist_offer.c.delivery_id.is_not(None))
        late = sa.select(delivery.c.id).where(delivery.c.id.in_(rest), delivery.c.state.in_(("queued", "held")))
        ids = list((await conn.execute(locks.unclaimed(late))).scalars())
        # What has not left need not be said any more.
        await halting.suppress(conn, ids, "slot_taken", now)
        await conn.execute(sa.update(waitlist_offer).where(others).values(state="lost"))

    # --- a question

    async def _asked(self, asked: Any, text: str, language: Language, channel: ChannelKind) -> Answered | None:
        plan = plans.decode(asked.plan)
        step = plan.step(asked.step)
        given = None if step is None else _given(step, text)
        if step is None or given is None:
            return None
        number, answer = given

        async def unit(conn: AsyncConnection) -> None:
            await self._note(conn, asked, number, answer)

        await self._db.write(unit)
        reply = answer.reply
        said = "" if reply is None else self._say(reply, language, channel)
        return Answered(action="campaign.answer", text=said, object_id=asked.id, staff=answer.staff)

    async def _note(self, conn: AsyncConnection, asked: Any, number: int, answer: Answer) -> None:
        now = self._clock.now()
        mine = sa.and_(campaign_step.c.id == asked.id, campaign_step.c.answered_at.is_(None))
        noted = await conn.execute(sa.update(campaign_step).where(mine).values(answer=number, answered_at=now))
        if not noted.rowcount:
            return
        entry = Entry(action="campaign.answer", actor=_PATIENT, person_id=asked.person_id, object_id=asked.id)
        await self._trail.record(conn, entry)
        if answer.step is None:
            return
        there = sa.select(campaign_step.c.id).where(
            campaign_step.c.subject_id == asked.subject_id,
            campaign_step.c.campaign_id == asked.campaign_id,
            campaign_step.c.subject_version == asked.subject_version,
            campaign_step.c.step == answer.step,
        )
        if (await conn.execute(there)).first() is None:
            await insert_rows(conn, campaign_step, [_branch(asked, answer.step, now)])

    def _say(self, template: str, language: Language, channel: ChannelKind) -> str:
        return render(template, self._own, language, channel, self._zone).text


def _given(step: Step, text: str) -> tuple[int, Answer] | None:
    """Which of a step's answers a text gives, counted from 1; None for none of them, or for more than an answer."""
    bare = text.strip(" .!,\"'").casefold()
    for number, answer in enumerate(step.answers, start=1):
        if bare in {one.casefold() for one in answer.says}:
            return number, answer
    return None


def _branch(asked: Any, step: str, now: datetime) -> dict[str, Any]:
    """The row of a step that an answer leads to: due at once, and then decided as any other."""
    return {
        "id": new_id(),
        "campaign_id": asked.campaign_id,
        "person_id": asked.person_id,
        "subject_id": asked.subject_id,
        "subject_version": asked.subject_version,
        "step": step,
        "variant": "",
        "state": "planned",
        "decision": "send",
        "rule": "answer",
        "reason": "An answer leads to it.",
        "nominal_at": now,
        "send_at": now,
        "due_at": now,
        "created_at": now,
        "updated_at": now,
    }


async def _offer(conn: AsyncConnection, person_id: str, since: datetime | None, now: datetime) -> Any:
    """The newest time that was offered to a person, and that they have not answered."""
    return await _OFFER.first(conn, person=person_id, since=max(now - _OFFERED, since or now - _OFFERED))


async def _question(conn: AsyncConnection, person_id: str, since: datetime | None, now: datetime) -> Any:
    """The newest step that went to a person and that they have not answered, with its plan."""
    left = max(now - _ASKED, since or now - _ASKED)
    return await _QUESTION.first(conn, person=person_id, since=left, earliest=now - _ASKED - _LATELY)


# Built once: they are asked of nearly every text.
_REMINDED = Lookup(
    delivery.c.person_id,
    lambda among: (
        sa.select(delivery.c.appointment_id)
        .where(
            among,
            delivery.c.created_at > sa.bindparam("since", type_=delivery.c.created_at.type),
            delivery.c.appointment_id.is_not(None),
            one_of(delivery.c.state, _LEFT),
        )
        .order_by(delivery.c.created_at.desc(), delivery.c.id.desc())
    ),
)
_O = waitlist_offer.c
_OFFER = Prepared(
    sa.select(
        _O.id,
        _O.opening_id,
        _O.waitlist_id,
        _O.person_id,
        _O.state,
        _O.answered_at,
        waitlist.c.appointment_id,
        slot_opening.c.slot_id,
    )
    .join(waitlist, waitlist.c.id == _O.waitlist_id)
    .join(slot_opening, slot_opening.c.id == _O.opening_id)
    .where(
        _O.person_id == sa.bindparam("person", type_=_O.person_id.type),
        _O.created_at > sa.bindparam("since", type_=_O.created_at.type),
        one_of(_O.state, ("offered", "won", "lost", "declined")),
    )
    .order_by(_O.created_at.desc(), _O.id.desc())
    .limit(1)
)
_S = campaign_step.c
_QUESTION = Prepared(
    sa.select(campaign_step, campaign.c.plan)
    .join(campaign, campaign.c.id == _S.campaign_id)
    .join(delivery, delivery.c.id == _S.delivery_id)
    .where(
        _S.person_id == sa.bindparam("person", type_=_S.person_id.type),
        _S.answered_at.is_(None),
        _S.created_at > sa.bindparam("earliest", type_=_S.created_at.type),
        delivery.c.created_at > sa.bindparam("since", type_=delivery.c.created_at.type),
        one_of(delivery.c.state, _LEFT),
    )
    .order_by(delivery.c.created_at.desc())
    .limit(1)
)
