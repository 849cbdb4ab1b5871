"""Coming in: what somebody proves turns into a session, or into a further question.

```
 password ─► no second factor: a session (the pages then lead to setting one up)
          └► a second factor: a ticket ─► code of the app, recovery code ─► a strong session
 passkey ─► a strong session                 OpenID ─► a session, strong if the provider says so
```

Who is not known, has no password or is disabled gets the same answer after the same time.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.factors import Factors
from hub.accounts.links import Links
from hub.accounts.openid import Proved
from hub.accounts.passkeys import Passkeys
from hub.accounts.passwords import Passwords
from hub.accounts.sessions import Session, Sessions, Way
from hub.accounts.users import User, Users
from hub.audit import Actor, Entry, Trail
from hub.db import Database
from hub.signin.limits import Limit, Limits

__all__ = ["BY_ACCOUNT", "BY_CLIENT", "Came", "Entering", "NotIn", "Second"]

BY_CLIENT = Limit("staff.client", 40, timedelta(minutes=10))
"""Tries of one client, whoever it says it is: a clinic's staff share an address."""
BY_ACCOUNT = Limit("staff.account", 10, timedelta(minutes=15))
"""Failed tries of one account, wherever from. Whether there is such an account does not matter."""
_NOBODY = Actor("staff")


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody is in, by a session with this secret."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Second:
    """The password was right: a second factor is asked for, under this ticket. `app`: whether codes of an app help."""

    ticket: str = field(repr=False)
    app: bool


@dataclass(frozen=True, slots=True)
class NotIn:
    """Nobody is in."""

    why: Literal["wrong", "often"]


