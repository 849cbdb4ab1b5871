"""What mails are to the hub: words, tokens and trust; reports, programs and calendars."""

from datetime import UTC, datetime

import pytest

from channels.mail.identifiers import provider_id
from channels.mail.parsing import MOST_FILES, parse, sender_of
from channels.mail.reading import Envelope, Ours, Reading, read, unreadable
from hub.types import DeliveryState, Inbound, Media, Provenance
from tests.mail.hostile import mail

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
OURS = Ours(
    mailbox="hello@clinic.example.org",
    authserv_id="mx.clinic.example.org",
    subjects=("Message from Maple Street Clinic",),
)
SUBJECT = b"Subject: Re: Message from Maple Street Clinic"
TOKEN = "k7Qm2w9XzL4pRt6vBn8cJd"
REFERENCE = "01a216fc-2e95-7588-889b-dd79512ed2ed"
MESSAGE_ID = f"<{REFERENCE}@clinic.example.org>"
VOUCHED = b"Authentication-Results: mx.clinic.example.org; dmarc=pass header.from=example.org\r\n"


def reading(raw: bytes, envelope: Envelope | None = None, ours: Ours = OURS) -> Reading:
    return read(parse(raw), envelope or Envelope(), ours, AT)


def said(raw: bytes, envelope: Envelope | None = None) -> Inbound:
    found = reading(raw, envelope).inbound
    assert found is not None
    return found


def proof(raw: bytes, envelope: Envelope | None = None) -> Provenance:
    found = said(raw, envelope).provenance
    assert found is not None
    return found


# --- words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(mail(b"I'll come."), "I'll come.", id="plain"),
        pytest.param(mail("¿Mañana?".encode()), "¿Mañana?", id="utf-8"),
        pytest.param(mail("¿Mañana?".encode("cp1252"), kind="text/plain; charset=windows-1252"), "¿Mañana?", id="1252"),
        pytest.param(mail("¿Mañana?".encode("cp1252")), "¿Mañana?", id="wrong-charset"),
        pytest.param(mail("予約".encode("iso2022_jp"), kind="text/plain; charset=iso-2022-jp"), "予約", id="jp"),
        pytest.param(mail(b"hi", kind="text/plain; charset=x-none"), "hi", id="unknown-charset"),
        pytest.param(mail(b"caf=C3=A9", more=b"Content-Transfer-Encoding: quoted-printable\r\n"), "café", id="qp"),
        pytest.param(mail(b"Y2Fmw6k=", more=b"Content-Transfer-Encoding: base64\r\n"), "café", id="base64"),
        pytest.param(mail(b"one \r\ntwo\r\n", kind="text/plain; format=flowed"), "one two", id="flowed"),
        pytest.param(
            mail(b"<p>Hello&nbsp;<b>Ana</b></p><script>x()</script><p>a &lt; b<br>c</p>", kind="text/html"),
            "Hello Ana\n\na < b\nc",
            id="html",
        ),
        pytest.param(
            mail(b"<div>Yes.</div><div class=gmail_quote><blockquote>old</blockquote></div>", kind="text/html"),
            "Yes.",
            id="html-quote",
        ),
        pytest.param(
            mail(
                b"--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--b\r\n\r\nplain\r\n--b--",
                kind="multipart/alternative; boundary=b",
            ),
            "plain",
            id="plain-before-html",
        ),
        pytest.param(mail(b""), "", id="nothing"),
    ],
)
def test_words_are_found(raw: bytes, text: str) -> None:
    assert said(raw).text == text


@pytest.mark.parametrize(
    ("subject", "body", "text"),
    [
        ("Chest pain", b"", "Chest pain"),
        ("Chest pain", b"since noon", "Chest pain\n\nsince noon"),
        ("Re: Chest pain", b"since noon", "Re: Chest pain\n\nsince noon"),
        ("=?utf-8?q?Dolor_de_pecho_=C2=A1ayuda!?=", b"", "Dolor de pecho ¡ayuda!"),
        ("Re: RE: message from Maple Street Clinic", b"Yes", "Yes"),
        ("AW: Message from Maple Street Clinic", b"Yes", "Yes"),
        ("Re:", b"Yes", "Yes"),
        ("", b"Yes", "Yes"),
    ],
)
def test_a_subject_is_a_part_of_what_is_said_unless_it_is_ours(subject: str, body: bytes, text: str) -> None:
    assert said(mail(body).replace(SUBJECT, f"Subject: {subject}".encode())).text == text


