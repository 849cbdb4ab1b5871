"""One thread over every channel, read and written in the portal."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import audit_event, delivery, message, thread
from hub.demo.clinic import patient
from hub.portal.conversation import LONGEST, PAGE, read
from hub.portal.sessions import IDLE
from hub.threads import NewMessage
from hub.types import AuthorKind, ChannelKind, Direction, Intent, Purpose, new_id
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.conftest import Watch
from tests.hub.portal.person import WITHIN, Person
from tests.stores import either_will_do

pytestmark = either_will_do

JAMES, MARIA = patient("james"), patient("maria")


async def until_shown(person: Person, words: str) -> str:
    """The messages, once they hold `words`."""
    async with asyncio.timeout(WITHIN):
        while words not in await person.get("/portal/messages"):  # noqa: ASYNC110 - another task answers
            await asyncio.sleep(0.05)
    return person.page


async def until(clinic: Running, query: sa.Select, holds: Callable[[Any], bool]) -> None:
    """Wait until what `query` finds is as it must be."""
    async with asyncio.timeout(WITHIN):
        while not holds(await value(clinic, query)):  # noqa: ASYNC110 - another task writes
            await asyncio.sleep(0.02)


async def james(clinic: Running) -> str:
    async with clinic.parts.db.read() as conn:
        found = await clinic.parts.people.by_mrn(conn, JAMES.mrn)
    assert found is not None
    return found


async def value(clinic: Running, query: sa.Select) -> Any:
    async with clinic.parts.db.read() as conn:
        return (await conn.execute(query)).scalars().first()


async def test_what_is_written_here_is_answered_here_by_the_same_bot(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    await person.submit("/portal/messages", text="What do I have booked?")
    assert person.url.path == "/portal/messages"

    page = await until_shown(person, "Your next visit")

    assert "Assistant" in page
    assert "What do I have booked?" in page
    sent = sa.select(delivery.c.state).where(delivery.c.channel == ChannelKind.PORTAL)
    # The page that was looked for shows it, and so it is read.
    await until(clinic, sent, lambda state: state == "read")
    assert len(clinic.carrier.phone(JAMES.phone).conversation) == 1  # the code alone


async def test_a_talk_begun_by_text_goes_on_here_with_its_state(clinic: Running, person: Person) -> None:
    await clinic.carrier.text(JAMES.phone, clinic.parts.settings.sms_from, "I need a check-up")
    await clinic.carrier.phone(JAMES.phone).next(WITHIN)
    await person.sign_in(JAMES)
    assert "by text message" in person.page
    assert "I need a check-up" in person.page

    await person.submit("/portal/messages", text="soonest")
    await until_shown(person, "Choose")

    assert person.buttons("text") == ["1", "2", "3"] or person.buttons("text") == ["YES", "NO"]


async def test_a_choice_is_pressed_and_taken(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    await person.submit("/portal/messages", text="I need a dental cleaning next week")
    await until_shown(person, "Choose")
    first = person.buttons("text")[0]
    form = next(one for one in person.read().forms if one[0] == "/portal/messages")[1]
    length = sa.select(thread.c.last_seq).where(thread.c.person_id == await james(clinic))
    was = await value(clinic, length)

    await person.post("/portal/messages", form | {"text": first})

    await until(clinic, length, lambda now: now == was + 2)
    page = await person.get("/portal/messages")
    assert page.count('class="said me"') == 2


async def test_the_same_form_posted_twice_is_one_message_and_other_words_are_another(
    clinic: Running, person: Person
) -> None:
    await person.sign_in(JAMES)
    form = person.form("/portal/messages")
    for text in ("Hello", "Hello", "Hello again"):
        await person.post("/portal/messages", form | {"text": text})

    async with clinic.parts.db.read() as conn:
        count = sa.select(sa.func.count()).where(message.c.direction == Direction.INBOUND)
        assert (await conn.execute(count)).scalar_one() == 2


async def test_notes_and_codes_are_never_shown(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    person_id = await james(clinic)

    async def note(conn: object) -> None:
        one = (await clinic.parts.threads.open_for(conn, (person_id,)))[person_id]  # type: ignore[arg-type]
        keys = await clinic.parts.vault.key(conn, person_id)  # type: ignore[arg-type]
        entry = NewMessage(
            id=new_id(),
            thread_id=one.id,
            person_id=person_id,
            direction=Direction.NOTE,
            author=AuthorKind.STAFF,
            at=clinic.parts.clock.now(),
            text="Only for us",
        )
        await clinic.parts.threads.append(conn, keys, [entry])  # type: ignore[arg-type]

    await clinic.parts.db.write(note)

    page = await person.get("/portal/messages")

    assert "Only for us" not in page
    assert "is your" not in page
    assert "No messages yet" in page


async def test_what_is_written_is_shown_as_text_whatever_it_looks_like(person: Person) -> None:
    await person.sign_in(JAMES)

    await person.submit("/portal/messages", text="HELP <script>alert(1)</script>")

    assert "&lt;script&gt;alert(1)" in person.page
    assert "<script>alert" not in person.page


async def test_what_is_too_long_stays_in_the_box(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)

    await person.submit("/portal/messages", text="x" * (LONGEST + 1))

    assert "empty or too long" in person.page
    assert "x" * LONGEST in person.page


async def test_earlier_messages_are_a_page_away_and_none_shows_twice(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    person_id = await james(clinic)
    for n in range(PAGE + 5):
        intent = Intent(
            key=f"test:{n}",
            person_id=person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.STAFF,
            author_name="Priya N.",
            body=f"Line {n:03d}.",
            level="full",
            channel=ChannelKind.PORTAL,
        )
        await clinic.parts.router.route(intent)

    async with clinic.parts.db.read() as conn:
        newest = await read(conn, clinic.parts, person_id, None)
        before = await read(conn, clinic.parts, person_id, newest.said[0].seq)
    page = await person.get("/portal/messages")

    lines = [one.text for one in (*before.said, *newest.said)]
    assert lines == [f"Line {n:03d}." for n in range(PAGE + 5)]
    assert (newest.earlier, before.earlier) == (True, False)
    assert f"/portal/messages?before={newest.said[0].seq}" in page
    assert "Priya N." in page


async def test_another_persons_thread_is_never_read(clinic: Running, person: Person) -> None:
    await clinic.carrier.text(MARIA.phone, clinic.parts.settings.sms_from, "HELP")
    await clinic.carrier.phone(MARIA.phone).next(WITHIN)

    await person.sign_in(JAMES)

    assert "No messages yet" in person.page


@pytest.mark.parametrize("words", ["STOP", "START", "you have the wrong number"])
async def test_what_can_only_mean_another_address_is_for_staff_and_is_answered(
    words: str, clinic: Running, person: Person
) -> None:
    await person.sign_in(JAMES)

    await person.submit("/portal/messages", text=words)

    await until_shown(person, "automated")
    held = sa.select(thread.c.attention).where(thread.c.person_id == await james(clinic))
    assert await value(clinic, held) == "said_in_portal"


async def test_an_emergency_is_answered_here_as_everywhere(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)

    text = "I have chest pain and cannot breathe"
    await person.submit("/portal/messages", text=text)
    assert "call 911 now" in person.page
    assert await value(clinic, sa.select(sa.func.count()).where(message.c.direction == Direction.INBOUND)) == 0
    await person.submit("/portal/messages", text="I want to end my life")
    assert "988" in person.page
    await person.submit("/portal/messages", text=text)

    await person.submit("/portal/messages", text=text)

    await until_shown(person, "911 now")
    held = sa.select(thread.c.priority).where(thread.c.person_id == await james(clinic))
    assert await value(clinic, held) == 3


async def test_what_was_written_when_the_session_was_over_is_shown_once_more_and_kept_nowhere(
    clinic: Running, person: Person, watch: Watch
) -> None:
    await person.sign_in(JAMES)
    watch.forward(IDLE)

    await person.submit("/portal/messages", text="Is <Dr. Kim> in on Friday?")

    assert person.status == 403
    assert "Your message was not sent" in person.page
    assert "Is &lt;Dr. Kim&gt; in on Friday?" in person.page
    assert await value(clinic, sa.select(sa.func.count()).where(message.c.direction == Direction.INBOUND)) == 0


async def test_an_open_page_hears_of_what_is_new_and_learns_nothing_by_it(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    stream = await person.web.get("/portal/events")
    await stream.content.readuntil(b"\n\n")

    intent = Intent(
        key="test:live",
        person_id=await james(clinic),
        purpose=Purpose.CARE,
        author=AuthorKind.STAFF,
        body="Something private.",
        level="full",
        channel=ChannelKind.PORTAL,
    )
    await clinic.parts.router.route(intent)

    async with asyncio.timeout(WITHIN):
        while b"event: changed" not in (told := await stream.content.readuntil(b"\n\n")):
            pass
    assert told == b"event: changed\ndata: {}\n\n"
    stream.close()


async def test_a_stream_ends_with_its_session(person: Person) -> None:
    await person.sign_in(JAMES)
    stream = await person.web.get("/portal/events")
    await stream.content.readuntil(b"\n\n")

    await person.get("/portal/more")
    await person.submit("/portal/leave")

    async with asyncio.timeout(WITHIN):
        rest = await stream.content.read()
    assert b"event: ended" in rest


async def test_each_reading_is_audited_before_it_is_answered(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    for path in ("messages", "visits", "more"):
        await person.get(f"/portal/{path}")

    query = sa.select(sa.func.count()).where(audit_event.c.action == "portal.read")
    query = query.where(
        audit_event.c.person_id == await james(clinic), audit_event.c.actor_kind == Actor("patient").kind
    )
    assert await value(clinic, query) == 4
