"""Numbers in their normal form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phones import e164


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        pytest.param("+12025550123", None, "+12025550123", id="already"),
        pytest.param("+1 (202) 555-0123", None, "+12025550123", id="punctuated"),
        pytest.param("(202) 555-0123", "US", "+12025550123", id="national"),
        pytest.param("(202) 555-0123", None, None, id="national-without-region"),
        pytest.param("020 7946 0123", "GB", "+442079460123", id="leading-zero"),
        pytest.param("+44 (0)20 7946 0123", None, "+442079460123", id="zero-in-brackets"),
        pytest.param("２０２５５５０１２３", "US", "+12025550123", id="full-width-digits"),
        pytest.param("+1202555", None, None, id="too-short"),
        pytest.param("+" + "1" * 30, None, None, id="too-long"),
        pytest.param("72975", None, None, id="short-code"),
        pytest.param("MAPLE", None, None, id="name"),
        pytest.param("+12025550123 ext. 5", None, None, id="extension"),
        pytest.param("", None, None, id="empty"),
    ],
)
def test_a_number_has_one_form(text: str, region: str | None, expected: str | None) -> None:
    assert e164(text, region) == expected


@given(st.text(alphabet="+0123456789 ()-", max_size=24))
def test_the_normal_form_stays_as_it_is(text: str) -> None:
    once = e164(text, "US")

    assert once is None or e164(once) == once
