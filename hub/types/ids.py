"""Identifiers: UUIDv7, made by the hub, so that rows sort by the time they were made."""

import os
import threading
import time

_lock = threading.Lock()
_last = 0
_spare: list[str] = []
_BLOCK = 64
_VARIANT = {f"{digit:x}": "89ab"[digit % 4] for digit in range(16)}
"""A random digit with its two upper bits set to 10, as the RFC wants them."""


def new_id() -> str:
    """A new UUIDv7 in its 36-character form, later than every one this process made before.

    48 bits of Unix milliseconds, then 12 bits that count within the millisecond, then 62 random bits.

    Source: RFC 9562 §5.7, §6.2 method 3.
    """
    global _last
    with _lock:
        ticks = _last = max(_ticks(), _last + 1)
        if not _spare:
            _spare.extend(_tails())
        tail = _spare.pop()
    head = f"{ticks:015x}"
    return f"{head[:8]}-{head[8:12]}-7{head[12:]}-{tail}"


def new_ids(count: int) -> list[str]:
    """So many new ids, each later than the one before it: less than half the work of as many calls of `new_id`."""
    global _last
    with _lock:
        first = max(_ticks(), _last + 1)
        _last = first + count - 1
        while len(_spare) < count:
            _spare.extend(_tails())
        tails = [_spare.pop() for _ in range(count)]
    heads = [f"{number:015x}" for number in range(first, first + count)]
    return [f"{head[:8]}-{head[8:12]}-7{head[12:]}-{tail}" for head, tail in zip(heads, tails, strict=True)]


def _ticks() -> int:
    """Now, in steps of a 4096th of a millisecond."""
    now = time.time_ns()
    return (now // 1_000_000) << 12 | (now % 1_000_000) * 4096 // 1_000_000


def _tails() -> list[str]:
    """The random ends of many ids, with one call to the system: every message makes several."""
    drawn = os.urandom(_BLOCK * 8).hex()
    ends = [drawn[at : at + 16] for at in range(0, len(drawn), 16)]
    return [f"{_VARIANT[end[0]]}{end[1:4]}-{end[4:]}" for end in ends]


def _forget_spare() -> None:
    """A forked child must not hand out its parent's random bits."""
    _spare.clear()


os.register_at_fork(after_in_child=_forget_spare)
