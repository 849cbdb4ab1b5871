"""Signing in: a code and a link to an address on the books, and the birth date of whoever uses them.

Nothing here tells a stranger whether an address is known: what is asked for is answered before it is looked at, and a
code that does not fit is refused in the same words as one that was never sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from hub.audit import Actor, Entry
from hub.db.bulk import insert_rows
from hub.db.tables import address, contact, portal_code
from hub.parts import Parts
from hub.people import Person
from hub.portal.sessions import Sessions
from hub.router import Routed
from hub.sealed import PERSONAL
from hub.signin import tokens
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, Intent, Language, Purpose, new_id
from templates import render

GOOD_FOR = timedelta(minutes=10)
MOST_TRIES = 5
"""Codes or birth dates that may be tried with one code."""
MOST_CODES = 5
"""Codes that one address gets within an hour."""
_HOUR = timedelta(hours=1)
_KEPT = timedelta(days=1)
_SYSTEM = Actor("system", "portal")
_CHANNELS = {AddressKind.PHONE: ChannelKind.SMS, AddressKind.MAILBOX: ChannelKind.EMAIL}

KEY = PERSONAL
"""How the intent keys of codes begin: the portal does not show its own codes."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Signed in: `secret` is for the cookie of the person's browser."""

    secret: str


@dataclass(frozen=True, slots=True)
class NotEntered:
    """wrong: code, link or birth date do not fit, or have run out; which of it is not told.
    ambiguous: code or link were right, and several persons fit: staff must help.
    """

    why: Literal["wrong", "ambiguous"]


def address_of(said: str, region: str) -> Address | None:
    """The phone number or mailbox that was typed, in its normal form; None for what is neither."""
    said = said.strip()
    if "@" in said:
        name, _, host = said.lower().rpartition("@")
        whole = name and "." in host and said.isprintable() and not any(c.isspace() for c in said)
        return Address(AddressKind.MAILBOX, said.lower()) if whole and len(said) <= 254 else None
    number = e164(said, region)
    return Address(AddressKind.PHONE, number) if number else None


