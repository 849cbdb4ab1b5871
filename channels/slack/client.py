"""Slack's API by slack-sdk: what the hub asks of it, and what went wrong in the terms of `hub.errors`.

Nothing is tried again here: who asks looks at the database again, and knows better. Answers and errors of slack-sdk
quote what was sent, so none of their words are passed on.

Source: docs.slack.dev/reference/methods, docs.slack.dev/apis/web-api/rate-limits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from hub.errors import ConfigInvalid, OutcomeUnknown, Rejected, ReplyUnreadable, Throttled, Unreachable
from hub.settings import Secret

__all__ = ["MEANINGS", "SCOPES", "Member", "SlackClient"]

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5, sock_read=10)
"""In seconds."""
_WAIT = timedelta(seconds=30)
"""How long to wait where Slack asks for patience and does not say how much."""
_LONGEST_WAIT = timedelta(hours=1)

MEANINGS: Mapping[str, str] = {
    "invalid_auth": "Slack does not know the token: check HUB_SLACK_BOT_TOKEN",
    "not_authed": "Slack was given no token: set HUB_SLACK_BOT_TOKEN",
    "account_inactive": "the token's app was removed from the workspace: install it again",
    "token_revoked": "the token was revoked: install the app again and set HUB_SLACK_BOT_TOKEN",
    "token_expired": "the token has expired: install the app again and set HUB_SLACK_BOT_TOKEN",
    "missing_scope": "the app lacks a scope: compare its manifest with docs/slack.md and install it again",
    "not_allowed_token_type": "HUB_SLACK_BOT_TOKEN must be a bot's token (xoxb-…)",
    "channel_not_found": "Slack does not know the channel, or the app is not in it: check HUB_SLACK_CHANNEL",
    "not_in_channel": "the app is not in the channel: invite it there",
    "is_archived": "the channel is archived: set HUB_SLACK_CHANNEL to another",
    "restricted_action": "the workspace does not let the app post there",
    "ekm_access_denied": "the workspace's administrators have suspended access",
}
"""Slack's codes for which somebody must mend something, and what."""

SCOPES = frozenset(
    {
        "channels:history",
        "channels:read",
        "chat:write",
        "groups:history",
        "groups:read",
        "reactions:write",
        "users:read",
        "users:read.email",
    }
)
"""What the app must be allowed; its manifest in docs/slack.md asks for these."""

