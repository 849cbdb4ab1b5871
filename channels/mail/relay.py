"""The relay that mail leaves by: one connection and one transaction for each message.

TLS fails closed: where it is asked for, a relay that does not offer it or shows a certificate that does not hold gets
nothing, neither credentials nor mail. In plain text the hub speaks with its own machine only.
"""

import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from channels.mail import codes
from hub.errors import AddressInvalid, ConfigInvalid, OutcomeUnknown, Unreachable
from hub.settings import LOOPBACK, Secret

TIMEOUT = timedelta(seconds=60)
"""How long the relay may take for each answer. RFC 5321 §4.5.3.2 would let it take ten minutes."""


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where the relay is, and how to speak with it."""

    host: str
    port: int
    tls: bool
    starttls: bool
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: Secret) -> Self:
        """The address in `url`, which `hub.settings` has checked.

        Raises: ConfigInvalid where it would send in plain text to another machine.
        """
        parts = urlsplit(url.reveal())
        host, tls = parts.hostname or "", parts.scheme == "smtps"
        starttls = not tls and "starttls=1" in parts.query.split("&")
        if not (tls or starttls or host in LOOPBACK):
            raise ConfigInvalid("the relay must be spoken to with TLS")
        return cls(
            host=host,
            port=parts.port or (465 if tls else 587 if starttls else 25),
            tls=tls,
            starttls=starttls,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class _Session(aiosmtplib.SMTP):
    """A connection that knows whether the message itself was on its way."""

    handed_over = False

    async def data(self, message: str | bytes, /, **options: Any) -> aiosmtplib.SMTPResponse:
        self.handed_over = True
        return await super().data(message, **options)


class Relay:
    """Hands messages over. `tls` is the machine's own trust where None."""

    def __init__(
        self, address: RelayAddress, *, name: str, tls: ssl.SSLContext | None = None, timeout: timedelta = TIMEOUT
    ) -> None:
        self._address = address
        self._name = name
        # The machine's trust takes a fiftieth of a second to read: not where nothing is to be trusted.
        self._tls = tls or (ssl.create_default_context() if address.tls or address.starttls else None)
        self._timeout = timeout.total_seconds()

    @property
    def host(self) -> str:
        """The host that is spoken to."""
        return self._address.host

    async def deliver(self, message: bytes, *, sender: str, recipient: str) -> None:
        """Nothing, once the relay has taken the message.

        Raises: Unreachable, Throttled, OutcomeUnknown, AddressInvalid, ConfigInvalid, Rejected.
        """
        # Parsed without a policy that writes headers anew: they are signed as they stand.
        parsed = message_from_bytes(message)
        session = await self._open()
        try:
            await session.send_message(parsed, sender=sender, recipients=[recipient])
        except aiosmtplib.SMTPRecipientsRefused as refused:
            reply = refused.recipients[0]
            self._raise(reply.code, reply.message)
        except aiosmtplib.SMTPNotSupported:
            raise AddressInvalid("the relay takes no such mailbox") from None
        except aiosmtplib.SMTPResponseException as refused:
            self._raise(refused.code, refused.message)
        except (aiosmtplib.SMTPException, OSError):
            if session.handed_over:
                raise OutcomeUnknown("the relay did not say whether it took the mail") from None
            raise Unreachable("the relay went away before the mail was handed over") from None
        except ValueError:
            raise AddressInvalid("the mailbox cannot be written in an envelope") from None
        finally:
            session.close()

    async def check(self) -> None:
        """Nothing, if the relay lets us in. Raises: Unreachable, ConfigInvalid."""
        (await self._open()).close()

    async def _open(self) -> _Session:
        """A connection, encrypted and signed in as the address asks."""
        at = self._address
        session = _Session(
            hostname=at.host,
            port=at.port,
            local_hostname=self._name,
            timeout=self._timeout,
            use_tls=at.tls,
            start_tls=False,
            tls_context=self._tls if at.tls else None,
        )
        try:
            await session.connect()
            await session.ehlo()
            if at.starttls:
                if not session.supports_extension("starttls"):
                    raise aiosmtplib.SMTPNotSupported("")
                await session.starttls(tls_context=self._tls)
            if at.username:
                await session.login(at.username, at.password)
        except (ssl.SSLCertVerificationError, aiosmtplib.SMTPNotSupported):
            session.close()
            raise ConfigInvalid("the relay offers no encryption or sign-in that can be trusted") from None
        except aiosmtplib.SMTPAuthenticationError as refused:
            session.close()
            self._raise(refused.code, refused.message)
        except aiosmtplib.SMTPResponseException as refused:
            session.close()
            if refused.code in (*range(500, 530), 554):
                raise ConfigInvalid("the relay turned us away", provider_code=str(refused.code)) from None
            raise Unreachable("the relay turned us away", provider_code=str(refused.code)) from None
        except (aiosmtplib.SMTPException, OSError) as broken:
            session.close()
            if _untrusted(broken):
                raise ConfigInvalid("the relay's certificate does not hold") from None
            raise Unreachable("the relay cannot be reached") from None
        return session

    @staticmethod
    def _raise(code: int, text: str) -> None:
        # From None: the library's own error quotes the mailbox.
        try:
            codes.raise_for(code, text)
        except Exception as meant:
            raise meant from None


def _untrusted(error: BaseException | None) -> bool:
    """Whether a certificate is behind `error`."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
