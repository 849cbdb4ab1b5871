"""What is known of a person when something is to be told to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.asking import Wishes
from consent.facts import Standing
from consent.ledger import Ledger
from consent.policy import AddressState, at_any_hour, state_for
from consent.whereabouts import UNKNOWN, Place, place
from hub.choice.deciding import answers, automated, leaves_at
from hub.choice.ranking import REACHES, Shape, Way, failing, rank, shape
from hub.db.columns import Id, Moment
from hub.db.lookup import Lookup
from hub.db.prepared import Prepared
from hub.db.tables import address, contact, delivery, message, person, thread
from hub.people import PreferenceBook, Preferences
from hub.sealed import open_contact
from hub.types import AddressKind, AuthorKind, ChannelKind, DeliveryState, Direction, Intent, Level, Purpose
from hub.vault import Keys, Vault
from hub.vendors import NO_REGISTER, Barring

_PORTAL = ChannelKind.PORTAL
_HEALTH = timedelta(days=30)
"""How far back failures are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The person's row with the id of their thread (None where there is none), and the ways to them, best first.

    wishes: what they asked for, beyond the way.
    """

    who: Any
    ways: list[Way]
    wishes: Wishes


class Reached(NamedTuple):
    """An address of a person."""

    address_id: str
    kind: str
    state: AddressState
    state_reason: str
    value_sealed: bytes


class Who(NamedTuple):
    """What of a person's row decides how they are told something. The profile is sealed."""

    id: str
    timezone: str | None
    preferred_channel: str | None
    language: str | None
    merged_into: str | None
    profile_sealed: bytes | None
    can_sign_in: bool
    thread_id: str | None
    home: str | None


@dataclass(slots=True)
class Portrait:
    """One of many persons, with all that decides by which way they are told something."""

    who: Who
    reached: list[Reached] = field(default_factory=list)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    prefers: Preferences = field(default_factory=Preferences)
    failed: frozenset[tuple[str, str]] = frozenset()
    places: Mapping[str, Place] = field(default_factory=dict)
    barred: frozenset[ChannelKind] = frozenset()


