"""Mails made to cost much: each must be refused by counting, or read for a bounded price."""

from collections.abc import Callable, Mapping

MEGABYTE = 1_000_000


def mail(body: bytes, *, kind: str = "text/plain; charset=utf-8", more: bytes = b"") -> bytes:
    """A mail of a person, with `body`."""
    return (
        b"From: Ana Ruiz <ana.ruiz@example.org>\r\nTo: hello@clinic.example.org\r\n"
        b"Subject: Re: Message from Maple Street Clinic\r\n"
        b"Date: Mon, 23 Nov 2026 10:00:00 -0500\r\nMessage-ID: <one@mail.example.org>\r\nMIME-Version: 1.0\r\n"
        + more
        + f"Content-Type: {kind}\r\n\r\n".encode()
        + body
    )


def _nested(levels: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(levels))
    return (
        b"From: ana.ruiz@example.org\r\nMIME-Version: 1.0\r\n" + opened + b"Content-Type: text/plain\r\n\r\nhello\r\n"
    )


def _within(levels: int) -> bytes:
    return b"From: ana.ruiz@example.org\r\nContent-Type: message/rfc822\r\n\r\n" * levels + b"Subject: x\r\n\r\nhello"


def _parts(count: int, boundary: bytes = b"b") -> bytes:
    return mail(
        (b"--" + boundary + b"\r\n\r\nx\r\n") * count + b"--" + boundary + b"--", kind='multipart/mixed; boundary="b"'
    )


def _part(header: bytes) -> bytes:
    return mail(b"--b\r\n" + header + b"\r\nx\r\n--b--", kind="multipart/mixed; boundary=b")


REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "10,000 nested parts": (lambda: _nested(10_000), "depth"),
    "31 nested parts": (lambda: _nested(31), "depth"),
    "1,000 mails within mails": (lambda: _within(1_000), "depth"),
    "100,000 parts": (lambda: _parts(100_000), "parts"),
    "a boundary in pieces": (
        lambda: mail(b"--ab\r\n\r\nx\r\n" * 5_000, kind="multipart/mixed; boundary*0=a; boundary*1=b"),
        "parts",
    ),
    "a header of a megabyte": (lambda: mail(b"x", more=b"X-Long: " + b"x" * MEGABYTE + b"\r\n"), "header"),
    "10,000 headers": (lambda: mail(b"x", more=b"A: b\r\n" * 10_000), "headers"),
    "parts between lone carriage returns": (
        lambda: mail(b"--b\r\rx\r" * 100_000 + b"--b--", kind="multipart/mixed; boundary=b"),
        "parts",
    ),
    "headers between lone carriage returns": (
        lambda: b"From: ana.ruiz@example.org\r" + b"A:b\r" * 15_000 + b"\r\n\r\nhello",
        "headers",
    ),
    "a part with 200,000 headers": (lambda: _part(b"A: b\r\n" * 200_000), "header"),
    "a part with a header of 700 kilobytes": (
        lambda: _part(b"Content-Type: text/plain;" + b"\r\n a=b;" * 100_000 + b"\r\n"),
        "header",
    ),
    "a part with 2,000 parameters": (
        lambda: _part(b"Content-Type: text/plain" + b'; a="b' * 2_000 + b"\r\n"),
        "header",
    ),
    "900 parts with 200 headers": (
        lambda: mail((b"--b\r\n" + b"A: b\r\n" * 200 + b"\r\nx\r\n") * 900, kind="multipart/mixed; boundary=b"),
        "headers",
    ),
    "a boundary whose name is on another line": (
        lambda: mail(b"--b\r\n\r\nx\r\n" * 5_000, kind="multipart/mixed; boundary\r\n =b"),
        "parts",
    ),
    "a boundary with an escape": (
        lambda: mail(b"--b\r\n\r\nx\r\n" * 5_000, kind='multipart/mixed; boundary="\\b"'),
        "parts",
    ),
    "a report of 100,000 recipients": (
        lambda: mail(
            b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + b"A: b\r\n\r\n" * 100_000 + b"--b--",
            kind="multipart/report; boundary=b",
        ),
        "header",
    ),
    "eight million lines": (lambda: mail(b"a\n" * 8_000_000), "lines"),
    "28 nested parts of 100,000 lines": (lambda: _nested(28) + b"x\r\n" * 100_000, "lines"),
    "30 megabytes": (lambda: mail(b"x" * 30 * MEGABYTE), "size"),
}
"""By name: what makes the mail, and the reason to refuse it."""

