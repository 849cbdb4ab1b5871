"""The bot's turn: a text is understood, the conversation is carried on, and its lines are put into words."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bots import dialogue
from bots.dialogue import Clinic, Context, Handoff, Heard, Identified, NotFound, Say, Several, Waits
from bots.nlu.model import Engine
from bots.scheduling.base import Scheduling
from hub.campaigns import VisitWish
from hub.campaigns.replies import reminded
from hub.clock import Clock
from hub.db import Database
from hub.people import Identifier
from hub.proxies import Proxies
from hub.reception.discreet import Discreet
from hub.reception.plans import SOON, Plan, Reply
from hub.reception.reading import Incoming
from hub.types import AuthorKind, ChannelKind, Language, Level, Purpose, ThreadStatus
from templates import render
from templates.render import Rendered


class Talker:
    """Speaks for the bot. `engine` gives the understanding engine, once it is loaded."""

    def __init__(
        self,
        *,
        db: Database,
        identifier: Identifier,
        clock: Clock,
        scheduling: Scheduling,
        engine: Callable[[], Engine],
        clinic: Clinic,
        zone: ZoneInfo,
        proxies: Proxies,
    ) -> None:
        self._db = db
        self._proxies = proxies
        self._directory = _Directory(db, identifier)
        self._clock = clock
        self._scheduling = scheduling
        self._engine = engine
        self._clinic = clinic
        self._zone = zone

    def has_asked(self, incoming: Incoming) -> bool:
        """Whether a question of the bot's is open, so that the text is likely an answer to it."""
        return incoming.dialogue is not None and _state(incoming).question.expects is not None

    async def answer(self, incoming: Incoming) -> Plan:
        """What the bot does about the message. Scheduling may have been changed when this returns.

        The calls to scheduling are made under the message's id: reacting again after a crash changes nothing twice.
        """
        state = _state(incoming)
        now = self._clock.now().astimezone(self._zone)
        catalogue = await self._scheduling.catalogue()
        meaning = await self._engine().understand(
            incoming.text, now=now, language=incoming.language, question=state.question, catalogue=catalogue
        )
        context = Context(
            now=now,
            clinic=self._clinic,
            standing=incoming.writer,
            catalogue=catalogue,
            language=incoming.language or meaning.language,
            reminded=await self._reminded(incoming),
        )
        heard = Heard(meaning=meaning, text=incoming.text, at=incoming.at)
        writer = incoming.writer
        calendar = Discreet(
            self._scheduling, self._db, self._proxies, writer.person_id if isinstance(writer, dialogue.Known) else None
        )
        outcome = await dialogue.converse(state, heard, context, calendar, self._directory, incoming.message_id)
        lines = self._lines(outcome.says, outcome.state.language or context.language, incoming.channel)
        text = "\n".join(line.text for line in lines)
        level: Level = "limited" if any(line.level != "none" for line in lines) else "none"
        handed, noted = outcome.handoff, outcome.noted
        return Plan(
            action="bot.reply" if handed is None else "bot.handoff",
            reply=Reply(text=text, level=level, purpose=Purpose.APPOINTMENT, author=AuthorKind.BOT) if text else None,
            by_bot=True,
            status=ThreadStatus.BOT if handed is None else ThreadStatus.OPEN,
            priority=max(SOON, incoming.thread.priority) if handed is not None or noted else None,
            attention=handed.reason if handed is not None else noted[0] if noted else None,
            dialogue=dialogue.encode(outcome.state),
            claims=_claimed(incoming, outcome.state),
            waits=_place(handed.waits, self._zone) if handed is not None and handed.waits is not None else None,
            note=_summary(handed) if handed is not None else _waiting(noted),
            details={
                "intent": meaning.intent,
                "did": ",".join(did.what for did in outcome.did),
                "for": next((did.visit.person_id for did in outcome.did), None),
            },
        )

    async def _reminded(self, incoming: Incoming) -> tuple[str, ...]:
        writers: tuple[str, ...] = (incoming.person.id,)
        if isinstance(incoming.writer, dialogue.Shared):
            writers = incoming.writer.candidates
        async with self._db.glance() as conn:
            return await reminded(conn, writers, self._clock.now())

    def _lines(self, says: Sequence[Say], language: Language, channel: ChannelKind) -> list[Rendered]:
        return [render(say.template, say.params, language, channel, self._zone) for say in says]


