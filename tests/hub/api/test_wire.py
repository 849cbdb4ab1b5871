"""What is not the API's language is refused, and never breaks it."""

import asyncio
import json
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError

from hub.app import Hub
from tests.hub.api.calling import Api, patient, says
from tests.shared import SHARED, needs_shared
from tests.stores import either_will_do

pytestmark = either_will_do

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        pytest.param("application/json", 404, id="json"),
        pytest.param("application/json; charset=utf-8", 404, id="json, charset named"),
        pytest.param("application/json; charset=utf-16", 415, id="json in another charset"),
        pytest.param("application/x-www-form-urlencoded", 415, id="form"),
        pytest.param("text/plain", 415, id="text"),
        pytest.param("", 415, id="none"),
    ],
)
async def test_a_body_is_json_in_utf8(api: Api, content_type, status) -> None:
    body = json.dumps({"mrn": "A-9", "purpose": "care", "body": "Hello"}).encode()

    answer = await api.post("/messages", headers={"Content-Type": content_type}, data=body)

    assert answer.status == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"{", 400, id="cut"),
        pytest.param(b'{"mrn": "A"} x', 400, id="something after"),
        pytest.param(b'\xef\xbb\xbf{"mrn": "A"}', 400, id="byte order mark"),
        pytest.param(b'{"mrn": "\xff"}', 400, id="not utf-8"),
        pytest.param(b'{"mrn": "\\ud800"}', 400, id="half a surrogate pair"),
        pytest.param(b"[" * 100_000, 400, id="deep"),
        pytest.param(b'{"mrn": 1e999}', 422, id="a number beyond all bounds"),
        pytest.param(b"[]", 422, id="a list"),
        pytest.param(b"null", 422, id="null"),
        pytest.param(b"{}", 422, id="empty"),
        pytest.param(b'{"mrn": "A", "purpose": "care", "body": "x", "is_admin": true}', 422, id="unknown field"),
        pytest.param(b'{"mrn": {"$ne": ""}, "purpose": "care", "body": "x"}', 422, id="operator"),
        pytest.param(b" " * 300_000, 413, id="too large"),
    ],
)
async def test_broken_json_is_told_from_json_that_does_not_fit(api: Api, body, status) -> None:
    answer = await api.post("/messages", headers=JSON, data=body)

    assert answer.status == status


QUERIES = (
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=",
    "pateint=x",
    "limit=5&limit=6",
    "cursor=x",
    "cursor=%00",
    "cursor=W10",
)


async def test_a_query_that_does_not_fit_is_refused(api: Api) -> None:
    answers = {
        (path, query): await api.get(f"{path}?{query}")
        for path in ("/patients", "/threads", "/appointments")
        for query in QUERIES
    }

    assert {row: answer.status for row, answer in answers.items()} == dict.fromkeys(answers, 422)
    assert all(answer.value["detail"] for answer in answers.values())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/patients", 405),
        ("PUT", "/messages", 405),
        ("GET", "/messages", 405),
        ("GET", "/nope", 404),
        ("GET", "/", 404),
    ],
)
async def test_what_is_not_there_gets_problem_details(api: Api, method, path, status) -> None:
    answer = await api._call(method, path, None)

    assert answer.status == status
    if status == 405:
        assert answer.headers["Allow"]


async def test_a_fault_of_the_hub_is_told_by_its_number_alone(hub: Hub, api: Api, monkeypatch, caplog) -> None:
    async def breaks(*_: object) -> None:
        raise LookupError("Ana Ruiz")

    monkeypatch.setattr(hub.parts.people.__class__, "many", breaks)

    answer = await api.get("/patients")

    (record,) = [record for record in caplog.records if record.message == "call_broke"]
    assert answer.status == 500
    assert "Ana" not in str(answer.value)
    assert answer.value["request_id"] == answer.headers["X-Request-Id"] == record.values["request"]


async def test_a_database_that_does_not_answer_is_503(hub: Hub, api: Api, monkeypatch) -> None:
    async def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(hub.parts.people.__class__, "many", gone)

    answer = await api.get("/patients")

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.shared
@needs_shared[1]
async def test_every_file_of_the_json_suite_is_answered_as_its_name_demands(api: Api) -> None:
    files = sorted((SHARED / "data/corpora/JSONTestSuite/test_parsing").glob("*.json"))
    wrong = []
    for file in files:
        status = (await api.post("/messages", headers=JSON, data=file.read_bytes())).status
        allowed = {"y": (422,), "n": (400,), "i": (400, 422)}[file.name[0]]
        if status not in allowed:
            wrong.append((file.name, status))

    assert len(files) > 300
    assert wrong == []


@pytest.mark.shared
@needs_shared[1]
async def test_every_naughty_string_comes_back_as_it_was_written(hub: Hub, api: Api) -> None:
    strings = json.loads((SHARED / "data/corpora/blns/blns.json").read_text(encoding="utf-8"))
    wanted = [one for one in strings if one.strip()][:200]
    await patient(hub)
    thread_id = await says(hub, "Hello")
    path = f"/threads/{thread_id}/messages"
    answers = await asyncio.gather(*(api.post(path, {"body": one, "kind": "note"}) for one in wanted))

    kept = [one["body"] for one in await api.every(path, limit=200)]

    assert {answer.status for answer in answers} == {201}
    assert [answer.value["body"] for answer in answers] == wanted
    assert sorted(kept) == sorted([*wanted, "Hello"])


@pytest.mark.shared
@needs_shared[1]
async def test_no_naughty_string_breaks_a_query(hub: Hub, api: Api) -> None:
    strings = json.loads((SHARED / "data/corpora/blns/blns.json").read_text(encoding="utf-8"))
    await patient(hub)
    await says(hub, "Hello")
    for one in strings[::10]:
        text = quote(one, safe="")
        for path in ("/threads?q=", "/patients?mrn=", "/patients?phone=", "/patients?email=", "/threads?patient="):
            answer = await api.get(path + text)
            assert answer.status in (200, 422), (path, one)
