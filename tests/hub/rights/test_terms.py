"""When a request is due, whether it may be put off, and by which rules: pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import InputError
from hub.rights.terms import Kind, clock, due, rules, rules_for

NEW_YORK = ZoneInfo("America/New_York")
RECEIVED = datetime(2026, 1, 31, 22, 0, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("law", "kind", "first", "extended"),
    [
        ("us-hipaa", Kind.ACCESS, "2026-03-02", "2026-04-01"),
        ("us-hipaa", Kind.DISCLOSURES, "2026-04-01", "2026-05-01"),
        ("us-hipaa", Kind.AMENDMENT, "2026-04-01", "2026-05-01"),
        ("us-ca-ccpa", Kind.ERASURE, "2026-03-17", "2026-05-01"),
        ("us-ca-ccpa", Kind.RESTRICTION, "2026-02-15", "2026-02-15"),
        # A month from the last day of January is the last day of February.
        ("eu-gdpr", Kind.ACCESS, "2026-02-28", "2026-04-28"),
    ],
)
def test_the_terms_of_each_law(law: str, kind: Kind, first: str, extended: str) -> None:
    """By the end of that day, on the clinic's calendar."""
    term = rules()[law].kinds[kind]

    assert due(RECEIVED, term, NEW_YORK).isoformat() == f"{first}T23:59:59-05:00".replace(
        "-05:00", "-04:00" if first > "2026-03-08" else "-05:00"
    )
    assert f"{due(RECEIVED, term, NEW_YORK, extended=True):%Y-%m-%d}" == extended


def stands(now: datetime, **values: object) -> tuple[int | None, bool, bool]:
    term = rules()["us-hipaa"].kinds[Kind.ACCESS]
    given = {"state": "open", "extended_at": None, "ended_at": None, "due_at": due(RECEIVED, term, NEW_YORK)}
    found = clock(received_at=RECEIVED, term=term, now=now, zone=NEW_YORK, **{**given, **values})  # type: ignore[arg-type]
    return found.days, found.overdue, found.extends_to is not None


def test_the_clock_of_a_request() -> None:
    """Days left; late; put off once, and not once it is late; still once it has ended."""
    day = timedelta(days=1)

    assert stands(RECEIVED) == (30, False, True)
    assert stands(RECEIVED + 29 * day) == (1, False, True)
    assert stands(RECEIVED + 31 * day) == (-1, True, False)
    assert stands(RECEIVED, extended_at=RECEIVED) == (30, False, False)
    assert stands(RECEIVED, state="fulfilled", ended_at=RECEIVED + day) == (None, False, False)
    assert stands(RECEIVED, state="denied", ended_at=RECEIVED + 40 * day) == (None, True, False)


def test_the_rules_that_hold() -> None:
    """Of the country, else of the state, else those that are named; with what there is where there are none."""
    assert rules_for(Kind.ACCESS, "US", "CA").name == "us-hipaa"
    assert rules_for(Kind.ERASURE, "US", "CA").name == "us-ca-ccpa"
    assert rules_for(Kind.ERASURE, "DE", None).name == "eu-gdpr"
    assert rules_for(Kind.ERASURE, "US", "NY", "us-ca-ccpa").name == "us-ca-ccpa"
    with pytest.raises(InputError, match="us-ca-ccpa"):
        rules_for(Kind.ERASURE, "US", "NY")
    with pytest.raises(InputError, match="us-hipaa"):
        rules_for(Kind.ACCESS, "US", None, "magna-carta")


@given(st.integers(0, 8 * 366), st.sampled_from(sorted(rules())))
@settings(max_examples=50, deadline=None)
def test_no_term_is_over_before_it_began(days: int, law: str) -> None:
    """Whatever the day, a putting off ends later than what it puts off."""
    received = datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)
    for term in rules()[law].kinds.values():
        first, last = due(received, term, NEW_YORK), due(received, term, NEW_YORK, extended=True)
        assert received < first <= last
        assert (first < last) is term.extends
