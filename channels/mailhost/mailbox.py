"""A person's mailbox: what it shows, and the wait for what comes next."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

__all__ = ["Mail", "Mailbox"]

KEEP = 100


@dataclass(slots=True, kw_only=True)
class Mail:
    """One mail, seen from the mailbox.

    mine: written here; else it came. text, html: its bodies, each empty where it has none.
    state: of one that was written, `sending`, then `taken` once the hub took it, or `refused`; of one that came,
        `unread` or `read`.
    """

    id: str
    mine: bool
    peer: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    at: datetime
    state: str
    message: EmailMessage = field(repr=False)


class Mailbox:
    """The mailbox with one address. Shows the last 100 mails, oldest first."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.version = 0
        self._mails: deque[Mail] = deque(maxlen=KEEP)
        self._unasked: deque[Mail] = deque(maxlen=KEEP)
        self._changed = asyncio.Event()

    @property
    def mails(self) -> tuple[Mail, ...]:
        """What the mailbox shows, oldest first."""
        return tuple(self._mails)

    def get(self, mail_id: str) -> Mail | None:
        """The mail with that id, if it is still shown."""
        return next((one for one in self._mails if one.id == mail_id), None)

    def read(self, mail_id: str) -> None:
        """Mark a mail that came as read."""
        mail = self.get(mail_id)
        if mail is not None and mail.state == "unread":
            mail.state = "read"
            self.touch()

    async def next(self, timeout: float = 5.0) -> Mail:  # noqa: ASYNC109 - the plain way to say it in a test
        """The next mail that came here and was not yet asked for, waiting at most `timeout` seconds.

        Raises: TimeoutError.
        """
        async with asyncio.timeout(timeout):
            while not self._unasked:
                await self._changed.wait()
        return self._unasked.popleft()

    async def changes(self, version: int) -> int:
        """The version of the mailbox once it is later than `version`: a new mail, or a new state of one."""
        while self.version <= version:
            await self._changed.wait()
        return self.version

    def show(self, mail: Mail) -> None:
        """Add `mail`."""
        self._mails.append(mail)
        if not mail.mine:
            self._unasked.append(mail)
        self.touch()

    def touch(self) -> None:
        """Say that something about the mailbox changed."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()
