"""Where a person may be: what is known best decides, and what is not known suits every place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.whereabouts import Place, of_number, place, read_number


@pytest.mark.parametrize(
    ("known", "found"),
    [
        pytest.param(
            {"zone": "America/Denver", "state": "CO", "number": "+12025550100", "clinic_state": "IL"},
            Place(("America/Denver",), ("CO",)),
            id="the record goes before the number and the clinic",
        ),
        pytest.param(
            {"zone": None, "state": "TN", "number": "+12025550100"},
            Place(("America/New_York", "America/Chicago"), ("TN",)),
            id="a state alone gives all its zones",
        ),
        pytest.param(
            {"zone": "America/Chicago", "state": None, "number": "+12025550100", "clinic_state": "IL"},
            Place(("America/Chicago",), ("DC", "IL")),
            id="a zone alone leaves the state to the number, and to the clinic",
        ),
        pytest.param(
            {"zone": None, "state": None, "number": "+14155550100"},
            Place(("America/Los_Angeles",), ("CA",)),
            id="the area code",
        ),
        pytest.param(
            {"zone": None, "state": None, "number": "+18085550100", "clinic_state": "TX"},
            Place(("Pacific/Honolulu",), ("HI", "TX")),
            id="the area code's state, beside the clinic's",
        ),
        pytest.param({"zone": None, "state": None, "number": "+18005550100"}, Place(), id="toll-free: of no place"),
        pytest.param({"zone": None, "state": None, "number": "+15995550100"}, Place(), id="no such area code"),
        pytest.param(
            {"zone": None, "state": None, "number": "+442079460000"}, Place(("Europe/London",)), id="another country"
        ),
        pytest.param(
            {"zone": None, "state": None, "number": None, "clinic_state": "TX"},
            Place((), ("TX",)),
            id="no number at all",
        ),
    ],
)
def test_what_is_known_best_decides(known, found):
    assert place(**known) == found


@given(st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True))
def test_where_a_north_american_number_lies_its_last_digits_do_not_tell(number):
    assert of_number(number) == read_number(number)