def _state(incoming: Incoming) -> dialogue.State:
    """What the conversation had come to before the message; a new one where nothing was said for a day."""
    state = dialogue.decode(incoming.dialogue[0]) if incoming.dialogue else dialogue.State()
    return dialogue.fresh(state, incoming.at)


class _Directory:
    """The clinic's books, as the dialogue asks them."""

    def __init__(self, db: Database, identifier: Identifier) -> None:
        self._db = db
        self._identifier = identifier

    async def identify(
        self, candidates: tuple[str, ...] | None, name: str, birth_date: date | None
    ) -> Identified | NotFound | Several:
        async with self._db.glance() as conn:
            if candidates is not None:
                match = await self._identifier.among(conn, candidates, name, birth_date)
            elif birth_date is not None:
                match = await self._identifier.on_the_books(conn, name, birth_date)
            else:
                return NotFound()
        if len(match.persons) > 1:
            return Several()
        if not match.persons:
            return NotFound()
        return Identified(match.persons[0].id, match.persons[0].profile.given_name)


def _claimed(incoming: Incoming, state: dialogue.State) -> str | None:
    """Who somebody unknown says to be, once name and birth date fit one on the books."""
    unknown = isinstance(incoming.writer, dialogue.Unknown)
    return state.person_id if unknown and state.identity == "identified" else None


_WHY = {
    "asked": "a person was asked for",
    "not_understood": "it did not understand",
    "calendar": "the calendar did not answer",
    "not_confirmed": "a visit could not be confirmed",
    "new_patient": "a new patient wants a visit",
    "unverified": "it cannot tell who writes",
    "identity": "it cannot tell who writes",
    "waitlist": "nothing suited, they are on the waitlist now",
    "no_time": "nothing suited, they would wait for a time",
    "visit_changed": "the visit was changed meanwhile",
    "late": "they are running late",
    "prepare": "a question of how to prepare for a visit",
    "cost_insurance": "a question of cost or insurance",
    "other_visit": "a visit that the calendar has no kind for",
}
"""Why the bot hands something to staff, where its code says too little to them."""


def _why(code: str) -> str:
    return _WHY.get(code) or code.replace("_", " ")


def _place(waits: Waits, zone: ZoneInfo) -> VisitWish:
    """What somebody waits for, as the waitlist keeps it: the days that would suit, from the first to the last."""
    windows = waits.when.windows
    firsts = [one.first for one in windows]
    lasts = [one.last for one in windows]
    earliest = min(one for one in firsts if one) if firsts and all(firsts) else None
    latest = max(one for one in lasts if one) if lasts and all(lasts) else None
    return VisitWish(
        person_id=waits.person_id,
        visit_type=waits.visit_type,
        provider=waits.provider,
        appointment_id=waits.appointment_id,
        earliest=datetime.combine(earliest, time.min, tzinfo=zone) if earliest is not None else None,
        latest=datetime.combine(latest, time.max, tzinfo=zone) if latest is not None else None,
    )


def _summary(handed: Handoff) -> str:
    """What the bot has collected, for whoever takes over."""
    lines = [f"Handed over by the assistant: {_why(handed.reason)}."]
    return "\n".join(lines + [f"{what}: {value}" for what, value in handed.facts])


def _waiting(noted: Sequence[str]) -> str:
    """What staff must see to although the assistant is not done; empty for nothing."""
    wants = ", ".join(map(_why, noted))
    return f"The assistant goes on with a visit. For staff: {wants}." if wants else ""
