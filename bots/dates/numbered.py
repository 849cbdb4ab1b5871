"""Days said by number: "the 5th", "5 de marzo", "3/14", "10-19", "3rd to 5th of May"."""

from datetime import date

from bots.dates.lexeme import words
from bots.dates.periods import is_glued, month_at, period_at
from bots.dates.pieces import Context, Days
from bots.dates.reckon import coming_date, coming_day_of_month, days_of_month, full_year, made, month_stretch, one, plus

Found = tuple[Days, int]
_NEVER_BEFORE = words("num money dash counted title month month? clock unit junk ord between from at until")
_DAY_WORDS = words("is works would please if thanks es esta me si por seria")
_ASKING = words(
    "do about anything something appt appointment is have available free open come be cita algo sirve ser hay"
)
_AFTER_DATE = words(
    "please pls plz thanks thx if is works would available porfa por gracias si me hay seria best could i anytime"
)
_BEFORE_LIST = ("", "stop", "comma", "on", "the", "between", "filler", "from")
_GAP = 2
_HOUR_CUES = words("at until before by around num past_hour")
ARTICLES = ("the", "the_el", "on", "the_la", "dia", "of")


def range_of_numbers(c: Context, i: int) -> Found | None:
    """Such as "3 al 5 de marzo", "3rd to 5th of May", "3-5 March"."""
    i = c.skip(i, ARTICLES)
    if c.kind(i) not in ("num", "ord") or c.kind(i + 1) not in ("to", "until", "dash"):
        return None
    if c.kind(i + 1) != "dash" and c.moves(i + 1):
        return None  # a visit is moved from the one to the other
    j = c.skip(i + 2, ARTICLES)
    end = numbered_at(c, j) if c.kind(j) in ("num", "ord") else None
    if not end or not (last := end[0].readings[0][1]):
        return None
    low = _before_end(c, last, c.lexemes[i].number)
    return (Days(readings=((low, last),), wide=True), end[1]) if low and low <= last else None


def _before_end(c: Context, last: date, number: int) -> date | None:
    """The day so numbered before the last one: in its month, or in the month before ("del 28 al 2")."""
    low = made(last.year, last.month, number)
    if low is not None and low <= last:
        return low
    ended = plus(last.replace(day=1), -1)
    low = made(ended.year, ended.month, number)
    return low if low is not None and low >= c.today else None


def del_al(c: Context, i: int) -> Found | None:
    """Such as "Del 10 al 15": days of the coming month, where no month is said."""
    return days_to(c, i + 1) if c.lexemes[i].value == 1 else None


def days_to(c: Context, i: int) -> Found | None:
    """The days of "10 al 15", or the second where a visit is moved to it."""
    if [c.kind(i + n) for n in range(3)] != ["num", "to", "num"]:
        return None
    last = coming_day_of_month(c.today, min(c.lexemes[i + 2].number, 31))
    low = _before_end(c, last, c.lexemes[i].number) if last else None
    if last and c.moves(i + 1):
        return Days(readings=(one(last),), day_of_month=True, moved=True, left=one(low) if low else None), i + 3
    if not last or not low or low > last:
        return None
    return Days(readings=((max(low, c.today), last),), wide=True), i + 3


def listed_at(c: Context, i: int) -> Found | None:
    """A day of a list of numbers that no hours could be: "can do 18 19 or 22", "19 thru 22"."""
    if c.language != "en" or c.expecting == "time":
        return None
    if (month := _month_of_run(c, i)) is not None:
        found = month_at(c, month, day=c.lexemes[i].number)
        return (found[0], i + 1) if found else None
    if not _is_late(c, i):
        return None
    head = i
    while (before := _beside(c, head, -1)) is not None:
        head = before
    if c.kind(head - 1) == "month" and head < i:  # the 20 of "July 19 20 or 21"
        found = month_at(c, head - 1, day=c.lexemes[i].number)
        return (found[0], i + 1) if found else None
    if not (c.kind(head - 1) in _BEFORE_LIST or c.lexemes[head - 1].word in _ASKING):
        return None
    run = head == i and c.kind(i + 1) in ("until", "to", "dash") and _is_late(c, i + 2) and not _counts(c, i + 3)
    last = coming_day_of_month(c.today, c.lexemes[i + 2].number) if run else None
    if last is not None and (low := _before_end(c, last, c.lexemes[i].number)) and low < last:
        return Days(readings=((low, last),), wide=True), i + 3
    end = i
    while (then := _beside(c, end, 1)) is not None:
        end = then
    day = coming_day_of_month(c.today, c.lexemes[i].number) if head < end and not _counts(c, end + 1) else None
    return (Days(readings=(one(day),), day_of_month=True), i + 1) if day else None


