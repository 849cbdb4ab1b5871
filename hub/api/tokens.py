"""Bearer tokens: who calls, and what they may."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.calls.callers import ALL, EVERY_RESOURCE, Caller
from hub.clock import Clock
from hub.db.tables import api_token
from hub.errors import InputError
from hub.types import new_id

SCOPES = (
    "patients:read",
    "patients:write",
    "threads:read",
    "attachments:read",
    "mails:read",
    "messages:write",
    "appointments:read",
    "appointments:write",
    "consents:read",
    "consents:write",
    "events:read",
    "campaigns:read",
    "campaigns:write",
    "exports:write",
)
"""What a token may be given; `*` is all of it."""
FHIR_SCOPES = (
    "system/Patient.rs",
    "system/Communication.rs",
    "system/Consent.rs",
    "system/Appointment.rs",
    "system/Slot.rs",
    "system/AuditEvent.rs",
    EVERY_RESOURCE,
)
"""What a token may be given beside them, in the words of SMART App Launch 2: reading and search of a resource."""

_PREFIX = "hub_"
_LONGEST_NAME = 80
_MOST_SCOPES = 160
"""Characters of all scopes of a token together, as they are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownToken:
    """What the hub knows of a token, in use or ended. `revoked_at` is None while it is in use."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


async def new_token(
    conn: AsyncConnection, name: str, scopes: Iterable[str], *, trail: Trail, clock: Clock, actor: Actor
) -> str:
    """A new token, to be shown once: only its digest is kept, in the caller's transaction.

    Raises: InputError when the name is empty or too long, or a scope is not one of `SCOPES`, `FHIR_SCOPES` or `*`,
    or there are too many for one token.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope != ALL and scope not in (*SCOPES, *FHIR_SCOPES)]
    if unknown or not wanted:
        raise InputError("a token needs at least one scope out of: " + ", ".join((*SCOPES, *FHIR_SCOPES, ALL)))
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise InputError(f"a token needs a name of at most {_LONGEST_NAME} characters")
    if len(" ".join(wanted)) > _MOST_SCOPES:
        raise InputError("a token holds fewer scopes than these: make two tokens, or one with `*`")
    token = _PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": new_id(),
        "name": name.strip(),
        "digest": _digest(token),
        "scopes": " ".join(wanted),
        "created_at": clock.now(),
    }
    await conn.execute(sa.insert(api_token), row)
    await trail.record(conn, Entry(action="token.create", actor=actor, object_id=str(row["id"])))
    return token


async def revoke(conn: AsyncConnection, token_id: str, *, trail: Trail, clock: Clock, actor: Actor) -> bool:
    """End a token, from the next request on; False when it is unknown or was ended before."""
    ended = await conn.execute(
        sa.update(api_token)
        .where(api_token.c.id == token_id, api_token.c.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    if not ended.rowcount:
        return False
    await trail.record(conn, Entry(action="token.revoke", actor=actor, object_id=token_id))
    return True


async def known(conn: AsyncConnection) -> list[KnownToken]:
    """Every token that was ever made, in the order they were made."""
    columns = (api_token.c.id, api_token.c.name, api_token.c.scopes, api_token.c.created_at, api_token.c.revoked_at)
    return [
        KnownToken(
            id=row.id,
            name=row.name,
            scopes=tuple(row.scopes.split()),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row in await conn.execute(sa.select(*columns).order_by(api_token.c.id))
    ]


async def find(conn: AsyncConnection, token: str) -> Caller | None:
    """The token whose secret is `token`, unless it is unknown or revoked."""
    digest = _digest(token)
    row = (await conn.execute(sa.select(api_token).where(api_token.c.digest == digest))).first()
    if row is None or row.revoked_at is not None or not hmac.compare_digest(row.digest, digest):
        return None
    return Caller(id=row.id, name=row.name, actor=Actor("token", row.id), scopes=frozenset(row.scopes.split()))


def presented(request: web.Request) -> str:
    """The token that the request brings; empty for none, or more than one."""
    given = request.headers.getall("Authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _digest(token: str) -> bytes:
    # Plain SHA-256 will do: a token is 256 random bits, so there is nothing to guess from its digest.
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
