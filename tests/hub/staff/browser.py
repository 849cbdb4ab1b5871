"""One of the staff at a browser without script: follows forms as a browser would."""

from html.parser import HTMLParser
from typing import Any

import aiohttp
from yarl import URL

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class _Forms(HTMLParser):
    """The forms of a page: where each posts to, and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}))
        elif tag == "input" and "name" in found and self.forms:
            self.forms[-1][1][found["name"]] = found.get("value", "")


class Browser:
    """`page` is what is shown, `url` where, `status` how it was answered."""

    def __init__(self, base: str) -> None:
        self.web = aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.page = ""
        self.url = URL()
        self.status = 0

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.web.close()

    @property
    def path(self) -> str:
        return self.url.path

    async def get(self, path: str, **options: Any) -> str:
        """The page at `path`, wherever it leads."""
        return await self._take(await self.web.get(path, **options))

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> str:
        """The page that an answer to `fields` leads to."""
        return await self._take(await self.web.post(path, data=fields, headers=SAME_SITE | headers))

    async def submit(self, action: str, **fields: str) -> str:
        """The page after the form that posts to `action` was filled in and sent; an empty one posts to its own page."""
        found = _Forms()
        found.feed(self.page)
        kept = next(kept for there, kept in reversed(found.forms) if there == action)
        return await self.post(action or str(self.url), kept | fields)

    async def sign_in(self, email: str, password: str) -> str:
        """The page after signing in with a password."""
        await self.get("/sign-in")
        return await self.submit("/sign-in", email=email, password=password)

    async def _take(self, answer: aiohttp.ClientResponse) -> str:
        async with answer:
            self.page, self.status, self.url = await answer.text(), answer.status, answer.url
        return self.page
