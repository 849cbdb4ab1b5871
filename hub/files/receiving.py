"""What a browser uploads with a form: read as it comes, limits asked before all of it is here, and put aside sealed.

Source: RFC 7578.
"""

import re
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from hub.errors import InputError
from hub.files.staging import Staged, Staging, TooLong
from hub.types import Media

_QUOTING = (BadContentDispositionHeader, BadContentDispositionParam)
for _category in _QUOTING:
    # Warnings that quote a header of the form, and with it the name of a file.
    warnings.filterwarnings("ignore", category=_category)

MOST_FILES = 10
LARGEST = 25 * 1024 * 1024
"""Octets of all files of one form."""
_LARGEST_FIELD = 64 * 1024
_MOST_PARTS = 40
_ROOM = 256 * 1024
"""Octets of a form beside its files."""
_PIECE = 64 * 1024
_BROKEN = (ValueError, AssertionError, HttpProcessingError, *_QUOTING)
"""What the reader raises on a form that is broken."""
_TIME = 600.0
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")

UPLOAD_SECONDS = web.RequestKey("upload-seconds", float)
"""How long the body of a request may take where that is longer than others': who uploads is known by then."""


class TooMany(InputError):
    """A form has more files than are taken."""

    code = "too_many_files"

    def __init__(self) -> None:
        super().__init__(f"a form may have {MOST_FILES} files at most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A form that was read: its fields, each a text, and its files in order, as they are named in a message."""

    fields: Mapping[str, str] = field(repr=False)
    files: tuple[Media, ...] = field(repr=False)
    staged: tuple[Staged, ...]


async def receive(request: web.Request, staging: Staging, check: Callable[[Mapping[str, str]], None]) -> Upload:
    """The form in a multipart `request`; its files are put aside.

    check: is given the fields that come before the first file, and raises if the files are not to be read.

    Raises: TooLong, TooMany, HTTPBadRequest for what is no such form, whatever `check` raises; nothing is kept then.
    """
    if (request.content_length or 0) > LARGEST + _ROOM:
        raise TooLong
    request[UPLOAD_SECONDS] = _TIME
    fields: dict[str, str] = {}
    files: list[tuple[Staged, Media]] = []
    checked, left, parts = False, LARGEST, 0
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            parts += 1
            if not isinstance(part, BodyPartReader) or part.name is None or parts > _MOST_PARTS:
                raise web.HTTPBadRequest
            if part.filename is None:
                fields[part.name] = await _text(part)
                continue
            if not checked:
                check(fields)
                checked = True
            if len(files) >= MOST_FILES:
                raise TooMany
            staged = await staging.hold(_pieces(part), most=left)
            left -= staged.size
            if staged.size or part.filename:
                files.append((staged, _named(part, staged)))
            else:
                # What a browser sends for a field in which no file was chosen.
                await staging.drop(staged)
        if not checked:
            check(fields)
    except BaseException as error:
        await staging.drop(*(one for one, _ in files))
        if isinstance(error, _BROKEN):
            raise web.HTTPBadRequest from None
        raise
    return Upload(fields=fields, files=tuple(one for _, one in files), staged=tuple(one for one, _ in files))


def _named(part: BodyPartReader, staged: Staged) -> Media:
    said = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    kind = said if _TYPE.fullmatch(said) else "application/octet-stream"
    return Media(url=staged.url, content_type=kind, name=(part.filename or "")[:255])


async def _text(part: BodyPartReader) -> str:
    content = bytearray()
    async for piece in _pieces(part):
        content += piece
        if len(content) > _LARGEST_FIELD:
            raise TooLong
    return content.decode("utf-8", "replace")


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_PIECE):
        yield piece
