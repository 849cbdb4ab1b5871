"""Wake-ups over publish and subscribe: rings of a few milliseconds together, as one message to all processes."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import msgspec

from hub.live.ending import end
from hub.live.shared.link import LISTEN, Away, Link
from hub.live.wakeups import LocalWakeups, Topic
from hub.log import say
from hub.metrics import Metrics
from hub.types import new_id

_log = logging.getLogger(__name__)
_TOGETHER = 0.005
"""Seconds between two messages: what is rung for meanwhile goes together."""
_MOST = 500
"""Ids in one message."""
_SUBSCRIBE = 1.0
"""Seconds to wait at the start until other processes are heard."""


class Message(msgspec.Struct):
    """`sender` is a process, `rung` the ids by topic."""

    sender: str
    rung: dict[Topic, list[str]]


class SharedWakeups(LocalWakeups):
    """Wake-ups between all processes of a deployment. Who rings in this process is heard in it at once."""

    def __init__(self, link: Link, metrics: Metrics) -> None:
        super().__init__()
        self._link = link
        self._metrics = metrics
        self._channel = link.key("wake")
        self._me = new_id()
        self._rung: dict[Topic, dict[str, None]] = {}
        self._work = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def ring(self, topic: Topic, ids: Iterable[str] = ()) -> None:
        """Say that something was committed. Never waits, never fails."""
        known = list(ids)
        self.tell(topic, known)
        if self._link.up:
            self._rung.setdefault(topic, {}).update(dict.fromkeys(known))
            self._work.set()
        else:
            self._metrics.wakeups.labels(topic.value, "unsent").inc()

    async def start(self) -> None:
        """Begin to hear other processes."""
        self._tasks = [
            asyncio.create_task(self._publish_all(), name="wakeups-publish"),
            asyncio.create_task(self._link.listen(self._listen), name="wakeups-listen"),
        ]
        if self._link.up:
            try:
                async with asyncio.timeout(_SUBSCRIBE):
                    await self._subscribed.wait()
            except TimeoutError:
                say(_log, "wakeups_late", logging.WARNING)

    async def stop(self) -> None:
        """Hand on what was rung last, and end."""
        await end(self._tasks)
        self._tasks = []
        await self._publish()

    async def _publish_all(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            await self._publish()
            await asyncio.sleep(_TOGETHER)

    async def _publish(self) -> None:
        rung, self._rung = self._rung, {}
        for message in _messages(self._me, rung):
            try:
                await self._send(msgspec.json.encode(message))
                result = "sent"
            except Away:
                result = "unsent"
            for topic in message.rung:
                self._metrics.wakeups.labels(topic.value, result).inc()

    async def _send(self, body: bytes) -> None:
        await self._link.ask(lambda client: client.publish(self._channel, body))

    async def _listen(self, client: Any) -> None:
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            while True:
                told = await pubsub.get_message(timeout=LISTEN)
                if told is None:
                    continue
                if told["type"] == "subscribe":
                    self._subscribed.set()
                elif told["type"] == "message":
                    self._heard(told["data"])

    def _heard(self, body: str) -> None:
        try:
            message = msgspec.json.decode(body, type=Message)
        except msgspec.MsgspecError:
            # Of another release, or somebody else's: the polls find what it was about.
            say(_log, "wakeup_unreadable", logging.DEBUG)
            return
        if message.sender == self._me:
            return
        for topic, ids in message.rung.items():
            self._metrics.wakeups.labels(topic.value, "heard").inc()
            self.tell(topic, ids)


def _messages(sender: str, rung: dict[Topic, dict[str, None]]) -> list[Message]:
    """What was rung for as messages, each with a bounded number of ids."""
    messages: list[Message] = []
    for topic, ids in rung.items():
        known = list(ids)
        for start in range(0, max(1, len(known)), _MOST):
            page = known[start : start + _MOST]
            if start == 0 and messages and len(page) + sum(map(len, messages[-1].rung.values())) <= _MOST:
                messages[-1].rung[topic] = page
            else:
                messages.append(Message(sender, {topic: page}))
    return messages
