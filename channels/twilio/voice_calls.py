"""A request that Twilio makes during a call, as we understand it. Pure.

What a call has come to stands in the query of the address that Twilio was told to ask next, which its signature
covers: the hub keeps nothing of a call in memory, and any of its processes can answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self, cast, get_args
from urllib.parse import urlencode

from channels.phones import e164
from channels.twilio.signature import form_of, storable
from hub.errors import PayloadInvalid
from hub.types import Address, AddressKind, Language, OptOutWord, Webhook

__all__ = ["Place", "Request", "Turn", "live"]

ROUTE = "/webhooks/twilio/voice"

Step = Literal[
    "start", "heard", "wait", "offered", "recorded", "transcribed", "connected", "answered", "status", "consent"
]  # fmt: skip
"""Which moment of a call a request is about.

start: somebody calls. heard: a question was answered, or not. wait: the line is held while the bot thinks.
offered: a person or a message was offered. recorded, transcribed: a message was left. connected: the staff's phone was
rung. answered: a call of ours was. status: how a call of ours ended. consent: whether we may call and text was asked.
"""

Meaning = Literal["nothing", "words", "again", "person", "spanish", "stop", "consent", "agree"]

SINGLE = frozenset(
    {"AnsweredBy", "CallSid", "CallStatus", "DialCallStatus", "Digits", "Direction", "From", "RecordingDuration",
     "RecordingSid", "RecordingUrl", "SipResponseCode", "SpeechResult", "StirVerstat", "To", "TranscriptionSid",
     "TranscriptionStatus", "TranscriptionText"}
)  # fmt: skip

LONGEST = 4000
"""Characters of what was said that are taken."""

_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TURN = re.compile(r"([0-9]{1,4})(en|es)(?:-([0-9a-z]{1,8}))?")
_AGREES = {"1": OptOutWord.AGREE, "2": OptOutWord.AGREE_TEXTS, "3": OptOutWord.AGREE_CALLS}
_COUNT = re.compile(r"[0-9]{1,3}")
_PERSON = frozenset(
    {"0", "agent", "operator", "representative", "receptionist", "human", "a human", "person", "a person",
     "real person", "a real person", "agente", "operador", "operadora", "representante", "persona", "una persona",
     "recepción", "recepcion"}
)  # fmt: skip
_AGAIN = frozenset(
    {"*", "again", "repeat", "repeat that", "repeat please", "please repeat", "say that again", "say it again",
     "what was that", "otra vez", "repita", "repita por favor", "repítalo", "repitalo", "repetir", "de nuevo"}
)  # fmt: skip
_SPANISH = frozenset({"2", "español", "espanol", "spanish", "en español"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a call: its number, its language, and which of our messages asked it."""

    number: int
    language: Language
    asked_by: str = ""

    def __str__(self) -> str:
        return f"{self.number}{self.language}" + (f"-{self.asked_by}" if self.asked_by else "")

    @classmethod
    def parse(cls, text: str) -> "Turn | None":
        """The turn that `text` names, if it does."""
        found = _TURN.fullmatch(text)
        return cls(int(found[1]), cast(Language, found[2]), found[3] or "") if found else None

    def after(self, asked_by: str = "") -> "Turn":
        """The next one. What two of our messages ask at the same time are two turns."""
        return Turn(self.number + 1, self.language, asked_by)


