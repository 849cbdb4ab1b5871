"""Log lines: an event's name and ids, never text, a name, a number or an address.

`say(logger, "accepted", thread=..., ms=3)` is the only way a line is written, and its values may only be ids,
codes, counts and durations: anything else is replaced by its type.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from hub.errors import HubError

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/\-]{0,63}")
# Seven digits, however they are parted, may be a number or a date of birth.
_ADDRESS = re.compile(r"(?:[0-9][_.:/\-]*){7}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def say(logger: logging.Logger, event: str, level: int = logging.INFO, **values: object) -> None:
    """Write one line: `event` and its ids, codes, counts and durations."""
    if logger.isEnabledFor(level):
        logger.log(level, event, extra={"values": {k: _plain(v) for k, v in values.items()}})


def _plain(value: object) -> object:
    """`value` if it cannot hold protected content, else the name of its type."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return value.code if isinstance(value, HubError) else type(value).__name__
    text = str(value)
    if _UUID.fullmatch(text) or (_SAFE.fullmatch(text) and not _ADDRESS.search(text)):
        return text
    return f"<{type(value).__name__}>"


class _Formatter(logging.Formatter):
    """One line a record. Foreign records keep only their logger, level and, of an exception, its type and place."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        values: dict[str, Any] | None = getattr(record, "values", None)
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name,
        }
        entry["event"] = record.getMessage() if values is not None else "foreign"
        entry.update(values or {})
        if record.exc_info and record.exc_info[0] is not None:
            entry["error"] = record.exc_info[0].__name__
            entry["at_line"] = _place(record.exc_info[2])
        if self._as_json:
            return json.dumps(entry)
        rest = " ".join(f"{k}={v}" for k, v in entry.items() if k not in ("at", "level", "room", "event"))
        return f"{entry['at'][11:23]} {entry['level']:<7} {entry['room']} {entry['event']} {rest}".rstrip()


def _place(traceback: Any) -> str:
    """The innermost line of a traceback, as module:line; a full traceback could show values."""
    place = "?"
    while traceback is not None:
        place = f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def configure(level: str, log_format: str, stream: TextIO | None = None) -> None:
    """Send log lines to `stream` (stderr), as `text` or `json` ("" chooses by whether it is a terminal)."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(_Formatter(log_format == "json" or (not log_format and not target.isatty())))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for room in ("hub", "channels", "bots", "consent", "templates"):
        logging.getLogger(room).setLevel(level.upper())
