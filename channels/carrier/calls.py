"""Calls: a person at a phone, and the simulated carrier that walks the hub's TwiML for them.

    call = await carrier.calls.dial("+12025550131", CLINIC)     # a person calls the clinic
    await call.listens()                                        # what is said until the clinic waits for an answer
    await call.says("I need a check-up")                        # or presses("2"), keeps_silent(), hangs_up()

    carrier.calls.picks_up("+12025550131", "machine")           # how a phone takes a call of the clinic's
    call = await carrier.calls.rings("+12025550131")            # the call that came to it

What the hub answers is checked as Twilio would: a verb or an attribute that is not published ends the call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal

from channels.carrier.callbacks import Reply
from channels.carrier.calls_record import CallEnded, Heard, PickUp, Recording, Said, lines, said
from channels.twilio.voice_twiml import TwimlInvalid, Verb, read

__all__ = ["Call", "CallEnded", "Heard", "PickUp", "Recording", "Said"]

_HOPS = 200
"""Documents that one call may ask for: a loop without an end is a fault."""
_TALKS = ("Say", "Play")

Post = Callable[[str, Mapping[str, str]], Awaitable[Reply]]


class Call:
    """One call. `status` is Twilio's own word; `heard` all that was said to the person, in order.

    transcript: what both sides said. ours: whether the hub made it. second: how long a second of a pause lasts.
    fault: what of the hub's answers could not be acted on. touched: called when anything about the call has changed.
    """

    def __init__(
        self,
        *,
        sid: str,
        account_sid: str,
        person: str,
        clinic: str,
        ours: bool,
        created: datetime,
        post: Post,
        new_sid: Callable[[str], str],
        recorded: Callable[[Recording], str],
        staff: Callable[[str], PickUp],
        second: float,
        touched: Callable[[], None],
        callback: str = "",
        extra: Mapping[str, str],
    ) -> None:
        self.sid = sid
        self.account_sid = account_sid
        self.person = person
        self.clinic = clinic
        self.ours = ours
        self.created = created
        self.status = "queued" if ours else "ringing"
        self.heard: list[Heard] = []
        self.transcript: list[Said] = []
        self.dialled: list[str] = []
        self.fault = ""
        self.answered_by = ""
        self.replies: list[Reply] = []
        self.callback = callback
        self._post = post
        self._new_sid = new_sid
        self._recorded = recorded
        self._staff = staff
        self._second = second
        self._touched = touched
        self._extra = dict(extra)
        self._told = 0
        self._written: tuple[str, dict[str, str]] | None = None
        self._walk: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[Reply]] = set()
        self._input: asyncio.Future[dict[str, str]] | None = None
        self._message: asyncio.Future[tuple[bytes, int, str]] | None = None
        self._taken: asyncio.Future[PickUp] | None = None
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"Call({self.sid}, {self.status})"

    # The person

    async def listens(self, timeout: float = 30.0) -> str:  # noqa: ASYNC109 - the plain way to say it in a test
        """What was said since the person last listened, once the clinic waits for an answer or the call is over.

        Raises: TimeoutError; AssertionError when the hub answered what cannot be acted on.
        """
        async with asyncio.timeout(timeout):
            while self._input is None and self._message is None and not self.over:
                await self._change()
        if self.fault:
            raise AssertionError(self.fault)
        said, self._told = self.heard[self._told :], len(self.heard)
        return "\n".join(one.text for one in said)

    async def says(self, words: str) -> None:
        """Answer in words. Raises: CallEnded."""
        await self._answer({"SpeechResult": words, "Confidence": "0.92"})

    async def presses(self, keys: str) -> None:
        """Answer with keys. Raises: CallEnded."""
        await self._answer({"Digits": keys, "FinishedOnKey": ""})

    async def keeps_silent(self) -> None:
        """Say nothing until the clinic goes on. Raises: CallEnded."""
        await self._answer({})

    async def leaves(self, content: bytes, seconds: int, words: str = "") -> None:
        """Leave a message after the tone; `words` is what a machine would write of it. Raises: CallEnded."""
        while self._message is None:
            if self.over:
                raise CallEnded
            await self._change()
        if not self._message.done():
            self._message.set_result((content, seconds, words))
        self._message = None
        self._note(Said("person", "message", words))

    def takes(self, how: PickUp) -> None:
        """Take a call that rings."""
        if self._taken is not None and not self._taken.done():
            self._taken.set_result(how)

    @property
    def waits_for(self) -> Literal["nothing", "answer", "message"]:
        """What the clinic waits for at this moment."""
        return "answer" if self._input is not None else "message" if self._message is not None else "nothing"

    async def hangs_up(self) -> None:
        """End the call."""
        await self._end("completed")

    @property
    def over(self) -> bool:
        """Whether the call has ended, or never came about."""
        return self.status in ("completed", "busy", "no-answer", "failed", "canceled")

    async def ended(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - the plain way to say it in a test
        """Wait until the call is over. Raises: TimeoutError."""
        async with asyncio.timeout(timeout):
            while not self.over:
                await self._change()

    async def _answer(self, fields: dict[str, str]) -> None:
        while self._input is None:
            if self.over:
                raise CallEnded
            await self._change()
        waiting, self._input = self._input, None
        if not waiting.done():
            waiting.set_result(dict(fields))
        self._note(said(fields))

    # The carrier

    async def rung(self, timeout: float) -> PickUp:  # noqa: ASYNC109 - how long a phone rings
        """How the call is taken, by a person who sees it ring; `no-answer` when nobody does."""
        self.status = "ringing"
        self._taken = asyncio.get_running_loop().create_future()
        self._touch()
        try:
            async with asyncio.timeout(timeout):
                return await self._taken
        except TimeoutError:
            return "no-answer"

    def begin(self, url: str | None, document: str | None) -> None:
        """Connect: ask `url` what to do, or do what `document` says. Replaces whatever the call is at."""
        self.status = "in-progress"
        self._stop_walking()
        self._walk = asyncio.create_task(self._go(url, document))
        self._touch()

    async def _go(self, url: str | None, document: str | None) -> None:
        """Act on one document after the other, until one ends the call."""
        try:
            for _ in range(_HOPS):
                if document is None:
                    reply = await self._ask(url or "", {})
                    document = reply.body
                following = await self._act(read(document))
                if following is None:
                    break
                url, fields = following
                reply = await self._ask(url, fields)
                document = reply.body
                if self._written is not None:
                    # A machine writes more slowly than the call goes on.
                    (callback, written), self._written = self._written, None
                    self._send(callback, self.form() | written)
            else:
                self.fault = "the call goes round for ever"
        except TwimlInvalid as broken:
            self.fault = str(broken)
        # Not by `_end`, which would stop this very walk.
        await self._finish("completed")

    async def _ask(self, url: str, fields: Mapping[str, str]) -> Reply:
        # A request that was sent is answered, even where the call has gone on meanwhile and nobody listens.
        reply = await asyncio.shield(self._send(url, {**self.form(), **fields}))
        self.replies.append(reply)
        if not reply.ok:
            raise TwimlInvalid(f"the hub answered {reply.status}")
        return reply

    async def _act(self, response: Verb) -> tuple[str, dict[str, str]] | None:
        """What to ask next, and with what; None at the end of the call."""
        for one in response:
            match one.name:
                case "Say" | "Play":
                    self._hear(one)
                case "Pause":
                    await asyncio.sleep(self._second * int(one.attributes.get("length", "1")))
                case "Redirect":
                    return one.text.strip(), {}
                case "Hangup" | "Reject":
                    return None
                case "Gather":
                    fields = await self._gather(one)
                    if fields or one.attributes.get("actionOnEmptyResult") == "true":
                        return one.attributes["action"], fields
                case "Record":
                    fields = await self._record(one)
                    if fields:
                        return one.attributes["action"], fields
                case "Dial":
                    return await self._dial(one)
        return None

    async def _gather(self, gather: Verb) -> dict[str, str]:
        for one in gather:
            if one.name in _TALKS:
                self._hear(one)
        self._input = asyncio.get_running_loop().create_future()
        self._touch()
        if self.answered_by.startswith("machine"):
            # It says nothing.
            waiting, self._input = self._input, None
            waiting.set_result({})
            return {}
        waiting = self._input
        fields = await waiting
        keys, speaks = fields.get("Digits"), "SpeechResult" in fields
        most = int(gather.attributes.get("numDigits", "0"))
        if keys and most:
            fields["Digits"] = keys[:most]
        wanted = gather.attributes.get("input", "dtmf")
        if (speaks and "speech" not in wanted) or (keys and "dtmf" not in wanted):
            return {}
        return fields

    async def _record(self, record: Verb) -> dict[str, str]:
        self._message = asyncio.get_running_loop().create_future()
        self._touch()
        content, seconds, words = await self._message
        if not seconds:
            return {}
        seconds = min(seconds, int(record.attributes.get("maxLength", "3600")))
        recording = Recording(sid=self._new_sid("RE"), content=content, seconds=seconds, words=words)
        url = self._recorded(recording)
        about = {"RecordingSid": recording.sid, "RecordingUrl": url, "RecordingDuration": str(seconds)}
        if record.attributes.get("transcribe") == "true" and (callback := record.attributes.get("transcribeCallback")):
            written = {
                "TranscriptionSid": self._new_sid("TR"),
                "TranscriptionText": words,
                "TranscriptionStatus": "completed" if words else "failed",
                "TranscriptionUrl": url.replace("Recordings", "Transcriptions"),
                "RecordingSid": recording.sid,
                "RecordingUrl": url,
            }
            self._written = (callback, written)
        return about | {"Digits": "hangup"}

    async def _dial(self, dial: Verb) -> tuple[str, dict[str, str]] | None:
        number = dial.text.strip()
        self.dialled.append(number)
        self._note(Said("clinic", "put_through", number))
        how = self._staff(number)
        status = {"human": "completed", "machine": "completed"}.get(how, how)
        fields = {"DialCallStatus": status, "DialCallSid": self._new_sid("CA")}
        if status == "completed":
            fields["DialCallDuration"] = "30"
        return (dial.attributes["action"], fields) if "action" in dial.attributes else None

    def _hear(self, one: Verb) -> None:
        self.heard.append(Heard(one.attributes.get("voice", ""), lines(one)))
        self._note(Said("clinic", "words", self.heard[-1].text))

    def form(self) -> dict[str, str]:
        """The fields of every request of this call."""
        person, clinic = self.person, self.clinic
        form = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": clinic if self.ours else person,
            "To": person if self.ours else clinic,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": "outbound-api" if self.ours else "inbound",
        }
        if self.answered_by:
            form["AnsweredBy"] = self.answered_by
        return form | self._extra

    # The end

    async def _end(self, status: str) -> None:
        if self.over:
            return
        self._stop_walking()
        await self._finish(status)

    async def _finish(self, status: str) -> None:
        self.status = status
        told = self._send(self.callback, self.form() | {"CallDuration": "12"}) if self.callback else None
        self._touch()
        if told is not None:
            await told

    async def fail(self, status: str, sip: str = "") -> None:
        """End a call that nobody took."""
        self._extra |= {"SipResponseCode": sip} if sip else {}
        await self._end(status)

    async def stop(self) -> None:
        """Give the call up, and tell nobody."""
        tasks = [task for task in (self._walk, *self._asked) if task is not None]
        self._stop_walking()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until every request that was sent is answered."""
        while self._asked:
            await asyncio.gather(*self._asked, return_exceptions=True)

    def _send(self, url: str, form: Mapping[str, str]) -> asyncio.Task[Reply]:
        async def post() -> Reply:
            return await self._post(url, form)

        task = asyncio.create_task(post())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        return task

    def _stop_walking(self) -> None:
        if self._walk is not None:
            self._walk.cancel()
        self._walk = self._input = self._message = None

    def _note(self, one: Said) -> None:
        self.transcript.append(one)
        self._touch()

    def _touch(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        self._touched()

    async def _change(self) -> None:
        await self._changed.wait()
