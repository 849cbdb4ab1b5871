"""Canned replies: what staff write often, ready to be used, by language and team, with variables.

A variable is written in braces, such as `{given_name}`, and has a kind: dates are told in the reply's language. What is
not known of a thread stays in its braces, for whoever writes to see.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import canned_reply, team
from hub.desk.changing import NotKept, note, one_line
from hub.errors import TemplateError
from hub.types import ChannelKind, Language, new_id
from hub.vault import HUB, Keys, Vault
from templates import render
from templates.catalog import Catalog, pieces
from templates.model import Kind, Template

VARIABLES: Mapping[str, Kind] = MappingProxyType(
    {
        "given_name": "text",
        "family_name": "text",
        "staff_name": "text",
        "clinic": "text",
        "clinic_phone": "text",
        "hours": "text",
        "provider": "text",
        "location": "text",
        "visit": "moment",
        "visit_date": "day",
        "visit_time": "time",
    }
)
"""What a canned reply may name, and of which kind it is. The visit is the next one that is booked."""

LONGEST_TEXT = 1600
"""Characters of a reply: what staff may write at once."""
LONGEST_TITLE = 80
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    text: str

    def __repr__(self) -> str:
        return "_Body(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCanned:
    """What a canned reply is to be. shortcut: what is typed after a slash; team_id: None for everyone's."""

    shortcut: str
    language: Language
    title: str = field(repr=False)
    text: str = field(repr=False)
    team_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """A canned reply as it is, its variables unfilled."""

    id: str
    shortcut: str
    language: Language
    title: str = field(repr=False)
    text: str = field(repr=False)
    team_id: str | None
    updated_at: datetime
    archived_at: datetime | None


def checked(text: str) -> NotKept | None:
    """Why `text` cannot be a canned reply. Pure.

    `text` (none, or too long), `braces` (one is not closed, or holds more than a name), `variable` (none of ours).
    """
    if not text.strip() or len(text) > LONGEST_TEXT:
        return NotKept("text")
    try:
        parts = pieces("", text)
    except TemplateError:
        return NotKept("braces")
    unknown = [name for _, name in parts if name is not None and name not in VARIABLES]
    return NotKept("variable", unknown[0]) if unknown else None


def named(text: str) -> frozenset[str]:
    """The variables that a checked text names."""
    return frozenset(name for _, name in pieces("", text) if name is not None)


def filled(text: str, values: Mapping[str, object], language: Language, zone: ZoneInfo) -> str:
    """`text`, checked, with what is known of `values`; the rest stays in its braces. Moments are told in `zone`. Pure.

    values: by variable; None or left out is not known.
    """
    known = {name: value for name, value in values.items() if value is not None and value != ""}
    kinds: dict[str, Kind] = {name: kind if name in known else "text" for name, kind in VARIABLES.items()}
    template = Template(
        key="canned", language=language, version=1, level="full", variables=kinds, text=pieces("", text), channels={}
    )
    params = {name: known.get(name, f"{{{name}}}") for name in VARIABLES}
    # The text of a message is told apart by its channel nowhere here: a reply reads alike on every one.
    return render("canned", params, language, ChannelKind.SMS, zone, Catalog({("canned", language): template})).text


def sample(language: Language, zone: ZoneInfo, clinic: str, clinic_phone: str, hours: str) -> dict[str, object]:
    """Values to preview a text with, as long as such values are."""
    start = datetime.combine(date(2026, 3, 5), time(14, 10), tzinfo=zone)
    return {
        "given_name": "María" if language == "es" else "Maria",
        "family_name": "Alvarez",
        "staff_name": "Priya N.",
        "clinic": clinic,
        "clinic_phone": clinic_phone,
        "hours": hours,
        "provider": "Dr. Hannah Kim",
        "location": "Main Street",
        "visit": start,
        "visit_date": start.date(),
        "visit_time": start.time(),
    }


