"""What is said on a call, and what is asked next: TwiML for every moment of it. Pure.

A question is a `Gather` that takes speech and keys; what it hears is posted to the address of the next place. While the
bot thinks the line is held by a short, bounded loop, and its answer replaces whatever the call is at.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from channels.base import Known
from channels.twilio.voice_calls import Place, Request, Turn
from channels.twilio.voice_speech import spoken
from channels.twilio.voice_twiml import Verb, document, verb
from hub.hours import OpeningHours
from hub.types import Language, Part, Purpose

__all__ = ["Script"]


class _Voice(NamedTuple):
    name: str
    language: str
    hints: str


VOICES: dict[Language, _Voice] = {
    "en": _Voice("Polly.Joanna-Neural", "en-US", "yes, no, one, two, three, appointment, visit, cancel, move, person"),
    "es": _Voice("Polly.Lupe-Neural", "es-US", "sí, no, uno, dos, tres, cita, cancelar, cambiar, persona"),
}
RATE = "88%"
"""How fast is spoken: somewhat slower than the voice's own pace."""
REST = "600ms"
"""Between two lines, so that choices can be told apart."""

PATIENCE = 6
"""Seconds of silence after which a question counts as not answered, or a row of keys as complete."""
MOST_SILENCES = 2
MOST_WAITS = 12
"""How often the line is held, two seconds each, before a person or a message is offered."""
SAY_SO_EVERY = 4
LONGEST_MESSAGE = 180
RINGS_FOR = 25
_CHOICE = re.compile(r"^[0-9][).] ", re.MULTILINE)
_TAIL = re.compile(r"[^0-9a-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The lines of one clinic.

    base: the hub's public address. number: the clinic's own. transfer: where callers are put through, empty for
    nowhere; hours: when.
    """

    base: str
    clinic: str
    phone: str
    number: str
    transfer: str
    hours: OpeningHours
    zone: ZoneInfo

    def answer(self, request: Request, known: Known, now: datetime) -> bytes:
        """What Twilio is told to do next."""
        place = request.place
        match place.step:
            case "start":
                return self._greet(known)
            case "heard":
                return self._hear(request, known, now)
            case "wait" if place.waited >= MOST_WAITS:
                return document(self._say(known, "voice.slow", place.turn.language), *self._offer(place, known, now))
            case "wait":
                return self._hold(place, known)
            case "offered":
                wanted = request.keys == "0" or request.meaning == "person"
                return document(*self._connect(request, known, now) if wanted else self._record(place, known))
            case "connected":
                if request.form.get("DialCallStatus") in ("completed", "answered"):
                    return document(verb("Hangup"))
                return document(self._say(known, "voice.unanswered", place.turn.language), *self._record(place, known))
            case "recorded":
                return document(self._say(known, "voice.recorded", place.turn.language), verb("Hangup"))
            case "answered":
                return self._call(request, known)
            case "consent":
                return self._agree(request, known)
            case "transcribed" | "status":
                return document()

    def reply(self, part: Part, turn: Turn) -> bytes:
        """The words of `part`, spoken on the call whose `turn` it answers; then the caller is listened to again."""
        following = Place(step="heard", turn=turn.after(_TAIL.sub("", part.reference)[-6:]), said=part.reference)
        return document(self._ask(part, following))

    # The moments of a call

    def _greet(self, known: Known) -> bytes:
        language = known.language or "en"
        place = Place(step="heard", turn=Turn(1, language), chosen=known.language is not None)
        ask = [self._say(known, "voice.ask", language)]
        if not place.chosen:
            ask.append(self._say(known, "voice.spanish", "es"))
        return document(
            self._say(known, "voice.greeting", language),
            self._say(known, "voice.emergency", language),
            self._gather(place, ask, keys=1),
        )

    def _hear(self, request: Request, known: Known, now: datetime) -> bytes:
        place = request.place
        match request.meaning:
            case "nothing" if place.silent + 1 < MOST_SILENCES:
                again = place.at("heard", silent=place.silent + 1, said="")
                key = _keys_of(place) if place.delivery else "voice.still_there"
                return document(self._gather(again, [self._say(known, key, place.turn.language)], keys=1))
            case "nothing" if place.delivery:
                # Whom we called is not kept on the line.
                return document(self._say(known, "voice.goodbye", place.turn.language), verb("Hangup"))
            case "nothing":
                return document(*self._offer(place, known, now))
            case "spanish":
                asked = Place(step="heard", turn=Turn(place.turn.number + 1, "es"))
                return document(self._gather(asked, [self._say(known, "voice.ask", "es")], keys=1))
            case "consent":
                # What may be agreed to is read out in full before a key counts; who may be somebody else can only stop.
                asked = Place(step="consent", turn=place.turn.after())
                key = "voice.consent" if request.proven else "voice.consent_stop"
                return document(self._gather(asked, [self._say(known, key, place.turn.language)], keys=1))
            case "again":
                return self._repeat(place, known)
            case "person":
                return document(*self._connect(request, known, now))
            case "stop":
                return document(self._say(known, "voice.stopped", place.turn.language), verb("Hangup"))
            case _:
                return self._hold(Place(step="wait", turn=place.turn), known)

    def _agree(self, request: Request, known: Known) -> bytes:
        """What follows a key that agrees, or ends it all; any other leads back to the first question."""
        language = request.place.turn.language
        if request.meaning == "stop":
            return document(self._say(known, "voice.stopped", language), verb("Hangup"))
        said = [self._say(known, "voice.agreed", language)] if request.meaning == "agree" else []
        asked = Place(step="heard", turn=request.place.turn.after())
        return document(self._gather(asked, [*said, self._say(known, "voice.ask", language)], keys=1))

    def _repeat(self, place: Place, known: Known) -> bytes:
        """What was asked last, once more; the question stays the same one."""
        same = place.at("heard", silent=0)
        if known.part is None:
            return document(self._gather(same, [self._say(known, "voice.ask", place.turn.language)], keys=1))
        return document(self._remind(known.part, same, known) if place.delivery else self._ask(known.part, same))

    def _hold(self, place: Place, known: Known) -> bytes:
        following = place.at("wait", waited=place.waited + 1)
        said = [self._say(known, "voice.moment", place.turn.language)] if place.waited % SAY_SO_EVERY == 1 else []
        # The first rest is short: most answers come at once, and then replace this.
        pause = verb("Pause", length=2 if place.waited else 1)
        return document(*said, pause, verb("Redirect", following.url(self.base), method="POST"))

    def _offer(self, place: Place, known: Known, now: datetime) -> Sequence[Verb]:
        """A person, if there is one now, or a message."""
        if not self._staffed(now):
            return [self._say(known, "voice.closed", place.turn.language), *self._record(place, known)]
        offered = Place(step="offered", turn=place.turn)
        return [self._gather(offered, [self._say(known, "voice.offer", place.turn.language)], keys=1)]

    def _connect(self, request: Request, known: Known, now: datetime) -> Sequence[Verb]:
        """The staff's phone, while they take calls; else a message."""
        language = request.place.turn.language
        if not self._staffed(now):
            return [self._say(known, "voice.closed", language), *self._record(request.place, known)]
        after = Place(step="connected", turn=request.place.turn)
        return [
            self._say(known, "voice.connecting", language),
            verb(
                "Dial",
                verb("Number", self.transfer),
                action=after.url(self.base),
                method="POST",
                timeout=RINGS_FOR,
                # On a call of ours, and where the caller's number is withheld, only our own may be shown.
                callerId=self.number if request.ours or request.person.value.startswith("withheld-") else None,
            ),
        ]

    def _record(self, place: Place, known: Known) -> Sequence[Verb]:
        language = place.turn.language
        english = language == "en"
        recorded, transcribed = (Place(step=step, turn=place.turn) for step in ("recorded", "transcribed"))
        return [
            self._say(known, "voice.record", language),
            verb(
                "Record",
                action=recorded.url(self.base),
                method="POST",
                maxLength=LONGEST_MESSAGE,
                timeout=PATIENCE,
                finishOnKey="#",
                playBeep=True,
                # Twilio writes English only.
                transcribe=True if english else None,
                transcribeCallback=transcribed.url(self.base) if english else None,
            ),
            # Reached when nothing was said.
            self._say(known, "voice.goodbye", language),
            verb("Hangup"),
        ]

    def _call(self, request: Request, known: Known) -> bytes:
        """A call of ours was answered: by a person, or by a machine, which gets nothing protected and no keys."""
        part, by = known.part, request.form.get("AnsweredBy", "unknown")
        if part is None or by == "fax":
            return document(verb("Hangup"))
        if by.startswith("machine"):
            return document(self._say(known, "reminder.voicemail", part.language), verb("Hangup"))
        reminder = part.purpose is Purpose.APPOINTMENT
        place = Place(step="heard", turn=Turn(1, part.language), delivery=part.reference, keys=reminder)
        return document(self._remind(part, place, known))

    def _remind(self, part: Part, place: Place, known: Known) -> Verb:
        """The words of a call of ours, and what may be pressed."""
        says = [self._aloud(part.text, part.language)]
        if self.clinic not in part.text:
            says.insert(0, self._say(known, "voice.calling", part.language))
        return self._gather(place, [*says, self._say(known, _keys_of(place), part.language)], keys=1)

    def _ask(self, part: Part, place: Place) -> Verb:
        """The words of an answer, and the ear for the next; a list of choices takes one key."""
        one_key = bool(_CHOICE.search(part.text))
        return self._gather(place, [self._aloud(part.text, place.turn.language)], keys=1 if one_key else None)

    # What they are made of

    def _staffed(self, now: datetime) -> bool:
        return bool(self.transfer) and self.hours.is_open(now, self.zone)

    def _gather(self, place: Place, says: Sequence[Verb], *, keys: int | None = None) -> Verb:
        """A question; silence is posted, too."""
        voice = VOICES[place.turn.language]
        return verb(
            "Gather",
            *says,
            input="dtmf speech",
            language=voice.language,
            hints=voice.hints,
            speechTimeout="auto",
            timeout=PATIENCE,
            # What is said about a body, or in despair, is to reach the emergency screen as it was said.
            profanityFilter=False,
            numDigits=keys,
            actionOnEmptyResult=True,
            action=place.url(self.base),
            method="POST",
        )

    def _say(self, known: Known, key: str, language: Language) -> Verb:
        words = known.say(key, language, clinic=self.clinic, phone=self.phone)
        return self._aloud(words, language)

    def _aloud(self, text: str, language: Language) -> Verb:
        voice, said = VOICES[language], list[Verb | str]()
        for line in spoken(text, language):
            said += [verb("break", time=REST), line] if said else [line]
        if not said:
            return verb("Pause", length=1)
        return verb("Say", verb("prosody", *said, rate=RATE), voice=voice.name, language=voice.language)


def _keys_of(place: Place) -> str:
    """What the person whom we called may press."""
    return "voice.reminder_keys" if place.keys else "voice.notice_keys"
