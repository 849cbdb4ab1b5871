"""A person on one phone of the check: writes, reads what the clinic asks, and answers it sensibly.

What the clinic says is recognised by the library's own templates, so that the check holds when their words change.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from channels.carrier import Carrier, Entry
from hub.types import ChannelKind, Language
from templates.catalog import shipped

FIRST = 180.0
"""Seconds for the very first answer: the understanding engine may still be training."""
PATIENCE = 10.0
_TURNS = 8

_COLUMN = 22


class SceneFailed(Exception):
    """A scene did not go as it must; the message says what was expected."""


@dataclass(slots=True)
class Line:
    """One phone in use; `heard` is what came in the scene, `patience` the seconds to wait for an answer."""

    carrier: Carrier
    clinic: str
    name: str
    number: str = field(repr=False)
    language: Language
    tell: Callable[[str], None] = field(repr=False)
    patience: float = PATIENCE
    heard: list[str] = field(default_factory=list, repr=False)

    async def pick_up(self) -> None:
        """Forget what came before the scene."""
        while not await self.quiet():
            pass

    async def write(self, text: str) -> str:
        """The carrier's id of `text`, once the hub took it.

        Raises: SceneFailed when the hub refused it.
        """
        reply = await self.carrier.text(self.number, self.clinic, text)
        self._print(self.name, "clinic", text, "✓✓" if reply.ok else "✗")
        if not reply.ok:
            raise SceneFailed(f"the hub answered the webhook with {reply.status}")
        return reply.sid

    async def hear(self) -> str:
        """The next text from the clinic.

        Raises: SceneFailed when none comes.
        """
        try:
            entry: Entry = await self.carrier.phone(self.number).next(self.patience)
        except TimeoutError:
            raise SceneFailed(f"no answer came within {self.patience:g} seconds") from None
        self.heard.append(entry.text)
        self._print("clinic", self.name, entry.text, "✓")
        return entry.text

    async def quiet(self) -> bool:
        """Whether no text is there that was not yet heard."""
        try:
            await self.carrier.phone(self.number).next(0)
        except TimeoutError:
            return True
        return False

    async def ask(self, text: str) -> str:
        """What the clinic answers to `text`."""
        await self.write(text)
        return await self.hear()

    async def converse(self, text: str, until: str, answers: Sequence[tuple[str, str]]) -> str:
        """The clinic's words once they are those of template `until`, after at most eight texts.

        answers: template → what to write when the clinic says it; a list of choices is answered by a number from it.
        Raises: SceneFailed when the clinic says something that has no answer here, or goes on for too long.
        """
        for _ in range(_TURNS):
            said = await self.ask(text)
            if self.is_said(until, said):
                return said
            reply = next((answer for key, answer in answers if self.is_said(key, said)), None)
            if reply is None:
                raise SceneFailed(f"expected “{until}”, and heard something else")
            text = reply
        raise SceneFailed(f"“{until}” was not said in {_TURNS} texts")

    def is_said(self, template: str, text: str) -> bool:
        """Whether `text` holds the words of that template, whatever its values."""
        return bool(_pattern(template, self.language).search(text))

    def say_so(self, how: str) -> Callable[[str, str, str], None]:
        """How this person's other ways of writing are told: with the words and, before them, `how`."""
        return lambda sender, recipient, text: self._print(sender, recipient, text, "", how)

    def _print(self, sender: str, recipient: str, text: str, tick: str, how: str = "") -> None:
        first, *rest = text.split("\n")
        label = f"{sender} → {recipient}{', ' if how else ''}{how}:"
        lines = [f"  {label:<{_COLUMN}} {first}", *(f"  {'':<{_COLUMN}} {line}" for line in rest)]
        lines[-1] += f"  {tick}" if tick else ""
        self.tell("\n".join(line.rstrip() for line in lines))


@cache
def _pattern(template: str, language: Language) -> re.Pattern[str]:
    pieces = shipped().get(template, language).pieces(ChannelKind.SMS)
    return re.compile("".join(re.escape(words) + (".+?" if name else "") for words, name in pieces), re.DOTALL)