_LATER = frozenset({"service_unavailable", "team_added_to_org", "request_timeout", "internal_error", "fatal_error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in Slack. `mailbox` is empty where Slack does not say it, or nobody proved it.

    ours: a full member of the clinic's own workspace: no guest, no bot, nobody of another organisation, not left.
    """

    id: str
    mailbox: str
    ours: bool

    def __repr__(self) -> str:
        return f"Member({self.id}, …)"


class SlackClient:
    """The hub's app in one workspace. It connects with its first question; `close` it at the end."""

    def __init__(self, token: Secret, base_url: str) -> None:
        self._token = token
        self._base_url = base_url
        self._asked: AsyncWebClient | None = None

    async def close(self) -> None:
        """Let go of its connections."""
        if self._asked is not None and self._asked.session is not None:
            await self._asked.session.close()
        self._asked = None

    async def lacking(self) -> list[str]:
        """The scopes that the app must have and has not. Raises: ChannelError."""
        answer = await self._answer(lambda slack: slack.auth_test())
        given = answer.headers.get("X-OAuth-Scopes", "")
        return sorted(SCOPES - {scope.strip() for scope in given.split(",")})

    async def in_channel(self, channel: str) -> bool:
        """Whether the app is in the channel. Raises: ChannelError."""
        found = await self._read(lambda slack: slack.conversations_info(channel=channel))
        if found["channel"].get("is_archived"):
            raise ConfigInvalid(MEANINGS["is_archived"], provider_code="is_archived")
        return bool(found["channel"].get("is_member"))

    async def member(self, user: str) -> Member:
        """Who a user is. Raises: ChannelError."""
        one = (await self._read(lambda slack: slack.users_info(user=user)))["user"]
        strange = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "is_invited_user")
        proved = one.get("is_email_confirmed", True)
        mailbox = str((one.get("profile") or {}).get("email") or "").strip().lower()
        return Member(
            id=str(one["id"]),
            mailbox=mailbox if proved else "",
            ours=not any(one.get(name) for name in strange),
        )

    async def post(
        self,
        channel: str,
        text: str,
        *,
        drawn: Sequence[dict[str, Any]] | None = None,
        under: str | None = None,
        name: str = "",
    ) -> str:
        """The `ts` of a new message, in the channel or `under` another; `name` finds it again (`posted`).

        Raises: ChannelError; OutcomeUnknown when it may have been posted.
        """
        metadata = {"event_type": _EVENT, "event_payload": {"name": name}} if name else None
        answer = await self._ask(
            lambda slack: slack.chat_postMessage(
                channel=channel,
                text=text,
                blocks=drawn,
                thread_ts=under,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return str(answer["ts"])

    async def posted(self, channel: str, name: str, since: datetime) -> str | None:
        """The `ts` of the message that was posted as `name` after `since`; None where there is none.

        Raises: ChannelError.
        """
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._read(_history(channel, since, cursor))
            for one in page["messages"]:
                said = one.get("metadata") or {}
                if said.get("event_type") == _EVENT and (said.get("event_payload") or {}).get("name") == name:
                    return str(one["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return None
        return None

    async def update(self, channel: str, ts: str, text: str, drawn: Sequence[dict[str, Any]]) -> None:
        """Show something else in a message. Raises: ChannelError."""
        await self._read(lambda slack: slack.chat_update(channel=channel, ts=ts, text=text, blocks=drawn))

    async def whisper(self, channel: str, user: str, text: str, *, under: str) -> None:
        """Tell a user something that nobody else sees. Raises: ChannelError."""
        await self._ask(lambda slack: slack.chat_postEphemeral(channel=channel, user=user, text=text, thread_ts=under))

    async def mark(self, channel: str, ts: str, emoji: str) -> None:
        """Put a mark on a message; twice is once. Raises: ChannelError."""
        try:
            await self._read(lambda slack: slack.reactions_add(channel=channel, timestamp=ts, name=emoji))
        except Rejected as refusal:
            if refusal.provider_code != "already_reacted":
                raise

    async def _ask(self, question: "_Question") -> dict[str, Any]:
        """What Slack answers. What is asked twice is done twice, so an answer that is lost is `OutcomeUnknown`."""
        data = (await self._answer(question)).data
        if not isinstance(data, dict):
            raise ReplyUnreadable("Slack's answer cannot be read")
        return data

    async def _answer(self, question: "_Question") -> AsyncSlackResponse:
        try:
            return await question(self._client())
        except SlackApiError as refusal:
            raise _fault(refusal) from None
        except aiohttp.ClientConnectorError:
            raise Unreachable("Slack cannot be reached") from None
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError):
            raise OutcomeUnknown("Slack did not answer") from None
        except (SlackClientError, ValueError, AttributeError, TypeError):
            # slack-sdk trips over answers that are no JSON object.
            raise ReplyUnreadable("Slack's answer cannot be read") from None

    async def _read(self, question: "_Question") -> dict[str, Any]:
        """As `_ask`, of what may be asked twice."""
        try:
            return await self._ask(question)
        except OutcomeUnknown as lost:
            raise Unreachable(str(lost)) from None

    def _client(self) -> AsyncWebClient:
        if self._asked is None:
            session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
            self._asked = AsyncWebClient(
                token=self._token.reveal(),
                base_url=self._base_url,
                session=session,
                # Its own would sleep through a 429 and ask again, unseen.
                retry_handlers=[],
                logger=_silent(),
            )
        return self._asked


_Question = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]

_EVENT = "carehub_post"
_PAGES = 5


def _history(channel: str, since: datetime, cursor: str | None) -> _Question:
    return lambda slack: slack.conversations_history(
        channel=channel, oldest=f"{since.timestamp():.6f}", include_all_metadata=True, limit=200, cursor=cursor
    )


def _silent() -> logging.Logger:
    """A logger for slack-sdk, which at `debug` would log what is sent."""
    logger = logging.getLogger("slack_sdk")
    logger.setLevel(logging.ERROR)
    return logger


def _fault(
    refusal: SlackApiError,
) -> ConfigInvalid | OutcomeUnknown | Rejected | ReplyUnreadable | Throttled | Unreachable:
    """What a refusal means."""
    answer = refusal.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    data = getattr(answer, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Throttled(_wait(answer.headers), provider_code="ratelimited")
    if code in MEANINGS:
        return ConfigInvalid(MEANINGS[code], provider_code=code)
    if status == 503 or code in _LATER:
        return Unreachable("Slack is out of service for a moment")
    if status >= 500:
        return OutcomeUnknown("Slack broke while it answered")
    if not code:
        return ReplyUnreadable("Slack's answer cannot be read")
    return Rejected(f"Slack refused: {code[:64]}", provider_code=code[:64])


def _wait(headers: Mapping[str, str]) -> timedelta:
    said = headers.get("Retry-After", "")
    return min(timedelta(seconds=int(said)), _LONGEST_WAIT) if said.isdecimal() and len(said) < 9 else _WAIT
