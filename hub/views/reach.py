"""Reach: which threads one of the staff sees at all, whatever their role lets them do.

A thread of a private team is seen by its members, by whom it is assigned to, and by who was mentioned in it. Whoever
else must see it breaks the glass: they say why, it ends by itself, and somebody looks at it afterwards.
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import mention, team, thread

__all__ = ["EVERYTHING", "Reach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a user sees. `everything` leaves the rest aside: so see other systems, by their tokens.

    roams: whether threads are seen at all without broken glass; without it only those of `persons` are.
    teams: ids of the teams they are in. persons: those for whom they broke the glass, while that holds.
    """

    everything: bool = False
    user_id: str = ""
    roams: bool = False
    teams: Collection[str] = ()
    persons: Collection[str] = ()

    def threads(self) -> sa.ColumnElement[bool]:
        """The condition on `thread` under which one is seen."""
        if self.everything:
            return sa.true()
        broken = thread.c.person_id.in_(list(self.persons)) if self.persons else sa.false()
        if not self.roams:
            return broken
        mentioned = sa.select(mention.c.thread_id).where(mention.c.user_id == self.user_id)
        closed = sa.select(team.c.id).where(team.c.private, team.c.id.not_in(list(self.teams)))
        return sa.or_(
            thread.c.team_id.is_(None),
            thread.c.team_id.not_in(closed),
            thread.c.assignee == self.user_id,
            thread.c.id.in_(mentioned),
            broken,
        )

    async def sees(self, conn: AsyncConnection, *, thread_id: str | None = None, person_id: str | None = None) -> bool:
        """Whether the thread, or the person's, is seen; who has no thread yet is seen by whoever roams."""
        if self.everything:
            return True
        which = thread.c.id == thread_id if thread_id is not None else thread.c.person_id == person_id
        if (await conn.execute(sa.select(thread.c.id).where(which, self.threads()))).first() is not None:
            return True
        if person_id is None or not (self.roams or person_id in self.persons):
            return False
        return (await conn.execute(sa.select(thread.c.id).where(which))).first() is None


EVERYTHING = Reach(everything=True)
