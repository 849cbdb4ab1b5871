"""What Slack tells, understood: the JSON of an event, the form of an interaction.

What is signed and is no JSON, or lacks what it must have, is refused; what is whole and does not matter is `Ignored`.

Source: docs.slack.dev/apis/events-api, docs.slack.dev/reference/interaction-payloads/block_actions-payload.
"""

import hashlib
from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from channels.slack.plain import names_somebody, plain
from hub.errors import PayloadInvalid

__all__ = ["ACTIONS", "Action", "Challenge", "Ignored", "Pressed", "Said", "interaction", "told"]

Action = Literal["claim", "snooze", "open"]
ACTIONS: tuple[Action, ...] = ("claim", "snooze", "open")

_LONGEST_ID = 64
T = TypeVar("T")


class Challenge(msgspec.Struct, frozen=True):
    """Slack asks whether the address is ours: it is to hear `word` again."""

    word: str


class Ignored(msgspec.Struct, frozen=True):
    """Nothing that matters, and why, as a code."""

    why: str


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """What a member wrote under one of the channel's messages.

    id: of the telling: the same however often Slack tells it. post: the `ts` of the message it stands under.
    kind: a reply; or that an earlier one was changed or deleted, whose `ts` is `ts` then, or that it came with files.
    """

    id: str
    channel: str
    post: str
    ts: str
    user: str
    kind: Literal["reply", "changed", "deleted", "files"] = "reply"
    text: str = ""
    to_colleagues: bool = False

    def __repr__(self) -> str:
        return f"Said({self.id}, …)"


class Pressed(msgspec.Struct, frozen=True, kw_only=True, tag="pressed"):
    """A button that a member pressed; `value` is what it, or the choice made, carries."""

    id: str
    channel: str
    post: str
    user: str
    action: Action
    value: str = ""


class _File(msgspec.Struct):
    id: str = ""


class _Inner(msgspec.Struct):
    """A message as events hold it."""

    user: str = ""
    text: str = ""
    ts: str = ""
    thread_ts: str = ""
    bot_id: str = ""


class _Event(msgspec.Struct):
    type: str = ""
    subtype: str = ""
    channel: str = ""
    user: str = ""
    text: str = ""
    ts: str = ""
    thread_ts: str = ""
    bot_id: str = ""
    hidden: bool = False
    files: list[_File] = []
    message: _Inner | None = None
    previous_message: _Inner | None = None


class _Envelope(msgspec.Struct):
    type: str
    challenge: str = ""
    event_id: str = ""
    event: _Event | None = None


class _Id(msgspec.Struct):
    id: str = ""


class _Option(msgspec.Struct):
    value: str = ""


class _Act(msgspec.Struct):
    action_id: str = ""
    action_ts: str = ""
    value: str = ""
    selected_option: _Option | None = None


class _Container(msgspec.Struct):
    message_ts: str = ""


class _Payload(msgspec.Struct):
    type: str
    user: _Id = msgspec.field(default_factory=_Id)
    channel: _Id = msgspec.field(default_factory=_Id)
    container: _Container = msgspec.field(default_factory=_Container)
    actions: list[_Act] = []


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_PAYLOAD = msgspec.json.Decoder(_Payload)


def told(body: bytes) -> Said | Challenge | Ignored:
    """What the JSON of the Events API says. Raises: PayloadInvalid."""
    envelope = _whole(_ENVELOPE.decode, body)
    if envelope.type == "url_verification":
        return Challenge(envelope.challenge)
    event = envelope.event
    if envelope.type != "event_callback" or event is None or event.type != "message":
        return Ignored("another_event")
    if not 0 < len(envelope.event_id) <= _LONGEST_ID:
        raise PayloadInvalid("the event has no id")
    if event.bot_id or event.subtype == "bot_message":
        return Ignored("own_message")
    if event.subtype in ("message_changed", "message_deleted"):
        return _altered(envelope.event_id, event)
    if event.subtype not in ("", "thread_broadcast", "file_share"):
        return Ignored("another_message")
    if not event.user or not event.thread_ts or event.thread_ts == event.ts:
        return Ignored("no_reply")
    return Said(
        id=envelope.event_id,
        channel=event.channel,
        post=event.thread_ts,
        ts=event.ts,
        user=event.user,
        kind="files" if event.files or event.subtype == "file_share" else "reply",
        text=plain(event.text),
        to_colleagues=names_somebody(event.text),
    )


def _altered(event_id: str, event: _Event) -> Said | Ignored:
    before = event.previous_message
    if before is None or before.bot_id or not before.user or not before.thread_ts or before.thread_ts == before.ts:
        return Ignored("no_reply")
    # Slack tells of a change, too, when it only draws a link's preview.
    if event.message is not None and event.message.text == before.text and event.subtype == "message_changed":
        return Ignored("unchanged")
    return Said(
        id=event_id,
        channel=event.channel,
        post=before.thread_ts,
        ts=before.ts,
        user=before.user,
        kind="changed" if event.subtype == "message_changed" else "deleted",
    )


def interaction(payload: str) -> Pressed | Ignored:
    """What the field `payload` of an interaction's form says. Raises: PayloadInvalid."""
    said = _whole(_PAYLOAD.decode, payload.encode("utf-8", "replace"))
    if said.type != "block_actions" or len(said.actions) != 1:
        return Ignored("another_interaction")
    (act,) = said.actions
    action = next((one for one in ACTIONS if one == act.action_id), None)
    if action is None or not said.user.id or not said.channel.id or not said.container.message_ts:
        return Ignored("another_interaction")
    value = act.selected_option.value if act.selected_option is not None else act.value
    parts = (said.channel.id, said.container.message_ts, said.user.id, action, value, act.action_ts)
    return Pressed(
        # An interaction has no id of its own: what makes it one is who pressed what, and when.
        id="act:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40],
        channel=said.channel.id,
        post=said.container.message_ts,
        user=said.user.id,
        action=action,
        value=value[:_LONGEST_ID],
    )


def _whole(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PayloadInvalid("the request does not hold what Slack's must") from None
