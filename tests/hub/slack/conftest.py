"""A hub with Slack, whose room is swept by hand: `slack` is the workspace, `front` the hub seen from it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.permissions import Role
from hub.audit import Actor
from hub.crypto import Keyring
from hub.db.tables import slack_event, thread
from hub.events import Change, publish
from hub.settings import Secret
from hub.slack import SlackRoom
from tests.hub_rig import Rig, open_rig
from tests.servers.slack import CHANNEL, TOKEN, FakeSlack, Message

ANA = "+12025550141"


@dataclass(slots=True)
class Front:
    """A hub, and the workspace that its staff answer from."""

    rig: Rig
    slack: FakeSlack
    room: SlackRoom

    async def sweep(self, times: int = 1) -> None:
        for _ in range(times):
            await self.room.sweep()

    async def user(self, slack_user: str, name: str, role: Role = "agent", **values: Any) -> str:
        """The id of one of the staff, who is in the workspace, too."""
        mailbox = f"{name.split()[0].lower()}@clinic.example.org"
        parts = self.rig.parts
        by = Actor("system", "test")

        async def unit(conn: AsyncConnection) -> str:
            return await parts.users.add(conn, email=mailbox, name=name, role=role, by=by, password_hash="$x$")

        self.slack.join(slack_user, mailbox, **values)
        return await parts.db.write(unit)

    async def thread_of(self, person_id: str, **values: Any) -> str:
        """The id of a person's thread, made to be so."""
        parts = self.rig.parts

        async def unit(conn: AsyncConnection) -> str:
            one = (await parts.threads.open_for(conn, (person_id,)))[person_id]
            await conn.execute(sa.update(thread).where(thread.c.id == one.id).values(**values))
            await publish(conn, parts.clock.now(), [Change("thread.updated", one.id)])
            return one.id

        return await parts.db.write(unit)

    async def waiting(self, **values: Any) -> str:
        """The id of the thread of Ana Lopez, who wrote, and whom nobody has answered."""
        ana = await self.rig.patient("MRN-1", "Ana", "Lopez", ANA)
        await self.thread_of(ana, status="open")
        await self.rig.tell(ANA, "My knee <b>hurts</b> & swells")
        since = self.rig.parts.clock.now() - timedelta(minutes=5)
        return await self.thread_of(ana, **({"status": "open", "waiting_since": since} | values))

    async def posted(self, **values: Any) -> Message:
        """Her post, once it is there."""
        await self.waiting(**values)
        await self.sweep()
        (post,) = self.slack.posts
        return post

    async def thread(self) -> Any:
        (row,) = await self.rig.rows(sa.select(thread))
        return row

    async def undone(self) -> int:
        query = sa.select(sa.func.count()).where(slack_event.c.told_at.is_(None))
        return int(await self.rig.value(query))


@asynccontextmanager
async def open_front(database_url: str, folder: Path, keyring: Keyring, **changes: Any) -> AsyncIterator[Front]:
    """A hub whose web and dispatcher run, and whose Slack room the test sweeps."""
    slack = FakeSlack()
    await slack.start()
    given: dict[str, Any] = {
        "slack_bot_token": Secret(TOKEN),
        "slack_signing_secret": slack.secret,
        "slack_channel": CHANNEL,
        "slack_api_url": slack.url,
        "roles": ("web", "dispatcher"),
    }
    try:
        async with open_rig(database_url, folder, keyring, **(given | changes)) as rig:
            slack.hub = rig.base
            room = SlackRoom(rig.parts)
            try:
                yield Front(rig, slack, room)
            finally:
                await room.close()
    finally:
        await slack.stop()


@pytest.fixture
async def front(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Front]:
    async with open_front(database_url, tmp_path, keyring) as one:
        yield one
