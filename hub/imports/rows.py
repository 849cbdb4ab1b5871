"""Reading a CSV file row by row, and writing what is good in batches."""

import csv
import io
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.errors import InputError

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Told after each batch: bytes of the file read so far, and bytes in all (0 when that is not known)."""

_BATCH = 200
_LISTED = 1000
_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z_ \-]{0,39}")


class BadRow(Exception):
    """The row cannot be used; the message says why and never repeats what is in it."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that did not go in: its line in the file (the header is line 1), and why."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file, cells by column, without surrounding space."""

    line: int
    cells: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a file's rows. `problems` lists the first thousand, `unlisted` counts those beyond."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: tuple[RowProblem, ...] = ()
    unlisted: int = 0

    def plus(self, other: "Report") -> "Report":
        """Both together."""
        problems = self.problems + other.problems
        return Report(
            created=self.created + other.created,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            problems=problems[:_LISTED],
            unlisted=self.unlisted + other.unlisted + max(0, len(problems) - _LISTED),
        )


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """What a good row says, and the line it came from."""

    line: int
    value: T


async def load(
    path: Path,
    columns: Sequence[str],
    parse: Callable[[Mapping[str, str]], T],
    write: Callable[[AsyncConnection, Sequence[Parsed[T]]], Awaitable[Report]],
    *,
    db: Database,
    progress: Progress | None = None,
    batch: int = _BATCH,
    optional: Sequence[str] = (),
) -> Report:
    """The report on a whole file, read and written batch by batch; each batch is durable before the next is read.

    optional: columns that a file may leave out; then their cells are empty.
    parse: what one row says. Raises BadRow.
    write: puts a batch's good rows in, in the unit of work it is given.
    Raises: InputError when the file cannot be read or its header is wrong; then nothing was written.
    """
    report = Report()
    with _File(path) as file:
        rows = file.rows(columns, optional)
        while lines := list(islice(rows, batch)):
            good: list[Parsed[T]] = []
            problems = []
            for one in lines:
                try:
                    if isinstance(one, RowProblem):
                        problems.append(one)
                    else:
                        good.append(Parsed(one.line, parse(one.cells)))
                except BadRow as bad:
                    problems.append(RowProblem(one.line, str(bad)))
            written = await _put(db, write, good) if good else Report()
            found = sorted((*problems, *written.problems), key=lambda problem: problem.line)
            report = report.plus(replace(written, problems=tuple(found)))
            if progress is not None:
                progress(*file.position())
    return report


async def _put(
    db: Database, write: Callable[[AsyncConnection, Sequence[Parsed[T]]], Awaitable[Report]], good: list[Parsed[T]]
) -> Report:
    return await db.write(lambda conn: write(conn, good))


class _File:
    """An open CSV file: UTF-8 with or without a byte order mark, any line ends."""

    def __init__(self, path: Path) -> None:
        try:
            self._raw = path.open("rb")
        except FileNotFoundError:
            raise InputError(f"there is no file {path.name}") from None
        except OSError as error:
            raise InputError(f"{path.name} cannot be read ({error.strerror})") from None
        # Bytes that are not UTF-8 must spoil their own row only, so they come through marked.
        self._text = io.TextIOWrapper(self._raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._name = path.name
        self._size = path.stat().st_size

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def position(self) -> tuple[int, int]:
        """Bytes read so far, and in all."""
        return self._raw.tell(), self._size

    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row | RowProblem]:
        """The rows under the header, lines that are no rows as problems; blank lines are passed over."""
        reader = csv.reader(self._text, strict=True)
        header = self._header(reader, columns, optional)
        left_out = dict.fromkeys(set(optional) - set(header), "")
        line = reader.line_num
        while True:
            start = line + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                line = reader.line_num
                yield RowProblem(start, f"not readable as CSV: {error}")
                continue
            line = reader.line_num
            if cells is None:
                return
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if len(stripped) != len(header):
                yield RowProblem(start, f"has {len(stripped)} cells where the header has {len(header)}")
            elif any(_is_marked(cell) for cell in stripped):
                yield RowProblem(start, "is not UTF-8: save the file as CSV UTF-8")
            else:
                yield Row(start, dict(zip(header, stripped, strict=True)) | left_out)

    def _header(self, reader: Iterator[list[str]], columns: Sequence[str], optional: Sequence[str]) -> list[str]:
        try:
            first = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{self._name} is not readable as CSV: {error}") from None
        if first is None:
            raise InputError(f"{self._name} is empty: its first line must be {','.join(columns)}")
        header = [cell.strip().casefold() for cell in first]
        missing = [column for column in columns if column not in header]
        if missing:
            # The first line may be a patient's: nothing of it is repeated.
            hint = "; cells must be parted by commas" if len(header) == 1 else ""
            raise InputError(f"{self._name} lacks the column{_s(missing)} {', '.join(missing)}{hint}")
        extra = [_shown(name, n) for n, name in enumerate(header, start=1) if name not in (*columns, *optional)]
        if extra:
            raise InputError(f"{self._name} has the unknown column{_s(extra)} {', '.join(extra)}: take them out")
        if len(header) != len(set(header)):
            twice = sorted({name for name in header if header.count(name) > 1})
            raise InputError(f"{self._name} has the column{_s(twice)} {', '.join(twice)} more than once")
        return header


def _is_marked(cell: str) -> bool:
    """Whether bytes that were not UTF-8 came through in `cell`."""
    return not cell.isascii() and any("\ud800" <= letter <= "\udfff" for letter in cell)


def _shown(name: str, number: int) -> str:
    return name if _COLUMN_NAME.fullmatch(name) else f"number {number}"


def _s(names: Sequence[str]) -> str:
    return "s" if len(names) > 1 else ""
