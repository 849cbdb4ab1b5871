"""Codes of an authenticator app."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.accounts import totp

# RFC 6238, appendix B (SHA-1), its last six digits.
SECRET = b"12345678901234567890"
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, totp.step_of(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize(("apart", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_wrong_by_a_step(apart: int, fits: bool) -> None:
    now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    code = totp.code_at(SECRET, totp.step_of(now + timedelta(seconds=apart)))

    assert (totp.fitting(SECRET, code, now, 0) is not None) == fits


def test_a_step_is_taken_once_and_none_before_it() -> None:
    now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    step = totp.fitting(SECRET, totp.code_at(SECRET, totp.step_of(now)), now, 0)
    assert step is not None

    assert totp.fitting(SECRET, totp.code_at(SECRET, step), now, step) is None
    assert totp.fitting(SECRET, totp.code_at(SECRET, step - 1), now, step) is None
    assert totp.fitting(SECRET, totp.code_at(SECRET, step + 1), now, step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "0" * 400])
def test_what_is_no_code_does_not_fit(code: str) -> None:
    assert totp.fitting(SECRET, code, datetime(2026, 3, 2, tzinfo=UTC), 0) is None


def test_an_app_is_told_all_it_needs() -> None:
    said = totp.uri(SECRET, "Maple: Street", "nora@example.org")

    assert said.startswith("otpauth://totp/Maple%20%20Street%3Anora%40example.org?secret=GEZDGNBVGY3TQOJQ")
    assert totp.typed(SECRET).startswith("GEZD GNBV")
