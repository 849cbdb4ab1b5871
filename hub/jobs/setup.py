"""Jobs over the parts of a hub: handed out by RQ where a Redis is named, else found in the database."""

from collections.abc import Callable
from datetime import timedelta

from hub.clock import Clock
from hub.errors import SettingsError
from hub.jobs.cron import Cron
from hub.jobs.executor import LASTS, Executor
from hub.jobs.jobs import Announcer, Jobs, Nearby
from hub.jobs.kinds import REGISTRY
from hub.jobs.registry import Registry
from hub.jobs.runner import EmbeddedRunner, Runner
from hub.live import deployment
from hub.parts import Parts


class Work:
    """What a hub has for background work. Connects to nothing until it is used."""

    def __init__(self, parts: Parts, registry: Registry = REGISTRY) -> None:
        """Raises: SettingsError when a Redis is named and the libraries for it are not installed."""
        self._parts = parts
        self._registry = registry
        queue_name = f"carehub-{deployment(parts.vault)}"
        self._announcer, self._runner = _way(parts.settings.redis_url.reveal(), queue_name, parts.clock)
        self.jobs = Jobs(parts.db, parts.clock, registry, self._announcer)

    def runner(self, lasts: timedelta = LASTS) -> Runner:
        """A worker, not yet started, whose jobs are taken over when it was not heard of for so long."""
        parts = self._parts
        executor = Executor(
            db=parts.db,
            clock=parts.clock,
            metrics=parts.metrics,
            registry=self._registry,
            parts=parts,
            lasts=lasts,
        )
        return self._runner(executor)

    def cron(self) -> Cron:
        """The schedules."""
        return Cron(self._parts.db, self._parts.clock, self.jobs, self._parts.settings.timezone)

    async def close(self) -> None:
        """Let go of what is connected."""
        await self._announcer.close()


def _way(redis_url: str, queue_name: str, clock: Clock) -> tuple[Announcer, Callable[[Executor], Runner]]:
    """How workers learn of jobs, and what makes a worker that does."""
    if not redis_url:
        nearby = Nearby()
        return nearby, lambda executor: EmbeddedRunner(executor, nearby)
    try:
        from hub.jobs.redis_queue import RqQueue, RqRunner
    except ImportError:
        raise SettingsError(["HUB_REDIS_URL needs more libraries: pip install 'carehub[scale]'"]) from None
    queue = RqQueue(redis_url, queue_name, clock)
    return queue, lambda executor: RqRunner(executor, queue)
