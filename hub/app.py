"""A hub that runs: its roles, started and ended.

`Hub.open` has the parts made (`hub.assembly`) over a database and a keyring; `start` sets the roles going:

- web: webhooks, API, pages
- dispatcher: reception (screen, react) and the outbox (deliver, settle)
- clock: queues the jobs that come round
- worker: runs jobs, chains the audit and signs it

Clock and worker may run any number of times: for what one process does at a time, they hold leases.
"""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bots import urgent
from bots.nlu.embedded import EmbeddedEngine, load_or_train_aside
from channels.base import Channel
from consent import keywords, wishes
from hub.assembly import assemble
from hub.clock import Clock, SystemClock
from hub.crypto import Keyring, KeyringStore
from hub.db import Database, is_embedded, migrate
from hub.errors import EngineFailed, KeyringMissing, SchemaOutdated
from hub.jobs import Work
from hub.leases import Leader, Leases
from hub.live import Topic
from hub.log import say
from hub.metrics import Metrics
from hub.parts import Parts
from hub.settings import Settings
from hub.types import ChannelKind
from hub.understanding import Understanding
from hub.upkeep import Chore, Upkeep
from hub.vault import Vault

if TYPE_CHECKING:
    from hub.hl7 import Hl7Room
    from hub.mail import MailRoom
    from hub.slack import SlackRoom
    from hub.web.server import Site

_log = logging.getLogger(__name__)
R = TypeVar("R")

ROLES = ("web", "dispatcher", "clock", "worker")
COLLECT = 20_000, 20, 20
"""When the garbage collector looks: at objects made since it last did, then at those that outlived so many looks."""
_SWITCH = 0.0002
"""Seconds a thread may keep the interpreter while another wants it. The database's thread needs it briefly after every
statement: at Python's own 5 ms a busy loop would make a commit of a dozen statements wait for 60 ms."""
_SECOND = timedelta(seconds=1)


