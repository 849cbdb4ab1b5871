"""`hub patients|schedule|appointments import`: good rows go in, bad ones are told by their line."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.db.tables import appointment, person, slot
from tests.hub.cli.looking import rows
from tests.hub.cli.running import Ended, Run

PATIENTS = (
    "mrn,given_name,family_name,birth_date,language,timezone,phone,email,"
    "preferred_channel,sms_consent,voice_consent,email_consent"
)
NORA = "M-1,Nora,Quinnley,1984-07-21,en,America/New_York,+12025550123,nora.quinn@example.org,sms,yes,no,yes"
BEN = "M-2,Ben,Quinnley,1990-01-02,es,America/New_York,202-555-0124,,sms,yes,,"
BAD = "M-3,Zanzibar,Quinnley,not-a-date,en,America/New_York,+12025550125,,sms,,,"
SLOTS = "provider,specialty,visit_type,location,start,minutes"
SLOT = "Dr. Lee,family medicine,check-up,Main Street,2026-03-09T09:00:00-04:00,30"
VISITS = "mrn,provider,visit_type,location,start,minutes,status"
VISIT = "M-1,Dr. Lee,check-up,Main Street,2026-03-09T09:00:00-04:00,30,booked"


@pytest.fixture
def bring(run: Run, tmp_path: Path) -> "Bring":
    return Bring(run, tmp_path / "file.csv")


class Bring:
    """Writes a file and imports it."""

    def __init__(self, run: Run, file: Path) -> None:
        self._run, self._file = run, file

    def __call__(self, what: str, *lines: str) -> Ended:
        self._file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self._run(what, "import", str(self._file))


def test_patients_go_in_and_are_counted_on_stderr(bring: Bring, founded: Path) -> None:
    ended = bring("patients", PATIENTS, NORA, BEN)

    assert (ended.code, ended.out) == (0, "")
    assert ended.lines == ["2 created, 0 changed, 0 as they were"]
    assert len(rows(founded, sa.select(person))) == 2


def test_again_nothing_changes(bring: Bring, founded: Path) -> None:
    bring("patients", PATIENTS, NORA)

    again = bring("patients", PATIENTS, NORA)
    changed = bring("patients", PATIENTS, NORA.replace(",en,", ",es,"))

    assert again.lines == ["0 created, 0 changed, 1 as they were"]
    assert changed.lines == ["0 created, 1 changed, 0 as they were"]


def test_a_bad_row_is_told_by_its_line_without_what_is_in_it_and_the_others_go_in(bring: Bring, founded: Path) -> None:
    ended = bring("patients", PATIENTS, NORA, BAD, BEN)

    assert (ended.code, ended.out) == (1, "")
    assert ended.lines[0].startswith("line 3: ")
    assert ended.lines[-1] == "2 created, 0 changed, 0 as they were"
    for said in ("Zanzibar", "Quinnley", "not-a-date", "5550125"):
        assert said not in ended.err
    assert len(rows(founded, sa.select(person))) == 2


def test_more_bad_rows_than_anyone_reads_are_counted(bring: Bring, founded: Path) -> None:
    ended = bring("patients", PATIENTS, *[BAD] * 1003)

    assert ended.code == 1
    assert ended.lines[-2:] == ["… and 3 more", "0 created, 0 changed, 0 as they were"]
    assert len(ended.lines) == 1002


@pytest.mark.parametrize(
    ("what", "lines", "words"),
    [
        ("patients", (SLOTS, SLOT), "lacks the columns"),
        ("schedule", ("",), "lacks the columns"),
        ("appointments", (NORA,), "lacks the columns"),
    ],
    ids=["another file's header", "no header", "a row for a header"],
)
def test_a_file_with_the_wrong_header_is_refused_whole(
    bring: Bring, founded: Path, what: str, lines: tuple[str, ...], words: str
) -> None:
    ended = bring(what, *lines)

    assert (ended.code, ended.out, len(ended.lines)) == (2, "", 1)
    assert words in ended.err
    assert "Nora" not in ended.err
    assert rows(founded, sa.select(person)) == []


def test_slots_and_visits_go_in_after_their_patients(bring: Bring, founded: Path) -> None:
    bring("patients", PATIENTS, NORA)

    slots = bring("schedule", SLOTS, SLOT)
    visits = bring("appointments", VISITS, VISIT)
    again = [bring("schedule", SLOTS, SLOT), bring("appointments", VISITS, VISIT)]

    assert (slots.code, slots.lines) == (0, ["1 created, 0 changed, 0 as they were"])
    assert (visits.code, visits.lines) == (0, ["1 created, 0 changed, 0 as they were"])
    assert {one.lines[-1] for one in again} == {"0 created, 0 changed, 1 as they were"}
    assert [row.state for row in rows(founded, sa.select(slot))] == ["booked"]
    assert [row.status for row in rows(founded, sa.select(appointment))] == ["booked"]


def test_a_visit_of_nobody_known_is_told(bring: Bring, founded: Path) -> None:
    ended = bring("appointments", VISITS, VISIT)

    assert ended.code == 1
    assert ended.lines[0].startswith("line 2: ")


def test_a_hub_that_was_never_started_is_made_ready(bring: Bring, data: Path) -> None:
    assert bring("patients", PATIENTS, NORA).code == 0
    assert {one.name for one in data.iterdir()} >= {"hub.db", "keyring.json"}


def test_on_a_terminal_a_bar_shows_how_far_it_is(
    bring: Bring, founded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True)

    ended = bring("patients", PATIENTS, *[NORA.replace("M-1", f"M-{n}") for n in range(10, 460)])

    assert ended.code == 0
    assert "file.csv" in ended.err
    assert "100%" in ended.err
    assert "450 created" in ended.lines[-1]
