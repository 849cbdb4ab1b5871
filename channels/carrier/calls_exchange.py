"""The exchange: who calls whom, and how a phone takes a call."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from channels.carrier.calls import Call, Post
from channels.carrier.calls_record import PickUp, Recording
from hub.clock import Clock

__all__ = ["Calls"]

_ANSWERS = {"human": "human", "machine": "machine_end_beep"}
"""What Twilio's machine detection makes of who took the call."""


class Calls:
    """The calls of the account, in both directions.

    webhook: where calls that come in are asked about; set once the hub listens.
    rings_for: seconds that a phone rings for somebody to take the call; at 0 it is taken at once.
    touched: hears the number of whose call something has changed.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        post: Post,
        new_sid: Callable[[str], str],
        hold: Callable[[Recording], str],
        clock: Clock,
        keep: int,
        second: float,
        touched: Callable[[str], None],
    ) -> None:
        self.webhook = ""
        self.second = second
        self.rings_for = 0.0
        self._touched = touched
        self._account_sid = account_sid
        self._post = post
        self._new_sid = new_sid
        self._hold = hold
        self._clock = clock
        self._keep = keep
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._takes: dict[str, deque[tuple[PickUp, str]]] = {}
        self._staff: dict[str, PickUp] = {}
        self._rung: dict[str, deque[Call]] = {}
        self._ringing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # People

    async def dial(self, person: str, clinic: str, **extra: str) -> Call:
        """A call to the clinic, once it is put through; `extra` are further fields of its requests.

        Raises: ValueError without a webhook to ask.
        """
        if not self.webhook:
            raise ValueError("the carrier has no webhook to ask about calls")
        call = self._make(person=person, clinic=clinic, ours=False, callback="", extra=extra)
        call.begin(self.webhook, None)
        return call

    def picks_up(self, number: str, how: PickUp, *, sip: str = "") -> None:
        """Let the next call to `number` be taken so; without this a person takes it. `sip` is the network's answer."""
        self._takes.setdefault(number, deque()).append((how, sip))

    def staff_pick_up(self, number: str, how: PickUp) -> None:
        """Let the phone that callers are put through to take calls so, from now on."""
        self._staff[number] = how

    async def rings(self, number: str, timeout: float = 30.0) -> Call:  # noqa: ASYNC109 - the plain way to say it
        """The next call of the clinic's to `number` that was not yet asked for, whatever came of it.

        Raises: TimeoutError.
        """
        async with asyncio.timeout(timeout):
            while not self._rung.get(number):
                await self._ringing.wait()
        return self._rung[number].popleft()

    def on(self, number: str) -> list[Call]:
        """The calls from and to a phone that are remembered, oldest first."""
        return [call for call in self._calls.values() if call.person == number]

    # What the API asks

    def get(self, sid: str) -> Call | None:
        """The call with that id, if it is still remembered."""
        return self._calls.get(sid)

    def all(self) -> Iterator[Call]:
        """Every call that is remembered, newest first."""
        return reversed(self._calls.values())

    def place(self, *, person: str, clinic: str, url: str, callback: str, detects: bool) -> Call:
        """Call a person for the hub."""
        call = self._make(person=person, clinic=clinic, ours=True, callback=callback, extra={})
        task = asyncio.create_task(self._ring(call, url, detects))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    async def settled(self) -> None:
        """Wait until every call of the clinic's was taken, or not, and every request is answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
        for call in self._calls.values():
            await call.settled()

    async def stop(self) -> None:
        """Give up every call."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in self._calls.values():
            await call.stop()

    async def _ring(self, call: Call, url: str, detects: bool) -> None:
        # Twilio answers the request before a phone rings.
        await asyncio.sleep(0)
        how, sip = await self._taken(call)
        if how in _ANSWERS:
            call.answered_by = _ANSWERS[how] if detects else ""
            call.begin(url, None)
        else:
            await call.fail(how, sip)
        self._rung.setdefault(call.person, deque()).append(call)
        self._ringing.set()
        self._ringing = asyncio.Event()

    async def _taken(self, call: Call) -> tuple[PickUp, str]:
        """How a call is taken: as was settled before, else by whoever sees it ring."""
        if queue := self._takes.get(call.person):
            return queue.popleft()
        return (await call.rung(self.rings_for) if self.rings_for else "human"), ""

    def _make(self, *, person: str, clinic: str, ours: bool, callback: str, extra: dict[str, str]) -> Call:
        call = Call(
            sid=self._new_sid("CA"),
            account_sid=self._account_sid,
            person=person,
            clinic=clinic,
            ours=ours,
            created=self._clock.now(),
            post=self._post,
            new_sid=self._new_sid,
            recorded=self._hold,
            staff=lambda number: self._staff.get(number, "human"),
            second=self.second,
            touched=lambda: self._touched(person),
            callback=callback,
            extra=extra,
        )
        self._calls[call.sid] = call
        while len(self._calls) > self._keep:
            self._calls.popitem(last=False)
        return call
