"""A sample clinic, and a conversation with it that reads like the texts on a phone."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bots.dates.model import When, Window
from bots.dialogue import (
    Clinic,
    Context,
    Handoff,
    Heard,
    Identified,
    Known,
    NotFound,
    Outcome,
    Several,
    State,
    converse,
    decode,
    encode,
)
from bots.dialogue.turns import Standing
from bots.nlu.model import Catalogue, Entities, Meaning
from bots.scheduling.base import Slot
from hub.types import ChannelKind, Language
from templates import render
from tests.bots.calendar import Calendar

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=ZONE)  # a Monday
TUE, WED, THU, FRI = (date(2026, 3, day) for day in (3, 4, 5, 6))
CLINIC = Clinic(
    name="Riverside Clinic",
    phone="+1 202-555-0100",
    address="1 River St",
    hours={"en": "Mon-Fri 8 AM - 5 PM", "es": "lun-vie 8 a. m. - 5 p. m."},
)


def slot(
    id: str,
    start: str,
    provider: str = "Dr. Kim",
    visit_type: str = "Check-up",
    specialty: str = "Family medicine",
    location: str = "Main St",
) -> Slot:
    at = datetime.strptime(f"2026-{start} -0500", "%Y-%m-%d %H:%M %z").astimezone(ZONE)
    return Slot(
        id=id, provider=provider, specialty=specialty, visit_type=visit_type, location=location, start=at, minutes=30
    )


SLOTS = (
    slot("tue-9", "03-03 09:00"),
    slot("tue-1430", "03-03 14:30"),
    slot("wed-10", "03-04 10:00", provider="Dr. Lee"),
    slot("thu-15", "03-05 15:00"),
    slot("thu-16", "03-05 16:00", provider="Dr. Lee"),
    slot("fri-11", "03-06 11:00", provider="Dr. Lee"),
    slot("fri-13", "03-06 13:00", visit_type="Vaccination"),
)


def on(day: date, at: str | None = None, **more: Any) -> When:
    """A day, and perhaps the very time, as a text names it."""
    hour = time.fromisoformat(at) if at else None
    window = Window(first=day, last=day, earliest=hour, latest=hour, exact=hour is not None)
    return When(windows=(window,), **more)


def at(hour: str) -> When:
    """A time of day without a day."""
    clock = time.fromisoformat(hour)
    return When(windows=(Window(earliest=clock, latest=clock, exact=True),))


class Folder:
    """Who the clinic knows: rows of (person, given name, full name, birth date)."""

    def __init__(self, *rows: tuple[str, str, str, date]) -> None:
        self.rows = rows

    async def identify(
        self, candidates: tuple[str, ...] | None, name: str, birth_date: date | None
    ) -> Identified | NotFound | Several:
        fit = [
            row
            for row in self.rows
            if (candidates is None or row[0] in candidates)
            and name.lower() in (row[1].lower(), row[2].lower())
            and birth_date in (None, row[3])
        ]
        if not fit:
            return NotFound()
        return Identified(fit[0][0], fit[0][1]) if len(fit) == 1 else Several()


@dataclass
class Talk:
    """One conversation. Every state goes through its stored form, as between two texts in life."""

    standing: Standing = field(default_factory=lambda: Known("p1", "Ana"))
    language: Language = "en"
    calendar: Calendar = field(default_factory=lambda: Calendar(NOW, SLOTS))
    folder: Folder = field(default_factory=Folder)
    catalogue: Catalogue = field(
        default_factory=lambda: Catalogue(providers=("Dr. Kim", "Dr. Lee"), visit_types=("Check-up", "Vaccination"))
    )
    state: State = field(default_factory=State)
    now: datetime = NOW
    texts: int = 0
    reminded: tuple[str, ...] = ()
    outcome: Outcome | None = None

    async def hears(
        self, text: str, intent: str = "inform", *also: str, confidence: float = 0.9, **entities: Any
    ) -> str:
        """The reply to `text`, as it would be sent."""
        self.texts += 1
        self.now += timedelta(seconds=20)
        meaning = Meaning(
            intent=intent,
            confidence=confidence,
            intents=(intent, *also),
            entities=Entities(**entities),
            language=self.language,
        )
        heard = Heard(meaning=meaning, text=text, at=self.now)
        key = f"text-{self.texts}"
        self.outcome = await converse(self.state, heard, self.context, self.calendar, self.folder, key)
        self.state = decode(encode(self.outcome.state))
        assert self.state == self.outcome.state
        return self.reply

    @property
    def context(self) -> Context:
        return Context(
            now=self.now,
            clinic=CLINIC,
            standing=self.standing,
            catalogue=self.catalogue,
            language=self.language,
            reminded=self.reminded,
        )

    @property
    def reply(self) -> str:
        """The last reply, without the introduction that starts a conversation."""
        assert self.outcome is not None
        lines = [say for say in self.outcome.says if say.template != "bot.intro"]
        language = self.state.language or self.language
        return "\n".join(render(say.template, say.params, language, ChannelKind.SMS, ZONE).text for say in lines)

    @property
    def said(self) -> list[str]:
        assert self.outcome is not None
        return [say.template for say in self.outcome.says]

    @property
    def handoff(self) -> Handoff | None:
        assert self.outcome is not None
        return self.outcome.handoff
