"""Blind indexes: equal values meet, nothing can be read back, and one field tells nothing of another."""

from typing import get_args

from hypothesis import assume, given
from hypothesis import strategies as st

from hub.crypto import BlindIndex
from hub.crypto.blind import IndexedField

INDEX = BlindIndex(bytes(range(32)))
fields = st.sampled_from(get_args(IndexedField))


@given(fields, st.text())
def test_a_value_is_found_again_and_takes_sixteen_bytes(field: IndexedField, value: str) -> None:
    found = INDEX.of(field, value)

    assert found == BlindIndex(bytes(range(32))).of(field, value)
    assert len(found) == 16


@given(fields, st.text(), st.text())
def test_different_values_do_not_meet(field: IndexedField, one: str, other: str) -> None:
    assume(one != other)

    assert INDEX.of(field, one) != INDEX.of(field, other)


@given(fields, fields, st.text())
def test_the_same_value_in_another_field_does_not_meet(one: IndexedField, other: IndexedField, value: str) -> None:
    assume(one != other)

    assert INDEX.of(one, value) != INDEX.of(other, value)


def test_another_root_gives_another_index() -> None:
    assert BlindIndex(bytes(32)).of("phone", "+12025550123") != INDEX.of("phone", "+12025550123")


def test_what_the_first_release_indexed_is_found_by_every_later_one() -> None:
    """HMAC-SHA-256 over field, zero byte and value, cut to 128 bits; computed with OpenSSL's command line."""
    assert INDEX.of("phone", "+12025550123").hex() == "400c9eeb4258a25397ef2178636d41ab"
