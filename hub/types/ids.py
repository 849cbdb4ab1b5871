"""Identifiers: UUIDv7, made by the hub, so that rows sort by the time they were made."""

import os
import threading
import time

_lock = threading.Lock()
_last = 0
_spare = b""
_BLOCK = 512


def new_id() -> str:
    """A new UUIDv7 in its 36-character form, later than every one this process made before.

    48 bits of Unix milliseconds, then 12 bits that count within the millisecond, then 62 random bits.

    Source: RFC 9562 §5.7, §6.2 method 3.
    """
    global _last, _spare
    now = time.time_ns()
    ticks = (now // 1_000_000) << 12 | (now % 1_000_000) * 4096 // 1_000_000
    with _lock:
        ticks = _last = max(ticks, _last + 1)
        if not _spare:
            # One call to the system for many ids: every message makes several.
            _spare = os.urandom(_BLOCK)
        tail, _spare = int.from_bytes(_spare[:8], "big"), _spare[8:]
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0x2 << 62 | tail & 0x3FFFFFFFFFFFFFFF
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _forget_spare() -> None:
    """A forked child must not hand out its parent's random bits."""
    global _spare
    _spare = b""


os.register_at_fork(after_in_child=_forget_spare)
