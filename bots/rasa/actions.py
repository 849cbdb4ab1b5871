"""Rasa's own dialogue: what it does in the hub. Runs in Rasa's environment, on rasa-sdk; the hub never imports it.

1. Rasa's sender is the patient's id in the hub. Every rule leads to an action, so that the hub's screens hear each text
   first: an emergency is answered with the hub's words and handed to staff, an opt-out goes to the consent ledger.
2. While staff have the patient's thread, nothing more is said.
3. Times are found, kept, booked and moved by the hub, which also reads when the patient would like to come. "Booked" is
   said only after the hub answered that it is.

`asked` is what a yes would mean: `book`, `cancel` or `confirm`, of the time or visit in `about`.
"""

from datetime import datetime
from typing import Any, NamedTuple

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .hub_api import HubApi, HubAway, Refused

Events = list[dict[str, Any]]
_NAMED = ("visit_type", "provider", "specialty")


class _Said(NamedTuple):
    """What the patient wrote, and which of the offered times it picks, from 0; None where it picks none."""

    text: str
    pick: int | None


class _InTheHub:
    """What an action does, with the hub's screens before it. No action itself: rasa-sdk would take it for one."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """What follows from the patient's last words."""
        hub, text = HubApi(tracker.sender_id), str(tracker.latest_message.get("text") or "")
        offered = len(tracker.get_slot("times") or [])
        try:
            heard = await hub.heard(text, tracker.get_slot("language"), offered)
            if heard["level"]:
                dispatcher.utter_message(text=heard["reply"])
                await hub.hand_over(f"Rasa's assistant heard an emergency ({heard['level']}).")
                return _forget()
            if heard["kind"] == "stop":
                return await _stopped(hub, dispatcher)
            if not await hub.is_the_bots():
                return _forget()
            said = _Said(text, _picked(heard["pick"], offered))
            # A pick is no matter of opinion, whatever intent Rasa took it for.
            if heard["pick"] is not None and tracker.get_slot("asked") == "choice":
                return await Choose().act(hub, dispatcher, tracker, said)
            return await self.act(hub, dispatcher, tracker, said)
        except HubAway:
            dispatcher.utter_message(response="utter_away")
            return _forget()

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """What this action does. Raises: HubAway."""
        raise NotImplementedError


class SessionStart(Action):
    """Begins a conversation in the patient's language."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_session_start"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """The slots of a new session."""
        try:
            language = await HubApi(tracker.sender_id).language()
        except HubAway:
            language = "en"
        return [SessionStarted(), SlotSet("language", language), ActionExecuted("action_listen")]


class FindTimes(_InTheHub, Action):
    """Offers at most three times for what the patient wrote."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_find_times"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """Times that were offered and not taken are not offered again."""
        language = tracker.get_slot("language") or "en"
        declined = tracker.get_slot("declined") or []
        found = await hub.times(said.text, language, {name: tracker.get_slot(name) for name in _NAMED}, declined)
        named = [SlotSet(name, found[name]) for name in _NAMED]
        if not found["times"]:
            say.utter_message(response="utter_no_times")
            return named
        times = found["times"][:3]
        lines = [f"{n}. {_told(time, language)}" for n, time in enumerate(times, 1)]
        say.utter_message(response="utter_times" if found["exact"] else "utter_near_times", times="\n".join(lines))
        ids = [time["id"] for time in times]
        return [*named, SlotSet("times", ids), SlotSet("declined", declined + ids), SlotSet("asked", "choice")]


class Choose(_InTheHub, Action):
    """Keeps the time that was picked, and asks whether to book it."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_choose"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """A time that somebody else took meanwhile is said so."""
        times = tracker.get_slot("times") or []
        if said.pick is None:
            say.utter_message(response="utter_which")
            return []
        try:
            held = await hub.hold(times[said.pick])
        except Refused:
            say.utter_message(response="utter_taken")
            return []
        say.utter_message(response="utter_ask_book", visit=_told(held["time"], tracker.get_slot("language") or "en"))
        return [SlotSet("asked", "book"), SlotSet("about", times[said.pick])]


class _AskAbout(_InTheHub):
    """Asks about the patient's next visit: whether to cancel it, or when it should be instead."""

    what = ""

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """With several visits a person is better: which one is not guessed."""
        visits = await hub.visits()
        if not visits:
            say.utter_message(response="utter_no_visit")
            return []
        if len(visits) > 1:
            return await _to_staff(hub, say, f"{self.what}: the patient has several visits")
        told = _told(visits[0], tracker.get_slot("language") or "en")
        say.utter_message(response=f"utter_ask_{self.what}", visit=told)
        if self.what == "move":
            names = [SlotSet("visit_type", visits[0]["visit_type"]), SlotSet("provider", visits[0]["provider"])]
            return [*_forget(), *names, SlotSet("moving", visits[0]["id"])]
        return [SlotSet("asked", self.what), SlotSet("about", visits[0]["id"])]


class AskCancel(_AskAbout, Action):
    """Asks whether to cancel it."""

    what = "cancel"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_ask_cancel"


