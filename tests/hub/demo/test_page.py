"""The page's own addresses: what they show, what they refuse, and the stream."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from hub.db.tables import message
from hub.demo.clinic import PATIENTS, PHONES, patient
from tests.hub.demo.clinic_running import Running

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


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
    assert all(page.count(f'<option value="{phone.key}"') == 2 for phone in PHONES)


async def test_the_page_has_no_inline_script_or_style_and_a_strict_policy(web) -> None:
    response = await web.get("/demo")

    page = await response.text()
    assert "style=" not in page
    assert "<style" not in page
    assert "require-trusted-types-for 'script'" in response.headers["Content-Security-Policy"]
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')


async def test_its_files_are_served_and_nothing_else_is(web) -> None:
    for name in ("demo.css", "demo.js", "theme.js", "icons.svg"):
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
    async with web.get("/demo/events") as stream:
        await events(stream, lambda event: event[0] == "started")
        await web.post("/demo/texts", json={"from": "james", "body": "STOP"}, headers=SAME_SITE)
        seen = await events(
            stream, lambda event: event[0] == "deed" and event[2]["words"] == "has the text on the phone."
        )

    texts = [text for name, _, data in seen if name == "texts" for text in data["texts"]]
    assert {(text["mine"], text["state"]) for text in texts} >= {(True, "taken")}
    assert any(not text["mine"] for text in texts)
    assert ("standing", "stopped") in [(name, data.get("state")) for name, _, data in seen]
    assert next(data["who"] for name, _, data in seen if name == "deed") == "James"
    assert "asked for no more texts; that is on record." in [data["words"] for name, _, data in seen if name == "deed"]


async def test_a_page_that_comes_back_gets_the_lines_after_the_last_it_saw_once(clinic: Running, web) -> None:
    await web.post("/demo/texts", json={"from": "james", "body": "STOP"}, headers=SAME_SITE)
    async with web.get("/demo/events") as stream:
        first = await events(stream, lambda event: event[0] == "deed")
    last = first[-1][1]

    async with web.get("/demo/events", params={"after": last}) as stream:
        again = await events(
            stream, lambda event: event[0] == "deed" and event[2]["words"] == "has the text on the phone."
        )

    ids = [number for name, number, _ in again if name == "deed"]
    assert last not in ids
    assert ids == sorted(set(ids))


async def test_the_stream_holds_no_number(clinic: Running, web) -> None:
    async with web.get("/demo/events") as stream:
        await web.post("/demo/texts", json={"from": "james", "body": "hello"}, headers=SAME_SITE)
        seen = await events(stream, lambda event: event[0] == "deed")

    assert not any(one.phone in json.dumps(data) for one in PATIENTS for _, _, data in seen)
