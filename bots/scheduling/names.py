"""The clinic's own names of clinicians, specialties, visit types and places: sealed at rest, open in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.nlu.model import Catalogue
from hub.crypto import Place
from hub.db.prepared import Prepared
from hub.db.tables import resource
from hub.errors import SchedulingError
from hub.types import new_id
from hub.vault import HUB, Vault

Kind = Literal["provider", "specialty", "visit_type", "location"]
Name = tuple[Kind, str]


@dataclass(frozen=True)
class Directory:
    """The names as they were when read. `newest` is the id of the last one made, None when there is none.

    part2: ids of visit types and specialties of programs under 42 CFR Part 2; no text names their clinicians or places.
    marked: when these were last changed, as far as that can be told.
    """

    newest: str | None
    by_id: Mapping[str, Name] = field(repr=False)
    ids: Mapping[Name, str] = field(repr=False)
    part2: frozenset[str] = frozenset()
    marked: tuple[int, Any] = (0, None)

    def name(self, resource_id: str) -> str:
        """The name behind an id. Raises: SchedulingError when it is not known."""
        try:
            return self.by_id[resource_id][1]
        except KeyError:
            raise SchedulingError(f"the calendar names a resource that is not there: {resource_id}") from None

    def id_of(self, kind: Kind, name: str) -> str | None:
        """The id of a name, whatever its case; None when the clinic has no such name."""
        return self.ids.get((kind, name.casefold()))

    def all_of(self, kind: Kind) -> tuple[str, ...]:
        """Every name of one kind, in alphabetical order."""
        return tuple(sorted(name for of, name in self.by_id.values() if of == kind))

    @cached_property
    def catalogue(self) -> Catalogue:
        """The names as the understanding engine takes them; always the same object, so that it is compiled once."""
        return Catalogue(
            providers=self.all_of("provider"),
            specialties=self.all_of("specialty"),
            visit_types=self.all_of("visit_type"),
            locations=self.all_of("location"),
        )


_EMPTY = Directory(None, {}, {})
_MARKED = resource.c.part2_at.is_not(None)
_NEWEST = Prepared(
    sa.select(
        sa.select(resource.c.id).order_by(resource.c.id.desc()).limit(1).scalar_subquery(),
        sa.select(sa.func.count(resource.c.part2_at)).where(_MARKED).scalar_subquery(),
        sa.select(sa.func.max(resource.c.part2_at)).where(_MARKED).scalar_subquery(),
    )
)


class Names:
    """Reads the names, and makes new ones. Names are made and never changed: the newest id tells what is cached."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._directory = _EMPTY

    async def read(self, conn: AsyncConnection) -> Directory:
        """All names, as `conn` sees them."""
        ((newest, count, last),) = await _NEWEST(conn)
        if (newest, (count, last)) != (self._directory.newest, self._directory.marked):
            self._directory = await self._load(conn, newest, (count, last))
        return self._directory

    async def ensure(self, conn: AsyncConnection, wanted: Iterable[Name]) -> dict[Name, str]:
        """The id of each of `wanted`, made in the caller's transaction where the clinic had no such name yet.

        Two spellings that differ in case alone are one name; the first one seen is kept.
        """
        asked = list(dict.fromkeys(wanted))
        missing = {(kind, name.casefold()): name for kind, name in reversed(asked)}
        directory = await self._load(conn, None) if self._unknown(missing) else self._directory
        keys = await self._vault.key(conn, HUB)
        made: dict[Name, str] = {}
        rows = []
        for (kind, folded), name in missing.items():
            if (kind, folded) in directory.ids:
                continue
            resource_id = made[kind, folded] = new_id()
            blind = self._vault.blind.of("resource", f"{kind}\0{folded}")
            sealed = keys.seal(HUB, name.encode(), _place(resource_id))
            rows.append({"id": resource_id, "kind": kind, "blind": blind, "name_sealed": sealed})
        if rows:
            # Not cached: the caller's transaction may yet be undone, and with it the names.
            await conn.execute(sa.insert(resource), rows)
        ids = {**directory.ids, **made}
        return {(kind, name): ids[kind, name.casefold()] for kind, name in asked}

    def _unknown(self, folded: Iterable[Name]) -> bool:
        return any(name not in self._directory.ids for name in folded)

    async def _load(self, conn: AsyncConnection, newest: str | None, marked: tuple[int, Any] = (0, None)) -> Directory:
        keys = await self._vault.key(conn, HUB)
        by_id: dict[str, Name] = {}
        part2 = set()
        for row in await conn.execute(sa.select(resource).order_by(resource.c.id)):
            by_id[row.id] = (row.kind, keys.open(HUB, row.name_sealed, _place(row.id)).decode())
            if row.part2_at is not None:
                part2.add(row.id)
        ids = {(kind, name.casefold()): resource_id for resource_id, (kind, name) in by_id.items()}
        return Directory(newest, by_id, ids, frozenset(part2), marked)


def _place(resource_id: str) -> Place:
    return Place("resource", "name_sealed", resource_id)
