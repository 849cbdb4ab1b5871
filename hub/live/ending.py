"""Ending background tasks for certain."""

import asyncio
from collections.abc import Iterable

_AGAIN = 0.1


async def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel `tasks` until all have ended.

    Once is not enough: what waits for a socket (redis-py among others) may lose a cancellation that comes together
    with an answer.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN)
