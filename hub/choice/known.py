"""What is known of a person when something is to be told to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.asking import Wishes
from consent.ledger import Ledger
from consent.policy import state_for
from consent.whereabouts import UNKNOWN, Place, place
from hub.choice.deciding import answers, automated
from hub.choice.ranking import REACHES, Way, failing, rank, shape
from hub.db.columns import Id
from hub.db.tables import address, contact, delivery, message, person, thread
from hub.people import PreferenceBook, Preferences
from hub.sealed import open_contact
from hub.types import AddressKind, AuthorKind, ChannelKind, DeliveryState, Direction, Intent, Level
from hub.vault import Vault

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
    ) -> None:
        self._vault = vault
        self._clinic_state = clinic_state
        self._ledger = ledger
        self._preferences = preferences
        self.channels = tuple(channels)
        self._content = {kind: cast(Level, content.get(kind, most)) for kind, most in rulebook.load().content.items()}

    async def read(self, conn: AsyncConnection, intent: Intent, now: datetime) -> Known:
        """What is known of the person whom `intent` is for, in the caller's transaction."""
        if intent.address_id is None:
            rows = (await conn.execute(_REACHED, {"person": intent.person_id})).all()
        else:
            at = {"person": intent.person_id, "address": intent.address_id}
            rows = (await conn.execute(_REACHED_AT, at)).all()
        found = [row for row in rows if row.address_id is not None]
        standings = await self._ledger.standings(conn, [row.address_id for row in found]) if found else {}
        who, staff = rows[0], intent.author is AuthorKind.STAFF
        answering = answers(intent, now)
        prefers = Preferences(default=who.preferred_channel)
        if staff or not answering or intent.channel is None:
            prefers = await self._preferences.read(conn, intent.person_id)
        of_purpose = prefers.of(intent.purpose)
        wrote = await _wrote_from(conn, who.thread_id, now) if staff and who.thread_id else []
        places = await self._places(conn, intent, who, found) if automated(intent) else {}
        failed = await _failing(conn, intent.person_id, now) if intent.channel is None else frozenset()
        ways = [
            Way(
                channel=channel,
                address_id=row.address_id,
                state=state_for(channel, row.state, row.state_reason),
                standing=standings[row.address_id],
                shape=shape(
                    # A file is had in the portal alone: elsewhere goes a link to it.
                    "full" if intent.media else intent.level,
                    "limited" if intent.media and channel is not ChannelKind.PORTAL else self._content[channel],
                    open_here=not intent.media and (channel in prefers.whole or (channel, row.address_id) in wrote),
                    # A device was signed up for notices behind the log-in.
                    can_sign_in=who.can_sign_in or channel is ChannelKind.PUSH,
                ),
                off=not answering and channel in of_purpose.off,
                failing=(channel, row.address_id) in failed,
                place=places.get(row.address_id, UNKNOWN),
                wanted=not answering and channel in of_purpose.order[:1],
            )
            for channel in self.channels
            for row in found
            if row.kind == REACHES[channel]
        ]
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


async def _wrote_from(conn: AsyncConnection, thread_id: str, now: datetime) -> list[tuple[str, str]]:
    """From where the person wrote lately, as channels and addresses, the newest first."""
    given = {"thread": thread_id, "since": now - rulebook.load().answered_in_clear}
    return [(row.channel, row.address_id) for row in await conn.execute(_WROTE, given)]


async def _failing(conn: AsyncConnection, person_id: str, now: datetime) -> frozenset[tuple[str, str]]:
    """The ways to a person that did not work lately."""
    rows = await conn.execute(_LATELY, {"person": person_id, "since": now - _HEALTH})
    return failing((row.channel, row.address_id, row.state) for row in rows)


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
            address.c.state,
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
_REACHED = _reached()
_REACHED_AT = _reached(contact.c.address_id == sa.bindparam("address", type_=Id()))

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
        delivery.c.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED)),
    )
    .order_by(delivery.c.id.desc())
    .limit(50)
)
