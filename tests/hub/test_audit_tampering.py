"""Whoever can write to the database cannot change what the audit says without `verify` naming the place."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Sealer, Trail, verify
from hub.audit.chain import GENESIS, checkpoint_text, link_hash
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.db.columns import Id, Moment, Number
from hub.db.tables import audit_checkpoint, audit_event, audit_link
from hub.errors import AuditBroken
from hub.types import new_id

Tampering = Callable[[AsyncConnection], Awaitable[object]]
OTHER = "00000000-0000-7000-8000-00000000beef"
ZEROS, LATER = "<zeros>", "<later>"
_SPELT = {
    "sqlite": {ZEROS: "zeroblob(32)", LATER: "at + 1000"},
    "postgresql": {ZEROS: "decode(repeat('00', 32), 'hex')", LATER: "at + INTERVAL '1 millisecond'"},
}
"""What the kinds of database spell differently."""
_IDS = {
    "<forged>": "'00000000-0000-7000-8000-00000000f0f0'",
    "<nothing>": "'00000000-0000-7000-8000-00000000dead'",
}


@pytest.fixture
async def chained(db: Database, trail: Trail, keyring: Keyring, clock: FixedClock) -> Database:
    """Six entries in the chain, the third and the fifth link signed."""
    sealer = Sealer(db, keyring.signing_key(), clock)
    for count in (3, 2, 1):
        entries = [
            Entry(action="thread.read", actor=Actor("staff", "u"), person_id=new_id(), object_id="t", request_id="r")
            for _ in range(count)
        ]
        await db.write(lambda conn, entries=entries: trail.record(conn, *entries))
        await sealer.seal()
        if count > 1:
            await sealer.checkpoint()
    return db


async def broken(db: Database, keyring: Keyring, tampering: Tampering) -> str:
    """What `verify` says of the first fault after `tampering`."""
    await db.write(tampering)
    async with db.read() as conn:
        with pytest.raises(AuditBroken) as found:
            await verify(conn, keyring.signing_key().public_key())
    return str(found.value)


def statements(*many: str) -> Tampering:
    async def run(conn: AsyncConnection) -> None:
        words = _SPELT[conn.dialect.name] | _IDS
        for one in many:
            for word, spelt in words.items():
                one = one.replace(word, spelt)
            await conn.exec_driver_sql(one)

    return run


def other_value(column: sa.Column) -> str:
    """An SQL expression that gives the column another value of its kind."""
    if isinstance(column.type, Id):
        return f"'{OTHER}'"
    if isinstance(column.type, Moment):
        return LATER
    if isinstance(column.type, Number | sa.BigInteger):
        return f"{column.name} + 1000"
    if isinstance(column.type, sa.LargeBinary):
        return ZEROS
    return f"{column.name} || 'x'"


async def test_left_alone_it_is_intact(chained: Database, keyring: Keyring) -> None:
    async with chained.read() as conn:
        found = await verify(conn, keyring.signing_key().public_key())

    assert (found.links, found.checkpoints, found.waiting) == (6, 2, 0)


@pytest.mark.parametrize("column", audit_event.columns, ids=lambda column: column.name)
async def test_an_entry_edited_in_any_column_shows(chained: Database, keyring: Keyring, column: sa.Column) -> None:
    change = f"UPDATE audit_event SET {column.name} = {other_value(column)} WHERE seq = 4"

    assert "link 4" in await broken(chained, keyring, statements(change))


@pytest.mark.parametrize("column", audit_link.columns, ids=lambda column: column.name)
async def test_a_link_edited_in_any_column_shows(chained: Database, keyring: Keyring, column: sa.Column) -> None:
    change = f"UPDATE audit_link SET {column.name} = {other_value(column)} WHERE seq = 4"

    assert "link 4" in await broken(chained, keyring, statements(change))


@pytest.mark.parametrize("column", ["seq", "hash", "signature"])
async def test_a_checkpoint_edited_shows(chained: Database, keyring: Keyring, column: str) -> None:
    change = f"UPDATE audit_checkpoint SET {column} = {other_value(audit_checkpoint.c[column])} WHERE seq = 5"

    assert "checkpoint" in await broken(chained, keyring, statements(change))


TAMPERINGS = [
    pytest.param(("DELETE FROM audit_event WHERE seq = 2",), "link 2 chains an entry that was deleted", id="entry"),
    pytest.param(("DELETE FROM audit_link WHERE seq = 2",), "link 2 is missing", id="link"),
    pytest.param(
        ("DELETE FROM audit_event WHERE seq = 2", "DELETE FROM audit_link WHERE seq = 2"),
        "link 2 is missing: the next one found is 3",
        id="entry and link",
    ),
    pytest.param(
        ("DELETE FROM audit_event WHERE seq = 1", "DELETE FROM audit_link WHERE seq = 1"),
        "link 1 is missing",
        id="the first",
    ),
    pytest.param(
        ("DELETE FROM audit_event WHERE seq > 3", "DELETE FROM audit_link WHERE seq > 3"),
        "ends at link 3 but a checkpoint was signed for link 5",
        id="the tail, up to an older checkpoint",
    ),
    pytest.param(
        ("DELETE FROM audit_event WHERE seq = 5 OR seq = 6", "DELETE FROM audit_link WHERE seq >= 5"),
        "ends at link 4 but a checkpoint was signed for link 5",
        id="the tail, by one signed link",
    ),
    pytest.param(("DELETE FROM audit_link",), "ends at link 0 but a checkpoint was signed for link 5", id="every link"),
    pytest.param(
        ("DELETE FROM audit_link", "DELETE FROM audit_checkpoint"),
        "numbered entries that no link",
        id="all but entries",
    ),
    pytest.param(("DELETE FROM audit_link WHERE seq = 6",), "numbered entries that no link", id="the last link"),
    pytest.param(
        (
            "UPDATE audit_event SET seq = -1 WHERE seq = 2",
            "UPDATE audit_event SET seq = 2 WHERE seq = 3",
            "UPDATE audit_event SET seq = 3 WHERE seq = -1",
        ),
        "link 2 chains an entry that is numbered 3",
        id="two entries swap numbers",
    ),
    pytest.param(
        (
            "UPDATE audit_event SET seq = -1 WHERE seq = 2",
            "UPDATE audit_event SET seq = 2 WHERE seq = 3",
            "UPDATE audit_event SET seq = 3 WHERE seq = -1",
            "UPDATE audit_link SET event_id = <nothing> WHERE seq = 2",
            "UPDATE audit_link SET event_id = (SELECT id FROM audit_event WHERE seq = 3) WHERE seq = 3",
            "UPDATE audit_link SET event_id = (SELECT id FROM audit_event WHERE seq = 2) WHERE seq = 2",
        ),
        "the entry of link 2 was changed",
        id="two entries swap places",
    ),
    pytest.param(
        (
            "UPDATE audit_link SET seq = -1 WHERE seq = 2",
            "UPDATE audit_link SET seq = 2 WHERE seq = 3",
            "UPDATE audit_link SET seq = 3 WHERE seq = -1",
        ),
        "link 2 chains an entry that is numbered 3",
        id="two links swap places",
    ),
    pytest.param(
        (
            "UPDATE audit_event SET seq = -seq",
            "UPDATE audit_event SET seq = 1 - seq",
            "UPDATE audit_link SET seq = -seq",
            "UPDATE audit_link SET seq = 1 - seq",
        ),
        "link 1 is missing",
        id="all renumbered by one",
    ),
    pytest.param(
        (
            "INSERT INTO audit_event SELECT <forged>, 3, at, action, actor_kind, actor_id, person_id, object_id, "
            "request_id, payload_sealed FROM audit_event WHERE seq = 6",
        ),
        "numbered entries that no link chains",
        id="an entry put in under a number that is taken",
    ),
    pytest.param(
        (
            "INSERT INTO audit_event SELECT <forged>, 7, at, action, actor_kind, actor_id, person_id, object_id, "
            "request_id, payload_sealed FROM audit_event WHERE seq = 6",
        ),
        "numbered entries that no link chains",
        id="an entry put in without a link",
    ),
    pytest.param(
        (
            "INSERT INTO audit_event SELECT <forged>, 7, at, action, actor_kind, actor_id, person_id, object_id, "
            "request_id, payload_sealed FROM audit_event WHERE seq = 6",
            "INSERT INTO audit_link SELECT 7, <forged>, hash, <zeros> FROM audit_link WHERE seq = 6",
        ),
        "the entry of link 7 was changed",
        id="an entry put in with a link that does not fit",
    ),
    pytest.param(
        ("INSERT INTO audit_link SELECT 7, <nothing>, hash, <zeros> FROM audit_link WHERE seq = 6",),
        "link 7 chains an entry that was deleted",
        id="a link put in without an entry",
    ),
    pytest.param(
        ("UPDATE audit_link SET previous = <zeros> WHERE seq = 5",),
        "link 5 does not follow the one before it",
        id="a link that follows nothing",
    ),
]


@pytest.mark.parametrize(("changes", "fault"), TAMPERINGS)
async def test_each_way_to_tamper_shows(
    chained: Database, keyring: Keyring, changes: tuple[str, ...], fault: str
) -> None:
    assert fault in await broken(chained, keyring, statements(*changes))


async def rebuilt(conn: AsyncConnection) -> bytes:
    """Chain all entries anew, as someone would who knows how but has no signing key; gives the last hash."""
    events = (await conn.execute(sa.select(audit_event).order_by(audit_event.c.seq))).all()
    await conn.execute(sa.delete(audit_link))
    previous = GENESIS
    for seq, event in enumerate(events, 1):
        link = link_hash(seq, previous, event)
        row = {"seq": seq, "event_id": event.id, "previous": previous, "hash": link}
        await conn.execute(sa.insert(audit_link), row)
        previous = link
    return previous


async def test_a_chain_made_anew_over_an_edited_entry_differs_from_what_was_signed(
    chained: Database, keyring: Keyring
) -> None:
    async def tampering(conn: AsyncConnection) -> None:
        await conn.exec_driver_sql("UPDATE audit_event SET actor_id = 'someone else' WHERE seq = 2")
        await rebuilt(conn)

    assert await broken(chained, keyring, tampering) == "the chain up to link 3 differs from what was signed there"


async def test_a_checkpoint_signed_by_another_key_is_no_checkpoint(chained: Database, keyring: Keyring) -> None:
    async def tampering(conn: AsyncConnection) -> None:
        await conn.exec_driver_sql("UPDATE audit_event SET actor_id = 'someone else' WHERE seq = 6")
        last = await rebuilt(conn)
        signature = Ed25519PrivateKey.generate().sign(checkpoint_text(6, last))
        row = {"seq": 6, "hash": last, "at": (await conn.execute(sa.select(audit_event.c.at).limit(1))).scalar_one()}
        await conn.execute(sa.insert(audit_checkpoint), {**row, "signature": signature})

    found = await broken(chained, keyring, tampering)

    assert found == "the checkpoint of link 6 is not signed by this hub's key"


async def test_a_checkpoint_of_one_link_does_not_sign_another(chained: Database, keyring: Keyring) -> None:
    moved = "UPDATE audit_checkpoint SET seq = 4 WHERE seq = 5"

    assert "not signed" in await broken(chained, keyring, statements(moved))


async def test_the_fault_named_is_the_first(chained: Database, keyring: Keyring) -> None:
    changes = [f"UPDATE audit_event SET action = 'x' WHERE seq = {seq}" for seq in (6, 2, 4)]

    assert await broken(chained, keyring, statements(*changes)) == "the entry of link 2 was changed"


async def test_faults_show_across_pages(chained: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.audit.chain._PAGE", 2)

    found = await broken(chained, keyring, statements("DELETE FROM audit_link WHERE seq = 3"))

    assert found == "link 3 is missing: the next one found is 4"
