"""Jobs that come round: queued when their schedule says so, in the clinic's zone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from croniter import croniter
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db import Database
from hub.db.tables import cron
from hub.jobs.jobs import Jobs
from hub.jobs.registry import Kind

_SECOND = timedelta(seconds=1)


class Cron:
    """The schedules of every kind of job that has one.

    A schedule's moment is queued once, however many ask: what was planned last is kept in the database and changed in
    the transaction that queues the job. Moments that were missed, because nothing ran, become one job and not many. A
    schedule that is new begins with its next moment. When the clocks change, a moment of an hour that is skipped comes
    at its end, and one of an hour that is repeated comes twice.
    """

    def __init__(self, db: Database, clock: Clock, jobs: Jobs, zone: ZoneInfo) -> None:
        self._db = db
        self._clock = clock
        self._jobs = jobs
        self._zone = zone
        self._kinds = {kind.name: (kind, kind.cron) for kind in jobs.registry if kind.cron is not None}
        self._next: dict[str, datetime] = {}
        for name, (_, schedule) in self._kinds.items():
            if not croniter.is_valid(schedule) or len(schedule.split()) != 5:
                raise ValueError(f"the schedule of the job {name} is not five fields of cron")

    async def fire(self) -> int:
        """Queue what is due; returns how many jobs are new. Asks the database only when a schedule's moment came."""
        now = self._clock.now()
        due = [one for name, one in self._kinds.items() if name not in self._next or self._next[name] <= now]
        if not due:
            return 0
        count = await self._db.write(lambda conn: self._plan(conn, due, now))
        for kind, schedule in due:
            self._next[kind.name] = self._after(schedule, now)
        return count

    async def _plan(self, conn: AsyncConnection, due: Sequence[tuple[Kind, str]], now: datetime) -> int:
        query = sa.select(cron).where(cron.c.name.in_([kind.name for kind, _ in due])).order_by(cron.c.name)
        planned = {row.name: row.planned_at for row in await conn.execute(query.with_for_update())}
        count = 0
        for kind, schedule in due:
            if kind.name not in planned:
                await conn.execute(sa.insert(cron), {"name": kind.name, "planned_at": now})
                continue
            last = self._last(schedule, now)
            if last <= planned[kind.name]:
                continue
            await conn.execute(sa.update(cron).where(cron.c.name == kind.name).values(planned_at=last))
            count += (await self._jobs.enqueue_in(conn, kind.name)).new
        return count

    def _last(self, schedule: str, now: datetime) -> datetime:
        """The schedule's last moment up to now."""
        after = now.replace(microsecond=0) + _SECOND
        found: datetime = croniter(schedule, after.astimezone(self._zone)).get_prev(datetime)
        return found

    def _after(self, schedule: str, now: datetime) -> datetime:
        """The schedule's first moment after now."""
        found: datetime = croniter(schedule, now.astimezone(self._zone)).get_next(datetime)
        return found
