"""Somebody of the staff who is signed in, and calls what the inbox's page calls.

async with signed_in(rig.parts, rig.base, "agent", teams=("Nurses",)) as nurse:
    answer = await nurse.get("/threads", view="mine")
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.permissions import Role
from hub.accounts.sessions import Sessions
from hub.accounts.users import User
from hub.audit import Actor
from hub.db.bulk import insert_rows
from hub.db.tables import team, team_member
from hub.parts import Parts
from hub.signin.tokens import form_token
from hub.types import new_id

TEST = Actor("system", "test")
# Of "a password for tests", cheaply: whoever signs in by it is in tests/hub/staff/test_signing_in.py.
NO_PASSWORD = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    value: Any
    headers: Any


class SignedIn:
    """A browser with a session of one of the staff."""

    def __init__(self, client: aiohttp.ClientSession, user: User, secret: str) -> None:
        self.client = client
        self.user = user
        self.secret = secret
        self.csrf = form_token(secret)

    @property
    def id(self) -> str:
        return self.user.id

    async def get(self, path: str, headers: dict[str, str] | None = None, **query: str | int) -> Answered:
        """The answer to a GET below `/inbox/api`."""
        return await self.call("GET", path, headers, params=query)

    async def post(self, path: str, value: object = None, headers: dict[str, str] | None = None) -> Answered:
        """The answer to a POST of `value` as JSON below `/inbox/api`."""
        return await self.call("POST", path, headers, json={} if value is None else value)

    async def call(self, method: str, path: str, headers: dict[str, str] | None = None, **rest: Any) -> Answered:
        """The answer to any call below `/inbox/api`."""
        given = {} if method == "GET" else {"X-CSRF": self.csrf}
        async with self.client.request(method, "/inbox/api" + path, headers=given | (headers or {}), **rest) as got:
            body = await got.read()
            return Answered(got.status, json.loads(body) if "json" in got.content_type else body, got.headers)

    async def page(self, path: str) -> str:
        """The page at `path`, wherever it leads."""
        async with self.client.get(path) as got:
            return await got.text()

    async def submit(self, path: str, **fields: str) -> Answered:
        """The answer to a form with the session's token, wherever it leads."""
        given = {"Sec-Fetch-Site": "same-origin"}
        async with self.client.post(path, data={"csrf": self.csrf} | fields, headers=given) as got:
            return Answered(got.status, await got.text(), got.headers)


async def hired(
    parts: Parts,
    role: Role,
    *,
    name: str = "",
    email: str = "",
    teams: Sequence[str] = (),
    private: Sequence[str] = (),
    password_hash: str = NO_PASSWORD,
) -> User:
    """A new user, in teams of these names, which are made if they are not there; those in `private` are private."""

    async def unit(conn: AsyncConnection) -> User:
        user_id = await parts.users.add(
            conn,
            email=email or f"{role}-{new_id()[-8:]}@example.org",
            name=name or f"{role.title()} Example",
            role=role,
            by=TEST,
            password_hash=password_hash,
        )
        for each in teams:
            await insert_rows(
                conn,
                team_member,
                [{"team_id": await team_of(conn, parts, each, private=each in private), "user_id": user_id}],
            )
        user = await parts.users.get(conn, user_id)
        assert user is not None
        return user

    return await parts.db.write(unit)


async def team_of(conn: AsyncConnection, parts: Parts, name: str, *, private: bool = False) -> str:
    """The id of the team of this name, which is made if it is not there."""
    found = (await conn.execute(sa.select(team.c.id).where(team.c.name == name))).scalar_one_or_none()
    if found is not None:
        return str(found)
    row = {"id": new_id(), "name": name, "routing": "manual", "private": private, "created_at": parts.clock.now()}
    await insert_rows(conn, team, [row])
    return str(row["id"])


@asynccontextmanager
async def signed_in(parts: Parts, base: str, role: Role, *, strong: bool = True, **who: Any) -> AsyncIterator[SignedIn]:
    """One of the staff, new, with a browser of their own that is signed in; `who` as for `hired`."""
    user = await hired(parts, role, **who)
    async with browser_of(parts, base, user, strong=strong) as one:
        yield one


@asynccontextmanager
async def browser_of(parts: Parts, base: str, user: User, *, strong: bool = True) -> AsyncIterator[SignedIn]:
    """A browser in which a user is signed in; a second one is another session."""
    sessions = Sessions(parts.db, parts.vault, parts.trail, parts.clock, parts.users)
    secret = await parts.db.write(lambda conn: sessions.begin(conn, user, way="password", strong=strong))
    cookie = "__Host-staff" if parts.settings.base_url.startswith("https:") else "staff"
    # Given as a header: the tests' server has no TLS, over which alone a browser sends a `__Host-` cookie.
    headers = {"Cookie": f"{cookie}={secret}"}
    async with aiohttp.ClientSession(base, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield SignedIn(client, user, secret)
