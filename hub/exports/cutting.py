"""One file's worth of messages: read, redacted and written in memory, from one place on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hub.exports.formats import KINDS, Setting
from hub.exports.records import MessageRecord
from hub.exports.walking import Given, Place, Walk

__all__ = ["MOST_BYTES", "Cut", "cut"]

MOST_BYTES = 6 * 1024 * 1024
"""Octets from which on a file is ended, whatever it holds: it is made in memory."""
_LOOK = 5
"""Messages after which it is looked how long the file is."""
_PAUSE, _PAUSE_DRAWING = 100, 10
"""Messages after which others in the process have their turn: two milliseconds' worth, of what is drawn up to ten."""
Keep = Callable[[Given], Awaitable[None]]
"""Looks after a file of a message: its record gets its place and its digest."""


@dataclass(slots=True, kw_only=True)
class Cut:
    """A file as it was made. threads: how many begin in it; persons: whose messages it holds."""

    content: bytes = field(repr=False)
    count: int
    threads: int
    first: Place
    last: Place
    persons: set[str]


async def cut(walk: Walk, setting: Setting, after: Place | None, last: Place | None, keep: Keep) -> Cut | None:
    """The next file after a place, and not beyond `last`; None where there is nothing more.

    It ends early where it becomes too long: `Cut.last` says where.
    """
    kind = KINDS[walk.asked.format]
    chunk = kind.make(setting)
    add, most = chunk.message, kind.most
    pause = _PAUSE_DRAWING if kind.numbered else _PAUSE
    count = threads = 0
    first: Place | None = None
    head, earlier, place = "", after.thread if after else "", after
    latest: MessageRecord | None = None
    persons: set[str] = set()
    bound = None if last is None else (last.thread, last.seq)
    whole = False
    while not whole and (page := await walk.page(place)).rows:
        attached = page.attached
        for one in page.messages():
            thread = one.thread
            if bound is not None and thread >= bound[0] and (thread, one.seq) > bound:
                whole = True
                break
            if thread != head:
                head = thread
                chunk.thread(page.thread(head, continued=head == earlier))
                threads += head != earlier
                persons.add(one.person)
            if attached:
                for given in page.files(one):
                    await keep(given)
            add(one)
            if first is None:
                first = Place(thread, one.seq)
            count, latest = count + 1, one
            if count % _LOOK and count < most:
                continue
            if not count % pause:
                await asyncio.sleep(0)
            if count >= most or chunk.size >= MOST_BYTES:
                whole = True
                break
        place = page.end
    if first is None or latest is None:
        return None
    # What is drawn is put together in a second or so: not while others wait.
    content = await asyncio.to_thread(chunk.done) if kind.numbered else chunk.done()
    end = Place(latest.thread, latest.seq)
    return Cut(content=content, count=count, threads=threads, first=first, last=end, persons=persons)
