"""A carrier that takes every text at once, answers as Twilio does, and tells when they came."""

import asyncio
import json
import time
from array import array
from collections.abc import Callable
from urllib.parse import parse_qs

from tests.bench import webhooks
from tests.bench.processes import answer_lines, say
from tests.bench.wire import Client, Messages, connect

_ANSWER = json.dumps(
    {
        "account_sid": webhooks.ACCOUNT,
        "api_version": "2010-04-01",
        "body": "Thank you. We have noted that and will see you then.",
        "date_created": "Thu, 01 Jan 2026 00:00:00 +0000",
        "date_sent": None,
        "date_updated": "Thu, 01 Jan 2026 00:00:00 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": webhooks.CLINIC,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": "SM" + "%032x",
        "status": "queued",
        "subresource_uris": {"media": "/2010-04-01/Accounts/Messages/Media.json"},
        "to": "+12015550101",
        "uri": "/2010-04-01/Accounts/Messages.json",
    }
)
_HEAD = "HTTP/1.1 201 CREATED\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: {}\r\n\r\n"
_TEMPLATE = (_HEAD.format(len(_ANSWER) - len("%032x") + 32) + _ANSWER).encode()
_OFFSET = 1 << 96
"""Where this carrier's own ids begin, so that none meets one of the texts that came in."""

Taken = Callable[[int, bytes], None]


class Carrier:
    """Listens on a free port; `taken` hears the number and the body of each request."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._server: asyncio.Server | None = None
        self._lines: list[_Line] = []
        self.count = 0

    async def start(self) -> int:
        """The port that is listened on."""
        self._server = await asyncio.get_running_loop().create_server(self._line, "127.0.0.1", 0, backlog=256)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        """Take no more, and hang up."""
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.close()

    def take(self, body: bytes) -> bytes:
        """The answer to one request."""
        self.count += 1
        self._taken(self.count, body)
        return _TEMPLATE % (_OFFSET + self.count)

    def _line(self) -> "_Line":
        self._lines.append(_Line(self))
        return self._lines[-1]


class _Line(Messages):
    def __init__(self, carrier: Carrier) -> None:
        super().__init__()
        self._carrier = carrier

    def arrived(self, head: bytes, body: bytes) -> None:
        assert self.transport is not None
        if head.startswith(b"POST"):
            self.transport.write(self._carrier.take(body))
        else:
            self.transport.write(b"HTTP/1.1 404 NOT FOUND\r\nContent-Length: 0\r\n\r\n")


class Callbacks:
    """Tells the hub of each text that it was sent, then delivered, over a few connections."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._free: list[Client] = []
        self.open = 0
        self.base = ""

    async def open_to(self, base: str) -> None:
        """Connect to the hub at `base`."""
        self.base = base
        self._free = await connect(int(base.rpartition(":")[2]), 16, self._answered)

    def tell(self, number: int, body: bytes) -> None:
        """Queue both callbacks of one text."""
        form = parse_qs(body.decode())
        target = form["StatusCallback"][0].removeprefix(self.base)
        for status in ("sent", "delivered"):
            told = {
                "SmsSid": webhooks.sid(_OFFSET + number),
                "SmsStatus": status,
                "MessageStatus": status,
                "To": form["To"][0],
                "MessageSid": webhooks.sid(_OFFSET + number),
                "AccountSid": webhooks.ACCOUNT,
                "From": webhooks.CLINIC,
                "ApiVersion": "2010-04-01",
            }
            self._waiting.append(webhooks.signed(self.base, target, told))
            self.open += 1
        while self._free and self._waiting:
            self._send(self._free.pop())

    def _send(self, client: Client) -> None:
        client.request = 0
        client.send(self._waiting.pop(0))

    def _answered(self, client: Client, status: int) -> None:
        self.open -= 1
        client.request = -1
        if client.lost:
            return
        if self._waiting:
            self._send(client)
        else:
            self._free.append(client)


async def run() -> None:
    """Serve, and answer what is asked on stdin: when the texts came, and how many."""
    times = array("d")
    callbacks = Callbacks()

    def taken(number: int, body: bytes) -> None:
        times.append(time.monotonic())
        if callbacks.base:
            callbacks.tell(number, body)

    carrier = Carrier(taken)
    port = await carrier.start()
    tasks = []

    def asked(question: dict[str, str]) -> None:
        if question["ask"] == "callbacks":
            tasks.append(asyncio.ensure_future(callbacks.open_to(question["base"])))
        say(
            count=len(times),
            first=times[0] if times else 0.0,
            last=times[-1] if times else 0.0,
            open=callbacks.open,
        )
        if question["ask"] == "forget":
            del times[:]

    answer_lines(asked)
    say(port=port)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(run())
