"""Slack's room, put together, and when it asks Slack and when it waits."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from channels.slack import SlackClient
from hub.errors import ChannelError, ConfigInvalid, Rejected, ReplyUnreadable, Throttled
from hub.log import say
from hub.parts import Parts
from hub.slack import inbox
from hub.slack.acting import Acting
from hub.slack.drawing import Frame
from hub.slack.following import Following
from hub.slack.posting import Posting
from hub.slack.standing import Changed

__all__ = ["SlackRoom"]

_log = logging.getLogger(__name__)

_FIRST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=5)
_MENDED_AFTER = timedelta(minutes=1)
"""How long a step rests for which somebody must mend something."""
_PRUNED_EVERY = timedelta(hours=1)


class SlackRoom:
    """What goes on between the hub and the clinic's channel. One process sweeps at a time; two do no harm."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self._parts = parts
        self._client = SlackClient(settings.slack_bot_token, settings.slack_api_url)
        # Before the register was read no patient's words are shown.
        self._frame = Frame(base=settings.base_url, zone=settings.timezone, agreement=False)
        channel = settings.slack_channel
        self._changed = Changed(parts.db, parts.clock)
        self._posting = Posting(parts, self._client, channel, self._frame)
        self._following = Following(parts, self._client, agreement=False)
        self._acting = Acting(parts, self._client, channel)
        self._steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            # First what members did: what was told to them when they did it is what they had seen.
            ("act", self._acting.act),
            ("answer", self._acting.tell),
            ("post", self._post),
            ("tell", self._following.tell),
            ("mark", self._following.mark),
        )
        self._resting: dict[str, datetime] = {}
        self._until: datetime | None = None
        self._failures = 0
        self._pruned: datetime | None = None
        self._stopping = False

    async def sweep(self) -> None:
        """Do all that is to be done now. What fails is found again in the database, later each time."""
        now = self._parts.clock.now()
        if self._stopping or (self._until is not None and now < self._until):
            return
        await self._agree(now)
        for name, step in self._steps:
            if self._stopping or now < self._resting.get(name, now):
                continue
            try:
                await step()
            except (ConfigInvalid, Rejected, ReplyUnreadable) as error:
                self._rest(name, error, now)
            except ChannelError as error:
                self._away(error, now)
                return
            except Exception:
                # One step that breaks does not stop the others.
                self._resting[name] = now + _MENDED_AFTER
                _log.exception("slack_broke", extra={"values": {"step": name}})
        self._failures, self._until = 0, None
        if self._pruned is None or now - self._pruned >= _PRUNED_EVERY:
            self._pruned = now
            await inbox.prune(self._parts, now)

    async def _agree(self, now: datetime) -> None:
        """Show words while the settings say so and the register has Slack's agreement: it may have ended since."""
        agreement = self._parts.settings.slack_agreement == "yes"
        if agreement:
            async with self._parts.db.read() as conn:
                agreement = await self._parts.vendors.carries(conn, "slack", now)
        if agreement is not self._frame.agreement:
            self._frame = msgspec.structs.replace(self._frame, agreement=agreement)
            self._posting.frame, self._following.agreement = self._frame, agreement

    def stop(self) -> None:
        """Begin nothing more; what is under way ends with its step."""
        self._stopping = True

    async def close(self) -> None:
        """Let go of Slack, once no sweep is under way."""
        self.stop()
        await self._client.close()

    async def _post(self) -> None:
        changed = await self._changed.threads()
        if changed is not None and not changed:
            return
        try:
            self._changed.keep(await self._posting.sweep(changed))
        except BaseException:
            self._changed.again()
            raise

    def _rest(self, name: str, error: ChannelError, now: datetime) -> None:
        """Slack answers, and refuses: somebody must mend something, and the other steps go on."""
        self._resting[name] = now + _MENDED_AFTER
        self._parts.metrics.slack_failed.labels(error.code).inc()
        say(_log, "slack_refused", logging.ERROR, step=name, error=error, code=error.provider_code)

    def _away(self, error: ChannelError, now: datetime) -> None:
        """Slack is away, or asks for patience."""
        wait = min(_FIRST * 2**self._failures, _LONGEST)
        if isinstance(error, Throttled):
            wait = error.after
        else:
            self._failures = min(self._failures + 1, 16)
        self._until = now + wait
        self._parts.metrics.slack_failed.labels(error.code).inc()
        say(_log, "slack_away", logging.WARNING, error=error, seconds=wait.total_seconds())
