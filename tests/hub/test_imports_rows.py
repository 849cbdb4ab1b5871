"""Reading CSV files: what is taken, what becomes a problem, and what never shows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.errors import InputError
from hub.imports.rows import BadRow, Parsed, Progress, Report, RowProblem, load
from tests.stores import either_will_do

SECRET = "Quillfeather"


class Sink:
    """Takes the rows of a file with the columns a and b, and remembers them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.rows: list[tuple[int, str, str]] = []
        self.batches: list[int] = []

    async def load(self, path: Path, content: str | bytes, progress: Progress | None = None) -> Report:
        """The report on a file with this content."""
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return await load(path, ("a", "b"), self._parse, self._write, db=self.db, progress=progress)

    @staticmethod
    def _parse(cells: Mapping[str, str]) -> tuple[str, str]:
        if cells["a"] == "bad":
            raise BadRow("a is bad")
        return cells["a"], cells["b"]

    async def _write(self, conn: AsyncConnection, batch: Sequence[Parsed[tuple[str, str]]]) -> Report:
        self.rows += [(one.line, *one.value) for one in batch]
        self.batches.append(len(batch))
        return Report(created=len(batch))


@pytest.fixture
def sink(db: Database) -> Sink:
    """Where rows go."""
    return Sink(db)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("a,b\n1,2\n3,4\n", id="plain"),
        pytest.param("a,b\r\n1,2\r\n3,4\r\n", id="CRLF"),
        pytest.param("\ufeffa,b\n1,2\n3,4", id="byte order mark, no last line end"),
        pytest.param('"a","b"\n"1","2"\n"3","4"\n', id="quoted"),
        pytest.param("b,a\n2,1\n4,3\n", id="columns in another order"),
        pytest.param(" A , b \n 1,2 \n3 , 4\n", id="spaces and capitals in the header"),
    ],
)
@either_will_do
async def test_the_usual_forms_of_csv_are_read(sink: Sink, tmp_path: Path, content: str) -> None:
    report = await sink.load(tmp_path / "f.csv", content)

    assert report == Report(created=2)
    assert sink.rows == [(2, "1", "2"), (3, "3", "4")]


async def test_a_problem_has_the_number_of_the_line_it_starts_on(sink: Sink, tmp_path: Path) -> None:
    content = 'a,b\n"x\ny",2\n\n,\nbad,1\n1\n1,2,3\nlast,1\n'

    report = await sink.load(tmp_path / "f.csv", content)

    assert sink.rows == [(2, "x\ny", "2"), (9, "last", "1")]
    assert report.problems == (
        RowProblem(6, "a is bad"),
        RowProblem(7, "has 1 cells where the header has 2"),
        RowProblem(8, "has 3 cells where the header has 2"),
    )


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'x"y,' + b'"Quill" feather', id="a stray quote"),
        pytest.param(b"Quillfeather \xff\xfe,1", id="bytes that are not UTF-8"),
        pytest.param(b"Quillfeather", id="too few cells"),
        pytest.param(b'"' + b"Quillfeather" * 20_000 + b'",1', id="an endless cell"),
    ],
)
@either_will_do
async def test_a_line_that_cannot_be_read_spoils_itself_only(sink: Sink, tmp_path: Path, line: bytes) -> None:
    report = await sink.load(tmp_path / "f.csv", b"a,b\n1,2\n" + line + b"\n3,4\n")

    assert [row[1:] for row in sink.rows] == [("1", "2"), ("3", "4")]
    assert [problem.line for problem in report.problems] == [3]
    assert SECRET not in repr(report)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param("", "f.csv is empty: its first line must be a,b", id="empty file"),
        pytest.param("Quillfeather,b", "f.csv lacks the column a", id="one is missing"),
        pytest.param("Quillfeather,1980-01-01", "f.csv lacks the columns a, b", id="no header at all"),
        pytest.param("a;b", "f.csv lacks the columns a, b; cells must be parted by commas", id="semicolons"),
        pytest.param("a,b,shoe size", "f.csv has the unknown column shoe size: take them out", id="one too many"),
        pytest.param(
            "a,b,555-0100,", "f.csv has the unknown columns number 3, number 4: take them out", id="odd names"
        ),
        pytest.param("a,b,a", "f.csv has the column a more than once", id="one twice"),
    ],
)
@either_will_do
async def test_a_wrong_header_is_one_clear_error_and_nothing_goes_in(
    sink: Sink, tmp_path: Path, header: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        await sink.load(tmp_path / "f.csv", f"{header}\n1,2\n" if header else "")

    assert str(caught.value) == message
    assert sink.rows == []


async def test_a_file_that_is_not_there_is_an_input_error(sink: Sink, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file gone\.csv"):
        await load(tmp_path / "gone.csv", ("a",), sink._parse, sink._write, db=sink.db)


async def test_rows_go_in_by_batches_and_progress_is_told(sink: Sink, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    content = "a,b\n" + "1,2\n" * 450

    report = await sink.load(tmp_path / "f.csv", content, lambda done, of: seen.append((done, of)))

    assert report.created == 450
    assert sink.batches == [200, 200, 50]
    assert len(seen) == 3
    assert seen[-1] == (len(content), len(content))


async def test_only_the_first_thousand_problems_are_listed(sink: Sink, tmp_path: Path) -> None:
    report = await sink.load(tmp_path / "f.csv", "a,b\n" + "bad,1\n" * 1500)

    assert len(report.problems) == 1000
    assert report.problems[-1].line == 1001
    assert report.unlisted == 500


_reports = st.builds(
    Report,
    created=st.integers(0, 9),
    problems=st.lists(st.builds(RowProblem, st.integers(2, 9), st.just("is bad"))).map(tuple),
    unlisted=st.integers(0, 9),
)


@given(_reports, _reports)
def test_reports_add_up(one: Report, other: Report) -> None:
    both = one.plus(other)

    assert both.created == one.created + other.created
    assert len(both.problems) + both.unlisted == len(one.problems + other.problems) + one.unlisted + other.unlisted
