"""The text of a reply, out of Slack's markup.

Source: docs.slack.dev/messaging/formatting-message-text.
"""

import re
from collections.abc import Mapping

__all__ = ["names_somebody", "plain"]

_ANGLES = re.compile(r"<([^<>\n]*)>")
_SOMEBODY = re.compile(r"<(?:@|!subteam\^|!here|!channel|!everyone)[^<>]*>")
_EMOJI = re.compile(r":([a-z0-9_+'-]{1,64}):")

_DRAWN: Mapping[str, str] = {
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "blush": "😊",
    "clap": "👏",
    "grinning": "😀",
    "heart": "❤️",
    "pray": "🙏",
    "simple_smile": "🙂",
    "slightly_smiling_face": "🙂",
    "smile": "😄",
    "smiley": "😃",
    "sunny": "☀️",
    "tada": "🎉",
    "wave": "👋",
    "white_check_mark": "✅",
    "wink": "😉",
}


def names_somebody(text: str) -> bool:
    """Whether a message calls for a colleague, a group or the whole channel: then it is not written to a patient."""
    return bool(_SOMEBODY.search(text))


def plain(text: str) -> str:
    """What a person wrote, as text: links by their address, common emoji drawn, `&amp;` and its like undone."""
    bare = _ANGLES.sub(lambda found: _bare(found[1]), text)
    drawn = _EMOJI.sub(lambda found: _DRAWN.get(found[1], found[0]), bare)
    return drawn.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _bare(inside: str) -> str:
    address, _, label = inside.partition("|")
    if address.startswith("mailto:"):
        return label or address.removeprefix("mailto:")
    if address.startswith("tel:"):
        return label or address.removeprefix("tel:")
    if address.startswith("#"):
        return f"#{label or address[1:]}"
    if address.startswith(("@", "!")):
        return label
    # Slack makes links of bare names too: they are read as they were typed.
    typed = address.split("://", 1)[-1].rstrip("/")
    return label if label and label.rstrip("/") == typed else address