class Codes:
    """Sends codes, and lets in whoever brings one with the right birth date."""

    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions

    async def send(self, to: Address, ticket: str, language: Language | None) -> None:
        """Send a code to an address on the books; to any other, and to one that has had too many, nothing.

        `ticket` is what the page carries on which the code is typed.
        """

        async def unit(conn: AsyncConnection) -> Routed | None:
            return await self._send_in(conn, to, ticket, language)

        routed = await self._parts.db.write(unit)
        if routed is not None:
            self._parts.router.announce(routed)

    async def _send_in(
        self, conn: AsyncConnection, to: Address, ticket: str, language: Language | None
    ) -> Routed | None:
        parts, now = self._parts, self._parts.clock.now()
        blind = parts.vault.blind.of(to.kind.value, to.value)
        # Locked: two requests at once must not both be the last that is allowed.
        known = sa.select(address.c.id).where(address.c.kind == to.kind.value, address.c.blind == blind)
        address_id = (await conn.execute(known.with_for_update())).scalar_one_or_none()
        persons = () if address_id is None else await parts.identifier.on_line(conn, address_id)
        if address_id is None or not persons:
            await parts.trail.record(conn, _refused("unknown"))
            return None
        if await _recent(conn, address_id, now) >= MOST_CODES:
            await parts.trail.record(conn, _refused("too_many", address_id))
            return None
        # A code for an address that several share goes into the thread of the line, which is nobody's.
        sender = (await parts.senders.resolve(conn, (to,)))[to]
        code, link, code_id = tokens.short_code(), tokens.drawn(), new_id()
        row = {
            "id": code_id,
            "ticket_blind": self._blind("ticket", ticket),
            "link_blind": self._blind("link", link),
            "code_blind": self._blind("code", code_id, code),
            "address_id": address_id,
            "tries": 0,
            "created_at": now,
            "ends_at": now + GOOD_FOR,
        }
        await conn.execute(sa.delete(portal_code).where(portal_code.c.ends_at < now - _KEPT))
        await insert_rows(conn, portal_code, [row])
        details = {"address": address_id}
        await parts.trail.record(conn, Entry(action="portal.code", actor=_SYSTEM, object_id=code_id, details=details))
        speaks = (await parts.people.many(conn, persons))[persons[0]].language
        words = {
            "clinic": parts.settings.told_name,
            "code": code,
            "link": f"{parts.settings.base_url}/portal/link/{link}",
            "minutes": int(GOOD_FOR.total_seconds()) // 60,
        }
        channel = _CHANNELS[to.kind]
        spoken: Language = language or ("es" if speaks == "es" else "en")
        intent = Intent(
            key=f"{KEY}{code_id}",
            person_id=sender.person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.SYSTEM,
            body=render("portal.code", words, spoken, channel, parts.settings.timezone).text,
            level="none",
            channel=channel,
            address_id=address_id,
            # Whoever asks for it waits for it: it answers them, at any hour.
            replies_to=now,
        )
        return await parts.router.route_in(conn, intent)

    async def enter(
        self,
        *,
        ticket: str = "",
        code: str = "",
        link: str = "",
        born: date | None,
        language: Language | None,
        earlier: str = "",
        device: str = "",
    ) -> Entered | NotEntered:
        """Let in whoever brings the `code` sent for `ticket`, or the secret of the `link`, and was `born` then.

        Each call is one of the tries. `earlier` is the secret of a session that the browser had before: it ends.
        """

        async def unit(conn: AsyncConnection) -> Entered | NotEntered:
            row = await self._under_way(conn, ticket, link)
            if row is None:
                return NotEntered("wrong")
            tried = sa.update(portal_code).where(portal_code.c.id == row.id).values(tries=row.tries + 1)
            await conn.execute(tried)
            proved = bool(link) or tokens.same(row.code_blind, self._blind("code", row.id, code))
            fitting = await self._born(conn, row.address_id, born)
            if not proved or not fitting:
                await self._parts.trail.record(conn, _refused("wrong", row.address_id))
                return NotEntered("wrong")
            used = sa.update(portal_code).where(portal_code.c.id == row.id).values(used_at=self._parts.clock.now())
            await conn.execute(used)
            if len(fitting) > 1:
                await self._parts.trail.record(conn, _refused("ambiguous", row.address_id))
                return NotEntered("ambiguous")
            (person,) = fitting
            await self.give_address(conn, person.id)
            theirs = sa.and_(contact.c.person_id == person.id, contact.c.address_id == row.address_id)
            shown = sa.update(contact).where(theirs)
            await conn.execute(shown.values(verified_how="portal", verified_at=self._parts.clock.now()))
            if earlier:
                await self._sessions.end_in(conn, earlier)
            speaks: Language = language or ("es" if person.language == "es" else "en")
            return Entered(await self._sessions.begin(conn, person.id, speaks, device=device))

        return await self._parts.db.write(unit)

    async def _under_way(self, conn: AsyncConnection, ticket: str, link: str) -> Any:
        """The code that was sent, while it may still be used."""
        found = (
            portal_code.c.link_blind == self._blind("link", link)
            if link
            else portal_code.c.ticket_blind == self._blind("ticket", ticket)
        )
        query = sa.select(portal_code).where(
            found,
            portal_code.c.used_at.is_(None),
            portal_code.c.ends_at > self._parts.clock.now(),
            portal_code.c.tries < MOST_TRIES,
        )
        return (await conn.execute(query.with_for_update())).first()

    async def _born(self, conn: AsyncConnection, address_id: str, born: date | None) -> Sequence[Person]:
        """Those on the address who were born then. Each is compared, whatever the others came to."""
        persons = await self._parts.identifier.on_line(conn, address_id)
        said = born.isoformat().encode() if born else b""
        fitting = []
        for one in (await self._parts.people.many(conn, persons)).values():
            on_file = one.profile.birth_date
            if tokens.same(on_file.isoformat().encode() if on_file else b"none", said):
                fitting.append(one)
        return fitting

    async def give_address(self, conn: AsyncConnection, person_id: str) -> None:
        """Make the address at which the person reads and writes in the portal, the first time.

        A record that others were merged into has theirs, and needs no other.
        """
        query = (
            sa.select(address.c.id)
            .join(contact, contact.c.address_id == address.c.id)
            .where(contact.c.person_id == person_id, address.c.kind == AddressKind.PORTAL)
        )
        if (await conn.execute(query)).first() is None:
            await self._parts.people.reach_at(conn, person_id, Address(AddressKind.PORTAL, person_id), "portal")

    def _blind(self, what: str, *said: str) -> bytes:
        return tokens.blind(self._parts.vault, "portal", what, *said)


async def _recent(conn: AsyncConnection, address_id: str, now: datetime) -> int:
    """How many codes the address got within the last hour."""
    query = sa.select(sa.func.count()).where(
        portal_code.c.address_id == address_id,
        portal_code.c.created_at > now - _HOUR,
        # Links to messages are good for longer, and nobody asked for them.
        portal_code.c.ends_at <= now + GOOD_FOR,
    )
    return int((await conn.execute(query)).scalar_one())


def _refused(why: str, address_id: str = "") -> Entry:
    return Entry(action="portal.refuse", actor=_SYSTEM, object_id=address_id, details={"why": why})
