"""The carrier itself: who may text whom, what was taken, and when it arrives."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from channels.carrier import api
from channels.carrier.callbacks import Callbacks, Reply
from channels.carrier.calls_exchange import Calls
from channels.carrier.calls_record import Recording
from channels.carrier.faults import (
    CallbackFirst,
    DuplicateCallbacks,
    Fault,
    Faults,
    LoseCallbacks,
    RegressCallbacks,
    Undeliver,
)
from channels.carrier.phone import Entry, Phone
from channels.carrier.shapes import API_VERSION, Stored, inbound_form, status_form
from hub.clock import Clock, SystemClock
from hub.types import Direction

__all__ = ["Carrier", "File"]

ACCOUNT = "AC" + "0" * 32
TOKEN = "simulated-carrier-token"  # noqa: S105 - opens nothing but this simulation

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})
STOP_ANSWER = "You will get no more texts from this number. Reply START to get them again."
START_ANSWER = "You will get texts from this number again. Reply STOP to end them."


@dataclass(frozen=True, slots=True)
class File:
    """A picture or document that a person sends along."""

    content_type: str
    content: bytes = field(repr=False)


class Carrier:
    """A simulated Twilio account with the phones it reaches.

    webhook: where texts that people write are posted; may be set later, once the hub listens.
    numbers: the account's own numbers; empty lets any number send.
    sent_after, delivered_after: how long after acceptance a text is `sent` and `delivered`; zero for tests.
    opt_out: keep a block list as Twilio does: STOP blocks, START unblocks, the carrier answers both itself.
    seed: makes message ids predictable.
    keep: how many messages, files and phones are remembered.
    segments: counts the segments of a text.
    second: how long a second of a pause on a call lasts.
    """

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT,
        auth_token: str = TOKEN,
        webhook: str | None = None,
        numbers: Sequence[str] = (),
        sent_after: timedelta = timedelta(seconds=0.4),
        delivered_after: timedelta = timedelta(seconds=1.2),
        opt_out: bool = True,
        seed: int | None = None,
        keep: int = 10_000,
        segments: Callable[[str], int] = lambda text: 1,
        clock: Clock | None = None,
        second: float = 1.0,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.webhook = webhook
        self.numbers = frozenset(numbers)
        self.faults = Faults()
        self.base_url = ""
        self.requests = 0
        self.closing = asyncio.Event()
        self._waits = (sent_after.total_seconds(), max(delivered_after - sent_after, timedelta(0)).total_seconds())
        self._opt_out = opt_out
        self._seed = seed
        self._made = 0
        self._keep = keep
        self._segments = segments
        self._clock = clock or SystemClock()
        self._callbacks = Callbacks(auth_token)
        self.calls = Calls(
            account_sid=account_sid,
            post=self._callbacks.post,
            new_sid=self.new_sid,
            hold=self._hold_recording,
            clock=self._clock,
            keep=keep,
            second=second,
            touched=lambda number: self.phone(number).touch(),
        )
        self._messages: OrderedDict[str, Stored] = OrderedDict()
        self._files: OrderedDict[str, File] = OrderedDict()
        self._phones: OrderedDict[str, Phone] = OrderedDict()
        self._blocked: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    # Running

    def application(self) -> web.Application:
        """Twilio's addresses as an aiohttp application, to be served by any server."""
        return api.application(self)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, on a free port if `port` is 0, and give the base address for `HUB_TWILIO_API_URL`."""
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.base_url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        """Stop listening, give up what was on its way, close every connection."""
        self.closing.set()
        await self.calls.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._callbacks.close()

    async def settled(self) -> None:
        """Wait until everything taken so far was delivered and the hub has been told."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    # People

    def phone(self, number: str) -> Phone:
        """The phone with `number`."""
        phone = self._phones.get(number)
        if phone is None:
            phone = self._phones[number] = Phone(number)
        _touch(self._phones, number, self._keep)
        return phone

    async def text(self, sender: str, recipient: str, body: str, media: Sequence[File] = ()) -> Reply:
        """The hub's answer, after the person with the phone `sender` has written `body` to the clinic's number.

        Raises: ValueError without a webhook to post to.
        """
        if self.webhook is None:
            raise ValueError("the carrier has no webhook to post to")
        files = tuple((self._hold(file), file.content_type) for file in media)
        message = self._store(
            sid=self.new_sid("MM" if files else "SM"),
            sender=sender,
            recipient=recipient,
            body=body,
            media=tuple(address for address, _ in files),
            direction="inbound",
            status="received",
        )
        word = self._listen(sender, recipient, body)
        message.hook = inbound_form(message, files, word)
        entry = self._show(message, Direction.OUTBOUND, "sending")
        reply = await self.repeat(message.sid)
        entry.state = "delivered" if reply.ok else "failed"
        self.phone(sender).touch()
        if word:
            answer = STOP_ANSWER if word == "STOP" else START_ANSWER
            self._show(
                self._store(
                    sid=self.new_sid("SM"),
                    sender=recipient,
                    recipient=sender,
                    body=answer,
                    direction="outbound-reply",
                    status="delivered",
                ),
                Direction.INBOUND,
                "delivered",
            )
        return reply

    async def repeat(self, sid: str) -> Reply:
        """The hub's answer to the webhook of a text that came in, posted once more.

        Raises: ValueError without a webhook to post to, KeyError if there is no such text.
        """
        form = self._messages[sid].hook
        if form is None or self.webhook is None:
            raise ValueError("there is no webhook for that message")
        return await self._callbacks.post(self.webhook, form)

    # What the API asks

    def blocked(self, sender: str, recipient: str) -> bool:
        """Whether `recipient` has texted STOP to `sender`."""
        return (sender, recipient) in self._blocked

    def message(self, sid: str) -> Stored | None:
        """The message with that id, if it is still remembered."""
        return self._messages.get(sid)

    def messages(self) -> Iterator[Stored]:
        """Everything remembered, newest first."""
        return reversed(self._messages.values())

    def file(self, sid: str) -> File | None:
        """The content of one MediaUrl, if it is still remembered."""
        return self._files.get(sid)

    async def accept(
        self,
        *,
        sender: str,
        recipient: str,
        body: str,
        media: tuple[str, ...],
        service_sid: str | None,
        callback: str | None,
        fault: Fault | None,
    ) -> Stored:
        """Take a message from the hub and set it on its way."""
        message = self._store(
            sid=self.new_sid("MM" if media else "SM"),
            sender=sender,
            recipient=recipient,
            body=body,
            media=media,
            direction="outbound-api",
            status="queued",
            service_sid=service_sid,
            callback=callback,
        )
        entry = None if isinstance(fault, Undeliver) else self._show(message, Direction.INBOUND, "queued")
        journey = self._deliver(message, entry, fault)
        if isinstance(fault, CallbackFirst):
            await journey
        else:
            self._run(journey)
        return message

    # On its way

    async def _deliver(self, message: Stored, entry: Entry | None, fault: Fault | None) -> None:
        statuses = ["queued", "sent", "delivered"]
        if isinstance(fault, Undeliver):
            statuses[2] = fault.status
        unsaid: list[str] = []
        for status, wait in zip(statuses, (0.0, *self._waits), strict=True):
            if wait:
                await asyncio.sleep(wait)
            message.status = status
            message.updated = self._clock.now()
            if status == "sent":
                message.sent = message.updated
            if isinstance(fault, Undeliver) and status == fault.status:
                message.error_code = fault.code
            if entry is not None and entry.state != status:
                entry.state = status
                self.phone(message.recipient).touch()
            if isinstance(fault, RegressCallbacks):
                unsaid.insert(0, status)
            elif not isinstance(fault, LoseCallbacks):
                await self._tell(message, status, times=2 if isinstance(fault, DuplicateCallbacks) else 1)
        for status in unsaid:
            await self._tell(message, status)

    async def _tell(self, message: Stored, status: str, times: int = 1) -> None:
        for _ in range(times):
            if message.callback:
                await self._callbacks.post(message.callback, status_form(message, status))

    def _run(self, journey: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(journey)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What is kept

    def new_sid(self, prefix: str) -> str:
        """A new id: two letters and 32 hexadecimal digits."""
        self._made += 1
        if self._seed is None:
            return prefix + secrets.token_hex(16)
        return prefix + hashlib.sha256(f"{self._seed}:{self._made}".encode()).hexdigest()[:32]

    def _store(self, *, sid: str, body: str, **values: Any) -> Stored:
        now = self._clock.now()
        message = Stored(
            sid=sid,
            account_sid=self.account_sid,
            body=body,
            segments=self._segments(body),
            created=now,
            updated=now,
            **values,
        )
        self._messages[sid] = message
        _touch(self._messages, sid, self._keep)
        return message

    def _hold(self, file: File) -> str:
        """The address of `file`, which asks for the account's credentials."""
        sid = self.new_sid("ME")
        self._files[sid] = file
        _touch(self._files, sid, self._keep)
        return f"{self.base_url}/{API_VERSION}/Accounts/{self.account_sid}/Media/{sid}"

    def _hold_recording(self, recording: Recording) -> str:
        """The address of a recording, to which the kind of file is added."""
        self._files[recording.sid] = File("audio/mpeg", recording.content)
        _touch(self._files, recording.sid, self._keep)
        return f"{self.base_url}/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{recording.sid}"

    def _show(self, message: Stored, direction: Direction, state: str) -> Entry:
        own, peer = message.recipient, message.sender
        if direction is Direction.OUTBOUND:
            own, peer = peer, own
        entry = Entry(
            sid=message.sid,
            direction=direction,
            peer=peer,
            text=message.body,
            media=message.media,
            at=message.created,
            state=state,
        )
        self.phone(own).show(entry)
        return entry

    def _listen(self, sender: str, recipient: str, body: str) -> str | None:
        """The opt-out word that the carrier acts on, if `body` is one."""
        word = body.strip().upper()
        pair = (recipient, sender)
        if self._opt_out and word in STOP_WORDS:
            self._blocked[pair] = None
            _touch(self._blocked, pair, self._keep)
            return "STOP"
        if self._opt_out and word in START_WORDS and pair in self._blocked:
            del self._blocked[pair]
            return "START"
        return None


def _touch(kept: OrderedDict[Any, Any], key: Any, most: int) -> None:
    """Make `key` the newest of `kept`, and forget the oldest beyond `most`."""
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
