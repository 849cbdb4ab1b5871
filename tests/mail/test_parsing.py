"""Whatever octets come: they are read, or refused by a limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail import limits
from channels.mail.parsing import parse
from tests.mail.hostile import mail
from tests.mail.test_reading import bounce

SEEDS = [
    bounce("failed", "5.1.1"),
    mail(
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n--b\r\nContent-Type: message/rfc822\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''a%20b.eml\r\n\r\nFrom: x@example.org\r\n\r\nhi\r\n--b--",
        kind="multipart/mixed; boundary=b",
        more=b"Subject: =?utf-8?b?wr9NYcOxYW5hPw==?=\r\n",
    ),
]
PIECES = [
    b"",
    b'"',
    b"<",
    b"(",
    b"\r\n",
    b"=?utf-8?b?x",
    b"boundary*0=x",
    b"; charset*=x",
    b"\0",
    b"\xff",
    b"--b",
    b"filename*=",
]


def readable(raw: bytes) -> bool:
    try:
        found = parse(raw)
    except limits.TooMuch:
        return False
    for text in (found.text, found.subject, found.message_id, *(file.name for file in found.files)):
        text.encode("utf-8")
    return True


@given(st.binary(max_size=400))
def test_any_octets_are_read(raw: bytes) -> None:
    assert readable(raw)


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from(PIECES), st.integers(1, 5)), max_size=6),
)
def test_a_mail_that_was_damaged_is_read(raw: bytes, damage: list[tuple[float, int, bytes, int]]) -> None:
    for place, cut, piece, times in damage:
        at = int(place * len(raw))
        raw = raw[:at] + piece * times + raw[at + cut :]

    assert readable(raw)


@pytest.mark.parametrize(
    "raw",
    [
        mail(b"hi", more=b"Subject: =?utf-8?b?x?=\r\n"),
        mail(b"hi", more=b"Content-Transfer-Encoding: \xff\r\n"),
        mail(b"hi", kind="text/plain; charset*=utf-8''\xff"),
        mail(b"x", kind="application/x; name*=nobody-knows''%ff"),
        mail(b"From: \xff\r\n\r\nhi", kind="message/rfc822"),
    ],
)
def test_what_breaks_python_s_parser_is_read(raw: bytes) -> None:
    assert readable(raw)
