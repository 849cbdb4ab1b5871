"""`hub patients merge`, `hub schedule confidential`, `hub numbers`: identity from the command line."""

from pathlib import Path

import sqlalchemy as sa

from hub.db.tables import address, person, resource
from tests.hub.cli.looking import rows
from tests.hub.cli.running import Run
from tests.hub.cli.test_imports import BEN, NORA, PATIENTS, SLOT, SLOTS

TWICE = "M-9,Nora,Quinnley,1984-07-21,en,America/New_York,+12025550129,,sms,yes,,"


def test_records_are_merged_once_and_what_cannot_be_is_told(run: Run, founded: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("\n".join((PATIENTS, NORA, BEN, TWICE)) + "\n", encoding="utf-8")
    run("patients", "import", str(file))
    why = ("--reason", "entered twice")

    done = run("patients", "merge", "M-9", "M-1", *why)
    again = run("patients", "merge", "M-9", "M-1", *why)
    differ = run("patients", "merge", "M-2", "M-1", *why)
    unknown = run("patients", "merge", "M-7", "M-1", *why)
    back = run("patients", "import", str(file))

    assert (done.code, "addresses: 1" in done.out, done.lines) == (0, True, ["merged"])
    assert (again.code, again.out, again.lines) == (0, "", ["they were merged before"])
    assert (differ.code, "birth dates" in differ.err) == (2, True)
    assert (unknown.code, "unknown" in unknown.err) == (2, True)
    assert (back.code, back.lines[0]) == (1, "line 4: was refused (record_merged)")
    assert len(rows(founded, sa.select(person).where(person.c.kind == "patient"))) == 2


def test_numbers_are_asked_about_and_the_answers_suspend(run: Run, founded: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("\n".join((PATIENTS, NORA)) + "\n", encoding="utf-8")
    run("patients", "import", str(file))

    asked = run("numbers", "list")
    header, line = asked.out.splitlines()
    file.write_text(f"{header},answer\n{line},yes\n", encoding="utf-8")
    done = run("numbers", "import", str(file))

    assert (header, line.partition(",")[0]) == ("phone,date", "+12025550123")
    assert (done.code, done.lines) == (0, ["0 created, 1 changed, 0 as they were"])
    (number,) = rows(founded, sa.select(address).where(address.c.kind == "phone"))
    assert number.state == "suspended"


def test_a_visit_type_is_made_confidential_and_open_again(run: Run, founded: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(f"{SLOTS}\n{SLOT}\n", encoding="utf-8")
    run("schedule", "import", str(file))
    marked = sa.select(resource.c.kind).where(resource.c.confidential.is_(True))

    done = run("schedule", "confidential", "Check-Up")
    kinds = [row.kind for row in rows(founded, marked)]
    undone = run("schedule", "confidential", "check-up", "--off")
    unknown = run("schedule", "confidential", "surgery")

    assert (done.code, undone.code, unknown.code) == (0, 0, 2)
    assert (kinds, rows(founded, marked)) == (["visit_type"], [])
