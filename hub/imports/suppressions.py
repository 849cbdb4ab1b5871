"""Addresses that asked another system for silence: `phone,email`, one of them in each line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE, ConsentState, Scope, Source
from consent.ledger import Ledger, NewFact
from consent.suppressing import suppress
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import BlindIndex
from hub.db import Database
from hub.db.tables import address
from hub.imports import cells
from hub.imports.rows import BadRow, Parsed, Progress, Report, load
from hub.types import Address, AddressKind, ChannelKind, Purpose

COLUMNS = ("phone", "email")
_ACTOR = Actor("system", "cli")
_MAIL = Scope(channels=frozenset({ChannelKind.EMAIL}))


async def import_suppressions(
    path: Path,
    *,
    db: Database,
    clock: Clock,
    ledger: Ledger,
    trail: Trail,
    blind: BlindIndex,
    region: str,
    progress: Progress | None = None,
) -> Report:
    """The report on a file of addresses: `created` counts those that are silent from now on, `unchanged` the others.

    An address on the books gets a revocation in the ledger; of any other nothing is kept but its blind index, which
    holds once it is entered.
    """

    def parse(row: Mapping[str, str]) -> Address:
        found = cells.phone(row, "phone", region) or cells.mailbox(row, "email")
        if found is None:
            raise BadRow("phone or email must be there")
        return found

    async def write(conn: AsyncConnection, batch: Sequence[Parsed[Address]]) -> Report:
        report, now = Report(), clock.now()
        for one in batch:
            kind, mark = one.value.kind, blind.of(one.value.kind.value, one.value.value)
            scope = PHONE if kind is AddressKind.PHONE else _MAIL
            known = sa.select(address.c.id).where(address.c.kind == kind, address.c.blind == mark)
            address_id = (await conn.execute(known)).scalar_one_or_none()
            if address_id is None:
                await suppress(conn, kind.value, mark, scope, Source.IMPORT, now)
                report = report.plus(Report(created=1))
                continue
            channel = next(iter(scope.channels))
            standing = (await ledger.standings(conn, (address_id,)))[address_id]
            if all(standing.of(channel, purpose).state is ConsentState.REVOKE for purpose in Purpose):
                report = report.plus(Report(unchanged=1))
                continue
            fact = NewFact(
                address_id=address_id,
                person_id=None,
                state=ConsentState.REVOKE,
                scope=scope,
                source=Source.IMPORT,
                at=now,
                actor=_ACTOR,
                evidence={"how": "a list of another system"},
            )
            await ledger.record(conn, fact)
            report = report.plus(Report(created=1))
        entry = Entry(action="consent.suppress", actor=_ACTOR, details={"addresses": len(batch)})
        await trail.record(conn, entry)
        return report

    return await load(path, COLUMNS, parse, write, db=db, progress=progress)
