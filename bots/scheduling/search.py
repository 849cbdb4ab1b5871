"""Looking for open slots in the embedded calendar. The database does the looking; few rows leave it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dates.model import Window
from bots.scheduling.base import Offer, Query, Slot
from bots.scheduling.looks import LEFT_OUT, MOST, Stretch, latest, look
from bots.scheduling.names import Directory, Kind
from bots.scheduling.wish import Cell, Found, Season, around, choose, in_order, timed, within

_SPARE = 4
"""Slots read of a cell beyond what may be offered, for those that turn out not to suit."""
Named = Mapping[str, str]
"""Ids that a slot must have, as `look` takes them."""


class Search:
    """One search, over one connection, at one moment."""

    def __init__(
        self, conn: AsyncConnection, directory: Directory, query: Query, now: datetime, zone: ZoneInfo
    ) -> None:
        self._conn = conn
        self._directory = directory
        self._query = query
        self._earliest = max(now, query.not_before)
        self._now = now
        self._zone = zone

    async def offer(self) -> Offer:
        """What fits the wish; else what is nearest to it: with the same clinician first, then with others."""
        season = await self._season()
        if season is None or self._query.limit < 1:
            return Offer(slots=(), exact=False)
        wishes = self._query.when.windows or (Window(),)
        same, others = self._same(), self._others()
        found: list[Slot] = []
        if same is not None:
            for window in wishes:
                found += await self._collect(window, season, same, found, met=True)
            if found:
                return Offer(slots=tuple(found), exact=True)
        for named in (same, others):
            if named is not None:
                found += await self._collect(wishes[0], season, named, found, met=False)
        return Offer(slots=tuple(found), exact=False)

    async def _season(self) -> Season | None:
        ((end,),) = await latest(self._conn)
        if end is None or end < self._earliest:
            return None
        first, last = (moment.astimezone(self._zone).date() for moment in (self._earliest, end))
        return Season(first=first, last=last, when=self._query.when, zone=self._zone)

    def _same(self) -> Named | None:
        """Every name asked for, as ids; None when the clinic does not know one of them."""
        visit, provider = self._kind_of_visit(), self._provider()
        if visit is None or self._query.provider is None:
            return visit
        return None if provider is None else {**visit, "provider_id": provider}

    def _others(self) -> Named | None:
        """What whoever stands in for the clinician asked for must match; None when there is nobody to stand in for."""
        visit, provider = self._kind_of_visit(), self._provider()
        if visit is None or self._query.provider is None:
            return None
        if provider is None or self._query.specialty is not None:
            return visit
        # Somebody else of the same field: a skin doctor does not stand in for a heart doctor.
        return {**visit, "field_of": provider}

    def _provider(self) -> str | None:
        name = self._query.provider
        return None if name is None else self._directory.id_of("provider", name)

    def _kind_of_visit(self) -> dict[str, str] | None:
        """What any clinician must match; None when the clinic does not offer it."""
        asked: tuple[tuple[Kind, str | None], ...] = (
            ("visit_type", self._query.visit_type),
            ("specialty", self._query.specialty),
        )
        ids = {}
        for kind, name in asked:
            if name is not None:
                known = self._directory.id_of(kind, name)
                if known is None:
                    return None
                ids[f"{kind}_id"] = known
        return ids

    async def _collect(
        self,
        window: Window,
        season: Season,
        named: Named,
        beside: Sequence[Slot],
        *,
        met: bool,
    ) -> list[Slot]:
        """Slots to add to those `beside`: within the window, or (not `met`) the nearest to it."""
        wanted = self._query.limit - len(beside)
        cells = within(window, season) if met else around(window, season)
        found: list[Found] = []
        for number, batch in enumerate(_batches(cells)):
            if len(found) >= self._query.limit or wanted < 1:
                break
            for one in await self._look(batch, number * MOST, named):
                if not met or window.suits(one.slot.start):
                    found.append(one)
        ordered = [one.slot for one in in_order(found, window, met=met)]
        return choose(ordered, wanted, spread=not timed(window), beside=beside)

    async def _look(self, cells: list[Cell], base: int, named: Named) -> list[Found]:
        """The best open slots of each cell."""
        rows: list[tuple[int, Any]] = []
        onward = [(n, cell.aim or cell.first, cell.last) for n, cell in enumerate(cells)]
        rows += await self._rows(onward, named, latest_first=False)
        before = [(n, cell.first, cell.aim) for n, cell in enumerate(cells) if cell.aim and cell.aim > cell.first]
        if before:
            rows += await self._rows(before, named, latest_first=True)
        ranked = sorted(rows, key=lambda row: (row[0], abs(row[1].start - _target(cells[row[0]])), row[1].id))
        found: dict[str, Found] = {}
        places: dict[int, int] = {}
        for n, row in ranked:
            if row.id not in found:
                places[n] = places.get(n, -1) + 1
                found[row.id] = Found(base + n, places[n], as_slot(row, self._directory, self._zone))
        return list(found.values())

    async def _rows(
        self, asked: Sequence[tuple[int, *Stretch]], named: Named, *, latest_first: bool
    ) -> list[tuple[int, Any]]:
        """Open slots of each stretch, under the number of its cell."""
        statement, values = look(
            [(first, last) for _, first, last in asked],
            now=self._now,
            earliest=self._earliest,
            person_id=self._query.person_id,
            named=named,
            excluded=self._query.exclude[-LEFT_OUT:],
            limit=self._query.limit + _SPARE,
            latest_first=latest_first,
        )
        return [(asked[row.n][0], row) for row in await statement.rows(self._conn, **values)]


def as_slot(row: Any, directory: Directory, zone: ZoneInfo) -> Slot:
    """A row of `slot` as the port shows it: names open, the start in the clinic's zone."""
    return Slot(
        id=row.id,
        provider=directory.name(row.provider_id),
        specialty=directory.name(row.specialty_id),
        visit_type=directory.name(row.visit_type_id),
        location=directory.name(row.location_id),
        start=row.start.astimezone(zone),
        minutes=row.minutes,
    )


def _target(cell: Cell) -> datetime:
    return cell.aim or cell.first


def _batches(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    left = iter(cells)
    while batch := list(islice(left, MOST)):
        yield batch
