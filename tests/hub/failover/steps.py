"""Taking deliveries and steps one at a time."""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from consent.facts import ConsentState, Scope, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.clock import FixedClock
from hub.db.tables import address, delivery, escalation, message
from hub.desk.ways import OpenWay
from hub.errors import ChannelError
from hub.outbox.backoff import Outcome, failed, taken
from hub.outbox.claims import Claim, Claims
from hub.outbox.settle import Result, settle
from hub.people import NewPatient
from hub.types import (
    Address,
    AddressKind,
    AuthorKind,
    ChannelKind,
    DeliveryState,
    Inbound,
    Intent,
    Lane,
    Purpose,
    Receipt,
    Status,
    new_id,
)
from tests.hub_rig import CLINIC, Rig

PHONE = "+12025550111"
MAILBOX = "ana.ruiz@example.org"
SMS, VOICE, EMAIL, PORTAL = ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.EMAIL, ChannelKind.PORTAL
ALL = (Lane.SAFETY, Lane.REPLY, Lane.BULK)
TEST = Actor("system", "test")


class Steps:
    """An outbox and what follows its deliveries, moved by hand."""

    def __init__(self, rig: Rig, clock: FixedClock) -> None:
        self.rig = rig
        self.clock = clock
        self.parts = rig.parts
        senders = {
            SMS: Address(AddressKind.PHONE, CLINIC),
            VOICE: Address(AddressKind.PHONE, CLINIC),
            EMAIL: Address(AddressKind.MAILBOX, "hello@clinic.example.org"),
            PORTAL: Address(AddressKind.PORTAL, "clinic"),
        }
        self.parts.acceptor.start()
        self.claims = Claims(self.parts.vault, self.parts.ledger, self.parts.trail, senders, self.parts.hearing)

    async def ana(
        self,
        *,
        agreed: tuple[ChannelKind, ...] = (SMS, VOICE, EMAIL),
        phone: str = PHONE,
        mailbox: str = MAILBOX,
        **values: Any,
    ) -> str:
        """The id of Ana, or somebody like her, who has a phone and a mailbox, and agreed to these channels."""
        parts = self.parts
        addresses = [Address(AddressKind.PHONE, phone), Address(AddressKind.MAILBOX, mailbox)]
        given: dict[str, Any] = {
            "given_name": "Ana",
            "family_name": "Ruiz",
            "birth_date": date(1987, 3, 14),
            "language": "en",
        }
        new = NewPatient(mrn=phone, timezone="America/New_York", addresses=tuple(addresses), **(given | values))

        async def unit(conn: Any) -> str:
            done = await parts.people.upsert(conn, new, TEST)
            for channel in agreed:
                at = done.addresses[1 if channel is EMAIL else 0]
                await parts.ledger.record(conn, self._fact(at, channel, ConsentState.GRANT, Source.FORM))
            return done.person_id

        return await parts.db.write(unit)

    async def stops(self, phone: str = PHONE) -> None:
        """Ana texts STOP, as far as the ledger goes."""
        at = await self.rig.address(phone)
        fact = self._fact(at, SMS, ConsentState.REVOKE, Source.STOP, VOICE)
        await self.parts.db.write(lambda conn: self.parts.ledger.record(conn, fact))

    def _fact(
        self, address_id: str, channel: ChannelKind, state: ConsentState, source: Source, *more: ChannelKind
    ) -> NewFact:
        return NewFact(
            address_id=address_id,
            person_id=None,
            state=state,
            scope=Scope(channels=frozenset({channel, *more})),
            source=source,
            at=self.clock.now(),
            actor=TEST,
        )

    async def send(self, person_id: str, body: str = "Your visit is on Friday.", **values: Any) -> Any:
        """What is decided about a message that the system begins, and that is followed."""
        given: dict[str, Any] = {
            "key": f"test:{new_id()}",
            "purpose": Purpose.APPOINTMENT,
            "author": AuthorKind.SYSTEM,
            "level": "limited",
            "followed": True,
            "lane": Lane.BULK,
        }
        return await self.parts.router.route(Intent(person_id=person_id, body=body, **(given | values)))

    async def claim(self) -> list[Claim]:
        """What is due now, claimed."""

        async def unit(conn: Any) -> list[Claim]:
            found, _ = await self.claims.claim(conn, self.clock.now(), lanes=ALL, limit=50, segments=1000.0)
            return found

        return await self.parts.db.write(unit)

    async def one(self) -> Claim:
        """The only delivery that is due, claimed."""
        (claim,) = await self.claim()
        return claim

    async def took(self, claim: Claim) -> None:
        """The provider took it."""
        await self.settle(claim, taken(Receipt(provider_id=f"P-{claim.delivery_id[-8:]}"), self.clock.now()))

    async def fell(self, claim: Claim, error: ChannelError) -> None:
        """The attempt ended in an error."""
        outcome = failed(error, 8, self.clock.now(), jitter=1.0, reconcile_after=timedelta(minutes=1))
        await self.settle(claim, outcome)

    async def settle(self, claim: Claim, outcome: Outcome) -> None:
        """Record what an attempt came to."""
        result = Result(
            delivery_id=claim.delivery_id,
            attempt=claim.attempt,
            thread_id=claim.thread_id,
            address_id=claim.address_id,
            channel=claim.channel,
            lane=claim.lane,
            outcome=outcome,
        )
        await self.parts.db.write(lambda conn: settle(conn, self.parts.ledger, [result], self.clock.now()))

    async def told(self, claim: Claim, state: DeliveryState, code: str | None = None) -> None:
        """The provider calls back."""
        status = Status(
            channel=claim.channel,
            provider_id=f"P-{claim.delivery_id[-8:]}",
            delivery_id=claim.delivery_id,
            state=state,
            at=self.clock.now(),
            code=code,
        )
        await self.parts.outbox.report([status])

    async def writes(self, words: str = "thanks, I'll be there", phone: str = PHONE) -> None:
        """Ana texts the clinic."""
        inbound = Inbound(
            channel=SMS,
            provider_id=new_id(),
            sender=Address(AddressKind.PHONE, phone),
            recipient=Address(AddressKind.PHONE, CLINIC),
            text=words,
            received_at=self.clock.now(),
        )
        await self.parts.acceptor.accept(inbound)

    async def sweep(self) -> int:
        """How many steps ended."""
        return await self.parts.failover.sweep()

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span))

    async def taken_steps(self) -> list[tuple[int, str, str]]:
        """Each step: its number, why it was taken, and what it came to."""
        rows = await self.rig.rows(sa.select(escalation).order_by(escalation.c.message_id, escalation.c.step))
        return [(row.step, row.cause, row.outcome) for row in rows]

    async def ways(self, person_id: str) -> list[OpenWay]:
        """What staff are shown of the ways to the person."""
        async with self.parts.db.read() as conn:
            return await self.parts.desk.ways.of(conn, person_id, None)

    async def deliveries(self) -> list[Any]:
        """Every delivery, in order."""
        return await self.rig.rows(sa.select(delivery).order_by(delivery.c.step, delivery.c.id))

    async def attention(self, person_id: str) -> str:
        """Why staff should look at the person's thread."""
        return str((await self.rig.thread(person_id)).attention)

    async def message(self) -> Any:
        """The only message that went out."""
        (row,) = await self.rig.rows(sa.select(message).where(message.c.direction == "outbound"))
        return row

    async def state_of_phone(self) -> tuple[str, str]:
        """The state of Ana's number, and why it has that."""
        query = sa.select(address.c.state, address.c.state_reason).where(address.c.kind == "phone")
        (row,) = await self.rig.rows(query)
        return row.state, row.state_reason
