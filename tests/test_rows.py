"""Rows of a rule are all held, and those that fail are all named."""

import inspect

import pytest

from tests.rows import every


def test_every_row_that_fails_is_named_and_the_others_are_held_nevertheless() -> None:
    seen = []

    @every("number, wanted", [(1, 1), (2, 3), (4, 4), (5, 6)])
    @every("language", ["en", "es"])
    def rule(number: int, wanted: int, language: str, place: str) -> None:
        seen.append((number, language, place))
        assert number == wanted, f"not {wanted}"

    with pytest.raises(AssertionError, match=r"(?s)2 of 4 rows.*\(2, 3\).*not 3.*\(5, 6\).*not 6"):
        rule(place="here")

    assert len(seen) == 8
    assert list(inspect.signature(rule).parameters) == ["place"]


def test_a_rule_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows of key"):
        every("key", [])
