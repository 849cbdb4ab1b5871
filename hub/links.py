"""Links to what is to be read behind a log-in: opaque, each of one purpose, good for a while, and once.

A link alone opens nothing: whoever follows it gives the birth date as well. What is kept of it is a keyed hash.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import insert_rows
from hub.db.tables import portal_code
from hub.signin.tokens import blind, drawn
from hub.types import new_id
from hub.vault import Vault

GOOD_FOR = timedelta(days=3)
"""How long a link to a message opens the portal; after that a new code is asked for there."""
_KEPT = timedelta(days=1)


class Links:
    """Makes links into the portal under `base_url`."""

    def __init__(self, vault: Vault, base_url: str) -> None:
        self._vault = vault
        self._base = base_url

    def url(self, secret: str) -> str:
        """The web address of a link with this `secret`."""
        return f"{self._base}/portal/link/{secret}"

    async def make(self, conn: AsyncConnection, address_id: str, now: datetime) -> str:
        """The web address of a new link for whoever reads at this address, kept in the caller's transaction.

        No code belongs to it: it is opened by following it.
        """
        secret, link_id = drawn(), new_id()
        row = {
            "id": link_id,
            "ticket_blind": blind(self._vault, "portal", "ticket", drawn()),
            "link_blind": blind(self._vault, "portal", "link", secret),
            "code_blind": blind(self._vault, "portal", "code", link_id, drawn()),
            "address_id": address_id,
            "tries": 0,
            "created_at": now,
            "ends_at": now + GOOD_FOR,
        }
        await conn.execute(sa.delete(portal_code).where(portal_code.c.ends_at < now - _KEPT))
        await insert_rows(conn, portal_code, [row])
        return self.url(secret)
