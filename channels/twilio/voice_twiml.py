"""TwiML for calls: built of published verbs and attributes only, and checked when it is read.

`verb` makes one element and refuses what Twilio's reference does not know; `document` writes a whole answer; `read`
does the reverse, for whoever plays the caller.

Source: twilio.com/docs/voice/twiml and the pages of its verbs; twilio.com/docs/voice/twiml/say/text-speech (SSML).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

__all__ = ["TwimlInvalid", "Verb", "document", "read", "verb"]

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'

_WEB = r"https?://[^\s<>\"]{1,3900}"
_COUNT = r"[1-9][0-9]{0,4}"
_SECONDS = r"[0-9]{1,5}"
_TRUTH = r"true|false"
_METHOD = r"GET|POST"
_LANGUAGE = r"[a-z]{2,3}(-[A-Z0-9][A-Za-z0-9]{1,7})*"
_KEYS = r"[0-9#*]{0,12}"
_PHONE = r"\+[1-9][0-9]{6,14}"

_SSML = frozenset({"break", "emphasis", "p", "prosody", "s", "say-as", "sub"})


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an element may have: attributes with the shape of their values, elements within it, and text."""

    attributes: Mapping[str, str]
    nests: frozenset[str] = frozenset()
    text: str | None = None


_RULES: Mapping[str, _Rule] = {
    "Response": _Rule(
        {}, frozenset({"Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject"})
    ),
    "Say": _Rule(
        {"voice": r"[A-Za-z]+\.[A-Za-z0-9-]+|man|woman|alice", "language": _LANGUAGE, "loop": _SECONDS},
        _SSML,
        r"(?s).*",
    ),
    "Play": _Rule({"loop": _SECONDS, "digits": r"[0-9wW#*]{1,32}"}, text=rf"({_WEB})?"),
    "Pause": _Rule({"length": _COUNT}),
    "Gather": _Rule(
        {
            "action": _WEB,
            "actionOnEmptyResult": _TRUTH,
            "bargeIn": _TRUTH,
            "enhanced": _TRUTH,
            "finishOnKey": _KEYS,
            "hints": r"[^<>]{0,1000}",
            "input": r"dtmf|speech|dtmf speech|speech dtmf",
            "language": _LANGUAGE,
            "maxSpeechTime": _COUNT,
            "method": _METHOD,
            "numDigits": _COUNT,
            "profanityFilter": _TRUTH,
            "speechModel": r"[a-z0-9_-]{1,40}",
            "speechTimeout": rf"auto|{_COUNT}",
            "timeout": _SECONDS,
        },
        frozenset({"Say", "Play", "Pause"}),
    ),
    "Record": _Rule(
        {
            "action": _WEB,
            "finishOnKey": _KEYS,
            "maxLength": _COUNT,
            "method": _METHOD,
            "playBeep": _TRUTH,
            "recordingStatusCallback": _WEB,
            "recordingStatusCallbackEvent": r"(in-progress|completed|absent)( (in-progress|completed|absent))*",
            "recordingStatusCallbackMethod": _METHOD,
            "timeout": _SECONDS,
            "transcribe": _TRUTH,
            "transcribeCallback": _WEB,
            "trim": r"trim-silence|do-not-trim",
        }
    ),
    "Dial": _Rule(
        {
            "action": _WEB,
            "answerOnBridge": _TRUTH,
            "callerId": _PHONE,
            "hangupOnStar": _TRUTH,
            "method": _METHOD,
            "ringTone": r"[a-z]{2,3}(-old)?",
            "timeLimit": _COUNT,
            "timeout": _SECONDS,
        },
        frozenset({"Number"}),
        rf"({_PHONE})?",
    ),
    "Number": _Rule({"sendDigits": r"[0-9wW#*]{1,32}", "url": _WEB, "method": _METHOD}, text=_PHONE),
    "Redirect": _Rule({"method": _METHOD}, text=_WEB),
    "Hangup": _Rule({}),
    "Reject": _Rule({"reason": r"rejected|busy"}),
    "break": _Rule({"strength": r"none|x-weak|weak|medium|strong|x-strong", "time": r"[0-9]{1,5}(ms|s)"}),
    "emphasis": _Rule({"level": r"strong|moderate|reduced"}, frozenset({"break"}), r"(?s).*"),
    "p": _Rule({}, _SSML, r"(?s).*"),
    "prosody": _Rule(
        {
            "rate": r"x-slow|slow|medium|fast|x-fast|[0-9]{2,3}%",
            "volume": r"[a-z-]+|[+-][0-9]+dB",
            "pitch": r"[a-z-]+|[+-][0-9]+%",
        },
        _SSML,
        r"(?s).*",
    ),
    "s": _Rule({}, _SSML, r"(?s).*"),
    "say-as": _Rule({"interpret-as": r"[a-z-]+", "format": r"[a-z]+"}, text=r"(?s).*"),
    "sub": _Rule({"alias": r"[^<>]+"}, text=r"(?s).*"),
}  # fmt: skip
_ENDS = frozenset({"Redirect", "Hangup", "Reject"})
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_MARKUP = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class TwimlInvalid(ValueError):
    """Twilio would not act on it. Names elements and attributes, never a value."""


