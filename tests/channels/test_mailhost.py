"""The simulated mail host: it takes what a relay takes, and people's programs write what programs write."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from zoneinfo import ZoneInfo

import aiosmtplib
import pytest

from channels.mail.parsing import parse
from channels.mailhost import AUTHSERV_ID, MailHost, program
from hub.types import Language

CLINIC = "hello@clinic.example.org"
ANA = "ana@example.org"
AT = datetime(2026, 3, 2, 15, 4, tzinfo=ZoneInfo("America/New_York"))


def from_clinic(**headers: str) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    given = {"From": f"Maple Street Clinic <{CLINIC}>", "To": ANA, "Subject": "Message from Maple Street Clinic"}
    given |= {"Reply-To": "Clinic <reply+0123456789abcdef@clinic.example.org>", "Message-ID": "<1@clinic.example.org>"}
    for name, value in (given | headers).items():
        mail[name] = value
    mail["Date"] = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    mail.set_content("I have:\n1) Tue\n2) Wed\n")
    mail.add_alternative("<p>I have</p>", subtype="html")
    return mail


@pytest.fixture
async def host() -> AsyncIterator[MailHost]:
    made = MailHost()
    yield made
    await made.stop()


async def sent_to(host: MailHost, *recipients: str) -> None:
    address, _, port = (await host.start()).removeprefix("smtp://").rpartition(":")
    async with aiosmtplib.SMTP(hostname=address, port=int(port), start_tls=False) as relay:
        await relay.sendmail(CLINIC, list(recipients), from_clinic().as_bytes())


async def test_a_mail_of_the_clinic_is_in_every_mailbox_it_is_for(host: MailHost) -> None:
    await sent_to(host, ANA, "Ben@example.org")

    mail = await host.mailbox(ANA).next(5)
    assert (mail.subject, mail.state, mail.mine) == ("Message from Maple Street Clinic", "unread", False)
    assert mail.text == "I have:\n1) Tue\n2) Wed\n"
    assert mail.html == "<p>I have</p>\n"
    assert len(host.mailbox("ben@example.org").mails) == 1
    host.mailbox(ANA).read(mail.id)
    assert mail.state == "read"


async def test_what_the_hub_does_not_take_is_shown_as_refused(host: MailHost) -> None:
    host.deliver_to = ("127.0.0.1", 1)

    mail = await host.write(ANA, CLINIC, "Question", "When are you open?", author="Ana Ruiz")

    assert (mail.state, mail.mine, mail.peer) == ("refused", True, CLINIC)
    assert host.mailbox(ANA).mails == (mail,)


async def test_what_a_person_writes_is_handed_over_vouched_for_or_not(host: MailHost) -> None:
    clinic = MailHost()
    address, _, port = (await clinic.start()).removeprefix("smtp://").rpartition(":")
    host.deliver_to = (address, int(port))

    await host.write(ANA, CLINIC, "Question", "When are you open?", author="Ana Ruiz")
    host.vouches = False
    await host.write(ANA, CLINIC, "Question", "When are you open?", author="Ana Ruiz")

    taken = [str(one.message["Authentication-Results"]) for one in clinic.mailbox(CLINIC).mails]
    await clinic.stop()
    assert taken == [f"{AUTHSERV_ID}; dmarc={verdict} header.from=example.org" for verdict in ("pass", "fail")]


@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_reply_names_and_quotes_what_it_answers(language: Language) -> None:
    to = from_clinic(References="<0@clinic.example.org>")

    written = program.reply(
        to, author="Ana Ruiz", sender=ANA, words="The second one.", name="<r@example.org>", at=AT, language=language
    )
    read = message_from_bytes(written.as_bytes(), policy=POLICY)

    assert read["To"].addresses[0].addr_spec == "reply+0123456789abcdef@clinic.example.org"
    assert read["Subject"] == "Re: Message from Maple Street Clinic"
    assert read["In-Reply-To"] == "<1@clinic.example.org>"
    assert read["References"] == "<0@clinic.example.org> <1@clinic.example.org>"
    text, html = program.bodies(read)
    assert "> 2) Wed" in text
    assert 'class="gmail_quote"' in html
    again = program.reply(read, author="Clinic", sender=CLINIC, words="Done.", name="<s@example.org>", at=AT)
    assert again["Subject"] == read["Subject"]


@pytest.mark.parametrize("language", ["en", "es"])
async def test_of_a_reply_the_hub_reads_the_new_words_alone(language: Language) -> None:
    words = "I think the second one\ncould work for me."

    written = program.reply(
        from_clinic(), author="Ana Ruiz", sender=ANA, words=words, name="<r@example.org>", at=AT, language=language
    )

    assert parse(written.as_bytes()).text == words
