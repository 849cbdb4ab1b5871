"""Lines that say who wrote what follows: "On Monday Ana wrote:", in its many forms."""

from collections.abc import Sequence

from channels.mail.phrases import (
    ATTRIBUTION_END,
    ATTRIBUTION_VERB,
    FRAME_END,
    LONGEST_LINE,
    MAILBOX,
    MAILBOX_END,
    MAILBOX_LAST,
    MIDLINE,
    TIME,
    YEAR,
    ZONED,
)

LONGEST_ATTRIBUTION = 400
"""Characters that are looked at of a line that may introduce what follows, with the lines that it goes on in."""


def introduces(whole: str, *, begins: bool, alone: bool, marked: bool, apart: bool) -> bool:
    """Whether the line says who wrote what follows. marked: that is quoted; apart: a blank line stands between."""
    colon = ATTRIBUTION_END.search(whole) is not None
    tail = whole.rstrip(" :：*_-")
    verbs = list(ATTRIBUTION_VERB.finditer(whole))
    last = bool(verbs) and verbs[-1].end() >= len(tail)
    dated = has_digit(whole)
    mailbox = "@" in whole
    if verbs and (colon or (last and (marked or mailbox or FRAME_END.search(whole)))):
        if dated or mailbox:
            return begins or alone
        # A name alone: "Ana via the Portal wrote:"
        return alone and marked and len(whole.split()) <= 8
    if MAILBOX_END.search(whole):
        return begins or (alone and marked)
    if MAILBOX_LAST.search(whole) and whole[:1].isdigit() and YEAR.search(whole):
        return marked or (alone and apart)
    if ZONED.match(whole):
        return marked or (alone and apart)
    return colon and marked and TIME.search(whole) is not None and YEAR.search(whole) is not None


def divided(lines: Sequence[str]) -> list[str]:
    """The lines; one in which an introduction follows a person's own words ("Yes. On Monday … wrote:") as two."""
    out: list[str] = []
    for number, line in enumerate(lines):
        found = MIDLINE.search(line) if len(line) <= LONGEST_LINE else None
        if found is not None:
            whole = line[found.end() :]
            for further in ("", *lines[number + 1 : number + 3]):
                whole = f"{whole} {further.strip()}"[:LONGEST_ATTRIBUTION].strip()
                sure = MAILBOX.search(whole) or (YEAR.search(whole) and TIME.search(whole))
                if sure and introduces(whole, begins=True, alone=False, marked=False, apart=False):
                    out.append(line[: found.start()].rstrip())
                    line = line[found.end() :]
                    break
        out.append(line)
    return out


def has_digit(text: str) -> bool:
    """Whether a figure stands in it."""
    return any(each.isdigit() for each in text)