def _month_of_run(c: Context, i: int) -> int | None:
    """The place of the month of which the number at `i` is the second of some days in a row or a later one: the 6 and
    the 7 of "October 5 6 or 7".
    """
    first, last = i, i
    while (k := _next_to(c, first, -1)) is not None:
        first = k
    while (k := _next_to(c, last, 1)) is not None:
        last = k
    if last - first < _GAP or first == i or c.kind(first - 1) != "month" or _counts(c, last + 1):
        return None
    return first - 1


def _next_to(c: Context, i: int, step: int) -> int | None:
    """The place of the number, in figures, that is one lower (-1) or higher (1) than that at `i` and beside it."""
    k = i + step
    while abs(k - i) <= _GAP and c.kind(k) in ("comma", "or", "and"):
        k += step
    beside = c.kind(k) == "num" and 1 <= c.lexemes[k].digits <= 2 and c.lexemes[k].number <= 31
    return k if beside and c.lexemes[k].number == c.lexemes[i].number + step else None


def _beside(c: Context, i: int, step: int) -> int | None:
    """The place of the number that goes before (-1) or after (1) the one at `i` in a list that rises."""
    k = i + step
    while abs(k - i) <= _GAP and c.kind(k) in ("comma", "or", "and"):
        k += step
    listed = _is_late(c, k) and (c.lexemes[k].number - c.lexemes[i].number) * step > 0
    return k if listed else None


def _is_late(c: Context, j: int) -> bool:
    """Whether the number at `j`, in figures, is too high for an hour of the clock."""
    return c.kind(j) == "num" and c.lexemes[j].digits == 2 and 12 < c.lexemes[j].number <= 31


def _counts(c: Context, j: int) -> bool:
    """Whether what stands at `j` is counted, or belongs to an hour."""
    if c.kind(j) == "num":
        return not _is_late(c, j)
    return c.kind(j) in ("unit", "counted", "mer", "oclock", "month", "month?", "junk", "of", "h_suffix", "money") or (
        c.kind(j) == "word" and c.lexemes[j].word not in _AFTER_DATE | _DAY_WORDS | _ASKING
    )


def dashed_at(c: Context, i: int) -> Found | None:
    """Such as "10-19" in English or "19-10" in Spanish: a month and a day that no hours could be."""
    if [c.kind(i), c.kind(i + 1), c.kind(i + 2)] != ["num", "dash", "num"]:
        return None
    left, right = c.lexemes[i], c.lexemes[i + 2]
    glued = right.start - left.end == 1 and bool(left.digits and right.digits)
    month, day = (right, left) if c.language == "es" else (left, right)
    if not glued or not 1 <= month.number <= 12 or not 1 <= day.number <= 31 or not _may_begin(c, i):
        return None
    # "12-3" alone may be hours; not after a question for the day, nor with an hour of its own, nor on a weekday it has.
    if day.number <= 12 and not (c.expecting == "date" and len(c.lexemes) <= 5) and not _has_hour(c, i + 3):
        there = coming_date(c.today, month.number, day.number)
        if not (
            there
            and c.kind(i - 1) in ("weekday", "weekday?")
            and there.weekday() == c.lexemes[i - 1].number
            and (there - c.today).days <= 62
        ):
            return None
    following = c.lexemes[i + 3] if i + 3 < len(c.lexemes) else None
    if following and following.kind == "word" and following.word not in _AFTER_DATE:
        return None
    if c.kind(i + 3) in ("counted", "unit", "month", "month?", "dash", "mer", "of"):
        return None
    if following and following.kind == "num" and following.digits > 2:
        return None
    found = coming_date(c.today, month.number, day.number)
    return (Days(readings=(one(found),)), i + 3) if found else None


def _may_begin(c: Context, i: int) -> bool:
    """Whether what stands before lets a date in figures begin at `i`."""
    kind = c.kind(i - 1)
    return c.lexemes[i - 1].word in _ASKING if kind == "word" else kind not in _NEVER_BEFORE


def number_of_day(c: Context, j: int) -> bool:
    """Whether a day of the month may be at `j`, and no hour."""
    lexeme = c.lexemes[j] if c.kind(j) in ("num", "ord", "ord_word") else None
    is_hour = c.kind(j + 1) in ("mer", "oclock", "counted", "unit", "h_suffix", "ish")
    return lexeme is not None and lexeme.digits <= 2 and 1 <= lexeme.number <= 31 and not is_hour


