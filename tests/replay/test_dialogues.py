"""Some of the real dialogues, played against a whole hub; `python -m tests.replay` plays them all."""

from pathlib import Path

import pytest

from hub.crypto import Keyring
from tests.replay.goals import DIALOGUES, goals
from tests.replay.play import play, spread
from tests.shared import needs_shared

pytestmark = needs_shared
SOME = 16
FLOOR = 0.85


@pytest.mark.timeout(300)
async def test_real_patients_end_with_the_visit_that_they_wished(
    template: Path, keyring: Keyring, tmp_path: Path
) -> None:
    chosen = spread(list(goals(DIALOGUES)), SOME)

    played = [await play(goal, template, tmp_path / f"d{n}", keyring) for n, goal in enumerate(chosen)]

    assert [one.goal.dialogue for one in played if one.wrong_time] == []
    assert [one.goal.dialogue for one in played if one.ending == "silent"] == []
    assert sum(one.right for one in played) >= FLOOR * SOME
