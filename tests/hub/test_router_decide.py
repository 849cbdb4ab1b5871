"""What becomes of an intent: a pure decision, with its reason."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.facts import PHONE, ConsentState, Fact, Scope, Source, Standing
from consent.policy import AddressState
from hub.choice import Way, decide, rank
from hub.types import AuthorKind, ChannelKind, Hold, Intent, Lane, Purpose, Send, Skip

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)  # Monday, 12:00 in New York
NIGHT = datetime(2026, 3, 3, 4, tzinfo=UTC)  # 23:00 in New York
NEW_YORK = "America/New_York"
SMS, VOICE, EMAIL, PUSH, PORTAL = (
    ChannelKind.SMS,
    ChannelKind.VOICE,
    ChannelKind.EMAIL,
    ChannelKind.PUSH,
    ChannelKind.PORTAL,
)


def fact(state: ConsentState, at: datetime, scope: Scope = PHONE) -> Fact:
    return Fact(
        id=f"{at:%s}-{state}",
        state=state,
        scope=scope,
        source=Source.STOP if state is ConsentState.REVOKE else Source.STAFF,
        at=at,
        written=False,
    )


AGREED = Standing((fact(ConsentState.GRANT, NOON - timedelta(days=30)),))
STOPPED = Standing((*AGREED.facts, fact(ConsentState.REVOKE, NOON - timedelta(days=1))))
SILENT = Standing(())


def way(channel: ChannelKind = SMS, standing: Standing = AGREED, state: AddressState = "ok") -> Way:
    return Way(channel=channel, address_id=f"address-of-{channel}", state=state, standing=standing)


def intent(
    author: AuthorKind = AuthorKind.CAMPAIGN, purpose: Purpose = Purpose.APPOINTMENT, **values: object
) -> Intent:
    return Intent(key="k", person_id="p", body="b", level="limited", author=author, purpose=purpose, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "ways", "now", "recent", "kind", "rules"),
    [
        pytest.param(intent(), [way()], NOON, (), Send, ("consent-held",), id="agreed, by day"),
        pytest.param(intent(), [way()], NIGHT, (), Hold, ("quiet-hours",), id="agreed, by night"),
        pytest.param(intent(), [way()], NOON, (NOON - timedelta(hours=1),), Hold, ("cap-day",), id="a second in a day"),
        pytest.param(intent(), [way(standing=STOPPED)], NOON, (), Skip, ("opted-out",), id="opted out"),
        pytest.param(intent(), [way(standing=SILENT)], NOON, (), Skip, ("consent-unknown",), id="never asked"),
        pytest.param(intent(), [way(state="invalid")], NOON, (), Skip, ("address-invalid",), id="a dead number"),
        pytest.param(intent(), [way(state="suspended")], NOON, (), Skip, ("address-suspended",), id="a wrong number"),
        pytest.param(intent(), [], NOON, (), Skip, ("no-address",), id="no address"),
        pytest.param(
            intent(purpose=Purpose.MARKETING), [way()], NOON, (), Skip, ("marketing-needs-writing",), id="marketing"
        ),
        pytest.param(intent(AuthorKind.STAFF), [way()], NIGHT, (NOON,), Send, ("consent-held",), id="staff, by night"),
        pytest.param(
            intent(AuthorKind.STAFF), [way(standing=STOPPED)], NOON, (), Skip, ("opted-out",), id="staff, opted out"
        ),
        pytest.param(
            intent(AuthorKind.BOT, replies_to=NIGHT), [way()], NIGHT, (), Send, ("reply",), id="an answer by night"
        ),
        pytest.param(
            intent(AuthorKind.BOT, replies_to=NIGHT - timedelta(days=2)), [way()], NIGHT, (), Hold, ("quiet-hours",),
            id="an answer that comes too late for that",
        ),
        pytest.param(
            intent(not_before=NOON + timedelta(hours=1)), [way()], NOON, (), Hold, ("not-before",), id="for later"
        ),
        pytest.param(
            intent(not_before=NOON - timedelta(hours=1)), [way()], NOON, (), Send, ("consent-held",), id="for earlier"
        ),
        pytest.param(
            intent(not_before=NIGHT), [way()], NOON, (), Hold, ("quiet-hours",), id="for later, which is at night"
        ),
    ],
)  # fmt: skip
def test_the_table(
    asked: Intent, ways: list[Way], now: datetime, recent: tuple[datetime, ...], kind: type, rules: tuple[str, ...]
) -> None:
    decision, found = decide(asked, ways, now, NEW_YORK, recent)

    assert (type(decision), found) == (kind, rules)


def test_a_hold_ends_when_the_day_begins_where_the_person_is() -> None:
    decision, _ = decide(intent(), [way()], NIGHT, "America/Los_Angeles", ())
    eastern, _ = decide(intent(), [way()], NIGHT, NEW_YORK, ())

    assert isinstance(decision, Hold)
    assert isinstance(eastern, Hold)
    assert (decision.until, eastern.until) == (
        datetime(2026, 3, 3, 16, tzinfo=UTC),
        datetime(2026, 3, 3, 13, tzinfo=UTC),
    )


def test_a_way_that_is_open_now_goes_before_one_that_opens_later() -> None:
    decision, _ = decide(intent(), [way(), way(PORTAL)], NIGHT, NEW_YORK, ())

    assert decision == Send(PORTAL, "address-of-portal", decision.reason)  # type: ignore[union-attr]


def test_of_ways_that_are_closed_the_one_that_opens_first_is_kept() -> None:
    later = intent(not_before=NOON + timedelta(hours=2))

    decision, _ = decide(later, [way(VOICE, SILENT), way(SMS)], NOON, NEW_YORK, ())

    assert isinstance(decision, Hold)
    assert (decision.channel, decision.until) == (SMS, NOON + timedelta(hours=2))


def test_a_skip_gives_every_reason_once() -> None:
    decision, rules = decide(
        intent(), [way(standing=STOPPED), way(VOICE, STOPPED), way(EMAIL, SILENT)], NOON, NEW_YORK, ()
    )

    assert isinstance(decision, Skip)
    assert rules == ("opted-out", "consent-unknown")
    assert len(decision.reasons) == 2
    assert all(reason.endswith(".") for reason in decision.reasons)


def test_the_channel_that_is_asked_for_is_the_only_one() -> None:
    ways = [way(EMAIL), way(SMS), way(VOICE)]

    assert [one.channel for one in rank(ways, VOICE, (EMAIL,))] == [VOICE]
    assert rank(ways, PUSH) == []


@pytest.mark.parametrize(
    ("preferred", "order"),
    [
        ((), [SMS, PORTAL, PUSH, EMAIL, VOICE]),
        ((EMAIL,), [EMAIL, SMS, PORTAL, PUSH, VOICE]),
        ((VOICE,), [VOICE, SMS, PORTAL, PUSH, EMAIL]),
    ],
)
def test_the_persons_own_choice_comes_first_and_then_ours(
    preferred: tuple[ChannelKind, ...], order: list[ChannelKind]
) -> None:
    ways = [way(channel) for channel in (VOICE, EMAIL, PUSH, PORTAL, SMS)]

    assert [one.channel for one in rank(ways, None, preferred)] == order


MOMENTS = st.integers(0, 525_000).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
WAYS = st.lists(
    st.builds(
        way,
        st.sampled_from(list(ChannelKind)),
        st.sampled_from([AGREED, STOPPED, SILENT]),
        st.sampled_from(["ok", "invalid", "suspended"]),
    ),
    max_size=5,
)
INTENTS = st.builds(
    intent,
    st.sampled_from(list(AuthorKind)),
    st.sampled_from(list(Purpose)),
    lane=st.sampled_from(list(Lane)),
    replies_to=st.none() | MOMENTS,
    not_before=st.none() | MOMENTS,
    confirms_stop=st.booleans(),
    answers_help=st.booleans(),
)


@given(
    INTENTS,
    WAYS,
    MOMENTS,
    st.sampled_from([None, NEW_YORK, "Pacific/Honolulu", "Mars/Crater"]),
    st.lists(MOMENTS, max_size=5),
)
def test_every_intent_gets_one_decision_and_its_rule(
    asked: Intent, ways: list[Way], now: datetime, zone: str | None, recent: list[datetime]
) -> None:
    decision, rules = decide(asked, ways, now, zone, recent)

    assert rules
    assert (decision, rules) == decide(asked, ways, now, zone, recent)
    match decision:
        case Send(channel, address_id):
            assert any((one.channel, one.address_id) == (channel, address_id) for one in ways)
            assert asked.not_before is None or asked.not_before <= now
        case Hold(channel, address_id, until):
            assert any((one.channel, one.address_id) == (channel, address_id) for one in ways)
            assert until > now
        case Skip(reasons):
            assert len(reasons) == len(set(reasons)) >= 1


@given(INTENTS, MOMENTS, st.lists(MOMENTS, max_size=3))
def test_nothing_but_safety_confirmation_and_help_leaves_for_who_opted_out(
    asked: Intent, now: datetime, recent: list[datetime]
) -> None:
    decision, rules = decide(asked, [way(standing=STOPPED), way(VOICE, STOPPED)], now, NEW_YORK, recent)

    if not isinstance(decision, Skip):
        assert set(rules) <= {"safety-reply", "stop-confirmation", "help-answer", "not-before"}
