"""An address is a person's once it is proved; until then nothing is told there, and a code is good once."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import address, audit_event, claimed_address, contact
from hub.identity import codes
from hub.identity.addresses import Known, Refused, Sent
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, Inbound, Purpose, Send, Skip, new_id
from tests.hub_rig import Rig, open_rig
from tests.stores import embedded_only

ANA, NEW, OTHER = "+12025550111", "+12025550112", "+12025550113"
STAFF = Actor("token", "front-desk")


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Rig]:
    """A hub that does not send by itself."""
    async with open_rig(database_url, tmp_path, keyring, clock=clock, started=False, engine=False) as one:
        one.parts.acceptor.start()
        yield one
        await one.parts.acceptor.stop()


async def add(rig: Rig, person_id: str, number: str, *, vouched: bool = False) -> Known:
    one = Address(AddressKind.PHONE, number)
    return await rig.parts.db.write(lambda conn: rig.parts.addresses.add(conn, person_id, one, STAFF, vouched=vouched))


async def code_for(rig: Rig, person_id: str, address_id: str, *, at: str) -> str:
    """The code that was sent, read in the thread of whoever is behind `at`."""
    sent = await rig.parts.db.write(lambda conn: rig.parts.addresses.send_code(conn, person_id, address_id, "en"))
    assert isinstance(sent, Sent)
    assert isinstance(sent.routed.decision, Send)
    assert sent.routed.decision.address_id == await rig.address(at)
    link = sa.select(contact.c.person_id).where(contact.c.address_id == sent.routed.decision.address_id)
    (row,) = await rig.rows(link)
    return re.findall(r"\b\d{6}\b", (await rig.lines(row.person_id))[-1].text)[0]


async def prove(rig: Rig, person_id: str, address_id: str, code: str) -> Any:
    return await rig.parts.db.write(
        lambda conn: rig.parts.addresses.prove_by_code(conn, person_id, address_id, code, STAFF)
    )


async def texts(rig: Rig, number: str, words: str = "hello") -> str:
    """The id of the thread in which a text is kept."""
    inbound = Inbound(
        channel=ChannelKind.SMS,
        provider_id=new_id(),
        sender=Address(AddressKind.PHONE, number),
        recipient=Address(AddressKind.PHONE, "+12025550100"),
        text=words,
        received_at=rig.parts.clock.now(),
    )
    return (await rig.parts.acceptor.accept(inbound)).thread_id


async def test_an_address_that_staff_add_is_the_persons_once_its_code_was_told(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    claimed = await add(rig, ana, NEW)
    before = await texts(rig, NEW)

    code = await code_for(rig, ana, claimed.id, at=NEW)
    proved = await prove(rig, ana, claimed.id, code)

    assert (claimed.standing, proved.standing, proved.how) == ("unverified", "verified", "code")
    assert await texts(rig, NEW) == (await rig.thread(ana)).id != before
    rows = await rig.rows(sa.select(audit_event.c.action).where(audit_event.c.action.like("address.%")))
    assert [row.action for row in rows] == ["address.claim", "address.verify"]


@embedded_only
async def test_an_unverified_address_hears_nothing_and_is_nobodys(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", "")
    await add(rig, ana, NEW)

    routed = await rig.send(ana, "Your visit is on Friday")
    thread_id = await texts(rig, NEW, "when is my visit?")

    assert isinstance(routed.decision, Skip)
    stranger = await rig.person_on(NEW)
    assert (await rig.thread(stranger)).id == thread_id
    assert await rig.deliveries(ana) == []


@embedded_only
async def test_guessed_codes_are_limited_and_a_used_one_is_refused(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    claimed = await add(rig, ana, NEW)
    code = await code_for(rig, ana, claimed.id, at=NEW)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    for _ in range(codes.MOST_TRIES):
        assert isinstance(await prove(rig, ana, claimed.id, wrong), Refused)
    late = await prove(rig, ana, claimed.id, code)
    again = await code_for(rig, ana, claimed.id, at=NEW)
    old = await prove(rig, ana, claimed.id, code) if code != again else None
    done = await prove(rig, ana, claimed.id, again)
    replayed = await prove(rig, ana, claimed.id, again)

    assert isinstance(late, Refused)
    assert old is None or isinstance(old, Refused)
    assert isinstance(done, Known)
    assert replayed is None


@embedded_only
async def test_a_code_runs_out_and_only_so_many_are_sent(rig: Rig, clock: FixedClock) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    claimed = await add(rig, ana, NEW)
    code = await code_for(rig, ana, claimed.id, at=NEW)
    clock.advance(codes.GOOD_FOR)

    late = await prove(rig, ana, claimed.id, code)
    for _ in range(codes.MOST_CODES - 1):
        await code_for(rig, ana, claimed.id, at=NEW)
    more = await rig.parts.db.write(lambda conn: rig.parts.addresses.send_code(conn, ana, claimed.id, "en"))
    clock.advance(timedelta(hours=1))

    assert isinstance(late, Refused)
    assert isinstance(more, Refused)
    assert await code_for(rig, ana, claimed.id, at=NEW)


@embedded_only
async def test_a_claim_by_words_is_proved_where_the_person_was_reached_before(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    await texts(rig, NEW, "Ana Lopez, 4/23/1985")
    stranger, new = await rig.person_on(NEW), await rig.address(NEW)

    noted = [
        await rig.parts.db.write(lambda conn: rig.parts.addresses.claim_by_words(conn, ana, stranger, new))
        for _ in range(2)
    ]
    code = await code_for(rig, ana, new, at=ANA)
    proved = await prove(rig, ana, new, code)

    assert noted == [True, False]
    assert (proved.standing, proved.how) == ("verified", "code")
    assert (await rig.lines(stranger))[-1].text == "Ana Lopez, 4/23/1985"


async def test_a_link_that_makes_a_number_shared_moves_nothing_and_unlinking_undoes_it(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    luis = await rig.patient("M-2", "Luis", "Lopez", OTHER)
    own = await texts(rig, ANA, "I am Ana")

    shared = await add(rig, luis, ANA, vouched=True)
    line = await texts(rig, ANA, "whose is this?")
    gone = await rig.parts.db.write(lambda conn: rig.parts.addresses.retire(conn, luis, shared.id, "mistake", STAFF))
    again = await texts(rig, ANA, "Ana again")

    assert line != own
    assert again == own
    assert [one.text for one in await rig.lines(ana)] == ["I am Ana", "Ana again"]
    assert await rig.lines(luis) == []
    assert (gone.standing, gone.reason) == ("retired", "mistake")


@embedded_only
async def test_a_stop_on_a_shared_number_binds_all_who_have_it(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    luis = await rig.patient("M-2", "Luis", "Lopez", ANA)
    assert isinstance((await rig.send(luis, "Hello")).decision, Send)

    async def stop(conn: Any) -> None:
        fact = NewFact(
            address_id=number,
            person_id=None,
            state=ConsentState.REVOKE,
            scope=PHONE,
            source=Source.STOP,
            at=rig.parts.clock.now(),
            actor=Actor("patient"),
        )
        await rig.parts.ledger.record(conn, fact)

    number = await rig.address(ANA)
    await rig.parts.db.write(stop)

    for person_id in (ana, luis):
        assert isinstance((await rig.send(person_id, "Hello?")).decision, Skip)
        routed = await rig.send(person_id, "Hello", author=AuthorKind.SYSTEM, purpose=Purpose.APPOINTMENT)
        assert routed.rules == ("opted-out",)


@embedded_only
async def test_a_suspended_number_is_used_again_or_retired_as_staff_decide(rig: Rig) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    number = await rig.address(ANA)
    await rig.send(ana, "Hello")
    suspend = sa.update(address).where(address.c.id == number).values(state="suspended", state_reason="wrong_number")

    await rig.parts.db.write(lambda conn: conn.execute(suspend))
    silent = await rig.send(ana, "Hello?")
    used = await rig.parts.db.write(lambda conn: rig.parts.addresses.restore(conn, ana, number, STAFF))
    await rig.parts.db.write(lambda conn: conn.execute(suspend))
    gone = await rig.parts.db.write(lambda conn: rig.parts.addresses.retire(conn, ana, number, "wrong_number", STAFF))

    assert isinstance(silent.decision, Skip)
    assert (used.state, gone.standing, gone.state) == ("ok", "retired", "ok")
    (row,) = await rig.deliveries(ana)
    assert (row.state, row.reason) == ("suppressed", "address_retired")
    assert isinstance((await rig.send(ana, "Hello?")).decision, Skip)
    assert await rig.rows(sa.select(claimed_address)) == []
