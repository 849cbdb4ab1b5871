"""Nobody is told anything about another person (invariant 9)."""

import re

import sqlalchemy as sa

from hub.audit import Actor
from hub.db.tables import address
from hub.identity.addresses import Sent
from hub.types import Address, AddressKind, Skip
from tests.flows.clinic import ANA, FAMILY, STRANGER, ana, opened, with_visit
from tests.hub_rig import Rig, is_said
from tests.stores import embedded_only


async def test_an_unknown_number_is_asked_who_writes_and_told_nothing(rig: Rig) -> None:
    person = await ana(rig)
    visit = await with_visit(rig, person)

    asked = await rig.ask(STRANGER, "what appointments do I have?")
    said = await rig.ask(STRANGER, "Ana Lopez, 4/23/1985")
    await rig.quiet()

    assert is_said("identity.ask_full_name", asked)
    assert is_said("handoff.unverified", said)
    assert not any(secret in text for text in rig.on_phone(STRANGER) for secret in (visit.provider, "Lopez"))
    stranger = await rig.person_on(STRANGER)
    assert (await rig.thread(stranger)).status == "open"
    assert await rig.visits(stranger) == ()
    assert [one.id for one in await rig.visits(person)] == [visit.id]


async def test_on_a_shared_number_it_is_asked_whom_the_visit_is_for(rig: Rig) -> None:
    await opened(rig)
    dana = await rig.patient("MRN-2", "Dana", "Reed", FAMILY)
    noah = await rig.patient("MRN-3", "Noah", "Reed", FAMILY, birth_date="2015-02-01")
    hers = await with_visit(rig, dana, days=4, provider="Dr. Lee")
    his = await with_visit(rig, noah, days=6, provider="Dr. Kim")

    asked = await rig.ask(FAMILY, "when is my next appointment?")
    said = await rig.ask(FAMILY, "Noah")
    await rig.quiet()

    assert is_said("identity.ask_first_name", asked)
    assert rig.words("visits.one", his) in said
    assert hers.provider not in "".join(rig.on_phone(FAMILY))
    line = await rig.person_on(FAMILY, kind="line")
    assert len(await rig.lines(line)) == 4
    for person in (dana, noah):
        assert await rig.deliveries(person) == []


async def test_a_wrong_number_is_left_alone_from_then_on(rig: Rig) -> None:
    person = await ana(rig)
    await rig.send(person, "Hello Ana")
    await rig.hear(ANA)

    await rig.tell(ANA, "wrong number, I'm not Ana")
    await rig.quiet()

    assert rig.on_phone(ANA) == ["Hello Ana"]
    assert await rig.value(sa.select(address.c.state).where(address.c.id == await rig.address(ANA))) == "suspended"
    assert isinstance((await rig.send(person, "Hello?")).decision, Skip)
    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "wrong_number")


@embedded_only
async def test_who_says_who_they_are_is_noted_and_nothing_comes_of_it_before_it_is_proved(rig: Rig) -> None:
    person = await ana(rig)
    await with_visit(rig, person)

    await rig.ask(STRANGER, "what appointments do I have?")
    await rig.ask(STRANGER, "Ana Lopez, 4/23/1985")
    await rig.quiet()

    async with rig.parts.db.read() as conn:
        known = await rig.parts.addresses.of(conn, person)
    assert [(one.standing, one.how, one.address.value) for one in known if one.address.value == STRANGER] == [
        ("unverified", "dialogue", STRANGER)
    ]
    assert await rig.person_on(STRANGER) != person


@embedded_only
async def test_a_code_texted_back_from_a_new_number_makes_it_the_patients(rig: Rig) -> None:
    person = await ana(rig)
    parts, desk = rig.parts, Actor("token", "desk")
    new = Address(AddressKind.PHONE, STRANGER)
    added = await parts.db.write(lambda conn: parts.addresses.add(conn, person, new, desk, vouched=False))
    sent = await parts.db.write(lambda conn: parts.addresses.send_code(conn, person, added.id, "en"))
    assert isinstance(sent, Sent)
    parts.router.announce(sent.routed)
    code = re.findall(r"\b\d{6}\b", await rig.hear(STRANGER))[0]

    wrong = await rig.ask(STRANGER, f"{(int(code) + 1) % 1_000_000:06d}")
    right = await rig.ask(STRANGER, f" {code}. ")
    told = await rig.ask(STRANGER, "where are you?")
    await rig.quiet()

    assert is_said("verify.not_proved", wrong)
    assert is_said("verify.proved", right)
    assert is_said("info.hours_location", told)
    assert [line.text for line in await rig.lines(person) if line.direction == "inbound"] == ["where are you?"]
    assert (await rig.ask(STRANGER, code)) != right
