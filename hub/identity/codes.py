"""One-time codes that prove an address: how long and how often they are good, and what is sent with them. Pure."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hub.sealed import PERSONAL
from hub.types import AddressKind, AuthorKind, ChannelKind, Intent, Language, Purpose, new_id
from templates import render

GOOD_FOR = timedelta(minutes=15)
MOST_TRIES = 5
MOST_CODES = 5
"""Codes of one claim within an hour."""
_HOUR = timedelta(hours=1)
_CHANNELS = {AddressKind.PHONE: ChannelKind.SMS, AddressKind.MAILBOX: ChannelKind.EMAIL}


@dataclass(frozen=True, slots=True)
class Clinic:
    """What a code's message says of the sender."""

    name: str
    phone: str


def draw() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def same(kept: bytes, said: bytes) -> bool:
    """Whether the two are equal, found out in a time that tells nothing."""
    return hmac.compare_digest(kept, said)


def counted(sent: int, since: datetime | None, now: datetime) -> tuple[int | None, datetime]:
    """How many codes were sent with this one, since when; None for one too many in the hour."""
    if since is None or now - since >= _HOUR:
        return 1, now
    return (None if sent >= MOST_CODES else sent + 1), since


def intent(
    clinic: Clinic,
    how: Literal["staff", "dialogue"],
    code: str,
    language: Language,
    zone: ZoneInfo,
    now: datetime,
    whom: str,
    kind: AddressKind,
    address_id: str | None,
) -> Intent:
    """The message with the code: to the address itself, or, for one claimed by words, to where the person is known."""
    channel = _CHANNELS.get(kind) if address_id is not None else None
    values = {"clinic": clinic.name, "code": code, "minutes": int(GOOD_FOR.total_seconds()) // 60}
    template = "verify.address"
    if how == "dialogue":
        template, values = "verify.claim", values | {"phone": clinic.phone}
    return Intent(
        key=f"{PERSONAL}address:{new_id()}",
        person_id=whom,
        purpose=Purpose.CARE,
        author=AuthorKind.SYSTEM,
        level="none",
        body=render(template, values, language, channel or ChannelKind.SMS, zone).text,
        channel=channel,
        address_id=address_id,
        # Somebody waits for it, at the desk or at their phone: it answers them, at any hour.
        replies_to=now,
    )
