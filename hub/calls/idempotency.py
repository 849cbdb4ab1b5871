"""A change asked for twice under one key is done once: the first answer is kept, sealed, and given again.

The look-up, the change and the kept answer are one unit of work, so two that come at once cannot both be first.

Source: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.calls.problems import Problem
from hub.crypto import Place
from hub.db.tables import idempotency
from hub.parts import Parts
from hub.vault import HUB

LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as bytes. `after` runs after the commit, for a first answer only."""

    status: int
    body: bytes
    replayed: bool = False
    after: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that carries a key: `digest` tells whether another one with that key is the same request."""

    caller_id: str
    key: bytes
    digest: bytes


def attempt(parts: Parts, caller_id: str, key: str, method: str, path: str, body: bytes) -> Attempt:
    """The request under `key`, by keyed hashes: neither the key nor the body can be read from them.

    Raises: Problem 400 when the key is empty, too long, or holds anything but printable ASCII.
    """
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise Problem(400, "idempotency-key", f"Idempotency-Key must be 1 to {LONGEST} printable ASCII characters.")
    blind = parts.vault.blind
    request = f"{method} {path} {hashlib.sha256(body).hexdigest()}"
    return Attempt(caller_id=caller_id, key=blind.of("idempotency", key), digest=blind.of("idempotency", request))


async def once(conn: AsyncConnection, parts: Parts, one: Attempt, act: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer kept under the key, or that of `act`, kept with what it wrote.

    Raises: Problem 422 when the key was used for another request.
    """
    keys = await parts.vault.key(conn, HUB)
    asked = sa.select(idempotency).where(idempotency.c.caller_id == one.caller_id, idempotency.c.key == one.key)
    known = (await conn.execute(asked)).first()
    if known is not None:
        if known.request_digest != one.digest:
            raise Problem(422, "idempotency-key", "This Idempotency-Key was used for another request.")
        body = keys.open(HUB, known.response_sealed, _place(one))
        return Answer(status=known.status, body=body, replayed=True)
    answer = await act()
    row = {
        "caller_id": one.caller_id,
        "key": one.key,
        "request_digest": one.digest,
        "status": answer.status,
        "response_sealed": keys.seal(HUB, answer.body, _place(one)),
        "at": parts.clock.now(),
    }
    await conn.execute(sa.insert(idempotency), row)
    return answer


def _place(one: Attempt) -> Place:
    return Place("idempotency", "response_sealed", f"{one.caller_id}/{one.key.hex()}")
