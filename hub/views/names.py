"""Names of users and teams, remembered for some seconds: every row shows some, and they hardly ever change."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import Users
from hub.db.tables import team

__all__ = ["Name", "Names"]

_KEPT = 5.0
"""Seconds for which a name is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A user or a team. `initials` are a user's."""

    id: str
    name: str = field(repr=False)
    initials: str = ""


class Names:
    """The names of one process."""

    def __init__(self, users: Users) -> None:
        self._read = users
        self._users: dict[str, Name] = {}
        self._teams: dict[str, Name] | None = None
        self._until = 0.0

    async def users(self, conn: AsyncConnection, ids: Collection[str | None]) -> Mapping[str, Name]:
        """Users by their ids; who is not there is left out."""
        self._forget()
        wanted = {one for one in ids if one is not None}
        if missing := wanted - self._users.keys():
            for one in (await self._read.of(conn, missing)).values():
                self._users[one.id] = Name(id=one.id, name=one.name, initials=one.initials)
        return {one: self._users[one] for one in wanted if one in self._users}

    async def teams(self, conn: AsyncConnection) -> Mapping[str, Name]:
        """All teams by their ids."""
        self._forget()
        if self._teams is None:
            rows = (await conn.execute(sa.select(team.c.id, team.c.name))).all()
            self._teams = {row.id: Name(id=row.id, name=row.name) for row in rows}
        return self._teams

    def _forget(self) -> None:
        now = time.monotonic()
        if now >= self._until:
            self._users, self._teams, self._until = {}, None, now + _KEPT
