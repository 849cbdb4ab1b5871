"""A hub that takes mail, and what is needed to hand it some."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.crypto import Keyring
from hub.db.tables import message, raw_mail
from hub.settings import Secret
from hub.types import ChannelKind
from tests.hub_rig import Rig, open_rig

CLINIC = "hello@clinic.example.org"
PATIENT = "ana.ruiz@example.org"
MAIL: dict[str, Any] = {
    "smtp_url": Secret("smtp://127.0.0.1:1"),
    "email_from": CLINIC,
    "inbound_smtp_port": 0,
    "mail_authserv_id": "mx.clinic.example.org",
}


@asynccontextmanager
async def mail_rig(database_url: str, folder: Path, keyring: Keyring, **changes: Any) -> AsyncIterator[Rig]:
    """A hub with the web role alone: what comes in is kept, and nobody answers it."""
    async with open_rig(database_url, folder, keyring, roles=("web",), engine=False, **(MAIL | changes)) as rig:
        yield rig


async def hand_over(rig: Rig, raw: bytes, *, sender: str = PATIENT, to: tuple[str, ...] = (CLINIC,)) -> tuple[int, str]:
    """The server's reply to a mail, as its code and text: that of the first command that was refused, else the last."""
    assert rig.hub.mail is not None
    return await asyncio.to_thread(_hand_over, rig.hub.mail.port, raw, sender, to)


def _hand_over(port: int, raw: bytes, sender: str, to: tuple[str, ...]) -> tuple[int, str]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo("relay.example.org")
        for reply in (client.mail(sender), *(client.rcpt(one) for one in to)):
            if reply[0] >= 400:
                return reply[0], reply[1].decode()
        code, text = client.data(raw)
        return code, text.decode()


async def messages(rig: Rig) -> list[Any]:
    """Every mail that became a message, oldest first."""
    query = sa.select(message).where(message.c.channel == ChannelKind.EMAIL).order_by(message.c.seq, message.c.at)
    return list(await rig.rows(query))


async def kept(rig: Rig) -> list[Any]:
    """Every mail that is kept as it came."""
    return list(await rig.rows(sa.select(raw_mail).order_by(raw_mail.c.received_at)))
