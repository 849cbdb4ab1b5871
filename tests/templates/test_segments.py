"""Counting SMS segments."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.segments import Measure, encoding, first_wide, measure, segments
from tests.shared import SHARED, needs_shared

VECTORS = SHARED / "data" / "corpora" / "vectors" / "sms_segments.json"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", Measure("GSM-7", 0, 0, 160), id="empty"),
        pytest.param("a", Measure("GSM-7", 1, 1, 159), id="one"),
        pytest.param("a" * 160, Measure("GSM-7", 1, 160, 0), id="full"),
        pytest.param("a" * 161, Measure("GSM-7", 2, 161, 145), id="one-too-many"),
        pytest.param("a" * 306, Measure("GSM-7", 2, 306, 0), id="two-full"),
        pytest.param("a" * 307, Measure("GSM-7", 3, 307, 152), id="three"),
        pytest.param("@£$¥èñ¿\r\n", Measure("GSM-7", 1, 9, 151), id="alphabet"),
        pytest.param("€" * 80, Measure("GSM-7", 1, 160, 0), id="two-septets-each"),
        pytest.param("a" * 159 + "€", Measure("GSM-7", 2, 161, 145), id="escape-crosses-the-end"),
        pytest.param("a" * 152 + "€" + "a" * 152, Measure("GSM-7", 3, 306, 152), id="escape-is-not-cut"),
        pytest.param("ñ", Measure("GSM-7", 1, 1, 159), id="n-tilde"),
        pytest.param("á", Measure("UCS-2", 1, 1, 69), id="a-acute"),
        pytest.param("’" * 70, Measure("UCS-2", 1, 70, 0), id="curly-quotes-full"),
        pytest.param("’" * 71, Measure("UCS-2", 2, 71, 63), id="curly-quotes-one-too-many"),
        pytest.param("😀" * 35, Measure("UCS-2", 1, 70, 0), id="emoji-full"),
        pytest.param("😀" * 36, Measure("UCS-2", 2, 72, 61), id="emoji-is-not-cut"),
    ],
)
def test_a_text_is_measured(text: str, expected: Measure) -> None:
    assert measure(text) == expected
    assert segments(text) == expected.segments
    assert encoding(text) == expected.encoding


@given(st.text(st.characters(codec="utf-8"), max_size=700))
def test_a_text_fits_what_it_is_billed_as(text: str) -> None:
    found = measure(text)

    alone, joined = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    room = alone if found.segments <= 1 else joined * found.segments
    assert found.units <= room
    assert 0 <= found.left <= alone
    assert (found.segments == 0) == (text == "")
    if found.encoding == "UCS-2":
        assert found.units == len(text.encode("utf-16-le")) // 2


@given(st.text(st.characters(codec="utf-8"), max_size=400), st.characters(codec="utf-8"))
def test_a_longer_text_is_never_billed_less(text: str, more: str) -> None:
    assert segments(text + more) >= segments(text)


def cases() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text())["cases"] if VECTORS.is_file() else []  # type: ignore[no-any-return]


@needs_shared[0]
@needs_shared[1]
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["description"])
def test_vectors_of_a_calculator_that_is_used_for_billing(case: dict[str, Any]) -> None:
    found = measure(case["body"])

    bits = 7 if found.encoding == "GSM-7" else 16
    header = 48 * found.segments if found.segments > 1 else 0
    assert (found.encoding, found.segments) == (case["encoding"], case["segments"])
    assert found.units * bits == case["message_bits"]
    assert case["total_bits"] == case["message_bits"] + header


def test_the_first_character_that_makes_a_text_wide_is_told() -> None:
    assert [first_wide(one) for one in ("plain {x}", "a “quote”", "año", "á¡", "")] == ["", "“", "", "á", ""]
