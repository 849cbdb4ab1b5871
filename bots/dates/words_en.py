"""The English words and phrases of the line by what they mean; `lexeme` says what the kinds are. Data only.

Each entry is folded: lower case, no accents; common slips of the thumb stand beside the right spelling.
"""

from bots.dates.lexeme import Sense, lexicon, words

_SENSES: dict[Sense, str] = {
    ("weekday", 0): "monday, mondays, mon, monda, munday, mondy, mnday",
    ("weekday", 1): "tuesday, tuesdays, tue, tues, tuesd, teusday, tusday, tuseday, tueday, tuedsay, tuesdy, tusdy",
    ("weekday", 2): (
        "wednesday, wednesdays, weds, wensday, wendsday, wednsday, wednesdy, wenesday, wedensday, wendesday, "
        "wednes, wednsdy, wed"
    ),
    ("weekday", 3): (
        "thursday, thursdays, thu, thur, thurs, thrus, thirsday, thrusday, thursady, thurday, thusday, thurz, thrs, "
        "thursdy"
    ),
    ("weekday", 4): "friday, fridays, fri, firday, fryday, friady, frday, fridy, firiday",
    ("weekday", 5): "saturday, saturdays, saterday, saturdy, satuday, satruday, satur, satarday",
    ("weekday", 6): "sunday, sundays, suday, sundy",
    ("weekday?", 5): "sat",
    ("weekday?", 6): "sun",
    ("month", 1): "january, jan, janurary, janury",
    ("month", 2): "february, feb, febuary, febrary, feburary",
    ("month", 3): "mar",
    ("month", 4): "april, apr",
    ("month", 6): "june, jun",
    ("month", 7): "july, jul",
    ("month", 8): "august, aug, agust",
    ("month", 9): "september, sept, sep, setember, septmber",
    ("month", 10): "october, oct, ocotber",
    ("month", 11): "november, nov, novmber",
    ("month", 12): "december, dec, decmber",
    ("holiday", "christmas"): "christmas, xmas, christmas day, x mas, xmas day",
    ("holiday", "christmas eve"): "christmas eve, xmas eve, x mas eve",
    ("holiday", "new year"): "new year's, new years, new year, new year's day, new years day",
    ("holiday", "new year's eve"): "new year's eve, new years eve",
    ("holiday", "valentine"): "valentine's day, valentines day, valentine's, valentines",
    ("holiday", "independence"): "4th of july, fourth of july, july 4th, independence day",
    ("holiday", "halloween"): "halloween",
    ("holiday", "thanksgiving"): "thanksgiving, thanksgiving day, turkey day, thxgiving, tgiving, thanksgivin",
    ("holiday", "labor"): "labor day, labour day",
    ("holiday", "memorial"): "memorial day",
    ("month?", 3): "march",
    ("month?", 5): "may",
    ("day", 0): "today, tday, todays, tdy, 2day, later today, today still, today's",
    ("day", 1): (
        "tomorrow, tomorow, tommorow, tommorrow, tomorrw, tomorrows, tmrw, tmr, tmrow, tmw, tomo, tomoro, tomoz, "
        "2morrow, 2moro, 2mrw, 2mro, 2mrow, to morrow, tmrrw, tmmrw, tomrw, tmoro, tmorrow, tomorro, tmrrow, "
        "tommrow, tommoro, tomorow's, tomorrow's, tmrws"
    ),
    ("day", 2): (
        "overmorrow, day after tomorrow, day after tomorow, day after tmrw, day after tom, day after next, day "
        "after tmr, day after tomo, day after tomoro, day after 2moro, day after tommorow, day after tommorrow, day "
        "after 2morrow, day after tmrow, day after tmw, day after that one"
    ),
    ("day?", 1): "tom",
    ("tonight", 0): "tonight, tonite, 2nite, later tonight",
    ("part", "night"): "nights, night, nite, at night",
    ("part", "morning"): (
        "morning, mornings, mornin, morn, before lunch, in the am, in the a "
        "m, morns, mornign, morining, before lunchtime, before lunch time, forenoon, am hours"
    ),
    ("part", "afternoon"): (
        "afternoon, afternoons, aftrnoon, aft, arvo, afternon, aftn, after noon, aftr noon, afternoonish"
    ),
    ("part", "evening"): (
        "evening, evenings, eve, after hours, early evening, evenin, evning, after dinner, after supper"
    ),
    ("part?", "lunch"): "lunch",
    ("part", "lunch"): (
        "lunchtime, lunch time, at lunch, around lunch, by lunch, during lunch, over lunch, lunch hour, lunch "
        "break, lunchbreak, lunchhour, on my lunch, during my lunch, at my lunch, on my lunch break, on my lunch "
        "hour, during my lunch break, during my lunch hour, over my lunch break, over my lunch hour"
    ),
    ("part", "mid morning"): "midmorning, mid morning, middle of the morning",
    ("part", "mid afternoon"): "midafternoon, mid afternoon, middle of the afternoon",
    ("part", "day end"): (
        "eod, end of the day, end of day, before you close, before closing, before closing time, right before "
        "closing, right before you close, close of business, cob, last slot of the day, last appointment of the day, "
        "last thing, last slot on, last appointment on, last appt on, last opening on, the last slot, as late as "
        "possible, as late as you have, latest you have, latest appointment, latest slot, at close, at closing, right "
        "at close"
    ),
    ("part", "early morning"): (
        "early morning, early in the morning, early am, before work, early in the am, early mornings, before i go "
        "to work, before my shift, before school, crack of dawn"
    ),
    ("part", "early"): "early in the day, earlier in the day",
    ("part", "very early"): "bright and early, super early, really early, very early",
    ("part", "first thing"): (
        "first thing in the morning, first thing in the am, first thing, when you open, right when you open, when u "
        "open, right when u open, soon as you open, soon as u open, as soon as u open, as soon as you open, when you "
        "guys open, when you first open, at opening, at opening time, first slot of the day, first appointment of the "
        "day, when the clinic opens, when the office opens, when it opens, as soon as the clinic opens, as early as "
        "you open, early as you open, as soon as you're open, when you're open, right at opening, start of the day, at "
        "the start of the day, beginning of the day, at the beginning of the day"
    ),
    ("part", "late morning"): "late morning, later in the morning, late in the morning, later morning",
    ("part", "early afternoon"): "early afternoon, early in the afternoon, earlier in the afternoon",
    ("part", "late afternoon"): (
        "late afternoon, late in the afternoon, late in the day, later in the day, later in the afternoon, later on "
        "in the day, towards evening"
    ),
    ("part", "after lunch"): (
        "after lunch, any time after lunch, anytime after lunch, right after lunch, after lunchtime, after lunch time"
    ),
    ("part", "after work"): (
        "after work, any time after work, anytime after work, right after work, after i get off work, after i get "
        "out of work, when i get off work, once i get off work, after my shift, after office hours, after business "
        "hours"
    ),
    ("part", "after school"): (
        "after school, any time after school, anytime after school, right after school, after school lets out, when "
        "school lets out, after school gets out, once school is out, after pickup, aft school, aftr school"
    ),
    ("part", "all day"): "all day, all day long, any time of day, anytime of the day, any time of the day",
    ("loosely", 0): "like, say",
    ("part", "pm"): "in the pm, in the p m",
    ("noon", 0): "midnight",
    ("noon", 12): "noon, midday, mid day, 12 noon, twelve noon",
    ("noonish", 12): "noonish",
    ("mer", "am"): "am",
    ("mer", "pm"): "pm",
    ("oclock", 0): "oclock, o'clock, clock, sharp, o clock, on the dot",
    ("ish", 0): "ish, or so, or thereabouts, give or take, more or less",
    ("half", 30): "half",
    ("quarter", 15): "quarter",
    ("num", 0): "zero",
    ("num", 1): "one",
    ("num", 2): "two, couple, a couple of, a couple, couple of",
    ("num", 3): "three, few, several, a few",
    ("num", 4): "four",
    ("num", 5): "five",
    ("num", 6): "six",
    ("num", 7): "seven, sevn",
    ("num", 8): "eight, eigth, eihgt",
    ("num", 9): "nine, nien",
    ("num", 10): "ten",
    ("num", 11): "eleven, elven, elevn",
    ("num", 12): "twelve, tweleve, twelv",
    ("num", 13): "thirteen",
    ("num", 14): "fourteen",
    ("num", 15): "fifteen",
    ("num", 16): "sixteen",
    ("num", 17): "seventeen",
    ("num", 18): "eighteen",
    ("num", 19): "nineteen",
    ("num", 20): "twenty",
    ("num", 30): "thirty",
    ("num", 40): "forty, fourty",
    ("num", 50): "fifty",
    ("oh", 0): "oh",
    ("a", 1): "a, an",
    ("ord_word", 1): "first",
    ("ord_word", 2): "second",
    ("ord_word", 3): "third",
    ("ord_word", 4): "fourth",
    ("ord_word", 5): "fifth",
    ("ord_word", 6): "sixth",
    ("ord_word", 7): "seventh",
    ("ord_word", 8): "eighth",
    ("ord_word", 9): "ninth",
    ("ord_word", 10): "tenth",
    ("ord_word", 11): "eleventh",
    ("ord_word", 12): "twelfth",
    ("ord_word", 13): "thirteenth",
    ("ord_word", 14): "fourteenth",
    ("ord_word", 15): "fifteenth",
    ("ord_word", 16): "sixteenth",
    ("ord_word", 17): "seventeenth",
    ("ord_word", 18): "eighteenth",
    ("ord_word", 19): "nineteenth",
    ("ord_word", 20): "twentieth",
    ("ord_word", 30): "thirtieth",
    ("counted", 0): (
        "people, person, persons, kids, kid, children, child, guests, adults, patients, yrs, yr, old, mg, mcg, "
        "ml, milligrams, pills, tablets, doses, dose, dollars, bucks, percent, questions, question, visits, "
        "visit, times, things, thing, blocks, miles, mile, km, pounds, lbs, lb, kg, feet, ft, inches, inch, "
        "street, st, ave, avenue, road, rd, blvd, drive, main, oak, elm, floor, grade, grader, options, option, "
        "tickets, seats, bags, bag, rooms, beds, passengers, riders, ppl, degrees, stars, star, items, am_i, "
        "refills, appointments, appts, sessions, sisters, brothers, sons, daughters, doctors, nurses, siblings, "
        "cats, dogs, birthday, trimester, opinion, shot, covid, vaccine, booster, choice, class, place, party, "
        "column, step, round, attempt"
    ),
    ("unit", "year"): "years, year",
    ("unit", "week"): "weeks, week, wk, wks",
    ("unit", "month"): "months, month",
    ("unit", "day"): "days, day",
    ("unit", "minute"): "minutes, mins, min, minute",
    ("unit", "hour"): "hour, hours, hr, hrs",
    ("unit", "fortnight"): "fortnight",
    ("of", 0): "of",
    ("past", 0): "yesterday, day before yesterday, last night, earlier today, last evening",
    ("ago", 0): "ago",
    ("since", 0): "since",
    ("past_hour", 0): "past",
    ("until", 0): "till, til, until, untill, through, thru, 'til, untl, up to, up until",
    ("to", 0): "to",
    ("at", 0): "at",
    ("around", 0): (
        "around, about, approximately, roughly, circa, near, arround, arnd, abt, approx, close to, somewhere "
        "around, right around"
    ),
    ("filler", 0): (
        "either, not sure, what about, how about, why not, not only, don't care, "
        "don't mind, can't wait, is it not, on "
        "the same day, that same day, one second, a second, the second one, the first one, the third one, last "
        "one, sat down, sun screen, the sun, at most, at all"
    ),
    ("after", 0): (
        "after, any time after, anytime after, later than, aftr, right after, just after, sometime after, some time "
        "after"
    ),
    ("after", 1): (
        "on or after, any day but not before, any time but not before, anytime but not before, as early as, no earlier "
        "than, not earlier than, no sooner than, not before, not sooner than, at or after, earliest i can do is, "
        "earliest i can come is, earliest i can be there is, earliest i can make it is, earliest i can get there is, "
        "earliest i could do is, earliest for me is, earliest is, earliest would be, earliest i can come in is, not "
        "for another, not for at least, not for about, at least, in at least"
    ),
    ("before", 0): (
        "before, b4, earlier than, sooner than, bfore, prior to, ahead of, anytime before, any time before, right "
        "before, before school starts, before school begins"
    ),
    ("by", 0): (
        "by, no later than, not later than, not after, on or before, at or before, latest i can do is, latest i can "
        "come is, latest i can make it is, latest i could do is, latest for me is, latest i can come in is, up "
        "through"
    ),
    ("between", 0): "between, btwn, betw, betwn, inbetween, in between, between the hours of",
    ("from", 0): (
        "from, starting, as of, i'm back, im back, be back, back in town, back home, i return, were back, we're "
        "back, well be back, fly home, fly back, get home"
    ),
    ("and", 0): "and, n",
    ("or", 0): "or, nor",
    ("onward", 0): (
        "onward, onwards, at the earliest, but no sooner, but not sooner, but no earlier, but not earlier, or later, "
        "or after, and later, and after, and up, on wards, forward, or anytime after, or any time after, to close, til "
        "close, till close, until close, to closing, until you close, til you close"
    ),
    ("next", 0): "next, nxt, following, nex",
    ("this", 0): "this, ths",
    ("coming", 0): "coming, upcoming, comming",
    ("last", 0): "last, previous, this past",
    ("in", 0): "in",
    ("within", 0): "within",
    ("on", 0): "on",
    ("for", 0): "for",
    ("the", 0): "the, teh",
    ("each", 0): "every, each",
    ("weekend", 0): "weekend, weekends, wknd, wknds, wkend, weeknd",
    ("weekdays", 0): (
        "weekday, weekdays, wkday, wkdays, week days, work day, workday, workdays, business day, business days, "
        "weekday only, weekdays only"
    ),
    ("weekdays", 1): "mwf",
    ("weekdays", 2): "tth, tuth, tuthu, tueth",
    ("early", 0): "early, beginning, start, first part, early part",
    ("mid", 0): "mid, middle, midway through, halfway through",
    ("late", 0): "late, end, last days, last few days, tail end, back end, latter part, last part, very end",
    ("late", 1): "rest, remainder",
    ("relation", "earlier"): "earlier, sooner",
    ("relation", "later"): "later, later on",
    ("relation", "soonest"): (
        "sooner rather than later, sooner than later, earliest, soonest, asap, quickest, as soon as possible, as soon "
        "as you can, as early as possible, soon as possible, first available, next available, first opening, next "
        "opening, right away, the sooner the better, sooner the better, earlier the better, the earlier the better, "
        "soon as u can, as soon as u can, soon as you can, first thing available, whatever's soonest, next opening "
        "you have, as early as you have, earliest you have, earliest available, early as possible, whichever is "
        "sooner, whichever comes first, whatever is sooner, whichever is first, whichever is earlier, whichever is "
        "soonest"
    ),
    ("not", 0): (
        "not gonna, not going to, not gonna be able to, not going to be able to, not able to, unable to, "
        "couldn't make, couldnt make, couldn't come, couldnt come, "
        "not, nothing, cannot, can't, cant, cnt, don't, dont, doesn't, doesnt, isn't, isnt, aren't, won't, wont, "
        "except, exept, xcept, execpt, excpt, excep, exepct, ecxept, ecept, unavailable, busy, never, avoid, other "
        "than, anything but, any day but, any time but, anytime but, neither, no good, do not, can not, tied up, "
        "booked up, swamped, besides, excluding, apart from, aside from, minus, other then, out of town, on vacation, "
        "on holiday, traveling, travelling, away, out of the office, anything except, anytime except, any day except, "
        "anytime exept, gone, skip, forget, nix, scratch"
    ),
    ("not", 1): "instead of, rather than, better than, in place of, in lieu of",
    ("no", 0): "no, nope, nah",
    ("fix", 0): (
        "actually, rather, oops, no hold on, hold on, no wait, wait no, oh wait, wait, no sorry, sorry, i mean, i "
        "meant, scratch that, make that, or rather, whoops, correction, strike that, on second thought, meant, nvm, "
        "nevermind, oops meant, my bad, no make that"
    ),
    ("instead", 0): "instead",
    ("title", 0): "dr, doctor, dra, mr, mrs, ms, miss, named",
    ("my", 0): "my, our",
    ("word", 0): (
        "changed my shift, changed my shifts, changed my schedule, changed my hours, moved my shift, switched my shift"
    ),
    ("move", 0): (
        "move, change, switch, reschedule, push, moved, changed, rescheduled, swap, swapped, trade, exchange, "
        "replace, slide, bump, bumped, resched, rebook, postpone, moving, changing, swapping, rescheduling"
    ),
    ("greeting", 0): (
        "good morning, good mornin, good afternoon, good evening, good night, good day, have a nice day, see you "
        "later, talk later, sooner or later"
    ),
    ("or_before", 0): "or earlier, or before, or sooner, at the latest, at latest, tops, the latest",
    ("from_now", 0): "from now, from today",
    ("early next", 0): "early next",
    ("week", 2): "week after next, wk after next, week after next week",
    ("half_hour", 30): "half an hour, half hour",
    ("make", 0): "make it",
    ("period", "this week"): "this week, ths week, this wk, ths wk, within the week, this very week",
    ("period", "this month"): "this month, the month",
    ("holiday", "patrick"): "st patrick's day, st patricks day, saint patrick's day, st paddy's day",
    ("holiday", "boxing"): "boxing day",
    ("holiday", "juneteenth"): "juneteenth",
    ("holiday", "veterans"): "veterans day, veteran's day",
    ("holiday", "king"): "mlk day, mlk, mlk jr day, martin luther king day, martin luther king jr day",
    ("holiday", "presidents"): "presidents day, president's day",
    ("holiday", "columbus"): "columbus day, indigenous peoples day, indigenous people's day",
    ("holiday", "mother"): "mother's day, mothers day",
    ("holiday", "father"): "father's day, fathers day",
    ("holiday", "easter"): "easter, easter sunday",
    ("holiday", "easter monday"): "easter monday",
    ("holiday", "good friday"): "good friday",
    ("holiday", "black friday"): "black friday",
    ("holiday", "cyber monday"): "cyber monday",
    ("holiday", "the holidays"): "the holidays, holiday season, the holiday season",
    ("late", 2): "eow, end of week",
    ("late", 3): "eom",
    ("period", "later this week"): "later this week, later in the week, later on this week, later on in the week",
    ("day_on", 1): "the next day, the following day, the day after that, the very next day",
    ("day_on", 7): (
        "the one after, the one after that, but the next, the next one, the following one, the following, but the "
        "following, but the one after, but the following one, but the next one"
    ),
    ("eve_of", 0): "the eve of, eve of",
    ("months", 2): "month after next, the month after next",
    ("period_on", 7): "the week after, the week after that, week after that, the following week",
    ("period_on", 30): "the month after, the month after that, month after that, the following month",
    ("until_end", 0): "before the end of, before the close of",
    ("too_early", 0): "too early, too soon, way too early, a bit early, a little early, a bit too early",
    ("too_late", 0): "too late, way too late, a bit late, a little late, a bit too late, too far out, too far away",
    ("not_then", 0): "not then, not that day, not those days, not that week, so not then, so not that day",
    ("same_hour", 0): (
        "same time, at the same time, the same time, same hour, at the same hour, same time of day, same times, at "
        "that same time"
    ),
    ("new year", 0): (
        "in the new year, sometime in the new year, after the new year, into the new year, early in the new year, "
        "start of the new year, beginning of the new year, early new year"
    ),
    ("else", 0): (
        "if not, otherwise, or else, failing that, if not then, if that's full, if thats full, if that is full, if "
        "it's full, if its full, if that's taken, if thats taken, if that's booked, if thats booked, if those are "
        "taken, if that's gone, if thats gone"
    ),
    ("come by", 0): "come by, stop by, drop by, swing by, pop by, coming by, go by",
    ("after_that", 0): (
        "after that, after then, any time after that, anytime after that, from then on, after that time, or after "
        "that, anything after, something after, so after, following that"
    ),
    ("before_that", 0): (
        "before that, before then, sometime before that, some time before "
        "that, any time before that, anytime before that, before that day, anything before, something before, any "
        "day before, anything prior, so before"
    ),
    ("before_that", 1): "on or before that, on or before then, by that day",
    ("mid", 2): "midweek, mid week",
    ("holiday", "fools"): "april fools day, april fool's day, april fools' day, april fools",
    ("holiday", "cinco"): "cinco de mayo",
    ("holiday", "earth"): "earth day",
    ("holiday", "groundhog"): "groundhog day",
    ("holiday", "tax"): "tax day",
}

WORDS, PHRASES = lexicon(_SENSES)

# Words that tell the language of a text.
MARKERS = words(
    "after afternoon and appointment at before can day do evening for friday from half have hello hi i "
    "in is it me monday morning my need next of on or past please quarter saturday sunday thanks the this "
    "thursday to today tomorrow tuesday want wednesday week what with you"
)