class Hub:
    """A running hub."""

    def __init__(self, parts: Parts, engine: Understanding, roles: Sequence[str]) -> None:
        self.parts = parts
        self.port = 0
        self._engine = engine
        self._roles = tuple(roles)
        self.work = Work(parts)
        self.slack = _slack(parts) if "clock" in roles else None
        self._duties = _duties(parts, self.work, self.slack, roles)
        self._runner = self.work.runner() if "worker" in roles else None
        self._site: Site | None = None
        self.mail = _mail(parts) if "web" in roles else None
        self.hl7 = _hl7(parts) if "web" in roles else None
        self._loading: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        roles: Sequence[str] = ROLES,
        clock: Clock | None = None,
        channels: Mapping[ChannelKind, Channel] | None = None,
    ) -> "Hub":
        """The parts over the database and keyring that `settings` name, not yet started.

        Raises: SettingsError, SchemaOutdated, StorageError, KeyringMissing, KeyringWrong.
        """
        clock = clock or SystemClock()
        metrics = Metrics()
        db = await Database.open(settings.database, metrics, connections=settings.database_connections)
        try:
            vault = await _vault(db, settings, clock)
            parts, engine = assemble(settings, clock, metrics, db, vault, channels)
        except BaseException:
            await db.close()
            raise
        return cls(parts, engine, roles)

    async def start(self, *, extra: Callable[[Parts], Sequence[web.RouteDef]] | None = None) -> None:
        """Set the roles going; with the web role, `port` is then what is listened on."""
        parts = self.parts
        parts.acceptor.start()
        if "web" in self._roles:
            # First, for this may fail: a port that is taken is to be told before the engine is trained.
            self._site = _site(parts, extra(parts) if extra else ())
            self.port = await self._site.start()
        if self.mail is not None:
            await self.mail.start()
        if self.hl7 is not None:
            await self.hl7.start()
        async with parts.db.read() as conn:
            barred = await parts.vendors.barred(conn, parts.clock.now())
        if barred:
            say(_log, "ways_without_agreement", logging.WARNING, channels=" ".join(sorted(barred)))
        for leader, upkeep in self._duties:
            await leader.start()
            upkeep.start()
        if self._runner is not None:
            self._runner.start()
        if "dispatcher" in self._roles:
            parts.live.wakeups.hear(Topic.ACCEPTED, parts.reception.notice)
            parts.live.wakeups.hear(Topic.QUEUED, lambda _: parts.outbox.wake())
        await parts.live.start()
        if "dispatcher" in self._roles:
            if lost := await parts.outbox.recover():
                say(_log, "deliveries_to_reconcile", logging.WARNING, count=lost)
            parts.outbox.start()
            parts.reception.start()
            self._loading = asyncio.create_task(self._load_engine(), name="engine")

    async def understanding(self) -> None:
        """Wait until the engine is loaded, which takes some seconds the first time: then it is trained."""
        if self._loading is not None:
            await asyncio.shield(self._loading)

    async def stop(self) -> None:
        """Take nothing more, finish what is under way, and let go of everything."""
        parts = self.parts
        jobs = asyncio.create_task(self._runner.stop()) if self._runner is not None else None
        if self._site is not None:
            await self._site.stop()
        if self.mail is not None:
            await self.mail.stop()
        if self.hl7 is not None:
            await self.hl7.stop()
        await parts.acceptor.stop()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        if "dispatcher" in self._roles:
            await parts.reception.stop()
            await parts.outbox.stop()
        if jobs is not None:
            await jobs
        await self._engine.close()
        await parts.files.stop()
        if self.slack is not None:
            self.slack.stop()
        for leader, upkeep in self._duties:
            await upkeep.stop()
            await leader.stop()
        if self.slack is not None:
            await self.slack.close()
        await self.work.close()
        await parts.live.stop()
        for channel in parts.channels.values():
            await channel.close()
        await parts.scheduling.close()
        await parts.db.close()

    async def _load_engine(self) -> None:
        try:
            # A broken list is to show now, and not with the first emergency.
            await asyncio.to_thread(urgent.prepare)
            await asyncio.to_thread(keywords.prepare)
            await asyncio.to_thread(wishes.prepare)
            first = await load_or_train_aside(self.parts.settings.data / "models")
            self._engine.take(first)
        except Exception:
            _log.exception("engine_failed")
            raise
        self.parts.reception.engine_ready()
        say(_log, "engine_ready")
        if self.parts.settings.embedding == "on" and not self.parts.settings.rasa_url:
            await self._add_stage(first)

    async def _add_stage(self, first: EmbeddedEngine) -> None:
        """Have the second stage beside the first; without it, texts are understood all the same."""
        # Here, so that a hub without it has nothing of it in memory.
        from bots.nlu.staged import staged_aside

        parts = self.parts
        try:
            self._engine.staged = await staged_aside(parts.settings.data / "models", first, parts.metrics)
        except EngineFailed as failure:
            say(_log, "embedding_missing", logging.WARNING, reason=failure.reason)
        except Exception as error:
            say(_log, "embedding_missing", logging.ERROR, reason="broken", error=error)
        else:
            say(_log, "embedding_ready")


def with_port(settings: Settings) -> Settings:
    """`settings` with a port that is free now in place of 0: links and signatures need its number beforehand."""
    if settings.port:
        return settings
    with socket.socket() as probe:
        probe.bind((settings.host, 0))
        return replace(settings, port=probe.getsockname()[1])


async def run(settings: Settings, roles: Sequence[str], on_ready: Callable[[Hub], None] | None = None) -> None:
    """Run the roles until the process is asked to end (SIGINT or SIGTERM)."""
    settings = with_port(settings) if "web" in roles else settings
    asked = asked_to_end()
    hub = await Hub.open(settings, roles=roles)
    try:
        await hub.start()
        say(_log, "ready", roles="/".join(roles), port=hub.port)
        if on_ready is not None:
            on_ready(hub)
        settling = asyncio.create_task(_settle_memory(hub), name="memory")
        await asked.wait()
        say(_log, "stopping")
        settling.cancel()
    finally:
        await hub.stop()


async def _settle_memory(hub: Hub) -> None:
    """Once everything is loaded: take it out of what the garbage collector looks through, and let it look less often.

    It looked through every module and the whole model again and again, up to a tenth of a second each time, and
    everybody's answer waited for it.
    """
    with suppress(Exception):  # that the engine could not be loaded was told already
        await hub.understanding()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


def loop(work: Coroutine[Any, Any, R]) -> R:
    """The result of `work`, run as a server runs: on uvloop where there is one, threads taking turns quickly."""
    sys.setswitchinterval(_SWITCH)
    factory = None
    if sys.platform != "win32":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)