def test_files_are_listed_by_what_their_sender_calls_them() -> None:
    raw = mail(
        b"--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n--b\r\nContent-Type: image/png\r\n"
        b'Content-Disposition: attachment; filename="../../e\xe2\x80\xaevil.png"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--",
        kind="multipart/mixed; boundary=b",
    )

    (file,) = parse(raw).files
    found = reading(raw)

    assert (file.content_type, file.content, file.size) == ("image/png", b"\x89PNG", 4)
    assert "/" not in file.name
    assert "\u202e" not in file.name
    assert found.kept == ""
    assert found.inbound is not None
    assert found.inbound.media == (Media(url="part:0", content_type="image/png", name=file.name),)


def test_a_mail_with_more_files_than_are_taken_out_is_kept_whole() -> None:
    part = b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx\r\n"

    found = reading(mail(part * (MOST_FILES + 1) + b"--b--", kind="multipart/mixed; boundary=b"))

    assert found.kept == "files"
    assert found.inbound is not None
    assert len(found.inbound.media) == MOST_FILES


def test_a_text_that_is_too_long_is_kept_whole() -> None:
    found = reading(mail(b"word " * 50_000))

    assert found.kept == "long"
    assert found.inbound is not None
    assert len(found.inbound.text) <= 100_000


def test_a_repr_holds_nothing_of_it() -> None:
    raw = mail(b"a secret", more=b"Reply-To: other@example.org\r\n")

    shown = repr(parse(raw)) + repr(reading(raw)) + repr(Envelope(sender="ana.ruiz@example.org"))

    assert "secret" not in shown
    assert "ana.ruiz" not in shown


# --- who it is


def test_a_token_and_references_of_ours_are_found() -> None:
    raw = mail(b"hi", more=f"In-Reply-To: {MESSAGE_ID}\r\nReferences: <x@y.example> {MESSAGE_ID}\r\n".encode())

    found = proof(raw, Envelope(recipients=(f"reply+{TOKEN}@clinic.example.org",)))

    assert found == Provenance(
        token=TOKEN, references=(provider_id(REFERENCE, "clinic.example.org"),), authenticated=False
    )


def test_a_token_in_the_header_serves_a_mail_that_was_fetched() -> None:
    raw = mail(b"hi", more=f"Cc: Clinic <reply+{TOKEN}@clinic.example.org>\r\n".encode())

    assert proof(raw).token == TOKEN


@pytest.mark.parametrize(
    "recipient",
    [
        "reply+short@clinic.example.org",
        f"reply+{TOKEN}@evil.example.org",
        f"other+{TOKEN}@clinic.example.org",
        f"reply{TOKEN}@clinic.example.org",
        f"reply+{TOKEN}x!y@clinic.example.org",
    ],
)
def test_what_is_no_token_of_ours_is_none(recipient: str) -> None:
    assert proof(mail(b"hi"), Envelope(recipients=(recipient,))).token is None


def test_two_tokens_are_none() -> None:
    both = (f"reply+{TOKEN}@clinic.example.org", f"reply+{TOKEN[::-1]}@clinic.example.org")

    assert proof(mail(b"hi"), Envelope(recipients=both)).token is None


@pytest.mark.parametrize("named", ["<01a216fc@clinic.example.org>", f"<{REFERENCE}@evil.example.org>", "<>", "x"])
def test_what_is_no_reference_of_ours_is_none(named: str) -> None:
    assert proof(mail(b"hi", more=f"In-Reply-To: {named}\r\n".encode())).references == ()