class Knowledge:
    """Reads what decisions need.

    channels: those that this hub has. content: the most that a text may reveal, by channel, where it is not the rules'.
    """

    def __init__(
        self,
        vault: Vault,
        ledger: Ledger,
        preferences: PreferenceBook,
        channels: Sequence[ChannelKind],
        content: Mapping[str, str],
        clinic_state: str = "",
        register: Barring = NO_REGISTER,
    ) -> None:
        self._register = register
        self._vault = vault
        self._clinic_state = clinic_state
        self._ledger = ledger
        self._preferences = preferences
        self.channels = tuple(channels)
        self._content = {kind: cast(Level, content.get(kind, most)) for kind, most in rulebook.load().content.items()}

    async def read(self, conn: AsyncConnection, intent: Intent, now: datetime) -> Known:
        """What is known of the person whom `intent` is for, in the caller's transaction."""
        if intent.address_id is None:
            rows = await _REACHED.rows(conn, person=intent.person_id)
        else:
            rows = await _REACHED_AT.rows(conn, person=intent.person_id, address=intent.address_id)
        found = [row for row in rows if row.address_id is not None]
        standings = await self._ledger.standings(conn, [row.address_id for row in found]) if found else {}
        who, staff = rows[0], intent.author is AuthorKind.STAFF
        answering = answers(intent, now)
        prefers = Preferences(default=who.preferred_channel)
        if staff or not answering or intent.channel is None:
            prefers = await self._preferences.read(conn, intent.person_id)
        of_purpose = prefers.of(intent.purpose)
        wrote = await _wrote_from(conn, who.thread_id, now) if staff and who.thread_id else []
        timed = automated(intent) and not at_any_hour(intent.purpose, intent.replies_to, leaves_at(intent, now))
        places = await self._places(conn, intent, who, found) if timed else {}
        failed = await _failing(conn, intent.person_id, now) if intent.channel is None else frozenset()
        reached = [Reached(row.address_id, row.kind, row.state, row.state_reason, row.value_sealed) for row in found]
        ways = self._ways(
            reached,
            standings,
            prefers,
            intent.purpose,
            intent.level,
            failed=failed,
            wrote=wrote,
            can_sign_in=who.can_sign_in,
            answering=answering,
            places=places,
            barred=await self._register.barred(conn, now),
            media=bool(intent.media),
        )
        # Staff answer where the person wrote last.
        order = (*(ChannelKind(channel) for channel, _ in wrote[:1]), *of_purpose.order)
        return Known(who=who, ways=rank(ways, intent.channel, order), wishes=of_purpose.wishes)

    async def _places(self, conn: AsyncConnection, intent: Intent, who: Any, rows: Sequence[Any]) -> dict[str, Place]:
        """Where the person may be, by address; a number is read only where the record does not tell."""
        keys = None
        if who.timezone is None or who.home is None:
            keys = await self._vault.keys(conn, (intent.person_id,))
        found = {}
        for row in rows:
            number = None
            if keys is not None and row.kind == AddressKind.PHONE and intent.person_id in keys:
                number = open_contact(keys, intent.person_id, row.address_id, row.value_sealed)
            found[row.address_id] = place(
                zone=who.timezone, state=who.home, number=number, clinic_state=self._clinic_state
            )
        return found

    async def read_many(
        self, conn: AsyncConnection, person_ids: Collection[str], purpose: Purpose, now: datetime
    ) -> dict[str, Portrait]:
        """What is known of many persons, whom the clinic is to tell something of its own accord.

        A number is read only where the record does not tell what the purpose needs: which state somebody lives in
        counts for solicitations alone.
        """
        by_state = purpose in rulebook.load().solicitations
        found: dict[str, Portrait] = {}
        reached: dict[str, list[Reached]] = {}
        for row in await _REACHED_MANY(conn, person_ids):
            person_id, address_id = row[0], row[9]
            if person_id not in found:
                found[person_id] = Portrait(Who(*row[:9]))
                reached[person_id] = found[person_id].reached
            if address_id is not None:
                reached[person_id].append(Reached(*row[9:]))
        standings = await self._ledger.standings(conn, {one.address_id for ones in reached.values() for one in ones})
        defaults = {one.who.id: _CHANNELS.get(one.who.preferred_channel or "") for one in found.values()}
        prefers = await self._preferences.read_many(conn, defaults)
        unplaced = {
            one.who.id for one in found.values() if one.who.timezone is None or (by_state and one.who.home is None)
        }
        keys = await self._vault.keys(conn, unplaced)
        lately: dict[str, list[tuple[str, str, str]]] = {}
        for person_id, *told in await _LATELY_MANY(conn, person_ids, since=_stored(conn, now - _HEALTH)):
            lately.setdefault(person_id, []).append(tuple(told))
        barred = await self._register.barred(conn, now)
        for person_id, one in found.items():
            one.barred = barred
            one.standings = standings
            one.prefers = prefers[person_id]
            one.places = self._places_of(keys, one)
            if person_id in lately:
                one.failed = failing(reversed(lately[person_id]))
        return found

    def _places_of(self, keys: Keys, one: Portrait) -> dict[str, Place]:
        """As `_places`, of one of many; `keys` has the key of whoever's number is to be read."""
        who = one.who
        found = {}
        for row in one.reached:
            number = None
            if who.id in keys and row.kind == AddressKind.PHONE:
                number = open_contact(keys, who.id, row.address_id, row.value_sealed)
            found[row.address_id] = place(
                zone=who.timezone, state=who.home, number=number, clinic_state=self._clinic_state
            )
        return found

    def ways(self, one: Portrait, purpose: Purpose, level: Level) -> list[Way]:
        """The ways to a person whom the clinic is to tell something of its own accord, best first. Pure."""
        who = one.who
        ways = self._ways(
            one.reached,
            one.standings,
            one.prefers,
            purpose,
            level,
            failed=one.failed,
            wrote=(),
            can_sign_in=who.can_sign_in,
            answering=False,
            places=one.places,
            barred=one.barred,
        )
        return ways if len(ways) < 2 else rank(ways, None, one.prefers.of(purpose).order)

    def _ways(
        self,
        reached: Sequence[Reached],
        standings: Mapping[str, Standing],
        prefers: Preferences,
        purpose: Purpose,
        level: Level,
        *,
        failed: Collection[tuple[str, str]],
        wrote: Collection[tuple[str, str]],
        can_sign_in: bool,
        answering: bool,
        places: Mapping[str, Place],
        barred: Collection[ChannelKind],
        media: bool = False,
    ) -> list[Way]:
        of_purpose = prefers.of(purpose)
        off = frozenset[ChannelKind]() if answering else of_purpose.off

        def fits(channel: ChannelKind, one: Reached) -> Shape:
            closed = channel in barred
            return shape(
                # A file is had in the portal alone: elsewhere goes a link to it.
                "full" if media else level,
                # Whoever carries it without an agreement may be told nothing of anybody, whatever the person wishes.
                "none" if closed else "limited" if media and channel is not _PORTAL else self._content[channel],
                open_here=not (media or closed) and (channel in prefers.whole or (channel, one.address_id) in wrote),
                # A device was signed up for notices behind the log-in.
                can_sign_in=can_sign_in or channel is ChannelKind.PUSH,
            )

        return [
            Way(
                channel=channel,
                address_id=one.address_id,
                state=state_for(channel, one.state, one.state_reason),
                standing=standings[one.address_id],
                shape=(found := fits(channel, one)),
                off=channel in off,
                failing=(channel, one.address_id) in failed,
                place=places.get(one.address_id, UNKNOWN),
                wanted=not answering and channel in of_purpose.order[:1],
                barred=found != "whole" and channel in barred,
            )
            for channel in self.channels
            for one in reached
            if one.kind == REACHES[channel]
        ]


