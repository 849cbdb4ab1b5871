"""The simulated carrier's calls: it does what Twilio does with TwiML, and a caller can do what callers do."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from channels.carrier import Call, CallEnded, Carrier
from tests.channels.rigs import CLINIC, PATIENT

GATHER = '<Gather input="{input}" action="{url}" {more}><Say>Ask</Say></Gather><Say>Nothing heard</Say>'


class Clinic:
    """A hub that answers with the documents it is given, in turn, and keeps what it is asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.documents: list[str] = []

    async def hear(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        document = self.documents.pop(0) if self.documents else ""
        return web.Response(text=f"<Response>{document}</Response>", content_type="text/xml")


@pytest.fixture
async def clinic() -> AsyncIterator[Clinic]:
    made = Clinic()
    app = web.Application()
    app.router.add_post("/{tail:.*}", made.hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/voice"
    yield made
    await runner.cleanup()


@pytest.fixture
async def carrier(clinic: Clinic) -> AsyncIterator[Carrier]:
    made = Carrier(seed=1, second=0.001)
    await made.start()
    made.calls.webhook = clinic.url
    yield made
    await made.stop()


async def dialled(carrier: Carrier, clinic: Clinic, *documents: str) -> Call:
    clinic.documents = list(documents)
    return await carrier.calls.dial(PATIENT, CLINIC)


def gather(clinic: Clinic, kinds: str = "dtmf speech", **more: str) -> str:
    return GATHER.format(input=kinds, url=clinic.url, more=" ".join(f'{k}="{v}"' for k, v in more.items()))


async def test_a_document_is_walked_from_its_start_to_its_end(carrier: Carrier, clinic: Clinic) -> None:
    call = await dialled(
        carrier, clinic, f'<Say>One</Say><Pause length="2"/><Redirect>{clinic.url}</Redirect>', "<Say>Two</Say>"
    )

    await call.ended()

    assert await call.listens() == "One\nTwo"
    assert [one["CallStatus"] for one in clinic.asked] == ["in-progress"] * 2
    assert call.status == "completed"


async def test_speech_and_keys_are_posted_to_the_action(carrier: Carrier, clinic: Clinic) -> None:
    call = await dialled(carrier, clinic, gather(clinic), gather(clinic, numDigits="1"), "<Hangup/>")

    await call.says("hello")
    await call.presses("123")
    await call.ended()

    assert [one.get("SpeechResult") for one in clinic.asked] == [None, "hello", None]
    assert [one.get("Digits") for one in clinic.asked] == [None, None, "1"]


@pytest.mark.parametrize(("posts", "requests"), [("true", 2), ("false", 1)])
async def test_silence_goes_on_in_the_document_unless_it_is_asked_for(
    carrier: Carrier, clinic: Clinic, posts: str, requests: int
) -> None:
    call = await dialled(carrier, clinic, gather(clinic, actionOnEmptyResult=posts))

    await call.keeps_silent()
    await call.ended()

    assert len(clinic.asked) == requests
    assert ("Nothing heard" in await call.listens()) is (posts == "false")


async def test_speech_is_not_heard_where_keys_are_asked_for(carrier: Carrier, clinic: Clinic) -> None:
    call = await dialled(carrier, clinic, gather(clinic, "dtmf"))

    await call.says("hello")
    await call.ended()

    assert len(clinic.asked) == 1


async def test_other_instructions_replace_whatever_the_call_is_at(carrier: Carrier, clinic: Clinic) -> None:
    carrier.calls.second = 1000
    call = await dialled(carrier, clinic, '<Say>Hold</Say><Pause length="60"/>')
    while not call.heard:
        await call._change()

    call.begin(None, "<Response><Say>Other</Say></Response>")
    await call.ended()

    assert await call.listens() == "Hold\nOther"


async def test_what_twilio_would_not_act_on_ends_the_call_and_is_told(carrier: Carrier, clinic: Clinic) -> None:
    call = await dialled(carrier, clinic, "<Shout>hello</Shout>")

    await call.ended()

    with pytest.raises(AssertionError, match="no verb Shout"):
        await call.listens()


async def test_a_call_that_goes_round_for_ever_is_told(carrier: Carrier, clinic: Clinic) -> None:
    call = await dialled(carrier, clinic, *[f"<Redirect>{clinic.url}</Redirect>"] * 300)

    await call.ended()

    with pytest.raises(AssertionError, match="for ever"):
        await call.listens()


async def test_who_has_hung_up_cannot_say_more(carrier: Carrier, clinic: Clinic) -> None:
    call = await dialled(carrier, clinic, gather(clinic))
    await call.listens()
    await call.hangs_up()

    for late in (call.says("hello"), call.presses("1"), call.keeps_silent(), call.leaves(b"", 1)):
        with pytest.raises(CallEnded):
            await late


async def test_a_message_is_held_for_who_has_the_credentials(carrier: Carrier, clinic: Clinic) -> None:
    record = f'<Record action="{clinic.url}" maxLength="5" transcribe="true" transcribeCallback="{clinic.url}"/>'
    call = await dialled(carrier, clinic, record)

    await call.leaves(b"sound", 9, "some words")
    await call.ended()
    await carrier.calls.settled()

    posted = next(one for one in clinic.asked if "RecordingDuration" in one)
    assert posted["RecordingDuration"] == "5"
    assert posted["RecordingUrl"].startswith(carrier.base_url)
    assert [one["TranscriptionText"] for one in clinic.asked if "TranscriptionSid" in one] == ["some words"]


@pytest.mark.parametrize("how", ["human", "busy"])
async def test_how_the_other_phone_took_it_is_posted(carrier: Carrier, clinic: Clinic, how: str) -> None:
    carrier.calls.staff_pick_up("+12025550177", how)  # type: ignore[arg-type]

    call = await dialled(carrier, clinic, f'<Dial action="{clinic.url}"><Number>+12025550177</Number></Dial>')
    await call.ended()

    assert clinic.asked[-1]["DialCallStatus"] == {"human": "completed"}.get(how, how)
    assert call.dialled == ["+12025550177"]


async def test_without_a_webhook_nobody_can_call() -> None:
    with pytest.raises(ValueError, match="no webhook"):
        await Carrier().calls.dial(PATIENT, CLINIC)


async def test_a_machine_and_nobody_are_told_to_the_hub(carrier: Carrier, clinic: Clinic) -> None:
    carrier.calls.picks_up(PATIENT, "machine")
    carrier.calls.picks_up(PATIENT, "failed", sip="404")
    clinic.documents = ["<Say>Hello</Say>"]

    for _ in range(2):
        carrier.calls.place(person=PATIENT, clinic=CLINIC, url=clinic.url, callback=clinic.url, detects=True)
        await carrier.calls.rings(PATIENT)
    await carrier.calls.settled()
    for call in carrier.calls.all():
        await call.ended()

    told = [(one["CallStatus"], one.get("AnsweredBy"), one.get("SipResponseCode")) for one in clinic.asked]
    assert ("in-progress", "machine_end_beep", None) in told
    assert ("failed", None, "404") in told


async def test_a_phone_rings_until_somebody_takes_the_call(carrier: Carrier, clinic: Clinic) -> None:
    carrier.calls.rings_for = 30
    clinic.documents = ["<Say>Hello</Say>"]

    call = carrier.calls.place(person=PATIENT, clinic=CLINIC, url=clinic.url, callback="", detects=True)
    version = carrier.phone(PATIENT).version
    while call.status != "ringing":
        version = await carrier.phone(PATIENT).changes(version)
    call.takes("human")
    await call.ended()

    assert carrier.calls.on(PATIENT) == [call]
    assert [(one.by, one.how, one.text) for one in call.transcript] == [("clinic", "words", "Hello")]


async def test_a_call_that_nobody_takes_has_no_answer(carrier: Carrier, clinic: Clinic) -> None:
    carrier.calls.rings_for = 0.01

    call = carrier.calls.place(person=PATIENT, clinic=CLINIC, url=clinic.url, callback=clinic.url, detects=True)
    await call.ended()
    await carrier.calls.settled()

    assert call.status == "no-answer"
    assert [form["CallStatus"] for form in clinic.asked] == ["no-answer"]


async def test_what_both_sides_say_is_kept_in_order(carrier: Carrier, clinic: Clinic) -> None:
    record = f'<Record action="{clinic.url}"/>'
    call = await dialled(carrier, clinic, gather(clinic), gather(clinic), "<Say>After the tone</Say>" + record)

    await call.listens()
    await call.says("Hello?")
    await call.listens()
    await call.presses("1")
    await call.listens()
    assert call.waits_for == "message"
    await call.leaves(b"...", 2, "Call me")
    await call.ended()

    said = [(one.how, one.text) for one in call.transcript if one.by == "person"]
    assert said == [("words", "Hello?"), ("keys", "1"), ("message", "Call me")]