@pytest.mark.parametrize(
    ("results", "vouched"),
    [
        pytest.param(["MX; dmarc=pass header.from=example.org"], True, id="dmarc"),
        pytest.param(["MX 1; dmarc=pass (p=reject; x) header.from=example.org"], True, id="comment"),
        pytest.param(["MX; dkim=pass header.d=example.org"], True, id="dkim"),
        pytest.param(["MX; dkim=pass header.i=@mail.example.org"], True, id="dkim-below"),
        pytest.param(["MX; spf=pass smtp.mailfrom=ana@example.org"], True, id="spf"),
        pytest.param(
            ["MX; spf=fail smtp.mailfrom=ana@example.org", "MX; dkim=pass header.d=example.org"],
            True,
            id="two-of-the-relay",
        ),
        pytest.param([], False, id="none"),
        pytest.param(["MX; none"], False, id="nothing-checked"),
        pytest.param(["MX; dmarc=fail header.from=example.org"], False, id="dmarc-failed"),
        pytest.param(
            ["MX; dmarc=fail header.from=example.org; dkim=pass header.d=example.org"], False, id="dmarc-overrules"
        ),
        pytest.param(["MX; dmarc=pass header.from=evil.example"], False, id="dmarc-of-another"),
        pytest.param(["MX; dkim=pass header.d=evil.example"], False, id="dkim-of-another"),
        pytest.param(["MX; dkim=pass header.d=org"], False, id="dkim-of-a-suffix"),
        pytest.param(["MX; dkim=fail header.d=example.org"], False, id="dkim-failed"),
        pytest.param(["MX; spf=pass smtp.mailfrom=ana@notexample.org"], False, id="spf-lookalike"),
        pytest.param(["evil.example; dmarc=pass header.from=example.org"], False, id="another-relay"),
        pytest.param(["MX.evil; dmarc=pass header.from=example.org"], False, id="lookalike-relay"),
        pytest.param(
            ["evil.example; none", "MX; dmarc=pass header.from=example.org"], False, id="forged-beneath-another"
        ),
        pytest.param(
            ["MX; dmarc=fail header.from=example.org", "MX; dmarc=pass header.from=example.org"],
            False,
            id="forged-beneath-the-relay",
        ),
        pytest.param(
            ["MX; spf=fail", "RECEIVED", "MX; dkim=pass header.d=example.org"], False, id="forged-beneath-received"
        ),
    ],
)
def test_only_the_relay_is_believed(results: list[str], vouched: bool) -> None:
    lines = "".join(
        "Received: from x by y\r\n"
        if one == "RECEIVED"
        else f"Authentication-Results: {one.replace('MX', 'mx.clinic.example.org')}\r\n"
        for one in results
    )

    assert proof(lines.encode() + mail(b"hi")).authenticated is vouched


def test_without_a_relay_nobody_is_believed() -> None:
    found = reading(VOUCHED + mail(b"hi"), ours=Ours(mailbox="hello@clinic.example.org")).inbound

    assert found is not None
    assert found.provenance == Provenance()


@pytest.mark.parametrize(
    ("sender", "believed"),
    [
        ('"ana.ruiz@example.org" <evil@evil.example>', "evil@evil.example"),
        ("ana.ruiz@example.org <evil@evil.example>", "evil@evil.example"),
        ("(ana.ruiz@example.org) evil@evil.example", "evil@evil.example"),
        ("Ana <ANA.Ruiz@Example.ORG>", "ana.ruiz@example.org"),
    ],
)
def test_a_name_is_no_mailbox(sender: str, believed: str) -> None:
    found = said(VOUCHED + mail(b"hi").replace(b"Ana Ruiz <ana.ruiz@example.org>", sender.encode()))

    assert found.sender.value == believed
    assert found.provenance is not None
    assert found.provenance.authenticated is (believed == "ana.ruiz@example.org")


def test_two_senders_are_not_believed() -> None:
    raw = VOUCHED + mail(b"hi", more=b"From: evil@evil.example\r\n")

    assert not proof(raw).authenticated


def test_an_unvouched_mail_cannot_pass_for_another_by_its_message_id() -> None:
    honest, forged = mail(b"I'll come"), mail(b"I won't come")

    assert said(honest).provider_id != said(forged).provider_id
    assert said(honest).provider_id == said(b"Received: again\r\n" + honest).provider_id
    assert said(VOUCHED + honest).provider_id == "<one@mail.example.org>"
    assert all(len(said(one).provider_id) <= 64 for one in (honest, forged))


def test_a_mail_from_nobody_is_kept() -> None:
    found = reading(mail(b"hi").replace(b"ana.ruiz@example.org", b"nobody"))

    assert (found.inbound, found.kept) == (None, "no_sender")


# --- programs


@pytest.mark.parametrize(
    "more",
    [
        b"Auto-Submitted: auto-replied\r\n",
        b"Auto-Submitted: Auto-Generated; x=y\r\n",
        b"Precedence: bulk\r\n",
        b"Precedence: auto_reply\r\n",
        b"X-Autoreply: yes\r\n",
        b"X-Auto-Response-Suppress: All\r\n",
        b"Return-Path: <>\r\n",
        b"List-Id: <riak.example.org>\r\n",
    ],
)
def test_a_program_is_not_answered(more: bytes) -> None:
    found = reading(mail(b"I am away.", more=more))

    assert found.inbound is None
    assert found.ignored
    assert found.kept == "automatic"


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: x",
        "Out of Office",
        "Respuesta automática: x",
        "Abwesenheitsnotiz",
        "=?utf-8?q?R=C3=A9ponse_automatique?=",
    ],
)
def test_an_absence_is_told_by_its_subject_too(subject: str) -> None:
    assert reading(mail(b"away").replace(SUBJECT, b"Subject: " + subject.encode())).ignored == "subject"


