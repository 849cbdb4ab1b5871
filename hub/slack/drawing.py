"""What a thread's post shows. Pure; nothing in it is what a patient wrote."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from channels.slack import Button, Card, Choice, blocks, escaped, moment
from hub.slack import words
from hub.slack.judging import UNDELIVERED, URGENT, Level, Standing, is_over, level, may_claim
from hub.types import ThreadStatus

__all__ = ["SNOOZES", "Frame", "digest", "draw", "draw_replaced", "link"]

SNOOZES: Sequence[tuple[str, str]] = (("1", "1 hour"), ("4", "4 hours"), ("tomorrow", "Tomorrow morning"))
EMERGENCY = 3


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What all posts have in common. agreement: whether what is written in Slack may name patients' health."""

    base: str
    zone: ZoneInfo
    agreement: bool


def link(base: str, thread_id: str) -> str:
    """Where the inbox shows a thread."""
    return f"{base}/inbox/threads/{thread_id}"


def draw(one: Standing, frame: Frame, now: datetime) -> Card:
    """The post of a thread as it is now."""
    over = is_over(one, now)
    controls: list[Button | Choice] = []
    if not over:
        if may_claim(one, now):
            controls.append(Button(action="claim", label="Claim", style="primary"))
        if one.priority < EMERGENCY and one.status is not ThreadStatus.BOT:
            controls.append(Choice(action="snooze", label="Snooze", options=SNOOZES))
    controls.append(Button(action="open", label="Open", url=link(frame.base, one.thread_id)))
    return Card(
        headline=f"{_headline(one, now)} · {_who(one)}",
        lines=_lines(one, frame, now),
        footer="" if over else _footer(frame),
        controls=controls,
    )


def draw_replaced(one: Standing, frame: Frame) -> Card:
    """What a post shows once there is a newer one for its thread."""
    button = Button(action="open", label="Open", url=link(frame.base, one.thread_id))
    lines = ["There is a newer post of this thread below."]
    return Card(headline=f"⬇️ Moved down · {_who(one)}", lines=lines, controls=[button])


def digest(card: Card) -> str:
    """What tells whether two cards show the same: 128 bits, in hex."""
    return hashlib.sha256(msgspec.json.encode([card.headline, blocks(card)])).hexdigest()[:32]


def _headline(one: Standing, now: datetime) -> str:
    match level(one, now):
        case Level.EMERGENCY:
            return "🔴 Emergency" if one.priority >= EMERGENCY else "🟠 Urgent"
        case Level.LATE:
            return "🟠 Waiting too long"
        case Level.UNASSIGNED:
            return "⚠️ Not delivered" if one.attention == UNDELIVERED else "🔵 Nobody has this yet"
    match one.status:
        case ThreadStatus.CLOSED:
            return "✅ Closed"
        case ThreadStatus.SNOOZED:
            return "💤 Snoozed"
        case ThreadStatus.BOT:
            return "🤖 With the assistant"
    if one.waiting_since is not None or one.priority >= URGENT:
        return f"👤 With {one.holder or 'a colleague'}" if one.assignee is not None else "🟢 Nobody waits"
    return "🟢 Answered"


def _who(one: Standing) -> str:
    if one.private:
        return "a private team's patient"
    return one.initials or "somebody not identified"


def _lines(one: Standing, frame: Frame, now: datetime) -> list[str]:
    lines = []
    if level(one, now) is not Level.NOTHING:
        lines.append(words.reason(one.attention))
    if one.waiting_since is not None:
        lines.append(f"*Waiting* since {_when(one.waiting_since, frame)} ({_ago(one.waiting_since, frame)})")
    if one.due_at is not None and one.waiting_since is not None:
        lines.append(f"*Promised* by {_when(one.due_at, frame)}")
    if one.status is ThreadStatus.SNOOZED:
        until = _when(one.snoozed_until, frame) if one.snoozed_until is not None else "the patient writes"
        lines.append(f"*Until* {until}")
    holder = escaped(one.holder) if one.holder else ("a colleague" if one.assignee is not None else "nobody")
    team = f" ({escaped(one.team)})" if one.team else ""
    if one.status in (ThreadStatus.OPEN, ThreadStatus.SNOOZED):
        lines.append(f"*With* {holder}{team}")
    about = [words.CHANNELS.get(one.last_channel, ""), words.LANGUAGES.get(one.language, "")]
    if told := ", ".join(part for part in about if part):
        lines.append(f"*By* {told}")
    return lines


def _footer(frame: Frame) -> str:
    said = "A reply in this thread goes to the patient. Begin with `note:` to keep it among staff."
    return said if frame.agreement else f"{said} Name nobody's health here: that belongs in the inbox."


def _when(at: datetime, frame: Frame) -> str:
    return moment(at, "{date_short_pretty} {time}", _told(at, frame))


def _ago(at: datetime, frame: Frame) -> str:
    return moment(at, "{ago}", _told(at, frame))


def _told(at: datetime, frame: Frame) -> str:
    return f"{at.astimezone(frame.zone):%b %d, %I:%M %p}"
