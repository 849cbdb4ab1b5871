"""Calls that go out, and answers that are spoken on a call that is going on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from channels.base import Unclear
from channels.carrier import Break, Drop, Garbage, Refuse
from channels.twilio.files import TwilioFiles
from hub.errors import (
    AddressInvalid,
    ChannelError,
    ConfigInvalid,
    OutcomeUnknown,
    Rejected,
    ReplyUnreadable,
    Unreachable,
)
from hub.settings import Secret
from hub.types import Media, Receipt
from tests.channels.rigs import CLINIC, PATIENT, SHORT, a_part
from tests.channels.voice_rig import VoiceRig, voice_rig

HOLD = '<Response><Gather action="http://127.0.0.1:1/x"/><Pause length="600"/></Response>'


@pytest.fixture
async def rig() -> AsyncIterator[VoiceRig]:
    async with voice_rig() as made:
        yield made


async def a_live_call(rig: VoiceRig) -> str:
    """The id of a call that waits for the bot."""
    rig.carrier.calls.webhook = "http://127.0.0.1:1/never"
    call = await rig.carrier.calls.dial(PATIENT, CLINIC)
    call.begin(None, HOLD)
    return call.sid


async def test_an_answer_is_spoken_on_the_call_it_answers_and_the_caller_is_listened_to_again(rig: VoiceRig) -> None:
    sid = await a_live_call(rig)
    part = a_part("I have:\n1) Tue Sep 30, 3:00 PM, Dr. Kim\n2) Wed Oct 1, 9:30 AM, Dr. Lee", answers=f"{sid}:2en")

    receipt = await rig.channel.send(part)

    call = rig.carrier.calls.get(sid)
    assert call is not None
    assert receipt.provider_id == f"{sid}:{part.reference[-12:]}"
    assert len(receipt.provider_id) <= 64
    said = await call.listens()
    assert said.splitlines() == [
        "I have:",
        "Press 1 or say one for Tuesday, September 30th, at 3 PM, Dr. Kim.",
        "Press 2 or say two for Wednesday, October 1st, at 9:30 AM, Dr. Lee.",
    ]
    assert rig.requests() == 1


async def test_an_answer_is_spoken_in_the_language_of_the_call(rig: VoiceRig) -> None:
    sid = await a_live_call(rig)

    await rig.channel.send(a_part("Diga sí o no.", answers=f"{sid}:2es"))

    call = rig.carrier.calls.get(sid)
    assert call is not None
    await call.listens()
    assert {one.voice for one in call.heard} == {"Polly.Lupe-Neural"}


async def test_an_answer_to_a_call_that_is_over_is_refused_and_no_other_call_is_made(rig: VoiceRig) -> None:
    sid = await a_live_call(rig)
    call = rig.carrier.calls.get(sid)
    assert call is not None
    await call.hangs_up()

    with pytest.raises(Rejected) as refused:
        await rig.channel.send(a_part(answers=f"{sid}:2en"))

    assert refused.value.provider_code == "21220"
    assert [one.sid for one in rig.carrier.calls.all()] == [sid]


async def test_an_answer_to_a_call_that_nobody_knows_is_refused(rig: VoiceRig) -> None:
    with pytest.raises(Rejected) as refused:
        await rig.channel.send(a_part(answers="CA" + "f" * 32 + ":1en"))

    assert refused.value.provider_code == "21220"


async def test_what_is_too_long_for_one_request_is_asked_for_at_our_address(rig: VoiceRig) -> None:
    sid = await a_live_call(rig)
    part = a_part("& so on. " * 300, answers=f"{sid}:2en")

    receipt = await rig.channel.send(part)

    assert receipt.provider_id.startswith(sid)
    assert rig.requests() == 1


@pytest.mark.parametrize("answers", [None, "RE" + "a" * 32, "SM" + "a" * 32, "nonsense:1en"])
async def test_what_answers_no_live_call_is_a_call_of_its_own(rig: VoiceRig, answers: str | None) -> None:
    receipt = await rig.channel.send(a_part(answers=answers))

    (call,) = rig.carrier.calls.all()
    assert receipt.provider_id == call.sid
    assert (call.ours, call.person) == (True, PATIENT)


@pytest.mark.parametrize(
    ("recipient", "error"),
    [
        pytest.param("withheld-CA1", AddressInvalid, id="withheld"),
        pytest.param("72975", AddressInvalid, id="short-code"),
    ],
)
async def test_who_has_no_number_is_not_called(rig: VoiceRig, recipient: str, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        await rig.channel.send(a_part(recipient=recipient))

    assert rig.requests() == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Refuse(20003, 401), ConfigInvalid, id="credentials"),
        pytest.param(Refuse(21210), ConfigInvalid, id="our-number"),
        pytest.param(Refuse(13224), AddressInvalid, id="their-number"),
        pytest.param(Refuse(21215), Rejected, id="region"),
        pytest.param(Garbage(), ReplyUnreadable, id="garbage"),
        pytest.param(Garbage(b'{"sid": "SM1"}'), ReplyUnreadable, id="no-call-id"),
    ],
)
async def test_refusals_are_told_apart(rig: VoiceRig, fault: Refuse | Garbage, error: type[ChannelError]) -> None:
    rig.carrier.faults.add(fault)

    with pytest.raises(error) as raised:
        await rig.channel.send(a_part())

    assert type(raised.value) is error


async def test_two_calls_that_fit_are_for_a_person_to_tell_apart(rig: VoiceRig) -> None:
    since = datetime.now(UTC)
    part = a_part()
    await rig.channel.send(a_part())
    rig.carrier.faults.add(Drop())
    with pytest.raises(OutcomeUnknown):
        await rig.channel.send(part)
    first, second = (call.sid for call in rig.carrier.calls.all())

    unclear = await rig.channel.lookup(part, since)
    known = await rig.channel.lookup(part, since, known=(second,))

    assert isinstance(unclear, Unclear)
    assert isinstance(known, Receipt)
    assert known.provider_id == first


async def test_whether_words_were_spoken_cannot_be_asked(rig: VoiceRig) -> None:
    found = await rig.channel.lookup(a_part(answers="CA" + "a" * 32 + ":1en"), datetime.now(UTC))

    assert isinstance(found, Unclear)


async def test_a_list_that_does_not_come_settles_nothing(rig: VoiceRig) -> None:
    rig.carrier.faults.add_listing(Break(500))

    found = await rig.channel.lookup(a_part(), datetime.now(UTC) - timedelta(hours=1))

    assert isinstance(found, Unclear)


async def test_credentials_are_tried_without_a_call(rig: VoiceRig) -> None:
    await rig.channel.check()

    assert rig.requests() == 0


class TestFiles:
    """Recordings are fetched with credentials from the carrier's own host only."""

    async def test_a_recording_is_fetched(self, rig: VoiceRig) -> None:
        url = await self._left(rig, b"sound" * 100)

        assert await rig.channel.fetch(Media(url=url, content_type="audio/mpeg")) == b"sound" * 100

    async def test_one_that_is_too_large_is_refused(self, rig: VoiceRig) -> None:
        url = await self._left(rig, b"x" * 200_001)

        with pytest.raises(Rejected) as refused:
            await rig.channel.fetch(Media(url=url, content_type="audio/mpeg"))

        assert refused.value.provider_code == "too_large"

    async def test_one_that_is_not_there_yet_is_asked_for_again(self, rig: VoiceRig) -> None:
        account = f"{rig.carrier.base_url}/2010-04-01/Accounts/{rig.carrier.account_sid}"

        with pytest.raises(Unreachable):
            await rig.channel.fetch(Media(url=f"{account}/Recordings/RE1.mp3", content_type="audio/mpeg"))

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example.org/a.mp3",
            "http://api.twilio.com/a.mp3",
            "https://api.twilio.com:8443/a.mp3",
            "https://api.twilio.com@evil.example.org/a.mp3",
            "https://user:pass@api.twilio.com/a.mp3",
            "https://api.twilio.com.evil.example.org/a.mp3",
            "file:///etc/passwd",
            "recording:RE1",
            "//api.twilio.com/a",
            "",
        ],
    )
    async def test_nothing_is_asked_elsewhere(self, rig: VoiceRig, url: str) -> None:
        with pytest.raises(Rejected) as refused:
            await rig.channel.fetch(Media(url=url, content_type="audio/mpeg"))

        assert refused.value.provider_code == "elsewhere"

    @pytest.mark.parametrize(
        ("named", "how"),
        [
            pytest.param("/elsewhere", "elsewhere", id="nowhere"),
            pytest.param("http://127.0.0.1:1/elsewhere", "elsewhere", id="another host"),
            pytest.param("http://user:pass@{base}/elsewhere", "elsewhere", id="with credentials"),
            pytest.param("https://mms.twiliocdn.com@evil.example.org/x", "elsewhere", id="dressed up"),
            pytest.param("https://s3-external-1.amazonaws.com/evil/x", "elsewhere", id="somebody else's folder"),
            pytest.param("https://s3-external-1.amazonaws.com/media.twiliocdn.com/../evil/x", "elsewhere", id="up"),
            pytest.param("file:///etc/passwd", "elsewhere", id="this machine"),
            pytest.param("http://{base}/a.mp3", "elsewhere", id="round and round"),
            pytest.param("http://{base}/elsewhere", "taken", id="the store"),
        ],
    )
    async def test_the_credentials_follow_no_redirect(self, named: str, how: str) -> None:
        asked: list[str | None] = []

        async def elsewhere(request: web.Request) -> web.Response:
            asked.append(request.headers.get("Authorization"))
            return web.Response(body=b"taken")

        async def redirect(request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": named.format(base=base.removeprefix("http://"))})

        app = web.Application()
        app.add_routes([web.get("/a.mp3", redirect), web.get("/elsewhere", elsewhere)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        files = TwilioFiles("AC1", Secret("t"), base_url=base, timeout=SHORT)

        try:
            came = (await files.fetch(f"{base}/a.mp3")).decode()
        except Rejected as refused:
            came = refused.provider_code or ""
        await files.close()
        await runner.cleanup()

        assert came == how
        assert asked == ([None] if how == "taken" else [])

    async def _left(self, rig: VoiceRig, content: bytes) -> str:
        """The address of a recording that the carrier holds."""
        rig.carrier.calls.webhook = "http://127.0.0.1:1/never"
        call = await rig.carrier.calls.dial(PATIENT, CLINIC)
        call.begin(None, '<Response><Record action="http://127.0.0.1:1/x"/></Response>')
        await call.leaves(content, 5)
        await call.ended()
        sid = next(sid for sid in rig.carrier._files if sid.startswith("RE"))
        return f"{rig.carrier.base_url}/2010-04-01/Accounts/{rig.carrier.account_sid}/Recordings/{sid}.mp3"
