"""What a person wrote anew, cut from what their mail program put around it.

1. What is quoted without marks is found: an older mail below a line that introduces it, or below its header.
2. What is quoted with marks (`>`) is taken out, with the line that introduces it.
3. What closes the mail is taken out: `channels.mail.signatures`.

A reply is read line by line, and no pattern looks at more than the beginning of a line, so that the work grows with
the text and no faster, whatever the text is. In doubt words are kept: a cut that is too small shows a quotation, one
that is too large loses what somebody said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.mail.closings import BANNER, device, warning
from channels.mail.introductions import LONGEST_ATTRIBUTION, divided, has_digit, introduces
from channels.mail.phrases import (
    ABOVE_THIS_LINE,
    ATTRIBUTION_END,
    ATTRIBUTION_START,
    ATTRIBUTION_VERB,
    FORWARDED,
    FRAMED,
    LABEL,
    LABELLED,
    LONGEST_LINE,
    MAILBOX,
    NAMED_MAILBOX,
    ORIGINAL,
    RULE,
    TIME,
    YEAR,
    ZONED,
)
from channels.mail.signatures import close

MOST_ATTRIBUTION_LINES = 4
MOST_HEADER_LINES = 8
MOST_OWN_HEADER_LINES = 100
LONGEST_NOTICE = 120
LONGEST_LABEL = 40
TAIL = 30
DRAWN = ("-", "_", "=", "*", "—", "─")
MOST_LINES = 1_000
"""Lines at the beginning in which a quotation is looked for."""

_SPACES = str.maketrans(
    {
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\t": " ",
        "\u200b": None,
        "\u200c": None,
        "\u2060": None,
        "\ufeff": None,
        "\u200e": None,
        "\u200f": None,
        "\u202a": None,
        "\u202c": None,
        "\x00": None,
    }
)
_DATED = re.compile(r"[\d<@(]")
_SHOWN = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u200b": None, "\ufeff": None, "\x00": None})


@dataclass(frozen=True, slots=True)
class Reply:
    """The new words; `looked_at` is how many characters the patterns were shown, a measure of the work."""

    text: str = field(repr=False)
    looked_at: int = 0


def extract(text: str) -> Reply:
    """What is new in `text`; the whole of it where nothing would be left."""
    lines = [line.rstrip() for line in text.translate(_SHOWN).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    reader = _Reader(divided(lines))
    kept = reader.kept()
    found = _joined(reader.lines, kept)
    looked_at = reader.looked_at
    if not found:
        found = _joined(reader.lines, [not quoted for quoted in reader.quoted])
    return Reply(found or text.translate(_SHOWN).strip(), looked_at)


@dataclass(frozen=True, slots=True)
class _Labels:
    """What a line of a header says: `sender`, `date`, `to`, `subject`; and whether it names a mailbox, or a day."""

    kinds: tuple[str, ...] = ()
    mailbox: bool = False
    day: bool = False


NO_LABELS = _Labels()


class _Reader:
    """The lines of one mail. `heads` are their beginnings, which is all that patterns see."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.heads = [line[:LONGEST_LINE].translate(_SPACES) for line in lines]
        self.bare = [head.strip() for head in self.heads]
        self.short = [len(line) <= LONGEST_LINE for line in lines]
        self.quoted = [bare.startswith((">", "＞")) and not _arrows(bare) for bare in self.bare]
        self.looked_at = 0
        self._labelled_as: dict[int, _Labels] = {}
        self._may_end: dict[int, bool] = {}
        # For each line, where the next one stands that is not blank.
        self.following: list[int | None] = [None] * (len(lines) + 1)
        for number in range(len(lines) - 1, -1, -1):
            self.following[number] = number if self.bare[number] else self.following[number + 1]

    def kept(self) -> list[bool]:
        """For each line whether the person wrote it now."""
        count = len(self.lines)
        keep = [not quoted for quoted in self.quoted]
        end = count
        number = self._own_header(keep)
        while number < min(end, MOST_LINES):
            if not self.bare[number] or self.quoted[number]:
                number += 1
                continue
            if self._begins_original(number):
                after = self.following[number + 1]
                if after is None or not self.quoted[after]:
                    end = number
                    break
                # What it introduces has marks of its own; below that the person may go on.
                keep[number] = False
                number += 1
                continue
            length, sure = self._attribution(number)
            if length:
                after = self.following[number + length]
                if after is not None and not self.quoted[after]:
                    if sure:
                        end = number
                        break
                else:
                    keep[number : number + length] = [False] * length
                    number += length
                    continue
            number += 1
        keep[end:] = [False] * (count - end)
        self._drop_banner(keep)
        self._drop_device(keep)
        self.looked_at += close(self.bare, self.short, keep)
        return keep

    # --- what is quoted without marks

    def _own_header(self, keep: list[bool]) -> int:
        """Past a mail's header that stands above the text itself, whose lines are taken out; else 0."""
        first = self.following[0]
        if first is None or self.quoted[first] or not self._header_block(first):
            return 0
        number = first
        while number < len(keep) and self.bare[number] and number - first < MOST_OWN_HEADER_LINES:
            keep[number] = False
            number += 1
            below = self.following[number]
            if below is not None and not self.quoted[below] and self._labels_of(below).kinds:
                number = below  # one label in each paragraph
        return number

    def _begins_original(self, number: int) -> bool:
        """Whether everything from this line on is an older mail, put there whole."""
        head = self._look(number)
        if len(head) <= LONGEST_NOTICE and (FORWARDED.fullmatch(head) or ABOVE_THIS_LINE.match(head)):
            return True
        drawn = head.lstrip("*> ")
        if drawn.startswith(DRAWN) or head.startswith("*"):
            framed = FRAMED.fullmatch(drawn)
            if ORIGINAL.fullmatch(drawn) or (framed and ATTRIBUTION_VERB.search(drawn)):
                return True
            if framed or RULE.fullmatch(head):
                after = self.following[number + 1]
                return after is not None and (self._header_block(after) or self._labelled(after))
        return self._header_block(number) or (self._apart(number) and self._addressed(number))

    def _apart(self, number: int) -> bool:
        """Whether nothing of the person's stands right above."""
        return number == 0 or not self.bare[number - 1] or self.quoted[number - 1]

    def _header_block(self, number: int) -> bool:
        """Whether a mail's header begins here: from whom, when, to whom, what about, with a mailbox or a time."""
        first = self._labels_of(number).kinds
        if not first or first[0] not in ("sender", "date"):
            return False
        kinds: set[str] = set()
        mailbox = day = False
        seen = 0
        each: int | None = number
        while each is not None and seen < MOST_HEADER_LINES:
            labels = self._labels_of(each)
            kinds.update(labels.kinds)
            mailbox = mailbox or labels.mailbox
            day = day or labels.day
            seen += 1
            each = self.following[each + 1]
        # "From: my house / To: the clinic" is a person's.
        return len(kinds) == 4 or (len(kinds) == 3 and (mailbox or day)) or (len(kinds) == 2 and mailbox and day)

    def _labels_of(self, number: int) -> "_Labels":
        """What the line is labelled as; looked at once."""
        found = self._labelled_as.get(number)
        if found is None:
            line = self._look(number).lstrip(" *_>|")
            found = NO_LABELS
            if any(colon in line[:LONGEST_LABEL] for colon in (":", "：")) and LABEL.match(line):
                kinds = tuple(label.lastgroup or "" for label in LABEL.finditer(line))
                found = _Labels(kinds, MAILBOX.search(line) is not None, YEAR.search(line) is not None)
            self._labelled_as[number] = found
        return found

    def _labels(self, number: int) -> list[str]:
        """The lines from here on that begin with a label, one below another."""
        lines: list[str] = []
        for each in range(number, min(number + MOST_HEADER_LINES, len(self.bare))):
            line = self._look(each)
            if not LABELLED.match(line):
                break
            lines.append(line)
        return lines

    def _labelled(self, number: int) -> bool:
        """Whether below a program's rule a header stands in a language that is not known."""
        lines = self._labels(number)
        said = "\n".join(lines)
        return len(lines) >= 3 and MAILBOX.search(said) is not None and bool(YEAR.search(said) or TIME.search(said))

    def _addressed(self, number: int) -> bool:
        """Whether a header stands here, with no rule above it, in a language that is not known: who, when, and more.

        People who say who they are write their mailbox without brackets.
        """
        if not NAMED_MAILBOX.search(self.bare[number]):
            return False
        lines = self._labels(number)
        return len(lines) >= 3 and any(YEAR.search(line) for line in lines[1:])

    # --- "On Monday, Ana wrote:"

    def _attribution(self, number: int) -> tuple[int, bool]:
        """How many lines, from this one on, say who wrote what follows (0: none), and whether that is sure.

        It is sure where it names a mailbox, or both a day and a time, as a person's own sentence rarely does.
        """
        first = self.bare[number]
        alone = self._apart(number)
        begins = ATTRIBUTION_START.match(first) is not None
        self.looked_at += len(first)
        if not begins and not alone:
            return 0, False
        whole = ""
        for length in range(1, MOST_ATTRIBUTION_LINES + 1):
            last = number + length - 1
            if last >= len(self.bare) or not self.bare[last] or self.quoted[last] or not self.short[last]:
                return 0, False
            if length > 1 and not has_digit(first) and ATTRIBUTION_START.match(self.bare[last]):
                return 0, False  # a sentence of one's own above it
            whole = f"{whole} {self.bare[last]}" if whole else first
            if len(whole) > LONGEST_ATTRIBUTION:
                return 0, False
            if not self._ends(last) and not ZONED.match(first):
                continue
            self.looked_at += len(whole)
            after = self.following[last + 1]
            marked = after is not None and self.quoted[after]
            apart = last + 1 < len(self.bare) and not self.bare[last + 1]
            mailbox = MAILBOX.search(whole) is not None
            day = YEAR.search(whole) is not None
            time = TIME.search(whole) is not None
            if introduces(whole, begins=begins, alone=alone, marked=marked, apart=apart):
                if length > 1 and not _DATED.search(first):
                    rest = " ".join(self.bare[number + 1 : last + 1])
                    if _DATED.search(rest) and introduces(rest, begins=True, alone=True, marked=marked, apart=apart):
                        return 0, False  # the first line is a person's own
                return length, mailbox or (day and time) or (day and alone and apart)
            if length == 1 and alone and marked and after is not None and self._forwards(number, after):
                return length, False
        return 0, False

    def _ends(self, number: int) -> bool:
        """Whether an introduction may end with this line."""
        found = self._may_end.get(number)
        if found is None:
            tail = self.bare[number][-TAIL:]
            self.looked_at += len(tail)
            found = any(sign in tail for sign in (":", "：", ">", "--")) or ATTRIBUTION_VERB.search(tail) is not None
            self._may_end[number] = found
        return found

    def _forwards(self, number: int, after: int) -> bool:
        """Whether a few words and a colon stand above a quoted header: "Begin forwarded message:", in any language."""
        if not ATTRIBUTION_END.search(self.bare[number]) or len(self.bare[number].split()) > 6:
            return False
        quoted = self._look(after).lstrip(" >＞")
        return LABEL.match(quoted) is not None or NAMED_MAILBOX.search(quoted) is not None

    def _drop_banner(self, keep: list[bool]) -> None:
        """The warning that some mail systems put above every mail from outside."""
        first = self.following[0]
        if first is None or not keep[first] or not BANNER.match(self._look(first)):
            return
        last = first
        while last + 1 < len(keep) and self.bare[last + 1] and last - first < 6:
            last += 1
        said = " ".join(self.heads[first : last + 1])
        after = self.following[last + 1]
        if warning(said) and after is not None and keep[after]:
            keep[first : last + 1] = [False] * (last + 1 - first)

    def _drop_device(self, keep: list[bool]) -> None:
        """What the mail was written on, where that stands above the words."""
        first = self.following[0]
        if first is None or not keep[first] or not self.short[first] or not device(self._look(first).strip()):
            return
        after = self.following[first + 1]
        if after is not None and after > first + 1 and keep[after]:
            keep[first] = False

    def _look(self, number: int) -> str:
        self.looked_at += len(self.heads[number])
        return self.heads[number]


def _arrows(bare: str) -> bool:
    """Whether arrows point at something from both sides: ">>> here <<<"."""
    return bare.startswith(">>") and bare.rstrip().endswith("<<")


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
