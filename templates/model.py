"""A template: one text in one language, with what it needs and how much it may reveal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from hub.types import ChannelKind, Language, Level

Kind = Literal["text", "moment", "day", "time", "number", "choices", "plural"]
"""What a variable holds: a string, an aware datetime, a date, a time of day, an int, rows to be numbered, or an int
told in words."""

State = Literal["draft", "approved"]
"""Whether a text may be said: of a draft it is as if it were not there."""
STATES: tuple[str, ...] = get_args(State)

KINDS: tuple[str, ...] = get_args(Kind)
LEVELS: tuple[str, ...] = get_args(Level)

Piece = tuple[str, str | None]
"""Words as they stand, then the variable that follows them (None at the end)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One text of the library in one language.

    version: grows whenever the words change; consent proof and audit name it.
    variables: what `render` must be given, by name.
    text: the words for every channel that has none of its own.
    channels: other words for some channels (a voice says it differently).
    subject: of a mail; empty where no mail is meant.
    state: a draft is not said to anybody. plurals: of each variable of that kind the words by plural category of the
        language (CLDR), `{n}` standing for the number; `other` is always there.
    """

    key: str
    language: Language
    version: int
    level: Level
    variables: Mapping[str, Kind]
    text: tuple[Piece, ...]
    channels: Mapping[ChannelKind, tuple[Piece, ...]]
    subject: tuple[Piece, ...] = ()
    state: State = "approved"
    plurals: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def pieces(self, channel: ChannelKind) -> tuple[Piece, ...]:
        """The words for `channel`."""
        return self.channels.get(channel, self.text)
