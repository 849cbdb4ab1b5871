"""Notifications by each way: the contract of every channel, and what is special to the way."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from aiohttp import web

from channels.push import PushChannel
from channels.pushing import notice
from channels.pushing.subscription import Apns, Fcm, from_browser, write
from channels.pushing.vapid import VapidKey
from channels.pushing.web import WebPush
from hub.errors import (
    AddressInvalid,
    ChannelError,
    ConfigInvalid,
    OutcomeUnknown,
    PayloadInvalid,
    Rejected,
    ReplyUnreadable,
    SignatureInvalid,
    Throttled,
    Unreachable,
)
from hub.types import Part, Purpose
from tests.channels.contract import SAID, SendingContract
from tests.channels.push_rigs import (
    APNS_TOKEN,
    CLINIC,
    FCM_TOKEN,
    SUBJECT,
    ApnsRig,
    BrowserRig,
    FcmRig,
    a_part,
    apns_rig,
    browser_rig,
    fcm_rig,
)
from tests.channels.push_services import fcm_error
from tests.channels.rigs import a_hook, inbound_fields

AnyRig = BrowserRig | FcmRig | ApnsRig


class TestWebPushContract(SendingContract):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[BrowserRig]:
        async with browser_rig() as made:
            yield made


class TestFcmContract(SendingContract):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[FcmRig]:
        async with fcm_rig() as made:
            yield made


class TestApnsContract(SendingContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[ApnsRig]:
        async with apns_rig(tmp_path) as made:
            yield made


@pytest.fixture
async def browser() -> AsyncIterator[BrowserRig]:
    async with browser_rig() as made:
        yield made


@pytest.fixture
async def firebase() -> AsyncIterator[FcmRig]:
    async with fcm_rig() as made:
        yield made


@pytest.fixture
async def apple(tmp_path: Path) -> AsyncIterator[ApnsRig]:
    async with apns_rig(tmp_path) as made:
        yield made


async def refused(rig: AnyRig, part: Part | None = None) -> ChannelError:
    rig.befall("refused")
    with pytest.raises(ChannelError) as raised:
        await rig.channel.send(part or rig.part())
    return raised.value


class TestWebPush:
    async def test_the_browser_reads_that_there_is_a_message_and_no_more(self, browser: BrowserRig) -> None:
        part = browser.part(token="thread-1")

        await browser.channel.send(part)

        (shown,) = browser.service.shown.values()
        assert shown == {"title": f"New message from {CLINIC}", "reference": part.reference, "tag": shown["tag"]}
        assert SAID not in json.dumps(shown)

    async def test_the_request_says_how_long_how_urgently_and_what_it_replaces(self, browser: BrowserRig) -> None:
        await browser.channel.send(browser.part(purpose=Purpose.EMERGENCY))

        (headers,) = browser.service.headers
        assert (headers["TTL"], headers["Urgency"]) == ("43200", "high")
        assert headers["Content-Encoding"] == "aes128gcm"
        assert len(headers["Topic"]) == 32
        assert browser.service.subjects == [SUBJECT]

    async def test_ten_messages_of_a_thread_show_as_one(self, browser: BrowserRig) -> None:
        parts = [browser.part(token="thread-1") for _ in range(10)]

        for part in parts:
            await browser.channel.send(part)

        (shown,) = browser.service.shown.values()
        assert shown["reference"] == parts[-1].reference
        assert browser.requests() == 10

    async def test_two_threads_show_as_two(self, browser: BrowserRig) -> None:
        for thread in ("thread-1", "thread-2"):
            await browser.channel.send(browser.part(token=thread))

        assert len(browser.service.shown) == 2

    async def test_a_notice_sent_twice_shows_once(self, browser: BrowserRig) -> None:
        """Why `limits.deduplicates` holds though services take every request."""
        part = browser.part()
        browser.befall("drop_taken")
        with pytest.raises(OutcomeUnknown):
            await browser.channel.send(part)

        await browser.channel.send(part)

        assert browser.channel.limits.deduplicates
        assert browser.requests() == 2
        assert [one["reference"] for one in browser.service.shown.values()] == [part.reference]

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (302, Rejected),
            (307, Rejected),
            (400, Rejected),
            (401, ConfigInvalid),
            (403, ConfigInvalid),
            (404, AddressInvalid),
            (410, AddressInvalid),
            (413, Rejected),
            (418, Rejected),
            (429, Throttled),
            (502, OutcomeUnknown),
            (503, Unreachable),
        ],
    )
    async def test_a_refusal_is_one_error(self, browser: BrowserRig, status: int, error: type[ChannelError]) -> None:
        elsewhere = browser.service.origin + "/push/other"
        browser.service.refusal = status, {"Location": elsewhere} if status < 400 else {}

        found = await refused(browser)

        assert type(found) is error
        assert found.provider_code == f"http_{status}"
        assert browser.requests() == 1

    async def test_the_key_of_another_subscription_is_the_operators_affair(self, browser: BrowserRig) -> None:
        other = PushChannel(CLINIC, web=WebPush(VapidKey.create(), SUBJECT, inside=True))

        with pytest.raises(ConfigInvalid):
            await other.send(browser.part())

        await other.close()

    @pytest.mark.parametrize("status", [201, 410])
    async def test_an_answer_without_end_does_not_fill_the_memory(
        self, browser: BrowserRig, status: int, aiohttp_flood: Callable[[int], AbstractAsyncContextManager[str]]
    ) -> None:
        async with aiohttp_flood(status) as origin:
            part = a_part(from_browser(browser.service.subscription(origin)))

            with pytest.raises(ReplyUnreadable if status == 201 else AddressInvalid):
                await browser.channel.send(part)


@pytest.fixture
def aiohttp_flood() -> Callable[[int], AbstractAsyncContextManager[str]]:
    """A push service whose answer goes on until the other side has had enough."""
    from tests.channels.push_rigs import _listening

    def flood(status: int) -> AbstractAsyncContextManager[str]:
        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(status=status)
            await response.prepare(request)
            try:
                while True:
                    await response.write(b"x" * 65_536)
            except ConnectionError:
                return response

        return _listening(web.post("/{tail:.*}", answer))

    return flood


class TestFcm:
    async def test_the_app_is_told_that_there_is_a_message_and_no_more(self, firebase: FcmRig) -> None:
        part = firebase.part(language="es", token="thread-1", purpose=Purpose.BILLING)

        receipt = await firebase.channel.send(part)

        (message,) = firebase.service.messages
        tag = notice.of(part, CLINIC).tag
        assert receipt.provider_id == "0:1%f9f9"
        assert message["token"] == FCM_TOKEN
        assert message["notification"] == {"title": f"Nuevo mensaje de {CLINIC}"}
        assert message["data"] == {"reference": part.reference, "tag": tag}
        assert message["android"] == {
            "collapse_key": tag,
            "priority": "NORMAL",
            "ttl": "604800s",
            "notification": {"tag": tag},
        }
        assert SAID not in json.dumps(message)

    async def test_one_token_serves_many_messages(self, firebase: FcmRig) -> None:
        for _ in range(5):
            await firebase.channel.send(firebase.part())

        assert len(firebase.service.tokens) == 1

    async def test_a_withdrawn_token_is_replaced_at_the_next_attempt(self, firebase: FcmRig) -> None:
        await firebase.channel.send(firebase.part())
        firebase.service.good.clear()

        with pytest.raises(Unreachable):
            await firebase.channel.send(firebase.part())
        receipt = await firebase.channel.send(firebase.part())

        assert receipt.provider_id
        assert len(firebase.service.tokens) == 2

    @pytest.mark.parametrize(
        ("status", "answer", "error", "code"),
        [
            pytest.param(404, fcm_error("NOT_FOUND", "UNREGISTERED"), AddressInvalid, "UNREGISTERED", id="gone"),
            pytest.param(
                400,
                fcm_error("INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"),
                AddressInvalid,
                "INVALID_TOKEN",
                id="no-such-token",
            ),
            pytest.param(400, fcm_error("INVALID_ARGUMENT", "INVALID_ARGUMENT"), Rejected, "http_400", id="malformed"),
            pytest.param(
                403,
                fcm_error("PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
                ConfigInvalid,
                "SENDER_ID_MISMATCH",
                id="other-project",
            ),
            pytest.param(
                401,
                fcm_error("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
                ConfigInvalid,
                "THIRD_PARTY_AUTH_ERROR",
                id="no-apple-key",
            ),
            pytest.param(401, fcm_error("UNAUTHENTICATED"), ConfigInvalid, "http_401", id="fresh-token-refused"),
            pytest.param(413, {}, Rejected, "http_413", id="too-large"),
            pytest.param(404, fcm_error("NOT_FOUND"), ConfigInvalid, "http_404", id="no-such-project"),
            pytest.param(410, {"error": []}, AddressInvalid, "http_410", id="unreadable"),
        ],
    )
    async def test_a_refusal_is_one_error(
        self, firebase: FcmRig, status: int, answer: dict[str, object], error: type[ChannelError], code: str
    ) -> None:
        firebase.service.refusal = status, answer

        found = await refused(firebase)

        assert type(found) is error
        assert found.provider_code == code
        assert firebase.requests() == 1

    @pytest.mark.parametrize(
        ("status", "answer", "error"),
        [
            (400, {"error": "invalid_grant"}, ConfigInvalid),
            (401, {"error": "invalid_client"}, ConfigInvalid),
            (429, {}, Throttled),
            (500, {}, Unreachable),
            (503, {}, Unreachable),
            (200, {"no": "token"}, Unreachable),
        ],
    )
    async def test_without_a_token_nothing_is_sent(
        self, firebase: FcmRig, status: int, answer: dict[str, object], error: type[ChannelError]
    ) -> None:
        firebase.service.token_answer = status, answer

        with pytest.raises(error):
            await firebase.channel.send(firebase.part())

        assert firebase.requests() == 0

    async def test_credentials_are_tried_without_sending(self, firebase: FcmRig) -> None:
        await firebase.channel.check()

        assert firebase.requests() == 0
        assert len(firebase.service.tokens) == 1


class TestApns:
    async def test_the_app_is_told_that_there_is_a_message_and_no_more(self, apple: ApnsRig) -> None:
        part = apple.part(token="thread-1")

        receipt = await apple.channel.send(part)

        ((headers, message),) = apple.service.accepted
        tag = notice.of(part, CLINIC).tag
        assert receipt.provider_id == part.reference == headers["apns-id"]
        assert headers[":path"] == f"/3/device/{APNS_TOKEN}"
        assert (headers["apns-push-type"], headers["apns-priority"]) == ("alert", "10")
        assert headers["apns-collapse-id"] == tag
        assert message == {
            "aps": {"alert": {"title": f"New message from {CLINIC}"}, "sound": "default", "thread-id": tag},
            "reference": part.reference,
        }

    async def test_one_token_serves_all_connections(self, apple: ApnsRig) -> None:
        """Apple refuses whoever makes a new one more than every twenty minutes."""
        for _ in range(3):
            apple.befall("drop_untaken")
            with pytest.raises(OutcomeUnknown):
                await apple.channel.send(apple.part())
        await apple.channel.send(apple.part())

        assert len(apple.service.connections) == 4
        assert len(apple.service.authorizations) == 1

    async def test_many_refusals_do_not_exhaust_the_connection(self, apple: ApnsRig) -> None:
        apple.service.refusal = 410, b'{"reason":"Unregistered","padding":"' + b"x" * 1000 + b'"}'

        for _ in range(100):
            assert type(await refused(apple)) is AddressInvalid

        assert len(apple.service.connections) == 1

    @pytest.mark.parametrize(
        ("status", "body", "error", "code"),
        [
            pytest.param(410, b'{"reason":"Unregistered"}', AddressInvalid, "Unregistered", id="gone"),
            pytest.param(410, b'{"reason":"ExpiredToken"}', AddressInvalid, "ExpiredToken", id="expired"),
            pytest.param(400, b'{"reason":"BadDeviceToken"}', AddressInvalid, "BadDeviceToken", id="no-such-token"),
            pytest.param(
                400, b'{"reason":"DeviceTokenNotForTopic"}', Rejected, "DeviceTokenNotForTopic", id="other-app"
            ),
            pytest.param(400, b'{"reason":"TopicDisallowed"}', ConfigInvalid, "TopicDisallowed", id="topic"),
            pytest.param(403, b'{"reason":"ExpiredProviderToken"}', ConfigInvalid, "http_403", id="key"),
            pytest.param(413, b'{"reason":"PayloadTooLarge"}', Rejected, "http_413", id="too-large"),
            pytest.param(429, b'{"reason":"TooManyRequests"}', Throttled, "http_429", id="too-many"),
            pytest.param(410, b"", AddressInvalid, "http_410", id="no-reason"),
            pytest.param(410, b"{", AddressInvalid, "http_410", id="not-json"),
            pytest.param(410, b"[]", AddressInvalid, "http_410", id="not-an-object"),
            pytest.param(500, b"", OutcomeUnknown, "http_500", id="broken"),
        ],
    )
    async def test_a_refusal_is_one_error(
        self, apple: ApnsRig, status: int, body: bytes, error: type[ChannelError], code: str
    ) -> None:
        apple.service.refusal = status, body

        found = await refused(apple)

        assert type(found) is error
        assert found.provider_code == code
        assert apple.requests() == 1

    async def test_a_connection_that_closes_is_not_used_again(self, apple: ApnsRig) -> None:
        await apple.channel.send(apple.part())
        pool = apple.channel._apns._pool  # type: ignore[union-attr]
        pool.connections[0].close()  # type: ignore[union-attr]

        receipt = await apple.channel.send(apple.part())

        assert receipt.provider_id
        assert len(apple.service.connections) == 2

    async def test_credentials_are_tried_with_a_device_that_nobody_has(self, apple: ApnsRig) -> None:
        await apple.channel.check()

        assert apple.service.accepted == []

    @pytest.mark.parametrize("change", [{"team_id": "OTHER67890"}, {"topic": "org.example.other"}])
    async def test_credentials_of_another_are_found_out(self, apple: ApnsRig, change: dict[str, str]) -> None:
        other = apple.reaching(apple.service.port, **change)

        with pytest.raises(ConfigInvalid):
            await other.check()

        await other.close()


class TestTheChannel:
    @pytest.mark.parametrize(
        "address", ["", "+12025550123", "{}", '{"way":"pigeon"}', '{"way":"fcm","token":""}', '{"way":"fcm"', "\ud83d"]
    )
    async def test_an_address_that_is_no_subscription_is_retired(self, browser: BrowserRig, address: str) -> None:
        with pytest.raises(AddressInvalid):
            await browser.channel.send(a_part(address))

    @pytest.mark.parametrize("address", [write(Fcm(FCM_TOKEN)), write(Apns(APNS_TOKEN))])
    async def test_a_way_that_is_not_set_up_is_the_operators_affair(self, browser: BrowserRig, address: str) -> None:
        with pytest.raises(ConfigInvalid):
            await browser.channel.send(a_part(address))

    async def test_nobody_calls_back(self, browser: BrowserRig) -> None:
        hook = a_hook(inbound_fields(), token="any")

        assert browser.channel.routes == {}
        with pytest.raises(SignatureInvalid):
            browser.channel.verify(hook)
        with pytest.raises(PayloadInvalid):
            browser.channel.parse(hook)

    def test_every_purpose_has_its_times(self) -> None:
        assert set(notice.TIMES) == set(Purpose)

    async def test_the_ways_that_are_set_up_are_told(self, browser: BrowserRig, apple: ApnsRig) -> None:
        assert browser.channel.told() == "set up for Web Push"
        assert apple.channel.told() == "set up for APNs"
        assert browser.channel.public_key == browser.key.public
        assert apple.channel.public_key is None
