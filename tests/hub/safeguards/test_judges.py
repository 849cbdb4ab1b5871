"""Every safeguard can be in place, and every reason that its judge may give comes of facts that are wrong."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.audit import Actor
from hub.safeguards import MANUAL, SAFEGUARDS, State, access, keys, proof, records, software, tested
from hub.safeguards.attesting import Attestation, judge_attested
from hub.safeguards.listed import GROUPS
from hub.staff.application import ENDPOINTS, PAGES
from hub.staff.drawing import words
from hub.staff.safeguards_reach import Gates, gates, judge_gates, reach
from tests.stores import NOW

LONG_AGO, LATELY = NOW - timedelta(days=800), NOW - timedelta(minutes=1)
GATES = reach(ENDPOINTS, PAGES)
Facts = dict[str, Any]
RIGHT: dict[str, tuple[type[Any], Facts]] = {
    "sealing": (keys.Sealing, {"opens": True, "differs": True, "edited_refused": True, "moved_refused": True}),
    "keyring": (
        keys.Ring,
        {"canary": True, "keys": 1, "made": LATELY, "rotated": None, "data_keys": 3, "behind": 0},
    ),
    "secrets": (keys.Files, {"can_be_seen": True, "looked": 2, "open": ()}),
    "transport": (keys.Wires, {"public": "https://hub.example.org", "plain": ()}),
    "accounts": (
        access.Accounts,
        {"active": 3, "invited": 0, "disabled": 1, "stale_invitations": 0, "unused": 0},
    ),
    "second_factor": (access.Factors, {"required": True, "active": 3, "covered": 3, "passkeys": 1}),
    "sign_out": (
        access.Leaving,
        {"idle": timedelta(minutes=15), "lasts": timedelta(hours=12), "open": 2, "orphaned": 0, "outdated": 0},
    ),
    "tokens": (access.Tokens, {"good": 1, "unbounded": 0, "oldest": LATELY}),
    "glass": (access.Waiting, {"all": 2, "open": 0, "oldest": None}),
    "access_review": (access.Roles, {"by_role": {"agent": 3}, "reviewed": LATELY}),
    "gates": (Gates, {"all": 3, "unguarded": (), "unnamed": (), "loose": ()}),
    "chain": (
        proof.Chain,
        {
            "links": 9,
            "waiting": 1,
            "waits_since": LATELY,
            "signed": LATELY,
            "unsigned_since": LATELY,
            "walked": LATELY,
            "fault": "",
        },
    ),
    "copy": (proof.Copied, {"at": LATELY, "seq": 9}),
    "recorded": (proof.Held, {"looked": 5, "without": 0, "newest": LATELY}),
    "consent": (proof.Held, {"looked": 5, "without": 0, "newest": LATELY}),
    "unusual": (access.Waiting, {"all": 2, "open": 1, "oldest": LATELY, "watched": LATELY}),
    "backup": (records.Copies, {"embedded": True, "taken": LATELY, "keys_taken": None, "attested": None}),
    "drill": (records.Drill, {"attested": LATELY, "restored": None}),
    "jobs": (records.Worked, {"failed": 0, "names": "", "done": LATELY}),
    "retention": (records.Kept, {"named": True, "ran": LATELY, "policy": "us 1", "holds": 0}),
    "disposal": (records.Disposed, {"certificates": 2, "last": LATELY, "fault": ""}),
    "vendors": (records.Agreements, {"all": ("sms", "email"), "lacking": (), "ending": ()}),
    "exports": (records.Written, {"all": 2, "ready": 1, "overdue": 0, "last": LATELY}),
    "requests": (records.Asked, {"open": 1, "overdue": 0, "next_due": NOW + timedelta(days=3)}),
    "schema": (software.Revision, {"found": "1", "wanted": "1"}),
    "packages": (software.Packages, {"release": "1", "named": 2, "unfit": ()}),
    "signatures": (software.Forged, {"routes": 2, "believed": ()}),
    "scanner": (software.Scanned, {"by": "ClamAV"}),
}
"""Facts of which each judge says that it is in place."""
WRONG: list[tuple[str, Facts, State, str]] = [
    ("sealing", {"opens": False}, State.MISSING, "broken"),
    ("sealing", {"differs": False}, State.MISSING, "broken"),
    ("sealing", {"edited_refused": False}, State.MISSING, "broken"),
    ("sealing", {"moved_refused": False}, State.MISSING, "broken"),
    ("keyring", {"canary": False}, State.MISSING, "canary"),
    ("keyring", {"behind": 1}, State.ATTENTION, "behind"),
    ("keyring", {"made": NOW - timedelta(days=366)}, State.ATTENTION, "old"),
    ("secrets", {"open": ("keyring.json",)}, State.MISSING, "readable"),
    ("secrets", {"can_be_seen": False}, State.UNSEEN, "not_posix"),
    ("transport", {"public": "http://hub.example.org"}, State.MISSING, "public"),
    ("transport", {"plain": ("HUB_REDIS_URL",)}, State.MISSING, "plain"),
    ("transport", {"public": "http://127.0.0.1:8080"}, State.ATTENTION, "local"),
    ("accounts", {"active": 0}, State.MISSING, "nobody"),
    ("accounts", {"unused": 1}, State.ATTENTION, "unused"),
    ("accounts", {"stale_invitations": 1}, State.ATTENTION, "invitations"),
    ("second_factor", {"required": False}, State.MISSING, "optional"),
    ("second_factor", {"covered": 2}, State.ATTENTION, "without"),
    ("sign_out", {"orphaned": 1}, State.MISSING, "orphaned"),
    ("sign_out", {"idle": timedelta(minutes=16)}, State.MISSING, "long"),
    ("sign_out", {"lasts": timedelta(hours=25)}, State.MISSING, "long"),
    ("sign_out", {"outdated": 1}, State.ATTENTION, "outdated"),
    ("tokens", {"unbounded": 1}, State.ATTENTION, "unbounded"),
    ("tokens", {"oldest": LONG_AGO}, State.ATTENTION, "old"),
    ("glass", {"open": 1, "oldest": NOW - timedelta(days=4)}, State.ATTENTION, "unreviewed"),
    ("access_review", {"reviewed": None}, State.MISSING, "never"),
    ("access_review", {"reviewed": NOW - timedelta(days=181)}, State.ATTENTION, "old"),
    ("gates", {"unguarded": ("/x",)}, State.MISSING, "open"),
    ("gates", {"unnamed": ("/x/{id}",)}, State.MISSING, "open"),
    ("gates", {"loose": ("/x",)}, State.MISSING, "open"),
    ("chain", {"fault": "link 3 is missing"}, State.MISSING, "broken"),
    ("chain", {"waits_since": NOW - timedelta(minutes=6)}, State.ATTENTION, "waiting"),
    ("chain", {"unsigned_since": NOW - timedelta(minutes=21)}, State.ATTENTION, "unsigned"),
    ("chain", {"walked": NOW - timedelta(days=8)}, State.ATTENTION, "unverified"),
    ("chain", {"walked": None}, State.ATTENTION, "unverified"),
    ("copy", {"at": None}, State.MISSING, "never"),
    ("copy", {"at": NOW - timedelta(days=8)}, State.ATTENTION, "old"),
    ("recorded", {"without": 1}, State.MISSING, "without"),
    ("consent", {"without": 1}, State.MISSING, "undecided"),
    ("unusual", {"watched": None}, State.MISSING, "never"),
    ("unusual", {"watched": NOW - timedelta(hours=3)}, State.ATTENTION, "stopped"),
    ("unusual", {"oldest": NOW - timedelta(days=4)}, State.ATTENTION, "unreviewed"),
    ("backup", {"taken": None}, State.MISSING, "never"),
    ("backup", {"taken": NOW - timedelta(hours=37)}, State.ATTENTION, "old"),
    ("backup", {"embedded": False}, State.UNSEEN, "server"),
    ("backup", {"embedded": False, "attested": LATELY}, State.UNSEEN, "server"),
    ("drill", {"attested": None}, State.MISSING, "never"),
    ("drill", {"attested": LONG_AGO}, State.ATTENTION, "old"),
    ("jobs", {"done": None}, State.MISSING, "stopped"),
    ("jobs", {"done": NOW - timedelta(hours=3)}, State.MISSING, "stopped"),
    ("jobs", {"failed": 1}, State.ATTENTION, "failed"),
    ("vendors", {"lacking": ("email",)}, State.MISSING, "lacking"),
    ("vendors", {"ending": ("sms",)}, State.ATTENTION, "ending"),
    ("retention", {"named": False}, State.ATTENTION, "unset"),
    ("retention", {"ran": None}, State.MISSING, "never"),
    ("retention", {"ran": NOW - timedelta(hours=49)}, State.ATTENTION, "old"),
    ("disposal", {"fault": "certificate 2 was changed"}, State.MISSING, "broken"),
    ("exports", {"overdue": 1}, State.ATTENTION, "kept"),
    ("requests", {"overdue": 1}, State.MISSING, "overdue"),
    ("schema", {"found": "0"}, State.MISSING, "behind"),
    ("packages", {"unfit": ("aiohttp",)}, State.MISSING, "unfit"),
    ("packages", {"named": 0}, State.UNSEEN, "not_installed"),
    ("signatures", {"believed": ("/hooks/sms",)}, State.MISSING, "believed"),
    ("signatures", {"routes": 0}, State.UNSEEN, "no_channel"),
    ("scanner", {"by": ""}, State.ATTENTION, "none"),
]
BY_NAME = {one.name: one for one in (*SAFEGUARDS, GATES)}
LOOKED = sorted(set(BY_NAME) - {one.name for one in tested.TESTED})


@pytest.mark.parametrize("name", LOOKED)
def test_it_can_be_in_place(name: str) -> None:
    kind, facts = RIGHT[name]

    assert (found := BY_NAME[name].judge(kind(**facts), NOW)).state is State.IN_PLACE
    assert found.reason == ""


@pytest.mark.parametrize(("name", "change", "state", "reason"), WRONG, ids=lambda one: str(one)[:40])
def test_it_fails_when_a_fact_is_wrong(name: str, change: Facts, state: State, reason: str) -> None:
    kind, facts = RIGHT[name]

    found = BY_NAME[name].judge(kind(**facts | change), NOW)

    assert (found.state, found.reason) == (state, reason)


def test_every_reason_has_facts_that_lead_to_it() -> None:
    led_to = {(name, reason) for name, _, _, reason in WRONG} | {(one.name, "tested") for one in tested.TESTED}

    assert led_to == {(one.name, reason) for one in BY_NAME.values() for reason in one.reasons}


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_safeguard_reason_and_piece_of_evidence_has_words(language: Any) -> None:
    said = words(language)
    found = [BY_NAME[name].judge(kind(**facts), NOW) for name, (kind, facts) in RIGHT.items()]
    labels = {key for one in found for key in one.evidence} | {"attested_until", "tests", "release", "done", "until"}

    wanted = {f"safe_ev_{key}" for key in labels} | {f"safe_group_{one}" for one in GROUPS}
    wanted |= {f"safe_state_{one}" for one in State} | {f"safe_people_to_{one}" for one in ("never", "ended", "ends")}
    for one in BY_NAME.values():
        wanted |= {f"safe_{one.name}", f"safe_{one.name}_why"} | {f"safe_{one.name}_to_{r}" for r in one.reasons}
    wanted |= {f"safe_{one.name}" for one in MANUAL}
    assert sorted(wanted - said.keys()) == []


def test_what_tests_hold_names_tests_that_there_are() -> None:
    root = Path(__file__).parents[3]

    for one in tested.TESTED:
        assert one.judge(tested.Suite("x", ""), NOW).state is State.UNSEEN
    assert [name for name in tested.FILES if not (root / name).is_file()] == []


def attested(ends: datetime) -> Attestation:
    return Attestation(
        id="a", kind="training", done_at=LONG_AGO, ends_at=ends, note="n", by=Actor("staff", "u"), at=LONG_AGO
    )


def test_what_is_attested_counts_for_a_time() -> None:
    assert judge_attested(None, NOW).reason == "never"
    assert judge_attested(attested(NOW), NOW).reason == "ended"
    assert judge_attested(attested(NOW + timedelta(days=29)), NOW).state is State.ATTENTION
    assert judge_attested(attested(NOW + timedelta(days=31)), NOW).state is State.IN_PLACE


def test_a_server_backup_that_is_attested_is_in_place() -> None:
    facts = records.Copies(embedded=False, taken=None, keys_taken=None, attested=NOW + timedelta(days=1))

    assert records.judge_copies(facts, NOW).state is State.IN_PLACE


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("", False),
        ("sqlite+aiosqlite:////x/hub.db", False),
        ("https://ehr.example.org/r4", False),
        ("http://ehr.example.org/r4", True),
        ("http://127.0.0.1:5005", False),
        ("redis://cache.example.org/0", True),
        ("rediss://cache.example.org/0", False),
        ("postgresql+asyncpg://hub@db.example.org/hub", True),
        ("postgresql+asyncpg://hub@db.example.org/hub?ssl=require", False),
        ("postgresql+asyncpg://hub@db.example.org/hub?ssl=prefer", True),
    ],
)
def test_what_leaves_the_machine_in_the_clear_is_known(address: str, plain: bool) -> None:
    assert keys.plainly(address) is plain


def test_the_calls_and_pages_of_the_release_are_all_guarded() -> None:
    assert judge_gates(gates(ENDPOINTS, PAGES), NOW).state is State.IN_PLACE
