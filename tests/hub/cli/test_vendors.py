"""`hub vendors` and `hub part2` as they are run: what is printed, and what is refused in one line."""

import json
from pathlib import Path

from tests.hub.cli.running import Run
from tests.hub.cli.test_retention import PATIENTS

CARRIER = {
    "HUB_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "HUB_TWILIO_AUTH_TOKEN": "synthetic",
    "HUB_SMS_FROM": "+12025550100",
}


def test_a_vendor_is_recorded_and_ended(run: Run, founded: Path) -> None:
    def carries() -> bool:
        return bool(json.loads(run("vendors", "list", "--services", **CARRIER).out)["carries"])

    assert not carries()
    refused = run("vendors", "record", "Twilio", "--service", "sms")
    assert (refused.code, len(refused.lines)) == (2, 1)
    signed = ("--signed", "2026-01-15", "--document", "contracts 12")
    assert run("vendors", "record", "Twilio", "--service", "sms", *signed).code == 0
    assert carries()
    assert json.loads(run("vendors", "list").out)["document"] == "contracts 12"
    assert run("vendors", "end", "twilio", "--reason", "moved").code == 0
    assert not carries()
    assert (run("vendors", "list").out, run("vendors", "end", "Twilio", "--reason", "moved").code) == ("", 2)


def test_a_persons_records_are_labelled_and_go_out_by_consent(run: Run, founded: Path, tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(PATIENTS)
    run("patients", "import", str(tmp_path / "patients.csv"))
    disclosed = ("--mrn", "A-1001", "--disclosed-to", "Counsel", "--because", "a claim")

    assert run("part2", "label", "A-1001").code == 0
    refused = run("export", "--out", str(tmp_path / "a"), *disclosed)
    assert (refused.code, len(refused.lines)) == (2, 1)
    assert "hub part2 consent" in refused.err
    run("part2", "consent", "A-1001", "--signed", "2026-01-15", "--document", "safe 4")
    assert run("export", "--out", str(tmp_path / "b"), *disclosed).code == 0
    shown = json.loads(run("part2", "show", "A-1001").out)
    assert (shown["labelled"], shown["consents"][0]["document"]) == (True, "safe 4")
    assert run("part2", "revoke", "A-1001").code == 0
    assert json.loads(run("part2", "show", "A-1001").out)["consents"][0]["revoked_at"] is not None
    assert run("part2", "label", "A-1001", "--off").code == 0
    assert not json.loads(run("part2", "show", "A-1001").out)["labelled"]
    unknown = run("part2", "mark", "Nothing")
    assert (unknown.code, len(unknown.lines)) == (2, 1)
