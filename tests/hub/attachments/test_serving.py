"""A file is given out as a download under a harmless name."""

from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.attachments import Kind, file_name, headers


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