@pytest.mark.parametrize(
    "more", [b"Auto-Submitted: no\r\n", b"Precedence: first-class\r\n", b"X-Auto-Response-Suppress: DR\r\n"]
)
def test_a_person_is_answered(more: bytes) -> None:
    assert reading(mail(b"hi", more=more)).inbound is not None


def test_a_null_sender_is_a_program() -> None:
    assert reading(mail(b"hi"), Envelope(null_sender=True)).ignored == "null_sender"


@pytest.mark.parametrize(
    "raw",
    [
        mail(b"hi").replace(b"<one@mail.example.org>", MESSAGE_ID.encode()),
        mail(b"hi").replace(b"ana.ruiz@example.org", b"hello@clinic.example.org"),
    ],
    ids=["our-message-id", "our-mailbox"],
)
def test_our_own_mail_come_back_is_a_loop(raw: bytes) -> None:
    assert reading(raw).ignored == "loop"


# --- reports


def report(body: str, kind: str, original: str = MESSAGE_ID) -> bytes:
    parts = (
        "Content-Type: text/plain\r\n\r\nSorry.",
        body,
        f"Content-Type: message/rfc822\r\n\r\nFrom: hello@clinic.example.org\r\nTo: ana.ruiz@example.org\r\n"
        f"Message-ID: {original}\r\n\r\nhello",
    )
    joined = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    return mail(joined.encode(), kind=f"multipart/report; report-type={kind}; boundary=b")


def bounce(action: str, status: str, original: str = MESSAGE_ID) -> bytes:
    body = (
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; ana.ruiz@example.org\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n"
    )
    return report(body, "delivery-status", original)


@pytest.mark.parametrize(
    ("raw", "state", "code"),
    [
        pytest.param(bounce("failed", "5.1.1"), DeliveryState.FAILED, "5.1.1", id="bounce"),
        pytest.param(bounce("failed", "4.4.7"), DeliveryState.FAILED, "4.4.7", id="given-up"),
        pytest.param(bounce("delivered", "2.0.0"), DeliveryState.DELIVERED, None, id="delivered"),
        pytest.param(
            report(
                "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n",
                "feedback-report",
            ),
            DeliveryState.FAILED,
            "complaint",
            id="complaint",
        ),
    ],
)
def test_a_report_names_the_delivery(raw: bytes, state: DeliveryState, code: str | None) -> None:
    status = reading(raw, Envelope(null_sender=True)).status

    assert status is not None
    assert (status.delivery_id, status.state, status.code) == (REFERENCE, state, code)
    assert status.provider_id == MESSAGE_ID
    assert parse(raw).report is not None
    assert parse(raw).report.recipient == "ana.ruiz@example.org"  # type: ignore[union-attr]


def test_a_delay_is_not_the_last_word() -> None:
    found = reading(bounce("delayed", "4.4.1"))

    assert (found.status, found.inbound, found.kept) == (None, None, "")


@pytest.mark.parametrize("original", [f"<{REFERENCE}@evil.example>", "<x@clinic.example.org>", ""])
def test_a_report_about_no_mail_of_ours_changes_nothing(original: str) -> None:
    found = reading(bounce("failed", "5.1.1", original))

    assert (found.status, found.inbound, found.kept) == (None, None, "report")


# --- calendars


@pytest.mark.parametrize(("word", "text"), [("ACCEPTED", "I confirm"), ("DECLINED", "I can't come")])
def test_a_calendar_s_answer_is_words(word: str, text: str) -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nAna has replied\r\n--b\r\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"
        f"BEGIN:VEVENT\r\nATTENDEE;CN=Ana;PART\r\n STAT={word}:mailto:ana.ruiz@example.org\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n--b--\r\n"
    )
    raw = mail(body.encode(), kind="multipart/alternative; boundary=b", more=b"Auto-Submitted: auto-generated\r\n")

    assert said(raw).text == text


# --- what cannot be read


def test_a_mail_that_cannot_be_read_is_nobody_s_by_more_than_its_word() -> None:
    found = unreadable(sender_of(mail(b"x")), "d" * 99, Envelope(), OURS, AT, "A mail came.")

    assert found is not None
    assert found.sender.value == "ana.ruiz@example.org"
    assert found.provenance == Provenance()
    assert len(found.provider_id) <= 64
    assert unreadable("", "d", Envelope(), OURS, AT, "x") is None
    assert unreadable("a@example.org", "d", Envelope(null_sender=True), OURS, AT, "x") is None
