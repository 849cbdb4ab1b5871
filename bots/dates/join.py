"""From pieces to drafts: which day goes with which hour, what is an alternative, a correction, or ruled out."""

from dataclasses import replace

from bots.dates.asides import of_asides
from bots.dates.beside import bears_it, inside_open, is_again, is_dated_run, is_deadline, is_listed, is_same
from bots.dates.draft import Draft, Joined, between, enclosed, is_far, is_open, is_within, set_hours
from bots.dates.lexeme import words
from bots.dates.merge import beside_dated, both_bounds, is_run, merged, on_from, week_from
from bots.dates.moved import moved_visit
from bots.dates.negation import correction, either, negated_pieces
from bots.dates.pieces import Bound, Context, Days, Hours, Piece, Relation
from bots.dates.reckon import coming, monday, one, plus
from bots.dates.replaced import draft_of, left_behind, replaces
from bots.dates.ruled import exclude, is_parted, left_over, without_hour
from bots.dates.same_es import hour_before
from bots.dates.told import of_missed_visit, told_of
from bots.dates.turns import STARTLED, concludes, is_startled, leads_to_only, thinks_again, turns_only

_TURNED: dict[str, Bound] = {"too_early": "after", "too_late": "before"}
_MOST_DRAFTS = 8
_NEXT_DAY = ("day", "weekday", "on", "the_el")
_SLOTS = words("appt appts appointment appointments session sessions visit visits")
_LISTING = {"or", "and", "comma", "nor", "dash"}
_SO = ("so", "asi", "entonces")
_ELSE = ("else", "other", "another", "otro")
_ANYTIME = ("anytime", "any", "whenever", "cualquier")


def join(c: Context, pieces: list[Piece]) -> Joined:
    """The drafts that the pieces make together."""
    joined = Joined()
    ruled_out = negated_pieces(c, pieces)
    before = wished = None
    parted: set[int] = set()
    after_excluded_day = startled = False
    may_start = not STARTLED.isdisjoint(c.said) or "fix" in c.kinds.values()
    told = told_of(c, pieces, ruled_out)
    visit, standing = moved_visit(c, pieces, ruled_out)
    aside, engaged = of_asides(c, pieces, ruled_out, told | standing)
    told = (told | aside) - engaged | standing
    ruled_out |= engaged - told
    if visit and visit - of_missed_visit(c, pieces):
        joined.left = draft_of(c.today, [pieces[at].found for at in sorted(visit)])
    for at, piece in enumerate(pieces):
        found = piece.found
        link_words = range(before.stop if before else 0, piece.at)
        startled = startled or (may_start and is_startled(c, link_words, at in told))
        if at in told | parted or (isinstance(found, Days) and found.past):
            before = piece
            continue
        joined.used.append(piece)
        gap = {c.kind(k) for k in link_words}
        if "counted" in gap and not any(c.kind(k) == "counted" and c.lexemes[k].word not in _SLOTS for k in link_words):
            gap = gap - {"counted"} | {"word"}  # "any Saturday appointments this week"
        if any(c.lexemes[k].word in _ANYTIME for k in link_words):
            gap.add("anytime")
        if "else" in gap:
            gap.add("or")  # "Monday morning or else any afternoon"
        if any(c.lexemes[k].word in _SO for k in link_words) or concludes(c, piece):
            gap.add("so")
        if startled and joined.drafts:
            gap.add("fix")
            startled = False
        if before is not None and (turns_only(c, link_words) or thinks_again(c, link_words)):
            gap.add("fix")
        if before is not None and (link := correction(c, before, piece)):
            gap.add("fix")
            found = either(found, before.found) if link == "no_es" else found
        if isinstance(found, Relation):
            if at not in ruled_out and (joined.relation is None or found.wish == "soonest"):
                joined.relation = found
        elif at in ruled_out:
            if isinstance(found, Days) and (instead := left_over(c, found, piece)) is not None:
                _add_days(c, joined.drafts, instead, piece, gap)
            if not is_open(found) and not _is_dated_behind(c, pieces, at, ruled_out):
                too = c.kind(piece.stop + (piece.stop < len(c.lexemes) and c.lexemes[piece.stop].word == "is"))
                behind = pieces[at + 1].found if isinstance(found, Days) and _hours_ruled_out(c, pieces, at) else None
                if isinstance(found, Days) and isinstance(behind, Hours) and is_parted(joined.drafts, found, behind):
                    parted.add(at + 1)
                    before = wished = piece
                    continue
                if isinstance(found, Days) and behind is not None:
                    joined.parted.extend(day for day, _ in found.readings if day)
                if isinstance(found, Days) and any(c.lexemes[k].word in _ELSE for k in link_words):
                    joined.parted.extend(
                        day for one in joined.drafts if one.days for day, _ in one.days.readings if day
                    )
                exclude(joined, found, after_excluded_day and not gap, _TURNED.get(too))
        elif isinstance(found, Days):
            if found.readings == ((None, None),) and leads_to_only(c, joined.drafts, pieces, at):
                before = piece
                continue
            if found.readings == ((None, None),) and _names_others(pieces, at, ruled_out | told):
                run = sorted(coming(c.today, day) for day in range(7) if day not in found.excluded_weekdays)
                joined.drafts.extend(Draft(days=Days(readings=(one(day),), weekday=day.weekday())) for day in run)
                del joined.drafts[_MOST_DRAFTS:]
                before = piece  # "Monday to Thursday after 1, Friday after 3"
                continue
            found = _with_weekday_before(joined.drafts, found, gap)
            joined.excluded_weekdays.extend(found.excluded_weekdays)
            if wished is not None and joined.drafts and (both := both_bounds(c, wished, piece, gap)):
                joined.drafts[-1].days = both
            else:
                joined.left = joined.left or left_behind(c, joined.drafts, found, piece, gap)
                _add_days(c, joined.drafts, found, piece, gap)
        elif found.bound == "same" and (said := hour_before(pieces, at)) and not _has_hours(joined):
            set_hours(joined.drafts[-1], said)
            joined.drafts[-1].hours_taken = True
        elif found.bound == "same" and joined.left and not any(one.hours or one.part for one in joined.drafts):
            for draft in joined.drafts[-1:]:
                draft.hours, draft.part, draft.hours_taken = joined.left.hours, joined.left.part, True
        elif not (after_excluded_day and not gap - {"in", "the", "at", "the_la", "for", "around"}):
            _add_hours(c, joined.drafts, found, piece, gap)
        after_excluded_day = isinstance(found, Days) and at in ruled_out
        before = wished = piece
        del joined.drafts[_MOST_DRAFTS:]
    for hour in joined.without:
        without_hour(joined.drafts, hour)
    return joined


