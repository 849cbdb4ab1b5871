"""In order, once, and never over a person: how reception handles what was accepted (invariants 2 and 12)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from bots.nlu.embedded import EmbeddedEngine
from bots.nlu.model import Meaning
from channels.carrier import File
from hub.db.tables import message, thread
from hub.types import ThreadStatus
from tests.bots.nlu_engine import trained
from tests.hub.attachments.test_images import a_picture, saved
from tests.hub.reception.people import ANA, ana
from tests.hub_rig import CLINIC, Rig, is_said


class Interrupted:
    """An engine that lets something happen while it understands."""

    def __init__(self, engine: EmbeddedEngine, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._engine = engine
        self._meanwhile = meanwhile

    async def understand(self, text: str, **values: Any) -> Meaning:
        await self._meanwhile()
        return await self._engine.understand(text, **values)


async def test_texts_of_one_person_are_answered_in_the_order_accepted(rig: Rig) -> None:
    numbers = [f"+120255501{n}" for n in range(20, 26)]
    people = [await rig.patient(f"MRN-{n}", "Ana", f"No{n}", number) for n, number in enumerate(numbers)]
    await rig.engine_ready()

    async def chatter(number: str) -> None:
        for n in range(5):
            await rig.text(number, f"what are your hours? {n}")

    await asyncio.gather(*(chatter(number) for number in numbers))
    await rig.quiet()

    assert await rig.value(sa.select(sa.func.count()).select_from(thread)) == len(people)
    for person in people:
        rows = await rig.rows(
            sa.select(message)
            .join(thread, thread.c.id == message.c.thread_id)
            .where(thread.c.person_id == person)
            .order_by(message.c.seq)
        )
        heard = [f"reply:{row.id}" for row in rows if row.direction == "inbound"]
        answered = [row.intent_key for row in rows if row.direction == "outbound"]
        assert len(heard) == 5
        assert answered == heard
        moments = [row.handled_at for row in rows if row.direction == "inbound"]
        assert moments == sorted(moments)


async def test_a_burst_from_an_unknown_number_makes_one_thread(rig: Rig) -> None:
    await rig.engine_ready()

    await asyncio.gather(*(rig.text("+12025550177", f"hello {n}") for n in range(12)))
    await rig.quiet()

    assert await rig.value(sa.select(sa.func.count()).select_from(thread)) == 1
    texts = [line.text for line in await rig.lines(await rig.person_on("+12025550177")) if line.direction == "inbound"]
    assert sorted(texts) == sorted(f"hello {n}" for n in range(12))


async def test_the_same_webhook_again_changes_nothing(rig: Rig) -> None:
    person = await ana(rig)
    sid = await rig.tell(ANA, "what are your hours?")

    replies = [await rig.carrier.repeat(sid) for _ in range(3)]
    await rig.quiet()

    assert all(reply.ok for reply in replies)
    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound"]
    assert len(rig.on_phone(ANA)) == 1


async def test_the_bot_is_silent_in_a_thread_that_staff_have(rig: Rig) -> None:
    person = await ana(rig)
    await rig.ask(ANA, "can I talk to a human")

    await rig.tell(ANA, "I want to book a check-up tomorrow")
    await rig.quiet()

    assert (await rig.thread(person)).status == "open"
    assert len(rig.on_phone(ANA)) == 1


async def test_what_the_bot_was_about_to_say_is_dropped_when_staff_take_the_thread(rig: Rig) -> None:
    person = await ana(rig)
    await rig.ask(ANA, "hello")
    thread_id = (await rig.thread(person)).id

    async def taken() -> None:
        async def unit(conn: Any) -> None:
            await rig.parts.threads.set_state(conn, thread_id, status=ThreadStatus.OPEN)

        await rig.parts.db.write(unit)

    rig.understand_with(Interrupted(trained(), taken))

    await rig.tell(ANA, "what are your hours?")
    await rig.quiet()

    assert (await rig.thread(person)).status == "open"
    assert len(rig.on_phone(ANA)) == 1
    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound", "inbound"]


async def test_a_text_is_answered_though_staff_close_the_thread_meanwhile(rig: Rig) -> None:
    """Closing is no taking over: the bot answers next in a closed thread, so the text must not fall between."""
    person = await ana(rig)
    await rig.ask(ANA, "hello")
    thread_id = (await rig.thread(person)).id

    async def closed() -> None:
        close = rig.parts.threads.set_state
        await rig.parts.db.write(lambda conn: close(conn, thread_id, status=ThreadStatus.CLOSED))

    rig.understand_with(Interrupted(trained(), closed))

    said = await rig.ask(ANA, "what are your hours?")

    assert is_said("info.hours_location", said)
    assert (await rig.thread(person)).status == "bot"


async def test_a_fault_after_the_booking_books_nothing_twice_and_the_answer_still_comes(rig: Rig) -> None:
    person = await ana(rig)
    await rig.ask(ANA, "I want to book a check-up for the soonest time")
    route_in, faults = rig.parts.router.route_in, 1

    async def flaky(conn: Any, intent: Any) -> Any:
        nonlocal faults
        if faults:
            faults -= 1
            raise RuntimeError("the process falls between the booking and its answer")
        return await route_in(conn, intent)

    rig.parts.router.route_in = flaky  # type: ignore[method-assign]

    said = await rig.ask(ANA, "1")

    (visit,) = await rig.visits(person)
    assert rig.words("book.booked", visit) in said
    assert len(await rig.visit_rows(person)) == 1


async def test_after_three_faults_a_person_takes_over_and_the_patient_is_told(rig: Rig) -> None:
    person = await ana(rig)

    async def broken() -> None:
        raise RuntimeError("the engine does not understand anything any more")

    rig.understand_with(Interrupted(trained(), broken))

    said = await rig.ask(ANA, "what are your hours?")

    assert is_said("inbox.handed_over", said)
    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "bot_failed")
    (text,) = [line for line in await rig.lines(person) if line.direction == "inbound"]
    assert await rig.value(sa.select(message.c.failures).where(message.c.id == text.id)) == 2


async def test_a_picture_alone_comes_to_staff(rig: Rig) -> None:
    person = await ana(rig)

    await rig.carrier.text(ANA, CLINIC, "", [File("image/png", saved(a_picture(), "PNG"))])
    said = await rig.hear(ANA)

    assert is_said("inbox.handed_over", said)
    assert (await rig.thread(person)).attention == "attachment"


async def test_what_an_earlier_run_left_is_handled_at_the_next_start(rig: Rig) -> None:
    person = await ana(rig)
    rig.understand_with(None)
    sid = await rig.text(ANA, "what are your hours?")
    await rig.parts.reception.stop()
    rig.understand_with(trained())

    rig.parts.reception.start()
    await rig.handled(sid)

    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound"]
