"""Forms: what is posted to a page, and whether one of our own pages posted it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

__all__ = ["Form", "from_here"]


class Form:
    """The fields of a posted form, each a text; what is missing is empty."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    @classmethod
    async def read(cls, request: web.Request) -> "Form":
        """The form that was posted. Raises: HTTPUnsupportedMediaType for what is no plain form."""
        if request.content_type != "application/x-www-form-urlencoded":
            raise web.HTTPUnsupportedMediaType
        posted = await request.post()
        return cls({name: value for name, value in posted.items() if isinstance(value, str)})


@web.middleware
async def from_here(request: web.Request, handler: Any) -> web.StreamResponse:
    """Take what is posted from our own pages only.

    A browser says where a request comes from in one of two headers, and another site cannot change either.
    """
    if request.method not in ("GET", "HEAD"):
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        foreign = site not in ("same-origin", "none") if site else False
        if foreign or (origin is not None and urlsplit(origin).netloc != request.host):
            raise web.HTTPForbidden
    response: web.StreamResponse = await handler(request)
    return response