def _is_dated_behind(c: Context, pieces: list[Piece], at: int, ruled_out: set[int]) -> bool:
    """Whether a weekday that is ruled out has its number behind it, which alone is meant: "not Thursday the 12th"."""
    if at + 1 not in ruled_out or c.skip(pieces[at].stop, ("comma", "the", "the_el")) < pieces[at + 1].at:
        return False
    said, dated = pieces[at].found, pieces[at + 1].found
    if not isinstance(said, Days) or not isinstance(dated, Days) or said.weekday is None or not dated.readings:
        return False
    first, last = dated.readings[0]
    return first is not None and first == last and first.weekday() == said.weekday


def _hours_ruled_out(c: Context, pieces: list[Piece], at: int) -> bool:
    """Whether only an hour or a part of the day is ruled out: "instead of tomorrow afternoon"."""
    if at + 1 >= len(pieces) or not isinstance(pieces[at + 1].found, Hours):
        return False
    return c.skip(pieces[at].stop, ("at", "in", "the", "for", "around")) >= pieces[at + 1].at


def _names_others(pieces: list[Piece], at: int, ruled_out: set[int]) -> bool:
    """Whether the text names other weekdays beside a run of them."""
    return any(
        isinstance(piece.found, Days) and piece.found.weekday is not None and n not in ruled_out and n != at
        for n, piece in enumerate(pieces)
    )


def _has_hours(joined: Joined) -> bool:
    return not joined.drafts or bool(joined.left) or any(one.hours or one.part for one in joined.drafts)


