"""A hub that does not run, and an outbox moved by hand: queue, claim, settle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import delivery, delivery_event
from hub.outbox.backoff import Outcome, failed, taken
from hub.outbox.claims import Claim, Claims
from hub.outbox.reconcile import Reconciler
from hub.outbox.settle import Result, settle
from hub.types import (
    Address,
    AddressKind,
    AuthorKind,
    ChannelKind,
    DeliveryState,
    Intent,
    Lane,
    Purpose,
    Receipt,
    Status,
    new_id,
)
from tests.hub_rig import CLINIC, Rig, open_rig

ANA = "+12025550111"
BEN = "+12025550112"
ALL = (Lane.SAFETY, Lane.REPLY, Lane.BULK)


class Mail:
    """An outbox, one step at a time."""

    def __init__(self, rig: Rig, clock: FixedClock) -> None:
        self.rig = rig
        self.clock = clock
        parts = rig.parts
        senders = {ChannelKind.SMS: Address(AddressKind.PHONE, CLINIC)}
        self.claims = Claims(parts.vault, parts.ledger, parts.trail, senders, parts.hearing)
        self.reconciler = Reconciler(parts.db, self.claims, parts.channels, timedelta(minutes=1))

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span))

    async def queue(self, person_id: str, body: str = "Hello", **values: Any) -> str:
        """The id of the delivery of a text that staff write now."""
        given: dict[str, Any] = {
            "key": f"test:{new_id()}",
            "purpose": Purpose.CARE,
            "author": AuthorKind.STAFF,
            "level": "limited",
            "body": body,
        }
        routed = await self.rig.parts.router.route(Intent(person_id=person_id, **(given | values)))
        assert routed.delivery_id is not None, routed.decision
        return routed.delivery_id

    async def automated(self, person_id: str, **values: Any) -> str:
        """The id of the delivery of a text that the system begins."""
        given = {"author": AuthorKind.CAMPAIGN, "purpose": Purpose.APPOINTMENT, "lane": Lane.BULK}
        return await self.queue(person_id, **(given | values))

    async def claim(self, *, lanes: tuple[Lane, ...] = ALL, limit: int = 50, segments: float = 1000.0) -> list[Claim]:
        """What is due now, claimed."""

        async def unit(conn: Any) -> list[Claim]:
            found, _ = await self.claims.claim(conn, self.clock.now(), lanes=lanes, limit=limit, segments=segments)
            return found

        return await self.rig.parts.db.write(unit)

    async def settle(self, claim: Claim, outcome: Outcome, **changes: Any) -> bool:
        """Whether the result of an attempt counted."""
        result = Result(
            delivery_id=claim.delivery_id,
            attempt=claim.attempt,
            thread_id=claim.thread_id,
            address_id=claim.address_id,
            channel=claim.channel,
            lane=claim.lane,
            outcome=outcome,
        )

        async def unit(conn: Any) -> bool:
            return bool(
                await settle(
                    conn, self.rig.parts.ledger, [msgspec.structs.replace(result, **changes)], self.clock.now()
                )
            )

        return await self.rig.parts.db.write(unit)

    async def sent(self, claim: Claim, sid: str = "SM1") -> bool:
        """The provider took it."""
        return await self.settle(claim, taken(Receipt(provider_id=sid), self.clock.now()))

    async def sent_all(self, claims: list[Claim], *, stale: Claim) -> list[str]:
        """The deliveries that counted when the provider took them all; `stale` tells of an attempt that never was."""
        results = [
            Result(
                delivery_id=claim.delivery_id,
                attempt=claim.attempt + (claim is stale),
                thread_id=claim.thread_id,
                address_id=claim.address_id,
                channel=claim.channel,
                lane=claim.lane,
                outcome=taken(Receipt(provider_id=f"SM{n}"), self.clock.now()),
            )
            for n, claim in enumerate(claims)
        ]

        async def unit(conn: Any) -> list[str]:
            return [one.delivery_id for one in await settle(conn, self.rig.parts.ledger, results, self.clock.now())]

        return await self.rig.parts.db.write(unit)

    async def fell(self, claim: Claim, error: Any) -> bool:
        """The attempt ended in an error."""
        outcome = failed(error, claim.attempt, self.clock.now(), jitter=1.0, reconcile_after=timedelta(minutes=1))
        return await self.settle(claim, outcome)

    async def mark_lost(self) -> int:
        """How many attempts have lost their holder."""
        return await self.rig.parts.db.write(lambda conn: self.reconciler.mark_lost(conn, self.clock.now()))

    async def reconcile(self) -> None:
        """Ask the carrier about what is due to be asked about, and record what it says."""
        results = await self.reconciler.results(self.clock.now())

        async def unit(conn: Any) -> None:
            if sure := await self.reconciler.certain(conn, results):
                await settle(conn, self.rig.parts.ledger, sure, self.clock.now())

        await self.rig.parts.db.write(unit)

    async def reported(
        self, state: DeliveryState, *, delivery_id: str | None = None, sid: str = "SM1", code: str | None = None
    ) -> None:
        """The provider calls back."""
        status = Status(
            channel=ChannelKind.SMS,
            provider_id=sid,
            delivery_id=delivery_id,
            state=state,
            at=self.clock.now(),
            code=code,
        )
        await self.rig.parts.outbox.report([status])

    async def row(self, delivery_id: str) -> Any:
        """The delivery as it stands."""
        (row,) = await self.rig.rows(sa.select(delivery).where(delivery.c.id == delivery_id))
        return row

    async def state(self, delivery_id: str) -> str:
        """Its state."""
        return str((await self.row(delivery_id)).state)

    async def history(self, delivery_id: str) -> list[str]:
        """The states that it reached, in order."""
        query = (
            sa.select(delivery_event.c.state)
            .where(delivery_event.c.delivery_id == delivery_id)
            .order_by(delivery_event.c.id)
        )
        return [row.state for row in await self.rig.rows(query)]


@asynccontextmanager
async def open_mail(database_url: str, folder: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Mail]:
    """A hub whose outbox does not run by itself."""
    async with open_rig(
        database_url, folder, keyring, clock=clock, roles=("dispatcher",), started=False, engine=False
    ) as rig:
        yield Mail(rig, clock)
