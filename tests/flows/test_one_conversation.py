"""One conversation, whichever way the person turns: what was asked on one channel is answered on another."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from bots.dialogue import Phase, decode
from channels.mailhost import AUTHSERV_ID, Mail, MailHost
from hub.crypto import Keyring
from hub.db.tables import message, thread
from hub.demo.clinic import Patient
from hub.demo.devices import Browser
from hub.demo.line import Line
from hub.settings import Secret
from hub.types import ChannelKind, Purpose
from tests.flows.calling import a_clinic_with_a_phone, answer_to, said_of
from tests.flows.clinic import ANA, opened
from tests.hub.mail.rig import CLINIC as CLINIC_MAILBOX
from tests.hub_rig import CLINIC, Rig, is_said
from tests.stores import embedded_only

pytestmark = embedded_only

MAILBOX = "ana@example.org"
PATIENT = Patient(
    key="ana",
    mrn="MRN-1",
    given_name="Ana",
    family_name="Lopez",
    birth_date=date(1985, 4, 23),
    language="en",
    phone=ANA,
    mailbox=MAILBOX,
)


def phone_of(rig: Rig) -> Line:
    """Ana's phone."""
    return Line(carrier=rig.carrier, clinic=CLINIC, name="Ana", number=ANA, language="en", tell=lambda _: None)


@pytest.fixture
async def host() -> AsyncIterator[MailHost]:
    one = MailHost()
    yield one
    await one.stop()


@pytest.fixture
async def rig(host: MailHost, database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    mail = {
        "smtp_url": Secret(await host.start()),
        "email_from": CLINIC_MAILBOX,
        "inbound_smtp_port": 0,
        "mail_authserv_id": AUTHSERV_ID,
    }
    async with a_clinic_with_a_phone(database_url, tmp_path, keyring, second=0.01, **mail) as one:
        assert one.hub.mail is not None
        host.deliver_to = ("127.0.0.1", one.hub.mail.port)
        await opened(one)
        yield one


async def ana(rig: Rig) -> str:
    return await rig.patient("MRN-1", "Ana", "Lopez", ANA, calls="yes", mailbox=MAILBOX)


async def mailed(rig: Rig, host: MailHost, person: str) -> Mail:
    """A mail of the clinic that Ana has."""
    await rig.send(person, "Your forms are ready.", purpose=Purpose.CARE, channel=ChannelKind.EMAIL)
    return await host.mailbox(MAILBOX).next(30)


async def answer_by_mail(host: MailHost, to: Mail, words: str) -> str:
    sent = await host.reply(MAILBOX, to, words, author="Ana Lopez")
    assert sent.state == "taken"
    return (await host.mailbox(MAILBOX).next(30)).text


async def phase(rig: Rig, person: str) -> Phase:
    """What the assistant waits for."""
    async with rig.parts.db.read() as conn:
        one = (await rig.parts.threads.open_for(conn, (person,)))[person]
        kept = await rig.parts.threads.dialogue(conn, await rig.parts.vault.key(conn, person), one)
    assert kept is not None
    return decode(kept[0]).phase


async def ways(rig: Rig) -> list[tuple[str, str]]:
    """The direction and channel of every message there is, in the order of its thread."""
    rows = await rig.rows(sa.select(message.c.direction, message.c.channel).order_by(message.c.seq))
    return [(row.direction, row.channel) for row in rows]


async def test_times_offered_on_a_call_are_picked_by_mail_and_the_visit_is_told_by_text(
    rig: Rig, host: MailHost
) -> None:
    person = await ana(rig)
    mail = await mailed(rig, host, person)

    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    offered = await answer_to(call, "I need a check-up as soon as possible")
    await call.hangs_up()
    assert "Press 2" in offered
    assert await phase(rig, person) is Phase.CHOOSE_SLOT

    asked = await answer_by_mail(host, mail, "The second one might be fine, I think.")
    assert is_said("slots.propose", asked)
    assert await phase(rig, person) is Phase.CONFIRM_SLOT

    booked = await rig.ask(ANA, "yes")
    (visit,) = await rig.visits(person)
    assert rig.words("book.booked", visit) in booked
    assert said_of(rig, "visits.one", visit).split(":")[1].split(" with ")[0] in offered
    assert len(await rig.rows(sa.select(thread))) == 1
    assert await ways(rig) == [
        ("outbound", "email"), ("inbound", "voice"), ("outbound", "voice"), ("inbound", "email"),
        ("outbound", "email"), ("inbound", "sms"), ("outbound", "sms"),
    ]  # fmt: skip


async def test_begun_by_text_it_goes_on_by_mail_then_in_the_portal_then_on_the_phone(rig: Rig, host: MailHost) -> None:
    person = await ana(rig)
    mail = await mailed(rig, host, person)

    await rig.ask(ANA, "I need a check-up as soon as possible")
    assert is_said("slots.propose", await answer_by_mail(host, mail, "The second one might be fine, I think."))
    async with Browser(rig.base, PATIENT, lambda *_: None) as browser:
        await browser.sign_in(phone_of(rig))
        await browser.press("YES")

        async def booked() -> bool:
            return bool(await rig.visits(person))

        await rig.until(booked, "the visit is booked")
        (visit,) = await rig.visits(person)
        words = rig.words("visits.one", visit).split(": ")[1].split(" with ")[0]

        async def told() -> bool:
            return await browser.reads(words)

        await rig.until(told, "the portal tells of it")
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    assert said_of(rig, "visits.one", visit) in await answer_to(call, "What do I have booked?")

    await rig.quiet()
    (only,) = await rig.rows(sa.select(thread.c.person_id))
    assert only.person_id == person
    said = [way for way in await ways(rig) if way[0] == "inbound"]
    assert [channel for _, channel in said] == ["sms", "email", "portal", "voice"]


async def test_a_mail_that_nobody_vouches_for_does_not_go_on_with_it(rig: Rig, host: MailHost) -> None:
    person = await ana(rig)
    mail = await mailed(rig, host, person)
    await rig.ask(ANA, "I need a check-up as soon as possible")

    host.vouches = False
    await host.reply(MAILBOX, mail, "The second one.", author="Ana Lopez")
    await rig.quiet()

    assert await phase(rig, person) is Phase.CHOOSE_SLOT
    assert await rig.visits(person) == ()
    assert len(host.mailbox(MAILBOX).mails) == 2