class AskMove(_AskAbout, Action):
    """Asks when it should be instead."""

    what = "move"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_ask_move"


class Agree(_InTheHub, Action):
    """Does what was asked about, once the patient said yes."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_agree"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """Under the key of the patient's message, so that a turn that is run again does nothing again."""
        asked, about = tracker.get_slot("asked"), tracker.get_slot("about")
        key = str(tracker.latest_message.get("message_id") or "")[:200] or None
        language = tracker.get_slot("language") or "en"
        if asked == "choice":
            return await Choose().act(hub, say, tracker, said)
        if asked not in ("book", "cancel"):
            return await self._confirmed(hub, say, language, key or about or "confirm")
        try:
            if asked == "book":
                done = await hub.book(about, tracker.get_slot("moving"), key or about)
            else:
                done = await hub.cancel(about, key or about)
        except Refused:
            say.utter_message(response="utter_taken" if asked == "book" else "utter_no_visit")
            return [SlotSet("asked", None), SlotSet("about", None)]
        right = done["status"] == ("booked" if asked == "book" else "cancelled")
        if not right:
            return await _to_staff(hub, say, f"{asked}: the calendar answered otherwise than it was asked")
        say.utter_message(
            response="utter_booked" if asked == "book" else "utter_cancelled", visit=_told(done, language)
        )
        return _forget()

    async def _confirmed(self, hub: HubApi, say: CollectingDispatcher, language: str, key: str) -> Events:
        """A yes that answers nothing confirms the next visit, if there is one."""
        visits = await hub.visits()
        try:
            done = await hub.confirm(visits[0]["id"], key) if len(visits) == 1 else None
        except Refused:
            done = None
        if done is None:
            say.utter_message(response="utter_how_help")
        else:
            say.utter_message(response="utter_confirmed", visit=_told(done, language))
        return []


class Status(_InTheHub, Action):
    """Tells the visits to come."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_status"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """At most three."""
        visits = await hub.visits()
        language = tracker.get_slot("language") or "en"
        if visits:
            say.utter_message(response="utter_visits", visits="\n".join(_told(one, language) for one in visits[:3]))
        else:
            say.utter_message(response="utter_no_visit")
        return []


class Stop(_InTheHub, Action):
    """An opt-out in words that only Rasa took for one: the ledger gets it all the same."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_stop"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """Nothing more is said after it."""
        return await _stopped(hub, say)


class HandOver(_InTheHub, Action):
    """Staff take the thread; this dialogue is silent from then on."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_hand_over"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """The note says the intent, never the words: those stand in Rasa's conversation."""
        intent = str((tracker.latest_message.get("intent") or {}).get("name") or "unknown")
        return await _to_staff(hub, say, intent.replace("_", " "))


class Say(_InTheHub, Action):
    """Says what there is to say to an intent that asks for nothing."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_say"

    async def act(self, hub: HubApi, say: CollectingDispatcher, tracker: Tracker, said: _Said) -> Events:
        """A no leaves what was asked about as it is."""
        intent = str((tracker.latest_message.get("intent") or {}).get("name") or "")
        say.utter_message(response=_SAYS.get(intent, "utter_how_help"))
        return [SlotSet("asked", None), SlotSet("about", None)] if intent == "decline" else []


_SAYS = {
    "decline": "utter_kept",
    "hours_location": "utter_hours",
    "greeting": "utter_greet",
    "thanks": "utter_welcome",
    "goodbye": "utter_bye",
    "bot_challenge": "utter_bot",
    "out_of_scope": "utter_not_ours",
}


async def _stopped(hub: HubApi, say: CollectingDispatcher) -> Events:
    await hub.stop()
    say.utter_message(response="utter_stopped")
    return _forget()


async def _to_staff(hub: HubApi, say: CollectingDispatcher, why: str) -> Events:
    there = await hub.hand_over(f"Handed over by Rasa's assistant: {why}.")
    say.utter_message(response="utter_handed_over" if there else "utter_away")
    return _forget()


def _forget() -> Events:
    return [SlotSet(name, None) for name in ("asked", "about", "times", "declined", "moving", *_NAMED)]


def _picked(number: int | None, offered: int) -> int | None:
    """The index of the offered time with this number; -1 is the last. A yes to a single one picks it."""
    if offered == 1 or number is None or not (number == -1 or 1 <= number <= offered):
        return 0 if offered == 1 else None
    return offered - 1 if number == -1 else number - 1


def _told(one: dict[str, Any], language: str) -> str:
    """A time or visit as it is said."""
    start = datetime.fromisoformat(one["start"].replace("Z", "+00:00"))
    days, months, with_, at = _CALENDAR[language]
    clock = f"{start.hour % 12 or 12}:{start.minute:02d} {'AM' if start.hour < 12 else 'PM'}"
    day = f"{days[start.weekday()]} {start.day} {months[start.month - 1]}"
    return f"{day}, {clock}, {with_} {one['provider']}, {at} {one['location']}"


_CALENDAR = {
    "en": (
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        "with",
        "at",
    ),
    "es": (
        ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
        "con",
        "en",
    ),
}
