"""What follows a delivery: a pure decision."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.failover.judging import Done, GoOn, Sent, Story, Verdict, Wait, judge
from hub.outbox.states import OPEN
from hub.outbox.watch import LEFT, Waits
from hub.types import ChannelKind, DeliveryState, Purpose

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAITS = Waits(unread={Purpose.CARE: 24 * HOUR, Purpose.APPOINTMENT: 12 * HOUR}, undelivered=4 * HOUR)
SMS, VOICE, EMAIL, PUSH, PORTAL = (
    ChannelKind.SMS,
    ChannelKind.VOICE,
    ChannelKind.EMAIL,
    ChannelKind.PUSH,
    ChannelKind.PORTAL,
)
S = DeliveryState


def sent(channel: ChannelKind, state: DeliveryState, reason: str = "", ago: timedelta = HOUR) -> Sent:
    return Sent(channel=channel, state=state, reason=reason, left_at=NOON - ago)


def story(*deliveries: Sent, **values: object) -> Story:
    given: dict[str, object] = {
        "purpose": Purpose.CARE,
        "safety": False,
        "in_portal": False,
        "written_at": NOON - 30 * HOUR,
        "heard_at": None,
        "visit": None,
    }
    return Story(deliveries=deliveries, **(given | values))  # type: ignore[arg-type]


REACHED, VOID, FAILED = Done("reached"), Done("void"), GoOn("failed")
FRESH = NOON - HOUR


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(story(sent(SMS, S.QUEUED)), Wait(NOON + HOUR), id="not yet sent"),
        pytest.param(story(sent(SMS, S.HELD)), Wait(NOON + HOUR), id="held"),
        pytest.param(story(sent(SMS, S.SENDING, "outcome_unknown")), Wait(NOON + HOUR), id="nobody knows yet"),
        pytest.param(story(sent(SMS, S.FAILED, "30003")), FAILED, id="failed"),
        pytest.param(story(sent(SMS, S.FAILED, "gave_up")), FAILED, id="given up"),
        pytest.param(
            story(sent(SMS, S.FAILED, "outcome_unknown")), GoOn("failed", staff=True), id="nobody will ever know"
        ),
        pytest.param(
            story(sent(SMS, S.FAILED, "outcome_unknown"), safety=True), FAILED, id="nobody will know of a safety reply"
        ),
        pytest.param(story(sent(SMS, S.SUPPRESSED, "opted-out")), GoOn("refused"), id="opted out meanwhile"),
        pytest.param(story(sent(SMS, S.SUPPRESSED, "appointment_changed")), VOID, id="the visit was moved"),
        pytest.param(story(sent(SMS, S.SUPPRESSED, "answered")), REACHED, id="dropped, for it was answered"),
        pytest.param(story(sent(SMS, S.SENT)), Wait(NOON + 3 * HOUR), id="no word of it yet"),
        pytest.param(story(sent(SMS, S.SENT, ago=4 * HOUR)), GoOn("undelivered"), id="no word of it"),
        pytest.param(story(sent(VOICE, S.SENT, ago=4 * HOUR)), GoOn("undelivered"), id="no word of a call"),
        pytest.param(story(sent(SMS, S.DELIVERED)), REACHED, id="a text arrived"),
        pytest.param(story(sent(VOICE, S.DELIVERED)), REACHED, id="a call was taken"),
        pytest.param(story(sent(EMAIL, S.SENT)), REACHED, id="a relay took a mail"),
        pytest.param(story(sent(PORTAL, S.SENT)), Wait(NOON + 23 * HOUR), id="not yet read"),
        pytest.param(story(sent(PORTAL, S.SENT, ago=24 * HOUR)), GoOn("unread"), id="unread in the portal"),
        pytest.param(story(sent(PUSH, S.SENT, ago=24 * HOUR)), GoOn("unread"), id="a notice nobody followed"),
        pytest.param(
            story(sent(SMS, S.DELIVERED, ago=24 * HOUR), in_portal=True), GoOn("unread"), id="a link nobody followed"
        ),
        pytest.param(story(sent(SMS, S.READ, ago=24 * HOUR), in_portal=True), REACHED, id="a link was followed"),
        pytest.param(
            story(sent(PORTAL, S.SENT, ago=99 * HOUR), purpose=Purpose.SURVEY), REACHED, id="may lie unread for ever"
        ),
        pytest.param(story(sent(PORTAL, S.SENT, ago=30 * HOUR), heard_at=FRESH), REACHED, id="they wrote after it"),
        pytest.param(
            story(sent(PORTAL, S.SENT, ago=24 * HOUR), heard_at=NOON - 31 * HOUR), GoOn("unread"), id="wrote before it"
        ),
        pytest.param(
            story(sent(SMS, S.FAILED, "30003"), heard_at=FRESH), FAILED, id="they wrote, and cannot have had it"
        ),
        pytest.param(story(sent(PORTAL, S.READ), sent(EMAIL, S.HELD)), REACHED, id="read while the next one waited"),
        pytest.param(
            story(sent(SMS, S.DELIVERED), sent(EMAIL, S.FAILED, "550")), REACHED, id="arrived the first way after all"
        ),
        pytest.param(story(sent(SMS, S.SENT, ago=4 * HOUR), visit=False), VOID, id="the visit is off"),
        pytest.param(story(sent(SMS, S.FAILED, "30003"), visit=False), VOID, id="failed, and the visit is off"),
        pytest.param(story(sent(SMS, S.FAILED, "30003"), visit=True), FAILED, id="failed, and the visit stands"),
        pytest.param(story(sent(SMS, S.HELD), visit=False), Wait(NOON + HOUR), id="held, and the visit is off"),
    ],
)
def test_the_table(told: Story, expected: Verdict) -> None:
    assert judge(told, NOON, WAITS) == expected


SENT = st.builds(
    Sent,
    channel=st.sampled_from(list(ChannelKind)),
    state=st.sampled_from(list(DeliveryState)),
    reason=st.sampled_from(["", "30003", "outcome_unknown", "appointment_changed", "answered", "opted-out"]),
    left_at=st.none() | st.integers(0, 100).map(lambda hours: NOON - hours * HOUR),
)
STORIES = st.builds(
    Story,
    purpose=st.sampled_from(list(Purpose)),
    safety=st.booleans(),
    deliveries=st.lists(SENT, min_size=1, max_size=4),
    in_portal=st.booleans(),
    written_at=st.just(NOON - 100 * HOUR),
    heard_at=st.none() | st.integers(0, 200).map(lambda hours: NOON - hours * HOUR),
    visit=st.sampled_from([None, True, False]),
)


@given(STORIES)
def test_every_story_gets_a_verdict_and_only_open_or_young_ones_wait(told: Story) -> None:
    verdict = judge(told, NOON, WAITS)

    newest = told.deliveries[-1].state
    if isinstance(verdict, Wait):
        assert verdict.until > NOON
        assert newest in OPEN or newest in (S.SENT, S.DELIVERED)
    later = judge(told, NOON + 1000 * HOUR, WAITS)
    assert isinstance(later, Wait) == (newest in OPEN and isinstance(verdict, Wait))


@given(STORIES)
def test_nothing_goes_on_while_its_outcome_may_still_be_found_out_or_once_it_was_read(told: Story) -> None:
    verdict = judge(told, NOON, WAITS)

    if isinstance(verdict, GoOn):
        assert told.deliveries[-1].state not in OPEN
        assert not any(one.state is S.READ for one in told.deliveries)
        assert told.visit is not False
        had = any(one.state in LEFT for one in told.deliveries)
        assert not (had and told.heard_at is not None and told.heard_at > told.written_at)
        if told.deliveries[-1].reason == "outcome_unknown" and told.deliveries[-1].state is S.FAILED:
            assert verdict.staff or told.safety