def _stored(conn: AsyncConnection, moment: datetime) -> Any:
    return Moment.writer(conn.dialect)(moment)


async def _wrote_from(conn: AsyncConnection, thread_id: str, now: datetime) -> list[tuple[str, str]]:
    """From where the person wrote lately, as channels and addresses, the newest first."""
    given = {"thread": thread_id, "since": now - rulebook.load().answered_in_clear}
    return [(row.channel, row.address_id) for row in await conn.execute(_WROTE, given)]


async def _failing(conn: AsyncConnection, person_id: str, now: datetime) -> frozenset[tuple[str, str]]:
    """The ways to a person that did not work lately."""
    rows = await conn.execute(_LATELY, {"person": person_id, "since": now - _HEALTH})
    return failing((row.channel, row.address_id, row.state) for row in rows)


_STATE = sa.case(
    (
        sa.and_(person.c.deceased_at.is_not(None), address.c.state == sa.literal_column("'ok'")),
        sa.literal_column("'deceased'"),
    ),
    else_=address.c.state,
).label("state")


def _reached(*at: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """A person and their thread with each of their addresses, or with none in a single row."""
    return (
        sa.select(
            person.c.id,
            person.c.timezone,
            person.c.state.label("home"),
            person.c.preferred_channel,
            person.c.language,
            person.c.merged_into,
            # A birth date is on file, which whoever signs in is asked for.
            person.c.identity_blind.is_not(None).label("can_sign_in"),
            thread.c.id.label("thread_id"),
            address.c.id.label("address_id"),
            address.c.kind,
            _STATE,
            address.c.state_reason,
            contact.c.value_sealed,
        )
        .select_from(person)
        .outerjoin(thread, thread.c.person_id == person.c.id)
        .outerjoin(contact, sa.and_(contact.c.person_id == person.c.id, *at))
        .outerjoin(address, address.c.id == contact.c.address_id)
        .where(person.c.id == sa.bindparam("person", type_=Id()))
        .order_by(contact.c.created_at, address.c.id)
    )


# Built once: to build a statement costs more than to run it.
_REACHED = Prepared(_reached())
_REACHED_AT = Prepared(_reached(contact.c.address_id == sa.bindparam("address", type_=Id())))

_REACHED_MANY = Lookup(
    person.c.id,
    lambda among: (
        sa.select(
            person.c.id,
            person.c.timezone,
            person.c.preferred_channel,
            person.c.language,
            person.c.merged_into,
            person.c.profile_sealed,
            person.c.identity_blind.is_not(None),
            thread.c.id,
            person.c.state,
            address.c.id,
            address.c.kind,
            _STATE,
            address.c.state_reason,
            contact.c.value_sealed,
        )
        .select_from(person)
        .outerjoin(thread, thread.c.person_id == person.c.id)
        .outerjoin(contact, contact.c.person_id == person.c.id)
        .outerjoin(address, address.c.id == contact.c.address_id)
        .where(among)
        .order_by(person.c.id, contact.c.created_at, address.c.id)
    ),
)
_TOLD = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED)
_LATELY_MANY = Lookup(
    delivery.c.person_id,
    lambda among: (
        sa.select(delivery.c.person_id, delivery.c.channel, delivery.c.address_id, delivery.c.state)
        .where(
            among,
            delivery.c.created_at > sa.bindparam("since", type_=delivery.c.created_at.type),
            delivery.c.state.in_(
                [sa.literal_column(f"'{state}'") for state in ("sent", "delivered", "read", "failed")]
            ),
        )
        .order_by(delivery.c.id)
    ),
)
_CHANNELS: Mapping[str, ChannelKind] = {kind.value: kind for kind in ChannelKind}

_WROTE = (
    sa.select(message.c.channel, message.c.address_id)
    .where(
        message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type),
        message.c.direction == Direction.INBOUND,
        message.c.at > sa.bindparam("since", type_=message.c.at.type),
        message.c.address_id.is_not(None),
    )
    .group_by(message.c.channel, message.c.address_id)
    .order_by(sa.func.max(message.c.seq).desc())
)
_LATELY = (
    sa.select(delivery.c.channel, delivery.c.address_id, delivery.c.state)
    .where(
        delivery.c.person_id == sa.bindparam("person", type_=delivery.c.person_id.type),
        delivery.c.created_at > sa.bindparam("since", type_=delivery.c.created_at.type),
        delivery.c.state.in_(_TOLD),
    )
    .order_by(delivery.c.id.desc())
    .limit(50)
)
