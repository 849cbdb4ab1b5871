"""The one way in: a text, the moment and the question asked give what the text says about when."""

from datetime import date, datetime, time
from itertools import pairwise
from typing import Literal

from bots.dates.join import join
from bots.dates.lexeme import words
from bots.dates.model import When, Window
from bots.dates.pieces import Context, Piece
from bots.dates.recurring import recurring
from bots.dates.resolve import has_passed, windows_of
from bots.dates.scan import pieces_of
from bots.dates.tokens import guess_language, lex
from hub.types import Language

CLINIC_HOURS = (time(8), time(18))
_ALSO = words("also too either tambien")
_TURNS = words("need needs want should put book necesito quiero quisiera pongame agendeme")
_OTHERS = words("my mi mis she he for")


def parse(
    text: str,
    *,
    now: datetime,
    language: Language | None = None,
    expecting: Literal["date", "time"] | None = None,
    hours: tuple[time, time] = CLINIC_HOURS,
) -> When:
    """What `text` says about when, days and hours in the clinic's wall time. Never raises on any text.

    now: the moment, aware, in the clinic's zone; days before it are never meant unless their year is given.
    language: the person's, guessed when None; it decides "3/4". expecting: the question just asked, after
    which bare numbers count. hours: when the clinic opens and closes, which settle "at 3".
    """
    spoken = language or guess_language(text)
    lexemes = lex(text, spoken)
    context = Context(
        lexemes=lexemes,
        kinds={at: lexeme.kind for at, lexeme in enumerate(lexemes)},
        now=now,
        language=spoken,
        expecting=expecting,
        hours=hours,
        moving=any(lexeme.kind == "move" for lexeme in lexemes),
        said=frozenset(lexeme.word for lexeme in lexemes),
    )
    joined = join(context, pieces_of(context))
    windows: list[Window] = []
    ambiguous: list[Window] = []
    for draft in joined.drafts:
        readings = _left(windows_of(context, draft), joined.excluded, windows)
        if readings and readings[0] not in windows:
            windows.append(readings[0])
            if len(readings) > 1:
                ambiguous.extend(readings)
    if not ambiguous and not joined.left and _is_unclear_move(context, windows, joined.used):
        ambiguous = list(windows)  # which of them is the old time only the person and the books know
    # "Not Tuesday at 3, but Tuesday at 4" rules out no Tuesday.
    wished = {one.first for one in windows if one.first == one.last}
    kept = wished & set(joined.parted)
    gone = set(joined.excluded) - kept
    windows = [one for one in windows if one.first != one.last or one.first not in gone] or windows
    left = windows_of(context, joined.left) if joined.left else []
    ahead = [one for one in windows if not has_passed(one, now)]
    when = When(
        windows=tuple(ahead or windows),
        excluded=tuple(day for day in dict.fromkeys(joined.excluded) if day not in kept),
        excluded_weekdays=tuple(
            weekday
            for weekday in dict.fromkeys(joined.excluded_weekdays)
            if not any(day and day.weekday() == weekday for day in wished)
        ),
        ambiguous=tuple(ambiguous),
        moved_from=tuple(left),
        relation=joined.relation.wish if joined.relation else None,
        spans=tuple(dict.fromkeys((lexemes[piece.at].start, lexemes[piece.stop - 1].end) for piece in joined.used)),
    )
    return recurring(context, when, joined.used)


def _is_unclear_move(c: Context, windows: list[Window], used: list[Piece]) -> bool:
    """Whether of two starts one may be that of a visit there is, and which cannot be told."""
    if len(windows) != 2 or not _ALSO.isdisjoint(c.said) or "or" in c.kinds.values() or "else" in c.kinds.values():
        return False
    between = [c.lexemes[k].word for one, then in pairwise(used) for k in range(one.stop, then.at)]
    turns = not _TURNS.isdisjoint(between) and _OTHERS.isdisjoint(between)
    if any(c.kind(k) in ("to", "for") for k in range(used[0].at + 1)):
        return False  # "change my appointment for Friday at 3": the new time is led to
    if not turns and (not c.moving or "and" in c.kinds.values()):
        return False
    return all(one.exact and one.first is not None and one.first == one.last for one in windows)


def _left(readings: list[Window], excluded: list[date], said: list[Window]) -> list[Window]:
    """The readings without those of a day that was ruled out or named before, unless no other is left."""
    return [
        one for one in readings if (one.first != one.last or one.first not in excluded) and one not in said
    ] or readings
