"""What each act of the staff makes of a thread, whatever it was before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.desk import dispositions
from hub.desk.sharing import Member, shared
from hub.desk.states import (
    Act,
    Assign,
    Claim,
    Close,
    Prioritize,
    Refusal,
    Reopen,
    Settle,
    Snooze,
    State,
    ToBot,
    ToTeam,
    Unsettle,
    apply,
)
from hub.types import ThreadStatus

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BOT = ThreadStatus.BOT
OPEN = State(status=ThreadStatus.OPEN, assignee="ana", team_id="front", waiting_since=NOW - DAY, due_at=NOW)
DANGER = replace(OPEN, priority=3, attention="emergency_medical")

moments = st.sampled_from([NOW - DAY, NOW, NOW + DAY, NOW + 400 * DAY])
users = st.sampled_from([None, "ana", "ben"])


@st.composite
def states(draw: st.DrawFn) -> State:
    """States as they can be."""
    status = draw(st.sampled_from(ThreadStatus))
    since = draw(st.none() | moments)
    closed = status is ThreadStatus.CLOSED
    return State(
        status=status,
        priority=0 if closed else draw(st.integers(0, 3)),
        attention="" if closed else draw(st.sampled_from(["", "asked", "emergency_crisis"])),
        assignee=draw(users),
        team_id=draw(st.sampled_from([None, "front"])),
        waiting_since=None if closed else since,
        due_at=None if closed or since is None else draw(st.none() | moments),
        escalated=0 if closed or since is None else draw(st.integers(0, 2)),
        snoozed_until=draw(st.none() | moments) if status is ThreadStatus.SNOOZED else None,
        closed_at=NOW - DAY if closed else None,
        disposition=draw(st.sampled_from(["", "resolved"])) if closed else "",
    )


codes = st.sampled_from(["", "nonsense", *dispositions.ORDINARY, *dispositions.EMERGENCY])
acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(Assign, users),
    st.builds(Claim, st.sampled_from(("ana", "ben"))),
    st.builds(ToTeam, st.sampled_from([None, "front", "nurses"])),
    st.builds(Snooze, st.none() | moments),
    st.just(Reopen()),
    st.builds(Prioritize, st.integers(-1, 4)),
    st.builds(Close, codes),
    st.just(ToBot()),
    st.just(Settle()),
    st.builds(Unsettle, st.none() | moments),
)


@settings(max_examples=200)
@given(before=states(), act=acts)
def test_whatever_is_done_the_state_holds_together(before: State, act: Act) -> None:
    after = apply(before, act, NOW)
    if isinstance(after, Refusal):
        assert after.detail.endswith(".")
        return

    assert after.snoozed_until is None or after.status is ThreadStatus.SNOOZED
    assert (after.closed_at is not None) == (after.status is ThreadStatus.CLOSED)
    assert after.disposition == "" or after.status is ThreadStatus.CLOSED
    assert after.due_at is None or after.waiting_since is not None
    assert after.with_staff or not after.emergency or before.status is after.status, "danger stays with people"
    if before.emergency and after.status is ThreadStatus.CLOSED:
        assert after.disposition in dispositions.EMERGENCY
    assert apply(after, act, NOW) == after, "done twice is done once"


@pytest.mark.parametrize(
    ("before", "act", "changes"),
    [
        pytest.param(OPEN, Assign("ben"), {"assignee": "ben"}, id="given to another"),
        pytest.param(OPEN, Assign(None), {"assignee": None}, id="to nobody"),
        pytest.param(replace(OPEN, assignee=None), Claim("ben"), {"assignee": "ben"}, id="claimed"),
        pytest.param(
            replace(OPEN, status=ThreadStatus.BOT),
            Assign("ben"),
            {"status": "open", "assignee": "ben"},
            id="taken over",
        ),
        pytest.param(
            OPEN, ToTeam("nurses"), {"team_id": "nurses", "assignee": None, "due_at": None}, id="handed to a team"
        ),
        pytest.param(OPEN, ToTeam("front"), {}, id="it was theirs"),
        pytest.param(OPEN, Snooze(NOW + DAY), {"status": "snoozed", "snoozed_until": NOW + DAY}, id="until tomorrow"),
        pytest.param(OPEN, Snooze(None), {"status": "snoozed"}, id="until they write"),
        pytest.param(replace(OPEN, status=ThreadStatus.SNOOZED), Reopen(), {"status": "open"}, id="had again"),
        pytest.param(replace(OPEN, status=ThreadStatus.SNOOZED), Assign("ben"), {"status": "snoozed"}, id="stays away"),
        pytest.param(OPEN, Prioritize(2), {"priority": 2}, id="urgent"),
        pytest.param(
            OPEN, Close("resolved"), {"status": "closed", "disposition": "resolved", "assignee": "ana"}, id="closed"
        ),
        pytest.param(DANGER, Close("safe"), {"status": "closed", "priority": 0, "attention": ""}, id="danger is over"),
        pytest.param(OPEN, ToBot(), {"status": "bot", "assignee": None, "waiting_since": None}, id="given back"),
        pytest.param(OPEN, Settle(), {"waiting_since": None, "due_at": None}, id="no answer needed"),
        pytest.param(
            replace(OPEN, waiting_since=None, due_at=None), Unsettle(NOW), {"waiting_since": NOW}, id="needed"
        ),
    ],
)
def test_what_an_act_changes(before: State, act: Act, changes: dict[str, object]) -> None:
    after = apply(before, act, NOW)

    assert isinstance(after, State)
    assert {name: getattr(after, name) for name in changes} == changes
    if not changes:
        assert after == before


@pytest.mark.parametrize(
    ("before", "act", "kind"),
    [
        pytest.param(DANGER, Close(), "disposition-needed", id="danger without a word"),
        pytest.param(DANGER, Close("resolved"), "unusable", id="danger, an ordinary word"),
        pytest.param(DANGER, ToBot(), "disposition-needed", id="danger to the bot"),
        pytest.param(replace(DANGER, priority=0), ToBot(), "disposition-needed", id="danger played down"),
        pytest.param(DANGER, Snooze(None), "emergency", id="danger put off"),
        pytest.param(OPEN, Close("nonsense"), "unusable", id="no such word"),
        pytest.param(OPEN, Close("safe"), "unusable", id="a word for danger"),
        pytest.param(OPEN, Snooze(NOW), "unusable", id="until now"),
        pytest.param(OPEN, Snooze(NOW + 400 * DAY), "unusable", id="for ever"),
        pytest.param(replace(OPEN, status=ThreadStatus.BOT), Snooze(None), "not-with-staff", id="the bot has it"),
        pytest.param(replace(OPEN, waiting_since=None), Unsettle(None), "nothing-to-answer", id="never wrote"),
    ],
)
def test_what_is_refused(before: State, act: Act, kind: str) -> None:
    refused = apply(before, act, NOW)

    assert isinstance(refused, Refusal)
    assert refused.kind == kind


def test_every_disposition_has_words_in_both_languages() -> None:
    for code in (*dispositions.ORDINARY, *dispositions.EMERGENCY):
        assert dispositions.words(code, "en") != dispositions.words(code, "es")
        assert len(code) <= 32
    assert not set(dispositions.ORDINARY) & set(dispositions.EMERGENCY)
    assert set(dispositions.offered(emergency=False)) | set(dispositions.offered(emergency=True)) >= (
        dispositions.NOT_ASKED_ABOUT
    )


def _member(user_id: str, load: int = 0, capacity: int = 2, turn: int | None = None) -> Member:
    turn_at = None if turn is None else NOW - timedelta(minutes=turn)
    return Member(user_id=user_id, capacity=capacity, load=load, turn_at=turn_at)


@pytest.mark.parametrize(
    ("members", "threads", "given_to"),
    [
        pytest.param([_member("a", turn=1), _member("b", turn=5)], 1, ["b"], id="longest not served"),
        pytest.param([_member("a", turn=9), _member("b")], 1, ["b"], id="never served"),
        pytest.param([_member("a", load=2), _member("b", turn=1)], 1, ["b"], id="who has room"),
        pytest.param([_member("a"), _member("b")], 3, ["a", "b", "a"], id="in turn"),
        pytest.param([_member("a", capacity=1)], 3, ["a"], id="the rest waits"),
        pytest.param([_member("a", capacity=0)], 1, [], id="no room"),
        pytest.param([], 2, [], id="nobody"),
    ],
)
def test_threads_are_shared_in_turn(members: list[Member], threads: int, given_to: list[str]) -> None:
    ids = [str(n) for n in range(threads)]

    assert list(shared(ids, members, NOW).values()) == given_to


@settings(max_examples=50)
@given(
    members=st.lists(
        st.builds(_member, st.uuids().map(str), st.integers(0, 4), st.integers(0, 4), st.none() | st.integers(1, 9)),
        max_size=4,
    ),
    count=st.integers(0, 8),
)
def test_nobody_is_given_more_than_they_have_room_for(members: list[Member], count: int) -> None:
    given_out = shared([str(n) for n in range(count)], members, NOW)

    for one in members:
        assert list(given_out.values()).count(one.user_id) <= max(0, one.capacity - one.load)
    room = sum(max(0, one.capacity - one.load) for one in members)
    assert len(given_out) == min(count, room)
