"""The files that pages are made of, served as they are: style sheets, scripts, pictures."""

import hashlib
import mimetypes
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

__all__ = ["Assets"]

# What the system's own table says differs from machine to machine.
_TYPES = {".js": "text/javascript", ".ttf": "font/ttf", ".webmanifest": "application/manifest+json"}


class Assets:
    """The files in the folder `static` of `package`, read once.

    headers: what a file's answers carry beside the usual, by the file's name.
    also: files of other packages, by the name that they are served under.
    """

    def __init__(
        self,
        package: str,
        headers: Mapping[str, Mapping[str, str]] | None = None,
        also: Mapping[str, Traversable] | None = None,
    ) -> None:
        self._headers = headers or {}
        self._files: dict[str, tuple[bytes, str, str]] = {}
        own = {one.name: one for one in files(package).joinpath("static").iterdir() if one.is_file()}
        for name, one in {**own, **(also or {})}.items():
            body = one.read_bytes()
            self._files[name] = (body, _type(name), hashlib.sha256(body).hexdigest()[:32])

    async def serve(self, request: web.Request) -> web.Response:
        """The file that the address calls `name`, or 304 for who has it already. Raises: HTTPNotFound."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        body, kind, tag = self._files[name]
        # Asked for anew each time: after an upgrade no page is put together of old and new files.
        headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"} | dict(self._headers.get(name, {}))
        if request.if_none_match and any(one.value in (tag, "*") for one in request.if_none_match):
            return web.Response(status=304, headers=headers)
        charset = "utf-8" if kind.startswith(("text/", "image/svg")) else None
        return web.Response(body=body, content_type=kind, charset=charset, headers=headers)


def _type(name: str) -> str:
    ending = name[name.rfind(".") :]
    return _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
