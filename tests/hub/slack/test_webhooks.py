"""What is no request of Slack's: 401 for what is not signed, 400 for what is no payload, never 500."""

import aiohttp
import pytest

from channels.slack.signatures import SIGNATURE, TIMESTAMP
from tests.hub.slack.conftest import Front
from tests.stores import either_will_do

pytestmark = either_will_do
JSON = "application/json"


async def test_what_is_not_signed_is_401_and_what_is_no_payload_400(front: Front) -> None:
    slack, base = front.slack, front.rig.base
    forged: list[dict[str, str]] = [
        {},
        {TIMESTAMP: "abc", SIGNATURE: "v0=" + "0" * 64},
        {TIMESTAMP: "1531420618", SIGNATURE: "v0=" + "0" * 64},
        {TIMESTAMP: "nan", SIGNATURE: "v0=é"},
    ]
    async with aiohttp.ClientSession() as session:
        for headers in forged:
            for where in ("events", "interactions"):
                async with session.post(f"{base}/webhooks/slack/{where}", data=b"\xff\xfe", headers=headers) as answer:
                    assert answer.status == 401

    assert await slack.send("events", b"\xff\xfe", JSON, {}) == 400
    assert await slack.send("events", b"[]", JSON, {}) == 400
    assert await slack.send("interactions", b"payload=%7B", "application/x-www-form-urlencoded", {}) == 400
    assert await slack.send("interactions", b"%ff%fe", "application/x-www-form-urlencoded", {}) == 400
    assert await slack.send("events", b'{"type":"app_rate_limited"}', JSON, {}) == 200
    assert await front.undone() == 0


async def test_what_is_said_in_another_channel_is_not_kept(front: Front) -> None:
    event = {"type": "message", "channel": "C0OTHER99", "user": "U1", "text": "x", "ts": "2.0", "thread_ts": "1.0"}

    assert await front.slack.tell(event) == 200

    assert await front.undone() == 0


@pytest.mark.parametrize("body", [b'{"type":"url_verification","challenge":"3eZbrw1a"}'])
async def test_the_challenge_is_given_back(front: Front, body: bytes) -> None:
    import time

    from channels.slack.signatures import signature

    now = str(int(time.time()))
    headers = {TIMESTAMP: now, SIGNATURE: signature(front.slack.secret, now, body), "Content-Type": JSON}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{front.rig.base}/webhooks/slack/events", data=body, headers=headers) as answer,
    ):
        assert (answer.status, await answer.text()) == (200, "3eZbrw1a")
