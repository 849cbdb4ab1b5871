"""Mail through a relay: the contract of what sends, headers, TLS that fails closed, replies of servers."""

import email
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from channels.base import Explaining, Reconciling
from channels.email import EmailChannel
from channels.mail import codes
from channels.mail.composing import compose
from channels.mail.identifiers import reference_of
from channels.mail.relay import RelayAddress
from channels.mail.signing import Signer
from hub.errors import (
    AddressInvalid,
    ChannelError,
    ConfigInvalid,
    OutcomeUnknown,
    Rejected,
    SettingsError,
    Throttled,
    Unreachable,
)
from hub.settings import Secret, Settings
from hub.types import Address, AddressKind, Purpose, new_id
from tests.channels.contract import SAID, SendingContract
from tests.mail.server import CLINIC, HEAD, PATIENT, EmailRig, MailServer, a_mail, mail_server, quoted
from tests.rsa_keys import rsa_key

LINK = "https://hub.example.org/unsubscribe/marketing"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as one:
        yield one


@pytest.fixture
async def rig(server: MailServer) -> EmailRig:
    return EmailRig(server)


class TestEmailContract(SendingContract):
    pass


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


async def sent(rig: EmailRig, **values: Any) -> EmailMessage:
    await rig.channel.send(a_mail(**values))
    return read(rig.server.taken[-1][2].replace(b"\r\n", b"\n"))


# --- what a mail looks like


async def test_a_mail_is_text_and_the_same_text_as_html(rig: EmailRig) -> None:
    message = await sent(rig, text="Hello <Ana> & all,\nsee you.\n\nhttps://hub.example.org/p?a=1&b=2.")

    text, html = (part.get_content() for part in message.iter_parts())
    assert message.get_content_type() == "multipart/alternative"
    assert text == "Hello <Ana> & all,\nsee you.\n\nhttps://hub.example.org/p?a=1&b=2.\n"
    assert "Hello &lt;Ana&gt; &amp; all,<br>see you.</p>" in html
    assert '<a href="https://hub.example.org/p?a=1&amp;b=2">https://hub.example.org/p?a=1&amp;b=2</a>.' in html


@pytest.mark.parametrize("text", ["javascript:alert(1)", "<script>x</script>", 'data:text/html,"', "http://a\"onx='y"])
async def test_html_holds_nothing_that_runs(rig: EmailRig, text: str) -> None:
    message = await sent(rig, text=text)

    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    body = html.partition("<body")[2]
    assert "<script" not in body
    assert re.findall(r'href="([^"]*)"', body) in ([], ["http://a"])
    assert not re.search(r"<[^>]*\son\w+=", body)


async def test_headers_hold_nothing_of_what_it_says(rig: EmailRig) -> None:
    message = await sent(rig, text="your test for Chlamydia", token="k" * 22)

    said = "".join(f"{name}: {value}\n" for name, value in message.items())
    assert message["Subject"] == "Message from Maple Street Clinic"
    assert "Chlamydia" not in said
    assert message["From"].addresses[0].addr_spec == CLINIC
    assert message["Reply-To"].addresses[0].addr_spec == f"reply+{'k' * 22}@clinic.example.org"


async def test_a_subject_is_in_the_person_s_language(rig: EmailRig) -> None:
    assert (await sent(rig, language="es"))["Subject"] == "Mensaje de Maple Street Clinic"


async def test_every_attempt_has_the_same_message_id_and_the_receipt_names_it(rig: EmailRig) -> None:
    reference = new_id()

    first = await rig.channel.send(a_mail(reference=reference))
    again = await rig.channel.send(a_mail(reference=reference, attempt=2))

    ids = {read(raw)["Message-ID"] for _, _, raw in rig.server.taken}
    assert ids == {f"<{reference}@clinic.example.org>"}
    assert first == again
    assert first.provider_id in ids
    assert reference_of(first.provider_id, "clinic.example.org") == reference


async def test_an_answer_names_what_it_answers(rig: EmailRig) -> None:
    message = await sent(rig, answers="<abc.123@mail.example.org>")

    assert message["In-Reply-To"] == message["References"] == "<abc.123@mail.example.org>"


