"""The room at work in a whole hub: swept by the process that leads as clock, not by the test."""

from pathlib import Path

from hub.app import ROLES
from hub.crypto import Keyring
from tests.hub.slack.conftest import ANA, open_front
from tests.stores import either_will_do


@either_will_do
async def test_a_hub_posts_acts_and_marks_by_itself(database_url: str, tmp_path: Path, keyring: Keyring) -> None:
    async with open_front(database_url, tmp_path, keyring, roles=ROLES) as front:
        await front.user("U1", "Rosa Diaz")
        await front.waiting(priority=2)

        async def posted() -> bool:
            return bool(front.slack.posts)

        await front.rig.until(posted, "it is posted")
        ts, answered = await front.slack.says("U1", front.slack.posts[0].ts, "We call you")
        assert answered == 200
        assert await front.rig.hear(ANA) == "We call you"

        async def marked() -> bool:
            return "white_check_mark" in front.slack.message(ts).marks

        await front.rig.until(marked, "the reply is marked")
