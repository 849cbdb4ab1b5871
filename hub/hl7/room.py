"""HL7's way in, put together: what the settings ask for is started and stopped."""

import asyncio
import logging

from hub.errors import HubError
from hub.hl7.inbox import Inbox
from hub.hl7.listener import Listener
from hub.log import say
from hub.parts import Parts

_log = logging.getLogger(__name__)
_ROUND = 5.0
"""Seconds between two looks for messages that were kept and not applied."""


class Hl7Room:
    """The listener, and who sees to what a process that ended left."""

    def __init__(self, parts: Parts, port: int) -> None:
        self.inbox = Inbox(parts)
        self._listener = Listener(parts.settings, self.inbox, parts.metrics, port=port)
        self._rounds: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that messages are taken on; 0 before `start`."""
        return self._listener.port

    async def start(self) -> None:
        """Begin to take messages. Raises: SettingsError when the port cannot be had."""
        await self._listener.start()
        self._rounds = asyncio.create_task(self._go_round(), name="hl7-rounds")

    async def stop(self) -> None:
        """Finish what is in hand, then end."""
        await self._listener.stop()
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)

    async def _go_round(self) -> None:
        while True:
            try:
                await self.inbox.catch_up()
                await self.inbox.look()
            except HubError as error:
                say(_log, "hl7_round_failed", logging.WARNING, code=error.code)
            except Exception as error:
                say(_log, "hl7_round_failed", logging.ERROR, error=error)
            await asyncio.sleep(_ROUND)
