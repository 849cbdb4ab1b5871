"""Visits a person already has: showing them, picking one, cancelling, confirming."""

from dataclasses import replace as rewrite

from msgspec.structs import replace

from bots.dates import When, Window, parse
from bots.dialogue import answers, asides, hints, wishes
from bots.dialogue.flow import advance, begin, call, finish, hand, of_which, person_of, put, tried
from bots.dialogue.prompts import CHOICES, question, visit_choices, visit_facts
from bots.dialogue.state import RESTING, Phase, State, Wish
from bots.dialogue.turns import Cancel, Confirm, Context, Heard, Say, Turn
from bots.scheduling.base import Appointment, Gone

NEEDS = "needs"
"""Marks a list of visits asked for to say what to bring to the next one."""
ASIDE = "aside"
"""Marks a list of visits asked for in the middle of a job, which goes on after it."""

# --- what scheduling answered


def listed(state: State, visits: tuple[Appointment, ...], context: Context) -> Turn:
    """Go on with the person's visits known: show, confirm, pick or ask."""
    if state.awaiting == ASIDE:
        state = replace(state, awaiting=None)
        return Turn(state=state, says=(*_shown(visits), *question(state, context)))
    if not visits and state.more:
        return finish(state, context, *_shown(visits))
    if not visits:
        return put(replace(state, job=None), context, Phase.OFFER_BOOK, *_shown(visits))
    if state.awaiting == NEEDS:
        spoken = replace(state, last=visits[0])
        return finish(spoken, context, *_shown(visits[:1]), asides.needs(visits[0], state, context))
    person = person_of(state, context) or ""
    match state.job:
        case "appointment_status":
            only = visits[0] if len(visits) == 1 else None
            return finish(replace(state, last=only), context, *_shown(visits))
        case "confirm":
            about = _reminded(visits, context) or visits[0]
            return call(state, Confirm(about.id, person), visit=about)
    visit, wish = _meant(visits, state)
    if visit is None and not _points(state.wish):
        visit = _reminded(visits, context)
    if visit is None:
        return put(state, context, Phase.CHOOSE_VISIT, visits=visits[:CHOICES])
    state = replace(state, visit=visit, wish=wish, awaiting=None)
    moved = state.job == "reschedule" and len(visits) > 1
    return advance(state, context, *(of_which(state) if moved else ()))


def _reminded(visits: tuple[Appointment, ...], context: Context) -> Appointment | None:
    """The visit of which the person was reminded last, if it is among these."""
    by_id = {visit.id: visit for visit in visits}
    return next((by_id[one] for one in context.reminded if one in by_id), None)


def _points(wish: Wish) -> bool:
    """Whether the person said anything that may tell one visit from another."""
    return wish.which is not None or wish.provider is not None or wish.visit_type is not None or wish.when is not None


def _shown(visits: tuple[Appointment, ...]) -> tuple[Say, ...]:
    if not visits:
        return (Say("visits.none"),)
    if len(visits) == 1:
        return (Say("visits.one", visit_facts(visits[0])),)
    return (Say("visits.list", {"choices": visit_choices(visits[:CHOICES])}),)


def _meant(visits: tuple[Appointment, ...], state: State) -> tuple[Appointment | None, Wish]:
    """The visit that the wish points at, and the wish without the words that did the pointing.

    "Move my Tuesday visit to Friday" names the visit by Tuesday and wishes Friday.
    """
    wish = state.wish
    when = wish.when or When()
    pool = tuple(visit for visit in visits if wish.provider in (None, visit.provider)) or visits
    if wish.which is not None:  # "my Thursday visit"
        which = (*wish.which.windows, *wish.which.ambiguous)
        named = tuple(visit for visit in pool if any(window.suits(visit.start) for window in which))
        named = named or tuple(visit for visit in pool if any(_same_weekday(window, visit) for window in which))
        if len(named) == 1:
            return named[0], Wish() if state.job == "cancel" else replace(wish, which=None)
    cannot = tuple(visit for visit in pool if _ruled_out(visit, when))
    if len(cannot) == 1:  # "I can't make it Thursday"
        return cannot[0], Wish() if state.job == "cancel" else wish
    pointing = when.windows[:1] if state.job == "reschedule" else when.windows
    pointing = tuple(window for window in (*pointing, *when.ambiguous) if window.first is not None)
    named = tuple(visit for visit in pool if any(window.suits(visit.start) for window in pointing))
    if len(named) == 1:
        if state.job == "cancel":
            return named[0], Wish()
        return named[0], replace(wish, when=_without(when, named[0]))
    return (pool[0] if len(pool) == 1 else None), wish


def _same_weekday(window: Window, visit: Appointment) -> bool:
    """Whether "my Thursday visit" may be this one, though it is not on the coming Thursday."""
    return window.first == window.last and window.first is not None and window.first.weekday() == visit.start.weekday()


def _ruled_out(visit: Appointment, when: When) -> bool:
    return visit.start.date() in when.excluded or visit.start.weekday() in when.excluded_weekdays


def _without(when: When, visit: Appointment) -> When | None:
    """What is wished once the window that names the visit is left out: the one it suits, or else the first."""
    named = next((at for at, window in enumerate(when.windows) if window.suits(visit.start)), 0)
    rest = when.windows[:named] + when.windows[named + 1 :]
    return rewrite(when, windows=rest, ambiguous=()) if rest or when.relation else None


