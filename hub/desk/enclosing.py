"""Files that staff send along: put aside sealed when they are chosen, named in the message that they go with.

What stands for such a file until then is a ticket: it holds, sealed, which file it is, what it is called, and for whose
message in which thread it was given. A file that no message names is deleted after a day.
"""

import base64
import binascii
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import Place
from hub.errors import CryptoError
from hub.files.staging import SCHEME
from hub.types import Media
from hub.vault import HUB, Vault

_PLACE = Place("message", "enclosure", "ticket")
GOOD_FOR = timedelta(hours=20)
"""Less than what is put aside lasts."""


class Enclosure(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was given for a message."""

    staged_id: str
    thread_id: str
    user_id: str
    name: str
    content_type: str
    until: datetime

    def __repr__(self) -> str:
        return f"Enclosure({self.staged_id})"


async def ticket(conn: AsyncConnection, vault: Vault, media: Media, thread_id: str, user_id: str, now: datetime) -> str:
    """What stands for a file that was put aside."""
    keys = await vault.key(conn, HUB)
    one = Enclosure(
        staged_id=media.url.removeprefix(SCHEME),
        thread_id=thread_id,
        user_id=user_id,
        name=media.name,
        content_type=media.content_type,
        until=now + GOOD_FOR,
    )
    return base64.urlsafe_b64encode(keys.seal(HUB, msgspec.json.encode(one), _PLACE)).decode()


async def enclosed(
    conn: AsyncConnection, vault: Vault, tickets: tuple[str, ...], thread_id: str, user_id: str, now: datetime
) -> tuple[Media, ...] | None:
    """The files that tickets stand for; None if one is not this user's for this thread, or is too old."""
    keys = await vault.key(conn, HUB) if tickets else None
    found = []
    for one in tickets:
        try:
            if keys is None:
                return None
            sealed = base64.b64decode(one, altchars=b"-_", validate=True)
            told = msgspec.json.decode(keys.open(HUB, sealed, _PLACE), type=Enclosure)
        except (binascii.Error, ValueError, CryptoError, msgspec.DecodeError):
            return None
        if (told.thread_id, told.user_id) != (thread_id, user_id) or told.until < now:
            return None
        found.append(Media(url=SCHEME + told.staged_id, content_type=told.content_type, name=told.name))
    return tuple(found)
