"""A message that was kept is answered as it was to be answered, however its process ended."""

from pathlib import Path

from tests.faults import hl7
from tests.hub.hl7.messages import acknowledged


async def test_killed_between_keeping_and_answering_it_answers_the_same_message_as_it_would_have(
    tmp_path: Path,
) -> None:
    state, kept, answers = await hl7.die_before_answering(tmp_path)

    assert state == "applied"
    assert acknowledged(kept) == ("AA", "MSG1", "")
    assert answers == [kept]
