"""Audit entries of refused calls, bounded: who floods the hub with calls must not flood the audit too."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.parts import Parts

_WINDOW = timedelta(minutes=1)
_MOST = 60


class Refusals:
    """Writes an entry `action` for each refusal, up to sixty a minute; a later one says how many went without."""

    def __init__(self, parts: Parts, action: str) -> None:
        self._parts = parts
        self._action = action
        self._since: datetime | None = None
        self._written = 0
        self._passed_over = 0

    async def note(self, status: int, endpoint: str, actor: Actor, request_id: str) -> None:
        """Record that `actor` was refused at `endpoint`, its path as the API describes it."""
        now = self._parts.clock.now()
        if self._since is None or now - self._since >= _WINDOW:
            self._since, self._written = now, 0
        if self._written >= _MOST:
            self._passed_over += 1
            return
        self._written += 1
        details: dict[str, str | int | None] = {"status": status, "endpoint": endpoint}
        if self._passed_over:
            details["passed_over"], self._passed_over = self._passed_over, 0
        entry = Entry(action=self._action, actor=actor, request_id=request_id, details=details)

        async def unit(conn: AsyncConnection) -> None:
            await self._parts.trail.record(conn, entry)

        await self._parts.db.write(unit)
