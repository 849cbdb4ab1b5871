"""STOP, START, HELP and wrong numbers: what the ledger holds, and what the phone shows."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from channels.carrier import Carrier
from consent.facts import ConsentState, Scope, Source
from consent.keywords import Doubt, heard
from consent.ledger import NewFact
from hub.audit import Actor
from hub.crypto import Keyring
from hub.db.tables import address, consent_request, restriction
from hub.types import ChannelKind, Purpose, Skip, ThreadStatus, new_id
from tests.hub.reception.people import ANA, ana
from tests.hub_rig import CLINIC, Rig, is_said, open_rig
from tests.stores import either_will_do

pytestmark = either_will_do

MAY_STOP = next(
    text
    for text in ("not now not ever", "quit playing", "can we end this", "it is what it is, enough", "zip it")
    if isinstance(heard(text), Doubt)
)
"""What the present weights neither hear nor let pass."""


@pytest.mark.parametrize("text", ["STOP", "stop", "Unsubscribe", "please don't text me anymore", "no me escriban más"])
async def test_a_stop_in_any_wording_is_kept_and_confirmed_once(rig: Rig, text: str) -> None:
    person = await ana(rig)

    await rig.ask(ANA, text)
    await rig.tell(ANA, "STOP")
    await rig.tell(ANA, "stop!!")
    await rig.quiet()

    assert await rig.consent(ANA) is ConsentState.REVOKE
    assert len(rig.on_phone(ANA)) == 1
    refused = await rig.send(person, "Hello")
    assert isinstance(refused.decision, Skip)


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        pytest.param("stop the voicemails please, texts are fine", {"channel": ChannelKind.VOICE}, id="calls"),
        pytest.param("no more surveys please", {"purpose": Purpose.SURVEY}, id="surveys"),
    ],
)
async def test_who_ends_only_some_messages_hears_so_and_gets_the_others(
    rig: Rig, text: str, ended: dict[str, Any]
) -> None:
    person = await ana(rig)

    said = await rig.ask(ANA, text)

    assert is_said("consent.stopped_these", said)
    asked_of = ended.get("channel", ChannelKind.SMS), ended.get("purpose", Purpose.CARE)
    async with rig.parts.db.read() as conn:
        at = await rig.address(ANA)
        standing = (await rig.parts.ledger.standings(conn, (at,)))[at]
    assert standing.of(*asked_of).state is ConsentState.REVOKE
    assert not isinstance((await rig.send(person, "Your forms are ready.")).decision, Skip)


async def test_after_a_start_a_new_stop_is_confirmed_again(rig: Rig) -> None:
    await ana(rig)

    said = [await rig.ask(ANA, word) for word in ("STOP", "START", "STOP", "START")]

    expected = ["consent.stopped", "consent.started", "consent.stopped", "consent.started"]
    assert [is_said(template, text) for template, text in zip(expected, said, strict=True)] == [True] * 4
    assert await rig.consent(ANA) is ConsentState.GRANT
    assert (await rig.facts(ANA))[-4:] == ["revoke", "grant", "revoke", "grant"]


@pytest.mark.parametrize("before", [(), ("STOP",)], ids=["at first", "after a STOP"])
async def test_help_is_answered(rig: Rig, before: tuple[str, ...]) -> None:
    await ana(rig)
    for word in before:
        await rig.ask(ANA, word)

    said = await rig.ask(ANA, "HELP")

    assert is_said("consent.help", said)


async def test_who_opted_out_and_writes_comes_to_staff_unanswered(rig: Rig) -> None:
    person = await ana(rig)
    await rig.ask(ANA, "STOP")

    await rig.tell(ANA, "can I come in tomorrow?")
    await rig.quiet()

    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "opted_out_wrote")
    assert len(rig.on_phone(ANA)) == 1


async def test_whose_record_is_restricted_comes_to_staff_unanswered(rig: Rig) -> None:
    person = await ana(rig)
    row = {"id": new_id(), "person_id": person, "request_id": new_id(), "actor_kind": "staff", "actor_id": "1"}
    await rig.parts.db.write(lambda conn: conn.execute(sa.insert(restriction).values(**row, at=rig.parts.clock.now())))

    await rig.tell(ANA, "can I come in tomorrow?")
    await rig.quiet()

    thread = await rig.thread(person)
    assert (thread.status, thread.attention) == ("open", "restricted_wrote")
    assert rig.on_phone(ANA) == []
    assert is_said("consent.help", await rig.ask(ANA, "HELP"))


async def test_what_the_carrier_answered_itself_is_kept_and_not_answered_again(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    carrier = Carrier(numbers=(CLINIC,), opt_out=True, seed=1)
    async with open_rig(database_url, tmp_path, keyring, carrier=carrier) as rig:
        await ana(rig)

        await rig.tell(ANA, "STOP")
        stopped = await rig.consent(ANA)
        await rig.tell(ANA, "START")

        assert stopped is ConsentState.REVOKE
        assert await rig.consent(ANA) is ConsentState.GRANT
        assert not any(
            is_said(one, text) for one in ("consent.stopped", "consent.started") for text in rig.on_phone(ANA)
        )


async def test_who_may_want_no_more_messages_is_asked_once_a_day_and_read_by_staff(rig: Rig) -> None:
    person = await ana(rig)
    asked = await rig.ask(ANA, MAY_STOP)
    row = await rig.thread(person)
    assert is_said("consent.asked", asked)
    assert (row.status, row.attention) == ("open", "opt_out")
    assert await rig.consent(ANA) is not ConsentState.REVOKE

    await rig.parts.db.write(lambda conn: rig.parts.threads.set_state(conn, row.id, status=ThreadStatus.CLOSED))
    await rig.tell(ANA, MAY_STOP)
    await rig.quiet()
    assert rig.on_phone(ANA) == [asked]
    assert (await rig.thread(person)).attention == "opt_out"

    await rig.ask(ANA, "STOP")
    assert await rig.consent(ANA) is ConsentState.REVOKE


async def test_what_may_be_the_answer_to_a_question_of_the_bots_is_read_as_one(rig: Rig) -> None:
    await ana(rig)
    question = await rig.ask(ANA, "I need a check-up")

    answer = await rig.ask(ANA, MAY_STOP)

    assert answer != question
    assert not is_said("consent.asked", answer)


async def test_a_wrong_number_is_not_written_to_again(rig: Rig) -> None:
    person = await ana(rig)

    await rig.tell(ANA, "you have the wrong number")
    await rig.quiet()

    assert rig.on_phone(ANA) == []
    assert await rig.value(sa.select(address.c.state).where(address.c.id == await rig.address(ANA))) == "suspended"
    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "wrong_number")
    refused = await rig.send(person, "Hello")
    assert isinstance(refused.decision, Skip)


async def test_who_asks_who_this_is_hears_nothing_more_until_staff_have_looked(rig: Rig) -> None:
    person = await ana(rig)

    await rig.tell(ANA, "who is this?")

    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "who_is_this")
    (number,) = await rig.rows(sa.select(address).where(address.c.id == await rig.address(ANA)))
    assert (number.state, number.state_reason) == ("suspended", "who_is_this")


async def test_a_stranger_who_asks_who_this_is_stays_reachable(rig: Rig) -> None:
    await rig.tell("+12025550166", "who is this?")

    (number,) = await rig.rows(sa.select(address).where(address.c.id == await rig.address("+12025550166")))
    assert number.state == "ok"


async def test_a_signature_for_offers_counts_once_the_phone_itself_says_yes(rig: Rig) -> None:
    person = await ana(rig)
    signed = NewFact(
        address_id=await rig.address(ANA),
        person_id=person,
        state=ConsentState.GRANT,
        scope=Scope(channels=frozenset({ChannelKind.SMS}), purposes=frozenset({Purpose.MARKETING, Purpose.SURVEY})),
        source=Source.FORM,
        at=rig.parts.clock.now(),
        actor=Actor("staff"),
        written=True,
        evidence={"words": "Yes, send me offers.", "version": "1", "language": "en"},
    )

    async def holds() -> tuple[bool, bool]:
        async with rig.parts.db.read() as conn:
            standing = (await rig.parts.ledger.standings(conn, (signed.address_id,)))[signed.address_id]
        return tuple(standing.of(ChannelKind.SMS, one).written for one in (Purpose.SURVEY, Purpose.MARKETING))

    done = await rig.parts.db.write(lambda conn: rig.parts.optins.record(conn, signed))
    assert (len(done.facts), len(done.pending), await holds()) == (1, 1, (True, False))
    refused = await rig.send(person, "An offer", purpose=Purpose.MARKETING)
    assert isinstance(refused.decision, Skip)
    # Asked at once by day, and when the day begins by night: what counts is that it is the thread's last message.
    rig.parts.router.announce()
    await rig.tell(ANA, "Sí")

    assert await holds() == (True, True)
    async with rig.parts.db.read() as conn:
        fact = (await rig.parts.ledger.of_person(conn, person, []))[0]
    assert (fact.evidence["words"], fact.evidence["confirmed_words"]) == ("Yes, send me offers.", "Sí")
    assert "YES" in fact.evidence["asked"]
    assert fact.message_id is not None


@pytest.mark.parametrize("answer", ["no thanks", "STOP"])
async def test_a_signature_that_the_phone_denies_never_counts(rig: Rig, answer: str) -> None:
    person = await ana(rig)
    signed = NewFact(
        address_id=await rig.address(ANA),
        person_id=person,
        state=ConsentState.GRANT,
        scope=Scope(channels=frozenset({ChannelKind.SMS}), purposes=frozenset({Purpose.MARKETING})),
        source=Source.API,
        at=rig.parts.clock.now(),
        actor=Actor("staff"),
        written=True,
    )
    await rig.parts.db.write(lambda conn: rig.parts.optins.record(conn, signed))

    await rig.tell(ANA, answer)
    await rig.tell(ANA, "yes")

    assert [row.outcome for row in await rig.rows(sa.select(consent_request))] == ["no"]
    async with rig.parts.db.read() as conn:
        standing = (await rig.parts.ledger.standings(conn, (signed.address_id,)))[signed.address_id]
    assert not standing.of(ChannelKind.SMS, Purpose.MARKETING).written


async def test_where_a_stop_ends_only_what_the_last_message_was_about(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    async with open_rig(database_url, tmp_path, keyring, stop_scope="category") as rig:
        person = await ana(rig)
        await rig.send(person, "How was it?", purpose=Purpose.SURVEY)
        await rig.hear(ANA)

        said = await rig.ask(ANA, "STOP")
        again = await rig.send(person, "And now?", purpose=Purpose.SURVEY)
        care = await rig.send(person, "Your forms are ready.")
        assert is_said("consent.stopped_these", said)
        assert isinstance(again.decision, Skip)
        assert not isinstance(care.decision, Skip)

        await rig.hear(ANA)
        await rig.ask(ANA, "START")
        assert not isinstance((await rig.send(person, "And now?", purpose=Purpose.SURVEY)).decision, Skip)
        await rig.hear(ANA)
        await rig.ask(ANA, "STOP ALL")
        assert isinstance((await rig.send(person, "Hello")).decision, Skip)
