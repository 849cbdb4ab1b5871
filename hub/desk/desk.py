"""The desk, put together."""

from hub.audit import Trail
from hub.choice import Knowledge
from hub.clock import Clock
from hub.db import Database
from hub.desk.arriving import Arrivals
from hub.desk.custody import Custody
from hub.desk.drafts import Drafts
from hub.desk.rating import Ratings
from hub.desk.rounds import Rounds
from hub.desk.summary import Summaries
from hub.desk.ways import Ways
from hub.desk.withdrawing import Withdrawing
from hub.desk.writing import Writing
from hub.events import Bell
from hub.people import People
from hub.router import Router
from hub.settings import Settings
from hub.threads import Threads
from hub.vault import Vault


class Desk:
    """What surfaces use of the desk."""

    def __init__(
        self,
        *,
        vault: Vault,
        threads: Threads,
        trail: Trail,
        clock: Clock,
        router: Router,
        knowledge: Knowledge,
        people: People,
        db: Database,
        bell: Bell,
        settings: Settings,
    ) -> None:
        self.custody = Custody(threads, trail, clock)
        self.writing = Writing(
            vault=vault, threads=threads, trail=trail, clock=clock, router=router, custody=self.custody
        )
        self.drafts = Drafts(vault, clock)
        self.withdrawing = Withdrawing(vault=vault, trail=trail, clock=clock, custody=self.custody, drafts=self.drafts)
        self.ways = Ways(knowledge=knowledge, people=people, clock=clock, sms_cost=settings.sms_cost)
        self.summaries = Summaries(vault, threads)
        self.ratings = Ratings(
            router=router,
            clock=clock,
            clinic=settings.told_name,
            zone=settings.timezone,
            on=settings.satisfaction == "on",
        )
        self.arrivals = Arrivals(
            router=router,
            trail=trail,
            clock=clock,
            open_hours=settings.open_hours,
            zone=settings.timezone,
            clinic=settings.told_name,
            hours={"en": settings.clinic_hours, "es": settings.clinic_hours_es},
        )
        self.rounds = Rounds(
            db=db,
            vault=vault,
            threads=threads,
            custody=self.custody,
            clock=clock,
            bell=bell,
            open_hours=settings.open_hours,
            zone=settings.timezone,
            default_team=settings.default_team,
            part2_team=settings.sensitive_team,
        )