def _with_weekday_before(drafts: list[Draft], days: Days, gap: set[str]) -> Days:
    """Of "Thursday or Friday of next week", the Thursday goes there too; of "Mondays or Fridays in May", both do."""
    last = drafts[-1].days if drafts else None
    run = not gap and days.within  # "Tues Wed Thurs next week"
    if last is None or last.weekday is None or "word" in gap or not (run or gap & {"or", "and", "comma"}):
        return days
    begin = days.readings[0][0] if days.readings else None
    if days.excluded_weekdays and begin is not None and days.wide and last.weekday in days.excluded_weekdays:
        drafts.pop()
        return replace(days, excluded_weekdays=tuple(day for day in days.excluded_weekdays if day != last.weekday))
    if days.within and begin is not None and last.weekday < begin.weekday():
        period = days.within[0]
        for draft in reversed(drafts):
            if draft.days is None or draft.days.weekday is None or period is None:
                break
            there = plus(monday(period), draft.days.weekday)
            if there >= period:  # else it is past: "Mon or Fri this week", said on a Wednesday
                draft.days = Days(readings=(one(there),), within=days.within)
    return days


def _hours_follow(c: Context, stop: int) -> bool:
    """Whether what stands behind a day is its hour."""
    return c.kind(stop) in ("at", "at_la", "num", "clock", "after", "before", "around", "between", "from", "noon")


def _add_days(c: Context, drafts: list[Draft], days: Days, piece: Piece, gap: set[str]) -> None:
    if days.readings == ((None, None),):
        return
    if not drafts:
        drafts.append(Draft(days=days))
        return
    last = drafts[-1]
    if gap & {"or", "and", "comma"}:
        days = beside_dated(last.days, days)
    if is_deadline(c, last.days, days, piece):
        return
    if last.hours and is_again(last.days, days, gap) and not _hours_follow(c, piece.stop):
        return
    begun = not last.hours and is_dated_run(last.days, days, gap)
    if begun or days.instead or inside_open(last.days, days, gap):
        last.days = days
    elif there := on_from(last.days, days, gap):
        begin = last.days.readings[0][0] if last.days else None
        last.days, last.period = there, week_from(begin) if begin else last.period
    elif "so" in gap and last.days is not None and not gap & {"or", "and"}:
        same = merged(c.today, last.days, days, set())
        if same is not None and same.readings[0] in days.readings and len(same.readings) == 1:
            period = last.days if last.days.wide else last.period
            drafts[:] = [replace(last, days=same, period=period, hours_taken=True)]  # "Wednesday morning, so the 24th"
        else:
            drafts[:] = [Draft(days=days)]  # "I have choir on Wednesday so Thursday"
    elif (
        last.days is not None
        and last.days_taken
        and (gap & {"comma", "stop"} or _hours_follow(c, piece.stop))
        and "on" not in gap
    ):
        drafts.append(Draft(days=days))  # "Tuesday 9 or 10, Wednesday 2 or 3"
    elif last.days is None and "else" in gap:
        drafts.append(Draft(days=days))  # "is 4pm or 5pm available, if not anything today"
    elif last.days is None or last.days_taken:
        last.days, last.days_taken, last.hours_first = days, False, True
        last.hours_taken = last.hours_taken or days.moved
        for other in drafts[:-1]:
            if other.days is None:
                other.days = days
    elif replaces(c, piece, gap):
        only = last.days.wide and days.weekday is not None and turns_only(c, range(piece.at))
        there = merged(c.today, last.days, days, set()) if only else None  # "next week is fine but only Tues"
        period = last.days if there else None
        drafts[:] = [Draft(days=there or days, hours=last.hours, part=last.part, hours_taken=True, period=period)]
    elif gap == {"comma"} and c.kind(piece.at - 2) == "day" and not is_same(c.today, last.days, days):
        drafts.append(Draft(days=days))  # "tomorrow, Friday or Monday"
    elif last.hours and gap <= {"comma", "the_el", "on"} and _is_another_day(c, last.days, days, piece):
        drafts.append(Draft(days=days))  # "tomorrow at 9, Tuesday at 2"
    elif days.within and gap <= {"comma"} and last.days.within == days.within and not last.days.wide and not days.wide:
        drafts.append(Draft(days=days))  # the Thursday of "Tues Wed Thurs next week"
    elif not gap and is_listed(c, last, days, piece):
        there = merged(c.today, last.period, days, set()) if last.period is not None else None
        drafts.append(replace(last, days=there or days, hours_taken=True))  # "next week Mon Tues or Wed"
    elif not gap and last.period is not None and bears_it(last.days, days):
        last.days = Days(readings=(*days.readings, *last.days.readings))  # "in two weeks, Friday the 20th": asked
    elif last.period and _is_beside(last.days, days) and (there := merged(c.today, last.period, days, set())):
        there_too = Draft(days=there, period=last.period)
        if last.hours_first and "anytime" not in gap:  # "after 5 this week, Thursday or Friday"
            there_too = replace(last, days=there, hours_taken=True)
        drafts.append(there_too)
    elif not gap & {"or", "and"} and (same := merged(c.today, last.days, days, _near(last.days, days, gap))):
        within = Days(readings=(last.days.within,), wide=True) if last.days.within else None
        if days.wide and last.days.weekday is not None:
            _move_there(c, drafts, days)
        last.period = last.days if last.days.wide or is_run(last.days) else within or last.period
        last.days = same
    elif not gap & _LISTING and (gap - {"stop"} or days.dated) and last.days.wide and not days.wide:
        last.days = days
    elif last.hours_first and "anytime" not in gap:
        for one_of in [draft for draft in drafts if draft.days is last.days]:  # "8:30 or 9, Monday or Tuesday"
            drafts.append(Draft(days=days, hours=one_of.hours, part=one_of.part, hours_taken=True, hours_first=True))
    else:
        drafts.append(Draft(days=days))