@pytest.mark.parametrize("answers", ["not an id", "<a@b>\r\nBcc: x@example.org", "<a b@c>", "SM1"])
async def test_what_is_no_message_id_is_not_named(rig: EmailRig, answers: str) -> None:
    message = await sent(rig, answers=answers)

    assert message["In-Reply-To"] is None
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    ("purpose", "stoppable"),
    [(Purpose.MARKETING, True), (Purpose.SURVEY, True), (Purpose.CARE, False), (Purpose.APPOINTMENT, False)],
)
async def test_what_is_sent_to_many_can_be_stopped_by_one_click(
    rig: EmailRig, purpose: Purpose, stoppable: bool
) -> None:
    message = await sent(rig, purpose=purpose)

    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message["List-Unsubscribe"] == (f"<https://hub.example.org/unsubscribe/{purpose}>" if stoppable else None)
    assert message["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if stoppable else None)
    assert (f"unsubscribe/{purpose}" in text) is stoppable
    assert ("12 Maple Street" in text) is stoppable


async def test_without_a_way_to_stop_it_nothing_leaves(rig: EmailRig) -> None:
    bare = EmailChannel(rig.channel._relay, HEAD)

    with pytest.raises(ConfigInvalid):
        await bare.send(a_mail(purpose=Purpose.MARKETING))

    assert rig.requests() == 0


@pytest.mark.parametrize(
    "address", ["ana@example.org\r\nBcc: x@example.org", "ana@example.org, b@example.org", "ana", "a\x00@example.org"]
)
async def test_an_address_that_would_break_a_header_is_refused(rig: EmailRig, address: str) -> None:
    with pytest.raises(AddressInvalid):
        await rig.channel.send(a_mail(recipient=Address(AddressKind.MAILBOX, address)))

    assert rig.server.taken == []


async def test_a_clinic_s_name_cannot_add_a_header() -> None:
    message = read(compose(a_mail(), replace(HEAD, clinic="A\r\nBcc: x@example.org")).as_bytes())

    assert message["Bcc"] is None


@pytest.mark.parametrize("text", ["half \ud83d", "\x00\x07bell", ".\n..\nFrom here", "x" * 100_000, "¿Mañana? 😀 שלום"])
async def test_any_text_arrives(rig: EmailRig, text: str) -> None:
    message = await sent(rig, text=text)

    wanted = text.replace("\ud83d", "\ufffd").replace("\x00\x07", "")
    assert message.get_body(("plain",)).get_content() == wanted + "\n"  # type: ignore[union-attr]


async def test_one_part_is_one_transaction_to_one_mailbox(rig: EmailRig) -> None:
    await rig.channel.send(a_mail())

    assert [(sender, to) for sender, to, _ in rig.server.taken] == [(CLINIC, [PATIENT])]
    assert rig.server.encrypted == [True]


# --- DKIM


@pytest.fixture(scope="module")
def key() -> tuple[bytes, bytes]:
    """A private key in PEM, and its public half as the DNS publishes it."""
    private = rsa_key()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    told = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()), told


@pytest.mark.parametrize("text", ["short", "¿Mañana? " * 200, "\n\n. dots\n.\nFrom here"])
async def test_the_signature_holds_where_it_arrives(server: MailServer, key: tuple[bytes, bytes], text: str) -> None:
    rig = EmailRig(server, signer=Signer("clinic.example.org", "s1", key[0]), timeout=5)

    await rig.channel.send(a_mail(text, purpose=Purpose.MARKETING, token="k" * 22, answers="<a@b.example>"))

    raw = server.taken[0][2]
    signed = read(raw)["DKIM-Signature"]
    assert dkim.verify(
        raw, dnsfunc=lambda name, timeout=0: key[1] if name == b"s1._domainkey.clinic.example.org." else None
    )
    assert "list-unsubscribe-post" in signed.lower()
    assert not dkim.verify(raw.replace(b"Message from", b"Massage from"), dnsfunc=lambda name, timeout=0: key[1])


# --- TLS


@pytest.mark.parametrize("scheme", ["starttls", "smtps"])
async def test_a_certificate_that_does_not_hold_gets_nothing(scheme: str) -> None:
    async with mail_server(implicit=scheme == "smtps", host="elsewhere.test") as server:
        rig = EmailRig(server)
        url = f"smtps://hub:{quoted()}@127.0.0.1:{server.port}"
        channel = rig.reaching(url) if scheme == "smtps" else rig.channel

        with pytest.raises(ConfigInvalid):
            await channel.send(a_mail())

        assert server.transactions == 0


async def test_a_relay_that_offers_no_tls_gets_nothing() -> None:
    async with mail_server(offers=False) as server:
        rig = EmailRig(server)

        with pytest.raises(ConfigInvalid):
            await rig.channel.send(a_mail())

        assert server.transactions == 0


async def test_tls_from_the_start() -> None:
    async with mail_server(implicit=True) as server:
        channel = EmailRig(server).reaching(f"smtps://hub:{quoted()}@127.0.0.1:{server.port}")

        await channel.check()
        await channel.send(a_mail())

        assert server.encrypted == [True]


