"""What becomes of a delivery after an attempt: a row for every error a channel may raise."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import (
    AddressInvalid,
    ChannelError,
    ConfigInvalid,
    OutcomeUnknown,
    RecipientOptedOut,
    Rejected,
    ReplyUnreadable,
    Throttled,
    Unreachable,
)
from hub.outbox.backoff import LONGEST_WAIT, MOST_ATTEMPTS, UNREPORTED_AFTER, Outcome, failed, taken
from hub.types import DeliveryState as S
from hub.types import Receipt

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LOOK = timedelta(minutes=1)


def outcome(error: ChannelError, attempts: int = 1, jitter: float = 1.0) -> Outcome:
    return failed(error, attempts, NOW, jitter=jitter, reconcile_after=LOOK)


@pytest.mark.parametrize(
    ("error", "state", "reason", "flags"),
    [
        pytest.param(ConfigInvalid(), S.FAILED, "config_invalid", {"alert"}, id="ConfigInvalid"),
        pytest.param(Unreachable(), S.QUEUED, "unreachable", set(), id="Unreachable"),
        pytest.param(Throttled(timedelta(seconds=9)), S.QUEUED, "throttled", set(), id="Throttled"),
        pytest.param(OutcomeUnknown(), S.SENDING, "outcome_unknown", {"unknown"}, id="OutcomeUnknown"),
        pytest.param(ReplyUnreadable(), S.SENDING, "reply_unreadable", {"unknown"}, id="ReplyUnreadable"),
        pytest.param(
            AddressInvalid(provider_code="21614"), S.FAILED, "21614", {"bad_address", "alert"}, id="AddressInvalid"
        ),
        pytest.param(
            RecipientOptedOut(provider_code="21610"), S.FAILED, "21610", {"opted_out", "alert"}, id="RecipientOptedOut"
        ),
        pytest.param(Rejected(provider_code="30007"), S.FAILED, "30007", {"alert"}, id="Rejected"),
        pytest.param(Rejected(), S.FAILED, "rejected", {"alert"}, id="Rejected without a code"),
    ],
)
def test_every_error_has_its_outcome(error: ChannelError, state: S, reason: str, flags: set[str]) -> None:
    found = outcome(error)

    assert (found.state, found.reason) == (state, reason)
    assert {name for name in ("unknown", "bad_address", "opted_out", "alert") if getattr(found, name)} == flags


def test_every_error_of_a_channel_stands_in_the_table() -> None:
    kinds = {kind for kind in ChannelError.__subclasses__() if kind.__module__ == "hub.errors"}

    assert kinds == {
        ConfigInvalid,
        Unreachable,
        Throttled,
        OutcomeUnknown,
        ReplyUnreadable,
        AddressInvalid,
        RecipientOptedOut,
        Rejected,
    }


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 128)],
)
def test_the_wait_doubles_and_is_spread_over_its_second_half(attempts: int, seconds: int) -> None:
    longest = outcome(Unreachable(), attempts, jitter=1.0).due_at - NOW
    shortest = outcome(Unreachable(), attempts, jitter=0.0).due_at - NOW

    assert (longest, shortest) == (timedelta(seconds=seconds), timedelta(seconds=seconds / 2))
    assert longest <= LONGEST_WAIT


def test_the_provider_says_itself_how_long_to_wait() -> None:
    assert outcome(Throttled(timedelta(seconds=47)), 5).due_at == NOW + timedelta(seconds=47)


@pytest.mark.parametrize("error", [Unreachable(), Throttled(timedelta(seconds=1))], ids=["unreachable", "throttled"])
def test_after_the_last_attempt_it_fails_and_staff_are_told(error: ChannelError) -> None:
    found = outcome(error, MOST_ATTEMPTS)

    assert (found.state, found.reason, found.alert) == (S.FAILED, "gave_up", True)


def test_an_unknown_outcome_is_never_tried_again_by_itself() -> None:
    assert all(outcome(OutcomeUnknown(), attempts).state is S.SENDING for attempts in (1, MOST_ATTEMPTS))
    assert outcome(OutcomeUnknown()).due_at == NOW + LOOK


def test_what_was_taken_is_looked_at_again_when_no_report_came() -> None:
    found = taken(Receipt(provider_id="SM1"), NOW)

    assert (found.state, found.provider_id, found.due_at) == (S.SENT, "SM1", NOW + UNREPORTED_AFTER)
    assert not found.alert


def test_what_the_provider_says_has_failed_calls_staff() -> None:
    assert taken(Receipt(provider_id="SM1", state=S.FAILED, code="30003"), NOW).alert