class Entering:
    """Lets in whoever proves who they are."""

    def __init__(
        self,
        *,
        db: Database,
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        factors: Factors,
        links: Links,
        passkeys: Passkeys,
        limits: Limits,
        trail: Trail,
    ) -> None:
        self._db = db
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._factors = factors
        self._links = links
        self._passkeys = passkeys
        self._limits = limits
        self._trail = trail

    async def by_password(self, email: str, password: str, *, earlier: str, device: str) -> Came | Second | NotIn:
        """In with a password, or on to the second factor. `earlier` is the secret of a session that ends then."""
        account = email.strip().casefold()[:254]
        if not await self._limits.allows(BY_ACCOUNT, account):
            return NotIn("often")
        user, kept = await self._kept(email)
        right = await self._passwords.check(kept, password)
        fresh = await self._passwords.hash(password) if right and kept and self._passwords.outdated(kept) else ""

        async def unit(conn: AsyncConnection) -> Came | Second | NotIn:
            if user is None or not right:
                await self._failed(conn, user, "password")
                return NotIn("wrong")
            if fresh and kept:
                await self._users.rehash(conn, user.id, kept, fresh)
            if await self._factors.has(conn, user.id):
                ticket = await self._links.make(conn, "second", user_id=user.id, kept=account.encode())
                return Second(ticket, user.totp or await self._factors.codes_left(conn, user.id) > 0)
            await self._limits.forgive(conn, BY_ACCOUNT, account)
            return await self.begin(conn, user, "password", strong=False, earlier=earlier, device=device)

        return await self._db.write(unit)

    async def by_code(self, ticket: str, code: str, *, earlier: str, device: str) -> Came | NotIn:
        """In with the second factor: a code of the app, or a recovery code."""

        async def unit(conn: AsyncConnection) -> Came | NotIn:
            link = await self._links.look(conn, ticket, "second", trying=True)
            user = await self._users.get(conn, link.user_id) if link is not None and link.user_id else None
            if link is None or user is None or user.status != "active":
                return NotIn("wrong")
            if not await self._factors.check(conn, user.id, code):
                await self._failed(conn, user, "code")
                return NotIn("wrong")
            await self._links.take(conn, ticket, "second")
            await self._limits.forgive(conn, BY_ACCOUNT, link.kept.decode())
            return await self.begin(conn, user, "password", strong=True, earlier=earlier, device=device)

        return await self._db.write(unit)

    async def by_passkey(self, answer: str, *, earlier: str, device: str) -> Came | NotIn:
        """In with what a passkey signed."""

        async def unit(conn: AsyncConnection) -> Came | NotIn:
            user = await self._passkeys.whose(conn, answer)
            if user is None:
                await self._failed(conn, None, "passkey")
                return NotIn("wrong")
            return await self.begin(conn, user, "passkey", strong=True, earlier=earlier, device=device)

        return await self._db.write(unit)

    async def by_openid(self, proved: Proved, *, earlier: str, device: str) -> Came | Second | NotIn:
        """In with another provider's word: as the user tied to it, the first time as the one with that mailbox."""

        async def unit(conn: AsyncConnection) -> Came | Second | NotIn:
            user = await self._users.by_openid(conn, proved.issuer, proved.subject)
            if user is None and proved.email:
                known = await self._users.by_email(conn, proved.email)
                if known is not None and await self._users.tie(conn, known, proved.issuer, proved.subject):
                    user = await self._users.get(conn, known.id)
            if user is None or user.status != "active":
                await self._failed(conn, user, "openid")
                return NotIn("wrong")
            if not proved.strong and await self._factors.has(conn, user.id):
                ticket = await self._links.make(conn, "second", user_id=user.id, kept=user.email.encode())
                return Second(ticket, user.totp or await self._factors.codes_left(conn, user.id) > 0)
            return await self.begin(conn, user, "openid", strong=proved.strong, earlier=earlier, device=device)

        return await self._db.write(unit)

    async def again_by_passkey(self, session: Session, answer: str) -> Came | NotIn:
        """The new secret of a session whose user shows a passkey once more."""

        async def unit(conn: AsyncConnection) -> Came | NotIn:
            user = await self._passkeys.whose(conn, answer)
            if user is None or user.id != session.user.id:
                await self._failed(conn, session.user, "passkey")
                return NotIn("wrong")
            return Came(await self._sessions.renew(conn, session, way="passkey", strong=True))

        return await self._db.write(unit)

    async def again(self, session: Session, password: str) -> Came | NotIn:
        """The new secret of a session whose user gives the password once more."""
        if not await self._limits.allows(BY_ACCOUNT, session.user.email):
            return NotIn("often")
        user, kept = await self._kept(session.user.email)
        right = await self._passwords.check(kept, password)

        async def unit(conn: AsyncConnection) -> Came | NotIn:
            if user is None or not right:
                await self._failed(conn, session.user, "password")
                return NotIn("wrong")
            await self._limits.forgive(conn, BY_ACCOUNT, user.email)
            return Came(await self._sessions.renew(conn, session, way="password", strong=False))

        return await self._db.write(unit)

    async def is_password(self, user: User, password: str) -> bool:
        """Whether it is the user's, who changes something that only they may; wrong ones count as tries."""
        if not await self._limits.allows(BY_ACCOUNT, user.email):
            return False
        found, kept = await self._kept(user.email)
        right = await self._passwords.check(kept, password) and found is not None
        if right:
            await self._db.write(lambda conn: self._limits.forgive(conn, BY_ACCOUNT, user.email))
        return right

    async def begin(
        self, conn: AsyncConnection, user: User, way: Way, *, strong: bool, earlier: str, device: str
    ) -> Came:
        """A new session, and the end of the one that the browser had, in the caller's transaction."""
        if earlier:
            await self._sessions.end_in(conn, earlier)
        return Came(await self._sessions.begin(conn, user, way=way, strong=strong, device=device))

    async def _kept(self, email: str) -> tuple[User | None, str | None]:
        async with self._db.glance() as conn:
            user = await self._users.by_email(conn, email)
            if user is None or user.status != "active":
                return None, None
            return user, await self._users.password_of(conn, user.id)

    async def _failed(self, conn: AsyncConnection, user: User | None, what: str) -> None:
        entry = Entry(
            action="staff.sign_in_failed",
            actor=_NOBODY,
            object_id=user.id if user is not None else "",
            details={"what": what},
        )
        await self._trail.record(conn, entry)
