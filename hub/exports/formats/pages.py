"""HTML: a transcript that needs nothing else, to be read in a browser, printed, or kept."""

from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import MessageRecord, ReadRecord, ThreadRecord

if TYPE_CHECKING:
    import jinja2

__all__ = ["Transcript", "moment"]


class Transcript(Chunk):
    """A page with threads one below the other, or with readings."""

    def __init__(self, setting: Setting) -> None:
        self._drawn = _template().make_module({"moment": moment})
        self._text = bytearray(str(self._drawn.head(setting)).encode())  # type: ignore[attr-defined]

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return len(self._text)

    def thread(self, one: ThreadRecord) -> None:
        """A heading."""
        self._text += str(self._drawn.thread(one)).encode()  # type: ignore[attr-defined]

    def message(self, one: MessageRecord) -> None:
        """A message with what became of it."""
        self._text += str(self._drawn.message(one)).encode()  # type: ignore[attr-defined]

    def read(self, one: ReadRecord) -> None:
        """A line."""
        self._text += str(self._drawn.reading(one)).encode()  # type: ignore[attr-defined]

    def done(self) -> bytes:
        """The file."""
        self._text += str(self._drawn.foot()).encode()  # type: ignore[attr-defined]
        return bytes(self._text)


def moment(at: datetime | date | None) -> str:
    """A moment to the second, in UTC, or a day; a dash for none."""
    if at is None:
        return "-"
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if isinstance(at, datetime) else at.isoformat()


@cache
def _template() -> "jinja2.Template":
    # Only here: it takes two megabytes, and a hub that exports nothing does without.
    import jinja2

    text = files("hub.exports").joinpath("html", "transcript.html").read_text(encoding="utf-8")
    drawing = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawing.filters["moment"] = moment
    return drawing.from_string(text)
