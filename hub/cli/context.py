"""What commands share: settings, logging, and an open hub for the time of one command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

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
async def opened(*, foreseeing: bool = False) -> "AsyncIterator[Parts]":
    """The parts of the hub that the settings name, for one command; nothing is served.

    foreseeing: the command only looks ahead. Where no channel is set up yet, it looks as if texts could be sent.
    """
    from hub import app

    found = configured()
    if foreseeing and not (found.sms_from or found.voice_from or found.email_from):
        click.echo("hub: no channel is set up in this environment: looking as if texts could be sent", err=True)
        found = replace(
            found, twilio_account_sid="AC0", twilio_auth_token=settings.Secret("none"), sms_from=found.clinic_phone
        )
        # Nobody carries them yet, with whom there could be an agreement.
        found = replace(found, baa_enforce="no")
    await app.prepare(found)
    hub = await app.Hub.open(found)
    try:
        yield hub.parts
    finally:
        for channel in hub.parts.channels.values():
            await channel.close()
        await hub.parts.db.close()
