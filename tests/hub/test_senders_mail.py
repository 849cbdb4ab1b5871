"""Whose conversation a mail joins: its address proves nothing, so it must be vouched for and name one (invariant 9)."""

from datetime import date

import pytest
import sqlalchemy as sa

from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import address, delivery, person
from hub.people import NewPatient, People, Sender, Senders
from hub.sealed import reply_token
from hub.types import Address, AddressKind, ChannelKind, Inbound, Provenance, new_id
from hub.vault import Vault
from tests.hub.acceptance import Listener, acceptor_over
from tests.stores import NOW

NORA = Address(AddressKind.MAILBOX, "nora@example.org")
OTHER = Address(AddressKind.MAILBOX, "other@example.org")
CLINIC = Address(AddressKind.MAILBOX, "hello@clinic.example.org")


@pytest.fixture
def people(vault: Vault, trail: Trail, clock: FixedClock) -> People:
    return People(vault, trail, clock)


@pytest.fixture
def senders(vault: Vault, clock: FixedClock) -> Senders:
    return Senders(vault, clock)


@pytest.fixture
async def nora(db: Database, people: People) -> Sender:
    """A patient with a mailbox of her own."""
    patient = NewPatient(
        mrn="M-1", given_name="Nora", family_name="Quinn", birth_date=date(1984, 7, 21), addresses=(NORA,)
    )
    done = await db.write(lambda conn: people.upsert(conn, patient, Actor("token", "ehr")))
    return Sender(done.person_id, done.addresses[0], "known")


def mail(sender: Address = NORA, number: int = 1, **provenance: object) -> Inbound:
    """A mail from `sender`, or so it says."""
    given: dict[str, object] = {"authenticated": True} | provenance
    return Inbound(
        channel=ChannelKind.EMAIL,
        provider_id=f"<{number}@example.org>",
        sender=sender,
        recipient=CLINIC,
        text="What do I have booked?",
        received_at=NOW,
        provenance=Provenance(**given),  # type: ignore[arg-type]
    )


async def whose(db: Database, senders: Senders, *mails: Inbound) -> list[Sender]:
    return await db.write(lambda conn: senders.of(conn, mails))


async def state_of(db: Database, sender: Sender) -> tuple[str, str]:
    """The kind of the person, and the state of the address."""
    async with db.read() as conn:
        kind = (await conn.execute(sa.select(person.c.kind).where(person.c.id == sender.person_id))).scalar_one()
        state = (await conn.execute(sa.select(address.c.state).where(address.c.id == sender.address_id))).scalar_one()
    return kind, state


async def test_a_reply_with_its_token_from_its_own_mailbox_joins_the_conversation(
    db: Database, vault: Vault, senders: Senders, nora: Sender
) -> None:
    token = reply_token(vault.blind, nora.person_id, nora.address_id)

    assert await whose(db, senders, mail(token=token), mail(number=2, token=token.upper())) == [nora, nora]


async def test_a_reply_that_names_a_mail_of_ours_to_that_mailbox_joins_it(
    db: Database, vault: Vault, clock: FixedClock, senders: Senders, nora: Sender
) -> None:
    name = await _written(db, vault, clock, nora)

    assert await whose(db, senders, mail(references=(name,))) == [nora]


@pytest.mark.parametrize(
    "provenance",
    [
        pytest.param({}, id="names nothing"),
        pytest.param({"token": "0" * 32}, id="a guessed token"),
        pytest.param({"references": ("<guessed@clinic.example.org>",)}, id="a guessed reference"),
    ],
)
async def test_vouched_for_but_naming_no_conversation_it_is_a_strangers(
    db: Database, senders: Senders, nora: Sender, provenance: dict[str, object]
) -> None:
    first, second = await whose(db, senders, mail(**provenance), mail(number=2, **provenance))

    assert first == second
    assert first.person_id != nora.person_id
    assert first.standing == "unknown"
    assert await state_of(db, first) == ("unidentified", "ok")


async def test_a_token_or_reference_from_another_mailbox_is_of_no_use(
    db: Database, vault: Vault, clock: FixedClock, senders: Senders, nora: Sender
) -> None:
    token = reply_token(vault.blind, nora.person_id, nora.address_id)
    name = await _written(db, vault, clock, nora)

    found = await whose(db, senders, mail(OTHER, token=token), mail(OTHER, number=2, references=(name,)))

    assert {one.person_id for one in found} & {nora.person_id} == set()
    assert len(set(found)) == 1


async def test_a_forged_sender_joins_nothing_whatever_it_names_and_is_told_nothing(
    db: Database, vault: Vault, clock: FixedClock, senders: Senders, nora: Sender
) -> None:
    token = reply_token(vault.blind, nora.person_id, nora.address_id)

    (first,) = await whose(db, senders, mail(authenticated=False, token=token))
    (again,) = await whose(db, senders, mail(number=2, authenticated=False))
    (vouched,) = await whose(db, senders, mail(number=3))

    assert first == again
    assert first.person_id not in (nora.person_id, vouched.person_id)
    assert first.address_id != nora.address_id
    assert await state_of(db, first) == ("unidentified", "invalid")


async def test_accepted_mails_stand_in_the_threads_of_their_senders(
    db: Database, vault: Vault, clock: FixedClock, nora: Sender
) -> None:
    acceptor = acceptor_over(db, vault, clock, Listener())
    acceptor.start()
    token = reply_token(vault.blind, nora.person_id, nora.address_id)

    hers = await acceptor.accept(mail(token=token))
    forged = await acceptor.accept(mail(number=2, token=token, authenticated=False))
    again = await acceptor.accept(mail(number=3, token=token))
    await acceptor.stop()

    assert hers.thread_id == again.thread_id != forged.thread_id


async def _written(db: Database, vault: Vault, clock: FixedClock, to: Sender) -> str:
    """The name of a mail that the hub wrote to somebody."""
    acceptor = acceptor_over(db, vault, clock, Listener())
    acceptor.start()
    came = await acceptor.accept(mail(number=99, token=reply_token(vault.blind, to.person_id, to.address_id)))
    await acceptor.stop()
    name = f"<{new_id()}@clinic.example.org>"
    row = {
        "id": new_id(),
        "message_id": came.message_id,
        "thread_id": came.thread_id,
        "person_id": to.person_id,
        "address_id": to.address_id,
        "channel": "email",
        "lane": "reply",
        "purpose": "care",
        "automated": True,
        "confirms_stop": False,
        "answers_help": False,
        "state": "sent",
        "reason": "",
        "segments": 1,
        "due_at": NOW,
        "attempts": 1,
        "provider_id": name,
        "created_at": NOW,
        "updated_at": NOW,
    }
    await db.write(lambda conn: insert_rows(conn, delivery, [row]))
    return name
