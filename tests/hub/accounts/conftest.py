"""The staff's own stores, over either database."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.entering import Entering
from hub.accounts.factors import Factors
from hub.accounts.glass import Glass
from hub.accounts.links import Links
from hub.accounts.passkeys import Passkeys
from hub.accounts.passwords import Passwords
from hub.accounts.permissions import Role
from hub.accounts.sessions import Sessions
from hub.accounts.users import User, Users
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.signin.limits import Limits
from hub.vault import Vault

BY = Actor("system", "test")
PASSWORD = "tulip ferry nineteen"


@dataclass
class Accounts:
    """All that is kept of the staff. What it does is durable when it returns."""

    db: Database
    clock: FixedClock
    users: Users
    sessions: Sessions
    factors: Factors
    links: Links
    glass: Glass
    passwords: Passwords
    entering: Entering

    async def hire(self, email: str = "nora@example.org", role: Role = "agent", password: str = PASSWORD) -> User:
        kept = await self.passwords.hash(password) if password else None
        user_id = await self.write(self.users.add, email=email, name="Nora Quinn", role=role, by=BY, password_hash=kept)
        return await self.user(user_id)

    async def user(self, user_id: str) -> User:
        async with self.db.read() as conn:
            found = await self.users.get(conn, user_id)
        assert found is not None
        return found

    async def write(self, what: Any, *values: Any, **named: Any) -> Any:
        async def unit(conn: AsyncConnection) -> Any:
            return await what(conn, *values, **named)

        return await self.db.write(unit)


@pytest.fixture
def accounts(db: Database, vault: Vault, trail: Trail, clock: FixedClock) -> Accounts:
    users = Users(vault, trail, clock)
    sessions, links, factors = (
        Sessions(db, vault, trail, clock, users),
        Links(vault, clock),
        Factors(vault, trail, clock),
    )
    passwords, limits = Passwords(1), Limits(db, vault, clock)
    passkeys = Passkeys(
        db=db, vault=vault, trail=trail, clock=clock, users=users, links=links, base_url="http://localhost:1"
    )
    entering = Entering(
        db=db,
        users=users,
        sessions=sessions,
        passwords=passwords,
        factors=factors,
        links=links,
        passkeys=passkeys,
        limits=limits,
        trail=trail,
    )
    return Accounts(db, clock, users, sessions, factors, links, Glass(vault, trail, clock), passwords, entering)
