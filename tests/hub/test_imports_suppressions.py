"""Addresses that asked elsewhere for silence: those on the books, and those that come later."""

from datetime import timedelta
from pathlib import Path

from consent.facts import ConsentState
from consent.ledger import Ledger
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.imports.suppressions import import_suppressions
from hub.people import NewPatient, People
from hub.types import Address, AddressKind, ChannelKind, Purpose
from hub.vault import Vault

ANA, BEN = Address(AddressKind.PHONE, "+12025550111"), Address(AddressKind.MAILBOX, "ben@example.org")


async def test_an_address_is_silent_whether_it_is_known_or_comes_later(
    db: Database, vault: Vault, trail: Trail, clock: FixedClock, tmp_path: Path
) -> None:
    ledger, people = Ledger(vault, trail, clock), People(vault, trail, clock)
    file = tmp_path / "asked.csv"
    file.write_text(f"phone,email\n{ANA.value},\n,{BEN.value}\n,\n")

    async def enter(mrn: str, one: Address) -> str:
        record = NewPatient(mrn=mrn, given_name="A", family_name="B", addresses=(one,))
        return (await db.write(lambda conn: people.upsert(conn, record, Actor("system")))).addresses[0]

    async def state(address_id: str, channel: ChannelKind) -> ConsentState | None:
        async with db.read() as conn:
            found = (await ledger.standings(conn, (address_id,)))[address_id]
        return found.of(channel, Purpose.CARE).state

    known = await enter("A-1", ANA)
    given = {"db": db, "clock": clock, "ledger": ledger, "trail": trail, "blind": vault.blind, "region": "US"}
    report = await import_suppressions(file, **given)  # type: ignore[arg-type]
    clock.advance(timedelta(days=1))
    later = await enter("A-2", BEN)

    assert (report.created, [one.line for one in report.problems]) == (2, [])
    assert await state(known, ChannelKind.VOICE) is ConsentState.REVOKE
    assert await state(later, ChannelKind.EMAIL) is ConsentState.REVOKE
    assert (await import_suppressions(file, **given)).unchanged == 2  # type: ignore[arg-type]
