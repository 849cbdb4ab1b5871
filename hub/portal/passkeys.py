"""Passkeys: signing in with the device's own lock, once somebody has signed in with a code.

```
 add    challenge ─► browser ─► authenticator ─► public key, and the challenge signed   ║ portal_passkey
 enter  challenge ─► browser ─► authenticator ─► the challenge signed                   ║ counter + session
```

A passkey is two factors in one: the device, and what unlocks it. It names its person itself (discoverable), so that
nobody types an address. A challenge is good once.

Source: NIST SP 800-63B-4 §3.1.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import person, portal_challenge, portal_passkey
from hub.parts import Parts
from hub.portal.codes import Entered, NotEntered
from hub.portal.drawing import readable
from hub.portal.sessions import Session, Sessions
from hub.router import Routed
from hub.signin import ceremonies, tokens
from hub.signin.ceremonies import LONGEST, Made, Party
from hub.types import AuthorKind, ChannelKind, Intent, Language, Purpose, new_id
from templates import render

MOST = 10
"""Passkeys of one person."""
LONGEST_LABEL = 40
_SYSTEM = Actor("system", "portal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One of a person's passkeys, as the page lists it."""

    id: str
    label: str = field(repr=False)
    created_at: datetime
    used_at: datetime | None


class Passkeys:
    """Makes passkeys, and lets in whoever holds one."""

    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions

    @cached_property
    def party(self) -> Party | None:
        """Whom passkeys are made for; None where there can be none."""
        return ceremonies.party(self._parts.settings.base_url)

    def offered(self, host: str) -> bool:
        """Whether a page that was asked for at this host (with its port) can use them."""
        return self.party is not None and host.lower().partition(":")[0] == self.party.host

    async def of(self, conn: AsyncConnection, person_id: str) -> list[Passkey]:
        """The person's passkeys, oldest first."""
        query = sa.select(portal_passkey).where(portal_passkey.c.person_id == person_id)
        rows = (await conn.execute(query.order_by(portal_passkey.c.created_at, portal_passkey.c.id))).all()
        keys = await self._parts.vault.keys(conn, (person_id,))
        return [
            Passkey(
                id=row.id,
                label=keys.open(person_id, row.label_sealed, _place(row.id, person_id)).decode(),
                created_at=row.created_at,
                used_at=row.used_at,
            )
            for row in rows
        ]

    async def to_add(self, session: Session) -> str | None:
        """What the browser makes a passkey of, as JSON; None where there can be no more of them."""
        challenge = tokens.challenge()

        async def unit(conn: AsyncConnection) -> tuple[str, Sequence[bytes]] | None:
            there = sa.select(portal_passkey.c.credential).where(portal_passkey.c.person_id == session.person_id)
            known = (await conn.execute(there)).scalars().all()
            who = await self._parts.people.get(conn, session.person_id)
            if who is None or len(known) >= MOST:
                return None
            await self._keep(conn, challenge, session.id)
            return who.profile.given_name, known

        found = await self._parts.db.write(unit) if self.party else None
        if self.party is None or found is None:
            return None
        clinic, (name, known) = self._parts.settings.clinic_name, found
        return ceremonies.to_add(self.party, clinic, name or clinic, self._handle(session.person_id), challenge, known)

    async def add(self, session: Session, answer: str, label: str) -> bool:
        """Keep the passkey that the browser's `answer`, a credential as JSON, is about; False for any other answer."""
        at, label, claim = self.party, " ".join(label.split())[:LONGEST_LABEL], ceremonies.claimed(answer)
        if at is None or len(answer) > LONGEST:
            return False

        async def unit(conn: AsyncConnection) -> Routed | None:
            good = await self._use(conn, claim.challenge, session.id)
            made = ceremonies.made(at, answer, claim.challenge) if good else None
            if made is None or not await self._room_for(conn, session.person_id, made):
                refusal = _entry("portal.refuse", session.actor, session.person_id, why="passkey")
                await self._parts.trail.record(conn, refusal)
                return None
            passkey_id, who = new_id(), session.person_id
            keys = await self._parts.vault.key(conn, who)
            row = {
                "id": passkey_id,
                "person_id": who,
                "credential": made.credential,
                "public_key": made.public_key,
                "sign_count": made.counter,
                "label_sealed": keys.seal(who, label.encode(), _place(passkey_id, who)),
                "created_at": self._parts.clock.now(),
                "used_at": None,
            }
            await insert_rows(conn, portal_passkey, [row])
            await self._parts.trail.record(conn, _entry("portal.passkey_add", session.actor, who, object_id=passkey_id))
            return await self._parts.router.route_in(conn, self._told(session, passkey_id))

        told = await self._parts.db.write(unit)
        if told is not None:
            self._parts.router.announce(told)
        return told is not None

    async def to_enter(self) -> str | None:
        """What a browser signs in with, as JSON; None where there are no passkeys."""
        challenge, at = tokens.challenge(), self.party
        if at is None:
            return None

        async def unit(conn: AsyncConnection) -> None:
            await self._keep(conn, challenge, None)

        await self._parts.db.write(unit)
        return ceremonies.to_enter(at, challenge)

    async def enter(
        self, answer: str, *, language: Language | None, earlier: str = "", device: str = ""
    ) -> Entered | NotEntered:
        """Let in whoever holds the passkey that signed the browser's `answer`; `earlier` as for a code."""
        at, claim = self.party, ceremonies.claimed(answer)
        if at is None or len(answer) > LONGEST:
            return NotEntered("wrong")

        async def unit(conn: AsyncConnection) -> Entered | NotEntered:
            good = await self._use(conn, claim.challenge, None)
            # Locked: a signature that came twice is counted once, and is too old the second time.
            query = sa.select(portal_passkey).where(portal_passkey.c.credential == claim.credential)
            row: Any = (await conn.execute(query.with_for_update())).first() if good else None
            counter = None
            if row is not None and tokens.same(self._handle(row.person_id), claim.handle):
                known = Made(row.credential, row.public_key, row.sign_count)
                counter = ceremonies.signed(at, answer, claim.challenge, known)
            who = await self._parts.people.get(conn, row.person_id) if counter is not None else None
            if who is None:
                person_id, passkey_id = (row.person_id, row.id) if row is not None else (None, "")
                refusal = _entry("portal.refuse", _SYSTEM, person_id, why="passkey", object_id=passkey_id)
                await self._parts.trail.record(conn, refusal)
                return NotEntered("wrong")
            used = sa.update(portal_passkey).where(portal_passkey.c.id == row.id)
            await conn.execute(used.values(sign_count=counter, used_at=self._parts.clock.now()))
            if earlier:
                await self._sessions.end_in(conn, earlier)
            speaks: Language = language or ("es" if who.language == "es" else "en")
            return Entered(await self._sessions.begin(conn, who.id, speaks, way="passkey", device=device))

        return await self._parts.db.write(unit)

    async def remove(self, session: Session, passkey_id: str) -> bool:
        """Forget one of the person's own passkeys; False when it is none of theirs."""

        async def unit(conn: AsyncConnection) -> bool:
            mine = sa.and_(portal_passkey.c.id == passkey_id, portal_passkey.c.person_id == session.person_id)
            gone = await conn.execute(sa.delete(portal_passkey).where(mine).returning(portal_passkey.c.id))
            if gone.first() is None:
                return False
            entry = _entry("portal.passkey_remove", session.actor, session.person_id, object_id=passkey_id)
            await self._parts.trail.record(conn, entry)
            return True

        return await self._parts.db.write(unit)

    def _told(self, session: Session, passkey_id: str) -> Intent:
        """What the person is told of a new passkey, by whatever way reaches them: perhaps it was somebody else's."""
        settings, now = self._parts.settings, self._parts.clock.now()
        words = {"clinic": settings.clinic_name, "phone": readable(settings.clinic_phone)}
        return Intent(
            key=f"portal.passkey:{passkey_id}",
            person_id=session.person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.SYSTEM,
            level="none",
            body=render("portal.passkey_added", words, session.language, ChannelKind.SMS, settings.timezone).text,
            replies_to=now,
        )

    async def _room_for(self, conn: AsyncConnection, person_id: str, made: Made) -> bool:
        """Whether the person may have one more, and nobody has this one."""
        # Locked: two at once must not both be the last that there is room for.
        await conn.execute(sa.select(person.c.id).where(person.c.id == person_id).with_for_update(key_share=True))
        query = sa.select(portal_passkey.c.person_id, portal_passkey.c.credential).where(
            sa.or_(portal_passkey.c.person_id == person_id, portal_passkey.c.credential == made.credential)
        )
        rows = (await conn.execute(query)).all()
        return len(rows) < MOST and all(row.credential != made.credential for row in rows)

    async def _keep(self, conn: AsyncConnection, challenge: bytes, session_id: str | None) -> None:
        now = self._parts.clock.now()
        await conn.execute(sa.delete(portal_challenge).where(portal_challenge.c.ends_at <= now))
        row = {"blind": self._blind(challenge), "session_id": session_id, "ends_at": now + ceremonies.GOOD_FOR}
        await insert_rows(conn, portal_challenge, [row])

    async def _use(self, conn: AsyncConnection, challenge: bytes, session_id: str | None) -> bool:
        """Whether the challenge was given out for this and is still good; from now on it is not."""
        found = sa.delete(portal_challenge).where(portal_challenge.c.blind == self._blind(challenge))
        gone = (await conn.execute(found.returning(portal_challenge.c.session_id, portal_challenge.c.ends_at))).first()
        return gone is not None and gone.session_id == session_id and gone.ends_at > self._parts.clock.now()

    def _blind(self, challenge: bytes) -> bytes:
        return tokens.blind(self._parts.vault, "portal", "challenge", challenge.hex())

    def _handle(self, person_id: str) -> bytes:
        """What authenticators know a person by: it says nothing to anybody else."""
        return tokens.blind(self._parts.vault, "portal", "passkey", person_id)


def _entry(action: str, actor: Actor, person_id: str | None, *, why: str = "", object_id: str = "") -> Entry:
    details = {"why": why} if why else {}
    return Entry(action=action, actor=actor, person_id=person_id, object_id=object_id, details=details)


def _place(passkey_id: str, person_id: str) -> Place:
    return Place("portal_passkey", "label_sealed", passkey_id, person_id)
