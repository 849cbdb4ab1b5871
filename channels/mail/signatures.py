"""What closes a mail, found from its end: signatures, farewells, devices, disclaimers."""

from collections.abc import Sequence

from channels.mail.closings import (
    FAREWELL,
    FOOTER,
    HEADING,
    POSTSCRIPT,
    SIGNATURE,
    VALEDICTION,
    WEAK_SIGNATURE,
    dashed,
    device,
    disclaimer,
    furniture,
    initial,
    name,
    signed,
)
from channels.mail.phrases import LONG_RULE, RULE

MOST_SIGNATURE_LINES = 25
"""A `--` with more than this below it is no signature's."""
MOST_CLOSING_LINES = 12
"""Lines that may stand below a drawn line and still be a signature."""
MOST_BELOW_DEVICE = 2
MOST_PARAGRAPH = 25
LONGEST_PARAGRAPH = 3_000
MOST_ROUNDS = 12


def close(bare: Sequence[str], short: Sequence[bool], keep: list[bool]) -> int:
    """Take out of `keep` what closes the mail. Returns how many characters the patterns were shown.

    bare: the lines' beginnings without spaces around them. short: whether that is the whole line.
    """
    mine = [number for number, kept in enumerate(keep) if kept and bare[number]]
    closing = _Closing(bare, short, mine)
    for number in closing.dropped():
        keep[number] = False
    return closing.looked_at


class _Closing:
    """A person's own lines, without the blank ones: `mine` are their numbers, of which the last may close the mail."""

    def __init__(self, bare: Sequence[str], short: Sequence[bool], mine: list[int]) -> None:
        self.bare = bare
        self.short = short
        self.mine = mine
        self.gone: list[int] = []
        self.looked_at = 0

    def dropped(self) -> list[int]:
        """The numbers of the lines that close the mail."""
        self._delimited()
        for _ in range(MOST_ROUNDS):
            if len(self.mine) < 2 or not (
                self._device() or self._disclaimer() or self._farewell() or self._weak() or self._name()
            ):
                break
        return self.gone

    def _cut(self, place: int, end: int | None = None) -> bool:
        """Take out the lines from `place` on, up to `end`."""
        self.gone += self.mine[place:end]
        self.mine = self.mine[:place] + (self.mine[end:] if end is not None else [])
        return True

    def _last(self, most: int) -> range:
        """The places of the last lines, from the first of them on; never that of the mail's first line."""
        return range(max(1, len(self.mine) - most), len(self.mine))

    def _look(self, place: int) -> str:
        line = self.bare[self.mine[place]]
        self.looked_at += len(line)
        return line

    def _delimited(self) -> None:
        """A signature below its delimiter; a postscript below that is a person's again."""
        for place in self._last(MOST_SIGNATURE_LINES + 1):
            if SIGNATURE.fullmatch(self._look(place)):
                self._cut(place, self._postscript(place + 1))
                return

    def _device(self) -> bool:
        for place in self._last(MOST_BELOW_DEVICE + 1):
            if device(self._look(place)) and all(self.short[number] for number in self.mine[place:]):
                return self._cut(place)
        return False

    def _disclaimer(self) -> bool:
        """The last paragraph, where it is a lawyer's or a scanner's."""
        place = len(self.mine) - 1
        while place > 0 and len(self.mine) - place < MOST_PARAGRAPH and self.mine[place] - self.mine[place - 1] == 1:
            place -= 1
        if place == 0:
            return False
        said = " ".join(self._look(each) for each in range(place, len(self.mine)))[:LONGEST_PARAGRAPH]
        if disclaimer(said):
            while place > 1 and HEADING.fullmatch(self._look(place - 1)):
                place -= 1
            return self._cut(place)
        # Without a blank line above it.
        last = len(self.mine) - 1
        return FOOTER.match(self._look(last)) is not None and self._cut(last)

    def _farewell(self) -> bool:
        """A farewell, the name below it, and what stands below that and is no sentence."""
        for place in self._last(MOST_SIGNATURE_LINES + 1):
            if not VALEDICTION.fullmatch(self._look(place)):
                continue
            if place + 1 == len(self.mine):
                break
            below = self._look(place + 1)
            if VALEDICTION.fullmatch(below):
                continue
            if RULE.fullmatch(below):
                return self._cut(place, self._postscript(place + 1))
            named = name(below) or (initial(below) and FAREWELL.fullmatch(self._look(place)))
            if not (named or WEAK_SIGNATURE.fullmatch(below) or below.startswith(("![", "[image", "[cid:"))):
                continue
            end = place + 2
            while end < len(self.mine) and self._stands(end):
                end += 1
            if end == len(self.mine):
                return self._cut(place)
            if POSTSCRIPT.match(self._look(end)):
                return self._cut(place, end)
            if any(LONG_RULE.fullmatch(self._look(each)) for each in range(place + 2, end)):
                return self._cut(place)
        last = len(self.mine) - 1
        return self.short[self.mine[last]] and signed(self._look(last)) and self._cut(last)

    def _weak(self) -> bool:
        """A line such as people draw themselves, where nothing below it is a sentence."""
        for place in self._last(MOST_CLOSING_LINES + 1):
            below = range(place + 1, len(self.mine))
            if WEAK_SIGNATURE.fullmatch(self._look(place)) and all(self._stands(each) for each in below):
                return self._cut(place)
        return False

    def _name(self) -> bool:
        """A name behind a dash: "-Ana"."""
        last = len(self.mine) - 1
        line = self._look(last)
        if not self.short[self.mine[last]] or not dashed(line):
            return False
        # With a space between, and right below another line, it is the last of a list.
        return (line[1:2] != " " or self.mine[last] - self.mine[last - 1] > 1) and self._cut(last)

    def _stands(self, place: int) -> bool:
        """Whether the line may stand in a signature."""
        line = self._look(place)
        return self.short[self.mine[place]] and (
            WEAK_SIGNATURE.fullmatch(line) is not None
            or VALEDICTION.fullmatch(line) is not None
            or device(line)
            or furniture(line)
        )

    def _postscript(self, place: int) -> int | None:
        """Where below a signature a postscript begins."""
        for each in range(place, len(self.mine)):
            if POSTSCRIPT.match(self._look(each)):
                return each
        return None
