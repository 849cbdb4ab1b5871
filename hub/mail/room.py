"""Mail's way in, put together: what the settings ask for is started and stopped."""

from channels.mail.aside import Aside
from hub.mail.intake import Intake
from hub.mail.listener import Listener
from hub.mail.mailbox import Mailbox, MailboxAddress
from hub.parts import Parts


class MailRoom:
    """The listener and the mailbox, those that are set up."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self._aside = Aside()
        self.intake = Intake(parts, self._aside)
        self._listener = None
        if settings.inbound_smtp_port is not None:
            self._listener = Listener(settings, self.intake, port=settings.inbound_smtp_port)
        self._mailbox = Mailbox(MailboxAddress.of(settings.imap_url), self.intake) if settings.imap_url else None

    @property
    def port(self) -> int:
        """The port that mail is taken on; 0 where none is."""
        return self._listener.port if self._listener is not None else 0

    async def start(self) -> None:
        """Begin to take mail. Raises: SettingsError when the port cannot be had."""
        if self._listener is not None:
            await self._listener.start()
        if self._mailbox is not None:
            self._mailbox.start()

    async def stop(self) -> None:
        """Finish what is in hand, then end."""
        if self._listener is not None:
            await self._listener.stop()
        if self._mailbox is not None:
            await self._mailbox.stop()
        await self._aside.close()