def _has_hour(c: Context, j: int) -> bool:
    """Whether an hour follows that can be nothing else."""
    j = c.skip(j, ("comma", "around"))
    return (
        c.kind(j) in ("clock", "noon")
        or (
            c.kind(j) in ("at", "at_la")
            and c.kind(c.skip(j, ("at", "at_la", "around"))) in ("num", "clock", "noon", "half", "quarter")
        )
        or (c.kind(j) == "num" and c.kind(j + 1) == "mer")
    )


def written_at(c: Context, i: int) -> Found | None:
    """A date in figures: ISO, or with the month first in English and the day first in Spanish."""
    numbers, kind = c.lexemes[i].parts, c.kind(i)
    if c.kind(i + 1) in ("unit", "counted") or c.kind(i - 1) == "money":
        return None
    if kind == "iso":
        day = made(*numbers)
        return (Days(readings=(one(day),)), i + 1) if day else None
    first, second = numbers[:2]
    month, number = (second, first) if c.language == "es" else (first, second)
    for tried_month, tried_day in ((month, number), (number, month)):
        if kind == "full":
            day = made(full_year(numbers[2]), tried_month, tried_day)
        else:
            day = coming_date(c.today, tried_month, tried_day) if (first, second) != (24, 7) else None
        if day:
            return Days(readings=(one(day),)), i + 1
    return None


def numbered_at(c: Context, i: int, article: bool = False, bare: bool = False) -> Found | None:
    """A day of the month: "the 5th", "5 March", "5 de marzo", "5th of next month"."""
    lexeme, number = c.lexemes[i], c.lexemes[i].number
    if not 1 <= number <= 31 or lexeme.digits > 2:
        return None
    if lexeme.kind == "num" and c.kind(i + 1) == "or" and c.kind(c.skip(i + 2, ("the",))) == "clock":
        return None  # "the 8 or the 8:30"
    if (shared := _shared_month(c, i)) is not None:
        return shared
    if c.kind(i + 2) in ("month", "mar") and is_glued(c, i + 1):
        return month_at(c, i + 2, day=number)  # "1-dic"
    j = i + 1
    named = c.skip(j, ("of", "the", "the_la"))
    plain = lexeme.kind == "num" and not any(c.kind(k) == "of" for k in range(j, named))
    if plain and c.kind(named) not in ("month", "month?", "mar"):
        named = j  # "2 a 4 la semana que viene" are hours
    j = named if c.kind(named) in ("month", "month?", "period", "next", "this", "unit", "mar", "each", "months") else j
    if c.kind(j) in ("month", "month?", "mar"):
        # "At nine thirty november 24", "until 11 dec 3": the number before is of the hour.
        hour = j == i + 1 and lexeme.kind == "num" and c.kind(i - 1) in _HOUR_CUES and number_of_day(c, j + 1)
        return None if hour else month_at(c, j, day=number)
    if j > i + 1 and c.kind(j) == "each" and c.kind(j + 1) == "unit":
        day = coming_day_of_month(c.today, number)
        return (Days(readings=(one(day),), day_of_month=True), j + 2) if day else None
    if j > i + 1 and (period := period_at(c, j)) and (first := period[0].readings[0][0]):
        day = made(first.year, first.month, number)
        if day and day < c.today:
            day = coming_day_of_month(c.today, number)
        return (Days(readings=(one(day),)), period[1]) if day and month_stretch(first.year, first.month) else None
    following = c.kind(i + 1)
    if following in ("counted", "unit", "mer", "oclock", "num", "ish", "h_suffix") and not (
        (following == "num" and (c.lexemes[i + 1].digits or lexeme.kind == "ord"))
        or (following in ("ish", "mer") and lexeme.kind == "ord")
    ):
        return None
    ordinal = lexeme.kind == "ord" and c.kind(i - 1) not in ("my", "a")
    told = (
        c.kind(i - 2) in ("on", "weekday")
        or number > 3
        or c.expecting == "date"
        or (c.kind(i + 1) == "at" and number > 0)
    )
    spelled = lexeme.kind == "ord_word" and article and told
    # "Despues del 20", "menos el 13": the article was folded into the phrase before.
    bare = bare or (lexeme.kind == "num" and i > 0 and c.lexemes[i - 1].word.endswith((" el", " del")))
    # "The 2" may be a choice from a list; no list is longer than three.
    numbered = article and number > 3 and lexeme.kind == "num" and _ends_a_day(c, i + 1)
    alone = numbered or (c.expecting == "date" and (len(c.lexemes) <= 3 or article) and lexeme.kind == "num")
    ends = following != "word" or c.lexemes[i + 1].word in _AFTER_DATE
    if not (ordinal or (spelled and ends) or bare or alone):
        return None
    day = coming_day_of_month(c.today, number)
    return (Days(readings=(one(day),), day_of_month=True), i + 1) if day else None


