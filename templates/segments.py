"""How a text is billed and split as SMS.

A text is written in GSM-7, where most characters take one septet and a few take two, or, if a single character of it
is not in GSM-7, in UCS-2, where a character takes one or two 16-bit units. A character is never cut by the end of a
segment.

Source: 3GPP TS 23.038 §6.2.1 (alphabet), TS 23.040 §9.2.3.24 (concatenation).
"""

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Encoding", "Measure", "encoding", "first_wide", "measure", "segments"]

Encoding = Literal["GSM-7", "UCS-2"]

_ONE_SEPTET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = "^{}\\[~]|€\f"

_PLAIN = re.compile(f"[{re.escape(_ONE_SEPTET)}]*")
_GSM_7 = re.compile(f"[{re.escape(_ONE_SEPTET + _TWO_SEPTETS)}]*")
_WIDE = frozenset(_TWO_SEPTETS)

ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is as SMS.

    units: septets in GSM-7, 16-bit units in UCS-2.
    left: units that the last segment still has room for.
    """

    encoding: Encoding
    segments: int
    units: int
    left: int


def encoding(text: str) -> Encoding:
    """`GSM-7` if every character of `text` is in the GSM 7-bit default alphabet or its extension, else `UCS-2`."""
    return "GSM-7" if _GSM_7.fullmatch(text) else "UCS-2"


def first_wide(text: str) -> str:
    """The first character of `text` that is not in GSM-7, and makes all of it UCS-2; empty for none."""
    plain = _GSM_7.match(text)
    end = plain.end() if plain is not None else 0
    return text[end : end + 1]


def segments(text: str) -> int:
    """Count the SMS segments `text` is billed as (0 for empty).

    One segment holds 160 septets (153 each once split), or 70 UTF-16 units (67) when any character is
    outside GSM-7.

    Source: 3GPP TS 23.038 §6.2.1; TS 23.040 §9.2.3.24.
    """
    return measure(text).segments


def measure(text: str) -> Measure:
    """The encoding of `text`, its segments, its length in units, and what is left of the last segment."""
    if _PLAIN.fullmatch(text):
        return _evenly(len(text))
    coded = encoding(text)
    widths = [2 if c in _WIDE else 1 for c in text] if coded == "GSM-7" else [1 + (c > "\uffff") for c in text]
    units = sum(widths)
    if units <= ALONE[coded]:
        return Measure(coded, 1, units, ALONE[coded] - units)
    room = JOINED[coded]
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return Measure(coded, count, units, room - used)


def _evenly(units: int) -> Measure:
    """The measure of a text in which every character takes one septet."""
    if units <= ALONE["GSM-7"]:
        return Measure("GSM-7", min(units, 1), units, ALONE["GSM-7"] - units)
    count = -(-units // JOINED["GSM-7"])
    return Measure("GSM-7", count, units, count * JOINED["GSM-7"] - units)
