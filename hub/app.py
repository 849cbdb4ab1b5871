"""Putting the hub together: the one place, with the command line, that knows concrete classes.

`Hub.open` makes the parts over a database and a keyring; `start` sets the roles going:

- web: webhooks, API, pages
- dispatcher: reception (screen, react) and the outbox (deliver, settle)
- clock: sweeps and pruning
- worker: chains the audit and signs it
"""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bots import urgent
from bots.dialogue import Clinic
from bots.nlu.embedded import EmbeddedEngine, load_or_train_aside
from bots.scheduling.local import LocalScheduling
from channels import registry
from channels.base import Channel
from consent import keywords
from consent.ledger import Ledger
from hub import events
from hub.accept import Acceptor
from hub.api.application import application as api_application
from hub.audit import Sealer, Trail
from hub.clock import Clock, SystemClock
from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.db.tables import idempotency
from hub.errors import KeyringMissing, SchemaOutdated
from hub.log import say
from hub.metrics import Metrics
from hub.outbox import Outbox
from hub.parts import Parts
from hub.people import Identifier, People, Senders
from hub.reception import Reactions, Reception
from hub.reception.plans import FixedAnswers
from hub.reception.reading import Reader
from hub.reception.talking import Talker
from hub.router import Router
from hub.settings import Settings
from hub.threads import Threads
from hub.types import ChannelKind
from hub.upkeep import Chore, Upkeep
from hub.vault import Vault
from hub.web.server import Site, build

_log = logging.getLogger(__name__)
R = TypeVar("R")

ROLES = ("web", "dispatcher", "clock", "worker")
_BUSY = 16
"""Webhooks waiting for their commit from which on reception gives way."""
_SWITCH = 0.0002
"""Seconds a thread may keep the interpreter while another wants it. The database's thread needs it briefly after every
statement: at Python's own 5 ms a busy loop would make a commit of a dozen statements wait for 60 ms."""
_KEEP_ANSWERS = timedelta(days=2)


@dataclass(slots=True)
class _Engine:
    """The understanding engine, once it is loaded or trained."""

    loaded: EmbeddedEngine | None = None

    def get(self) -> EmbeddedEngine:
        if self.loaded is None:
            raise RuntimeError("the engine is asked before it is loaded")
        return self.loaded


class Hub:
    """A running hub."""

    def __init__(self, parts: Parts, engine: _Engine, roles: Sequence[str]) -> None:
        self.parts = parts
        self.port = 0
        self._engine = engine
        self._roles = tuple(roles)
        self._upkeep = Upkeep(_chores(parts, roles))
        self._site: Site | None = None
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
        db = await Database.open(settings.database, metrics)
        try:
            vault = await _vault(db, settings, clock)
        except BaseException:
            await db.close()
            raise
        parts, engine = _assemble(settings, clock, metrics, db, vault, channels)
        return cls(parts, engine, roles)

    async def start(self, *, extra: Callable[[Parts], Sequence[web.RouteDef]] | None = None) -> None:
        """Set the roles going; with the web role, `port` is then what is listened on."""
        parts, settings = self.parts, self.parts.settings
        parts.acceptor.start()
        if "web" in self._roles:
            # First, for this may fail: a port that is taken is to be told before the engine is trained.
            app = build(parts, extra=extra(parts) if extra else (), mounts={"/api/v1": api_application(parts)})
            self._site = Site(app, settings.host, settings.port)
            self.port = await self._site.start()
        self._upkeep.start()
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

    async def keep_what_is_loaded(self) -> None:
        """Once all is loaded, spare later searches for garbage from looking through it."""
        with suppress(Exception):  # Who loads the engine tells of its failure.
            await self.understanding()
        gc.collect()
        gc.freeze()

    async def stop(self) -> None:
        """Take nothing more, finish what is under way, and let go of everything."""
        parts = self.parts
        if self._site is not None:
            await self._site.stop()
        await parts.acceptor.stop()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        if "dispatcher" in self._roles:
            await parts.reception.stop()
            await parts.outbox.stop()
        await self._upkeep.stop()
        for channel in parts.channels.values():
            await channel.close()
        await parts.db.close()

    async def _load_engine(self) -> None:
        try:
            # A broken list is to show now, and not with the first emergency.
            await asyncio.to_thread(urgent.prepare)
            await asyncio.to_thread(keywords.prepare)
            self._engine.loaded = await load_or_train_aside(self.parts.settings.data / "models")
        except Exception:
            _log.exception("engine_failed")
            raise
        self.parts.reception.engine_ready()
        say(_log, "engine_ready")


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
    hub = await Hub.open(settings, roles=roles)
    try:
        await hub.start()
        say(_log, "ready", roles="/".join(roles), port=hub.port)
        if on_ready is not None:
            on_ready(hub)
        keeping = asyncio.create_task(hub.keep_what_is_loaded())
        await asked_to_end()
        keeping.cancel()
        say(_log, "stopping")
    finally:
        await hub.stop()


def loop(work: Coroutine[Any, Any, R]) -> R:
    """The result of `work`, run as a server runs: on uvloop where there is one, threads taking turns quickly."""
    sys.setswitchinterval(_SWITCH)
    gc.set_threshold(20_000)  # New objects before a search for garbage in rings: a message makes hardly any.
    factory = None
    if sys.platform != "win32":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)


