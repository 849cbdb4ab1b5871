"""What only staff can see to reaches them at once, though the assistant goes on with a visit."""

from hub.types import Direction, ThreadStatus
from tests.hub.reception.people import ANA, ana
from tests.hub_rig import Rig


async def test_a_refill_asked_for_beside_a_visit_is_noted_for_staff_while_the_assistant_goes_on(rig: Rig) -> None:
    person = await ana(rig)

    await rig.ask(ANA, "Can you refill my pills? And I want to book an appointment for a check-up")

    thread = await rig.thread(person)
    notes = [line.text for line in await rig.lines(person) if line.direction == Direction.NOTE]
    assert (thread.status, thread.attention) == (ThreadStatus.BOT, "refill")
    assert notes == ["The assistant goes on with a visit. For staff: refill."]
