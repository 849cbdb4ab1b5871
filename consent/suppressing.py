"""Suppression: an opt-out outlives the records of whoever asked for it.

A revocation of every purpose is kept a second time, by the blind index of its address alone. While the address is on
the books the ledger decides; once it was disposed of and is entered again, as a new row, what was kept counts as a
fact. A START from the address itself lifts both.

Source: 47 CFR 64.1200(d)(6), (a)(10); the hash of an address that asked for silence may be kept to honour that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE_CHANNELS, ConsentState, Scope, Source
from hub.db.bulk import insert_rows
from hub.db.tables import address, suppression

_NOT_THEIRS = (Source.REGISTER, Source.SUPPRESSION)
"""Sources that say nothing of who will have the address next: a number that was given up is somebody else's."""
_OWN = (Source.START, Source.WORDS, Source.FORM, Source.PORTAL, Source.LINK)


class _Fact(Protocol):
    @property
    def address_id(self) -> str: ...
    @property
    def state(self) -> ConsentState: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def source(self) -> Source: ...
    @property
    def at(self) -> Any: ...


async def follow(conn: AsyncConnection, known: Mapping[str, tuple[str, bytes]], facts: Sequence[_Fact]) -> None:
    """Keep what these new facts mean for suppression; `known` has the kind and the blind index of each address."""
    for fact in facts:
        if fact.scope.purposes is not None or fact.source in _NOT_THEIRS or fact.address_id not in known:
            continue
        kind, blind = known[fact.address_id]
        channels = " ".join(sorted(fact.scope.channels))
        same = sa.and_(suppression.c.kind == kind, suppression.c.blind == blind, suppression.c.channels == channels)
        if fact.state is ConsentState.REVOKE:
            await conn.execute(sa.delete(suppression).where(same))
            row = {"kind": kind, "blind": blind, "channels": channels, "source": fact.source, "at": fact.at}
            await insert_rows(conn, suppression, [{**row, "lifted_at": None}])
        elif fact.source is Source.START or (fact.source in _OWN and not fact.scope.channels & PHONE_CHANNELS):
            await conn.execute(sa.update(suppression).where(same).values(lifted_at=fact.at))


async def suppress(conn: AsyncConnection, kind: str, blind: bytes, scope: Scope, source: Source, at: Any) -> None:
    """Keep an address silent that may not be on the books at all, such as one of another system's list."""
    channels = " ".join(sorted(scope.channels))
    same = sa.and_(suppression.c.kind == kind, suppression.c.blind == blind, suppression.c.channels == channels)
    await conn.execute(sa.delete(suppression).where(same))
    row = {"kind": kind, "blind": blind, "channels": channels, "source": source, "at": at, "lifted_at": None}
    await insert_rows(conn, suppression, [row])


AS_FACTS = (
    sa.select(
        address.c.id.label("address_id"),
        address.c.id,
        suppression.c.at,
        suppression.c.channels,
        sa.literal_column("'*'"),
        sa.literal_column(f"'{ConsentState.REVOKE}'"),
        sa.literal_column(f"'{Source.SUPPRESSION}'"),
        sa.false(),
        sa.null(),
        sa.null(),
    )
    .join(suppression, sa.and_(suppression.c.kind == address.c.kind, suppression.c.blind == address.c.blind))
    .where(
        suppression.c.lifted_at.is_(None),
        # Of an address that was there when it opted out, the ledger itself has the fact.
        suppression.c.at < address.c.created_at,
    )
)
"""What was kept of addresses that were entered again, in the columns of a fact that policy decides by."""
