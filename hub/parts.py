"""The parts of a running hub, as its surfaces see them. `hub.app` alone puts them together."""

from collections.abc import Mapping
from dataclasses import dataclass

from bots.scheduling.base import Scheduling
from channels.base import Channel
from consent.ledger import Ledger
from hub.accept import Acceptor
from hub.accounts.users import Users
from hub.audit import Sealer, Trail
from hub.campaigns import Campaigns, Retrying, Tests
from hub.clock import Clock
from hub.db import Database
from hub.desk import Desk
from hub.desk.canned import CannedReplies
from hub.desk.label_book import Labels
from hub.desk.teams import Teams
from hub.events import Bell
from hub.failover import Failover
from hub.files import Files
from hub.identity import Addresses, Merger, ReassignedNumbers
from hub.live import Live
from hub.metrics import Metrics
from hub.optin import OptIns
from hub.outbox import Outbox
from hub.people import Identifier, People, PreferenceBook, Senders
from hub.proxies import Hearing, Proxies
from hub.reception import Reception
from hub.router import Router
from hub.search import Indexer, Search
from hub.settings import Settings
from hub.threads import Threads
from hub.types import ChannelKind
from hub.vault import Vault
from hub.vendors import Register
from hub.views import Counters, Names
from hub.visits import Visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a surface may use. Surfaces read through `db`, and change things through the parts only."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    db: Database
    vault: Vault
    trail: Trail
    sealer: Sealer
    bell: Bell
    live: Live
    people: People
    users: Users
    preferences: PreferenceBook
    senders: Senders
    identifier: Identifier
    threads: Threads
    ledger: Ledger
    channels: Mapping[ChannelKind, Channel]
    scheduling: Scheduling
    visits: Visits
    router: Router
    failover: Failover
    outbox: Outbox
    acceptor: Acceptor
    reception: Reception
    desk: Desk
    files: Files
    proxies: Proxies
    hearing: Hearing
    addresses: Addresses
    numbers: ReassignedNumbers
    optins: OptIns
    vendors: Register
    merger: Merger
    teams: Teams
    labels: Labels
    canned: CannedReplies
    counters: Counters
    names: Names
    search: Search
    indexer: Indexer
    campaigns: Campaigns
    retrying: Retrying
    campaign_tests: Tests
