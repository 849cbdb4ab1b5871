"""The question that each phase asks, so that it can be asked again word for word."""

from collections.abc import Iterable

from bots.dates.model import Window
from bots.dialogue.state import Phase, State
from bots.dialogue.turns import Context, Say, Shared
from bots.scheduling.base import Appointment, Slot

CHOICES = 3
NAMES = 6

_FIXED: dict[Phase, tuple[str, ...]] = {
    Phase.IDLE: ("bot.offer_help",),
    Phase.DONE: ("bot.offer_help",),
    Phase.BIRTH_DATE: ("identity.ask_birth_date",),
    Phase.OFFER_REBOOK: ("cancel.offer_booking",),
    Phase.OFFER_BOOK: ("visits.offer_booking",),
}


def question(state: State, context: Context) -> tuple[Say, ...]:
    """The lines that ask for what `state` waits for."""
    match state.phase:
        case Phase.NAME:
            return (Say(_name_question(state, context)),)
        case Phase.WHOM if state.persons:
            names = {one.person_id: one.given_name for one in context.subjects}
            return (Say("identity.ask_whom", {"choices": tuple((names.get(one, ""),) for one in state.persons)}),)
        case Phase.WHOM:
            return (Say("identity.ask_first_name"),)
        case Phase.VISIT_TYPE if state.types:
            return (Say("book.choose_visit_type", {"choices": tuple((name,) for name in state.types)}),)
        case Phase.VISIT_TYPE:
            return (Say("book.ask_visit_type", {"visit_types": _listed(context.catalogue.visit_types)}),)
        case Phase.PROVIDER:
            return (Say("book.ask_provider", {"names": _listed(context.catalogue.providers)}),)
        case Phase.WHEN if state.declined:
            return (Say("book.ask_other_when"),)
        case Phase.WHEN if state.visit is not None:
            return (Say("move.ask_when", visit_facts(state.visit)),)
        case Phase.WHEN:
            return (Say("book.ask_when"),)
        case Phase.WHICH_WHEN:
            return (Say("book.which_when", {"choices": _readings(state.readings)}),)
        case Phase.CHOOSE_SLOT:
            return (_offer(state, context),)
        case Phase.CONFIRM_SLOT:
            key = "slots.propose_move" if state.job == "reschedule" else "slots.propose"
            return (Say(key if state.exact else f"{key}_nearest", _slot_facts(state.offered[0], context)),)
        case Phase.CHOOSE_VISIT:
            key = "visits.choose_move" if state.job == "reschedule" else "visits.choose_cancel"
            return (Say(key, {"choices": visit_choices(state.visits)}),)
        case Phase.OFFER_STAFF:
            return (Say("slots.wait" if state.declined else "slots.none"),)
        case Phase.MOVE_OR_MORE if state.last is not None:
            return (Say("book.move_or_more", visit_facts(state.last)),)
        case Phase.CONFIRM_CANCEL if state.visit is not None:
            return (Say("cancel.ask", visit_facts(state.visit)),)
    return tuple(Say(key) for key in _FIXED.get(state.phase, ("bot.offer_help",)))


def visit_facts(visit: Appointment) -> dict[str, object]:
    """What a line may say of a visit: never its kind, which can reveal why."""
    return {"start": visit.start, "provider": visit.provider, "location": visit.location}


def visit_choices(visits: Iterable[Appointment]) -> tuple[tuple[object, ...], ...]:
    """Visits as rows to be numbered."""
    return tuple((visit.start, visit.provider) for visit in visits)


def _offer(state: State, context: Context) -> Say:
    choices = _slots(state.offered, context)
    whom = state.whom
    instead = not state.exact and whom is not None and any(slot.provider != whom for slot in state.offered)
    if len({(slot.provider, slot.location) for slot in state.offered}) == 1 and not instead:
        # Said once, the clinician leaves the rows short enough for one text message.
        key = "slots.offer_with" if state.exact else "slots.nearest_with"
        rows = tuple((slot.start, *row[2:]) for slot, row in zip(state.offered, _kinds(state.offered), strict=True))
        return Say(key, {"provider": _slot_facts(state.offered[0], context)["provider"], "choices": rows})
    if state.exact:
        return Say("slots.offer", {"choices": choices})
    if instead:
        return Say("slots.offer_instead", {"provider": whom or "", "choices": choices})
    return Say("slots.offer_nearest", {"choices": choices})


def _slot_facts(slot: Slot, context: Context) -> dict[str, object]:
    """When, and with whom; where as well if the clinic has more than one place."""
    whom = f"{slot.provider}, {slot.location}" if len(context.catalogue.locations) > 1 else slot.provider
    return {"start": slot.start, "provider": whom}


def _slots(slots: tuple[Slot, ...], context: Context) -> tuple[tuple[object, ...], ...]:
    """Slots as rows: time and provider, then whatever else tells them apart."""
    places = len(context.catalogue.locations) > 1 or len({slot.location for slot in slots}) > 1
    return tuple((*row, *((slot.location,) * places)) for slot, row in zip(slots, _kinds(slots), strict=True))


def _kinds(slots: tuple[Slot, ...]) -> tuple[tuple[object, ...], ...]:
    """Time and provider of each slot, and its kind where they are of several."""
    types = len({slot.visit_type for slot in slots}) > 1
    return tuple((slot.start, slot.provider, *((slot.visit_type,) * types)) for slot in slots)


def _readings(windows: tuple[Window, ...]) -> tuple[tuple[object, ...], ...]:
    """What an ambiguous wish may mean, as rows; hours that are the same in each are left out."""
    if all(window.first is not None for window in windows) and len({_hours(window) for window in windows}) == 1:
        windows = tuple(Window(first=window.first, last=window.last) for window in windows)
    return tuple(_reading(window) for window in windows)


def _hours(window: Window) -> tuple[object, ...]:
    return (window.earliest, window.latest, window.exact, window.about, window.part_of_day)


def _reading(window: Window) -> tuple[object, ...]:
    parts: list[object] = []
    if window.first is not None:
        span = window.last is not None and window.last != window.first
        parts.append((window.first, window.last) if span else window.first)
    if window.earliest is not None:
        alone = window.exact or window.about or window.latest in (None, window.earliest)
        parts.append(window.earliest if alone else (window.earliest, window.latest))
    return tuple(parts) or (str(window.part_of_day or ""),)


def _name_question(state: State, context: Context) -> str:
    if state.misses:
        return "identity.not_found"
    if state.other:
        return "identity.ask_patient"
    return "identity.ask_first_name" if isinstance(context.standing, Shared) else "identity.ask_full_name"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:NAMES])
