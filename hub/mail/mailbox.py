"""A mailbox that is fetched from (IMAP). It works in a thread, for the protocol's client blocks.

A mail is marked as seen once what follows from it is durable, so one that was being taken when the hub ended comes
again, and is known again. Where the server can (IDLE), it tells at once that something came.
"""

import asyncio
import logging
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from urllib.parse import unquote, urlsplit

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError

from channels.mail import limits
from channels.mail.reading import Envelope
from hub.errors import HubError
from hub.log import say
from hub.mail.intake import Intake
from hub.settings import LOOPBACK, Secret

_log = logging.getLogger(__name__)

EVERY = timedelta(seconds=60)
"""How often to look where the server cannot tell."""
LOOK_UP = timedelta(seconds=1)
"""How long to wait for the server's word before asking whether the hub stops."""
RENEW = timedelta(minutes=5)
"""How long to rely on the server's word before looking by oneself."""
TIMEOUT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(minutes=5)
BATCH = 50


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """Where the mailbox is."""

    host: str
    port: int
    tls: bool
    starttls: bool
    folder: str
    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: Secret) -> Self:
        """The address in `url`, which `hub.settings` has checked."""
        parts = urlsplit(url.reveal())
        tls = parts.scheme == "imaps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (993 if tls else 143),
            tls=tls,
            starttls=not tls and ("starttls=1" in parts.query.split("&") or parts.hostname not in LOOPBACK),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class Mailbox:
    """Fetches what is unseen, now and whenever something comes. `start` before use, `stop` at the end."""

    def __init__(
        self,
        address: MailboxAddress,
        intake: Intake,
        *,
        tls: ssl.SSLContext | None = None,
        every: timedelta = EVERY,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._address = address
        self._intake = intake
        self._tls = tls or ssl.create_default_context()
        self._every = every.total_seconds()
        self._patience = patience.total_seconds()
        self._stopping = threading.Event()
        self._thread: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to fetch."""
        self._loop = asyncio.get_running_loop()
        self._thread = asyncio.create_task(asyncio.to_thread(self._run), name="mailbox")

    async def stop(self) -> None:
        """Finish the mail in hand, then end."""
        self._stopping.set()
        if self._thread is not None:
            await self._thread

    # --- in the thread

    def _run(self) -> None:
        wait = self._patience
        while not self._stopping.is_set():
            try:
                with self._open() as client:
                    self._watch(client)
                wait = self._patience
            except (IMAPClientError, OSError, HubError, ValueError) as error:
                # ValueError: what the server says is no IMAP.
                say(_log, "mailbox_failed", logging.WARNING, error=error)
                self._stopping.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT.total_seconds())

    def _open(self) -> IMAPClient:
        at = self._address
        client = IMAPClient(
            at.host,
            at.port,
            ssl=at.tls,
            ssl_context=self._tls if at.tls else None,
            timeout=TIMEOUT.total_seconds(),
        )
        try:
            if at.starttls:
                client.starttls(self._tls)
            client.login(at.username, at.password)
            client.select_folder(at.folder)
        except BaseException:
            with suppress(OSError, IMAPClientError):
                client.shutdown()
            raise
        return client

    def _watch(self, client: IMAPClient) -> None:
        """Take what is unseen, wait for more, and so on until the hub stops."""
        told = client.has_capability("IDLE")
        while not self._stopping.is_set():
            while self._take_some(client):
                if self._stopping.is_set():
                    return
            if told:
                self._wait_for_word(client)
            else:
                self._stopping.wait(self._every)
                client.noop()

    def _wait_for_word(self, client: IMAPClient) -> None:
        client.idle()
        waited = 0.0
        while waited < RENEW.total_seconds() and not self._stopping.is_set():
            if any(
                len(one) > 1 and one[1] in (b"EXISTS", b"RECENT") for one in client.idle_check(LOOK_UP.total_seconds())
            ):
                break
            waited += LOOK_UP.total_seconds()
        client.idle_done()

    def _take_some(self, client: IMAPClient) -> int:
        """How many mails were taken, each marked as seen."""
        uids = sorted(client.search("UNSEEN"))[:BATCH]
        if not uids:
            return 0
        sizes = client.fetch(uids, ["RFC822.SIZE"])
        taken = 0
        for uid in uids:
            if self._stopping.is_set() or uid not in sizes:
                break
            # Of a mail that is refused by its size the beginning is enough: it is kept, and says whose it is.
            whole = sizes[uid].get(b"RFC822.SIZE", 0) <= limits.LARGEST
            asked = "BODY.PEEK[]" if whole else f"BODY.PEEK[]<0.{limits.LARGEST + 1}>"
            answer = client.fetch([uid], [asked]).get(uid, {})
            raw = next((value for key, value in answer.items() if key.startswith(b"BODY[")), None)
            if not isinstance(raw, bytes):
                break
            self._take(raw)
            client.add_flags([uid], [SEEN], silent=True)
            taken += 1
        return taken

    def _take(self, raw: bytes) -> None:
        """Nothing, once the mail is durable. Raises: StorageError."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._intake.take(raw, Envelope()), self._loop).result()