def asked_to_end() -> asyncio.Event:
    """What SIGINT or SIGTERM set from now on: who is asked while starting starts, and then ends in order."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    return asked


async def prepare(settings: Settings) -> None:
    """Make the data folder and bring the embedded database up to date, so that the hub starts without being set up.

    A server's schema is changed by `hub migrate` alone: other processes may be at work on it.
    """
    settings.private_folder()
    if not is_embedded(settings.database):
        return
    try:
        db = await Database.open(settings.database)
    except SchemaOutdated:
        await migrate.upgrade_async(settings.database)
    else:
        await db.close()


async def _vault(db: Database, settings: Settings, clock: Clock) -> Vault:
    """The vault over the deployment's keyring; a new keyring only for a new database on this machine."""
    store = KeyringStore.of(settings)
    async with db.read() as conn:
        try:
            keyring = await store.load()
        except KeyringMissing:
            if not settings.development or settings.keyring.exists() or await Vault.has_keys(conn):
                raise
            keyring = Keyring.create(clock.now())
            await store.save(keyring)
            say(_log, "development_keyring_made")
        vault = Vault(keyring, reload=store.load)
        await vault.check(conn)

    async def unit(conn: AsyncConnection) -> None:
        await vault.found(conn, clock.now())

    await db.write(unit)
    return vault


def _site(parts: Parts, extra: Sequence[web.RouteDef]) -> "Site":
    """Every surface as one server, not yet started, and `extra` beside them. No other role loads them."""
    from hub.api.application import application as api
    from hub.fhir import PATH as FHIR
    from hub.fhir import application as fhir
    from hub.portal import application as portal
    from hub.staff.application import applications as staff
    from hub.web.server import Site, build

    mounts = {"/api/v1": api(parts), "/portal": portal(parts), FHIR: fhir(parts), **staff(parts)}
    own = [*_slack_routes(parts), *_ehr_routes(parts), *extra]
    return Site(build(parts, extra=own, mounts=mounts), parts.settings.host, parts.settings.port)


def _slack(parts: Parts) -> "SlackRoom | None":
    """The room of Slack, where that is set up: it is not loaded otherwise."""
    if not parts.settings.slack_configured:
        return None
    from hub.slack import SlackRoom

    return SlackRoom(parts)


def _mail(parts: Parts) -> "MailRoom | None":
    """The room of mail's way in, where a port or a mailbox is set: it is not loaded otherwise."""
    if parts.settings.inbound_smtp_port is None and not parts.settings.imap_url:
        return None
    from hub.mail import MailRoom

    return MailRoom(parts)


def _hl7(parts: Parts) -> "Hl7Room | None":
    """The room of HL7, where a port is set: it is not loaded otherwise."""
    if parts.settings.mllp_port is None:
        return None
    from hub.hl7 import Hl7Room

    return Hl7Room(parts, parts.settings.mllp_port)


def _slack_routes(parts: Parts) -> Sequence[web.RouteDef]:
    if not parts.settings.slack_configured:
        return ()
    from hub.slack import routes

    return routes(parts)


def _ehr_routes(parts: Parts) -> Sequence[web.RouteDef]:
    if not parts.settings.fhir_private_key:
        return ()
    from hub.ehr.published import routes

    return routes(parts.settings)


def _duties(parts: Parts, work: Work, slack: "SlackRoom | None", roles: Sequence[str]) -> list[tuple[Leader, Upkeep]]:
    """What these roles do every second, each for as long as this process leads in it."""
    chores = {
        "worker": (
            Chore(name="seal", every=_SECOND, do=parts.sealer.seal),
            Chore(name="checkpoint", every=None, do=parts.sealer.checkpoint),
            Chore(name="files", every=_SECOND, do=parts.files.bring_due),
            Chore(name="search", every=_SECOND, do=parts.indexer.follow),
        ),
        "clock": (
            Chore(name="cron", every=_SECOND, do=work.cron().fire),
            Chore(name="failover", every=_SECOND, do=parts.failover.sweep),
            Chore(name="desk", every=_SECOND, do=parts.desk.rounds.go),
            *((Chore(name="slack", every=_SECOND, do=slack.sweep),) if slack is not None else ()),
        ),
    }
    leases = Leases(parts.db, parts.clock)
    leaders = [Leader(leases, role, parts.clock) for role in chores if role in roles]
    return [(leader, Upkeep(chores[leader.name], leader.leads)) for leader in leaders]
