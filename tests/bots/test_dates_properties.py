"""What holds for every text: it never raises, stays in order, looks ahead, and takes little time."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.dates import parse, parse_birth_date

_LINE = (
    "monday tue or and not no wait the of to from between after before until by at on in next last this "
    "week month may march 5th 3rd 14 3 330 10:30 3/4 31/12 2pm morning tonight noon quarter half past a "
    "two days ago weekend early late end mañana lunes el la las por para que viene próxima semana de y "
    "media menos cuarto dentro hace - , . / 24 tomorrow second one since , ? february 29 30 12 am pm ish "
    "o'clock each week of "
)
_PHRASES = st.lists(st.sampled_from(_LINE.split()), max_size=14).map(" ".join)
_MOMENTS = st.integers(min_value=0, max_value=100 * 365 * 24 * 60).map(
    lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(
    text=st.one_of(st.text(max_size=80), _PHRASES),
    now=_MOMENTS,
    language=st.sampled_from(["en", "es", None]),
    expecting=st.sampled_from(["date", "time", None]),
)
@settings(max_examples=300, deadline=None)
def test_windows_look_ahead_are_in_order_and_spans_lie_in_the_text(
    text: str,
    now: datetime,
    language: Literal["en", "es"] | None,
    expecting: Literal["date", "time"] | None,
) -> None:
    when = parse(text, now=now, language=language, expecting=expecting)

    for window in (*when.windows, *when.ambiguous):
        assert window.first is None or window.first >= now.date()
        assert window.first is None or window.last is None or window.first <= window.last
        assert window.earliest is None or window.latest is None or window.earliest <= window.latest
    for start, end in when.spans:
        assert 0 <= start < end <= len(text)
    assert parse(text, now=now, language=language, expecting=expecting) == when


@given(text=st.one_of(st.text(max_size=60), _PHRASES), language=st.sampled_from(["en", "es"]))
@settings(max_examples=200, deadline=None)
def test_a_birth_date_always_lies_in_the_past(text: str, language: Literal["en", "es"]) -> None:
    found = parse_birth_date(text, language=language)

    assert found is None or found < (datetime.now(UTC) + timedelta(days=1)).date()


@pytest.mark.parametrize(
    "piece",
    [
        "the ",
        "at ",
        "tue or ",
        "week of ",
        "5 weeks from ",
        "3-",
        "1.",
        "1/",
        "202 555 ",
        "from the ",
        "🙂",
        "\u0000",
        "o'",
    ],
    ids=ascii,
)
def test_of_ten_thousand_characters_only_the_beginning_is_read(piece: str) -> None:
    text = (piece * 10_000)[:10_000]

    found = parse(text, now=datetime(2026, 3, 9, 9, tzinfo=UTC))

    assert all(0 <= first < last <= len(text) for first, last in found.spans)
    assert len(found.windows) < 100
