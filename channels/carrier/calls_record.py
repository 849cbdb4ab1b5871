"""What is kept of a call: what was said, in order, and what was recorded."""

from dataclasses import dataclass, field
from typing import Literal

from channels.twilio.voice_twiml import Verb

__all__ = ["CallEnded", "Heard", "PickUp", "Recording", "Said", "lines", "said"]

PickUp = Literal["human", "machine", "busy", "no-answer", "failed"]
"""How a phone takes a call. A machine speaks, and then records what it hears."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that was said on a call: which voice, and the words."""

    voice: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a call as it went. `text` is empty for silence.

    how: `words` by either side; `keys`, `silence` or a `message` left by the person; `put_through` to the staff.
    """

    by: Literal["clinic", "person"]
    how: Literal["words", "keys", "silence", "message", "put_through"]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A message that somebody left."""

    sid: str
    content: bytes = field(repr=False)
    seconds: int
    words: str = field(default="", repr=False)


class CallEnded(Exception):
    """The call was over when something was said into it."""


def said(fields: dict[str, str]) -> Said:
    """What a person's answer to a question was."""
    if "SpeechResult" in fields:
        return Said("person", "words", fields["SpeechResult"])
    if "Digits" in fields:
        return Said("person", "keys", fields["Digits"])
    return Said("person", "silence", "")


def lines(one: Verb) -> str:
    """The words of a `Say`, a rest in it being a new line."""
    told: list[str] = []

    def walk(each: Verb) -> None:
        for child in each.children:
            if isinstance(child, str):
                told.append(child)
            elif child.name == "break":
                told.append("\n")
            else:
                walk(child)

    walk(one)
    return "".join(told).strip()
