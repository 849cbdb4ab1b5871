"""Preferences, agreements and notifications: what a person presses, and what is kept of it."""

import json
from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from consent.facts import ConsentState, Source
from consent.ledger import Recorded
from hub.audit import Actor
from hub.crypto import Keyring
from hub.db.tables import audit_event, disclosure
from hub.demo.clinic import patient
from hub.people.records import NewPatient
from hub.portal.agreeing import shown
from hub.settings import Secret
from hub.types import Address, AddressKind, ChannelKind, Purpose
from tests.channels.push_rigs import BrowserRig, browser_rig
from tests.hub.demo.clinic_running import Running, running
from tests.hub.portal.person import Person
from tests.stores import embedded_only

pytestmark = embedded_only
JAMES, AISHA = patient("james"), patient("aisha")
MAILBOX = Address(AddressKind.MAILBOX, "james@example.org")
SMS, EMAIL, VOICE, PUSH = ChannelKind.SMS, ChannelKind.EMAIL, ChannelKind.VOICE, ChannelKind.PUSH


@pytest.fixture
async def rig() -> AsyncIterator[BrowserRig]:
    async with browser_rig() as made:
        yield made


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring, rig: BrowserRig) -> AsyncIterator[Running]:
    """A clinic that also sends mail and notifications; James has a mailbox."""
    mail = {"smtp_url": Secret("smtp://127.0.0.1:1"), "email_from": "clinic@example.org"}
    async with running(database_url, tmp_path, keyring, channels={PUSH: rig.channel}, **mail) as one:
        record = NewPatient(
            mrn=JAMES.mrn,
            given_name=JAMES.given_name,
            family_name=JAMES.family_name,
            birth_date=JAMES.birth_date,
            language="en",
            addresses=(MAILBOX,),
        )
        await one.parts.db.write(lambda conn: one.parts.people.upsert(conn, record, Actor("system", "test")))
        yield one


async def facts(clinic: Running) -> list[Recorded]:
    """What the ledger holds of James from the portal, the oldest first."""
    parts = clinic.parts
    async with parts.db.read() as conn:
        who = await parts.people.by_mrn(conn, JAMES.mrn) or ""
        found = await parts.ledger.of_person(conn, who, [])
    return [one for one in reversed(found) if one.fact.source is Source.PORTAL]


async def addresses(clinic: Running) -> dict[AddressKind, str]:
    async with clinic.parts.db.read() as conn:
        who = await clinic.parts.people.by_mrn(conn, JAMES.mrn) or ""
        return {one.address.kind: one.address_id for one in await clinic.parts.people.contacts(conn, who)}


async def test_an_agreement_is_recorded_with_what_was_shown_and_taken_back_as_easily(
    clinic: Running, person: Person
) -> None:
    await person.sign_in(JAMES)
    ids = await addresses(clinic)
    offers = f"/portal/agreements/offers_text/{ids[AddressKind.PHONE]}"
    said = shown("offers_text", "en", clinic.parts.settings.clinic_name, "(202) 555-0112")
    await person.get(offers)
    assert all(line.replace('"', "&#34;") in person.page for line in said.ask)

    await person.post(offers, person.form(offers) | {"decision": "yes", "shown": "another text"})
    assert "has changed" in person.page
    assert await facts(clinic) == []
    await person.submit(offers, decision="yes")
    assert "you agree" in person.page
    await person.get(offers)
    await person.submit(offers, decision="no")

    given, back = await facts(clinic)
    assert (given.fact.state, given.fact.written) == (ConsentState.GRANT, True)
    assert given.fact.scope.purposes == {Purpose.MARKETING}
    assert given.evidence["sha256"] == said.hash
    assert given.evidence["words"] == said.words
    assert (given.evidence["version"], given.evidence["language"]) == ("1", "en")
    assert back.fact.state is ConsentState.REVOKE
    await person.get("/portal/agreements/history")
    assert said.ask[0] in person.page
    assert person.page.count("In this portal") == 2

    whole = f"/portal/agreements/whole_mail/{ids[AddressKind.MAILBOX]}"
    await person.get(whole)
    await person.submit(whole, decision="yes")
    reference = shown("whole_mail", "en", clinic.parts.settings.clinic_name, MAILBOX.value).reference
    async with clinic.parts.db.read() as conn:
        assert (await conn.execute(sa.select(disclosure.c.warning))).scalars().all() == [reference]
    await person.get(whole)
    await person.submit(whole, decision="no")
    async with clinic.parts.db.read() as conn:
        assert (await conn.execute(sa.select(disclosure.c.warning))).first() is None


async def test_texts_stopped_here_are_allowed_here_again_and_a_stop_only_by_start(
    clinic: Running, person: Person
) -> None:
    await person.sign_in(JAMES)
    ids = await addresses(clinic)
    texts = f"/portal/agreements/texts/{ids[AddressKind.PHONE]}"

    await person.get("/portal/agreements")
    await person.submit(texts, decision="no")
    assert "You took this back" in person.page
    await person.get(texts)
    await person.submit(texts, decision="yes")
    await person.get(texts)
    assert "Stop all texts" in person.page

    await clinic.carrier.text(JAMES.phone, clinic.parts.settings.sms_from, "STOP")
    await clinic.carrier.phone(JAMES.phone).next(30)
    while "text START to" not in await person.get(texts):
        pass
    assert 'value="yes"' not in person.page
    await person.post(texts, await csrf(person))
    assert len(await facts(clinic)) == 2


