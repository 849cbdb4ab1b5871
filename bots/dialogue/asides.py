"""Questions and courtesies that are answered in passing, whatever the conversation is about."""

from bots.dialogue.state import RESTING, State
from bots.dialogue.turns import Context, Say
from bots.scheduling.base import Appointment


def said(intent: str, state: State, context: Context) -> tuple[Say, ...] | None:
    """What answers `intent` in passing; empty when asking again is answer enough, None when it is no aside."""
    resting = state.phase in RESTING
    match intent:
        case "hours_location":
            return (facts(state, context),)
        case "bot_challenge":
            return (Say("bot.challenge", {"clinic": context.clinic.name}),)
        case "thanks":
            return (Say("bot.welcome"),)
        case "goodbye":
            return (Say("bot.goodbye"),)
        case "greeting" | "repeat":
            return (Say("bot.offer_help"),) if resting else ()
    return None


def needs(visit: Appointment, state: State, context: Context) -> Say:
    """What to bring and how to prepare for a visit."""
    told = context.clinic.needs.of(visit.visit_type, state.language or context.language)
    return Say("book.needs", {"needs": told}) if told else Say("book.bring")


def to_bring(state: State, context: Context) -> tuple[Say, ...]:
    """The same for the visit spoken of last; for any, where none was."""
    return (needs(state.last, state, context) if state.last is not None else Say("book.bring"),)


def facts(state: State, context: Context) -> Say:
    """Where the clinic is and when it is open."""
    clinic = context.clinic
    hours = clinic.hours.get(state.language or context.language) or clinic.hours["en"]
    told = {"clinic": clinic.name, "address": clinic.address, "hours": hours, "phone": clinic.phone}
    return Say("info.hours_location", told)