def _move_there(c: Context, drafts: list[Draft], week: Days) -> None:
    """Of "Monday, Wednesday or Friday of the week of the 14th", the first two go there, too."""
    for draft in reversed(drafts[:-1]):
        if draft.days is None or draft.days.weekday is None or draft.days.within:
            return
        there = merged(c.today, draft.days, week, set())
        if there is None or is_run(there):
            return
        draft.days = there


def _is_another_day(c: Context, said: Days, days: Days, piece: Piece) -> bool:
    """Whether a weekday with its own hour is named behind today or tomorrow, and is neither."""
    first, last = said.readings[0] if said.readings else (None, None)
    relative = said.weekday is None and not said.day_of_month and first == last and len(said.readings) == 1
    if first is None or not relative or days.weekday in (None, first.weekday()) or (first - c.today).days > 1:
        return False
    return _hours_follow(c, piece.stop)


def _near(said: Days, days: Days, gap: set[str]) -> set[str]:
    """What stands between; a weekday within a run may be any of it: "antes del 4 de julio, cualquier lunes"."""
    loose = {"anytime", "word"} if days.weekday is not None and is_run(said) else {"anytime"}
    return gap - loose if "anytime" in gap else gap


def _is_beside(said: Days, days: Days) -> bool:
    """Whether another weekday is named than that of the day said before: "next week Monday, Wednesday or Friday"."""
    first = said.readings[0][0] if said.readings else None
    return days.weekday is not None and first is not None and not said.wide and first.weekday() != days.weekday