async def csrf(person: Person) -> dict[str, str]:
    """A form that agrees, though the page offers none."""
    await person.get("/portal/more")
    return person.form("/portal/leave") | {"decision": "yes", "shown": "x"}


async def test_channels_are_ordered_and_turned_off_for_each_purpose(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    page = "/portal/preferences/survey"

    await person.get(page)
    assert person.form(page)["order"].split() == ["sms", "portal", "email", "voice"]
    await person.submit(page, up="email")
    assert person.form(page)["order"].split() == ["sms", "email", "portal", "voice"]
    await person.submit(page, up="email")
    assert "Saved." in person.page
    switches = {name: value for name, value in person.form(page).items() if not name.startswith("use_")}
    await person.post(page, switches | {"order": "sms sms"})
    assert 'name="use_sms" value="1">' in person.page

    parts = clinic.parts
    async with parts.db.read() as conn:
        who = await parts.people.by_mrn(conn, JAMES.mrn) or ""
        kept = (await parts.preferences.read(conn, who)).of(Purpose.SURVEY)
        changes = sa.select(sa.func.count()).where(audit_event.c.action == "preference.change")
        assert (await conn.execute(changes)).scalar_one() == 3
    assert kept.order == (EMAIL, SMS, ChannelKind.PORTAL, VOICE)
    assert kept.off == {SMS, EMAIL, VOICE}
    assert await facts(clinic) == []
    await person.get("/portal/preferences/emergency")
    assert person.status == 404


async def test_fewer_messages_and_hours_are_kept_for_a_purpose(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    page = "/portal/preferences/appointment"

    await person.get(page)
    await person.submit(page, fewer="1", start="17", end="20")

    parts = clinic.parts
    assert 'name="fewer" value="1" checked' in person.page
    async with parts.db.read() as conn:
        who = await parts.people.by_mrn(conn, JAMES.mrn) or ""
        kept = (await parts.preferences.read(conn, who)).of(Purpose.APPOINTMENT)
    assert (kept.per_week, kept.between) == (1, (time(17), time(20)))


async def test_offers_turned_off_are_taken_back_and_turned_on_only_by_signing(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    ids = await addresses(clinic)
    page, offers = "/portal/preferences/marketing", f"/portal/agreements/offers_text/{ids[AddressKind.PHONE]}"

    await person.get(page)
    await person.submit(page, use_sms="1")
    assert "need your signature first" in person.page
    await person.get(offers)
    await person.submit(offers, decision="yes")
    await person.get(page)
    assert 'name="use_sms" value="1" checked' in person.page
    switches = {name: value for name, value in person.form(page).items() if not name.startswith("use_")}
    await person.post(page, switches)

    given, back = await facts(clinic)
    assert (given.fact.state, back.fact.state) == (ConsentState.GRANT, ConsentState.REVOKE)
    assert back.fact.scope.purposes == {Purpose.MARKETING}
    assert back.fact.scope.channels == {SMS}


async def test_a_device_is_turned_on_sealed_turned_off_and_not_by_others(
    clinic: Running, person: Person, rig: BrowserRig, disk
) -> None:
    await person.sign_in(JAMES)
    assert "/portal/notices" in await person.get("/portal/more")
    await person.get("/portal/notices")
    form = person.form("/portal/notices/on")

    await person.post("/portal/notices/on", form | {"subscription": '{"endpoint":"http://10.0.0.1/"}'})
    assert "did not work" in person.page
    await person.post("/portal/notices/on", form | {"subscription": rig.service.subscription(), "shown": "another"})
    assert await facts(clinic) == []
    await person.post("/portal/notices/on", form | {"subscription": rig.service.subscription()})
    assert "Notifications are on" in person.page
    assert json.loads(rig.service.subscription())["endpoint"].encode() not in disk()
    device = person.form("/portal/notices/off")
    other = Person(clinic)
    await other.sign_in(AISHA)
    await other.get("/portal/notices")
    await other.post("/portal/notices/off", {**device, "csrf": other.form("/portal/notices/on")["csrf"]})
    assert other.status == 404
    await other.web.close()

    await person.submit("/portal/notices/off")
    assert "Notifications are off" in person.page
    await person.get("/portal/notices")
    await person.post("/portal/notices/on", form | {"subscription": rig.service.subscription()})

    on, off, again = await facts(clinic)
    assert [one.fact.state for one in (on, off, again)] == [ConsentState.GRANT, ConsentState.REVOKE, ConsentState.GRANT]
    assert on.evidence["text"] == "notices"
    assert on.address_id == off.address_id == again.address_id
    assert (await addresses(clinic))[AddressKind.PUSH] == on.address_id
