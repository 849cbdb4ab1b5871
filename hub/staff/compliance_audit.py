"""The audit, searched: who did what, to whom, when; who looked at a person; and the state of the chain.

A record number is posted, never part of an address: what is found is shown under the person's id. Each page shown
is in the audit itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User
from hub.api import tokens
from hub.audit import Entry, concerning, persons_of, verify
from hub.db.tables import audit_checkpoint, audit_event, audit_link
from hub.errors import AuditBroken, InputError
from hub.exports.reading import READINGS
from hub.people import Person
from hub.staff.compliance import drawn
from hub.staff.compliance_exports import day
from hub.staff.drawing import words
from hub.staff.pages import Page, Visit

__all__ = ["PAGES"]

HOME = "/compliance/audit"
SCOPE = "audit:read"
_SHOWN = 50
_FILTERS = ("person", "looks", "who", "action", "since", "until", "request")
_KINDS = ("patient", "proxy", "bot", "system", "token", "carrier", "staff")
_DOES = "audit_do_"
_OF_NOBODY = (
    "staff",
    "factor",
    "token",
    "keys",
    "glass.read",
    "message.inbox",
    "slot.read",
    "export.list",
    "vendor",
    "disposal.read",
    "part2.mark",
    "part2.unmark",
    *("audit.verify", "audit.copy", "safeguards", "backup", "retention"),
)
"""Actions whose words end in themselves; the others' go on with of whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """How far the chain is, what was signed last, and what came of the last look at all of it."""

    links: int
    waiting: int
    signed: Any
    verified: Any
    found: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A page of entries. further: the id of the last one, where there are more."""

    rows: Sequence[Any]
    details: Mapping[str, Mapping[str, str | int | None]]
    persons: Mapping[str, Person]
    users: Sequence[User]
    systems: Mapping[str, str]
    chain: _Chain
    further: str


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "") -> web.Response:
    parts, query = visit.surface.parts, visit.request.query
    asked = {name: query.get(name, "")[:64] for name in _FILTERS}
    try:
        where = _where(visit, asked)
    except InputError as error:
        where, wrong = [sa.false()], words(visit.granted.user.language)[f"export_wrong_{error}"]
    if before := query.get("before", ""):
        where.append(audit_event.c.id < before)
    found = await _read(visit, where, asked["person"])
    named = {asked["person"]} & found.persons.keys()
    concerned = sorted({one for row in found.rows for one in persons_of(row, found.details[row.id])} | named)
    seen = Entry(
        action="audit.read",
        actor=visit.granted.user.actor,
        persons=concerned,
    )
    await parts.db.write(lambda conn: parts.trail.record(conn, seen))
    kept = {name: value for name, value in asked.items() if value}
    return drawn(
        visit,
        HOME,
        "compliance_audit.html",
        wrong=wrong,
        found=found,
        of={
            row.id: [one for one in persons_of(row, found.details[row.id]) if one in found.persons]
            for row in found.rows
        },
        names={one.id: one.name for one in found.users},
        kinds=_KINDS,
        systems=found.systems,
        of_somebody={one for one, _ in _actions(visit) if not one.startswith((*_OF_NOBODY, "portal.refuse"))},
        actions=_actions(visit),
        asked=asked,
        person=found.persons.get(asked["person"]),
        next=f"{HOME}?{urlencode(kept | {'before': found.further})}" if found.further else "",
        told={row.id: _told(found.details[row.id]) for row in found.rows},
    )


def _actions(visit: Visit) -> list[tuple[str, str]]:
    """What can be searched for: each action that there are words for, by its words."""
    said = words(visit.granted.user.language)
    found = [(key.removeprefix(_DOES).replace("__", "."), text) for key, text in said.items() if key.startswith(_DOES)]
    return sorted(found, key=lambda one: one[1].casefold())


def _where(visit: Visit, asked: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """The conditions that the filters are. Raises: InputError for a day that is none."""
    zone = visit.surface.parts.settings.timezone
    found: list[sa.ColumnElement[bool]] = []
    if asked["person"]:
        found.append(concerning(asked["person"]))
    if asked["looks"]:
        found.append(audit_event.c.action.in_(READINGS))
    kind, _, who = asked["who"].partition(":")
    if kind:
        found.append(audit_event.c.actor_kind == kind)
    if who:
        found.append(audit_event.c.actor_id == who)
    if asked["action"]:
        found.append(audit_event.c.action == asked["action"])
    if asked["request"]:
        found.append(audit_event.c.request_id == asked["request"])
    if (since := day(asked["since"], zone)) is not None:
        found.append(audit_event.c.at >= since)
    if (until := day(asked["until"], zone)) is not None:
        found.append(audit_event.c.at < until + timedelta(days=1))
    return found


async def _read(visit: Visit, where: Sequence[sa.ColumnElement[bool]], person_id: str) -> _Found:
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        query = sa.select(audit_event).where(*where).order_by(audit_event.c.id.desc()).limit(_SHOWN + 1)
        rows = (await conn.execute(query)).all()
        shown = rows[:_SHOWN]
        details = await parts.trail.details(conn, shown) if shown else {}
        ids = {one for row in shown for one in persons_of(row, details[row.id])} | ({person_id} - {""})
        # Who was disposed of has no name any more, and their entries stay.
        there = [one for one in ids if one in await parts.vault.keys(conn, ids)]
        persons = await parts.people.many(conn, there)
        users = await parts.users.all(conn)
        systems = {one.id: one.name for one in await tokens.known(conn)}
        chain = await _chain(visit, conn)
    further = shown[-1].id if len(rows) > _SHOWN else ""
    return _Found(
        rows=shown,
        details=details,
        persons=persons,
        users=users,
        systems=systems,
        chain=chain,
        further=further,
    )


def _told(details: Mapping[str, str | int | None]) -> str:
    """What an entry says beyond its columns: codes and counts, as they are."""
    return ", ".join(
        f"{name}: {value}"
        for name, value in details.items()
        if value not in (None, "") and name not in ("of", "persons")
    )


async def _chain(visit: Visit, conn: AsyncConnection) -> _Chain:
    links = (await conn.execute(sa.select(sa.func.max(audit_link.c.seq)))).scalar_one() or 0
    waiting = sa.select(sa.func.count()).where(audit_event.c.seq.is_(None))
    signed = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.seq.desc()).limit(1)
    looked = sa.select(audit_event).where(audit_event.c.action == "audit.verify")
    verified = (await conn.execute(looked.order_by(audit_event.c.id.desc()).limit(1))).first()
    details = await visit.surface.parts.trail.details(conn, [verified]) if verified is not None else {}
    return _Chain(
        links=links,
        waiting=(await conn.execute(waiting)).scalar_one(),
        signed=(await conn.execute(signed)).first(),
        verified=verified,
        found=details[verified.id] if verified is not None else {},
    )


async def _search(visit: Visit) -> web.StreamResponse:
    """From what was posted to an address that holds ids and codes alone."""
    parts, form = visit.surface.parts, visit.form
    kept = {name: form[name].strip() for name in _FILTERS if form[name].strip()}
    if mrn := form["mrn"].strip():
        async with parts.db.read() as conn:
            found = await parts.people.by_mrn(conn, mrn)
        if found is None:
            return await _page(visit, wrong=words(visit.granted.user.language)["export_wrong_mrn"])
        kept["person"] = found
    raise web.HTTPSeeOther(HOME + (f"?{urlencode(kept)}" if kept else ""))


async def _verify(visit: Visit) -> web.StreamResponse:
    """Walk the whole chain now, and write down what came of it."""
    parts = visit.surface.parts
    details: dict[str, str | int | None] = {}
    try:
        async with parts.db.read() as conn:
            walked = await verify(conn, parts.vault.keyring.signing_key().public_key())
        details = {"links": walked.links, "checkpoints": walked.checkpoints}
    except AuditBroken as error:
        details = {"fault": str(error)}
    entry = Entry(action="audit.verify", actor=visit.granted.user.actor, details=details)
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    raise web.HTTPSeeOther(HOME)


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_search),
    Page(method="POST", path=f"{HOME}/verify", scope=SCOPE, answer=_verify),
)
