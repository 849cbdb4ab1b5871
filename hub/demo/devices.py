"""What a person of the check has beside their phone's texts: a mailbox, a browser with the portal, and a call.

Each goes the way that a real one goes: SMTP, the portal's own forms over HTTP, TwiML.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import aiohttp

from channels.carrier import Call
from channels.mailhost import Mail, Mailbox
from channels.twilio.voice_speech import spoken
from hub.demo.clinic import Patient
from hub.demo.line import Line, SceneFailed
from hub.demo.outside import CLINIC_NUMBER, Outside

_CODE = re.compile(r"\b\d{6}\b")


@dataclass(slots=True)
class MailLine:
    """The person's mailbox in use."""

    outside: Outside
    one: Patient
    tell: Callable[[str, str, str], None] = field(repr=False)
    patience: float

    @property
    def box(self) -> Mailbox:
        """The mailbox itself."""
        return self.outside.mail.mailbox(self.one.mailbox)

    async def hear(self) -> Mail:
        """The next mail from the clinic. Raises: SceneFailed when none comes."""
        try:
            mail = await self.box.next(self.patience)
        except TimeoutError:
            raise SceneFailed(f"no mail came within {self.patience:g} seconds") from None
        self.tell("clinic", self.one.given_name, mail.text.strip())
        return mail

    async def reply(self, to: Mail, words: str) -> Mail:
        """What the clinic answers to a reply. Raises: SceneFailed when the hub did not take it, or does not answer."""
        self.tell(self.one.given_name, "clinic", words)
        sent = await self.outside.mail.reply(
            self.one.mailbox, to, words, author=self.one.name, language=self.one.language
        )
        if sent.state != "taken":
            raise SceneFailed("the hub did not take a mail")
        return await self.hear()


class Browser:
    """The person's browser, at the portal's pages; forms are sent as a browser without script sends them."""

    def __init__(self, base: str, one: Patient, tell: Callable[[str, str, str], None]) -> None:
        self._one = one
        self._tell = tell
        # A numeric host's cookies are kept, too.
        self._client = aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def sign_in(self, line: Line) -> None:
        """Sign in with the code that comes to the phone, and the birth date. Raises: SceneFailed."""
        asked = await self._post("/portal/code", {"address": self._one.phone})
        code = _CODE.search(await line.hear())
        if code is None or asked.form is None:
            raise SceneFailed("the portal sent no code")
        born = self._one.birth_date
        given = {"code": code[0], "month": str(born.month), "day": str(born.day), "year": str(born.year)}
        page = await self._post("/portal/enter", asked.form | given)
        if not page.path.endswith("/messages"):
            raise SceneFailed("the portal did not let the person in")

    async def press(self, word: str) -> None:
        """Press the button of the newest message that sends `word`. Raises: SceneFailed when there is none."""
        page = await self._get("/portal/messages")
        if word not in page.choices:
            raise SceneFailed(f"the portal shows no button for {word}")
        self._tell(self._one.given_name, "clinic", f"[{word}]")
        await self._post("/portal/messages", page.choices[word] | {"text": word})

    async def reads(self, words: str) -> bool:
        """Whether the person's messages hold these words now."""
        return words in (await self._get("/portal/messages")).text

    async def _get(self, path: str) -> "_Page":
        async with self._client.get(path) as answer:
            return _Page(answer.url.path, await answer.text())

    async def _post(self, path: str, form: dict[str, str]) -> "_Page":
        async with self._client.post(path, data=form) as answer:
            if answer.status >= 400:
                raise SceneFailed(f"the portal answered {answer.status}")
            return _Page(answer.url.path, await answer.text())


class _Page(HTMLParser):
    """A page as a person without script has it.

    form: the hidden fields of its first form. choices: what each button that carries a value sends along.
    """

    def __init__(self, path: str, page: str) -> None:
        super().__init__()
        self.path = path
        self.form: dict[str, str] | None = None
        self.choices: dict[str, dict[str, str]] = {}
        self._hidden: dict[str, str] = {}
        self._words: list[str] = []
        self.feed(page)

    @property
    def text(self) -> str:
        """Its words."""
        return "".join(self._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, hidden fields and buttons."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._hidden = {}
            self.form = self._hidden if self.form is None else self.form
        elif tag == "input" and given.get("type") == "hidden":
            self._hidden[given.get("name", "")] = given.get("value", "")
        elif tag == "button" and given.get("name") == "text":
            self.choices[given.get("value", "")] = self._hidden

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self._words.append(data)


@dataclass(slots=True)
class CallLine:
    """The person on the phone with the clinic."""

    call: Call
    one: Patient
    tell: Callable[[str, str, str], None] = field(repr=False)

    @classmethod
    async def dial(cls, outside: Outside, one: Patient, tell: Callable[[str, str, str], None]) -> Self:
        """A call to the clinic, once its greeting was heard."""
        line = cls(await outside.carrier.calls.dial(one.phone, CLINIC_NUMBER), one, tell)
        await line.listen()
        return line

    async def listen(self) -> str:
        """What the clinic says until it waits for an answer. Raises: SceneFailed."""
        try:
            said = await self.call.listens()
        except (TimeoutError, AssertionError):
            raise SceneFailed("the call did not go on") from None
        self.tell("clinic", self.one.given_name, said)
        return said

    async def say(self, words: str) -> str:
        """What the clinic answers to words."""
        self.tell(self.one.given_name, "clinic", words)
        await self.call.says(words)
        return await self.listen()

    async def press(self, keys: str) -> str:
        """What the clinic answers to keys."""
        self.tell(self.one.given_name, "clinic", f"[{keys}]")
        await self.call.presses(keys)
        return await self.listen()

    def aloud(self, words: str) -> str:
        """How a text of the clinic's sounds."""
        return "\n".join(spoken(words, self.one.language))
