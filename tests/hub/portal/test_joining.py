"""Joining: what a stranger may agree to, and that nothing of it counts before the address itself says yes."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from consent.facts import ConsentState, Source
from hub.db.tables import consent_event, consent_request, person
from hub.demo.clinic import patient
from hub.portal.disclosing import BOXES, ELECTRONIC, Wanted, fresh, sealed, shown, texts, wanted
from hub.types import Address, AddressKind, ChannelKind, Purpose
from tests.hub.demo.clinic_running import CLINIC, Running
from tests.hub.portal.conftest import Watch
from tests.hub.portal.person import Person
from tests.stores import embedded_only

STRANGER = "+12025550177"
PHONE, MAILBOX = Address(AddressKind.PHONE, STRANGER), Address(AddressKind.MAILBOX, "ana@example.org")
EVERY = (*BOXES, ELECTRONIC)
NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_every_disclosure_is_in_both_languages_with_the_same_version_and_values() -> None:
    en, es = texts("en"), texts("es")

    assert set(en) == set(es) == set(EVERY)
    for name in EVERY:
        assert en[name]["version"] == es[name]["version"] >= 1
        asked = [sorted(set(re.findall(r"\{(\w+)\}", one[name]["ask"]))) for one in (en, es)]
        assert asked[0] == asked[1]
        assert set(asked[0]) <= {"clinic", "phone"}


# A word of a text cannot change without its version: what the ledger names by number must stay what it was.
AS_RELEASED = {
    ("texts", 1): "587f96e9d36ded4e",
    ("calls", 1): "5a14ff12c1cb91a5",
    ("mail", 1): "9e52ba4c584cf392",
    ("offers_text", 1): "563a583cd6879704",
    ("offers_mail", 1): "2ff080711c3f7cb8",
    ("electronic", 1): "b5a9125f8aa53423",
}


@pytest.mark.parametrize("name", EVERY)
def test_a_disclosure_that_changes_has_a_new_version(name: str) -> None:
    said = [(one["version"], one["title"], one["ask"], one["yes"]) for one in (texts("en")[name], texts("es")[name])]

    assert AS_RELEASED[name, said[0][0]] == hashlib.sha256(repr(said).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("right", "en", "es"),
    [
        pytest.param("a record on paper", "on paper", "en papel", id="15 USC 7001(c)(1)(B)(i)(I)"),
        pytest.param("to withdraw, and how", "take back", "retirar", id="15 USC 7001(c)(1)(B)(i)(II), (iii)"),
        pytest.param("to tell a new address", "new number", "nuevo número", id="15 USC 7001(c)(1)(B)(iii)"),
        pytest.param("a copy, and its cost", "at no charge", "sin costo", id="15 USC 7001(c)(1)(B)(iv)"),
        pytest.param("what is needed to read it", "web browser", "navegador", id="15 USC 7001(c)(1)(C)(i)"),
        pytest.param("a change of that", "changes", "cambia", id="15 USC 7001(c)(1)(D)"),
    ],
)
def test_the_notice_on_electronic_records_tells_each_right(right: str, en: str, es: str) -> None:
    assert en in texts("en")[ELECTRONIC]["ask"], right
    assert es in texts("es")[ELECTRONIC]["ask"], right


@pytest.mark.parametrize(
    ("ticked", "phone", "mail", "what"),
    [
        pytest.param((), PHONE, MAILBOX, "join_nothing", id="nothing ticked"),
        pytest.param(("texts",), None, MAILBOX, "join_phone", id="no number"),
        pytest.param(("offers_mail",), PHONE, None, "join_mail", id="no mailbox"),
        pytest.param(("mail", "calls"), PHONE, MAILBOX, {PHONE: ("calls",), MAILBOX: ("mail",)}, id="both"),
        pytest.param(("texts",), PHONE, MAILBOX, {PHONE: ("texts",)}, id="a mailbox for nothing"),
    ],
)
def test_a_box_needs_the_address_it_is_about(
    ticked: tuple[str, ...], phone: Address | None, mail: Address | None, what: object
) -> None:
    found = wanted(ticked, phone, mail)

    assert (found.boxes if isinstance(found, Wanted) else found) == what


@pytest.mark.parametrize(
    ("after", "ok"), [(timedelta(seconds=1), False), (timedelta(seconds=5), True), (timedelta(hours=3), False)]
)
def test_a_form_is_taken_neither_at_once_nor_for_ever(after: timedelta, ok: bool) -> None:
    def seal(drawn: str) -> bytes:
        return hashlib.sha256(drawn.encode()).digest()

    carried = sealed(NOW, seal)

    assert fresh(carried, NOW + after, seal) is ok
    assert not fresh(carried, NOW + after, lambda drawn: b"another hub's")
    assert not any(fresh(forged, NOW + after, seal) for forged in ("", ".", "0", "é.é", f"{'9' * 40}.00"))


async def join(person: Person, watch: Watch, lang: str = "en", **fields: str) -> str:
    await person.get(f"/join?lang={lang}")
    watch.forward(timedelta(seconds=5))
    return await person.submit("/portal/join", **fields)


@embedded_only
async def test_a_stranger_joins_in_spanish_and_nothing_counts_before_their_yes(
    clinic: Running, person: Person, watch: Watch
) -> None:
    parts, phone = clinic.parts, clinic.carrier.phone(STRANGER)

    await person.get("/join?lang=es")
    assert not re.search(r"type=\"checkbox\"[^>]*checked", person.page)
    await person.submit("/portal/join", phone="(202) 555-0177", texts="yes")
    assert person.status == 400, "a form that is sent at once is shown again"
    answer = await join(person, watch, "es", phone="(202) 555-0177", texts="yes", offers_text="yes")
    asked = (await phone.next(30)).text
    assert "Mensajes de texto, Novedades y ofertas por texto" in asked
    assert "Responda SI" in asked

    async with parts.db.read() as conn:
        before = (await conn.execute(sa.select(consent_event.c.id).where(consent_event.c.source == "form"))).all()
        address_id = await conn.scalar(sa.select(consent_request.c.address_id).limit(1))
    assert before == []

    await clinic.carrier.text(STRANGER, CLINIC, "Sí")
    assert "queda anotado" in (await phone.next(30)).text
    async with parts.db.read() as conn:
        held = (await parts.ledger.standings(conn, [address_id]))[address_id]
        who = await conn.scalar(sa.select(consent_request.c.person_id).limit(1))
        recorded = await parts.ledger.of_person(conn, who, [address_id])
        language = await conn.scalar(sa.select(person_language).where(person_id == who))
    assert held.of(ChannelKind.SMS, Purpose.APPOINTMENT).state is ConsentState.GRANT
    assert held.of(ChannelKind.SMS, Purpose.MARKETING).written
    assert held.of(ChannelKind.VOICE, Purpose.APPOINTMENT).state is not ConsentState.GRANT, "calls were not ticked"
    assert language == "es"
    assert {one.fact.source for one in recorded} == {Source.FORM}
    said = {one.evidence["text"]: one.evidence for one in recorded}
    assert set(said) == {"join.texts", "join.offers_text"}
    for name, proof in ((name.removeprefix("join."), one) for name, one in said.items()):
        was = shown(name, "es", parts.settings.clinic_name, re.findall(r"\(\d{3}\) \d{3}-\d{4}", person.page)[0])
        assert (proof["words"], proof["sha256"], proof["version"]) == (was.words, was.hash, "1")
        assert proof["esign"].startswith("join.electronic/1/es/")
        assert (proof["ip"], proof["rendering"], proof["confirmed_words"]) == ("127.0.0.1", "html", "Sí")
        assert proof["asked"] == asked
        assert {"agent", "url", "act", "zone", "signed_at", "confirmed_by"} <= set(proof)
    assert "risk" in said["join.texts"]

    # Whoever it is about, and whatever becomes of it, the answer is the same.
    james = patient("james").phone
    assert await join(person, watch, "es", phone=james, texts="yes") == answer
    assert (await clinic.carrier.phone(james).next(30)).text.count("Responda SI") == 1
    assert await join(person, watch, "es", phone=james, texts="yes") == answer, "asked once a day"
    assert await join(person, watch, "es", phone="(202) 555-0178", texts="yes", website="x") == answer, "a program"
    assert await join(person, watch, "es", phone="+447700900123", texts="yes") != answer, "not of this country"
    async with parts.db.read() as conn:
        kept = (await conn.execute(sa.select(consent_request.c.id))).all()
    assert len(kept) == 3
    assert clinic.carrier.phone("+12025550178").conversation == ()


person_id, person_language = person.c.id, person.c.language
