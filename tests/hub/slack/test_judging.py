"""How loud a thread is, and what its post shows: pure."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack import blocks
from hub.slack.acting import note_in, snoozed_until
from hub.slack.drawing import Frame, digest, draw
from hub.slack.judging import Level, Standing, is_over, level
from hub.slack.words import reason
from hub.types import ThreadStatus
from tests.servers.slack import texts

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
NOW = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
FRAME = Frame(base="https://hub.example.org", zone=ZONE, agreement=False)
ID = "01a2183b-232d-7bd7-9c02-97a4dd67aa2b"

ONE = Standing(
    thread_id=ID,
    person_id=ID,
    status=ThreadStatus.OPEN,
    priority=0,
    attention="",
    assignee=None,
    team="",
    private=False,
    waiting_since=NOW,
    due_at=None,
    escalated=0,
    snoozed_until=None,
    last_seq=1,
    last_channel="sms",
    language="en",
    initials="A.L.",
)
TAKEN = replace(ONE, assignee=ID, holder="Rosa Diaz")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (ONE, Level.UNASSIGNED),
        (replace(ONE, waiting_since=None), Level.NOTHING),
        (replace(ONE, waiting_since=None, attention="voicemail"), Level.UNASSIGNED),
        (TAKEN, Level.NOTHING),
        (replace(TAKEN, escalated=1), Level.LATE),
        (replace(TAKEN, due_at=NOW), Level.LATE),
        (replace(TAKEN, due_at=NOW + timedelta(minutes=1)), Level.NOTHING),
        (replace(TAKEN, escalated=1, waiting_since=None), Level.NOTHING),
        (replace(ONE, priority=2), Level.EMERGENCY),
        (replace(TAKEN, priority=3), Level.EMERGENCY),
        (replace(TAKEN, priority=3, waiting_since=None), Level.NOTHING),
        (replace(TAKEN, attention="delivery_failed"), Level.UNASSIGNED),
        (replace(ONE, status=ThreadStatus.BOT, waiting_since=None, attention="delivery_failed"), Level.UNASSIGNED),
        (replace(ONE, status=ThreadStatus.BOT), Level.NOTHING),
        (replace(ONE, status=ThreadStatus.SNOOZED, priority=3), Level.NOTHING),
        (replace(ONE, status=ThreadStatus.CLOSED, attention="delivery_failed"), Level.NOTHING),
    ],
)
def test_how_loud_a_thread_is(one: Standing, expected: Level) -> None:
    assert level(one, NOW) is expected


@settings(max_examples=50)
@given(
    status=st.sampled_from(ThreadStatus),
    priority=st.integers(0, 3),
    attention=st.sampled_from(["", "delivery_failed", "emergency_crisis", "handed_over"]),
    assignee=st.sampled_from([None, ID]),
    waits=st.booleans(),
    escalated=st.integers(0, 2),
    private=st.booleans(),
)
def test_every_post_is_one_that_slack_takes_and_shows_nothing_of_a_private_teams_patient(
    status: ThreadStatus,
    priority: int,
    attention: str,
    assignee: str | None,
    waits: bool,
    escalated: int,
    private: bool,
) -> None:
    one = replace(
        ONE,
        status=status,
        priority=priority,
        attention=attention,
        assignee=assignee,
        waiting_since=NOW if waits else None,
        escalated=escalated,
        private=private,
        team="<Nurses> & co",
    )

    card = draw(one, FRAME, NOW)
    drawn = blocks(card)

    assert 1 <= len(drawn) <= 4
    shown = texts(drawn)
    assert all(0 < len(text) <= 3000 for text in shown)
    assert ("A.L." in card.headline) is not private
    assert "<Nurses>" not in "".join(shown)
    assert "crisis" not in "".join(shown)
    assert digest(card) == digest(draw(one, FRAME, NOW))
    if is_over(one, NOW):
        assert [element["action_id"] for element in drawn[-1]["elements"]] == ["open"] or len(drawn) == 2


def test_an_emergency_cannot_be_snoozed_and_can_be_taken_over() -> None:
    card = draw(replace(TAKEN, priority=3), FRAME, NOW)

    assert [one.action for one in card.controls] == ["claim", "open"]
    assert "*With* Rosa Diaz" in card.lines


def test_every_reason_that_operations_lists_has_words() -> None:
    table = OPERATIONS.read_text(encoding="utf-8").partition("| attention |")[2].partition("\n\n")[0]
    codes = [code for row in table.splitlines()[2:] for code in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert len(codes) > 20
    assert [code for code in codes if reason(code) == reason("something_new")] == []
    assert reason("refill") == reason("waitlist") == "The assistant handed over."


@pytest.mark.parametrize(
    ("text", "note"),
    [("note: a", "a"), (" NOTA : b c", "b c"), ("note:", ""), ("a note: b", None), ("noted", None)],
)
def test_what_begins_as_a_note_is_one(text: str, note: str | None) -> None:
    assert note_in(text) == note


def test_tomorrow_is_eight_in_the_morning_where_the_clinic_is_over_a_change_of_its_clocks_too() -> None:
    assert snoozed_until("tomorrow", NOW, ZONE) == datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    assert snoozed_until("4", NOW, ZONE) == NOW + timedelta(hours=4)
    assert snoozed_until("400", NOW, ZONE) is None
