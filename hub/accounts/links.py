"""What is good once: an invitation, a reset, a sign-in under way. Of its secret a keyed hash is kept alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import staff_link
from hub.signin import tokens
from hub.vault import HUB, Vault

__all__ = ["GOOD_FOR", "Kind", "Link", "Links"]

Kind = Literal["invitation", "reset", "second", "totp", "challenge", "openid"]
GOOD_FOR: dict[Kind, timedelta] = {
    "invitation": timedelta(days=3),
    "reset": timedelta(hours=1),
    "second": timedelta(minutes=10),
    "totp": timedelta(minutes=15),
    "challenge": timedelta(minutes=5),
    "openid": timedelta(minutes=10),
}
MOST_TRIES = 5
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a secret stands for: whose it is, and what was to be remembered."""

    kind: Kind
    user_id: str | None
    kept: bytes = field(repr=False)


class Links:
    """Makes them, and takes each once."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def make(
        self, conn: AsyncConnection, kind: Kind, *, user_id: str | None = None, kept: bytes = b"", secret: str = ""
    ) -> str:
        """The secret of a new one, in the caller's transaction; `secret` if it was drawn elsewhere.

        An invitation or a reset ends those of the same user that were made before.
        """
        now, secret = self._clock.now(), secret or tokens.drawn()
        blind = self._blind(secret)
        await conn.execute(sa.delete(staff_link).where(staff_link.c.ends_at < now - _KEPT))
        if kind in ("invitation", "reset"):
            await self.end(conn, user_id)
        keys = await self._vault.key(conn, HUB)
        row = {
            "blind": blind,
            "kind": kind,
            "user_id": user_id,
            "kept_sealed": keys.seal(HUB, kept, _place(blind)),
            "tries": 0,
            "created_at": now,
            "ends_at": now + GOOD_FOR[kind],
        }
        await insert_rows(conn, staff_link, [row])
        return secret

    async def end(self, conn: AsyncConnection, user_id: str | None) -> None:
        """End a user's invitations and resets, in the caller's transaction."""
        open_ones = sa.and_(
            staff_link.c.user_id == user_id,
            staff_link.c.kind.in_(("invitation", "reset")),
            staff_link.c.used_at.is_(None),
        )
        await conn.execute(sa.update(staff_link).where(open_ones).values(used_at=self._clock.now()))

    async def look(self, conn: AsyncConnection, secret: str, *kinds: Kind, trying: bool = False) -> Link | None:
        """What it stands for if it is still good; it stays so, though of tries it allows a few alone."""
        now = self._clock.now()
        mine = staff_link.c.blind == self._blind(secret)
        row: Any = (await conn.execute(sa.select(staff_link).where(mine).with_for_update())).first()
        if row is None or row.kind not in kinds or row.used_at is not None or row.ends_at <= now:
            return None
        if trying:
            if row.tries >= MOST_TRIES:
                return None
            await conn.execute(sa.update(staff_link).where(mine).values(tries=row.tries + 1))
        keys = await self._vault.key(conn, HUB)
        kept = keys.open(HUB, row.kept_sealed, _place(row.blind))
        return Link(kind=row.kind, user_id=row.user_id, kept=kept)

    async def take(self, conn: AsyncConnection, secret: str, *kinds: Kind) -> Link | None:
        """As `look`; from now on it is good no more."""
        link = await self.look(conn, secret, *kinds)
        if link is not None:
            used = sa.update(staff_link).where(staff_link.c.blind == self._blind(secret))
            await conn.execute(used.values(used_at=self._clock.now()))
        return link

    def _blind(self, secret: str) -> bytes:
        return tokens.blind(self._vault, "staff", "link", secret)


def _place(blind: bytes) -> Place:
    return Place("staff_link", "kept_sealed", blind.hex())
