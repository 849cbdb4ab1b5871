"""Putting the parts together: which concrete class fills which place, and what each is given."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache, partial
from typing import cast

from bots.dialogue import Clinic, needs
from bots.scheduling.base import Scheduling
from bots.scheduling.local import LocalScheduling
from bots.scheduling.names import Names as CalendarNames
from channels import registry
from channels.base import Channel
from channels.email import EmailChannel
from channels.mail.unsubscribing import Links as UnsubscribeLinks
from channels.mail.unsubscribing import Unsubscribe
from consent import guardians
from consent import rules as rulebook
from consent.ledger import Ledger
from hub import events
from hub.accept import Acceptor
from hub.accounts.users import Users
from hub.attachments import scanner
from hub.audit import Sealer, Trail
from hub.campaigns import Campaigns, PlanLibrary, Planner, Replies, Retrying, Tests, Waitlist, Words
from hub.campaigns.timing import holidays
from hub.campaigns.voiding import visits_changed
from hub.choice import Knowledge
from hub.clock import Clock
from hub.db import Database
from hub.desk import Desk
from hub.desk.canned import CannedReplies
from hub.desk.label_book import Labels
from hub.desk.teams import Teams
from hub.failover import Failover
from hub.files import Files
from hub.identity import Addresses, Merger, ReassignedNumbers, codes
from hub.links import Links
from hub.live import Topic, open_live
from hub.metrics import Metrics
from hub.optin import OptIns
from hub.outbox import Outbox
from hub.outbox.watch import Waits
from hub.parts import Parts
from hub.people import Identifier, People, PreferenceBook, Senders
from hub.proxies import Hearing, Proxies
from hub.reception import Deciding, Reactions, Reception
from hub.reception.plans import FixedAnswers
from hub.reception.reading import Reader
from hub.reception.talking import Talker
from hub.reception.turns import Divided, Undivided
from hub.reception.wishing import Wishing
from hub.router import Router
from hub.search import Indexer, Search, search_index
from hub.settings import Settings
from hub.threads import Threads
from hub.types import Address, ChannelKind, Purpose
from hub.understanding import Understanding
from hub.vault import Vault
from hub.vendors import Enforcing, Register, done_outside
from hub.views import Counters, Names
from hub.visits import Visits

_BUSY = 16
"""Webhooks waiting for their commit from which on reception gives way."""


def assemble(
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    db: Database,
    vault: Vault,
    channels: Mapping[ChannelKind, Channel] | None,
) -> tuple[Parts, Understanding]:
    """The parts of a hub, and where its engine will be. `channels` are those to have instead of what settings make."""
    zone = settings.timezone
    bell = events.Bell()
    live = open_live(settings.redis_url.reveal(), vault, db, bell, metrics)
    trail = Trail(vault, clock)
    people = People(vault, trail, clock)
    users = Users(vault, trail, clock)
    preferences = PreferenceBook(trail, clock)
    waits = Waits(
        unread={Purpose(purpose): wait for purpose, wait in settings.unread_after.items()},
        undelivered=settings.undelivered_after,
    )
    senders = Senders(vault, clock)
    identifier = Identifier(people, vault)
    threads = Threads(vault, clock)
    ledger = Ledger(vault, trail, clock)
    visits = Visits(vault, trail, clock)
    scheduling = _scheduling(settings, db, vault, clock, trail, visits)
    ways = registry.build(settings) if channels is None else dict(channels)
    _let_mails_be_stopped(ways, vault, settings)
    proxies = Proxies(vault, trail, clock, zone, guardians.ages(settings.state))
    hearing = Hearing(proxies, clock)
    register = Register(
        trail=trail,
        clock=clock,
        zone=zone,
        enforcing=cast(Enforcing, settings.baa_enforce),
        outside=done_outside(settings, ways),
    )
    outbox = Outbox(
        db=db,
        vault=vault,
        ledger=ledger,
        trail=trail,
        clock=clock,
        metrics=metrics,
        bell=bell,
        wakeups=live.wakeups,
        channels=ways,
        senders={kind: channel.sender for kind, channel in ways.items()},
        pace=live.pace("texts", settings.sms_rate),
        reconcile_after=timedelta(seconds=settings.reconcile_after),
        hearing=hearing,
        paces={ChannelKind.EMAIL: live.pace("mails", settings.email_rate)},
        clinic_state=settings.state,
        register=register,
    )
    knowledge = Knowledge(vault, ledger, preferences, tuple(ways), settings.content_levels, settings.state, register)
    router = Router(
        db=db,
        vault=vault,
        knowledge=knowledge,
        threads=threads,
        trail=trail,
        clock=clock,
        metrics=metrics,
        bell=bell,
        links=Links(vault, settings.base_url),
        waits=waits,
        clinic=settings.told_name,
        on_queued=lambda: live.wakeups.ring(Topic.QUEUED),
        hearing=hearing,
        zone=zone,
    )
    desk = Desk(
        vault=vault,
        threads=threads,
        trail=trail,
        clock=clock,
        router=router,
        knowledge=knowledge,
        people=people,
        db=db,
        bell=bell,
        settings=settings,
    )
    addresses = Addresses(
        vault=vault,
        people=people,
        senders=senders,
        router=router,
        trail=trail,
        clock=clock,
        clinic=codes.Clinic(settings.told_name, settings.clinic_phone),
        zone=zone,
    )
    optins = OptIns(vault=vault, ledger=ledger, router=router, trail=trail, clock=clock, clinic=settings.told_name)
    clinic = Clinic(
        name=settings.told_name,
        phone=settings.clinic_phone,
        address=settings.clinic_address,
        hours={"en": settings.clinic_hours, "es": settings.clinic_hours_es},
        needs=needs.read(settings.visit_needs_file) if settings.visit_needs_file is not None else needs.NOTHING,
    )
    engine = Understanding(settings, metrics)
    talker = Talker(
        db=db,
        identifier=identifier,
        clock=clock,
        scheduling=scheduling,
        engine=engine.get,
        clinic=clinic,
        zone=zone,
        proxies=proxies,
    )
    names = CalendarNames(vault)
    words = Words(
        clinic=settings.told_name,
        phone=settings.clinic_phone,
        link=f"{settings.base_url}/portal",
        zone=zone,
    )
    library = PlanLibrary(vault, trail, clock)
    planner = Planner(
        db=db,
        clock=clock,
        trail=trail,
        router=router,
        names=names,
        words=words,
        library=library,
        zone=zone,
        closed=cache(partial(holidays, settings.holidays_file)),
    )
    waiting = Waitlist(
        db=db, clock=clock, trail=trail, router=router, names=names, words=words, library=library, zone=zone
    )
    campaigns = Campaigns(
        db=db,
        clock=clock,
        trail=trail,
        people=people,
        names=names,
        planner=planner,
        waiting=waiting,
        library=library,
    )
    deciding = Deciding(
        db=db,
        clock=clock,
        fixed=FixedAnswers(clinic, zone),
        talker=talker,
        addresses=addresses,
        desk=desk,
        replies=Replies(
            db=db,
            clock=clock,
            trail=trail,
            scheduling=scheduling,
            clinic=settings.told_name,
            phone=settings.clinic_phone,
            zone=zone,
        ),
        optins=optins,
        stop_mode="category" if (settings.stop_scope or rulebook.load().stop_mode) == "category" else "number",
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
        deciding=deciding,
        addresses=addresses,
        desk=desk,
        waiting=waiting,
        wishing=Wishing(people, preferences, ledger),
        optins=optins,
    )
    reception = Reception(
        db=db,
        reader=Reader(vault, identifier, threads, ledger, proxies),
        deciding=deciding,
        reactions=reactions,
        metrics=metrics,
        turns=Undivided() if db.embedded else Divided(db, clock),
        clock=clock,
        ready=lambda: engine.loaded is not None,
        busy=lambda: acceptor.waiting > _BUSY,
    )

    def on_accepted(thread_ids: Iterable[str]) -> None:
        live.wakeups.ring(Topic.ACCEPTED, thread_ids)
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
    failover = Failover(
        db=db,
        vault=vault,
        trail=trail,
        clock=clock,
        metrics=metrics,
        bell=bell,
        router=router,
        waits=waits,
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
        live=live,
        people=people,
        users=users,
        preferences=preferences,
        senders=senders,
        identifier=identifier,
        threads=threads,
        ledger=ledger,
        channels=ways,
        scheduling=scheduling,
        visits=visits,
        router=router,
        failover=failover,
        outbox=outbox,
        acceptor=acceptor,
        reception=reception,
        desk=desk,
        files=Files(
            db=db,
            vault=vault,
            trail=trail,
            clock=clock,
            metrics=metrics,
            threads=threads,
            channels=ways,
            scanner=scanner(settings.clamd_url),
        ),
        proxies=proxies,
        hearing=hearing,
        addresses=addresses,
        numbers=ReassignedNumbers(vault=vault, ledger=ledger, threads=threads, trail=trail, clock=clock),
        optins=optins,
        vendors=register,
        merger=Merger(vault=vault, people=people, threads=threads, ledger=ledger, trail=trail, clock=clock),
        teams=Teams(trail, clock),
        labels=Labels(trail, clock),
        canned=CannedReplies(vault, trail, clock),
        counters=Counters(db),
        names=Names(users),
        search=Search(vault, search_index(vault)),
        indexer=Indexer(db, vault, search_index(vault)),
        campaigns=campaigns,
        retrying=Retrying(db=db, vault=vault, clock=clock, trail=trail, router=router, library=library),
        campaign_tests=Tests(
            db=db, vault=vault, clock=clock, trail=trail, router=router, senders=senders, ledger=ledger, zone=zone
        ),
    )
    return parts, engine


def _scheduling(
    settings: Settings, db: Database, vault: Vault, clock: Clock, trail: Trail, visits: Visits
) -> Scheduling:
    """The scheduling system that the settings name. Raises: SettingsError."""
    if not settings.ehr_url:
        return LocalScheduling(db, vault, clock, settings.timezone, trail, visits_changed)
    # Loaded only where it is used.
    from hub.ehr.opening import open_ehr

    return open_ehr(settings, db, vault, clock, trail, visits, visits_changed)


def _let_mails_be_stopped(ways: Mapping[ChannelKind, Channel], vault: Vault, settings: Settings) -> None:
    """Give the mail channel the links that stop mails of a purpose: it has no key to make them with."""
    mail = ways.get(ChannelKind.EMAIL)
    if not isinstance(mail, EmailChannel):
        return
    links = UnsubscribeLinks(vault.keyring.index_root, settings.base_url)

    def link(address: Address, purpose: Purpose) -> str:
        return links.link(Unsubscribe(vault.blind.of(address.kind.value, address.value), purpose))

    mail.unsubscribe_by(link)
