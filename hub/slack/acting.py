"""What members did in Slack, done: buttons, and replies that go to the patient.

Everything that follows from one telling is one unit of work, with the mark that it is done: it happens once, however
often Slack tells it and whatever dies in between.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.slack import Member, Pressed, Said, SlackClient, escaped
from hub.accounts.users import User
from hub.audit import Entry
from hub.db.bulk import insert_rows
from hub.db.tables import slack_reply
from hub.desk.custody import Held
from hub.desk.states import Assign, Claim, Refusal, Snooze
from hub.desk.writing import Elsewhere, Missed, NotPermitted, Writer, Written
from hub.errors import ConfigInvalid, HubError, OutcomeUnknown, Rejected, Throttled, Unreachable
from hub.log import say
from hub.parts import Parts
from hub.router import Routed
from hub.slack import inbox
from hub.slack.inbox import Answer, Told
from hub.slack.judging import may_claim
from hub.slack.posting import post_of, unnamed
from hub.slack.staff import SAID, Stranger, known, may
from hub.types import Hold

__all__ = ["LONGEST", "Acting", "note_in", "snoozed_until"]

_log = logging.getLogger(__name__)

LONGEST = 1600
"""Characters of a reply: what one request to the carrier takes."""
_MORNING = time(8, 0)
_NOTE = re.compile(r"\s*(?:note|nota)\s*:\s*", re.IGNORECASE)

_NOT_SENT = "Nothing was sent to the patient. "
_FILES = _NOT_SENT + "Files are not taken from Slack: write without them, or use the inbox."
_TO_COLLEAGUES = _NOT_SENT + "What names a colleague stays among you. Write it without the name to send it."
_CHANGED = "This changes nothing for the patient, who has what you wrote first."
_DELETED = "This takes nothing back: the patient has what you wrote."
_MISSED = (
    _NOT_SENT + "Somebody wrote in this thread meanwhile. Have a look, and send it again if it is still what you mean."
)
_OVER = _NOT_SENT + "This post is over. Reply under the newer one, or use the inbox."
_GIVEN_UP = "This could not be done. Use the inbox."


@dataclass(frozen=True, slots=True)
class _Came:
    """What an act came to: what whoever did it is to hear, and what is to be announced after the commit."""

    say: str = ""
    routed: Routed | None = None
    rang: bool = False


class Acting:
    """Does what members did."""

    def __init__(self, parts: Parts, client: SlackClient, channel: str) -> None:
        self._parts = parts
        self._client = client
        self._channel = channel

    async def act(self) -> None:
        """Do what is to be done now, in the order in which it was told.

        Raises: ChannelError when Slack could not be asked who it was; nothing is lost.
        """
        for told in await inbox.undone(self._parts):
            try:
                await self._do(told)
            except (Throttled, Unreachable, OutcomeUnknown, ConfigInvalid):
                raise
            except Exception as error:
                if isinstance(error, HubError):
                    say(_log, "slack_act_failed", logging.ERROR, error=error, failures=told.failures)
                else:
                    _log.exception("slack_act_failed", extra={"values": {"failures": told.failures}})
                await self._failed(told)

    async def tell(self) -> None:
        """Let members hear what came of what they did. Raises: ChannelError."""
        for event_id, answer in await inbox.untold(self._parts):
            try:
                await self._client.whisper(answer.channel, answer.user, answer.text, under=answer.post)
            except Rejected as refusal:
                # They left the channel: there is nobody to tell.
                say(_log, "slack_answer_refused", logging.WARNING, code=refusal.provider_code)
            await inbox.answered(self._parts, event_id)

    async def _do(self, told: Told) -> None:
        work = told.work
        async with self._parts.db.read() as conn:
            post = await post_of(conn, work.channel, work.post)
            later = post is None and await unnamed(conn)
        if work.channel != self._channel or post is None:
            if later and told.failures < inbox.TooOften:
                # It may be the post whose name is still to be found out.
                await inbox.failed(self._parts, told.id, told.failures)
            else:
                await self._finish(told, "")
            return
        if isinstance(work, Said) and work.kind != "reply":
            await self._finish(told, await self._altered(work))
            return
        if isinstance(work, Pressed) and work.action == "open":
            await self._finish(told, "")
            return
        member = await self._member(work.user)

        async def unit(conn: AsyncConnection) -> _Came:
            if not await inbox.is_open(conn, told.id):
                return _Came()
            came = await self._in(conn, work, member, post)
            await inbox.done(conn, self._parts, told.id, _answer(work, came.say))
            return came

        came = await self._parts.db.write(unit)
        if came.routed is not None:
            self._parts.router.announce(came.routed)
        elif came.rang:
            self._parts.bell.ring()

    async def _member(self, user: str) -> Member | None:
        try:
            return await self._client.member(user)
        except Rejected:
            return None

    async def _altered(self, work: Said) -> str:
        """What whoever changed, deleted, or wrote with files is to hear."""
        if work.kind == "files":
            return _FILES
        async with self._parts.db.glance() as conn:
            query = sa.select(slack_reply.c.message_id).where(
                slack_reply.c.channel == work.channel, slack_reply.c.ts == work.ts
            )
            was_sent = (await conn.execute(query)).first() is not None
        if not was_sent:
            return ""
        return _CHANGED if work.kind == "changed" else _DELETED

    async def _finish(self, told: Told, text: str) -> None:
        async def unit(conn: AsyncConnection) -> None:
            if await inbox.is_open(conn, told.id):
                await inbox.done(conn, self._parts, told.id, _answer(told.work, text))

        await self._parts.db.write(unit)

    async def _failed(self, told: Told) -> None:
        if told.failures + 1 >= inbox.TooOften:
            await self._finish(told, _GIVEN_UP)
        else:
            await inbox.failed(self._parts, told.id, told.failures)

    # In the unit of work

    async def _in(self, conn: AsyncConnection, work: Said | Pressed, member: Member | None, post: Any) -> _Came:
        held = await self._parts.desk.custody.hold(conn, post.thread_id)
        if held is None:
            return _Came(_GIVEN_UP)
        what = work.action if isinstance(work, Pressed) else "reply"
        user = await known(conn, self._parts.users, member, work.user)
        if isinstance(user, Stranger):
            await self._refuse(conn, held, what, user)
            return _Came(SAID[user.why])
        permission = "messages:write" if what == "reply" else "threads:write"
        why = await may(conn, self._parts.users, user, permission, held.id)
        if why is not None:
            await self._refuse(conn, held, what, Stranger(why, user.actor))
            return _Came(SAID[why])
        if isinstance(work, Said):
            return await self._reply(conn, work, held, user, post)
        return await self._press(conn, work, held, user)

    async def _refuse(self, conn: AsyncConnection, held: Held, what: str, who: Stranger) -> None:
        entry = Entry(
            action="slack.refused",
            actor=who.actor,
            person_id=held.person_id,
            object_id=held.id,
            details={"what": what, "why": who.why},
        )
        await self._parts.trail.record(conn, entry)

    async def _press(self, conn: AsyncConnection, work: Pressed, held: Held, user: User) -> _Came:
        act: Assign | Claim | Snooze
        if work.action == "claim":
            # From a colleague who lets the person wait it may be taken.
            free = may_claim(held.state, self._parts.clock.now())
            act = Assign(user.id) if free else Claim(user.id)
        else:
            until = snoozed_until(work.value, self._parts.clock.now(), self._parts.settings.timezone)
            if until is None:
                return _Came("That is no time to snooze until.")
            act = Snooze(until)
        done = await self._parts.desk.custody.act(conn, held.id, act, user.actor, f"slack:{work.id}"[:64])
        if isinstance(done, Refusal):
            return _Came(done.detail)
        return _Came(rang=True)

    async def _reply(self, conn: AsyncConnection, work: Said, held: Held, user: User, post: Any) -> _Came:
        text = work.text.strip()
        request = f"slack:{work.id}"[:64]
        writer = Writer(actor=user.actor, name=user.name, user_id=user.id, request_id=request)
        if not text:
            return _Came(_NOT_SENT + "There were no words in it.")
        noted = note_in(text)
        if noted is not None:
            if not noted:
                return _Came("A note without words is none.")
            await self._parts.desk.writing.note(conn, held, writer, text=noted)
            return _Came("Kept as a note among staff.", rang=True)
        if post.ended_at is not None:
            # What came since was not told under it.
            return _Came(_OVER)
        if work.to_colleagues:
            return _Came(_TO_COLLEAGUES)
        if len(text) > LONGEST:
            return _Came(f"{_NOT_SENT}It has {len(text)} characters, and at most {LONGEST} can be sent.")
        key = f"slack:{work.channel}:{work.ts}"
        came = await self._parts.desk.writing.reply(conn, held, writer, key=key, text=text, last_seq=post.seq)
        match came:
            case Missed():
                return _Came(_MISSED)
            case NotPermitted(routed, skip):
                return _Came(_NOT_SENT + escaped(" ".join(skip.reasons)), routed)
            case Elsewhere():
                return _Came(_GIVEN_UP)
            case Written(_, None):
                return _Came()
            case Written(message_id, routed):
                await self._follow(conn, work, message_id)
                return _Came(self._held(routed), routed)

    def _held(self, routed: Routed | None) -> str:
        """What is to be heard where a reply waits."""
        if routed is None or not isinstance(routed.decision, Hold):
            return ""
        until = routed.decision.until.astimezone(self._parts.settings.timezone)
        return f"It leaves {until:%a %I:%M %p}. {escaped(routed.decision.reason)}"

    async def _follow(self, conn: AsyncConnection, work: Said, message_id: str) -> None:
        """Remember where a reply was written: it is marked there with what becomes of it."""
        row = {
            "message_id": message_id,
            "channel": work.channel,
            "ts": work.ts,
            "post": work.post,
            "slack_user": work.user,
            "at": self._parts.clock.now(),
        }
        await insert_rows(conn, slack_reply, [row])


def note_in(text: str) -> str | None:
    """The words of a reply that is to stay among staff; None where it is to be sent."""
    found = _NOTE.match(text)
    return text[found.end() :].strip() if found else None


def snoozed_until(value: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when a choice of the menu puts a thread away: so many hours, or `tomorrow` at eight where the clinic is."""
    if value == "tomorrow":
        day = now.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(day, _MORNING, zone)
    return now + timedelta(hours=int(value)) if value in ("1", "4") else None


def _answer(work: Said | Pressed, text: str) -> Answer | None:
    return Answer(channel=work.channel, post=work.post, user=work.user, text=text) if text else None
