"""Another system sends to a person."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.facts import ConsentState, Source
from hub.app import Hub
from tests.hub.api.calling import Api, decides, patient
from tests.stores import either_will_do

NOTE = {"mrn": "A-1", "purpose": "appointment", "body": "Your forms are ready."}
REMINDER = {
    "mrn": "A-1",
    "purpose": "appointment",
    "template": "reminder.appointment",
    "params": {"start": "2026-03-05T14:10:00-05:00", "location": "Main St"},
}


async def _willing(hub: Hub, **more) -> str:
    one = await patient(hub, **more)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)
    return one


async def _last(api: Api) -> dict:
    (thread,) = await api.every("/threads")
    return (await api.every(f"/threads/{thread['id']}/messages"))[-1]


async def test_what_may_leave_is_queued(hub: Hub, api: Api) -> None:
    await _willing(hub)

    answer = await api.post("/messages", NOTE)

    message = await _last(api)
    assert answer.status == 202
    assert (answer.value["decision"], answer.value["channel"]) == ("send", "sms")
    assert answer.value["message_id"] == message["id"]
    assert (message["body"], message["author"]) == ("Your forms are ready.", {"kind": "system", "name": "EHR"})


async def test_at_night_it_is_held_and_says_until_when(hub: Hub, api: Api, clock) -> None:
    await _willing(hub)
    clock.set(datetime(2026, 3, 3, 4, 0, tzinfo=UTC))

    answer = await api.post("/messages", NOTE)

    message = await _last(api)
    assert answer.status == 202
    assert answer.value["decision"] == "hold"
    assert answer.value["until"] == message["delivery"]["until"] > "2026-03-03T12:00"
    assert message["delivery"]["state"] == "held"


async def test_what_is_meant_for_later_is_held(hub: Hub, api: Api, clock) -> None:
    await _willing(hub)
    later = clock.now() + timedelta(hours=2)

    answer = await api.post("/messages", {**NOTE, "not_before": later.isoformat()})

    assert (answer.value["decision"], answer.value["until"]) == ("hold", "2026-03-02T17:00:00Z")


@pytest.mark.parametrize(
    ("state", "purpose", "reason"),
    [
        pytest.param(None, "appointment", "No consent is on record", id="never asked"),
        pytest.param(ConsentState.REVOKE, "appointment", "opted out", id="opted out"),
        pytest.param(ConsentState.GRANT, "marketing", "written consent", id="marketing"),
    ],
)
async def test_what_may_not_leave_is_refused_with_a_reason_a_nurse_understands(
    hub: Hub, api: Api, state, purpose, reason
) -> None:
    one = await patient(hub)
    if state is not None:
        await decides(hub, one, state, Source.STOP if state is ConsentState.REVOKE else Source.FORM)

    answer = await api.post("/messages", {**NOTE, "purpose": purpose})

    assert answer.status == 409
    assert reason in answer.value["detail"]
    assert answer.value["type"] == "urn:carehub:problem:not-permitted"


async def test_a_template_is_filled_in_the_persons_language(hub: Hub, api: Api) -> None:
    await _willing(hub)

    answer = await api.post("/messages", REMINDER)

    body = (await _last(api))["body"]
    assert answer.status == 202
    assert "Maple Street Clinic" in body
    assert "Ana" in body
    assert "jueves 5" in body
    assert "2:10" in body


async def test_a_person_whose_language_is_not_ours_gets_english(hub: Hub, api: Api) -> None:
    await _willing(hub, language="fr")

    await api.post("/messages", REMINDER)

    assert "your visit is Thu, Mar 5" in (await _last(api))["body"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"body": "and a text"}, id="template and body"),
        pytest.param({"template": None}, id="params without a template"),
        pytest.param({"template": None, "params": None}, id="neither"),
        pytest.param({"template": "no.such"}, id="unknown template"),
        pytest.param({"params": {"location": "Main St"}}, id="a value missing"),
        pytest.param({"params": {"start": "tomorrow", "location": "x"}}, id="a moment that is none"),
        pytest.param({"params": {"start": "2026-03-05T14:10:00", "location": "x"}}, id="a moment without a zone"),
        pytest.param({"params": {**REMINDER["params"], "extra": "x"}}, id="a value too many"),
        pytest.param({"params": {**REMINDER["params"], "location": 5}}, id="a number for a text"),
        pytest.param({"params": {**REMINDER["params"], "location": "x" * 2000}}, id="too long"),
        pytest.param({"purpose": "spam"}, id="unknown purpose"),
        pytest.param({"mrn": ""}, id="empty mrn"),
        pytest.param({"mrn": 7}, id="a number for an mrn"),
        pytest.param({"not_before": "2026-03-05T14:10:00"}, id="a naive time"),
        pytest.param({"lane": "safety"}, id="a field that is not there"),
    ],
)
@either_will_do
async def test_what_does_not_fit_is_refused(hub: Hub, api: Api, change) -> None:
    await _willing(hub)

    answer = await api.post("/messages", {**REMINDER, **change})

    assert answer.status == 422
    assert answer.value["detail"]
    assert await api.every("/threads") == []


async def test_an_mrn_that_is_nobodys_is_not_found(api: Api) -> None:
    assert (await api.post("/messages", NOTE)).status == 404


async def test_a_text_that_may_say_anything_is_read_behind_a_link(hub: Hub, api: Api) -> None:
    await _willing(hub)

    answer = await api.post("/messages", {**NOTE, "body": "Your result is normal."})

    message = await _last(api)
    assert (answer.status, answer.value["channel"]) == (202, "sms")
    assert (message["channel"], message["delivery"]["channel"]) == ("portal", "sms")
    assert message["body"] == "Your result is normal."
    assert [step["channel"] for step in message["delivery"]["history"]] == ["sms"]


async def test_a_text_of_which_its_sender_says_what_it_reveals_goes_as_it_is(hub: Hub, api: Api) -> None:
    await _willing(hub)

    await api.post("/messages", {**NOTE, "level": "limited"})

    assert (await _last(api))["channel"] == "sms"


async def test_a_text_nobody_could_be_shown_is_refused_with_the_reason(hub: Hub, api: Api) -> None:
    await _willing(hub, birth_date=None)

    answer = await api.post("/messages", NOTE)

    assert answer.status == 409
    assert "cannot sign in to read it" in answer.value["detail"]


async def test_a_template_says_itself_what_it_reveals(hub: Hub, api: Api) -> None:
    await _willing(hub)

    answer = await api.post("/messages", {**REMINDER, "level": "none"})

    assert answer.status == 422
    assert "`level` belongs to a `body`" in answer.value["detail"]
