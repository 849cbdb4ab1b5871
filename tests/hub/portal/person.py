"""A person at the portal without script: follows its forms as a browser would, and fails on what a browser refuses."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import aiohttp
from yarl import URL

from hub.demo.clinic import Patient
from tests.hub.demo.clinic_running import Running

CODE = re.compile(r"\b(\d{6})\b")
LINK = re.compile(r"https?://\S+/portal/link/\S+")
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
WITHIN = 30.0


class _Forms(HTMLParser):
    """The forms of a page: where each posts to, its fields, and its buttons that carry a value."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.buttons: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}))
        elif tag == "input" and "name" in found and self.forms:
            if found.get("type") != "checkbox" or "checked" in found:
                self.forms[-1][1][found["name"]] = found.get("value", "")
        elif tag == "button" and "name" in found:
            self.buttons.append((found["name"], found["value"]))


class Person:
    """Someone with a browser. `page` is what they see, `status` how it was answered."""

    def __init__(self, clinic: Running) -> None:
        self.clinic = clinic
        self.web = aiohttp.ClientSession(clinic.base, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.page = ""
        self.status = 0
        self.url = URL()
        self.headers: Any = {}

    async def get(self, path: str, **headers: str) -> str:
        """The page at `path`, wherever it leads."""
        return await self._take(await self.web.get(path, headers=headers))

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> str:
        """The page that an answer to `fields` leads to."""
        return await self._take(await self.web.post(path, data=fields, headers=SAME_SITE | headers))

    async def submit(self, action: str, **fields: str) -> str:
        """The page after the form that posts to `action` was filled in and sent."""
        return await self.post(action, self.form(action) | fields)

    def form(self, action: str) -> dict[str, str]:
        """The fields of the last form of this page that posts to `action`."""
        return next(fields for there, fields in reversed(self.read().forms) if there == action)

    def buttons(self, name: str) -> list[str]:
        """The values of the page's buttons of that name."""
        return [value for there, value in self.read().buttons if there == name]

    async def ask_for_code(self, patient: Patient) -> str:
        """What arrives on the patient's phone."""
        await self.get("/portal")
        await self.submit("/portal/code", address=patient.phone)
        assert self.status == 200
        return (await self.clinic.carrier.phone(patient.phone).next(WITHIN)).text

    async def ask_for_code_again(self, patient: Patient) -> str:
        """As `ask_for_code`, for someone who is signed in: the sign-in page would lead them on."""
        await self.post("/portal/code", {"address": patient.phone})
        return (await self.clinic.carrier.phone(patient.phone).next(WITHIN)).text

    async def enter(self, code: str, born: date) -> str:
        """The page after code and birth date were given."""
        day = {"month": str(born.month), "day": str(born.day), "year": str(born.year)}
        return await self.submit("/portal/enter", **({"code": code} if code else {}), **day)

    async def sign_in(self, patient: Patient) -> str:
        """The messages of a patient who comes with the code from their phone."""
        text = await self.ask_for_code(patient)
        return await self.enter(CODE.findall(text)[0], patient.birth_date)

    def read(self) -> _Forms:
        """The forms of this page."""
        read = _Forms()
        read.feed(self.page)
        return read

    async def _take(self, response: aiohttp.ClientResponse) -> str:
        self.page = await response.text()
        self.status, self.url, self.headers = response.status, response.url, response.headers
        return self.page
