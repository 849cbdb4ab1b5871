"""What is read quickly means what it means to aiohttp's own parser."""

import asyncio
from typing import Any

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from hub.errors import PayloadInvalid
from hub.web.front import form_of
from hub.web.heads import LARGEST_HEAD, read_head

FORM = "application/x-www-form-urlencoded"
LINES = (b"Host: hub.example.org", b"Content-Type: " + FORM.encode(), b"Content-Length: 3")


def a_head(*lines: bytes, first: bytes = b"POST /webhooks/twilio/sms HTTP/1.1") -> bytes:
    return b"\r\n".join((first, *lines)) + b"\r\n"


def generally(head: bytes, body: bytes) -> list[tuple[Any, bytes]]:
    """What aiohttp's parser makes of it: each request, and the bytes of its body that are there."""

    async def parsed() -> list[tuple[Any, bytes]]:
        loop = asyncio.get_running_loop()
        parser = HttpRequestParser(BaseProtocol(loop), loop, 2**16)
        messages, _, rest = parser.feed_data(head + b"\r\n" + body)
        assert not rest
        return [(message, await payload.read() if payload.is_eof() else b"unfinished") for message, payload in messages]

    return asyncio.run(parsed())


names = st.sampled_from(
    [
        *(b"Host", b"host", b"Content-Length", b"Content-Type", b"Connection", b"X-Twilio-Signature", b"Accept"),
        *(b"Transfer-Encoding", b"Content-Encoding", b"Expect", b"Upgrade", b"TE", b"Trailer", b"X-Forwarded-For"),
        *(b"Content_Length", b"Content-Length ", b" Folded", b"", b"X\x00", "Ü".encode(), b"Keep-Alive", b"Cookie"),
    ]
)
values = st.sampled_from(
    [
        *(b"3", b"03", b"+3", b"4", b"3, 3", b"", b"chunked", b"gzip", b"keep-alive", b"close", b"Upgrade", b"h2c"),
        *(b"hub.example.org", FORM.encode(), FORM.upper().encode(), FORM.encode() + b"; charset=latin-1"),
        *(b"100-continue", b" 3 ", b"\t3", b"a\tb", b"a\x0bb", b"\xff", b"\x00", b"a\nX: b", b"a\rb", b"identity"),
    ]
)
lines = st.one_of(st.sampled_from(LINES), st.builds(lambda n, v: n + b": " + v, names, values), st.binary(max_size=12))
firsts = st.one_of(
    st.just(b"POST /webhooks/twilio/sms HTTP/1.1"),
    st.builds(
        lambda method, target, version: b" ".join((method, target, version)),
        st.sampled_from([b"POST", b"GET", b"post", b" POST", b"HEAD"]),
        st.one_of(
            st.sampled_from(
                [b"/a", b"/a?b=c&d", b"//a/b", b"/%2e/a", b"/a#b", b"http://h/a", b"*", b"/a?b#c", b"/a b"]
            ),
            st.binary(max_size=6),
            st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=8).map(
                lambda text: b"/" + text.encode()
            ),
        ),
        st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"HTTP/1.1 "]),
    ),
)


