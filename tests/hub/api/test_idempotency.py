"""A POST made twice under one key is done once."""

import asyncio

import pytest
import sqlalchemy as sa

from consent.facts import ConsentState, Source
from hub.app import Hub
from hub.db.tables import delivery, idempotency
from tests.hub.api.calling import Api, decides, patient, says, token_for
from tests.stores import either_will_do

KEY = {"Idempotency-Key": "4f1c"}
NOTE = {"mrn": "A-1", "purpose": "appointment", "body": "Your forms are ready."}


async def _willing(hub: Hub) -> str:
    one = await patient(hub)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)
    return one


async def _queued(hub: Hub) -> int:
    async with hub.parts.db.read() as conn:
        return (await conn.execute(sa.select(sa.func.count()).select_from(delivery))).scalar_one()


async def test_a_retry_gets_the_first_answer_and_sends_nothing_more(hub: Hub, api: Api) -> None:
    await _willing(hub)

    first = await api.post("/messages", NOTE, KEY)
    again = await api.post("/messages", NOTE, KEY)

    assert (again.status, again.value) == (first.status, first.value)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await _queued(hub) == 1


async def test_eight_at_once_are_one(hub: Hub, api: Api) -> None:
    await _willing(hub)

    answers = await asyncio.gather(*(api.post("/messages", NOTE, KEY) for _ in range(8)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.value["message_id"] for answer in answers}) == 1
    assert await _queued(hub) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/messages", {**NOTE, "body": "Something else."}, id="another body"),
        pytest.param("/consents", {"mrn": "A-1", "state": "grant", "channels": ["sms"]}, id="another address"),
    ],
)
async def test_a_key_used_for_another_request_is_refused(hub: Hub, api: Api, path, body) -> None:
    await _willing(hub)
    await api.post("/messages", NOTE, KEY)

    answer = await api.post(path, body, KEY)

    assert answer.status == 422
    assert answer.value["type"] == "urn:carehub:problem:idempotency-key"
    assert await _queued(hub) == 1


async def test_a_key_belongs_to_its_token(hub: Hub, api: Api, web) -> None:
    await _willing(hub)
    other = Api(web, await token_for(hub, "messages:write"))

    first = await api.post("/messages", NOTE, KEY)
    theirs = await other.post("/messages", NOTE, KEY)

    assert first.value["message_id"] != theirs.value["message_id"]


async def test_a_refusal_by_policy_is_an_answer_too(hub: Hub, api: Api) -> None:
    one = await patient(hub)

    first = await api.post("/messages", NOTE, KEY)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)
    again = await api.post("/messages", NOTE, KEY)

    assert (first.status, again.status) == (409, 409)
    assert again.value == first.value


async def test_what_never_began_may_be_mended_under_the_same_key(hub: Hub, api: Api) -> None:
    await _willing(hub)

    wrong = await api.post("/messages", {**NOTE, "purpose": "spam"}, KEY)
    right = await api.post("/messages", NOTE, KEY)

    assert (wrong.status, right.status) == (422, 202)


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
@either_will_do
async def test_a_key_that_cannot_be_kept_is_refused(hub: Hub, api: Api, key) -> None:
    await _willing(hub)

    answer = await api.post("/messages", NOTE, {"Idempotency-Key": key})

    assert answer.status == 400
    assert await _queued(hub) == 0


async def test_what_is_kept_shows_neither_key_nor_text(hub: Hub, api: Api) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")

    await api.post(f"/threads/{thread_id}/messages", {"body": "Your result is here."}, KEY)

    async with hub.parts.db.read() as conn:
        row = (await conn.execute(sa.select(idempotency))).one()
    assert b"result" not in row.response_sealed
    assert b"4f1c" not in row.key
    assert row.status == 201