def _add_hours(c: Context, drafts: list[Draft], hours: Hours, piece: Piece, gap: set[str]) -> None:
    if hours.bound == "same":
        _same_hours(drafts)
        return
    if not drafts:
        drafts.append(Draft())
    last = drafts[-1]
    if replaces(c, piece, gap) and (last.hours or last.part) and (hours.low or not last.hours):
        for draft in drafts:
            draft.hours, draft.part = (hours, None) if hours.low else (None, hours.part)
        return
    if hours.bound == "at" and not gap - {"at", "comma"} and is_open(last.days):
        hours = replace(hours, bound="until")  # "by Wednesday noon"
    if c.kind(piece.at) in ("before_that", "after_that"):
        last.hours = hours  # "I pick her up at 2:45, so before that"
        return
    if "or" in gap and last.days and not (last.hours or last.part) and c.kind(piece.stop) in _NEXT_DAY:
        drafts.append(Draft(hours=hours if hours.low else None, part=hours.part))
        return  # "today or first thing tomorrow"
    if last.hours_taken and gap & {"comma", "or", "and"} and c.kind(piece.stop) in ("on", "the_el"):
        drafts.append(Draft(hours=hours if hours.low else None, part=hours.part))
        return  # "after 3 on Monday or Tuesday, before noon on Friday"
    if (
        last.hours
        and last.hours.leaving
        and last.days
        and gap & {"or", "and", "comma"}
        and c.kind(piece.stop) in _NEXT_DAY
    ):
        drafts.append(Draft(hours=hours if hours.low else None, part=hours.part))
        return  # "I get out at 3 Friday and 1 Monday"
    if last.hours_taken:
        last.hours, last.part, last.hours_taken = None, None, False
    if hours.leaving and last.hours is not None and not last.hours.leaving:
        last.hours = enclosed(last.hours, hours) or last.hours
        return  # "after four because I get out at three"
    if hours.low is None:
        _add_part(drafts, hours, gap)
    elif last.hours is None and last.part is not None and "or" in gap:
        drafts.append(Draft(days=last.days, hours=hours, days_taken=True))  # "before school or after 3"
    elif any(draft.rest for draft in drafts):  # "Tuesday, not at 3. how about 4"
        kept = [draft for draft in drafts if not draft.rest]
        drafts[:] = [replace(d, hours=hours, part=None if d.part == "before lunch" else d.part) for d in kept]
    elif last.hours is not None and (last.hours.leaving or ("so" in gap and not gap & {"or", "and"})):
        for draft in [draft for draft in drafts if draft.hours is last.hours]:
            draft.hours = hours
    elif last.hours is not None and _narrows(last.hours, hours, gap):
        if "word" not in gap or is_within(hours, last.hours):  # not "after 1, dog groomer at noon"
            last.hours = hours
    elif last.hours is not None and last.hours.bound == "at" and "or" not in gap and _lies_within(last.hours, hours):
        return  # "a las 7, antes de entrar al trabajo a las 8"
    elif last.hours is None:
        last.hours = hours
        for draft in drafts[:-1]:
            if draft.hours is None and (draft.part in (None, last.part) or draft.part.startswith("not ")):
                draft.hours, draft.part = hours, last.part
    elif (both := between(last.hours, hours)) and "or" not in gap:
        for draft in [draft for draft in drafts if draft.hours is last.hours]:
            draft.hours = both  # of both days of "Tuesday or Thursday, before my 1:00 class, after 10"
    else:
        # "At 8 this morning, can I come at 4" speaks of another part of the day; "this morning at 9 or 10" does not.
        part = None if "word" in gap else last.part
        sharing = [draft for draft in drafts[:-1] if draft.hours is last.hours and draft.days is not None]
        drafts.extend(Draft(days=draft.days, hours=hours, part=part) for draft in sharing)
        drafts.append(Draft(days=last.days, hours=hours, part=part, days_taken=True))


def _narrows(said: Hours, hours: Hours, gap: set[str]) -> bool:
    """Whether an hour is named within a bound that was told before: "I'm open after 1, can you do 2"."""
    told = said.bound in ("after", "before", "until", "by") and gap & {"comma", "stop"} and not gap & {"or", "and"}
    return bool(told) and hours.bound == "at" and hours.high is None


def _lies_within(said: Hours, bound: Hours) -> bool:
    """Whether the hour said keeps to the bound that is told after it."""
    bounds = bound.bound in ("before", "until", "after") and bound.low is not None and bound.high is None
    return bounds and said.low is not None and said.high is None and is_within(said, bound)


def _same_hours(drafts: list[Draft]) -> None:
    """Give the last day the hours of the one before it: "tomorrow at noon or Friday, same time"."""
    said = next((draft for draft in reversed(drafts[:-1]) if draft.hours or draft.part), None)
    if said is not None and drafts[-1].hours is None:
        drafts[-1].hours, drafts[-1].part, drafts[-1].hours_taken = said.hours, said.part, True


def _add_part(drafts: list[Draft], hours: Hours, gap: set[str]) -> None:
    last = drafts[-1]
    if last.hours is not None and "so" in gap and is_far(last.hours, hours.part):
        last.hours, last.part = None, hours.part  # "an exam at 10, so the afternoon"
    elif last.hours is not None and {"comma", "word"} & gap and is_far(last.hours, hours.part):
        drafts.append(Draft(days=last.days, part=hours.part, days_taken=True))
    elif last.part is None and (last.hours is None or not (gap & {"or", "stop"})):
        last.part = hours.part
        for draft in drafts[:-1]:
            if draft.hours is None and draft.part is None and last.hours is None:
                draft.part, draft.part_shared = hours.part, True
    elif (
        last.part == hours.part
        or (last.part is not None and hours.part == "all day")
        or (last.part == "first thing" and hours.part in ("morning", "early morning"))
        or (last.part and hours.part and last.part.endswith(hours.part))
    ):
        return  # "late Friday afternoon"
    elif gap & {"or"} or (last.hours is None and gap & {"and", "comma"}):
        drafts.append(Draft(days=last.days, part=hours.part, days_taken=True))
    elif last.hours is None:
        last.part = hours.part
