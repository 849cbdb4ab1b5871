"""Wishes said in a message: kept as preferences for every purpose, with the yes that they are."""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.facts import ConsentState, Scope, Source
from consent.ledger import Ledger, NewFact
from consent.wishes import Wish
from hub.audit import Actor
from hub.people import Contact, People, Preference, PreferenceBook
from hub.reception.reading import Incoming
from hub.types import AddressKind, ChannelKind, Purpose

PURPOSES = tuple(one for one in Purpose if one is not Purpose.EMERGENCY)
"""What a person may have wishes about; what is about safety comes in every way there is."""
_ORDINARY = frozenset(Purpose) - rulebook.load().written
_PATIENT = Actor("patient")
_KINDS = {ChannelKind.EMAIL: AddressKind.MAILBOX, ChannelKind.SMS: AddressKind.PHONE}


class Wishing:
    """Keeps what persons wish."""

    def __init__(self, people: People, preferences: PreferenceBook, ledger: Ledger) -> None:
        self._people = people
        self._preferences = preferences
        self._ledger = ledger

    async def keep(self, conn: AsyncConnection, incoming: Incoming, wish: Wish) -> bool:
        """Keep the wish, in the caller's transaction; False where there is no address by which it could be kept.

        Who asks for mails or texts agrees to them, at the addresses that are theirs. Texts to a phone that opted out
        only START brings back.
        """
        person_id = incoming.person.id
        if wish.wanted == "fewer":
            await self._change(conn, person_id, None)
            return True
        channel = ChannelKind(wish.wanted)
        contacts = await self._people.contacts(conn, person_id)
        there = [one for one in contacts if one.address.kind is _KINDS[channel] and one.state == "ok"]
        await self._agree(conn, incoming, wish, channel, there)
        standings = await self._ledger.standings(conn, [one.address_id for one in there])
        if not any(one.of(channel, Purpose.CARE).state is not ConsentState.REVOKE for one in standings.values()):
            return False
        await self._change(conn, person_id, channel)
        return True

    async def _change(self, conn: AsyncConnection, person_id: str, first: ChannelKind | None) -> None:
        """Put a channel first for every purpose, and turn it on; without one, ask for fewer messages."""
        known = await self._preferences.read(conn, person_id)
        for purpose in PURPOSES:
            kept = known.by_purpose.get(purpose, Preference())
            order, off, per_week = kept.order or known.of(purpose).order, kept.off, kept.per_week
            if first is None:
                order = kept.order
                per_week = min(rulebook.load().fewer, per_week or rulebook.load().fewer)
            else:
                order, off = (first, *(one for one in order if one is not first)), off - {first}
            await self._preferences.change(
                conn,
                person_id,
                purpose,
                order=order,
                off=off,
                between=kept.between,
                per_week=per_week,
                language=kept.language,
                actor=_PATIENT,
            )

    async def _agree(
        self, conn: AsyncConnection, incoming: Incoming, wish: Wish, channel: ChannelKind, there: list[Contact]
    ) -> None:
        """Record the yes that the wish is, where nothing was said yet, or a mailbox had said no."""
        asked = {None, ConsentState.REVOKE} if channel is ChannelKind.EMAIL else {None}
        standings = await self._ledger.standings(conn, [one.address_id for one in there])
        facts = [
            NewFact(
                address_id=one.address_id,
                person_id=incoming.person.id,
                state=ConsentState.GRANT,
                scope=Scope(channels=frozenset({channel}), purposes=_ORDINARY),
                source=Source.WORDS,
                at=incoming.at,
                actor=_PATIENT,
                message_id=incoming.message_id,
                evidence={
                    "words": incoming.text[:500],
                    "how": f"a message by {incoming.channel.value}",
                    "matched": wish.matched,
                    "list": wish.list_version,
                },
            )
            for one in there
            if standings[one.address_id].of(channel, Purpose.CARE).state in asked
        ]
        await self._ledger.record(conn, *facts)
