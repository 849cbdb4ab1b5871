"""Deciding: what is to follow from one message, by what is true around it.

Only what the bot does with the calendar is done here already, under the message's id; all else is a plan, for
`reaction` to write.
"""

import re

import sqlalchemy as sa

from bots.dialogue import Known
from consent.facts import PHONE, Scope, Source, StopMode, narrowed
from consent.policy import Denied, Request, may
from hub.campaigns import Replies
from hub.clock import Clock
from hub.db import Database
from hub.db.prepared import Prepared, one_of
from hub.db.tables import delivery
from hub.desk import Desk
from hub.desk.rating import score
from hub.identity import Addresses
from hub.optin import OptIns, yes_or_no
from hub.outbox.counting import LEFT
from hub.reception.plans import BOTS, SOON, FixedAnswers, Plan, Reply
from hub.reception.reading import Incoming
from hub.reception.sorting import Sorted, sort
from hub.reception.talking import Talker
from hub.types import AuthorKind, ChannelKind, Purpose, ThreadStatus

_CODE = re.compile(r"\W*(\d{6})\W*")
_ALL = re.compile(r"(?i)\b(stop ?all|all|todos?)\b")


class Deciding:
    """Decides about messages, one at a time."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        fixed: FixedAnswers,
        talker: Talker,
        addresses: Addresses,
        desk: Desk,
        replies: Replies,
        optins: OptIns,
        stop_mode: StopMode,
    ) -> None:
        self._db = db
        self._clock = clock
        self._fixed = fixed
        self._talker = talker
        self._addresses = addresses
        self._desk = desk
        self._replies = replies
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
            and incoming.thread.status in BOTS
            and self._may_answer(incoming)
        )

    async def plan(self, incoming: Incoming, what: Sorted) -> Plan:
        """What is to follow from the message. Visits may have been changed when this returns."""
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
            and incoming.thread.status in BOTS
            and not incoming.voicemail
            and not incoming.whole_mail
            and self._may_answer(incoming)
        )

    def _may_ask(self, incoming: Incoming) -> bool:
        """Whether the writer speaks to the bot, by a way of which a STOP is said; else a person reads it.

        What may be the answer to a question of the bot's ("no, get me another one") is read as one.
        """
        return (
            incoming.thread.status in BOTS
            and not self._talker.has_asked(incoming)
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
            last = await _LAST.first(conn, person=incoming.thread.person_id, address=incoming.address_id)
        scope = narrowed(PHONE, self._stop_mode, Purpose(last.purpose) if last else None)
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
        if incoming.thread.status not in BOTS:
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

    def given_up(self, incoming: Incoming) -> Plan:
        """After repeated faults: a person takes over, and the patient is told so."""
        return self._fixed.handed_over(incoming, "reception.give_up", "bot_failed")

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


# Built once: to build a statement costs more than to run it.
_LAST = Prepared(
    sa.select(delivery.c.purpose)
    .where(
        delivery.c.person_id == sa.bindparam("person", type_=delivery.c.person_id.type),
        delivery.c.address_id == sa.bindparam("address", type_=delivery.c.address_id.type),
        one_of(delivery.c.state, LEFT),
        delivery.c.confirms_stop.is_(False),
        delivery.c.replies_to.is_(None),
    )
    .order_by(delivery.c.id.desc())
    .limit(1)
)
