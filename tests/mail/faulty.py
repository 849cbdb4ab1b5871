"""A parser that does what the mail tells it: it loops, ends, breaks, wants memory, or shows its environment."""

import os

from channels.mail import aside
from channels.mail.parsing import Parsed, parse


def faulty(raw: bytes) -> Parsed:
    fault = raw.rpartition(b"FAULT ")[2].decode() if b"FAULT " in raw else ""
    if fault == "loop":
        while True:
            pass
    if fault == "exit":
        os._exit(1)
    if fault == "raise":
        raise RecursionError
    if fault == "memory":
        bytearray(4 * aside.MEMORY)
    if fault == "environment":
        return parse(raw.replace(b"FAULT environment", repr(dict(os.environ)).encode()))
    return parse(raw)


def serve() -> None:
    aside.parse = faulty
    aside.serve()
