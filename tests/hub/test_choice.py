"""Which way comes first, and what a text may be there: pure, and the same for the same facts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import rules
from consent.facts import Standing
from hub.choice import Shape, Way, decide, failing, rank, shape
from hub.types import AuthorKind, ChannelKind, Intent, Level, Purpose, Skip
from templates import shipped
from tests.hub.test_router_decide import AGREED, EMAIL, NEW_YORK, NOON, PORTAL, PUSH, SMS, VOICE, way

LEVELS: tuple[Level, ...] = ("none", "limited", "full")


def intent(**values: object) -> Intent:
    given = {"key": "k", "person_id": "p", "body": "b", "level": "limited", "author": AuthorKind.STAFF}
    return Intent(**(given | {"purpose": Purpose.CARE} | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("needs", "most", "open_here", "can_sign_in", "expected"),
    [
        pytest.param("limited", "limited", False, False, "whole", id="as much as may travel"),
        pytest.param("none", "limited", False, False, "whole", id="less than may travel"),
        pytest.param("full", "limited", False, True, "link", id="more, and the portal is open to the person"),
        pytest.param("full", "limited", False, False, "closed", id="more, and nobody could sign in"),
        pytest.param("full", "limited", True, False, "whole", id="more, where they want it or began it"),
        pytest.param("limited", "none", False, True, "link", id="a device that shows nothing"),
    ],
)
def test_a_text_goes_whole_as_a_link_or_not_at_all(
    needs: Level, most: Level, open_here: bool, can_sign_in: bool, expected: Shape
) -> None:
    assert shape(needs, most, open_here=open_here, can_sign_in=can_sign_in) == expected


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS), st.booleans())
def test_what_reveals_more_than_its_channel_may_never_goes_whole(needs: Level, most: Level, can_sign_in: bool) -> None:
    found = shape(needs, most, open_here=False, can_sign_in=can_sign_in)

    assert (found == "whole") == (LEVELS.index(needs) <= LEVELS.index(most))


def test_the_levels_of_the_rules_are_those_of_the_product() -> None:
    assert rules.load().content == {SMS: "limited", VOICE: "limited", EMAIL: "limited", PUSH: "none", PORTAL: "full"}


def test_every_text_of_the_library_may_be_said_by_text_message() -> None:
    """The bot's dialogue goes on by any channel on which somebody writes to it."""
    assert {template.level for template in shipped()} <= {"none", "limited"}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param(["failed", "failed"], True, id="twice in a row"),
        pytest.param(["failed", "failed", "delivered"], True, id="twice since it last worked"),
        pytest.param(["failed"], False, id="once"),
        pytest.param(["failed", "sent", "failed"], False, id="not in a row"),
        pytest.param([], False, id="never tried"),
    ],
)
def test_a_way_that_failed_twice_in_a_row_is_failing(states: list[str], expected: bool) -> None:
    found = failing([("sms", "a", state) for state in states] + [("email", "b", "delivered")])

    assert found == (frozenset({("sms", "a")}) if expected else frozenset())


WAYS = st.lists(
    st.builds(
        Way,
        channel=st.sampled_from(list(ChannelKind)),
        address_id=st.sampled_from(["a", "b"]),
        state=st.just("ok"),
        standing=st.just(AGREED),
        shape=st.sampled_from(["whole", "link", "closed"]),
        off=st.booleans(),
        failing=st.booleans(),
    ),
    max_size=6,
)


@given(WAYS, st.permutations(list(ChannelKind)), st.integers(0, 5))
def test_an_order_ranks_every_way_once_and_those_that_fail_last(
    ways: list[Way], wanted: list[ChannelKind], few: int
) -> None:
    order = wanted[:few]

    ranked = rank(ways, None, order)

    assert sorted(map(id, ranked)) == sorted(map(id, ways))
    assert [one.failing for one in ranked] == sorted(one.failing for one in ranked)
    working = [one.channel for one in ranked if not one.failing]
    named = [channel for channel in working if channel in order]
    assert named == sorted(named, key=order.index)
    assert working[: len(named)] == named


@given(WAYS)
def test_what_is_switched_off_or_could_not_be_read_is_never_taken(ways: list[Way]) -> None:
    decision, found = decide(intent(), ways, NOON, NEW_YORK, ())

    usable = {(one.channel, one.address_id) for one in ways if not one.off and one.shape != "closed"}
    if isinstance(decision, Skip):
        assert not {one for one in usable if one[0] not in (EMAIL,)} or "consent-unknown" in found
    else:
        assert (decision.channel, decision.address_id) in usable


def test_a_person_who_wants_it_no_way_that_is_left_is_told_of_as_such() -> None:
    off = Way(channel=SMS, address_id="a", state="ok", standing=AGREED, off=True)
    closed = Way(channel=VOICE, address_id="a", state="ok", standing=AGREED, shape="closed")

    decision, found = decide(intent(), [off, closed], NOON, NEW_YORK, ())

    assert isinstance(decision, Skip)
    assert found == ("switched-off", "content-level")
    assert all(reason.endswith(".") for reason in decision.reasons)


def test_a_decision_depends_on_nothing_but_what_it_is_given() -> None:
    ways = [way(), way(EMAIL, Standing(())), way(PORTAL)]
    later = datetime(2026, 3, 4, 17, tzinfo=UTC)

    assert [decide(intent(), ways, at, NEW_YORK, ()) for at in (NOON, later)] == [
        decide(intent(), ways, at, NEW_YORK, ()) for at in (NOON, later)
    ]
