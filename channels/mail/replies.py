"""What a person wrote anew, cut from what their mail program put around it.

A reply is read line by line, and no pattern looks at more than the beginning of a line, so that the work grows with
the text and no faster, whatever the text is. In doubt words are kept: a cut that is too small shows a quotation, one
that is too large loses what somebody said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.mail.phrases import (
    ABOVE_THIS_LINE,
    ATTRIBUTION_END,
    ATTRIBUTION_START,
    ATTRIBUTION_VERB,
    BANNER,
    BANNER_WORDS,
    DASHED_NAME,
    DEVICE,
    DISCLAIMER,
    FORWARDED,
    FRAMED,
    HEADER,
    LONGEST_LINE,
    MAILBOX_END,
    ORIGINAL,
    RULE,
    SIGNATURE,
    SURE,
    VALEDICTION,
)

MOST_ATTRIBUTION_LINES = 4
MOST_SIGNATURE_LINES = 25
"""A `--` with more than this below it is no signature's."""
MOST_CLOSING_LINES = 9
"""Lines that may stand below "Best regards" and still be a signature."""
NAME_LENGTH = 60
MOST_LINES = 5_000
"""Lines at the beginning in which a quotation is looked for; and at the end, a signature."""

_SPACES = str.maketrans(
    {
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u200b": None,
        "\ufeff": None,
        "\u200e": None,
        "\u200f": None,
        "\x00": None,
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The new words; `looked_at` is how many characters the patterns were shown, a measure of the work."""

    text: str = field(repr=False)
    looked_at: int = 0


def extract(text: str) -> Reply:
    """What is new in `text`; the whole of it where nothing would be left."""
    lines = [line.rstrip() for line in text.translate(_SPACES).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    reader = _Reader(lines)
    kept = reader.kept()
    found = _joined(lines, kept)
    return Reply(
        found or _joined(lines, [not line.lstrip().startswith(">") for line in lines]) or text.strip(), reader.looked_at
    )


class _Reader:
    """The lines of one mail. `heads` are their beginnings, which is all that patterns see."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.heads = [line[:LONGEST_LINE] for line in lines]
        self.bare = [head.strip() for head in self.heads]
        self.short = [len(line) <= LONGEST_LINE for line in lines]
        self.quoted = [head.startswith((">", "＞")) for head in self.bare]
        self.looked_at = 0

    def kept(self) -> list[bool]:
        """For each line whether the person wrote it now."""
        count = len(self.heads)
        keep = [not quoted for quoted in self.quoted]
        end = count
        number = self._own_header(keep)
        while number < min(end, MOST_LINES):
            if not self.bare[number] or self.quoted[number]:
                number += 1
                continue
            if self._begins_original(number):
                end = number
                break
            length = self._attribution(number)
            if length:
                after = self._next(number + length)
                if after is not None and not self.quoted[after] and self._sure(number, length):
                    end = number
                    break
                if after is None or self.quoted[after]:
                    for each in range(number, number + length):
                        keep[each] = False
                    number += length
                    continue
            number += 1
        for each in range(end, count):
            keep[each] = False
        self._drop_banner(keep)
        self._drop_signature(keep)
        return keep

    # --- what is quoted without marks

    def _own_header(self, keep: list[bool]) -> int:
        """Past a mail's header that stands above the text itself, whose lines are taken out; else 0."""
        first = self._next(0)
        if first is None or self.quoted[first] or not self._header_block(first):
            return 0
        number = first
        while number < len(keep) and self.bare[number]:
            keep[number] = False
            number += 1
        return number

    def _begins_original(self, number: int) -> bool:
        """Whether everything from this line on is an older mail, put there whole."""
        head = self._look(number)
        if ORIGINAL.fullmatch(head) or FORWARDED.fullmatch(head) or ABOVE_THIS_LINE.match(head):
            return True
        framed = FRAMED.fullmatch(head.rstrip())
        if framed and ATTRIBUTION_VERB.search(head) and SURE.search(head):
            return True
        if framed or RULE.fullmatch(head):
            after = self._next(number + 1)
            return after is not None and self._header_block(after)
        return self._header_block(number)

    def _header_block(self, number: int) -> bool:
        """Whether a mail's header begins here: at least two of its lines, one of them saying from whom or when."""
        first = HEADER.match(self._look(number))
        if first is None or not (first["sender"] or first["date"]):
            return False
        kinds = {first.lastgroup}
        seen = 0
        for each in range(number + 1, min(number + 9, len(self.heads))):
            if not self.bare[each]:
                continue
            seen += 1
            if seen > 5:
                break
            found = HEADER.match(self._look(each))
            if found is not None:
                kinds.add(found.lastgroup)
        return len(kinds) >= (2 if first["sender"] else 3)

    def _attribution(self, number: int) -> int:
        """How many lines, from this one on, say who wrote what follows; 0 where they do not."""
        if not ATTRIBUTION_START.match(self._look(number)):
            return 0
        for length in range(1, MOST_ATTRIBUTION_LINES + 1):
            last = number + length - 1
            if last >= len(self.heads) or not self.bare[last] or self.quoted[last] or not self.short[last]:
                return 0
            if length > 1 and not _has_digit(self.bare[number]) and ATTRIBUTION_START.match(self.heads[last]):
                return 0  # a sentence of one's own above it
            if ATTRIBUTION_END.search(self._look(last)) or self.bare[last].lower().endswith("wrote"):
                whole = " ".join(self.bare[number : last + 1])
                self.looked_at += len(whole)
                said = ATTRIBUTION_VERB.search(whole) or MAILBOX_END.search(whole)
                if said and (_has_digit(whole) or "@" in whole):
                    return length
        return 0

    def _sure(self, number: int, length: int) -> bool:
        return SURE.search(" ".join(self.bare[number : number + length])) is not None

    # --- what stands below and above

    def _drop_signature(self, keep: list[bool]) -> None:
        mine = [number for number, kept in enumerate(keep) if kept and self.bare[number]][-MOST_LINES:]
        for place, number in enumerate(mine):
            head = self._look(number)
            below = len(mine) - place - 1
            delimiter = SIGNATURE.fullmatch(head) and below <= MOST_SIGNATURE_LINES and place > 0
            footer = RULE.fullmatch(head) and below <= MOST_CLOSING_LINES and place > 0
            if delimiter or footer or (DEVICE.fullmatch(head) and self._ends(mine, place)):
                self._cut(keep, number)
                mine = mine[:place]
                break
        while len(mine) > 1 and DISCLAIMER.search(self._look(mine[-1])):
            start = self._paragraph(mine)
            if start == 0:
                break
            self._cut(keep, mine[start])
            mine = mine[:start]
        for place in range(1, len(mine)):
            number = mine[place]
            last = len(mine) - place <= MOST_CLOSING_LINES
            ruled = place + 1 < len(mine) and self.bare[mine[place + 1]].startswith("____")
            if (last or ruled) and VALEDICTION.fullmatch(self._look(number)) and self._closes(mine, place):
                self._cut(keep, number)
                mine = mine[:place]
                break
        if len(mine) > 1 and DASHED_NAME.fullmatch(self._look(mine[-1])):
            self._cut(keep, mine[-1])

    def _ends(self, mine: list[int], place: int) -> bool:
        """Whether nothing but a few short lines stands below."""
        return len(mine) - place - 1 <= 2

    def _closes(self, mine: list[int], place: int) -> bool:
        """Whether what stands below a "Best regards" is a name and the like."""
        below = mine[place + 1 :]
        if not below:
            return False
        name = self.bare[below[0]]
        if RULE.fullmatch(self._look(below[0])):
            return True
        if VALEDICTION.fullmatch(self._look(below[0])):
            return False
        # A sentence of one's own after "Thanks" is no name.
        named = len(name) <= NAME_LENGTH and len(name.split()) <= 5 and not name.endswith(("?", "!"))
        return named and all(self.short[number] for number in below)

    def _paragraph(self, mine: list[int]) -> int:
        """Where, among one's own lines, the last paragraph begins."""
        place = len(mine) - 1
        while place > 0 and mine[place] - mine[place - 1] == 1:
            place -= 1
        return place

    def _drop_banner(self, keep: list[bool]) -> None:
        """The warning that some mail systems put above every mail from outside."""
        first = self._next(0)
        if first is None or not keep[first] or not BANNER.match(self._look(first)):
            return
        last = first
        while last + 1 < len(keep) and self.bare[last + 1] and last - first < 6:
            last += 1
        said = " ".join(self.heads[first : last + 1])
        after = self._next(last + 1)
        if len(BANNER_WORDS.findall(said)) >= 2 and after is not None and keep[after]:
            for number in range(first, last + 1):
                keep[number] = False

    def _cut(self, keep: list[bool], number: int) -> None:
        for each in range(number, len(keep)):
            keep[each] = False

    def _next(self, number: int) -> int | None:
        """The next line that is not blank."""
        while number < len(self.bare):
            if self.bare[number]:
                return number
            number += 1
        return None

    def _look(self, number: int) -> str:
        self.looked_at += len(self.heads[number])
        return self.heads[number]


def _has_digit(text: str) -> bool:
    return any(each.isdigit() for each in text)


def _joined(lines: Sequence[str], keep: Sequence[bool]) -> str:
    """The lines that are kept; where some were taken out between them, one blank line."""
    out: list[str] = []
    gap = False
    for line, kept in zip(lines, keep, strict=True):
        if not kept:
            gap = True
            continue
        if gap and out and (out[-1] or not line):
            while out and not out[-1]:
                out.pop()
            out.append("")
            if not line:
                gap = True
                continue
        if gap and not line:
            continue
        gap = False
        out.append(line)
    return "\n".join(out).strip("\n").rstrip() if out else ""
