"""By text: another channel, or fewer messages. What is kept, what is said back, and what staff read instead."""

from hub.people import Preference
from hub.types import Address, AddressKind, ChannelKind, Purpose
from tests.hub.reception.people import ANA, STRANGER, ana
from tests.hub_rig import Rig, is_said
from tests.stores import either_will_do

pytestmark = either_will_do
MAILBOX = Address(AddressKind.MAILBOX, "ana@example.org")


async def by_purpose(rig: Rig, person: str) -> dict[Purpose, Preference]:
    async with rig.parts.db.read() as conn:
        return dict((await rig.parts.preferences.read(conn, person)).by_purpose)


async def test_mail_is_put_first_and_agreed_to_where_there_is_a_mailbox(rig: Rig) -> None:
    person = await ana(rig)

    said = await rig.ask(ANA, "email me instead please")
    assert is_said("preference.no_mail", said)
    assert await by_purpose(rig, person) == {}

    await rig.parts.db.write(lambda conn: rig.parts.people.reach_at(conn, person, MAILBOX, "record"))
    said = await rig.ask(ANA, "Prefiero correo electr\u00f3nico")
    assert is_said("preference.by_mail", said)
    kept = await by_purpose(rig, person)
    assert set(kept) == set(Purpose) - {Purpose.EMERGENCY}
    assert {one.order[0] for one in kept.values()} == {ChannelKind.EMAIL}
    async with rig.parts.db.read() as conn:
        facts = await rig.parts.ledger.of_person(conn, person, [])
    assert (facts[0].fact.source, facts[0].evidence["words"]) == ("words", "Prefiero correo electr\u00f3nico")


async def test_fewer_is_kept_for_all_that_the_clinic_begins(rig: Rig) -> None:
    person = await ana(rig)

    said = await rig.ask(ANA, "menos mensajes por favor")

    assert is_said("preference.fewer", said)
    assert {one.per_week for one in (await by_purpose(rig, person)).values()} == {1}


async def test_a_strangers_wish_is_talk_like_any_other(rig: Rig) -> None:
    await ana(rig)

    await rig.tell(STRANGER, "text me instead")

    who = await rig.person_on(STRANGER)
    assert await by_purpose(rig, who) == {}
    assert not any(is_said("preference.by_text", one) for one in rig.on_phone(STRANGER))