async def asked_to_end() -> None:
    """Wait for SIGINT or SIGTERM."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


async def prepare(settings: Settings) -> None:
    """Make the data folder and bring the embedded database up to date, so that the hub starts without being set up."""
    settings.private_folder()
    try:
        db = await Database.open(settings.database)
    except SchemaOutdated:
        await migrate.upgrade_async(settings.database)
    else:
        await db.close()


def _assemble(
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    db: Database,
    vault: Vault,
    channels: Mapping[ChannelKind, Channel] | None,
) -> tuple[Parts, _Engine]:
    zone = settings.timezone
    bell = events.Bell()
    trail = Trail(vault, clock)
    people = People(vault, trail, clock)
    senders = Senders(vault, clock)
    identifier = Identifier(people, vault)
    threads = Threads(vault, clock)
    ledger = Ledger(vault, trail, clock)
    scheduling = LocalScheduling(db, vault, clock, zone, trail)
    ways = registry.build(settings) if channels is None else dict(channels)
    outbox = Outbox(
        db=db,
        vault=vault,
        ledger=ledger,
        trail=trail,
        clock=clock,
        metrics=metrics,
        bell=bell,
        channels=ways,
        senders={kind: channel.sender for kind, channel in ways.items()},
        rate=settings.sms_rate,
        reconcile_after=timedelta(seconds=settings.reconcile_after),
    )
    router = Router(
        db=db,
        vault=vault,
        ledger=ledger,
        threads=threads,
        trail=trail,
        clock=clock,
        metrics=metrics,
        bell=bell,
        channels=tuple(ways),
        on_queued=outbox.wake,
    )
    clinic = Clinic(
        name=settings.clinic_name,
        phone=settings.clinic_phone,
        address=settings.clinic_address,
        hours={"en": settings.clinic_hours, "es": settings.clinic_hours_es},
    )
    engine = _Engine()
    talker = Talker(
        db=db,
        identifier=identifier,
        clock=clock,
        scheduling=scheduling,
        engine=engine.get,
        clinic=clinic,
        zone=zone,
    )
    reactions = Reactions(
        db=db,
        vault=vault,
        threads=threads,
        ledger=ledger,
        trail=trail,
        clock=clock,
        metrics=metrics,
        router=router,
        fixed=FixedAnswers(clinic, zone),
        talker=talker,
    )
    reception = Reception(
        db=db,
        reader=Reader(vault, people, identifier, threads, ledger),
        reactions=reactions,
        metrics=metrics,
        ready=lambda: engine.loaded is not None,
        busy=lambda: acceptor.waiting > _BUSY,
    )

    def on_accepted(thread_ids: Iterable[str]) -> None:
        reception.notice(thread_ids)
        bell.ring()

    acceptor = Acceptor(
        db=db,
        vault=vault,
        senders=senders,
        threads=threads,
        trail=trail,
        clock=clock,
        metrics=metrics,
        limit=settings.accept_queue,
        on_accepted=on_accepted,
    )
    parts = Parts(
        settings=settings,
        clock=clock,
        metrics=metrics,
        db=db,
        vault=vault,
        trail=trail,
        sealer=Sealer(db, vault.keyring.signing_key(), clock),
        bell=bell,
        people=people,
        senders=senders,
        identifier=identifier,
        threads=threads,
        ledger=ledger,
        channels=ways,
        scheduling=scheduling,
        router=router,
        outbox=outbox,
        acceptor=acceptor,
        reception=reception,
    )
    return parts, engine


async def _vault(db: Database, settings: Settings, clock: Clock) -> Vault:
    """The vault over the deployment's keyring; a new keyring only for a new database on this machine."""
    async with db.read() as conn:
        try:
            keyring = Keyring.load(settings.keyring)
        except KeyringMissing:
            if not settings.development or settings.keyring.exists() or await Vault.has_keys(conn):
                raise
            keyring = Keyring.create(clock.now())
            keyring.save(settings.keyring)
            say(_log, "development_keyring_made")
        vault = Vault(keyring, reload=lambda: Keyring.load(settings.keyring))
        await vault.check(conn)

    async def unit(conn: AsyncConnection) -> None:
        await vault.found(conn, clock.now())

    await db.write(unit)
    return vault


def _chores(parts: Parts, roles: Sequence[str]) -> list[Chore]:
    async def prune_events(conn: AsyncConnection) -> None:
        await events.prune(conn, parts.clock.now())

    async def prune_answers(conn: AsyncConnection) -> None:
        await conn.execute(sa.delete(idempotency).where(idempotency.c.at < parts.clock.now() - _KEEP_ANSWERS))

    chores: list[Chore] = []
    if "worker" in roles:
        chores += [
            Chore(name="seal", every=timedelta(seconds=1), do=parts.sealer.seal),
            Chore(name="checkpoint", every=timedelta(minutes=5), do=parts.sealer.checkpoint),
        ]
    if "clock" in roles:
        chores += [
            Chore(name="events", every=timedelta(minutes=10), do=lambda: parts.db.write(prune_events)),
            Chore(name="answers", every=timedelta(hours=1), do=lambda: parts.db.write(prune_answers)),
        ]
        if isinstance(parts.scheduling, LocalScheduling):
            chores.append(Chore(name="holds", every=timedelta(minutes=1), do=parts.scheduling.sweep_holds))
    return chores
