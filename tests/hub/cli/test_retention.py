"""`hub dispose`, `hub retention` and `hub backup` as they are run: what is printed, and what is refused in one line."""

import json
from pathlib import Path

from hub.crypto import Keyring
from tests.hub.cli.running import Run

PATIENTS = (
    "mrn,given_name,family_name,birth_date,language,timezone,phone,email,preferred_channel,sms_consent,voice_consent,"
    "email_consent\nA-1001,Ana,Lopez,1980-04-02,es,,+12025550151,ana@example.org,sms,yes,,\n"
)


def test_a_person_is_disposed_of_once_no_hold_is_in_force(run: Run, founded: Path, tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(PATIENTS)
    assert run("patients", "import", str(tmp_path / "patients.csv")).code == 0
    held = run("retention", "hold", "A-1001", "--reason", "case 1").out.strip()
    before = Keyring.load(founded / "keyring.json").ids

    refused = run("dispose", "A-1001", "--reason", "asked for")
    assert (refused.code, refused.out, len(refused.lines)) == (1, "", 1)
    assert "hold" in refused.err
    assert json.loads(run("retention", "holds").out)["mrn"] == "A-1001"
    assert run("retention", "release", held).code == 0
    done = run("dispose", "A-1001", "--reason", "asked for")

    certificate = json.loads(done.out)["certificate"]
    assert (done.code, certificate["seq"], certificate["keks"]) == (0, 1, list(before))
    assert "A-1001" not in done.out
    assert not set(before) & set(Keyring.load(founded / "keyring.json").ids)
    assert run("disposals", "verify").out.startswith("intact: 1 certificates")
    assert run("dispose", "A-1001", "--reason", "again").code == 2
    assert json.loads(run("retention", "run", "--dry-run").out) == {"policy": "us 1", "dry_run": True, "counts": {}}


def test_older_keys_that_are_still_there_are_told(run: Run, founded: Path, tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(PATIENTS)
    run("patients", "import", str(tmp_path / "patients.csv"))
    assert run("dispose", "A-1001", "--reason", "asked for", "--keep-keys").code == 0

    found = run("disposals", "verify")

    assert (found.code, len(found.lines)) == (1, 1)
    assert "hub keys rotate --destroy-older" in found.err
    run("keys", "rotate", "--destroy-older")
    assert run("disposals", "verify").code == 0


def test_a_backup_goes_round(run: Run, founded: Path, tmp_path: Path) -> None:
    made = run("backup", str(tmp_path / "backup"))
    ring = str(founded / "keyring.json")

    back = run("restore", str(tmp_path / "backup"), "--data", str(tmp_path / "new"), "--keyring", ring)

    assert (made.code, made.out, back.code, json.loads(back.out)["keys"]) == (0, "", 0, 2)
    assert run("audit", "verify", HUB_DATA=str(tmp_path / "new")).code == 0
    again = run("restore", str(tmp_path / "backup"), "--data", str(tmp_path / "new"), "--keyring", ring)
    assert (again.code, len(again.lines)) == (2, 1)
