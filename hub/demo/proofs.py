"""What the check reads in the database and the calendar: a scene is believed when they agree with what was said."""

import time
from collections.abc import Awaitable, Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dialogue import State, decode
from bots.scheduling.base import Appointment, Slot
from consent.facts import ConsentState
from hub.audit import Verified, verify
from hub.db.tables import address, appointment, consent_event, contact, delivery, message, person, slot, thread
from hub.demo.clinic import Patient
from hub.demo.line import SceneFailed
from hub.parts import Parts
from hub.router import Routed
from hub.sealed import PERSONAL
from hub.types import (
    AddressKind,
    AuthorKind,
    ChannelKind,
    DeliveryState,
    Direction,
    Intent,
    Language,
    Purpose,
    ThreadStatus,
    new_id,
)
from templates import render

WITHIN = 10.0
"""Seconds in which what is waited for must come to pass."""
_LOOK_AGAIN = 0.25
_ARRIVED = (DeliveryState.DELIVERED, DeliveryState.READ)
_LEFT = (DeliveryState.SENDING, DeliveryState.SENT, *_ARRIVED)


class Proofs:
    """Reads what became of a scene; writes nothing but what staff and system would try."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def person_id(self, one: Patient) -> str:
        """The id of a patient of the demo."""
        async with self.parts.db.read() as conn:
            found = await self.parts.people.by_mrn(conn, one.mrn)
        if found is None:
            raise SceneFailed("the clinic has no such patient: was it seeded?")
        return found

    async def stranger_id(self, number: str) -> str:
        """The id of the unidentified person behind a number."""
        blind = self.parts.vault.blind.of(AddressKind.PHONE.value, number)
        query = (
            sa.select(person.c.id)
            .join(contact, contact.c.person_id == person.c.id)
            .join(address, address.c.id == contact.c.address_id)
            .where(address.c.kind == AddressKind.PHONE, address.c.blind == blind, person.c.kind == "unidentified")
        )
        async with self.parts.db.read() as conn:
            return str((await conn.execute(query)).scalar_one())

    async def visits(self, person_id: str) -> tuple[Appointment, ...]:
        """The person's booked visits to come, as the scheduling system has them."""
        return await self.parts.scheduling.appointments(person_id, after=self.parts.clock.now())

    async def booked(self, person_id: str) -> bool:
        """Whether the person has a visit to come."""
        return bool(await self.visits(person_id))

    def words(
        self,
        template: str,
        visit: Appointment | Slot,
        language: Language,
        channel: ChannelKind = ChannelKind.SMS,
    ) -> str:
        """What the clinic must say of `visit`, or of an open time."""
        values = {"start": visit.start, "provider": visit.provider, "location": visit.location}
        return render(template, values, language, channel, self.parts.settings.timezone).text

    async def state(self, person_id: str) -> State:
        """What the assistant remembers of the person's conversation."""
        parts = self.parts
        async with parts.db.read() as conn:
            one = (await parts.threads.open_for(conn, (person_id,)))[person_id]
            kept = await parts.threads.dialogue(conn, await parts.vault.key(conn, person_id), one)
        return decode(kept[0]) if kept is not None else State()

    async def offered(self, person_id: str) -> tuple[Slot, ...]:
        """The times that are on the table, in their order."""
        return (await self.state(person_id)).offered

    async def threads(self, person_id: str) -> list[str]:
        """The ids of the threads that hold anything from or to one of the person's addresses."""
        query = (
            sa.select(message.c.thread_id)
            .join(contact, contact.c.address_id == message.c.address_id)
            .where(contact.c.person_id == person_id)
            .distinct()
        )
        async with self.parts.db.read() as conn:
            return list((await conn.execute(query)).scalars())

    async def ways(self, person_id: str) -> list[tuple[str, str]]:
        """The direction and the channel of each message of the person's conversation, in order, without codes."""
        query = (
            sa.select(message.c.direction, message.c.channel)
            .join(thread, thread.c.id == message.c.thread_id)
            .where(
                thread.c.person_id == person_id,
                message.c.direction != Direction.NOTE,
                sa.or_(message.c.intent_key.is_(None), message.c.intent_key.not_like(f"{PERSONAL}%")),
            )
            .order_by(message.c.seq)
        )
        async with self.parts.db.read() as conn:
            return [(str(row.direction), str(row.channel)) for row in await conn.execute(query)]

    async def slot_state(self, slot_id: str | None) -> str:
        """Whether a slot of the calendar is free, held or booked."""
        async with self.parts.db.read() as conn:
            return str((await conn.execute(sa.select(slot.c.state).where(slot.c.id == slot_id))).scalar_one())

    async def visit_status(self, visit_id: str) -> str:
        """What the calendar says of a visit."""
        query = sa.select(appointment.c.status).where(appointment.c.id == visit_id)
        async with self.parts.db.read() as conn:
            return str((await conn.execute(query)).scalar_one())

    async def thread(self, person_id: str) -> tuple[ThreadStatus, int, str]:
        """Who has the person's thread, how urgent it is, and why staff should look."""
        query = sa.select(thread.c.status, thread.c.priority, thread.c.attention).where(thread.c.person_id == person_id)
        async with self.parts.db.read() as conn:
            row = (await conn.execute(query)).one()
        return ThreadStatus(row.status), row.priority, row.attention

    async def consent(self, number: str) -> ConsentState | None:
        """What the ledger holds about appointment texts to a number."""
        address_id = await self._address(number)
        async with self.parts.db.read() as conn:
            standing = (await self.parts.ledger.standings(conn, (address_id,)))[address_id]
        return standing.of(ChannelKind.SMS, Purpose.APPOINTMENT).state

    async def facts(self, number: str, sid: str) -> list[str]:
        """The states of the ledger's facts that rest on the text with the carrier's id `sid`."""
        query = (
            sa.select(consent_event.c.state)
            .join(message, message.c.id == consent_event.c.message_id)
            .where(message.c.provider_id == sid, consent_event.c.address_id == await self._address(number))
        )
        async with self.parts.db.read() as conn:
            return list((await conn.execute(query)).scalars())

    async def handled(self, sid: str) -> None:
        """Wait until the hub is done with the text `sid`, whether or not it answers."""
        query = sa.select(message.c.handled_at).where(message.c.provider_id == sid)

        async def done(conn: AsyncConnection) -> bool:
            return (await conn.execute(query)).scalar_one_or_none() is not None

        await self._until(done, "the hub did not finish with a text")

    async def answered(self, sid: str) -> bool:
        """Whether anything was sent in answer to the text `sid`, which was handled."""
        source = sa.select(message.c.id).where(message.c.provider_id == sid).scalar_subquery()
        query = (
            sa.select(delivery.c.id)
            .join(message, message.c.id == delivery.c.message_id)
            .where(message.c.intent_key == sa.literal("reply:") + source)
        )
        async with self.parts.db.read() as conn:
            return (await conn.execute(query)).first() is not None

    async def arrived(self, person_ids: Iterable[str]) -> int:
        """How many texts these persons got, once the carrier has reported every one of them delivered."""
        mine = delivery.c.person_id.in_(list(person_ids))
        # Of texts alone it is always told whether they arrived.
        final = sa.or_(
            delivery.c.state.in_((*_ARRIVED, DeliveryState.SUPPRESSED)),
            sa.and_(delivery.c.state == DeliveryState.SENT, delivery.c.channel != ChannelKind.SMS),
        )
        late = sa.select(delivery.c.id).where(mine, sa.not_(final))

        async def done(conn: AsyncConnection) -> bool:
            return (await conn.execute(late.limit(1))).first() is None

        await self._until(done, "a text was sent and never reported delivered")
        count = sa.select(sa.func.count()).select_from(delivery).where(mine, delivery.c.state.in_(_ARRIVED))
        async with self.parts.db.read() as conn:
            return int((await conn.execute(count)).scalar_one())

    async def left(self, person_id: str) -> int:
        """How many texts have left for a person so far."""
        query = (
            sa.select(sa.func.count())
            .select_from(delivery)
            .where(delivery.c.person_id == person_id, delivery.c.state.in_(_LEFT))
        )
        async with self.parts.db.read() as conn:
            return int((await conn.execute(query)).scalar_one())

    async def attempt(self, person_id: str, author: AuthorKind, purpose: Purpose, body: str) -> Routed:
        """What becomes of a text that staff, or the system, would like to send."""
        intent = Intent(
            key=f"check:{new_id()}",
            person_id=person_id,
            purpose=purpose,
            author=author,
            author_name="Front desk" if author is AuthorKind.STAFF else "",
            body=body,
            level="limited",
            channel=ChannelKind.SMS,
        )
        return await self.parts.router.route(intent)

    async def audit(self) -> Verified:
        """The audit chain, sealed up to now, signed and walked from its first link.

        Raises: AuditBroken.
        """
        await self.parts.sealer.seal()
        await self.parts.sealer.checkpoint()
        public = self.parts.vault.keyring.signing_key().public_key()
        async with self.parts.db.read() as conn:
            return await verify(conn, public)

    async def unfinished(self) -> int:
        """How many inbound texts the hub has not dealt with."""
        query = (
            sa.select(sa.func.count())
            .select_from(message)
            .where(message.c.direction == "inbound", message.c.handled_at.is_(None))
        )
        async with self.parts.db.read() as conn:
            return int((await conn.execute(query)).scalar_one())

    async def _address(self, number: str) -> str:
        blind = self.parts.vault.blind.of(AddressKind.PHONE.value, number)
        query = sa.select(address.c.id).where(address.c.kind == AddressKind.PHONE, address.c.blind == blind)
        async with self.parts.db.read() as conn:
            return str((await conn.execute(query)).scalar_one())

    async def until(self, done: Callable[[], Awaitable[bool]], failing: str) -> None:
        """Wait until `done`; asked again when something changed. Raises: SceneFailed with the words `failing`."""

        async def asked(_: AsyncConnection) -> bool:
            return await done()

        await self._until(asked, failing)

    async def _until(self, done: Callable[[AsyncConnection], Awaitable[bool]], failing: str) -> None:
        """Wait until `done`; asked again when something changed, and now and then."""
        deadline = time.monotonic() + WITHIN
        while True:
            async with self.parts.db.read() as conn:
                if await done(conn):
                    return
            if time.monotonic() > deadline:
                raise SceneFailed(failing)
            await self.parts.bell.wait(_LOOK_AGAIN)
