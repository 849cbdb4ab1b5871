"""The client on a Slack that is spoken with over HTTP: what it asks, and what its refusals mean."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from channels.slack import SlackClient
from hub.errors import ConfigInvalid, OutcomeUnknown, Rejected, Throttled, Unreachable
from hub.settings import Secret
from tests.servers.slack import CHANNEL, TOKEN, FakeSlack


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    made = FakeSlack()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(slack: FakeSlack) -> AsyncIterator[SlackClient]:
    made = SlackClient(Secret(TOKEN), slack.url)
    yield made
    await made.close()


async def test_a_named_post_is_found_again(client: SlackClient) -> None:
    ts = await client.post(CHANNEL, "hello", name="p-1")
    long_ago = datetime.now(UTC) - timedelta(minutes=1)

    assert await client.posted(CHANNEL, "p-1", long_ago) == ts
    assert await client.posted(CHANNEL, "p-2", long_ago) is None


async def test_an_answer_that_is_lost_is_unknown_where_twice_would_be_twice(
    client: SlackClient, slack: FakeSlack
) -> None:
    slack.losing = {"chat.postMessage", "chat.update"}

    with pytest.raises(OutcomeUnknown):
        await client.post(CHANNEL, "hello")
    with pytest.raises(Unreachable):
        await client.update(CHANNEL, slack.posts[0].ts, "hello", [])


async def test_patience_is_asked_for_in_seconds(client: SlackClient, slack: FakeSlack) -> None:
    slack.throttled = 1

    with pytest.raises(Throttled) as refusal:
        await client.lacking()

    assert refusal.value.after == timedelta(seconds=30)
    assert slack.calls == ["auth.test"]
    assert await client.lacking() == []


@pytest.mark.parametrize(
    ("code", "error"),
    [("token_revoked", ConfigInvalid), ("missing_scope", ConfigInvalid), ("msg_blocked", Rejected)],
)
async def test_a_refusal_says_what_to_mend_and_holds_no_word_of_what_was_sent(
    client: SlackClient, slack: FakeSlack, code: str, error: type[Exception]
) -> None:
    slack.refusing["chat.postMessage"] = code

    with pytest.raises(error) as refusal:
        await client.post(CHANNEL, "canary words")

    assert refusal.value.provider_code == code  # type: ignore[attr-defined]
    assert "canary" not in str(refusal.value)
    assert TOKEN not in str(refusal.value)


async def test_nobody_there_is_unreachable(slack: FakeSlack) -> None:
    slack.away = True
    away, nowhere = SlackClient(Secret(TOKEN), slack.url), SlackClient(Secret(TOKEN), "http://127.0.0.1:9/api")
    for one in (away, nowhere):
        with pytest.raises(Unreachable):
            await one.post(CHANNEL, "hello")
        await one.close()


async def test_scopes_that_the_app_was_not_given_are_named(client: SlackClient, slack: FakeSlack) -> None:
    slack.scopes = slack.scopes - {"reactions:write", "users:read.email"}

    assert await client.lacking() == ["reactions:write", "users:read.email"]


async def test_another_token_is_told_as_such(slack: FakeSlack) -> None:
    wrong = SlackClient(Secret("xoxb-another-one"), slack.url)

    with pytest.raises(ConfigInvalid, match="HUB_SLACK_BOT_TOKEN"):
        await wrong.lacking()

    await wrong.close()


async def test_a_mark_twice_is_once(client: SlackClient, slack: FakeSlack) -> None:
    ts = await client.post(CHANNEL, "hello")

    await client.mark(CHANNEL, ts, "eyes")
    await client.mark(CHANNEL, ts, "eyes")

    assert slack.message(ts).marks == ["eyes"]


@pytest.mark.parametrize(
    ("values", "ours", "mailbox"),
    [
        ({}, True, "ana@example.org"),
        ({"is_restricted": True}, False, "ana@example.org"),
        ({"is_stranger": True}, False, "ana@example.org"),
        ({"deleted": True}, False, "ana@example.org"),
        ({"is_bot": True}, False, "ana@example.org"),
        ({"is_email_confirmed": False}, True, ""),
        ({"profile": {}}, True, ""),
    ],
)
async def test_who_a_member_is(
    client: SlackClient, slack: FakeSlack, values: dict[str, object], ours: bool, mailbox: str
) -> None:
    slack.join("U1", "Ana@Example.org", **values)

    member = await client.member("U1")

    assert (member.ours, member.mailbox) == (ours, mailbox)
