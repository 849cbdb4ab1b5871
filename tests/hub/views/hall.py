"""A hall of threads in every state, and of staff who look at them."""

import itertools
import random
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.db.bulk import insert_rows
from hub.db.tables import label, mention, message, staff_user, team, thread, thread_label
from hub.events import Change, publish
from hub.types import new_id
from hub.views import Reach
from tests.hub.identity.books import Books


class Hall:
    """Threads of strangers, the nth of number n."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.threads: list[str] = []
        self.users: list[str] = []
        self.teams: list[str] = []
        self.labels: list[str] = []

    async def open(self, threads: int = 12) -> None:
        """Three of the staff, an open and a private team, a label, and so many threads of each kind of state."""
        now = self.books.clock.now()
        self.users, self.teams, self.labels = [new_id() for _ in range(3)], [new_id(), new_id()], [new_id()]
        users = [
            {
                "id": one,
                "email_blind": one.encode(),
                "profile_sealed": b"",
                "role": "agent",
                "status": "active",
                "language": "en",
                "capacity": 3,
                "available": True,
                "created_at": now,
                "updated_at": now,
            }
            for one in self.users
        ]
        teams = [
            {"id": one, "name": f"Team {n}", "routing": "manual", "private": n == 1, "created_at": now}
            for n, one in enumerate(self.teams)
        ]
        labels = [{"id": one, "name": "Billing", "color": "red", "created_at": now} for one in self.labels]

        async def unit(conn: Any) -> None:
            await insert_rows(conn, staff_user, users)
            await insert_rows(conn, team, teams)
            await insert_rows(conn, label, labels)

        await self.books.db.write(unit)
        for n in range(threads):
            self.books.clock.advance(timedelta(minutes=1))
            self.threads.append((await self.books.says(n, f"Text {n}")).thread_id)

    async def change(self, thread_id: str, *, told: bool = True, **values: Any) -> None:
        """Change a thread, as the desk does."""

        async def unit(conn: Any) -> None:
            await conn.execute(sa.update(thread).where(thread.c.id == thread_id).values(**values))
            if told:
                await publish(conn, self.books.clock.now(), [Change("thread.updated", thread_id)])

        await self.books.db.write(unit)

    async def shuffle(self, seed: int) -> None:
        """Every thread in some state."""
        dice = random.Random(seed)
        states = itertools.cycle(("open", "open", "open", "bot", "snoozed", "closed"))
        for one in self.threads:
            waits = dice.random() < 0.5
            await self.change(
                one,
                status=next(states),
                priority=dice.choice((0, 0, 0, 1, 2, 3)),
                assignee=dice.choice([None, *self.users]),
                team_id=dice.choice([None, *self.teams]),
                waiting_since=self.books.clock.now() - timedelta(minutes=dice.randrange(60)) if waits else None,
            )

    async def mention(self, thread_id: str, user_id: str) -> None:
        """Name a user in a thread."""

        async def unit(conn: Any) -> None:
            query = sa.select(message.c.id).where(message.c.thread_id == thread_id).limit(1)
            said = (await conn.execute(query)).scalar_one()
            row = {"user_id": user_id, "message_id": said, "thread_id": thread_id, "at": self.books.clock.now()}
            await insert_rows(conn, mention, [row])
            await publish(conn, self.books.clock.now(), [Change("thread.updated", thread_id)])

        await self.books.db.write(unit)

    async def labelled(self, thread_id: str) -> None:
        """Give a thread the label."""
        row = {"thread_id": thread_id, "label_id": self.labels[0], "by_id": new_id(), "at": self.books.clock.now()}
        await self.books.db.write(lambda conn: insert_rows(conn, thread_label, [row]))

    async def rows(self) -> dict[str, Any]:
        """All threads, by their ids."""
        async with self.books.db.read() as conn:
            return {row.id: row for row in await conn.execute(sa.select(thread))}

    def reach(self, n: int, *teams: int, roams: bool = True, persons: tuple[str, ...] = ()) -> Reach:
        """What the nth of the staff sees, who is in these teams."""
        return Reach(user_id=self.users[n], roams=roams, teams=tuple(self.teams[one] for one in teams), persons=persons)

    async def seen(self, reach: Reach) -> set[str]:
        """The threads that a reach allows."""
        async with self.books.db.read() as conn:
            return set((await conn.execute(sa.select(thread.c.id).where(reach.threads()))).scalars())