def cancelled(state: State, answer: Appointment | Gone, context: Context) -> Turn:
    """Say "cancelled" only when the visit reads back as cancelled; then offer a new time."""
    if isinstance(answer, Gone):
        return hand(tried(state, "visit had changed meanwhile"), "visit_changed")
    if state.visit is None or answer.id != state.visit.id or answer.status != "cancelled":
        return hand(tried(state, "cancelling did not read back as asked"), "not_confirmed")
    done = Say("cancel.done", visit_facts(answer))
    last = None if state.last is not None and state.last.id == answer.id else state.last
    state = replace(state, last=last)
    if state.later or state.more:
        return finish(state, context, done)
    wish = Wish(visit_type=answer.visit_type, provider=answer.provider)
    state = replace(state, wish=wish, job=None, visit=None, offered=(), declined=())
    return put(state, context, Phase.OFFER_REBOOK, done)


def confirmed(state: State, answer: Appointment | Gone, context: Context) -> Turn:
    """Thank for the confirmation once it is noted."""
    if isinstance(answer, Gone) or answer.status != "booked":
        return hand(tried(state, "visit had changed meanwhile"), "visit_changed")
    return finish(replace(state, last=answer), context, Say("confirm.done", visit_facts(answer)))


# --- what the person said


def wished(state: State, event: Heard, context: Context) -> State:
    """`state` with the wish in a text: the words that name a visit they have are kept apart from those for a new time.

    "Move my Thursday visit to next week" names the visit by Thursday and wishes next week.
    """
    meaning = event.meaning
    moved_from = meaning.entities.when.moved_from
    if moved_from and meaning.intent in ("reschedule", "cancel"):  # "swap my Tuesday 2pm for Wednesday"
        said = rewrite(meaning.entities.when, moved_from=())
        state = wishes.with_said(state, wishes.heard_as(event, said))
        return replace(state, wish=replace(state.wish, which=When(windows=moved_from)))
    words, others = hints.my_visit(event.text)
    if not words or meaning.intent not in ("reschedule", "cancel"):
        return wishes.with_said(state, event)
    which, when = (parse(text, now=context.now, language=meaning.language) for text in (words, others))
    if not which.windows:
        return wishes.with_said(state, event)
    state = wishes.with_said(state, wishes.heard_as(event, when))
    return replace(state, wish=replace(state.wish, which=which))


def as_move(state: State, event: Heard) -> Heard:
    """`event` as the wish to move a visit, where a text out of the blue names the time of one beside a new one.

    "I have Tuesday at 2 but want Wednesday at 3" sounds like any wish for a time.
    """
    meaning = event.meaning
    when = meaning.entities.when
    if not (when.moved_from and when.windows) or state.phase not in RESTING or meaning.intent not in _LIKE_MOVING:
        return event
    return rewrite(event, meaning=rewrite(meaning, intent="reschedule", intents=("reschedule",)))


_LIKE_MOVING = frozenset(
    {"inform", "book", "find_provider", "select", "alternatives", "appointment_status", "out_of_scope"}
)


def chosen(state: State, event: Heard, context: Context) -> Turn | None:
    """Understand which visit is meant; None when the answer does not say."""
    said = event.meaning.entities
    windows: tuple[Window, ...] = (*said.when.windows, *said.when.ambiguous)
    if hints.bare_number(event.text):
        windows = ()
    fits = tuple(
        visit
        for visit in state.visits
        if said.provider in (None, visit.provider)
        and (not windows or any(window.suits(visit.start) for window in windows))
    )
    if said.choice is not None:
        picked = hints.nth(state.visits, said.choice)
        fits = (picked,) if picked else ()
    elif said.provider is None and not windows:
        return finish(state, context, Say("bot.left_as_is")) if event.meaning.intent in _NONE else None
    if len(fits) != 1:
        return None
    return advance(replace(state, visit=fits[0]), context)


_NONE = frozenset({"alternatives", "decline"})


def answered_cancel(state: State, event: Heard, context: Context) -> Turn | None:
    """Cancel on a clear yes, keep on a no, move to a day named instead; None for anything else."""
    intent = event.meaning.intent
    person = person_of(state, context)
    agrees = answers.agrees(event) or answers.says_cancel(event)
    if agrees and state.visit is not None and person is not None:
        return call(state, Cancel(state.visit.id, person))
    windows = event.meaning.entities.when.windows
    if state.visit is not None and windows and not any(window.suits(state.visit.start) for window in windows):
        return begin(wishes.with_said(state, event), "reschedule", context)
    if intent == "decline" or (intent == "cancel" and hints.negated(event.text)):
        return finish(state, context, Say("cancel.kept"))
    return None


def answered_offer(state: State, event: Heard, context: Context) -> Turn | None:
    """Take up the offer of a booking, or let it be; None for anything else."""
    said = event.meaning.entities
    intent = event.meaning.intent
    names = said.visit_type or said.specialty or said.provider
    wants = intent in ("book", "find_provider") or said.when.windows or said.when.relation or names
    if wants or answers.agrees(event):
        return begin(state, "book", context)
    if intent == "decline":
        return finish(state, context, Say("bot.goodbye"))
    return None
