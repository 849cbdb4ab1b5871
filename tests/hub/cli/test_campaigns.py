"""`hub campaigns` and `hub templates`: what would be sent is shown, and what runs is counted."""

import json
from pathlib import Path
from typing import Any

from tests.hub.cli.running import Run
from tests.hub.cli.test_imports import BEN, NORA, PATIENTS, VISIT, VISITS, Bring, bring

__all__ = ["bring"]
OTHER = "M-2,Dr. Lee,check-up,Main Street,2026-03-09T10:00:00-04:00,30,booked"
SETTINGS = {
    "HUB_TWILIO_ACCOUNT_SID": "AC0",
    "HUB_TWILIO_AUTH_TOKEN": "none",
    "HUB_SMS_FROM": "+12025550100",
}


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_preview_tells_every_person_and_step_and_sends_nothing(run: Run, bring: Bring, founded: Path) -> None:
    bring("patients", PATIENTS, NORA, BEN.replace("sms,yes", "sms,no"))
    bring("appointments", VISITS, VISIT, OTHER)
    signed = ("--signed", "2026-01-15", "--document", "safe 4")
    assert run("vendors", "record", "Twilio", "--service", "sms", *signed).code == 0

    ended = run("campaigns", "preview", "appointment-reminder", "--at", "2026-03-05T12:00-05:00", **SETTINGS)

    assert (ended.code, ended.lines[-1].lstrip("\r")) == (0, "8 steps; nothing was sent")
    found = {(row["mrn"], row["step"]): row for row in rows(ended.out)}
    assert set(found["M-1", "three-days"]) == {"mrn", "step", "channel", "send_at", "decision", "reason"}
    nora, ben = found["M-1", "three-days"], found["M-2", "three-days"]
    assert (nora["decision"], nora["channel"], nora["send_at"][:10]) == ("send", "sms", "2026-03-06")
    assert (ben["decision"], ben["channel"], ben["send_at"]) == ("skip", None, None)
    assert found["M-1", "week-before"]["reason"] == "The step is for patients who often did not come."


def test_a_run_is_started_once_paused_and_counted(run: Run, founded: Path) -> None:
    assert run("campaigns", "status", "recall").code == 2

    assert run("campaigns", "start", "recall").lines == ["recall: running"]
    assert run("campaigns", "start", "recall").code == 2
    assert run("campaigns", "pause", "recall").lines == ["recall: paused"]
    assert run("campaigns", "resume", "recall").lines == ["recall: running"]
    status = json.loads(run("campaigns", "status", "recall").out)
    assert (status["state"], status["total"]) == ("running", 0)
    assert run("campaigns", "stop", "recall").lines == ["recall: stopped"]
    states = {row["name"]: row["state"] for row in rows(run("campaigns", "list").out)}
    assert (states["recall"], states["waitlist"]) == ("stopped", "never started")


def test_what_is_asked_for_wrongly_is_told_in_one_line(run: Run, founded: Path) -> None:
    unknown = run("campaigns", "preview", "nothing")
    timeless = run("campaigns", "preview", "recall", "--at", "tomorrow")

    assert (unknown.code, timeless.code) == (2, 2)
    assert "there is no campaign of this name" in unknown.lines[-1]
    assert "--at must be a time" in timeless.lines[-1]


def test_texts_are_checked_and_shown(run: Run) -> None:
    checked = run("templates", "check", "--strict")
    shown = run("templates", "show", "waitlist.offer", "--language", "es", "--channel", "sms")

    assert (checked.code, checked.out) == (0, "")
    (row,) = rows(shown.out)
    assert row["text"].startswith("Maple Street Clinic: hay una hora más temprana")
    assert (row["encoding"], row["state"]) == ("UCS-2", "approved")