def live(answers: str | None) -> tuple[str, Turn] | None:
    """The call and its turn that a message's provider id names; None for one that was not said on a call."""
    sid, _, rest = (answers or "").partition(":")
    turn = Turn.parse(rest)
    return (sid, turn) if turn is not None and sid.startswith("CA") and _SID.fullmatch(sid) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call has come to: the query of the next address.

    turn: the question that is open. chosen: whether a language was chosen, by the person or the clinic's books.
    silent: how often in a row nothing was heard. waited: how often the line was held. said: the delivery that is being
    read out. delivery: the delivery that a call of ours is about. keys: whether keys mean what a reminder says.
    """

    step: Step = "start"
    turn: Turn = Turn(1, "en")
    chosen: bool = True
    silent: int = 0
    waited: int = 0
    said: str = ""
    delivery: str = ""
    keys: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Place":
        """The place that an address names. Raises: PayloadInvalid."""
        step = query.get("step", "start")
        turn = Turn.parse(query.get("turn", "1en"))
        said, delivery = query.get("said", ""), query.get("delivery", "")
        counts = query.get("silent", "0"), query.get("waited", "0")
        named = all(not one or _REFERENCE.fullmatch(one) for one in (said, delivery))
        if step not in get_args(Step) or turn is None or not named or not all(map(_COUNT.fullmatch, counts)):
            raise PayloadInvalid("the address is not one that was given for a call")
        return cls(
            step=cast(Step, step),
            turn=turn,
            chosen=query.get("chosen", "1") == "1",
            silent=int(counts[0]),
            waited=int(counts[1]),
            said=said,
            delivery=delivery,
            keys=query.get("keys") == "1",
        )

    def url(self, base: str) -> str:
        """The address that names this place, below the public `base`."""
        values = {"step": self.step, "turn": str(self.turn)}
        values |= {} if self.chosen else {"chosen": "0"}
        values |= {name: str(count) for name in ("silent", "waited") if (count := getattr(self, name))}
        values |= {name: text for name in ("said", "delivery") if (text := getattr(self, name))}
        values |= {"keys": "1"} if self.keys else {}
        return f"{base}{ROUTE}?{urlencode(values)}"

    def at(self, step: Step, **changes: object) -> "Place":
        """This place with another step, and what else changes."""
        return replace(self, step=step, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a call.

    person: who is at the other end: a number in E.164, or, where it is withheld or not to be believed, a name that
    only this call has. words: what was said or typed. keys: whether it was typed.
    """

    sid: str
    place: Place
    person: Address = field(repr=False)
    clinic: str = field(repr=False)
    form: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, hook: Webhook) -> Self:
        """The request that a verified `hook` is. Raises: PayloadInvalid."""
        form = form_of(hook, SINGLE)
        sid = form.get("CallSid", "")
        if not _SID.fullmatch(sid):
            raise PayloadInvalid("CallSid is missing or malformed")
        ours = form.get("Direction", "inbound").startswith("outbound")
        person, clinic = (form.get("To", ""), form.get("From", ""))[:: 1 if ours else -1]
        return cls(sid=sid, place=Place.of(hook.query), person=_person(person, sid, form), clinic=clinic, form=form)

    @property
    def ours(self) -> bool:
        """Whether it is a call that the hub made."""
        return self.form.get("Direction", "inbound").startswith("outbound")

    @property
    def keys(self) -> str:
        """The keys that were pressed."""
        digits = self.form.get("Digits", "")
        return digits if re.fullmatch(r"[0-9*#]{1,64}", digits) else ""

    @property
    def words(self) -> str:
        """What was said, else what was pressed; keys of a reminder as the word that they stand for."""
        if self.keys:
            if self.place.keys and (word := {"1": "C", "2": "R"}.get(self.keys)):
                return word
            return _date(self.keys)
        return storable(self.form.get("SpeechResult", ""))[:LONGEST].strip()

    @property
    def meaning(self) -> Meaning:
        """What an answer to a question of ours amounts to."""
        said = " ".join(re.sub(r"[.,!?¡¿]", " ", self.words.casefold()).split())
        if not said:
            return "nothing"
        if self.place.step == "consent":
            return "stop" if self.keys == "9" else "agree" if self.agreed is not None else "nothing"
        if self.keys == "9" and self.place.delivery:
            return "stop"
        if self.keys == "9" and not self.place.said:
            return "consent"
        if not self.place.chosen and said in _SPANISH:
            return "spanish"
        if said in _AGAIN:
            return "again"
        return "person" if said in _PERSON else "words"

    @property
    def proven(self) -> bool:
        """Whether the caller's carrier vouches for the number (STIR/SHAKEN, full attestation), or we called it."""
        return self.ours or self.form.get("StirVerstat", "") == "TN-Validation-Passed-A"

    @property
    def agreed(self) -> OptOutWord | None:
        """What the key that was pressed agrees to; None for any other, and where the number may be somebody else's."""
        return _AGREES.get(self.keys) if self.proven else None

    def sid_of(self, name: str) -> str:
        """The id in the field `name`. Raises: PayloadInvalid."""
        value = self.form.get(name, "")
        if not _SID.fullmatch(value):
            raise PayloadInvalid(f"{name} is missing or malformed")
        return value


def _person(number: str, sid: str, form: Mapping[str, str]) -> Address:
    """Who is at the other end.

    A number is believed unless its carrier says that it is not the caller's (STIR/SHAKEN). Callers who withhold theirs
    are many, and never one person: each call of theirs stands for itself.
    """
    known = e164(number)
    if known is None or form.get("StirVerstat", "").startswith("TN-Validation-Failed"):
        return Address(AddressKind.PHONE, f"withheld-{sid}")
    return Address(AddressKind.PHONE, known)


def _date(keys: str) -> str:
    """`keys` as they were meant: eight of them that are a date, month first, are one."""
    found = re.fullmatch(r"(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])((?:19|20)[0-9]{2})", keys)
    return f"{found[3]}-{found[1]}-{found[2]}" if found else keys
