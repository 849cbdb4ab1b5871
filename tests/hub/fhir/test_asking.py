"""How search parameters are read. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calls import Problem
from hub.fhir.asking import Search, alternatives, asked, codes, continued, ids, span

NEW_YORK = ZoneInfo("America/New_York")
KNOWN = {"_id": None, "date": None}


@pytest.mark.parametrize(
    ("value", "prefix", "low", "high"),
    [
        ("2026", "eq", "2026-01-01T05:00:00", "2027-01-01T05:00:00"),
        ("ge2026-12", "ge", "2026-12-01T05:00:00", "2027-01-01T05:00:00"),
        # The day on which clocks are put forward has 23 hours, the one on which they are put back has 25.
        ("2026-03-08", "eq", "2026-03-08T05:00:00", "2026-03-09T04:00:00"),
        ("lt2026-11-01", "lt", "2026-11-01T04:00:00", "2026-11-02T05:00:00"),
        ("2026-03-02T09:00", "eq", "2026-03-02T14:00:00", "2026-03-02T14:01:00"),
        ("gt2026-03-02T09:00:30Z", "gt", "2026-03-02T09:00:30", "2026-03-02T09:00:31"),
        ("2026-03-02T09:00:30.5-05:00", "eq", "2026-03-02T14:00:30.500000", "2026-03-02T14:00:30.600000"),
        # As it comes from an address in which the plus was not escaped.
        ("le2026-03-02T09:00:00 02:00", "le", "2026-03-02T07:00:00", "2026-03-02T07:00:01"),
    ],
)
def test_a_date_names_a_span(value: str, prefix: str, low: str, high: str) -> None:
    found = span(value, NEW_YORK)

    assert found.prefix == prefix
    assert (found.low, found.high) == tuple(datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (low, high))


@pytest.mark.parametrize(
    "value", ["", "tomorrow", "2026-13", "2026-02-30", "ap2026", "2026-03-02T25:00", "0000", "9999"]
)
def test_what_is_no_date_is_refused_in_words(value: str) -> None:
    with pytest.raises(Problem) as refused:
        span(value, NEW_YORK)

    assert refused.value.status == 400
    assert "2026-03-02" in refused.value.detail


@settings(max_examples=50)
@given(st.integers(0, 7 * 10**15).map(lambda micro: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)))
def test_every_moment_lies_in_the_second_that_it_is_written_with(moment: datetime) -> None:
    found = span(moment.strftime("%Y-%m-%dT%H:%M:%SZ"), NEW_YORK)

    assert found.low <= moment < found.high
    assert found.high - found.low == timedelta(seconds=1)


def test_tokens_references_and_alternatives() -> None:
    assert alternatives(r"a,b\,c, d") == ["a", "b,c", "d"]
    assert codes("urn:x|1,urn:y|2,3,|4", "urn:x") == ["1", "3", "4"]
    assert ids("Patient/A-1,b,https://hub.example/fhir/R4/Patient/c", "Patient", "https://hub.example/fhir/R4") == [
        *("a-1", "b", "c")
    ]


@pytest.mark.parametrize(
    "query",
    [
        [("name", "x")],
        [("date:missing", "true")],
        [("date", "")],
        [("_count", "0")],
        [("_count", "many")],
        [("_sort", "name")],
        [("_format", "xml")],
    ],
)
def test_what_would_not_narrow_a_search_is_refused(query: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem) as refused:
        asked(query, KNOWN, ("_id", "date"))

    assert refused.value.status == 400


def test_a_search_goes_on_as_it_was() -> None:
    search = asked([("date", "ge2026"), ("date", "lt2027"), ("_count", "9999"), ("_sort", "-date")], KNOWN, ("date",))
    further = Search(given=search.given, count=search.count, sort=search.sort, after=(7, "x"))

    assert (search.given, search.count, search.sort) == ({"date": ["ge2026", "lt2027"]}, 200, "-date")
    assert continued(further.cursor, KNOWN, ("date",)) == further
    for other in (Search(given={"name": ["x"]}, after=(1, "x")), Search(given={}, sort="name", after=(1, "x"))):
        with pytest.raises(Problem):
            continued(other.cursor, KNOWN, ("date",))
