"""What a register of reassigned numbers answered: `phone,date,answer`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.clock import Clock
from hub.db import Database
from hub.identity.reassigned import Answer, ReassignedNumbers
from hub.imports import cells
from hub.imports.rows import BadRow, Parsed, Progress, Report, RowProblem, load
from hub.types import Address

COLUMNS = ("phone", "date", "answer")
_ACTOR = Actor("system", "register")
_ANSWERS = {"yes": Answer.YES, "no": Answer.NO, "no data": Answer.NO_DATA, "no_data": Answer.NO_DATA}


@dataclass(frozen=True, slots=True)
class _Row:
    number: Address = field(repr=False)
    asked_for: date
    answer: Answer


async def import_numbers(
    path: Path,
    *,
    db: Database,
    clock: Clock,
    numbers: ReassignedNumbers,
    region: str,
    progress: Progress | None = None,
) -> Report:
    """The report on a file of answers: `updated` counts the numbers that it suspends, `unchanged` the others."""
    today = (clock.now() + timedelta(days=1)).date()

    def parse(row: Mapping[str, str]) -> _Row:
        number, asked_for = cells.phone(row, "phone", region), cells.day(row, "date", today=today)
        if number is None or asked_for is None:
            raise BadRow("phone and date must both be there")
        return _Row(number, asked_for, cells.one_of(row, "answer", _ANSWERS))

    async def write(conn: AsyncConnection, batch: Sequence[Parsed[_Row]]) -> Report:
        report = Report()
        for one in batch:
            said = one.value
            voids = await numbers.record(conn, said.number, said.asked_for, said.answer, _ACTOR)
            if voids is None:
                report = report.plus(Report(problems=(RowProblem(one.line, "nobody here has this number"),)))
            else:
                report = report.plus(Report(updated=1) if voids else Report(unchanged=1))
        return report

    return await load(path, COLUMNS, parse, write, db=db, progress=progress)