READ: Mapping[str, Callable[[], bytes]] = {
    "one line of a megabyte": lambda: mail(b"x" * MEGABYTE),
    "a line of a megabyte of marks": lambda: mail(b">" * MEGABYTE),
    "a line of a megabyte of spaces": lambda: mail(b"On " + b" " * MEGABYTE + b"wrote:"),
    "'On' a hundred thousand times": lambda: mail(b"On " * 100_000 + b"\r\n" + b"On \r\n" * 100_000),
    "'From:' a hundred thousand times": lambda: mail(b"From: a\r\n" * 100_000),
    "dashes and rules": lambda: mail(b"--\r\n____________\r\n" * 50_000),
    "frames that do not close": lambda: mail((b"--a" + b"--a" * 100 + b"\r\n") * 3_000),
    "lines of dashes": lambda: mail((b"-" * 390 + b"x\r\n") * 2_500),
    "commas and brackets": lambda: mail((b"On 1 <" + b"a@" * 190 + b"\r\n") * 2_500),
    "'Thanks,' again and again": lambda: mail(b"Thanks,\r\nAna\r\n" * 50_000),
    "HTML nested 10,000 deep": lambda: mail(b"<div>" * 10_000 + b"x" + b"</div>" * 10_000, kind="text/html"),
    "quotations nested 10,000 deep": lambda: mail(b"<blockquote>" * 10_000 + b"x", kind="text/html"),
    "a megabyte of open tags": lambda: mail(b"<a " * 330_000, kind="text/html"),
    "a megabyte of entities": lambda: mail(b"&amp;" * 200_000, kind="text/html"),
    "a megabyte of broken base64": lambda: mail(b"=!" * 500_000, more=b"Content-Transfer-Encoding: base64\r\n"),
    "an unknown charset": lambda: mail(b"hello \xff", kind="text/plain; charset=x-nobody-knows"),
    "comments nested 2,000 deep": lambda: mail(b"hello", more=b"Cc: " + b"(" * 2_000 + b"a@example.org\r\n"),
    "4,000 addresses": lambda: mail(b"hello", more=b"Cc: " + b"a@example.org, " * 4_000 + b"b@example.org\r\n"),
    "an identifier that is none": lambda: mail(b"hello", more=b"In-Reply-To: " + b"<" * 20_000 + b"\r\n"),
    "a megabyte of punycode": lambda: mail(b"aaa-" + b"9a" * 500_000, kind="text/plain; charset=punycode"),
    "a megabyte of UTF-7": lambda: mail(b"+AGE-" * 200_000, kind="text/plain; charset=utf-7"),
    "990 parts of HTML": lambda: mail(
        (b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<div>x</div>" * 100 + b"\r\n") * 990,
        kind="multipart/mixed; boundary=b",
    ),
    "a subject of encoded words": lambda: mail(b"hello", more=b"Subject: " + b"=?utf-8?b?w7E=?= " * 3_000 + b"\r\n"),
    "introductions again and again": lambda: mail(b"On Mon, Nov 23 2026 a\r\n" * 40_000),
    "labels again and again": lambda: mail(b"Ab: c <a@b.c>\r\n" * 60_000),
    "farewells and rules": lambda: mail(b"Thanks,\r\n____________\r\n" * 40_000),
    "disclaimers": lambda: mail(b"confidential in error " * 45_000),
    "1,000 parts": lambda: _parts(990),
}
"""By name: what makes a mail that is read."""
