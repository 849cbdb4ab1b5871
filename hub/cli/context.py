"""What commands share: settings, logging, and an open hub for the time of one command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hub import log, settings

if TYPE_CHECKING:
    from hub.parts import Parts
    from hub.settings import Settings


def configured() -> "Settings":
    """The settings, with logging set up as they say. Raises: SettingsError."""
    found = settings.load()
    log.configure(found.log_level, found.log_format)
    return found


@asynccontextmanager
async def opened() -> "AsyncIterator[Parts]":
    """The parts of the hub that the settings name, for one command; nothing is served."""
    from hub import app

    found = configured()
    await app.prepare(found)
    hub = await app.Hub.open(found)
    try:
        yield hub.parts
    finally:
        for channel in hub.parts.channels.values():
            await channel.close()
        await hub.parts.db.close()
