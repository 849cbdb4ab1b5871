"""Passkeys of staff: the device, and what unlocks it, are two factors in one. A challenge is good once.

Source: NIST SP 800-63B-4 §3.1.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.links import Links
from hub.accounts.users import User, Users
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import staff_passkey, staff_user
from hub.signin import ceremonies, tokens
from hub.signin.ceremonies import LONGEST, Made, Party
from hub.types import new_id
from hub.vault import HUB, Vault

__all__ = ["MOST", "Passkey", "Passkeys"]

MOST = 10
"""Passkeys of one user."""
LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One of a user's passkeys, as the page lists it."""

    id: str
    label: str = field(repr=False)
    created_at: datetime
    used_at: datetime | None


class Passkeys:
    """Makes passkeys, and knows whose the one is that signed."""

    def __init__(
        self, *, db: Database, vault: Vault, trail: Trail, clock: Clock, users: Users, links: Links, base_url: str
    ) -> None:
        self._db = db
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._users = users
        self._links = links
        self.party: Party | None = ceremonies.party(base_url)

    def offered(self, host: str) -> bool:
        """Whether a page that was asked for at this host (with its port) can use them."""
        return self.party is not None and host.lower().partition(":")[0] == self.party.host

    async def of(self, conn: AsyncConnection, user_id: str) -> list[Passkey]:
        """The user's passkeys, oldest first."""
        query = sa.select(staff_passkey).where(staff_passkey.c.user_id == user_id)
        rows = (await conn.execute(query.order_by(staff_passkey.c.created_at, staff_passkey.c.id))).all()
        keys = await self._vault.key(conn, HUB)
        return [
            Passkey(
                id=row.id,
                label=keys.open(HUB, row.label_sealed, _place(row.id)).decode(),
                created_at=row.created_at,
                used_at=row.used_at,
            )
            for row in rows
        ]

    async def to_add(self, user: User, session_id: str, clinic: str) -> str | None:
        """What the browser makes a passkey of, as JSON; None where there can be no more of them."""
        challenge = tokens.challenge()

        async def unit(conn: AsyncConnection) -> Sequence[bytes] | None:
            there = sa.select(staff_passkey.c.credential).where(staff_passkey.c.user_id == user.id)
            known = (await conn.execute(there)).scalars().all()
            if len(known) >= MOST:
                return None
            kept = session_id.encode()
            await self._links.make(conn, "challenge", user_id=user.id, kept=kept, secret=challenge.hex())
            return known

        found = await self._db.write(unit) if self.party else None
        if self.party is None or found is None:
            return None
        return ceremonies.to_add(self.party, clinic, user.email, self._handle(user.id), challenge, found)

    async def add(self, conn: AsyncConnection, user: User, session_id: str, answer: str, label: str, by: Actor) -> bool:
        """Keep the passkey that the browser's `answer` is about, in the caller's transaction; False for any other."""
        at, label, claim = self.party, " ".join(label.split())[:LONGEST_LABEL], ceremonies.claimed(answer)
        if at is None or len(answer) > LONGEST:
            return False
        link = await self._links.take(conn, claim.challenge.hex(), "challenge")
        good = link is not None and link.user_id == user.id and link.kept == session_id.encode()
        made = ceremonies.made(at, answer, claim.challenge) if good else None
        if made is None or not await self._room_for(conn, user.id, made):
            return False
        passkey_id, keys = new_id(), await self._vault.key(conn, HUB)
        row = {
            "id": passkey_id,
            "user_id": user.id,
            "credential": made.credential,
            "public_key": made.public_key,
            "sign_count": made.counter,
            "label_sealed": keys.seal(HUB, label.encode(), _place(passkey_id)),
            "created_at": self._clock.now(),
        }
        await insert_rows(conn, staff_passkey, [row])
        entry = Entry(action="factor.add", actor=by, object_id=user.id, details={"what": "passkey"})
        await self._trail.record(conn, entry)
        return True

    async def to_enter(self) -> str | None:
        """What the browser asks any passkey of this hub to sign, as JSON; None where there are none."""
        challenge = tokens.challenge()
        if self.party is None:
            return None
        await self._db.write(lambda conn: self._links.make(conn, "challenge", secret=challenge.hex()))
        return ceremonies.to_enter(self.party, challenge)

    async def whose(self, conn: AsyncConnection, answer: str) -> User | None:
        """The active user whose passkey signed the browser's `answer`, in the caller's transaction; it counts once."""
        at, claim = self.party, ceremonies.claimed(answer)
        if at is None or len(answer) > LONGEST:
            return None
        link = await self._links.take(conn, claim.challenge.hex(), "challenge")
        if link is None or link.user_id is not None:
            return None
        query = sa.select(staff_passkey).where(staff_passkey.c.credential == claim.credential)
        row: Any = (await conn.execute(query.with_for_update())).first()
        if row is None or not tokens.same(self._handle(row.user_id), claim.handle):
            return None
        counter = ceremonies.signed(at, answer, claim.challenge, Made(row.credential, row.public_key, row.sign_count))
        user = await self._users.get(conn, row.user_id) if counter is not None else None
        if user is None or user.status != "active":
            return None
        used = sa.update(staff_passkey).where(staff_passkey.c.id == row.id)
        await conn.execute(used.values(sign_count=counter, used_at=self._clock.now()))
        return user

    async def remove(self, conn: AsyncConnection, user_id: str, passkey_id: str, by: Actor) -> bool:
        """Forget one of the user's own passkeys, in the caller's transaction; False when it is none of theirs."""
        mine = sa.and_(staff_passkey.c.id == passkey_id, staff_passkey.c.user_id == user_id)
        gone = await conn.execute(sa.delete(staff_passkey).where(mine).returning(staff_passkey.c.id))
        if gone.first() is None:
            return False
        entry = Entry(action="factor.remove", actor=by, object_id=user_id, details={"what": "passkey"})
        await self._trail.record(conn, entry)
        return True

    async def _room_for(self, conn: AsyncConnection, user_id: str, made: Made) -> bool:
        """Whether the user may have one more, and nobody has this one."""
        # Locked: two at once must not both be the last that there is room for.
        await conn.execute(sa.select(staff_user.c.id).where(staff_user.c.id == user_id).with_for_update())
        query = sa.select(staff_passkey.c.user_id, staff_passkey.c.credential).where(
            sa.or_(staff_passkey.c.user_id == user_id, staff_passkey.c.credential == made.credential)
        )
        rows = (await conn.execute(query)).all()
        return len(rows) < MOST and all(row.credential != made.credential for row in rows)

    def _handle(self, user_id: str) -> bytes:
        """What authenticators know a user by: it says nothing to anybody else."""
        return tokens.blind(self._vault, "staff", "passkey", user_id)


def _place(passkey_id: str) -> Place:
    return Place("staff_passkey", "label_sealed", passkey_id)
