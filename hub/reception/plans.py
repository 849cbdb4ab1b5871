"""What is to follow from a message, as a value; and the fixed answers, which depend on no model. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bots.dialogue import Clinic, Unknown
from channels.twilio.voice_calls import live
from consent import proof
from consent import rules as rulebook
from consent.facts import PHONE, PHONE_CHANNELS, ConsentState, Scope, Source
from consent.ledger import NewFact
from consent.wishes import Wish
from hub.audit import Actor
from hub.campaigns import VisitWish
from hub.optin import Asked
from hub.reception.reading import Incoming
from hub.reception.sorting import Sorted
from hub.types import AuthorKind, ChannelKind, Lane, Language, Level, OptOutWord, Purpose, ThreadStatus
from templates import render

EMERGENCY, URGENT, SOON = 3, 2, 1
"""A thread's priority: what staff see first."""
BOTS = (ThreadStatus.BOT, ThreadStatus.CLOSED)
"""Whose a thread is that the bot speaks in."""

_AGREED: Mapping[OptOutWord, tuple[str, frozenset[ChannelKind]]] = {
    OptOutWord.AGREE: ("1", frozenset({ChannelKind.SMS, ChannelKind.VOICE})),
    OptOutWord.AGREE_TEXTS: ("2", frozenset({ChannelKind.SMS})),
    OptOutWord.AGREE_CALLS: ("3", frozenset({ChannelKind.VOICE})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Words that the hub would like to say in answer; `words` are other ones, for channels that need some.

    level: what they reveal. Fixed answers reveal nothing, and so leave by any way.
    once: what is said at most once for this key; empty: once for each message.
    """

    text: str = field(repr=False)
    level: Level = "limited"
    words: Mapping[ChannelKind, str] = field(default_factory=dict, repr=False)
    purpose: Purpose = Purpose.CARE
    lane: Lane = Lane.REPLY
    author: AuthorKind = AuthorKind.SYSTEM
    confirms_stop: bool = False
    answers_help: bool = False
    once: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is to be written for one message. None leaves a part of the thread as it is.

    by_bot: the plan is the bot's, and is dropped when a person took the thread meanwhile (invariant 12).
    code: what was written to prove the address; `otherwise` is said in place of `reply` where it does not.
    confirms: the request that the writer said yes or no to, and which of the two.
    wish: how the writer would like to hear of things from now on; `otherwise` is said where that cannot be.
    suspend: why nothing may be sent to the writer's address until staff have looked; empty where it may.
    claims: whom the writer of an address that is nobody's says to be, by name and birth date.
    rated: the question that it answers, by its id, and the score that it gives.
    waits: what the writer would like to wait for, where nothing suited them.
    forget: the bot's state is dropped; else `dialogue`, where given, is kept in its place.
    """

    action: str
    reply: Reply | None = None
    by_bot: bool = False
    status: ThreadStatus | None = None
    priority: int | None = None
    attention: str | None = None
    dialogue: bytes | None = field(default=None, repr=False)
    forget: bool = False
    fact: NewFact | None = None
    code: str = field(default="", repr=False)
    otherwise: Reply | None = None
    confirms: tuple[str, bool] | None = None
    wish: Wish | None = None
    suspend: str = ""
    claims: str | None = None
    note: str = field(default="", repr=False)
    rated: tuple[str, int] | None = None
    waits: VisitWish | None = None
    details: dict[str, str | int | None] = field(default_factory=dict)


class FixedAnswers:
    """The answers to emergencies, consent words and strangers."""

    def __init__(self, clinic: Clinic, zone: ZoneInfo) -> None:
        self._clinic = clinic
        self._zone = zone

    def emergency(self, incoming: Incoming, what: Sorted) -> Plan:
        """The safety reply, at any hour; the bot stops and staff are called. A STOP said with it is recorded."""
        level = what.urgency.level or "medical"
        stop = what.opt_out is not None and what.opt_out.word is OptOutWord.STOP
        # It is for the person's life: where it does not arrive, it is said in another way.
        language = _language(what, incoming)
        words = {kind: render(f"safety.{level}", {}, language, kind, self._zone).text for kind in ChannelKind}
        return Plan(
            action="emergency.detect",
            reply=Reply(
                level="none", text=words[incoming.channel], words=words, purpose=Purpose.EMERGENCY, lane=Lane.SAFETY
            ),
            status=ThreadStatus.OPEN,
            priority=EMERGENCY,
            attention=f"emergency_{level}",
            forget=True,
            fact=_fact(incoming, what, ConsentState.REVOKE, Source.STOP) if stop else None,
            details=_why(what),
        )

    def urgent(self, incoming: Incoming, what: Sorted) -> Plan:
        """Staff are alerted, and the person is told what to do if that is too late."""
        text = self._say("safety.urgent", what, incoming, {"phone": self._clinic.phone})
        return Plan(
            action="urgent.detect",
            reply=Reply(level="none", text=text),
            status=ThreadStatus.OPEN,
            priority=max(URGENT, incoming.thread.priority),
            attention="urgent" if incoming.thread.priority < EMERGENCY else None,
            forget=True,
            details=_why(what),
        )

    def consent(self, incoming: Incoming, what: Sorted, narrow: Scope | None = None) -> Plan:
        """What STOP, START and HELP do. Where the carrier answered the word itself, the hub does not answer again.

        narrow: what a bare STOP or START is about, where that is less than all.
        """
        facts = {"clinic": self._clinic.name, "phone": self._clinic.phone}
        # What was left on the line is not called back for.
        answered = incoming.opt_out is not None or incoming.voicemail
        details: dict[str, str | int | None] = {"matched": what.opt_out.matched if what.opt_out else "carrier"}
        if what.opt_out is not None:
            details["list"] = what.opt_out.list_version
        if what.kind == "help":
            text = self._say("consent.help", what, incoming, facts)
            reply = None if answered else Reply(level="none", text=text, answers_help=True)
            return Plan(action="consent.help", reply=reply, details=details)
        if what.kind == "start":
            text = self._say("consent.started", what, incoming, {"clinic": self._clinic.name})
            return Plan(
                action="consent.start",
                reply=None if answered else Reply(level="none", text=text),
                fact=_fact(incoming, what, ConsentState.GRANT, Source.START, narrow),
                attention="" if incoming.thread.attention == "opted_out" else None,
                details=details,
            )
        ended = _ended(what, narrow)
        whole = ended.purposes is None and ended.channels >= PHONE_CHANNELS
        template = "consent.stopped" if whole else "consent.stopped_these"
        text = self._say(template, what, incoming, facts)
        # Only what the opt-out itself would keep back needs to be let through as its confirmation.
        confirms = whole or ended.covers(incoming.channel, Purpose.CARE)
        # A second STOP changes nothing and is not confirmed a second time.
        again = incoming.standing.of(incoming.channel, Purpose.CARE).state is ConsentState.REVOKE
        return Plan(
            action="consent.stop",
            reply=None if answered or again else Reply(level="none", text=text, confirms_stop=confirms),
            fact=_fact(incoming, what, ConsentState.REVOKE, Source.STOP, narrow),
            attention="opted_out" if whole and not incoming.thread.attention else None,
            forget=True,
            details=details,
        )

    def doubted(self, incoming: Incoming, what: Sorted) -> Plan:
        """Whoever may have asked for silence is asked whether they did, once a day, and staff read what they wrote.

        Nothing is recorded by it: only their STOP is.
        """
        text = self._say("consent.asked", what, incoming, {})
        return Plan(
            action="consent.ask",
            reply=Reply(level="none", text=text, once=f"ask-stop:{incoming.address_id}:{incoming.at:%Y-%m-%d}"),
            status=ThreadStatus.OPEN,
            priority=max(SOON, incoming.thread.priority),
            attention="opt_out",
            forget=True,
            details={"matched": "learned", "list": what.doubt.list_version if what.doubt else ""},
        )

    def agreed(self, incoming: Incoming, word: OptOutWord) -> Plan:
        """A key that agrees, pressed on a call after the words were read out; the call itself said thanks.

        What is about offers needs a signature, and no key is one.
        """
        sid, turn = live(incoming.provider_id) or ("", None)
        language = turn.language if turn is not None else "en"
        key, channels = _AGREED[word]
        words = render("voice.consent", {"clinic": self._clinic.name}, language, ChannelKind.VOICE, self._zone)
        evidence = {
            "words": words.text,
            "text": "voice.consent",
            "version": str(words.version),
            "language": words.language,
            "sha256": proof.shown(words.text),
            "rendering": "read out on a call",
            "act": f"pressed {key}",
            "how": "a key on a call whose number its carrier vouches for",
            "call": sid,
            "zone": str(self._zone),
        }
        return Plan(
            action="consent.agree",
            fact=NewFact(
                address_id=incoming.address_id,
                person_id=incoming.person.id if incoming.person.kind in ("patient", "proxy") else None,
                state=ConsentState.GRANT,
                scope=Scope(channels=channels, purposes=frozenset(Purpose) - rulebook.load().written),
                source=Source.WORDS,
                at=incoming.at,
                actor=Actor("patient"),
                message_id=incoming.message_id,
                evidence=evidence,
            ),
            details={"key": key},
        )

    def stranger(self, incoming: Incoming, what: Sorted) -> Plan:
        """Staff look; a number that may be the wrong one is not written to again before, not even to say so.

        Who asks "who is this?" from a number on the books did not know the clinic: that is doubt enough. A stranger's
        number is left as it is: nobody's messages go there.
        """
        doubtful = what.kind == "wrong_number" or not isinstance(incoming.writer, Unknown)
        return Plan(
            action="person.wrong_number",
            status=ThreadStatus.OPEN,
            priority=max(SOON, incoming.thread.priority),
            attention=what.kind,
            forget=True,
            suspend=what.kind if doubtful else "",
            details={"matched": what.wrong.matched if what.wrong else ""},
        )

    def code(self, incoming: Incoming, code: str) -> Plan:
        """A code that proves the address it is written from. Who it belongs to is not said: it is nobody's yet."""

        def say(template: str) -> Reply:
            facts = {"phone": self._clinic.phone}
            said = render(template, facts, incoming.language or "en", incoming.channel, self._zone)
            return Reply(level="none", text=said.text)

        return Plan(action="address.code", reply=say("verify.proved"), code=code, otherwise=say("verify.not_proved"))

    def rated(self, incoming: Incoming, rating_id: str, score: int) -> Plan:
        """Thanks for an answer to how it was."""
        text = render("inbox.rated", {}, incoming.language or "en", incoming.channel, self._zone).text
        return Plan(action="rating.answer", reply=Reply(level="none", text=text), rated=(rating_id, score))

    def confirmed(self, incoming: Incoming, asked: Asked, *, yes: bool) -> Plan:
        """A yes or a no to what the address was asked."""
        on, off = ("offers_on", "offers_off") if asked.offers else ("joined", "not_joined")
        template = f"consent.{on if yes else off}"
        facts = {"clinic": self._clinic.name, "phone": self._clinic.phone}
        text = render(template, facts, incoming.language or "en", incoming.channel, self._zone).text
        return Plan(action="consent.answer", reply=Reply(level="none", text=text), confirms=(asked.request_id, yes))

    def wish(self, incoming: Incoming, wish: Wish) -> Plan:
        """How the writer would like to hear of things is kept, and said back to them."""
        language = incoming.language or wish.language
        facts = {"clinic": self._clinic.name, "phone": self._clinic.phone}

        def say(template: str, **more: object) -> Reply:
            said = render(template, {**facts, **more}, language, incoming.channel, self._zone)
            return Reply(level="none", text=said.text)

        done = {
            "email": lambda: say("preference.by_mail"),
            "sms": lambda: say("preference.by_text"),
            "fewer": lambda: say("preference.fewer", most=rulebook.load().fewer),
        }
        return Plan(
            action="preference.hear",
            reply=done[wish.wanted](),
            otherwise=say("preference.no_mail" if wish.wanted == "email" else "preference.text_start"),
            by_bot=True,
            wish=wish,
            details={"wanted": wish.wanted, "matched": wish.matched, "list": wish.list_version},
        )

    def voicemail(self, incoming: Incoming) -> Plan:
        """Staff listen; the bot says nothing to somebody who has hung up."""
        return Plan(
            action="message.voicemail",
            status=ThreadStatus.OPEN,
            priority=max(SOON, incoming.thread.priority),
            attention="voicemail" if not incoming.thread.attention else None,
        )

    def handed_over(self, incoming: Incoming, action: str, attention: str) -> Plan:
        """A person takes over, and the patient is told so."""
        text = render("inbox.handed_over", {}, incoming.language or "en", incoming.channel, self._zone).text
        return Plan(
            action=action,
            reply=Reply(level="none", text=text, author=AuthorKind.BOT),
            by_bot=True,
            status=ThreadStatus.OPEN,
            priority=max(SOON, incoming.thread.priority),
            attention=attention,
        )

    def _say(self, template: str, what: Sorted, incoming: Incoming, params: Mapping[str, object]) -> str:
        """The text in the language that was written, as far as that shows, else the person's own."""
        return render(template, params, _language(what, incoming), incoming.channel, self._zone).text


def _language(what: Sorted, incoming: Incoming) -> Language:
    heard = what.urgency.language or (what.opt_out.language if what.opt_out else None)
    # One word such as STOP is the same everywhere and says nothing of the person's language.
    if what.opt_out is not None and what.opt_out.exact and heard == "en":
        heard = None
    return heard or incoming.language or "en"


def _fact(
    incoming: Incoming, what: Sorted, state: ConsentState, source: Source, narrow: Scope | None = None
) -> NewFact:
    evidence = {"words": incoming.text[:500], "how": "a message on the channel itself"}
    if (call := live(incoming.provider_id)) is not None:
        evidence |= {"how": "said, or a key pressed, on a call", "call": call[0], "language": call[1].language}
    if what.opt_out is not None:
        evidence |= {"matched": what.opt_out.matched, "list": what.opt_out.list_version}
    return NewFact(
        address_id=incoming.address_id,
        person_id=incoming.person.id if incoming.person.kind in ("patient", "proxy") else None,
        state=state,
        scope=_ended(what, narrow),
        source=source,
        at=incoming.at,
        actor=Actor("patient"),
        message_id=incoming.message_id,
        evidence=evidence,
    )


def _ended(what: Sorted, narrow: Scope | None) -> Scope:
    """What a STOP or a START is about: what a bare one was narrowed to, else what the person named."""
    return narrow or (PHONE if what.opt_out is None else what.opt_out.scope)


def _why(what: Sorted) -> dict[str, str | int | None]:
    heard = what.urgency
    also = ", ".join(one for one in heard.matched if one != heard.phrase_id)
    return {"level": heard.level, "matched": heard.phrase_id, "also": also or None, "list": heard.list_version}