@settings(max_examples=600)
@given(first=firsts, more=st.lists(lines, max_size=3), order=st.permutations(LINES))
def test_what_is_read_is_read_alike_by_the_general_parser(first: bytes, more: list[bytes], order: list[bytes]) -> None:
    for head in (a_head(*order, *more, first=first), a_head(*more, *order, first=first)):
        read = read_head(head)
        if read is None:
            continue
        ((message, body),) = generally(head, b"abc"[: read.length].ljust(read.length, b"x"))
        assert (message.method, message.path, tuple(message.version)) == ("POST", read.target, (1, 1))
        assert list(message.headers.items()) == list(read.headers.items())
        assert (message.should_close, message.compression, message.upgrade, message.chunked) == (
            False,
            None,
            False,
            False,
        )
        assert len(body) == read.length
        request = make_mocked_request("POST", read.target, headers=message.headers)
        assert request.raw_path == read.target
        assert (request.content_type, request.charset or "utf-8") == (FORM, "utf-8")
        if read.path.startswith("/webhooks/"):
            assert request.path == read.path
            assert request.query_string == read.query


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(a_head(*LINES, first=b"GET /webhooks/twilio/sms HTTP/1.1"), id="another method"),
        pytest.param(a_head(*LINES, first=b"POST /webhooks/twilio/sms HTTP/1.0"), id="an older version"),
        pytest.param(a_head(*LINES, first=b"POST http://h/webhooks HTTP/1.1"), id="an absolute address"),
        pytest.param(a_head(*LINES, b"Transfer-Encoding: chunked"), id="chunked"),
        pytest.param(a_head(*LINES, b"Content-Encoding: gzip"), id="packed"),
        pytest.param(a_head(*LINES, b"Expect: 100-continue"), id="asks first"),
        pytest.param(a_head(*LINES, b"Upgrade: h2c"), id="wants another protocol"),
        pytest.param(a_head(*LINES, b"Connection: close"), id="wants to end"),
        pytest.param(a_head(*LINES, b"Content-Length: 3"), id="two lengths"),
        pytest.param(a_head(*LINES, b"Host: other.example"), id="two hosts"),
        pytest.param(a_head(*LINES[1:]), id="no host"),
        pytest.param(a_head(*LINES[:2]), id="no length"),
        pytest.param(a_head(*LINES[:2], b"Content-Length: 99999"), id="long"),
        pytest.param(a_head(*LINES[:1], b"Content-Type: application/json", LINES[2]), id="not a form"),
        pytest.param(a_head(*LINES, b"X-A: b\r\n c"), id="a folded line"),
        pytest.param(a_head(*LINES, b"X-A: \xc3\xa9"), id="not ascii"),
        pytest.param(a_head(*LINES, *[b"X-A: b"] * 70), id="many lines"),
        pytest.param(a_head(*LINES, b"X-A: " + b"b" * LARGEST_HEAD), id="a long line"),
    ],
)
def test_whatever_is_unusual_is_left_to_the_general_parser(head: bytes) -> None:
    assert read_head(a_head(*LINES)) is not None
    assert read_head(head) is None


def test_a_request_as_the_carrier_writes_it_is_read() -> None:
    read = read_head(a_head(*LINES, b"X-Twilio-Signature: abc=", first=b"POST /webhooks/s?delivery=a%2Fb HTTP/1.1"))

    assert read is not None
    assert (read.path, read.query, read.length) == ("/webhooks/s", "delivery=a%2Fb", 3)
    assert read.headers["x-twilio-signature"] == "abc="


bodies = st.one_of(
    st.binary(max_size=40),
    st.text(st.sampled_from("ab&&==%%+;2CFE0 é\r\n"), max_size=40).map(str.encode),
    st.lists(st.sampled_from(["a=1", "%FF=%E9", "=", "a", "b=%2B+c", "%zz=%"]), max_size=6).map(
        lambda fields: "&".join(fields).encode()
    ),
)


@settings(max_examples=400)
@given(body=bodies)
def test_a_form_is_read_as_the_general_server_reads_it(body: bytes) -> None:
    async def posted() -> list[tuple[str, object]] | None:
        loop = asyncio.get_running_loop()
        payload = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        payload.feed_data(body)
        payload.feed_eof()
        request = make_mocked_request("POST", "/", headers=CIMultiDict({"Content-Type": FORM}), payload=payload)
        try:
            return list((await request.post()).items())
        except ValueError:
            return None

    try:
        ours: list[tuple[str, object]] | None = list(form_of(body).items())
    except PayloadInvalid:
        ours = None
    assert ours == asyncio.run(posted())


@pytest.mark.parametrize("count", [1000, 1001])
def test_a_form_may_have_a_thousand_fields(count: int) -> None:
    body = b"&".join([b"a=1"] * count)

    if count <= 1000:
        assert len(form_of(body)) == count
    else:
        with pytest.raises(PayloadInvalid):
            form_of(body)


def test_the_general_parser_is_strict_where_it_must_be() -> None:
    """The comparison above is worth something: what hides a second request is refused there."""
    with pytest.raises(HttpProcessingError):
        generally(a_head(*LINES, b"Transfer-Encoding: chunked"), b"abc")
