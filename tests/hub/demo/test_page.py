"""The page's own addresses: what they show, what they refuse, and the stream."""

import asyncio
import json
from typing import Any, get_args

import aiohttp
import pytest
import sqlalchemy as sa

from bots.dialogue import Phase
from hub.db.tables import message
from hub.demo import begin, invite
from hub.demo.clinic import PATIENTS, PHONES, patient
from hub.demo.outside import CLINIC_NUMBER
from hub.demo.standing import State
from hub.demo.wording import LANGUAGES, words
from hub.types import DeliveryState, ThreadStatus
from tests.hub.demo.clinic_running import Running

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
JAMES = {"who": "james"}


async def stored(clinic: Running) -> int:
    """How many messages the hub holds."""
    async with clinic.parts.db.read() as conn:
        return (await conn.execute(sa.select(sa.func.count()).select_from(message))).scalar_one()


async def events(response: aiohttp.ClientResponse, until: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Events of a stream as (name, id, data), up to and with the first that `until` accepts."""
    seen = []
    async with asyncio.timeout(10):
        while True:
            block = (await response.content.readuntil(b"\n\n")).decode()
            fields = dict(line.split(": ", 1) for line in block.strip().split("\n") if not line.startswith(":"))
            if "event" not in fields:
                continue
            seen.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))
            if until(seen[-1]):
                return seen


async def test_the_page_offers_every_phone(web) -> None:
    response = await web.get("/demo")

    page = await response.text()
    assert response.status == 200
    assert all(page.count(f'<option value="{phone.key}"') == 1 for phone in PHONES)


async def test_the_page_has_no_inline_script_or_style_and_a_strict_policy(web) -> None:
    response = await web.get("/demo")

    page = await response.text()
    assert "style=" not in page
    assert "<style" not in page
    assert "require-trusted-types-for 'script'" in response.headers["Content-Security-Policy"]
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')


async def test_its_files_are_served_and_nothing_else_is(web) -> None:
    for name in ("demo.css", "demo.js", "mails.js", "theme.js", "icons.svg"):
        assert (await web.get(f"/demo/static/{name}")).status == 200
    for name in ("nothing.js", "..%2Fpage.py", "..%2F..%2Fapp.py"):
        assert (await web.get(f"/demo/static/{name}")).status == 404


async def test_a_text_from_the_page_reaches_the_hub_as_a_signed_webhook(clinic: Running, web) -> None:
    response = await web.post("/demo/texts", json={"from": "james", "body": "STOP"}, headers=SAME_SITE)

    assert (response.status, await response.json()) == (200, {"taken": True})
    answer = await clinic.carrier.phone(patient("james").phone).next()
    assert "unsubscribed" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 403, id="no-sign-of-the-page"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="another-site"),
        pytest.param({"Origin": "https://evil.example.org"}, 403, id="another-origin"),
    ],
)
async def test_other_sites_cannot_text(clinic: Running, web, headers: dict[str, str], status: int) -> None:
    response = await web.post("/demo/texts", json={"from": "james", "body": "STOP"}, headers=headers)

    assert response.status == status
    assert await stored(clinic) == 0


async def test_a_form_of_another_site_cannot_text(clinic: Running, web) -> None:
    response = await web.post("/demo/texts", data={"from": "james", "body": "STOP"}, headers=SAME_SITE)

    assert response.status == 403
    assert await stored(clinic) == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"from": "nobody", "body": "hi"}, id="no-such-phone"),
        pytest.param({"from": "james", "body": "  "}, id="empty"),
        pytest.param({"from": "james", "body": "x" * 1601}, id="too-long"),
        pytest.param({"from": "james"}, id="no-text"),
        pytest.param({"from": "james", "body": 5}, id="not-text"),
        pytest.param(["from"], id="not-an-object"),
    ],
)
async def test_what_is_no_text_is_refused(clinic: Running, web, body: Any) -> None:
    response = await web.post("/demo/texts", json=body, headers=SAME_SITE)

    assert response.status == 400
    assert await stored(clinic) == 0


async def test_the_stream_shows_a_text_its_answer_and_what_happened_behind(clinic: Running, web) -> None:
    async with web.get("/demo/events", params=JAMES) as stream:
        await events(stream, lambda event: event[0] == "started")
        await web.post("/demo/texts", json={"from": "james", "body": "STOP"}, headers=SAME_SITE)
        # What is drawn of the phone and what is told beside it come by two ways, in either order.
        waits = {"delivered", "taken", "answered"}

        def whole(event: tuple[str, str, dict[str, Any]]) -> bool:
            name, _, data = event
            if name == "deed" and data["words"] == "has the text on the phone.":
                waits.discard("delivered")
            for text in data["texts"] if name == "texts" else ():
                waits.discard("taken" if text["mine"] and text["state"] == "taken" else "")
                waits.discard("" if text["mine"] else "answered")
            return not waits

        seen = await events(stream, whole)

    texts = [text for name, _, data in seen if name == "texts" for text in data["texts"]]
    assert {(text["mine"], text["state"]) for text in texts} >= {(True, "taken")}
    assert any(not text["mine"] for text in texts)
    assert ("standing", "stopped") in [(name, data.get("state")) for name, _, data in seen]
    assert next(data["who"] for name, _, data in seen if name == "deed") == "James"
    assert "asked for no more messages; that is on record." in [
        data["words"] for name, _, data in seen if name == "deed"
    ]


async def test_a_page_that_comes_back_gets_the_lines_after_the_last_it_saw_once(clinic: Running, web) -> None:
    await web.post("/demo/texts", json={"from": "james", "body": "STOP"}, headers=SAME_SITE)
    async with web.get("/demo/events", params=JAMES) as stream:
        first = await events(stream, lambda event: event[0] == "deed")
    last = first[-1][1]

    async with web.get("/demo/events", params=JAMES | {"after": last}) as stream:
        again = await events(
            stream, lambda event: event[0] == "deed" and event[2]["words"] == "has the text on the phone."
        )

    ids = [number for name, number, _ in again if name == "deed"]
    assert last not in ids
    assert ids == sorted(set(ids))


async def test_the_stream_holds_no_number(clinic: Running, web) -> None:
    async with web.get("/demo/events", params=JAMES) as stream:
        await web.post("/demo/texts", json={"from": "james", "body": "hello"}, headers=SAME_SITE)
        seen = await events(stream, lambda event: event[0] == "deed")

    assert not any(one.phone in json.dumps(data) for one in PATIENTS for _, _, data in seen)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_is_in_both_languages(web, language: str) -> None:
    page = await (await web.get("/demo", params={"lang": language})).text()

    assert f'<html lang="{language}">' in page
    assert words(language)["page_lead"] in page


def test_both_languages_have_the_same_words() -> None:
    english, spanish = (words(language) for language in LANGUAGES)

    assert english.keys() == spanish.keys()
    for name, value in english.items():
        if isinstance(value, dict):
            assert value.keys() == spanish[name].keys(), name


async def test_the_words_fit_every_phase_state_and_standing() -> None:
    for language in LANGUAGES:
        assert words(language)["phase"].keys() == {phase.value for phase in Phase} | {"silent"}
        assert words(language)["state"].keys() == {state.value for state in DeliveryState}
        assert words(language)["status"].keys() == {status.value for status in ThreadStatus}
        assert words(language)["standing"].keys() == set(get_args(State))


async def test_a_stream_of_nobody_is_refused(web) -> None:
    assert (await web.get("/demo/events", params={"who": "nobody"})).status == 404


async def test_a_reply_by_mail_joins_the_thread_that_the_stream_shows(clinic: Running, web) -> None:
    await invite(clinic.parts, [patient("james")])
    invitation = await clinic.mail.mailbox(patient("james").mailbox).next()
    reply = {"from": "james", "body": "What do I have booked?", "answers": invitation.id}

    response = await web.post("/demo/mails", json=reply, headers=SAME_SITE)
    assert (response.status, (await response.json())["taken"]) == (200, True)
    await clinic.mail.mailbox(patient("james").mailbox).next(10)

    async with web.get("/demo/events", params=JAMES) as stream:
        seen = await events(stream, lambda event: event[0] == "side" and len(event[2]["thread"]["entries"]) == 3)
    thread = seen[-1][2]["thread"]
    assert [(one["by"], one["channel"]) for one in thread["entries"]] == [
        ("system", "email"), ("patient", "email"), ("bot", "email")
    ]  # fmt: skip
    assert thread["entries"][1]["text"] == "What do I have booked?"
    mails = {mail["id"]: mail for name, _, data in seen if name == "mails" for mail in data["mails"]}
    assert [mail["mine"] for mail in mails.values()] == [False, True, False]


async def test_a_code_for_the_portal_is_not_shown_on_the_clinics_side(clinic: Running, web) -> None:
    await web.post("/portal/code", data={"address": patient("james").phone})
    text = await clinic.carrier.phone(patient("james").phone).next(10)

    async with web.get("/demo/events", params=JAMES) as stream:
        seen = await events(stream, lambda event: event[0] == "side")
    (entry,) = seen[-1][2]["thread"]["entries"]
    assert entry["hidden"]
    assert entry["text"] not in text.text
    assert seen[-1][2]["thread"]["asked"] == ""


async def test_what_cannot_be_done_is_refused_with_a_reason(clinic: Running, web) -> None:
    for path, body, status in (
        ("mails", {"from": "james", "body": "hi", "answers": "no such mail"}, 404),
        ("mails", {"from": "james", "body": "hi", "subject": " "}, 400),
        ("calls", {"from": "james", "act": "say", "words": "into no call"}, 409),
        ("calls", {"from": "james", "act": "shout"}, 400),
        ("reminders", {"to": "nobody", "by": "sms"}, 400),
    ):
        response = await web.post(f"/demo/{path}", json=body, headers=SAME_SITE)

        assert response.status == status, body
        assert (await response.json())["reason"]
    assert await stored(clinic) == 0


async def test_a_call_goes_turn_by_turn(clinic: Running, web) -> None:
    async def turn(act: str, words: str = "") -> int:
        asked = {"from": "james", "act": act, "words": words}
        return (await web.post("/demo/calls", json=asked, headers=SAME_SITE)).status

    assert await turn("dial") == 200
    assert await turn("dial") == 409
    (call,) = clinic.carrier.calls.on(patient("james").phone)
    await call.listens()
    assert await turn("press", "x") == 400
    assert await turn("say", "What do I have booked?") == 200
    assert "Your next visit" in await call.listens()
    assert await turn("hang_up") == 200
    assert call.over


async def test_a_reminder_leaves_for_who_has_a_visit(clinic: Running, web) -> None:
    answers = [
        await (await web.post("/demo/reminders", json={"to": key, "by": "sms"}, headers=SAME_SITE)).json()
        for key in ("james", "nora", "unknown")
    ]

    assert [one["sent"] for one in answers] == [True, False, False]
    assert "Reply C" in (await clinic.carrier.phone(patient("james").phone).next(10)).text


async def test_a_clinic_that_was_written_to_is_not_begun_again(clinic: Running) -> None:
    """Started again on its own folder, the demo mails nobody and lets nobody text."""
    await clinic.carrier.text(patient("james").phone, CLINIC_NUMBER, "Thanks!")

    await begin(clinic.parts, clinic.outside)

    async with clinic.parts.db.read() as conn:
        came = sa.select(sa.func.count()).select_from(message).where(message.c.direction == "inbound")
        assert (await conn.execute(came)).scalar_one() == 1
