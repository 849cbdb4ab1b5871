"""Workers: what learns of jobs that may be run, and has them run."""

import asyncio
import logging
from abc import ABC, abstractmethod
from datetime import timedelta

from hub.errors import HubError
from hub.jobs.executor import Executor
from hub.jobs.jobs import Nearby
from hub.log import say

_log = logging.getLogger(__name__)

SLOTS = 2
"""Jobs that a worker runs at once."""
GRACE = timedelta(seconds=20)
"""How long jobs under way may take to end when the worker is asked to."""
LOOK = timedelta(seconds=1)
"""How often a worker that nobody tells anything looks into the database."""
_SWEEP = timedelta(seconds=5)


class Runner(ABC):
    """Runs jobs until it is stopped. Any number of runners, of either sort, may work on one database."""

    def __init__(self, executor: Executor, *, sweep: timedelta = _SWEEP) -> None:
        self.executor = executor
        self._sweep_every = sweep
        self._stopping = asyncio.Event()
        self._sweeping: asyncio.Task[None] | None = None
        self._working: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to run jobs."""
        self._working = self._start()
        self._sweeping = asyncio.create_task(self._sweep_on(), name="jobs-sweep")

    async def stop(self, grace: timedelta = GRACE) -> None:
        """Begin no further job; let those under way end, or give them back when `grace` has passed."""
        self._stopping.set()
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=grace.total_seconds())
            if late:
                self.executor.give_up()
                await asyncio.gather(*late, return_exceptions=True)
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self._close()

    @abstractmethod
    def _start(self) -> list[asyncio.Task[None]]:
        """The tasks that run jobs, begun; each ends soon after `_stopping` is set and its job is done."""

    async def sweep(self) -> None:
        """What a runner does every few seconds beside running jobs. Raises: HubError."""
        await self.executor.sweep()

    async def _close(self) -> None:  # noqa: B027 - there may be nothing
        """Let go of what the runner holds."""

    async def _sweep_on(self) -> None:
        while True:
            try:
                await self.sweep()
            except HubError as error:
                say(_log, "jobs_sweep_failed", logging.WARNING, error=error)
            except Exception:
                _log.exception("jobs_sweep_failed", extra={"values": {}})
            await asyncio.sleep(self._sweep_every.total_seconds())

    async def _run_next(self) -> bool:
        """Run the job due longest; False when there was none, or the database did not answer."""
        try:
            return await self.executor.run_next()
        except HubError as error:
            say(_log, "job_not_claimed", logging.WARNING, error=error)
        except Exception:
            _log.exception("job_not_claimed", extra={"values": {}})
        return False

    async def _pause(self, seconds: float) -> None:
        """Wait, though not beyond the wish to stop."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


class EmbeddedRunner(Runner):
    """Finds jobs in the database: told of at once in its own process, within a second elsewhere."""

    def __init__(self, executor: Executor, nearby: Nearby, *, slots: int = SLOTS, sweep: timedelta = _SWEEP) -> None:
        super().__init__(executor, sweep=sweep)
        self._nearby = nearby
        self._slots = slots

    def _start(self) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._work(), name=f"jobs-{n}") for n in range(self._slots)]

    async def _work(self) -> None:
        while not self._stopping.is_set():
            if not await self._run_next():
                await self._listen()

    async def _listen(self) -> None:
        heard = asyncio.create_task(self._nearby.heard(LOOK.total_seconds()))
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({heard, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (heard, stopped):
            task.cancel()
        await asyncio.gather(heard, stopped, return_exceptions=True)
