"""The evidence as HTML that needs nothing else: to be read in a browser, printed, or kept as a file."""

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hub.evidence.gathering import Evidence

if TYPE_CHECKING:
    import jinja2


def page(found: Evidence) -> str:
    """The page."""
    return _template().render(found=found)


def moment(at: datetime | None) -> str:
    """A moment to the second, in UTC, as it is kept; a dash for none."""
    return "-" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@cache
def _template() -> "jinja2.Template":
    # Only here: a hub that shows nobody a page does without, and its memory is two megabytes smaller.
    import jinja2

    text = files("hub.evidence").joinpath("html", "evidence.html").read_text(encoding="utf-8")
    drawing = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    drawing.filters["moment"] = moment
    return drawing.from_string(text)
