"""Whatever is said and answered, in whatever order: what the conversation must never do."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bots.dates.model import When, Window
from bots.dialogue import (
    Context,
    Heard,
    Identified,
    Known,
    NotFound,
    Phase,
    Several,
    Shared,
    State,
    Unknown,
    decode,
    encode,
    step,
)
from bots.dialogue.machine import FAILURES
from bots.dialogue.turns import (
    AppointmentsListed,
    Book,
    BookAnswered,
    CallFailed,
    Cancel,
    CancelAnswered,
    ConfirmAnswered,
    Event,
    HoldAnswered,
    IdentityAnswered,
    Move,
    MoveAnswered,
    Offered,
    Turn,
)
from bots.nlu.model import INTENTS, Catalogue, Entities, Meaning
from bots.scheduling.base import Appointment, Gone, Held, Offer, Slot, Taken
from hub.types import ChannelKind
from templates import render
from tests.bots.talk import CLINIC, NOW, SLOTS, ZONE, Folder, Talk

CATALOGUE = Catalogue(providers=("Dr. Kim", "Dr. Lee"), visit_types=("Check-up", "Vaccination"))
STANDINGS = (Known("p1", "Ana"), Shared(("p1", "p2")), Unknown())
TEXTS = ("1", "2", "yes", "no", "C", "R", "never mind", "another doctor", "book it", "also", "hello there", "Ana Soler")

days = st.sampled_from([date(2026, 3, day) for day in range(2, 10)])
times = st.sampled_from([time(9), time(10), time(14, 30), time(15)])


@st.composite
def windows(draw: st.DrawFn) -> Window:
    first = draw(st.none() | days)
    last = first + timedelta(days=draw(st.integers(0, 5))) if first else None
    at = draw(st.none() | times)
    return Window(first=first, last=last, earliest=at, latest=at, exact=at is not None)


whens = st.builds(
    When,
    windows=st.lists(windows(), max_size=2).map(tuple),
    ambiguous=st.just(()) | st.lists(windows(), min_size=2, max_size=4).map(tuple),
    relation=st.none() | st.sampled_from(["earlier", "later", "soonest"]),
    excluded_weekdays=st.sampled_from([(), (1,)]),
)
entities = st.builds(
    Entities,
    when=st.just(When()) | whens,
    provider=st.none() | st.sampled_from(CATALOGUE.providers),
    specialty=st.none() | st.just("Family medicine"),
    visit_type=st.none() | st.sampled_from(CATALOGUE.visit_types),
    choice=st.none() | st.integers(-1, 5),
    person_name=st.none() | st.just("Ana Soler"),
    birth_date=st.none() | st.sampled_from(["1985-04-23", "not a date"]),
)
meanings = st.builds(
    Meaning,
    intent=st.sampled_from(INTENTS),
    confidence=st.floats(0, 1),
    intents=st.lists(st.sampled_from(INTENTS), max_size=3).map(tuple),
    entities=entities,
    language=st.sampled_from(["en", "es"]),
)
slots = st.sampled_from(SLOTS)


def visit_of(slot: Slot, **changes: Any) -> Appointment:
    visit = Appointment(
        id=f"v-{slot.id}",
        person_id="p1",
        slot_id=slot.id,
        provider=slot.provider,
        visit_type=slot.visit_type,
        location=slot.location,
        start=slot.start,
        minutes=slot.minutes,
        status="booked",
        version=1,
    )
    return replace(visit, **changes)


appointments = st.builds(
    visit_of, slots, status=st.sampled_from(["booked", "cancelled"]), person_id=st.sampled_from(["p1", "p2"])
)
answers: st.SearchStrategy[Event] = st.one_of(
    st.builds(Offered, st.builds(Offer, slots=st.lists(slots, max_size=5).map(tuple), exact=st.booleans())),
    st.builds(HoldAnswered, st.builds(Held, slot=slots, until=st.just(NOW)) | st.builds(Taken, st.just("x"))),
    st.builds(BookAnswered, appointments | st.builds(Taken, st.just("x"))),
    st.builds(MoveAnswered, appointments | st.builds(Taken, st.just("x")) | st.builds(Gone, st.just("x"))),
    st.builds(CancelAnswered, appointments | st.builds(Gone, st.just("x"))),
    st.builds(ConfirmAnswered, appointments | st.builds(Gone, st.just("x"))),
    st.builds(AppointmentsListed, st.lists(appointments, max_size=4).map(tuple)),
    st.builds(
        IdentityAnswered,
        st.sampled_from([Identified("p1", "Ana"), Identified("p9", "Eva"), NotFound(), Several()]),
    ),
    st.builds(CallFailed),
)


class Conversation(RuleBasedStateMachine):
    """Texts and answers in any order, due or not."""

    @initialize(standing=st.sampled_from(STANDINGS))
    def begin(self, standing: Known | Shared | Unknown) -> None:
        self.context = Context(now=NOW, clinic=CLINIC, standing=standing, catalogue=CATALOGUE)
        self.state = State()
        self.now: datetime = NOW

    @rule(meaning=meanings, text=st.sampled_from(TEXTS))
    def the_person_writes(self, meaning: Meaning, text: str) -> None:
        before = self.state
        turn = self.happens(Heard(meaning=meaning, text=text, at=self.now))

        assert turn.says or turn.call or turn.handoff, "a text was met with silence"
        if isinstance(turn.call, Book | Move):
            assert before.phase in (Phase.CHOOSE_SLOT, Phase.CONFIRM_SLOT), "booked without asking"
            assert turn.call.slot_id in {slot.id for slot in before.offered}, "booked what was not offered"
        if isinstance(turn.call, Cancel):
            assert before.phase is Phase.CONFIRM_CANCEL, "cancelled without asking"

    @rule(answer=answers)
    def something_is_answered(self, answer: Event) -> None:
        self.happens(answer)

    @rule(data=st.data())
    def the_call_due_is_answered(self, data: st.DataObject) -> None:
        """As often as not the sequences above answer what nobody asked; this one follows the calls."""
        due = {
            "Find": Offered,
            "Hold": HoldAnswered,
            "Book": BookAnswered,
            "Move": MoveAnswered,
            "Cancel": CancelAnswered,
            "Confirm": ConfirmAnswered,
            "List": AppointmentsListed,
            "aside": AppointmentsListed,
            "Identify": IdentityAnswered,
        }.get(self.state.awaiting or "")
        if due is None:
            return
        if due in (BookAnswered, MoveAnswered) and self.state.held is not None and data.draw(st.booleans()):
            self.happens(due(visit_of(self.state.held)))
            return
        if due is HoldAnswered and data.draw(st.booleans()):
            self.happens(HoldAnswered(Held(slot=self.state.offered[0], until=NOW)))
            return
        self.happens(data.draw(answers.filter(lambda answer: isinstance(answer, due))))

    def happens(self, event: Event) -> Turn:
        turn = step(self.state, event, self.context)
        templates = [say.template for say in turn.says]

        if "book.booked" in templates:
            assert isinstance(event, BookAnswered)
            assert isinstance(event.answer, Appointment)
            assert self.state.held is not None
            assert event.answer.start == self.state.held.start
        if "move.moved" in templates:
            assert isinstance(event, MoveAnswered)
            assert isinstance(event.answer, Appointment)
        if "cancel.done" in templates:
            assert isinstance(event, CancelAnswered)
            assert isinstance(event.answer, Appointment)
            assert event.answer.status == "cancelled"
        for say in turn.says:
            choices = say.params.get("choices", ())
            assert isinstance(choices, tuple)
            assert len(choices) <= 3
            for language in ("en", "es"):
                rendered = render(say.template, say.params, language, ChannelKind.SMS, ZONE)
                assert rendered.text
                assert not rendered.fell_back
        assert not (turn.call and turn.handoff)
        if turn.handoff:
            assert turn.state.job is None
            assert turn.state.phase is Phase.IDLE
        if turn.says:
            assert turn.state.introduced
            assert ("bot.intro" in templates) == (not self.state.introduced)
        assert turn.state.failures < FAILURES
        assert turn.state.question.options <= 3
        assert decode(encode(turn.state)) == turn.state
        self.state = turn.state
        return turn


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)


@settings(max_examples=50, deadline=None)
@given(
    standing=st.sampled_from(STANDINGS),
    said=st.lists(st.tuples(st.sampled_from(TEXTS), meanings), min_size=1, max_size=10),
)
def test_every_text_is_answered_or_handed_over_with_a_real_calendar(
    standing: Known | Shared | Unknown, said: list[tuple[str, Meaning]]
) -> None:
    async def talk_through() -> None:
        folder = Folder(("p1", "Ana", "Ana Soler", date(1985, 4, 23)))
        talk = Talk(standing=standing, folder=folder, catalogue=CATALOGUE)
        talk.calendar.give("tue-9", "p1")
        for text, meaning in said:
            await talk.hears(
                text,
                meaning.intent,
                *meaning.intents,
                confidence=meaning.confidence,
                **{name: getattr(meaning.entities, name) for name in Entities.__dataclass_fields__},
            )
            assert talk.outcome is not None
            assert talk.outcome.says or talk.outcome.handoff
            assert talk.state.awaiting is None

    asyncio.run(talk_through())
