"""What no program can see: somebody says that it was done, when, and until when that counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import Place
from hub.db.tables import attestation
from hub.errors import InputError
from hub.parts import Parts
from hub.safeguards.model import Finding, State
from hub.types import new_id
from hub.vault import AUDIT

__all__ = ["MANUAL", "Attestation", "Attestations", "Manual", "judge_attested"]

_LONGEST = 2000
_LASTS = timedelta(days=3 * 366)
_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Manual:
    """A safeguard that somebody answers for. days: for how long that counts, unless they say less."""

    name: str
    law: str
    days: int = 365


MANUAL: tuple[Manual, ...] = (
    Manual("risk_analysis", "164.308(a)(1)(ii)(A)"),
    Manual("risk_management", "164.308(a)(1)(ii)(B)"),
    Manual("sanctions", "164.308(a)(1)(ii)(C)"),
    Manual("officer", "164.308(a)(2)"),
    Manual("clearance", "164.308(a)(3)(ii)(B)"),
    Manual("access_review", "164.308(a)(4)(ii)(C)", 180),
    Manual("training", "164.308(a)(5)(i)"),
    Manual("incident_plan", "164.308(a)(6)(ii)"),
    Manual("contingency_plan", "164.308(a)(7)(ii)(C)"),
    Manual("recovery_sheet", "164.308(a)(7)(ii)(A)"),
    Manual("server_backup", "164.308(a)(7)(ii)(A)", 90),
    Manual("restore_drill", "164.308(a)(7)(ii)(D)"),
    Manual("evaluation", "164.308(a)(8)"),
    Manual("agreements", "164.308(b)(1)"),
    Manual("facility", "164.310(a)(1)"),
    Manual("workstations", "164.310(c)"),
    Manual("media", "164.310(d)(1)"),
    Manual("policies", "164.316(b)(2)(iii)"),
)
"""In the order of the law."""
_KNOWN = {one.name: one for one in MANUAL}
ELSEWHERE = frozenset({"access_review", "restore_drill", "server_backup"})
"""Attested, and told with the safeguard whose evidence it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What somebody answered for."""

    id: str
    kind: str
    done_at: datetime
    ends_at: datetime
    note: str = field(repr=False)
    by: Actor
    at: datetime


class Attestations:
    """Writes them down, and reads the newest of each kind. None is ever changed: a later one stands before it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def attest(
        self,
        conn: AsyncConnection,
        kind: str,
        note: str,
        actor: Actor,
        *,
        done: datetime,
        until: datetime | None = None,
    ) -> str:
        """The id of a new one, in the caller's transaction. until: when it ends; by the safeguard's own term, if None.

        Raises: InputError, by its code: `kind`, `note`, `done`, `until`.
        """
        now = self._parts.clock.now()
        said = note.strip()
        if kind not in _KNOWN:
            raise InputError("kind")
        if not said or len(said) > _LONGEST:
            raise InputError("note")
        if done > now:
            raise InputError("done")
        ends = until if until is not None else done + timedelta(days=_KNOWN[kind].days)
        if ends <= done or ends - done > _LASTS:
            raise InputError("until")
        attestation_id = new_id()
        keys = await self._parts.vault.key(conn, AUDIT)
        row = {
            "id": attestation_id,
            "kind": kind,
            "done_at": done,
            "ends_at": ends,
            "note_sealed": keys.seal(AUDIT, said.encode(), _place(attestation_id)),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "at": now,
        }
        await conn.execute(sa.insert(attestation), row)
        entry = Entry(action="safeguards.attest", actor=actor, object_id=attestation_id, details={"kind": kind})
        await self._parts.trail.record(conn, entry)
        return attestation_id

    async def newest(self, conn: AsyncConnection) -> Mapping[str, Attestation]:
        """The one of each kind that was done last, by kind."""
        later = attestation.alias()
        newer = sa.select(later.c.id).where(
            later.c.kind == attestation.c.kind,
            sa.or_(
                later.c.done_at > attestation.c.done_at,
                sa.and_(later.c.done_at == attestation.c.done_at, later.c.id > attestation.c.id),
            ),
        )
        rows = (await conn.execute(sa.select(attestation).where(~newer.exists()))).all()
        keys = await self._parts.vault.key(conn, AUDIT)
        return {row.kind: _opened(row, keys.open(AUDIT, row.note_sealed, _place(row.id)).decode()) for row in rows}


def judge_attested(last: Attestation | None, now: datetime) -> Finding:
    """Attested, and for longer than a month to come. Pure."""
    if last is None:
        return Finding(State.MISSING, "never")
    evidence = {"done": last.done_at, "until": last.ends_at}
    if last.ends_at <= now:
        return Finding(State.MISSING, "ended", evidence)
    return (
        Finding(State.ATTENTION, "ends", evidence)
        if last.ends_at - now < _SOON
        else Finding(State.IN_PLACE, "", evidence)
    )


def _opened(row: Any, note: str) -> Attestation:
    return Attestation(
        id=row.id,
        kind=row.kind,
        done_at=row.done_at,
        ends_at=row.ends_at,
        note=note,
        by=Actor(row.actor_kind, row.actor_id),
        at=row.at,
    )


def _place(attestation_id: str) -> Place:
    return Place("attestation", "note_sealed", attestation_id)