def _shared_month(c: Context, i: int) -> Found | None:
    """The first of "the 4th or 5th of January", "el 4 o el 5 de enero", "3, 4 o 5 de mayo": the month is said once."""
    j, last = i, c.lexemes[i].number
    for _ in range(3):
        beside = c.language == "es" and runs_on(c, j + 1)  # "20 21 o 22 de octubre"
        if not beside and c.kind(j + 1) not in ("or", "and", "comma"):
            return None
        j = c.skip(j + 2 - beside, ("or", "and", "the", "the_el", "on"))
        if not number_of_day(c, j) or c.lexemes[j].number <= last:
            return None
        last = c.lexemes[j].number
        month = c.skip(j + 1, ("of", "the"))
        if c.kind(month) == "month" or (c.kind(month) == "month?" and c.lexemes[month].word == "march"):
            # "At 3 or 4 December 5th" are hours.
            hour = c.kind(i - 1) in _HOUR_CUES or (month == j + 1 and number_of_day(c, month + 1))
            found = None if hour else month_at(c, month, day=c.lexemes[i].number)
            return (found[0], i + 1) if found else None
    return None


def _ends_a_day(c: Context, j: int) -> bool:
    """Whether what follows "the 21" leaves it a day."""
    kind = c.kind(j)
    if kind in ("", "stop", "comma", "at", "at_la", "clock", "after", "before", "or", "and"):
        return True
    if runs_on(c, j):
        return True
    return kind == "word" and c.lexemes[j].word in _DAY_WORDS


def runs_on(c: Context, j: int) -> bool:
    """Whether the number at `j` goes on a list of days: the 7 of "el 6 7 u 8"."""
    if c.language != "es" or not number_of_day(c, j) or c.kind(j - 1) != "num" or c.kind(j + 1) not in ("or", "and"):
        return False
    return c.lexemes[j - 1].number < c.lexemes[j].number < c.lexemes[j + 2].number if number_of_day(c, j + 2) else False


def bare_date(c: Context, weekday: int, i: int) -> date | None:
    """The date of "jueves 19", where the coming 19th is a Thursday; "Thursday 10" in English is an hour."""
    if c.kind(i) != "num" or c.lexemes[i].digits > 2 or not 1 <= c.lexemes[i].number <= 31:
        return None
    # "Martes trece a las 9" is a date, "martes tres" may be an hour.
    if not c.lexemes[i].digits and (c.language == "en" or c.kind(i + 1) not in ("at", "at_la", "at_or_from")):
        return None
    if c.lexemes[i].number <= 12 and c.language == "en" and c.kind(i + 1) not in ("clock", "at"):
        return None
    if c.kind(i + 1) == "of" and c.kind(i + 2) == "num":
        pass  # "martes 24 de 9 a 11"
    elif c.kind(i + 1) in ("mer", "oclock", "h_suffix", "ish", "counted", "unit", "of", "month", "month?", "y_media"):
        return None
    if c.language == "es" and c.kind(i + 1) in ("at", "at_la"):  # "viernes 7 a las 9" of a month to come
        near = days_of_month(c.today, c.lexemes[i].number, 3)
        return next((day for day in near if day.weekday() == weekday), None)
    day = coming_day_of_month(c.today, c.lexemes[i].number)
    return day if day and day.weekday() == weekday else None


def other_date(c: Context, soon: date, i: int) -> Found | None:
    """Both readings of "viernes 28", where the 28th is no Friday; a lower number may be an hour."""
    least = 13 if c.language == "es" else 20  # an English "Monday 15" may be 3 pm
    if c.kind(i) != "num" or c.lexemes[i].digits != 2 or not least <= c.lexemes[i].number <= 31:
        return None
    if c.lexemes[i].number < 24 and c.kind(i + 1) in ("h_suffix", "num", "clock", "to", "dash", "oclock"):
        return None
    day = coming_day_of_month(c.today, c.lexemes[i].number)
    if day is None or day.weekday() == soon.weekday() or c.kind(i + 1) in ("unit", "counted", "of", "month", "month?"):
        return None
    return Days(readings=(one(day), one(soon))), i + 1
