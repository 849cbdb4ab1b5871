"""How often one client may try something: counted in the database, for all processes and through a restart."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import portal_tried
from hub.settings import Network
from hub.signin import tokens
from hub.vault import Vault


@dataclass(frozen=True, slots=True)
class Limit:
    """`what` may be tried `most` times within `span`, which begins with the first try."""

    what: str
    most: int
    span: timedelta


ASKING = Limit("ask", 10, timedelta(minutes=10))
"""For codes."""
ENTERING = Limit("enter", 30, timedelta(minutes=10))
"""With a code, a link or a passkey."""


class Limits:
    """Counts tries. Of a client nothing is kept but a keyed hash, and that until its span is over."""

    def __init__(self, db: Database, vault: Vault, clock: Clock) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock

    async def allows(self, limit: Limit, client: str) -> bool:
        """Whether `client`, an IP address or an account, may try once more; if so, it counts, for every process."""
        blind = self._blind(limit, client)

        async def unit(conn: AsyncConnection) -> bool:
            now = self._clock.now()
            mine = portal_tried.c.blind == blind
            # Locked: of two tries at once, one counts first. A first try that another process makes, too, is undone by
            # the key, and run again.
            row = (await conn.execute(sa.select(portal_tried).where(mine).with_for_update())).first()
            if row is not None and row.ends_at > now:
                if row.times >= limit.most:
                    return False
                await conn.execute(sa.update(portal_tried).where(mine).values(times=row.times + 1))
                return True
            await conn.execute(sa.delete(portal_tried).where(sa.or_(mine, portal_tried.c.ends_at <= now)))
            await insert_rows(conn, portal_tried, [{"blind": blind, "times": 1, "ends_at": now + limit.span}])
            return True

        return await self._db.write(unit)

    async def forgive(self, conn: AsyncConnection, limit: Limit, client: str) -> None:
        """Count anew: `client` did what was to be tried. In the caller's transaction."""
        await conn.execute(sa.delete(portal_tried).where(portal_tried.c.blind == self._blind(limit, client)))

    def _blind(self, limit: Limit, client: str) -> bytes:
        return tokens.blind(self._vault, "portal", "tried", limit.what, network(client))


def client(remote: str, forwarded: Sequence[str], proxies: Collection[Network]) -> str:
    """Whose request it is: who called, or, where that was one of our proxies, whom it says it called for. Pure.

    forwarded: every `X-Forwarded-For` in order. It is read from its end, and only as far as our own proxies wrote it.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    found = remote
    while hops and _one_of(found, proxies):
        hop = hops.pop()
        try:
            ip_address(hop)
        except ValueError:
            break
        found = hop
    return found


def _one_of(client: str, proxies: Collection[Network]) -> bool:
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in one for one in proxies)


def network(client: str) -> str:
    """Whom an IP address stands for: of IPv6 the network of 64 bits, for each client has one to choose from."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)
