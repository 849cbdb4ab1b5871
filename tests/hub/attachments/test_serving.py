"""A file is given out as a download under a harmless name."""

from collections.abc import AsyncIterator
from email.message import Message
from urllib.parse import unquote

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from hub.attachments import Kind, file_name, give_out, headers
from hub.errors import SealBroken


@pytest.mark.parametrize(
    ("given_name", "kind", "name"),
    [
        ("rash.jpeg", Kind.JPEG, "rash.jpg"),
        ("rash", Kind.PNG, "rash.png"),
        ("Überweisung März.pdf", Kind.PDF, "Überweisung März.pdf"),
        ("../../etc/passwd", Kind.TEXT, "passwd.txt"),
        ("C:\\Users\\x\\report.pdf", Kind.PDF, "report.pdf"),
        ("invoice.pdf.exe", Kind.PDF, "invoice.pdf.pdf"),
        ("page.html", Kind.TEXT, "page.txt"),
        ("photo\u202egpj.exe", Kind.JPEG, "photogpj.jpg"),
        ("a\r\nSet-Cookie: x=1.txt", Kind.TEXT, "aSet-Cookie_ x=1.txt"),
        ('a"b.pdf', Kind.PDF, "a_b.pdf"),
        ("half \ud83d pair.pdf", Kind.PDF, "half _ pair.pdf"),
        ("", Kind.PDF, "file.pdf"),
        (" . . ", Kind.PDF, "file.pdf"),
        (".htaccess", Kind.TEXT, "file.txt"),
        ("CON.txt", Kind.TEXT, "file.txt"),
        ("com1", Kind.TEXT, "file.txt"),
        ("x" * 500, Kind.WAV, "x" * 80 + ".wav"),
    ],
)
def test_a_name_is_made_harmless_and_ends_in_what_it_is(given_name: str, kind: Kind, name: str) -> None:
    assert file_name(given_name, kind) == name


@given(st.text(), st.sampled_from(Kind))
def test_any_name_can_be_a_header_and_says_the_same(given_name: str, kind: Kind) -> None:
    name = file_name(given_name, kind)

    values = headers(kind, name)

    assert all(value.isascii() and value.isprintable() for value in values.values())
    assert unquote(values["Content-Disposition"].partition("filename*=UTF-8''")[2]) == name
    message = Message()
    message["Content-Disposition"] = values["Content-Disposition"].partition("; filename*")[0]
    assert message.get_content_disposition() == "attachment"


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_shown_as_a_page(kind: Kind) -> None:
    values = headers(kind, "x" + kind.ending)

    assert values["Content-Type"].partition(";")[0] == kind.value
    assert values["Content-Disposition"].startswith("attachment;")
    assert values["X-Content-Type-Options"] == "nosniff"
    assert values["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert values["Cache-Control"] == "no-store"


class TestGivingOut:
    """A file as it comes; a fault on the way is not taken for its end."""

    async def asked(self, *pieces: bytes | Exception, size: int) -> tuple[int, bytes]:
        async def content() -> AsyncIterator[bytes]:
            for piece in pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece

        async def give(request: web.Request) -> web.StreamResponse:
            try:
                return await give_out(request, content(), size, headers(Kind.PDF, "a.pdf"))
            except SealBroken:
                return web.Response(status=500)

        app = web.Application()
        app.router.add_get("/", give)
        async with TestClient(TestServer(app)) as client, client.get("/") as got:
            return got.status, await got.read()

    async def test_it_comes_whole(self) -> None:
        assert await self.asked(b"a", b"b" * 100_000, size=100_001) == (200, b"a" + b"b" * 100_000)
        assert await self.asked(size=0) == (200, b"")

    async def test_what_cannot_be_opened_at_all_is_told(self) -> None:
        assert await self.asked(SealBroken("x"), size=5) == (500, b"")

    async def test_what_breaks_on_the_way_is_broken_off(self) -> None:
        with pytest.raises(ClientError):
            await self.asked(b"a" * 10, SealBroken("x"), size=20)
