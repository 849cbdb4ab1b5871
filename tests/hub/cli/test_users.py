"""`hub users`: added by password or invitation, listed, kept out, let in again."""

import json
from typing import Any

import pytest

from tests.hub.cli.running import Run

pytestmark = pytest.mark.usefixtures("founded")

PASSWORD = "tulip ferry nineteen"


def _add(run: Run, email: str, role: str, *rest: str, given: str = "") -> Any:
    words = ("users", "add", email, "--name", "Nora Quinn", "--role", role, *rest)
    return run(*words, stdin=given, HUB_PASSWORD_MEMORY="19")


def _listed(run: Run) -> dict[str, dict[str, Any]]:
    ended = run("users", "list")
    assert (ended.code, ended.err) == (0, "")
    return {one["email"]: one for one in map(json.loads, ended.out.splitlines())}


def test_users_are_added_listed_kept_out_and_let_in_again(run: Run) -> None:
    assert _add(run, "Jo@example.org", "admin", "--password-stdin", given=PASSWORD + "\n").code == 0
    invited = _add(run, "nora@example.org", "agent", "--invite")
    assert invited.code == 0
    assert "/sign-in/link/" in invited.out
    found = _listed(run)
    assert (found["jo@example.org"]["role"], found["jo@example.org"]["status"]) == ("admin", "active")
    assert found["nora@example.org"]["status"] == "invited"
    assert PASSWORD not in json.dumps(found)

    assert run("users", "disable", "nora@example.org").code == 0
    assert _listed(run)["nora@example.org"]["status"] == "disabled"
    reset = run("users", "reset", "nora@example.org", "--factors")
    assert "/sign-in/link/" in reset.out
    assert reset.out != invited.out
    assert _listed(run)["nora@example.org"]["status"] == "invited"


def test_what_cannot_be_done_says_how_to_mend_it(run: Run) -> None:
    assert _add(run, "jo@example.org", "admin", "--password-stdin", given=PASSWORD + "\n").code == 0

    for ended, words in (
        (_add(run, "jo@example.org", "agent", "--invite"), "already"),
        (_add(run, "no mailbox", "agent", "--invite"), "nurse@example.org"),
        (_add(run, "b@example.org", "agent", "--password-stdin", given="password1234\n"), "words of your own"),
        (_add(run, "b@example.org", "agent", "--password-stdin", "--invite"), "not both"),
        (_add(run, "b@example.org", "boss", "--invite"), "boss"),
        (run("users", "disable", "jo@example.org"), "last active admin"),
        (run("users", "disable", "nobody@example.org"), "hub users list"),
        (run("users", "reset", "nobody@example.org"), "hub users list"),
    ):
        assert ended.code == 2
        assert ended.out == ""
        assert words in ended.err
