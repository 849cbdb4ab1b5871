"""What a visitor does with a patient's devices: each request of the page is one text, mail, or turn of a call."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from channels.carrier import Call, CallEnded
from hub.demo.clinic import PATIENTS, PHONES, Phone
from hub.demo.outside import CLINIC_MAILBOX, CLINIC_NUMBER, Outside
from hub.demo.sending import remind
from hub.parts import Parts
from hub.types import ChannelKind, Skip

LONGEST = 1600
"""Characters of one text, as at the carrier."""
LONGEST_MAIL = 10_000
LONGEST_SUBJECT = 200
LISTENING = 10.0
"""Seconds that a word said into a call waits until the clinic listens."""

_PHONES = {phone.key: phone for phone in PHONES}
_SOUND = b"ID3\x04" + bytes(512)
"""A recording of nobody: the words are what counts."""
_LETTERS_A_SECOND = 14
_KEYS = re.compile(r"[0-9*#]{1,20}")

Asked = TypeVar("Asked")


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    """`sender` is a phone's key, never a number."""

    sender: str = msgspec.field(name="from")
    body: str


class _Mail(msgspec.Struct, forbid_unknown_fields=True):
    """A reply to the mail `answers`, else a new one about `subject`."""

    sender: str = msgspec.field(name="from")
    body: str
    answers: str = ""
    subject: str = ""


class _Opened(msgspec.Struct, forbid_unknown_fields=True):
    sender: str = msgspec.field(name="from")
    mail: str


class _Turn(msgspec.Struct, forbid_unknown_fields=True):
    """One turn of a call. `words` are what is said, pressed, or left as a message."""

    sender: str = msgspec.field(name="from")
    act: Literal["dial", "answer", "machine", "decline", "say", "press", "silent", "leave", "hang_up"]
    words: str = ""


class _Reminder(msgspec.Struct, forbid_unknown_fields=True):
    to: str
    by: ChannelKind


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason


def routes(parts: Parts, outside: Outside) -> list[web.RouteDef]:
    """The addresses that the page posts to."""
    hands = _Hands(parts, outside)
    return [
        web.post("/demo/texts", _taking(_Text, hands.text)),
        web.post("/demo/mails", _taking(_Mail, hands.mail)),
        web.post("/demo/mails/opened", _taking(_Opened, hands.opened)),
        web.post("/demo/calls", _taking(_Turn, hands.turn)),
        web.post("/demo/reminders", _taking(_Reminder, hands.reminder)),
    ]


def _taking(
    kind: type[Asked], act: Callable[[Asked], Awaitable[dict[str, Any]]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that does `act` with what the page sent, or says why not."""

    async def take(request: web.Request) -> web.Response:
        try:
            if not _from_this_page(request):
                raise _Refused(403, "This is taken from the demo page only.")
            try:
                asked = msgspec.json.decode(await request.read(), type=kind)
            except msgspec.DecodeError:
                raise _Refused(400, "That is nothing that the demo page sends.") from None
            return web.json_response(await act(asked))
        except _Refused as refused:
            return web.json_response({"reason": refused.reason}, status=refused.status)

    return take


class _Hands:
    """Holds the devices."""

    def __init__(self, parts: Parts, outside: Outside) -> None:
        self._parts = parts
        self._carrier = outside.carrier
        self._host = outside.mail

    async def text(self, said: _Text) -> dict[str, Any]:
        """Write a text."""
        phone, body = _phone(said.sender), _words(said.body, LONGEST)
        reply = await self._carrier.text(phone.number, CLINIC_NUMBER, body)
        return {"taken": reply.ok}

    async def mail(self, said: _Mail) -> dict[str, Any]:
        """Write a mail."""
        phone, body = _phone(said.sender), _words(said.body, LONGEST_MAIL)
        if said.answers:
            to = self._host.mailbox(phone.mailbox).get(said.answers)
            if to is None or to.mine:
                raise _Refused(404, "There is no such mail to answer.")
            mail = await self._host.reply(phone.mailbox, to, body, author=phone.label, language=phone.language)
        else:
            subject = _words(said.subject, LONGEST_SUBJECT).replace("\n", " ")
            mail = await self._host.write(phone.mailbox, CLINIC_MAILBOX, subject, body, author=phone.label)
        return {"taken": mail.state == "taken", "id": mail.id}

    async def opened(self, said: _Opened) -> dict[str, Any]:
        """Mark a mail as read."""
        self._host.mailbox(_phone(said.sender).mailbox).read(said.mail)
        return {}

    async def turn(self, said: _Turn) -> dict[str, Any]:
        """Take one turn on the phone."""
        phone = _phone(said.sender)
        call = self._call(phone)
        if said.act == "dial":
            if call is not None:
                raise _Refused(409, "This phone is on a call.")
            return {"id": (await self._carrier.calls.dial(phone.number, CLINIC_NUMBER)).sid}
        if call is None:
            raise _Refused(409, "There is no call.")
        try:
            async with asyncio.timeout(LISTENING):
                await _take_turn(call, said)
        except (CallEnded, TimeoutError):
            raise _Refused(409, "The clinic is not listening just now.") from None
        return {"id": call.sid}

    async def reminder(self, asked: _Reminder) -> dict[str, Any]:
        """Let the staff remind of the next visit."""
        phone = _phone(asked.to)
        one = next((one for one in PATIENTS if one.key == phone.key), None)
        routed = None if one is None else await remind(self._parts, one, asked.by)
        if routed is None:
            return {"sent": False, "why": ""}
        refused = isinstance(routed.decision, Skip)
        return {"sent": not refused, "why": routed.decision.reasons[0] if isinstance(routed.decision, Skip) else ""}

    def _call(self, phone: Phone) -> Call | None:
        """The call that the phone is on, or that rings."""
        return next((call for call in reversed(self._carrier.calls.on(phone.number)) if not call.over), None)


async def _take_turn(call: Call, said: _Turn) -> None:
    match said.act:
        case "answer":
            call.takes("human")
        case "machine":
            call.takes("machine")
        case "decline":
            call.takes("busy")
        case "say":
            await call.says(_words(said.words, LONGEST))
        case "press":
            if not _KEYS.fullmatch(said.words):
                raise _Refused(400, "There are no such keys.")
            await call.presses(said.words)
        case "silent":
            await call.keeps_silent()
        case "leave":
            words = _words(said.words, LONGEST)
            await call.leaves(_SOUND, 1 + len(words) // _LETTERS_A_SECOND, words)
        case "hang_up":
            await call.hangs_up()
        case "dial":
            pass


def _phone(key: str) -> Phone:
    if key not in _PHONES:
        raise _Refused(400, "There is no such phone in the demo.")
    return _PHONES[key]


def _words(said: str, most: int) -> str:
    words = said.replace("\r\n", "\n").strip()
    if not words or len(words) > most:
        raise _Refused(400, f"It needs 1 to {most} characters.")
    return words


def _from_this_page(request: web.Request) -> bool:
    """Whether a browser sent this from our own page: another site can send neither the header nor the type."""
    if request.content_type != "application/json":
        return False
    origin = request.headers.get("Origin", "")
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or urlsplit(origin).netloc == request.host != ""
