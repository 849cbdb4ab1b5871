"""A Slack for tests: one workspace, one channel, spoken with over real HTTP on loopback, as strict as Slack is.

slack = FakeSlack(signing_secret="…")
await slack.start()
... the hub posts; slack.posts, slack.replies(ts), slack.whispers, slack.marks(ts) show what a member sees
await slack.press("U1", ts, "claim")

It checks the token, the channel, that messages are there which are changed or marked, and that blocks are what Block
Kit takes. It can be told to refuse, to ask for patience, or to take a message and lose the answer.

Source: docs.slack.dev/reference/methods.
"""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from channels.slack.client import SCOPES
from channels.slack.signatures import SIGNATURE, TIMESTAMP, signature
from hub.settings import Secret

TOKEN = "xoxb-test-0123456789"
CHANNEL = "C0CLINIC01"
BOT = "U0BOT"
_KINDS = frozenset({"header", "section", "actions", "context", "rich_text"})
_MOST = 3000


@dataclass(slots=True, kw_only=True)
class Message:
    """A message as members see it."""

    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)

    @property
    def seen(self) -> str:
        """All the text that it shows."""
        return "\n".join([self.text, *texts(self.blocks)])

    @property
    def headline(self) -> str:
        """The text of its header."""
        return next((one["text"]["text"] for one in self.blocks if one["type"] == "header"), "")

    @property
    def controls(self) -> list[str]:
        """What can be pressed."""
        return [act["action_id"] for one in self.blocks if one["type"] == "actions" for act in one["elements"]]