@dataclass(frozen=True, slots=True, repr=False)
class Verb:
    """One element: its attributes, and what is within it, in order."""

    name: str
    attributes: Mapping[str, str]
    children: tuple["Verb | str", ...]

    def __repr__(self) -> str:
        return f"Verb({self.name})"

    @property
    def text(self) -> str:
        """The words within it, without markup."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def __iter__(self) -> Iterator["Verb"]:
        return (child for child in self.children if isinstance(child, Verb))


def verb(name: str, *children: Verb | str, **attributes: str | int | bool | None) -> Verb:
    """One element; an attribute that is None is left out.

    Raises: TwimlInvalid for what is not published.
    """
    given = {key: _value(value) for key, value in attributes.items() if value is not None}
    plain = tuple(_NOT_XML.sub(" ", child) if isinstance(child, str) else child for child in children)
    made = Verb(name, MappingProxyType(given), tuple(child for child in plain if child != ""))
    _check(made)
    return made


def document(*verbs: Verb) -> bytes:
    """A whole answer. Raises: TwimlInvalid, also for what stands behind the end of the call."""
    response = verb("Response", *verbs)
    _check_order(response)
    return (_HEAD + _written(response)).encode()


def read(answer: bytes | str) -> Verb:
    """The `Response` that Twilio would act on.

    Raises: TwimlInvalid.
    """
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if _NOT_MARKUP.search(text):
        raise TwimlInvalid("the answer declares a document type or an entity")
    try:
        # Declarations were refused above: there is nothing left that could grow.
        root = ElementTree.fromstring(text.encode())  # noqa: S314
    except ElementTree.ParseError:
        raise TwimlInvalid("the answer is not XML") from None
    if root.tag != "Response":
        raise TwimlInvalid("the answer is not a Response")
    response = _read(root)
    _check_order(response)
    return response


def _value(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check(one: Verb) -> None:
    rule = _RULES.get(one.name)
    if rule is None:
        raise TwimlInvalid(f"there is no verb {one.name}")
    for name, value in one.attributes.items():
        shape = rule.attributes.get(name)
        if shape is None:
            raise TwimlInvalid(f"{one.name} has no attribute {name}")
        if not re.fullmatch(shape, value):
            raise TwimlInvalid(f"{one.name} cannot have that {name}")
    for child in one:
        if child.name not in rule.nests:
            raise TwimlInvalid(f"{child.name} cannot stand in {one.name}")
    words = "".join(child for child in one.children if isinstance(child, str))
    if rule.text is None:
        if words.strip():
            raise TwimlInvalid(f"{one.name} has no text")
    elif not re.fullmatch(rule.text, words.strip()):
        raise TwimlInvalid(f"{one.name} cannot have that text")


def _check_order(response: Verb) -> None:
    """What stands behind a verb that ends the document is never reached, and so is a mistake."""
    names = [one.name for one in response]
    if any(name in _ENDS for name in names[:-1]):
        raise TwimlInvalid("something stands behind the end")


def _written(one: Verb) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in one.attributes.items())
    if not one.children:
        return f"<{one.name}{attributes}/>"
    within = "".join(escape(child) if isinstance(child, str) else _written(child) for child in one.children)
    return f"<{one.name}{attributes}>{within}</{one.name}>"


def _read(element: ElementTree.Element) -> Verb:
    children: list[Verb | str] = [element.text or ""]
    for child in element:
        children += [_read(child), child.tail or ""]
    made = Verb(element.tag, MappingProxyType(dict(element.attrib)), tuple(one for one in children if one != ""))
    _check(made)
    return made
