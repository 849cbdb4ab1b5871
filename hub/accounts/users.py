"""The staff: who they are and what they are. Names and mailboxes are sealed under the hub's key."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.ending import end_links, end_sessions
from hub.accounts.permissions import PERMISSIONS, Role
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import staff_user, team_member
from hub.errors import InputError
from hub.events import Change, publish
from hub.signin import tokens
from hub.types import Language, new_id
from hub.vault import HUB, Keys, Vault

__all__ = ["ROLES", "SWITCHES", "LastAdmin", "Status", "User", "Users", "initials_of", "mailbox_of"]

Status = Literal["invited", "active", "disabled"]
ROLES: tuple[Role, ...] = tuple(PERMISSIONS)
SWITCHES: Mapping[str, bool] = {"keys": True, "sound": True, "signature": False}
"""What one sets for oneself, and what it is until then: single-key shortcuts, sounds, a signature under mails."""
CAPACITY = 20
"""Open threads that round robin gives to somebody, unless it is changed."""
LONGEST_NAME = 80
_MAILBOX = re.compile(r"[^@\s,;:<>()\"\\]{1,64}@[^@\s,;:<>()\"\\.]+(\.[^@\s,;:<>()\"\\.]+)+")


class _Profile(msgspec.Struct, frozen=True):
    name: str
    email: str


class LastAdmin(InputError):
    """Nobody else could run the hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One of the staff. `password` and `totp` say whether there is one; `capacity` is in open threads."""

    id: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    role: Role
    status: Status
    language: Language
    capacity: int
    available: bool
    switches: Mapping[str, bool]
    password: bool
    password_at: datetime | None
    totp: bool
    openid: bool

    @property
    def initials(self) -> str:
        """Two letters that stand for the name."""
        return initials_of(self.name)

    @property
    def actor(self) -> Actor:
        """Who acts, as the audit names them."""
        return Actor("staff", self.id)

    @property
    def permissions(self) -> frozenset[str]:
        """What the role lets them do."""
        return PERMISSIONS[self.role]


def initials_of(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    words = [word for word in re.split(r"[\s,]+", name) if word[:1].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


def mailbox_of(said: str) -> str:
    """A mailbox in the form that it is looked up by. Raises: InputError when it is none."""
    mailbox = said.strip().casefold()
    if len(mailbox) > 254 or not _MAILBOX.fullmatch(mailbox):
        raise InputError("that is not a mailbox: give one such as nurse@example.org")
    return mailbox


class Users:
    """Makes users, finds them, and changes what they are; each change is audited, and told to open pages."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def add(
        self,
        conn: AsyncConnection,
        *,
        email: str,
        name: str,
        role: Role,
        by: Actor,
        language: Language = "en",
        password_hash: str | None = None,
    ) -> str:
        """The id of a new user: active with a password, else invited. Raises: InputError, also if there is one."""
        mailbox, name, now = mailbox_of(email), _name(name), self._clock.now()
        if role not in ROLES:
            raise InputError("a role is one of: " + ", ".join(ROLES))
        if await self._by_mailbox(conn, mailbox) is not None:
            raise InputError("there is a user with this mailbox already")
        user_id = new_id()
        keys = await self._vault.key(conn, HUB)
        row = {
            "id": user_id,
            "email_blind": self._blind(mailbox),
            "profile_sealed": _sealed(keys, user_id, _Profile(name, mailbox)),
            "role": role,
            "status": "active" if password_hash else "invited",
            "password_hash": password_hash,
            "password_at": now if password_hash else None,
            "totp_step": 0,
            "language": language,
            "capacity": CAPACITY,
            "available": True,
            "settings": "{}",
            "created_at": now,
            "updated_at": now,
        }
        await insert_rows(conn, staff_user, [row])
        await self._done(conn, "user.add", user_id, by, role=role)
        return user_id

    async def get(self, conn: AsyncConnection, user_id: str) -> User | None:
        """The user with this id, whatever their status."""
        return (await self.of(conn, (user_id,))).get(user_id)

    async def of(self, conn: AsyncConnection, ids: Collection[str]) -> dict[str, User]:
        """Users by their ids; who is not there is left out."""
        if not ids:
            return {}
        rows = (await conn.execute(sa.select(staff_user).where(staff_user.c.id.in_(list(ids))))).all()
        keys = await self._vault.key(conn, HUB)
        return {row.id: _user(keys, row) for row in rows}

    async def by_email(self, conn: AsyncConnection, email: str) -> User | None:
        """The user with this mailbox; None also for what is no mailbox."""
        try:
            row = await self._by_mailbox(conn, mailbox_of(email))
        except InputError:
            return None
        return _user(await self._vault.key(conn, HUB), row) if row is not None else None

    async def password_of(self, conn: AsyncConnection, user_id: str) -> str | None:
        """The hash of a user's password, None for who has none."""
        query = sa.select(staff_user.c.password_hash).where(staff_user.c.id == user_id)
        return (await conn.execute(query)).scalar_one_or_none()

    async def all(self, conn: AsyncConnection, *, active: bool = False) -> list[User]:
        """Every user, by name; or those who are active. The staff of one clinic: some hundreds at most."""
        query = sa.select(staff_user)
        rows = (await conn.execute(query.where(staff_user.c.status == "active") if active else query)).all()
        keys = await self._vault.key(conn, HUB)
        return sorted((_user(keys, row) for row in rows), key=lambda one: (one.name.casefold(), one.id))

    async def teams(self, conn: AsyncConnection, user_id: str) -> frozenset[str]:
        """The ids of the teams that a user is in."""
        query = sa.select(team_member.c.team_id).where(team_member.c.user_id == user_id)
        return frozenset((await conn.execute(query)).scalars())

    # Changes

    async def change_role(self, conn: AsyncConnection, user_id: str, role: Role, by: Actor) -> None:
        """Give a user another role; all their sessions end. Raises: InputError, LastAdmin."""
        if role not in ROLES:
            raise InputError("a role is one of: " + ", ".join(ROLES))
        row = await self._locked(conn, user_id)
        if row.role == role:
            return
        if row.role == "admin":
            await self._another_admin(conn, user_id)
        await self._set(conn, user_id, role=role)
        await end_sessions(conn, user_id, self._clock.now())
        await self._done(conn, "user.role", user_id, by, role=role, was=row.role)

    async def disable(self, conn: AsyncConnection, user_id: str, by: Actor) -> None:
        """Let a user in no more; all their sessions end. Raises: InputError, LastAdmin."""
        row = await self._locked(conn, user_id)
        if row.status == "disabled":
            return
        if row.role == "admin":
            await self._another_admin(conn, user_id)
        await self._set(conn, user_id, status="disabled", available=False)
        await end_sessions(conn, user_id, self._clock.now())
        await end_links(conn, user_id, self._clock.now())
        await self._done(conn, "user.disable", user_id, by)

    async def enable(self, conn: AsyncConnection, user_id: str, by: Actor) -> None:
        """Let a user in again who was disabled. Raises: InputError."""
        row = await self._locked(conn, user_id)
        if row.status != "disabled":
            return
        status = "active" if row.password_hash or row.oidc_blind else "invited"
        await self._set(conn, user_id, status=status, available=True)
        await self._done(conn, "user.enable", user_id, by)

    async def set_password(
        self, conn: AsyncConnection, user_id: str, password_hash: str, by: Actor, *, keep: str = ""
    ) -> None:
        """Give a user a password by its hash; whoever was invited is active. All sessions end, but `keep`."""
        row = await self._locked(conn, user_id)
        status = "active" if row.status == "invited" else row.status
        await self._set(conn, user_id, password_hash=password_hash, password_at=self._clock.now(), status=status)
        await end_sessions(conn, user_id, self._clock.now(), but=keep)
        await self._done(conn, "user.password", user_id, by)

    async def by_openid(self, conn: AsyncConnection, issuer: str, subject: str) -> User | None:
        """The user who signs in at an OpenID provider as `subject`."""
        query = sa.select(staff_user).where(staff_user.c.oidc_blind == self._openid(issuer, subject))
        row = (await conn.execute(query)).first()
        return _user(await self._vault.key(conn, HUB), row) if row is not None else None

    async def tie(self, conn: AsyncConnection, user: User, issuer: str, subject: str) -> bool:
        """Let a user sign in at an OpenID provider as `subject` from now on; False if they do so as another already.

        Whoever was invited is active then.
        """
        row = await self._locked(conn, user.id)
        if row.oidc_blind is not None or row.status == "disabled":
            return False
        await self._set(conn, user.id, oidc_blind=self._openid(issuer, subject), status="active")
        await self._done(conn, "user.tie", user.id, user.actor)
        return True

    def _openid(self, issuer: str, subject: str) -> bytes:
        return tokens.blind(self._vault, "staff", "openid", issuer, subject)

    async def rehash(self, conn: AsyncConnection, user_id: str, was: str, password_hash: str) -> None:
        """Keep the same password under other parameters, unless it was changed meanwhile."""
        mine = sa.and_(staff_user.c.id == user_id, staff_user.c.password_hash == was)
        await conn.execute(sa.update(staff_user).where(mine).values(password_hash=password_hash))

    async def describe(
        self, conn: AsyncConnection, user_id: str, by: Actor, *, name: str | None = None, language: str | None = None
    ) -> None:
        """Change a user's name or language. Raises: InputError."""
        row = await self._locked(conn, user_id)
        changes: dict[str, Any] = {}
        if name is not None:
            keys = await self._vault.key(conn, HUB)
            changes["profile_sealed"] = _sealed(keys, user_id, _Profile(_name(name), _opened(keys, row).email))
        if language is not None:
            if language not in ("en", "es"):
                raise InputError("a language is one of: en, es")
            changes["language"] = language
        await self._set(conn, user_id, **changes)
        await self._done(conn, "user.describe", user_id, by)

    async def set_up(
        self,
        conn: AsyncConnection,
        user_id: str,
        by: Actor,
        *,
        switches: Mapping[str, bool] | None = None,
        available: bool | None = None,
        capacity: int | None = None,
    ) -> None:
        """Change how a user works: their switches, whether threads are given to them, and how many.

        Raises: InputError for a switch that there is not, or a capacity out of 1 to 500.
        """
        row = await self._locked(conn, user_id)
        changes: dict[str, Any] = {}
        if switches is not None:
            if set(switches) - set(SWITCHES):
                raise InputError("a switch is one of: " + ", ".join(SWITCHES))
            changes["settings"] = msgspec.json.encode(_switches(row) | dict(switches)).decode()
        if available is not None:
            changes["available"] = available
        if capacity is not None:
            if not 1 <= capacity <= 500:
                raise InputError("capacity is a number of threads from 1 to 500")
            changes["capacity"] = capacity
        await self._set(conn, user_id, **changes)
        await self._done(conn, "user.set_up", user_id, by)

    async def _another_admin(self, conn: AsyncConnection, user_id: str) -> None:
        """Raises: LastAdmin when nobody else could run the hub."""
        others = sa.select(staff_user.c.id).where(
            staff_user.c.role == "admin", staff_user.c.status == "active", staff_user.c.id != user_id
        )
        if (await conn.execute(others.limit(1).with_for_update())).first() is None:
            raise LastAdmin("this is the last active admin: make somebody else one first")

    async def _locked(self, conn: AsyncConnection, user_id: str) -> Any:
        row = (await conn.execute(sa.select(staff_user).where(staff_user.c.id == user_id).with_for_update())).first()
        if row is None:
            raise InputError("there is no such user")
        return row

    async def _set(self, conn: AsyncConnection, user_id: str, **changes: Any) -> None:
        given = {**changes, "updated_at": self._clock.now()}
        await conn.execute(sa.update(staff_user).where(staff_user.c.id == user_id).values(given))

    async def _done(self, conn: AsyncConnection, action: str, user_id: str, by: Actor, **details: str) -> None:
        await self._trail.record(conn, Entry(action=action, actor=by, object_id=user_id, details=details))
        await publish(conn, self._clock.now(), [Change("desk.updated", user_id)])

    async def _by_mailbox(self, conn: AsyncConnection, mailbox: str) -> Any:
        query = sa.select(staff_user).where(staff_user.c.email_blind == self._blind(mailbox))
        return (await conn.execute(query)).first()

    def _blind(self, mailbox: str) -> bytes:
        return tokens.blind(self._vault, "staff", "email", mailbox)


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise InputError(f"a name has 1 to {LONGEST_NAME} characters")
    return plain


def _user(keys: Keys, row: Any) -> User:
    profile = _opened(keys, row)
    return User(
        id=row.id,
        name=profile.name,
        email=profile.email,
        role=cast(Role, row.role),
        status=cast(Status, row.status),
        language="es" if row.language == "es" else "en",
        capacity=row.capacity,
        available=bool(row.available),
        switches=_switches(row),
        password=row.password_hash is not None,
        password_at=row.password_at,
        totp=row.totp_sealed is not None,
        openid=row.oidc_blind is not None,
    )


def _switches(row: Any) -> dict[str, bool]:
    kept = msgspec.json.decode(row.settings, type=dict[str, bool])
    return {name: kept.get(name, given) for name, given in SWITCHES.items()}


def _sealed(keys: Keys, user_id: str, profile: _Profile) -> bytes:
    return keys.seal(HUB, msgspec.json.encode(profile), _place(user_id))


def _opened(keys: Keys, row: Any) -> _Profile:
    return msgspec.json.decode(keys.open(HUB, row.profile_sealed, _place(row.id)), type=_Profile)


def _place(user_id: str) -> Place:
    return Place("staff_user", "profile_sealed", user_id)