class FakeSlack:
    """The workspace."""

    def __init__(self, *, signing_secret: str = "shhh-0123456789abcdef", hub: str = "") -> None:
        self.secret = Secret(signing_secret)
        self.hub = hub
        self.messages: list[Message] = []
        self.whispers: list[tuple[str, str]] = []
        """(user, text) of what one member alone sees."""
        self.calls: list[str] = []
        self.members: dict[str, dict[str, Any]] = {}
        self.in_channel = True
        self.scopes: frozenset[str] = SCOPES
        self.refusing: dict[str, str] = {}
        """Codes that methods are refused with."""
        self.throttled = 0
        """How often the next calls are asked for patience, of 30 seconds."""
        self.away = False
        self.losing: set[str] = set()
        """Methods that are done next, and whose answers are lost."""
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._count = 0
        self._told = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def join(self, user: str, mailbox: str, **values: Any) -> None:
        """Let somebody be a member."""
        self.members[user] = {"id": user, "profile": {"email": mailbox}, "is_email_confirmed": True} | values

    # What is seen

    @property
    def posts(self) -> list[Message]:
        """The channel's messages, without what stands under them."""
        return [one for one in self.messages if not one.thread_ts]

    def replies(self, ts: str) -> list[Message]:
        """What the hub wrote under a message."""
        return [one for one in self.messages if one.thread_ts == ts and one.user == BOT]

    def message(self, ts: str) -> Message:
        return next(one for one in self.messages if one.ts == ts)

    # What members do

    async def says(self, user: str, post: str, text: str, **values: Any) -> tuple[str, int]:
        """A member writes under a message: (its ts, what the hub answered)."""
        said = Message(ts=self._ts(), user=user, text=text, thread_ts=post)
        self.messages.append(said)
        event = {"type": "message", "channel": CHANNEL, "user": user, "text": text, "ts": said.ts, "thread_ts": post}
        return said.ts, await self.tell(event | values)

    async def tell(self, event: dict[str, Any], *, event_id: str = "", retry: int = 0) -> int:
        """Tell the hub of an event; what it answers."""
        self._told += 1
        body = {"type": "event_callback", "event_id": event_id or f"Ev{self._told:08d}", "event": event}
        headers = {"X-Slack-Retry-Num": str(retry)} if retry else {}
        return await self.send("events", json.dumps(body).encode(), "application/json", headers)

    async def press(self, user: str, post: str, action: str, value: str = "", *, at: str = "") -> int:
        """A member presses a button, or picks `value`; what the hub answers."""
        act: dict[str, Any] = {"action_id": action, "action_ts": at or self._ts()}
        if value:
            act["selected_option"] = {"value": value}
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "channel": {"id": CHANNEL},
            "container": {"message_ts": post},
            "actions": [act],
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return await self.send("interactions", body, "application/x-www-form-urlencoded", {})

    async def send(self, where: str, body: bytes, content_type: str, headers: dict[str, str]) -> int:
        """Post `body`, signed, to one of the hub's addresses."""
        now = str(int(time.time()))
        signed = {TIMESTAMP: now, SIGNATURE: signature(self.secret, now, body), "Content-Type": content_type}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.hub}/webhooks/slack/{where}", data=body, headers=headers | signed) as answer,
        ):
            return answer.status

    # What it answers

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls.append(method)
        if self.away:
            return web.Response(status=503, text="gone")
        if self.throttled:
            self.throttled -= 1
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "30"})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        if method in self.refusing:
            return web.json_response({"ok": False, "error": self.refusing[method]})
        given = await _given(request)
        does = _METHODS.get(method)
        if does is None:
            return web.json_response({"ok": False, "error": "unknown_method"})
        answer = await does(self, given)
        if method in self.losing and request.transport is not None:
            self.losing.discard(method)
            request.transport.close()
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}
        return web.json_response({"ok": "error" not in answer} | answer, headers=headers)

    async def _auth_test(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": "T0CLINIC", "user_id": BOT}

    async def _info(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("channel") != CHANNEL:
            return {"error": "channel_not_found"}
        return {"channel": {"id": CHANNEL, "is_member": self.in_channel, "is_archived": False}}

    async def _user(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self.members.get(given.get("user", ""))
        return {"error": "user_not_found"} if found is None else {"user": found}

    async def _post(self, given: dict[str, Any]) -> dict[str, Any]:
        wrong = self._wrong(given)
        if wrong:
            return {"error": wrong}
        said = Message(
            ts=self._ts(),
            user=BOT,
            text=given.get("text", ""),
            blocks=_json(given.get("blocks")) or [],
            thread_ts=given.get("thread_ts", ""),
            metadata=_json(given.get("metadata")) or {},
        )
        self.messages.append(said)
        return {"channel": CHANNEL, "ts": said.ts}

    async def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        wrong = self._wrong(given)
        found = next((one for one in self.messages if one.ts == given.get("ts")), None)
        if wrong or found is None:
            return {"error": wrong or "message_not_found"}
        found.text, found.blocks = given.get("text", ""), _json(given.get("blocks")) or []
        return {"channel": CHANNEL, "ts": found.ts}

    async def _whisper(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("channel") != CHANNEL or not given.get("user"):
            return {"error": "channel_not_found"}
        self.whispers.append((given["user"], given.get("text", "")))
        return {"message_ts": self._ts()}

    async def _react(self, given: dict[str, Any]) -> dict[str, Any]:
        found = next((one for one in self.messages if one.ts == given.get("timestamp")), None)
        if found is None:
            return {"error": "message_not_found"}
        if given["name"] in found.marks:
            return {"error": "already_reacted"}
        found.marks.append(given["name"])
        return {}

    async def _history(self, given: dict[str, Any]) -> dict[str, Any]:
        shown = [
            {"ts": one.ts, "user": one.user, "text": one.text, "metadata": one.metadata} for one in reversed(self.posts)
        ]
        return {"messages": shown, "has_more": False}

    def _wrong(self, given: dict[str, Any]) -> str:
        if given.get("channel") != CHANNEL:
            return "channel_not_found"
        if not self.in_channel:
            return "not_in_channel"
        if not given.get("text"):
            return "no_text"
        blocks = _json(given.get("blocks")) or []
        fits = len(blocks) <= 50 and all(one.get("type") in _KINDS for one in blocks)
        return "" if fits and all(len(text) <= _MOST for text in texts(blocks)) else "invalid_blocks"

    def _ts(self) -> str:
        self._count += 1
        return f"{int(time.time())}.{self._count:06d}"


async def _given(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        found: dict[str, Any] = await request.json()
        return found
    return {**request.query, **(await request.post())}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value


def texts(node: Any) -> list[str]:
    """Every text in blocks, however deep."""
    if isinstance(node, list):
        return [text for one in node for text in texts(one)]
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for key, one in node.items() if not isinstance(one, str) for text in texts(one)]
    return []


_METHODS: dict[str, Callable[[FakeSlack, dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "auth.test": FakeSlack._auth_test,
    "conversations.info": FakeSlack._info,
    "conversations.history": FakeSlack._history,
    "users.info": FakeSlack._user,
    "chat.postMessage": FakeSlack._post,
    "chat.update": FakeSlack._update,
    "chat.postEphemeral": FakeSlack._whisper,
    "reactions.add": FakeSlack._react,
}
