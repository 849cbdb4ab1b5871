"""The clinic that takes calls: a hub with a number for calls, and what is said on the phone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from channels.carrier import Call
from channels.twilio.voice_speech import spoken
from hub.crypto import Keyring
from hub.types import ChannelKind, Language
from templates import render
from tests.hub_rig import ALWAYS, CLINIC, Rig, open_rig

STAFF = "+12025550177"
CLINIC_NAME = "Maple Street Clinic"
SOUND = b"ID3\x04" + bytes(range(256)) * 600


@asynccontextmanager
async def a_clinic_with_a_phone(
    database_url: str, folder: Path, keyring: Keyring, *, second: float = 1.0, **changes: Any
) -> AsyncIterator[Rig]:
    """A hub that runs and takes calls. `second`: how long a second of a pause lasts."""
    given = {"voice_from": CLINIC, "voice_transfer": STAFF, "open_hours": ALWAYS} | changes
    async with open_rig(database_url, folder, keyring, **given) as rig:
        rig.carrier.calls.second = second
        yield rig


async def answer_to(call: Call, words: str) -> str:
    """What the clinic says to words spoken on a call."""
    await call.says(words)
    return await call.listens()


async def answer_to_keys(call: Call, keys: str) -> str:
    """What the clinic says to keys pressed on a call."""
    await call.presses(keys)
    return await call.listens()


def prompt(key: str, language: Language = "en") -> str:
    """How a text of the library sounds."""
    facts = {"clinic": CLINIC_NAME, "phone": CLINIC}
    return "\n".join(spoken(render(key, facts, language, ChannelKind.VOICE, UTC).text, language))


def aloud(text: str, language: Language = "en") -> str:
    """How any text sounds."""
    return "\n".join(spoken(text, language))


def said_of(rig: Rig, template: str, visit: Any, language: Language = "en") -> str:
    """How the clinic speaks of a visit."""
    facts = {"start": visit.start, "provider": visit.provider, "location": visit.location}
    zone = rig.parts.settings.timezone
    return aloud(render(template, facts, language, ChannelKind.VOICE, zone).text, language)
