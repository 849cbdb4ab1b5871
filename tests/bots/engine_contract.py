"""What every understanding engine must do: subclass it and give it an `engine` fixture."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bots.nlu.model import INTENTS, Catalogue, Engine, Meaning, Question

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/New_York"))
CLINIC = Catalogue(
    providers=("Dr. Minh Kim", "Dr. Ana Reyes"),
    specialties=("Dentistry", "Dermatology"),
    visit_types=("Dental cleaning", "Annual physical"),
)
PLAIN = (
    ("I'd like to book an appointment", "book"),
    ("please cancel my appointment", "cancel"),
    ("can I reschedule my appointment", "reschedule"),
    ("when is my next appointment", "appointment_status"),
    ("what are your opening hours", "hours_location"),
    ("I want to talk to a real person", "human"),
    ("I need a refill of my prescription", "refill"),
    ("quiero cancelar mi cita", "cancel"),
    ("necesito hacer una cita", "book"),
    ("muchas gracias", "thanks"),
)
HOSTILE = (
    "",
    " \n",
    "\x00",
    "\ud83d",
    "😀" * 500,
    "a" * 20_000,
    "' OR 1=1 --",
    "<script>",
    "{{7*7}}",
    '{"text": 1}',
    "٣",
)


class EngineContract:
    """The contract of `bots.nlu.model.Engine`, for any engine that learned the training data."""

    async def heard(self, engine: Engine, text: str, question: Question | None = None) -> Meaning:
        return await engine.understand(text, now=NOW, question=question, catalogue=CLINIC)

    @pytest.mark.parametrize(("text", "intent"), PLAIN, ids=[text for text, _ in PLAIN])
    async def test_a_plain_wish_is_understood(self, engine: Engine, text: str, intent: str) -> None:
        meaning = await self.heard(engine, text)

        assert (meaning.intent, meaning.intents[0]) == (intent, intent)
        assert 0.4 < meaning.confidence <= 1

    @pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:16])
    @pytest.mark.parametrize("question", [None, Question(expects="choice", options=3)], ids=["alone", "asked"])
    async def test_any_text_has_a_meaning_of_the_right_shape(
        self, engine: Engine, text: str, question: Question | None
    ) -> None:
        meaning = await self.heard(engine, text, question)

        assert meaning.intent == meaning.intents[0]
        assert set(meaning.intents) <= set(INTENTS)
        assert len(set(meaning.intents)) == len(meaning.intents)
        assert 0 <= meaning.confidence <= 1
        assert meaning.language in ("en", "es")

    async def test_days_and_times_are_read_in_the_clinics_zone(self, engine: Engine) -> None:
        when = (await self.heard(engine, "book me for tomorrow at 3:30 pm")).entities.when

        assert (when.date, when.time) == (date(2026, 11, 24), time(15, 30))

    async def test_the_clinics_own_names_are_found_though_misspelt(self, engine: Engine) -> None:
        entities = (await self.heard(engine, "can i see dr reyess for a dental cleening")).entities

        assert (entities.provider, entities.visit_type) == ("Dr. Ana Reyes", "Dental cleaning")

    @pytest.mark.parametrize(("text", "choice"), [("2", 2), ("the second one", 2), ("la última", -1)])
    async def test_a_pick_is_a_number(self, engine: Engine, text: str, choice: int) -> None:
        meaning = await self.heard(engine, text, Question(expects="choice", options=3))

        assert (meaning.intent, meaning.entities.choice) == ("select", choice)

    async def test_a_bare_name_answers_the_question_for_it(self, engine: Engine) -> None:
        meaning = await self.heard(engine, "angela ruiz", Question(expects="name"))

        assert (meaning.intent, meaning.entities.person_name) == ("inform", "Angela Ruiz")

    async def test_yes_and_no_answer_what_was_asked(self, engine: Engine) -> None:
        asked = Question(expects="yes_no")

        assert (await self.heard(engine, "yes please", asked)).intent == "confirm"
        assert (await self.heard(engine, "no", asked)).intent == "decline"

    @pytest.mark.parametrize("expects", ["visit_type", "when", "provider", "name", "yes_no"])
    async def test_no_answer_to_a_question_is_out_of_scope(self, engine: Engine, expects) -> None:
        for text in ("headache, dizziness", "Angela", "the blue one", "idk"):
            assert (await self.heard(engine, text, Question(expects=expects))).intent != "out_of_scope"

    async def test_the_language_is_that_of_the_text(self, engine: Engine) -> None:
        assert (await self.heard(engine, "quiero una cita para mañana")).language == "es"
        assert (await self.heard(engine, "I want a visit tomorrow")).language == "en"
