"""Search: the time of a word over all that was ever said, and the size of the index that finds it."""

import statistics
import time
from typing import Any

import sqlalchemy as sa

from hub import app as hubs
from hub.app import Hub
from hub.db.tables import search_word
from tests.bench.crowd import Crowd, settings_for
from tests.bench.figures import Tell

_OFTEN = ("appointment", "refill pharmacy", "insurance tomorrow blood", "nothinglikethis")
_NAMES = ("maria lop", "ruiz", "jose garcia")
_TIMES = 15


def run(found: Crowd, database: str, tell: Tell) -> dict[str, Any]:
    """Milliseconds of each search, after the index was built, if it is not there."""
    return hubs.loop(_measured(found, database, tell))


async def _measured(found: Crowd, database: str, tell: Tell) -> dict[str, Any]:
    hub = await Hub.open(settings_for(database, found.data), roles=())
    try:
        built = found.data / "indexed"
        if not built.exists():
            began = time.monotonic()
            done = await hub.parts.indexer.rebuild()
            built.write_text(f"{done}")
            tell(f"indexed {done:,} messages and persons in {time.monotonic() - began:.0f} s")
        figures: dict[str, Any] = {"bytes_a_message": await _size(hub, found)}
        tell(f"index: {figures['bytes_a_message']:.0f} bytes a message")
        tell(f"{found.messages:,} messages: p50 and slowest in ms")
        for words in (*list(found.words)[:3], *_OFTEN):
            figures[words] = await _timed(hub, words, by_name=False, tell=tell)
        for words in _NAMES:
            figures[words] = await _timed(hub, words, by_name=True, tell=tell)
        return figures
    finally:
        await hub.stop()


async def _timed(hub: Hub, words: str, *, by_name: bool, tell: Tell) -> float:
    taken, count = [], 0
    for _ in range(_TIMES):
        async with hub.parts.db.read() as conn:
            began = time.perf_counter()
            if by_name:
                count = len(await hub.parts.search.persons(conn, words, seen=sa.true()))
            else:
                count = len((await hub.parts.search.messages(conn, words, seen=sa.true())).hits)
            taken.append((time.perf_counter() - began) * 1e3)
    tell(f"  {words:28}{statistics.median(taken):8.1f}{max(taken):8.1f}   {count} found")
    return statistics.median(taken)


async def _size(hub: Hub, found: Crowd) -> float:
    """Bytes of the index of messages, for each of them."""
    async with hub.parts.db.read() as conn:
        if conn.dialect.name == "postgresql":
            size = sa.text(f"SELECT pg_total_relation_size('{search_word.name}')")
            return int((await conn.execute(size)).scalar_one()) / found.messages
        size = sa.text(f"SELECT sum(pgsize) FROM dbstat WHERE name = '{search_word.name}'")
        return int((await conn.execute(size)).scalar_one()) / found.messages
