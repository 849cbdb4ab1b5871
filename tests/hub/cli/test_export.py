"""`hub export` and `hub rights` as they are run: data on stdout, talk on stderr, and what is wrong in one line."""

import json
import shutil
from pathlib import Path

from tests.hub.cli.running import Run

PATIENTS = (
    "mrn,given_name,family_name,birth_date,language,timezone,phone,email,"
    "preferred_channel,sms_consent,voice_consent,email_consent\n"
    "M-1,Nora,Quinnley,1984-07-21,en,America/New_York,+12025550123,,sms,yes,,\n"
)


def test_from_a_request_to_what_is_handed_over(run: Run, founded: Path, tmp_path: Path) -> None:
    """Asked for, put off, amended, handed over, verified with the key, without a database; accounted for."""
    (tmp_path / "patients.csv").write_text(PATIENTS)
    run("patients", "import", str(tmp_path / "patients.csv"))
    opened = json.loads(run("rights", "open", "M-1", "--kind", "access").out)
    assert (opened["days_left"], opened["rules"], opened["state"]) == (30, "us-hipaa 1", "open")
    put_off = json.loads(run("rights", "extend", opened["id"], "--reason", "archive").out)
    assert (put_off["days_left"], put_off["extended"]) == (60, True)
    run("rights", "amend", "M-1", "--words", "I never smoked")
    out = tmp_path / "handed"

    done = run("rights", "access", "M-1", "--out", str(out))

    assert json.loads(done.out)["state"] == "fulfilled"
    assert "I never smoked" in (out / "conversation" / "messages-000001.html").read_text()
    assert "Quinnley" in (out / "consent.html").read_text()
    manifest = json.loads((out / "conversation" / "manifest.json").read_text())
    shutil.rmtree(founded)
    verified = run("export", "verify", str(out / "conversation"), "--key", manifest["key"])
    assert (verified.code, verified.err) == (0, "")
    assert "unchanged: 1 messages" in verified.out
    (out / "conversation" / "messages-000001.html").write_text("never happened\n")
    changed = run("export", "verify", str(out / "conversation"))
    assert changed.code == 1
    assert "messages-000001.html" in changed.out


def test_exports_are_accounted_for_and_what_is_wrong_is_one_line(run: Run, founded: Path, tmp_path: Path) -> None:
    """Each misuse says how to mend it; an export that is handed over is in the accounting."""
    (tmp_path / "patients.csv").write_text(PATIENTS)
    run("patients", "import", str(tmp_path / "patients.csv"))
    run("rights", "amend", "M-1", "--words", "I never smoked")
    out = str(tmp_path / "out")
    for words in (
        ("export",),
        ("export", "--out", out, "--mrn", "nobody"),
        ("export", "--out", out, "--thread", "nothing"),
        ("export", "--out", out, "--since", "yesterday"),
        ("export", "--out", out, "--profile", "everything"),
        ("export", "--out", out, "--disclosed-to", "Counsel"),
        ("export", "--out", out, "--archive", "x.age"),
        ("export", "verify", str(tmp_path / "none")),
        ("rights", "open", "M-1", "--kind", "erasure"),
        ("rights", "deny", "nothing", "--reason", "x"),
    ):
        wrong = run(*words)
        assert (wrong.code, wrong.out) == (2, ""), words
        assert "Traceback" not in wrong.err

    done = run("export", "--out", out, "--format", "csv", "--disclosed-to", "Counsel", "--because", "court order 17")

    assert (done.code, json.loads(done.out)["messages"]) == (0, 1)
    accounted = json.loads(run("rights", "disclosures", "M-1").out)
    assert (accounted["to"], accounted["why"]) == ("Counsel", "court order 17")
    kinds = [json.loads(line)["kind"] for line in run("rights", "list").out.splitlines()]
    assert kinds == ["amendment"]
