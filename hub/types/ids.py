"""Identifiers: UUIDv7, made by the hub, so that rows sort by the time they were made."""

import os
import threading
import time

_lock = threading.Lock()
_last = 0
_spare: list[str] = []
_BLOCK = 64


def new_id() -> str:
    """A new UUIDv7 in its 36-character form, later than every one this process made before.

    48 bits of Unix milliseconds, then 12 bits that count within the millisecond, then 62 random bits.

    Source: RFC 9562 §5.7, §6.2 method 3.
    """
    global _last
    now = time.time_ns()
    ticks = (now // 1_000_000) << 12 | (now % 1_000_000) * 4096 // 1_000_000
    with _lock:
        ticks = _last = max(ticks, _last + 1)
        if not _spare:
            _spare.extend(_tails())
        tail = _spare.pop()
    head = f"{ticks:015x}"
    return f"{head[:8]}-{head[8:12]}-7{head[12:]}-{tail}"


def _tails() -> list[str]:
    """The random ends of many ids, with one call to the system: every message makes several."""
    drawn = os.urandom(_BLOCK * 8)
    ends = (int.from_bytes(drawn[at : at + 8], "big") & 0x3FFFFFFFFFFFFFFF | 1 << 63 for at in range(0, len(drawn), 8))
    return [f"{end >> 48:04x}-{end & 0xFFFFFFFFFFFF:012x}" for end in ends]


def _forget_spare() -> None:
    """A forked child must not hand out its parent's random bits."""
    _spare.clear()


os.register_at_fork(after_in_child=_forget_spare)
