"""The pictures of the inbox: Lucide's (ISC), out of the package that carries them, in one sheet to be used by name."""

import re
from functools import cache

from markupsafe import Markup

__all__ = ["NAMES", "pic", "sprite"]

NAMES = (
    "alarm-clock",
    "arrow-down",
    "arrow-left",
    "arrow-up-down",
    "at-sign",
    "ban",
    "bell",
    "bot",
    "bot-off",
    "calendar-clock",
    "check",
    "check-check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-alert",
    "circle-check",
    "circle-dashed",
    "circle-pause",
    "clock",
    "coffee",
    "download",
    "ellipsis",
    "eye",
    "file",
    "flag",
    "hand",
    "hourglass",
    "inbox",
    "info",
    "keyboard",
    "layers",
    "link",
    "list-filter",
    "lock",
    "log-out",
    "mail",
    "message-square",
    "moon",
    "panel-right",
    "paperclip",
    "pencil-line",
    "phone",
    "refresh-cw",
    "search",
    "send-horizontal",
    "shield-check",
    "siren",
    "sparkles",
    "square-check-big",
    "tag",
    "triangle-alert",
    "undo-2",
    "user",
    "user-plus",
    "users",
    "users-round",
    "volume-2",
    "volume-x",
    "wifi-off",
    "x",
    "zap",
)
"""Every picture that the page and its modules ask for."""

_INNER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def sprite() -> Markup:
    """All pictures, each as a symbol `i-NAME`. Raises: LookupError when the package does not have one of them."""
    # Only here: it opens a database of some thousand pictures.
    from lucide import lucide_icon  # type: ignore[import-untyped]

    symbols = []
    for name in NAMES:
        drawn = _INNER.search(lucide_icon(name, fallback_text=" "))
        if drawn is None or "<" not in drawn[1] or "<text" in drawn[1]:
            raise LookupError(f"there is no picture called {name}")
        inner = " ".join(drawn[1].split()).replace("> <", "><").replace(" />", "/>")
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{inner}</symbol>')
    head = '<svg xmlns="http://www.w3.org/2000/svg" class="sprite" aria-hidden="true" focusable="false">'
    # Nothing in it is anybody's words: it is what the package holds under names of ours.
    return Markup("\n".join((head, *symbols, "</svg>")))  # noqa: S704


def pic(name: str, look: str = "i") -> Markup:
    """The picture called `name`."""
    return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"></use></svg>').format(look, name)
