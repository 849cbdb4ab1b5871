"""Outside of opening hours who writes to the staff hears so once a closed period, and who is in danger never."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.db.tables import thread
from tests.hub.desk.floor import ANA, Floor, agent
from tests.hub_rig import is_said
from tests.stores import embedded_only

NIGHT = timedelta(hours=12)


async def _outbound(floor: Floor, person_id: str) -> list[str]:
    return [text for author, text in await floor.said(person_id) if author == "system"]


@embedded_only
async def test_who_writes_at_night_hears_once_when_the_clinic_answers(floor: Floor) -> None:
    ana, dana = await floor.patient(), await floor.user()
    thread_id = await floor.asks()
    await floor.reacts(thread_id)
    assert await _outbound(floor, ana) == [], "it is open"

    floor.clock.advance(NIGHT)
    for n in range(3):
        await floor.says(f"Hello {n}")
        await floor.reacts(thread_id)
    (said,) = await _outbound(floor, ana)
    assert is_said("inbox.after_hours", said)
    assert (await floor.state(thread_id)).waiting_since is not None, "that was no answer"

    floor.clock.advance(timedelta(days=1))
    await floor.write(thread_id, agent(dana))
    await floor.says("And now?")
    await floor.reacts(thread_id)
    assert len(await _outbound(floor, ana)) == 2, "another night"


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        pytest.param("I have chest pain", 0, id="danger"),
        pytest.param("Hello", 3, id="a thread in danger"),
        pytest.param("STOP", 0, id="an opt-out"),
    ],
)
@embedded_only
async def test_at_night_nothing_is_said_beside_what_helps(floor: Floor, text: str, priority: int) -> None:
    ana = await floor.patient()
    thread_id = await floor.asks("Hi")
    await floor.parts.db.write(lambda conn: conn.execute(sa.update(thread).values(priority=priority)))
    await floor.reacts(thread_id)
    floor.clock.advance(NIGHT)

    await floor.says(text)
    await floor.reacts(thread_id)

    assert not any(is_said("inbox.after_hours", said) for said in await _outbound(floor, ana))


@embedded_only
async def test_it_is_said_in_the_person_s_language_and_not_to_who_opted_out(floor: Floor) -> None:
    ana = await floor.patient(language="es")
    await floor.patient("+12025550112", "MRN-2", consent="no")
    floor.clock.advance(NIGHT)
    for phone in (ANA, "+12025550112"):
        await floor.reacts(await floor.asks(phone=phone))

    (said,) = await _outbound(floor, ana)
    assert is_said("inbox.after_hours", said, "es")
