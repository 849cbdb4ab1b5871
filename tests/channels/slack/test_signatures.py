"""Whether a request is Slack's: the vectors of its own SDK, and whatever headers anybody may send."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.signatures import WINDOW, signature, verify
from hub.errors import SignatureInvalid
from hub.settings import Secret
from tests.shared import SHARED, needs_shared

SECRET = Secret("8f742231b10e8888abcd99yyyzzz85a5")
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))

_VECTORS = SHARED / "data" / "corpora" / "vectors" / "slack_signature.json"
_GIVEN = json.loads(_VECTORS.read_text(encoding="utf-8")) if _VECTORS.is_file() else {"cases": []}


def accepted(body: bytes, timestamp: str | None, signed: str | None, now: datetime = NOW) -> bool:
    try:
        verify(SECRET, body=body, timestamp=timestamp, signed=signed, now=now)
    except SignatureInvalid:
        return False
    return True


@pytest.mark.shared
@needs_shared[1]
@pytest.mark.parametrize("case", _GIVEN["cases"], ids=lambda case: case["name"])
def test_every_vector_is_judged_as_slack_judges_it_and_nothing_else_is_raised(case) -> None:
    body = bytes.fromhex(case["body_hex"]) if "body_hex" in case else case["body"].encode()
    body = _GIVEN["body"].encode() if case.get("body") == "$BODY" else body

    found = accepted(body, case["timestamp"], case["signature"], datetime.fromtimestamp(case["now"], UTC))

    assert found is case["expect"]


def test_slacks_own_example_is_taken() -> None:
    """Source: slackapi/python-slack-sdk, tests/slack_sdk/signature."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"

    assert accepted(body, "1531420618", signed, datetime.fromtimestamp(1531420618, UTC))


def test_the_window_is_five_minutes_to_either_side() -> None:
    signed = signature(SECRET, STAMP, b"{}")

    assert [accepted(b"{}", STAMP, signed, NOW + by) for by in (WINDOW, -WINDOW)] == [True, True]
    late = WINDOW + timedelta(seconds=1)
    assert [accepted(b"{}", STAMP, signed, NOW + by) for by in (late, -late)] == [False, False]


@settings(max_examples=50)
@given(body=st.binary(max_size=64), at=st.integers(0, 10**10))
def test_what_is_signed_is_taken_and_one_changed_octet_is_not(body: bytes, at: int) -> None:
    now = datetime.fromtimestamp(at, UTC)
    signed = signature(SECRET, str(at), body)

    assert accepted(body, str(at), signed, now)
    assert not accepted(body + b"x", str(at), signed, now)
    assert not accepted(body, str(at), signed[:-1] + ("0" if signed[-1] != "0" else "1"), now)


@settings(max_examples=50)
@given(
    timestamp=st.none() | st.text(max_size=20) | st.just(STAMP) | st.integers().map(str),
    signed=st.none() | st.text(max_size=70) | st.from_regex(r"v0=[0-9a-f]{64}", fullmatch=True),
    body=st.binary(max_size=32),
)
def test_no_header_makes_anything_but_a_refusal_of_it(timestamp: str | None, signed: str | None, body: bytes) -> None:
    assert not accepted(body, timestamp, signed)