async def test_plain_text_stays_on_this_machine() -> None:
    async with mail_server(offers=False) as server:
        await EmailRig(server).reaching(f"smtp://127.0.0.1:{server.port}").send(a_mail())

        assert server.encrypted == [False]
    with pytest.raises(ConfigInvalid):
        RelayAddress.of(Secret("smtp://relay.example.org"))


async def test_a_wrong_password_is_the_operator_s_to_mend(rig: EmailRig) -> None:
    channel = rig.reaching(f"smtp://hub:wrong@127.0.0.1:{rig.server.port}?starttls=1")

    for attempt in (channel.send(a_mail()), channel.check()):
        with pytest.raises(ConfigInvalid) as refused:
            await attempt
        assert refused.value.provider_code in ("535", "5.7.8")


# --- replies of servers


@pytest.mark.parametrize(
    ("command", "reply", "error", "code"),
    [
        ("MAIL", "421 busy", Unreachable, "421"),
        ("RCPT", "450 4.2.1 greylisted", Throttled, "4.2.1"),
        ("RCPT", "452 4.2.2 full", Throttled, "4.2.2"),
        ("DATA", "451 try again", Throttled, "451"),
        ("RCPT", "550 no such user", AddressInvalid, "550"),
        ("RCPT", "550 5.1.1 no such user", AddressInvalid, "5.1.1"),
        ("RCPT", "551 moved", AddressInvalid, "551"),
        ("RCPT", "553 what", AddressInvalid, "553"),
        ("RCPT", "550 5.7.1 policy", Rejected, "5.7.1"),
        ("DATA", "554 5.7.1 spam", Rejected, "5.7.1"),
        ("DATA", "552 5.2.3 long", Rejected, "5.2.3"),
        ("DATA", "550 5.7.26 no DMARC", ConfigInvalid, "5.7.26"),
        ("MAIL", "530 5.7.0 who are you", Rejected, "5.7.0"),
        ("MAIL", "535 who", ConfigInvalid, "535"),
        ("DATA", "550 5.9.9 odd", AddressInvalid, "5.9.9"),
    ],
)
async def test_a_reply_is_an_error_of_ours(
    rig: EmailRig, command: str, reply: str, error: type[ChannelError], code: str
) -> None:
    rig.server.next = (command, reply)

    with pytest.raises(error) as raised:
        await rig.channel.send(a_mail())

    assert type(raised.value) is error
    assert raised.value.provider_code == code
    assert len(code) <= 16


async def test_a_relay_that_goes_away_before_the_mail_was_never_reached(rig: EmailRig) -> None:
    async def leave(server: Any, *_: Any) -> str:
        server.transport.abort()
        return "250 OK"

    rig.server.handle_RCPT = leave  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        await rig.channel.send(a_mail())


def test_codes_are_explained_without_naming_anybody(rig: EmailRig) -> None:
    assert isinstance(rig.channel, Explaining)
    assert not isinstance(rig.channel, Reconciling)
    assert rig.channel.fault("5.1.1") is AddressInvalid
    assert rig.channel.explain("5.1.1") == "There is no such mailbox."
    assert rig.channel.fault("nonsense") is Rejected
    for code in (*codes.CODES, "4.4.7", None, "nonsense"):
        assert codes.explain(code).endswith(".")


# --- settings


def test_it_is_set_up_by_two_settings(tmp_path: Path) -> None:
    url = Secret("smtp://hub:secret@relay.example.org:587?starttls=1")
    made = EmailChannel.from_settings(Settings(smtp_url=url, email_from=CLINIC))

    assert EmailChannel.from_settings(Settings()) is None
    assert made is not None
    assert made.sender.value == CLINIC
    assert RelayAddress.of(url) == RelayAddress("relay.example.org", 587, False, True, "hub", "secret")
    assert "secret" not in repr(RelayAddress.of(url))


def test_a_key_that_is_none_is_told_at_start(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    settings = Settings(
        smtp_url=Secret("smtps://x"), email_from=CLINIC, dkim_key_file=tmp_path / "key", dkim_selector="s1"
    )

    with pytest.raises(SettingsError):
        EmailChannel.from_settings(settings)


async def test_a_dead_relay_at_the_first_word_is_tried_again(rig: EmailRig) -> None:
    with pytest.raises(Unreachable):
        await rig.nowhere().check()


async def test_a_lost_answer_says_so(rig: EmailRig) -> None:
    rig.befall("drop_taken")

    with pytest.raises(OutcomeUnknown) as raised:
        await rig.channel.send(a_mail(SAID))

    assert raised.value.__suppress_context__
