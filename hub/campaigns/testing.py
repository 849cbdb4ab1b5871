"""Tests: a plan's text sent to somebody of the staff, to see it as patients will. Never to a patient.

It goes the way of every message, by the router and the outbox, to an address that nobody on the books has: one's own
mailbox, or one of those that an administrator keeps for this. It is filled in with samples, says that it is a test, and
is no row of any step: no result counts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE_CHANNELS, ConsentState, Scope, Source
from consent.ledger import Ledger, NewFact
from hub.audit import Actor, Entry, Trail
from hub.campaigns.plans import Plan, catalog_of
from hub.clock import Clock
from hub.crypto import Place
from hub.db import Database
from hub.db.tables import campaign_test, campaign_test_address, delivery
from hub.errors import InputError
from hub.people.senders import Sender, Senders
from hub.router import Routed, Router
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, Intent, Language, Purpose, Skip, new_id
from hub.vault import HUB, Vault
from templates.checking import samples
from templates.render import fill

TESTED: tuple[ChannelKind, ...] = (ChannelKind.SMS, ChannelKind.EMAIL)
"""Channels that a test goes by: the others need an account of the portal."""
_KINDS = {ChannelKind.SMS: AddressKind.PHONE, ChannelKind.EMAIL: AddressKind.MAILBOX}
_MARKS: dict[Language, str] = {"en": "[TEST]", "es": "[PRUEBA]"}
_MOST, _SPAN = 20, timedelta(hours=1)
"""Tests that one person may send in such a time."""
Why = Literal["patient", "there", "gone", "many", "no-text", "no-channel"]


class NotTested(InputError):
    """A test cannot be sent, or an address not kept; `why` is the code of the reason."""

    def __init__(self, why: Why, words: str) -> None:
        super().__init__(words)
        self.why: Why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAddress:
    """An address that tests may go to. label: whose it is, in an administrator's words."""

    id: str
    address: Address
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test that was sent. state: of its delivery; `refused` where there is none, and then `rule` says why."""

    step: str
    language: str
    channel: str
    state: str
    rule: str
    at: datetime


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    kind: AddressKind
    value: str
    label: str

    def __repr__(self) -> str:
        return "_Kept(…)"


class Tests:
    """Sends tests, and keeps the addresses that they may go to."""

    __test__ = False

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        clock: Clock,
        trail: Trail,
        router: Router,
        senders: Senders,
        ledger: Ledger,
        zone: ZoneInfo,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._trail = trail
        self._router = router
        self._senders = senders
        self._ledger = ledger
        self._zone = zone

    # --- addresses

    async def addresses(self, conn: AsyncConnection) -> list[TestAddress]:
        """The addresses that an administrator keeps for tests, the oldest first."""
        keys = await self._vault.key(conn, HUB)
        rows = await conn.execute(sa.select(campaign_test_address).order_by(campaign_test_address.c.id))
        found = []
        for row in rows:
            kept = msgspec.json.decode(keys.open(HUB, row.address_sealed, _place(row.id)), type=_Kept)
            found.append(TestAddress(id=row.id, address=Address(kept.kind, kept.value), label=kept.label))
        return found

    async def keep(self, conn: AsyncConnection, one: Address, label: str, actor: Actor) -> None:
        """Keep an address for tests; whoever keeps it says that its holder wants them. Raises: NotTested."""
        sender = await self._stranger(conn, one)
        there = sa.select(campaign_test_address.c.id).where(campaign_test_address.c.address_id == sender.address_id)
        if (await conn.execute(there)).first() is not None:
            raise NotTested("there", "this address is on the list already")
        keys, test_id = await self._vault.key(conn, HUB), new_id()
        kept = _Kept(kind=one.kind, value=one.value, label=" ".join(label.split())[:80])
        row = {
            "id": test_id,
            "address_id": sender.address_id,
            "address_sealed": keys.seal(HUB, msgspec.json.encode(kept), _place(test_id)),
            "added_by": actor.id,
            "created_at": self._clock.now(),
        }
        try:
            await conn.execute(sa.insert(campaign_test_address), row)
        except IntegrityError:
            raise NotTested("there", "this address is on the list already") from None
        await self._agree(conn, sender, one.kind, actor)
        entry = Entry(action="campaign.test-address.add", actor=actor, object_id=test_id)
        await self._trail.record(conn, entry)

    async def forget(self, conn: AsyncConnection, test_id: str, actor: Actor) -> None:
        """Take an address off the list. Raises: NotTested."""
        mine = campaign_test_address.c.id == test_id
        if not (await conn.execute(sa.delete(campaign_test_address).where(mine))).rowcount:
            raise NotTested("gone", "this address is not on the list")
        entry = Entry(action="campaign.test-address.remove", actor=actor, object_id=test_id)
        await self._trail.record(conn, entry)

    async def _stranger(self, conn: AsyncConnection, one: Address) -> Sender:
        """Who stands for the address, which is no patient's and nobody's who acts for one. Raises: NotTested."""
        sender = (await self._senders.resolve(conn, (one,)))[one]
        if sender.standing != "unknown":
            raise NotTested("patient", "this address is a patient's: a test goes to staff alone")
        return sender

    async def _agree(self, conn: AsyncConnection, sender: Sender, kind: AddressKind, actor: Actor) -> None:
        """Note that tests are wanted there, where nothing is noted of the address yet."""
        standing = (await self._ledger.standings(conn, (sender.address_id,)))[sender.address_id]
        channels = PHONE_CHANNELS if kind is AddressKind.PHONE else frozenset({ChannelKind.EMAIL})
        if any(standing.of(channel, Purpose.CARE).decided_by is not None for channel in channels):
            return
        fact = NewFact(
            address_id=sender.address_id,
            person_id=sender.person_id,
            state=ConsentState.GRANT,
            scope=Scope(channels=channels, purposes=frozenset({Purpose.CARE})),
            source=Source.STAFF,
            at=self._clock.now(),
            actor=actor,
        )
        await self._ledger.record(conn, fact)

    # --- sending

    async def send(
        self,
        plan: Plan,
        *,
        step: str,
        template: str,
        language: Language,
        channel: ChannelKind,
        to: str,
        user_id: str,
        mailbox: str,
        actor: Actor,
    ) -> Routed:
        """Send a text of a plan, filled in with samples. to: the id of a kept address; empty for one's own mailbox.

        Raises: NotTested. What the policy refuses is a decision, as anywhere.
        """

        async def unit(conn: AsyncConnection) -> Routed:
            one = await self._address(conn, channel, to, mailbox)
            await self._few(conn, user_id)
            found = plan.step(step)
            if found is None or template not in found.templates:
                raise NotTested("no-text", "the plan has no such text")
            sender = await self._stranger(conn, one)
            if not to:
                await self._agree(conn, sender, one.kind, actor)
            said = catalog_of(plan).get(template, language)
            text = f"{_MARKS[said.language]} {fill(said, samples(said), channel, self._zone).text}"
            test_id, now = new_id(), self._clock.now()
            intent = Intent(
                key=f"campaign.test:{test_id}",
                person_id=sender.person_id,
                # A test is nobody's appointment and no advertisement, whatever the plan is for.
                purpose=Purpose.CARE,
                author=AuthorKind.STAFF,
                author_id=user_id,
                body=text,
                # Samples reveal nothing of anybody.
                level="none",
                channel=channel,
                address_id=sender.address_id,
            )
            routed = await self._router.route_in(conn, intent)
            rule = routed.rules[0] if isinstance(routed.decision, Skip) and routed.rules else ""
            row = {
                "id": test_id,
                "name": plan.name,
                "step": step,
                "language": language,
                "channel": channel.value,
                "user_id": user_id,
                "delivery_id": routed.delivery_id,
                "rule": rule[:64],
                "at": now,
            }
            await conn.execute(sa.insert(campaign_test), row)
            details: dict[str, str | int | None] = {
                "plan": plan.name,
                "version": plan.version,
                "step": step,
                "language": language,
                "channel": channel.value,
                "rule": rule,
            }
            entry = Entry(action="campaign.test", actor=actor, object_id=test_id, details=details)
            await self._trail.record(conn, entry)
            return routed

        routed = await self._db.write(unit)
        self._router.announce(routed)
        return routed

    async def _address(self, conn: AsyncConnection, channel: ChannelKind, to: str, mailbox: str) -> Address:
        kind = _KINDS.get(channel)
        if kind is None:
            raise NotTested("no-channel", "a test goes by text message or by mail")
        if not to and channel is ChannelKind.EMAIL and mailbox:
            return Address(AddressKind.MAILBOX, mailbox)
        for one in await self.addresses(conn):
            if one.id == to and one.address.kind is kind:
                return one.address
        raise NotTested("gone", "this address is not on the list")

    async def _few(self, conn: AsyncConnection, user_id: str) -> None:
        lately = sa.select(sa.func.count()).where(
            campaign_test.c.user_id == user_id, campaign_test.c.at > self._clock.now() - _SPAN
        )
        if (await conn.execute(lately)).scalar_one() >= _MOST:
            raise NotTested("many", f"no more than {_MOST} tests an hour")

    async def lately(self, conn: AsyncConnection, name: str, user_id: str, limit: int = 3) -> Sequence[Test]:
        """The last tests of a plan that somebody sent, the newest first."""
        t = campaign_test.c
        query = (
            sa.select(campaign_test, delivery.c.state)
            .outerjoin(delivery, delivery.c.id == t.delivery_id)
            .where(t.name == name, t.user_id == user_id)
            .order_by(t.at.desc(), t.id.desc())
            .limit(limit)
        )
        return [_test(row) for row in await conn.execute(query)]


def _test(row: Any) -> Test:
    return Test(
        step=row.step,
        language=row.language,
        channel=row.channel,
        state=row.state or "refused",
        rule=row.rule,
        at=row.at,
    )


def _place(test_id: str) -> Place:
    return Place("campaign_test_address", "address_sealed", test_id, HUB)
