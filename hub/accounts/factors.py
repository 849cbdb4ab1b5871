"""Second factors: the authenticator app of a user, and the codes that help who lost it. Each code is good once."""

import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts import totp
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import staff_passkey, staff_recovery, staff_user
from hub.signin import tokens
from hub.vault import HUB, Vault

__all__ = ["RECOVERY_CODES", "Factors"]

RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that nobody takes for another: a code has ten, some 49 bits."""


class Factors:
    """Keeps what second factors need, and checks codes."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def has(self, conn: AsyncConnection, user_id: str) -> bool:
        """Whether a user has any second factor."""
        app = sa.select(staff_user.c.id).where(staff_user.c.id == user_id, staff_user.c.totp_sealed.is_not(None))
        passkey = sa.select(staff_passkey.c.user_id).where(staff_passkey.c.user_id == user_id)
        return (await conn.execute(app.union_all(passkey).limit(1))).first() is not None

    async def check(self, conn: AsyncConnection, user_id: str, code: str) -> bool:
        """Whether it is the app's code, or a recovery code, in the caller's transaction; it is good no more then."""
        mine = staff_user.c.id == user_id
        # Locked: of two who bring the same code at once, one comes in.
        row: Any = (await conn.execute(sa.select(staff_user).where(mine).with_for_update())).first()
        if row is None:
            return False
        if row.totp_sealed is not None:
            keys = await self._vault.key(conn, HUB)
            secret = keys.open(HUB, row.totp_sealed, _place(user_id))
            step = totp.fitting(secret, code, self._clock.now(), row.totp_step)
            if step is not None:
                await conn.execute(sa.update(staff_user).where(mine).values(totp_step=step))
                return True
        return await self._recover(conn, user_id, code)

    async def take_app(self, conn: AsyncConnection, user_id: str, secret: bytes, step: int, by: Actor) -> None:
        """Take codes of the app with this secret from now on; `step` is that of the code that proved it."""
        keys = await self._vault.key(conn, HUB)
        given = {"totp_sealed": keys.seal(HUB, secret, _place(user_id)), "totp_step": step}
        await conn.execute(sa.update(staff_user).where(staff_user.c.id == user_id).values(given))
        await self._trail.record(conn, Entry(action="factor.add", actor=by, object_id=user_id, details={"what": "app"}))

    async def drop_app(self, conn: AsyncConnection, user_id: str, by: Actor) -> None:
        """Take codes of the app no more."""
        dropped = sa.update(staff_user).where(staff_user.c.id == user_id).values(totp_sealed=None)
        await conn.execute(dropped)
        entry = Entry(action="factor.remove", actor=by, object_id=user_id, details={"what": "app"})
        await self._trail.record(conn, entry)

    async def drop_all(self, conn: AsyncConnection, user_id: str, by: Actor) -> None:
        """Forget the app, the passkeys and the recovery codes of somebody who lost them."""
        await conn.execute(sa.delete(staff_passkey).where(staff_passkey.c.user_id == user_id))
        await conn.execute(sa.delete(staff_recovery).where(staff_recovery.c.user_id == user_id))
        await self.drop_app(conn, user_id, by)

    async def new_codes(self, conn: AsyncConnection, user_id: str, by: Actor) -> list[str]:
        """Recovery codes, to be shown once; those from before are good no more."""
        codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
        await conn.execute(sa.delete(staff_recovery).where(staff_recovery.c.user_id == user_id))
        rows = [{"blind": self._blind(user_id, code), "user_id": user_id} for code in codes]
        await insert_rows(conn, staff_recovery, rows)
        await self._trail.record(conn, Entry(action="factor.codes", actor=by, object_id=user_id))
        return [f"{code[:5]}-{code[5:]}" for code in codes]

    async def codes_left(self, conn: AsyncConnection, user_id: str) -> int:
        """How many recovery codes are still good."""
        query = sa.select(sa.func.count()).where(
            staff_recovery.c.user_id == user_id, staff_recovery.c.used_at.is_(None)
        )
        return int((await conn.execute(query)).scalar_one())

    async def _recover(self, conn: AsyncConnection, user_id: str, code: str) -> bool:
        plain = "".join(one for one in code.casefold() if one in _LETTERS)
        mine = sa.and_(
            staff_recovery.c.blind == self._blind(user_id, plain),
            staff_recovery.c.user_id == user_id,
            staff_recovery.c.used_at.is_(None),
        )
        used = await conn.execute(sa.update(staff_recovery).where(mine).values(used_at=self._clock.now()))
        return used.rowcount == 1

    def _blind(self, user_id: str, code: str) -> bytes:
        return tokens.blind(self._vault, "staff", "recovery", user_id, code)


def _place(user_id: str) -> Place:
    return Place("staff_user", "totp_sealed", user_id)