class CannedReplies:
    """Where canned replies are kept, sealed under the hub's key. Each change has its audit entry and its event."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def all(
        self, conn: AsyncConnection, *, teams: Collection[str] | None = None, archived: bool = False
    ) -> list[Canned]:
        """Every reply by shortcut and language: of `teams` and of everyone's, or of whatever team for None."""
        query = sa.select(canned_reply).order_by(canned_reply.c.shortcut, canned_reply.c.language, canned_reply.c.id)
        if teams is not None:
            mine = canned_reply.c.team_id.in_(list(teams))
            query = query.where(sa.or_(canned_reply.c.team_id.is_(None), mine))
        if not archived:
            query = query.where(canned_reply.c.archived_at.is_(None))
        return await self._read(conn, query)

    async def get(self, conn: AsyncConnection, canned_id: str) -> Canned | None:
        """The reply with this id, put away or not."""
        found = await self._read(conn, sa.select(canned_reply).where(canned_reply.c.id == canned_id))
        return found[0] if found else None

    async def keep(
        self, conn: AsyncConnection, canned_id: str | None, new: NewCanned, actor: Actor, request_id: str = ""
    ) -> Canned | NotKept:
        """Make a reply, or change the one with this id.

        Refused: what `checked` says, `shortcut` (not one), `title` (none, or too long), `team` (no such), `taken` (the
        same shortcut, language and team), `gone`.
        """
        shortcut = new.shortcut.strip().removeprefix("/").lower()
        title, text = one_line(new.title), tidied(new.text)
        if not _SHORTCUT.fullmatch(shortcut):
            return NotKept("shortcut")
        if not 0 < len(title) <= LONGEST_TITLE:
            return NotKept("title")
        if (wrong := checked(text)) is not None:
            return wrong
        before = None if canned_id is None else await self.get(conn, canned_id)
        if canned_id is not None and before is None:
            return NotKept("gone")
        if new.team_id is not None:
            there = sa.select(team.c.id).where(team.c.id == new.team_id, team.c.archived_at.is_(None))
            if (await conn.execute(there)).first() is None:
                return NotKept("team")
        if await self._taken(conn, canned_id, shortcut, new.language, new.team_id):
            return NotKept("taken")
        if before is not None and _same(before, shortcut, title, text, new):
            return before
        kept_id = canned_id or new_id()
        keys = await self._vault.key(conn, HUB)
        values = {
            "shortcut": shortcut,
            "language": new.language,
            "team_id": new.team_id,
            "body_sealed": keys.seal(HUB, msgspec.json.encode(_Body(title=title, text=text)), _place(kept_id)),
            "by_id": actor.id,
            "updated_at": self._clock.now(),
        }
        if before is None:
            await insert_rows(conn, canned_reply, [{"id": kept_id, **values}])
        else:
            await conn.execute(sa.update(canned_reply).where(canned_reply.c.id == kept_id).values(**values))
        return await self._done(conn, "canned.change" if before else "canned.create", kept_id, actor, request_id)

    async def archive(
        self, conn: AsyncConnection, canned_id: str, actor: Actor, request_id: str = ""
    ) -> Canned | NotKept:
        """Put a reply away."""
        before = await self.get(conn, canned_id)
        if before is None:
            return NotKept("gone")
        if before.archived_at is not None:
            return before
        mine = sa.update(canned_reply).where(canned_reply.c.id == canned_id)
        await conn.execute(mine.values(archived_at=self._clock.now()))
        return await self._done(conn, "canned.archive", canned_id, actor, request_id)

    async def restore(
        self, conn: AsyncConnection, canned_id: str, actor: Actor, request_id: str = ""
    ) -> Canned | NotKept:
        """Take a reply out again. Refused: `gone`; `taken`, if another has its shortcut by now."""
        before = await self.get(conn, canned_id)
        if before is None:
            return NotKept("gone")
        if before.archived_at is None:
            return before
        if await self._taken(conn, canned_id, before.shortcut, before.language, before.team_id):
            return NotKept("taken")
        await conn.execute(sa.update(canned_reply).where(canned_reply.c.id == canned_id).values(archived_at=None))
        return await self._done(conn, "canned.restore", canned_id, actor, request_id)

    @staticmethod
    async def _taken(
        conn: AsyncConnection, but_for: str | None, shortcut: str, language: str, team_id: str | None
    ) -> bool:
        query = sa.select(canned_reply.c.id).where(
            canned_reply.c.shortcut == shortcut,
            canned_reply.c.language == language,
            canned_reply.c.team_id.is_(None) if team_id is None else canned_reply.c.team_id == team_id,
            canned_reply.c.archived_at.is_(None),
            canned_reply.c.id != (but_for or ""),
        )
        return (await conn.execute(query.limit(1))).first() is not None

    async def _done(self, conn: AsyncConnection, action: str, canned_id: str, actor: Actor, request_id: str) -> Canned:
        entry = Entry(action=action, actor=actor, object_id=canned_id, request_id=request_id)
        await note(conn, self._trail, self._clock, entry)
        return cast(Canned, await self.get(conn, canned_id))

    async def _read(self, conn: AsyncConnection, query: sa.Select[Any]) -> list[Canned]:
        rows = (await conn.execute(query)).all()
        return list(_opened(await self._vault.key(conn, HUB), rows)) if rows else []


def tidied(text: str) -> str:
    """A text as it is kept: lines end alike, nothing around it."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def _same(before: Canned, shortcut: str, title: str, text: str, new: NewCanned) -> bool:
    kept = (before.shortcut, before.title, before.text, before.language, before.team_id)
    return kept == (shortcut, title, text, new.language, new.team_id)


def _opened(keys: Keys, rows: Iterable[Any]) -> Iterable[Canned]:
    for row in rows:
        body = msgspec.json.decode(keys.open(HUB, row.body_sealed, _place(row.id)), type=_Body)
        yield Canned(
            id=row.id,
            shortcut=row.shortcut,
            language=row.language,
            title=body.title,
            text=body.text,
            team_id=row.team_id,
            updated_at=row.updated_at,
            archived_at=row.archived_at,
        )


def _place(canned_id: str) -> Place:
    return Place("canned_reply", "body_sealed", canned_id)
