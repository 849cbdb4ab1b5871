"""Who has a thread: taken, given back, closed; an emergency never without a word of how it ended."""

import asyncio
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from hub.api.custody import ThreadUpdate
from hub.app import Hub
from hub.db.tables import data_key, delivery, event, message, thread
from hub.types import ThreadStatus, new_id
from tests.hub.api.calling import Api, audited, patient, says, token_for
from tests.stores import either_will_do

HOW = "Called her: she is well."

FULL_EMBEDDED = (
    "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.type = 'thread.updated' BEGIN SELECT RAISE(ABORT, 'full'); END"
)
FULL_SERVER = "ALTER TABLE event ADD CONSTRAINT is_full CHECK (type <> 'thread.updated') NOT VALID"


async def _standing(hub: Hub, status: str, priority: int = 0, attention: str = "") -> str:
    """The id of Ana's thread as it is to be found, with something the bot remembers."""
    person_id = await patient(hub)
    thread_id = await says(hub, "Hello")
    parts = hub.parts

    async def unit(conn: Any) -> None:
        one = await parts.threads.get(conn, thread_id)
        assert one is not None
        await parts.threads.set_state(
            conn, thread_id, status=ThreadStatus(status), priority=priority, attention=attention
        )
        await parts.threads.keep_dialogue(conn, await parts.vault.key(conn, person_id), one, b"remembered")

    await parts.db.write(unit)
    return thread_id


async def _row(hub: Hub, thread_id: str) -> Any:
    async with hub.parts.db.read() as conn:
        return (await conn.execute(sa.select(thread).where(thread.c.id == thread_id))).one()


async def _events(hub: Hub) -> list[tuple[str, str]]:
    async with hub.parts.db.read() as conn:
        rows = (await conn.execute(sa.select(event).order_by(event.c.seq))).all()
    return [(row.type, row.object_id) for row in rows]


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        pytest.param(("open", 1, "asked"), "bot", ("bot", 0, ""), id="given back"),
        pytest.param(("open", 2, "urgent"), "closed", ("closed", 0, ""), id="closed"),
        pytest.param(("snoozed", 1, "asked"), "bot", ("bot", 0, ""), id="given back from the calendar"),
        pytest.param(("closed", 0, ""), "bot", ("bot", 0, ""), id="opened for the bot"),
        pytest.param(("bot", 1, "delivery_failed"), "bot", ("bot", 0, ""), id="looked at"),
        pytest.param(("bot", 0, ""), "open", ("open", 0, ""), id="taken"),
        pytest.param(("bot", 1, "delivery_failed"), "open", ("open", 1, "delivery_failed"), id="taken for a reason"),
        pytest.param(("open", 3, "emergency_crisis"), "open", ("open", 3, "emergency_crisis"), id="an emergency kept"),
    ],
)
async def test_a_thread_changes_hands(hub: Hub, api: Api, before, asked, after) -> None:
    thread_id = await _standing(hub, *before)

    answer = await api.patch(f"/threads/{thread_id}", {"status": asked})

    status, priority, attention = after
    shown = {"status": status, "priority": priority, "attention": attention or None}
    assert (answer.status, answer.value) == (200, {"id": thread_id, **shown})
    found = (await api.get(f"/threads/{thread_id}")).value
    assert {name: found[name] for name in shown} == shown
    (entry,) = await audited(hub, "thread.update")
    assert (entry.object_id, entry.person_id) == (thread_id, found["patient"]["id"])
    assert entry.request_id == answer.headers["X-Request-Id"]
    assert (await _events(hub))[-1] == ("thread.updated", thread_id)


@pytest.mark.parametrize("status", ["bot", "closed"])
@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="none"),
        pytest.param({"disposition": None}, id="null"),
        pytest.param({"disposition": ""}, id="empty"),
        pytest.param({"disposition": " \n"}, id="blank"),
    ],
)
@either_will_do
async def test_an_emergency_is_not_let_go_without_a_disposition(hub: Hub, api: Api, status, given) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")
    before = await _row(hub, thread_id), await _events(hub)

    answer = await api.patch(f"/threads/{thread_id}", {"status": status, **given})

    assert answer.status == 409
    assert "disposition" in answer.value["detail"]
    assert answer.value["reasons"] == [answer.value["detail"]]
    assert (await _row(hub, thread_id), await _events(hub)) == before
    assert await audited(hub, "thread.update", "note.create") == []


@pytest.mark.parametrize("status", ["bot", "closed"])
async def test_how_an_emergency_ended_is_kept_as_a_sealed_note(hub: Hub, api: Api, status) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")

    answer = await api.patch(f"/threads/{thread_id}", {"status": status, "disposition": f" {HOW}\n"})

    assert (answer.status, answer.value["status"], answer.value["priority"]) == (200, status, 0)
    note = (await api.every(f"/threads/{thread_id}/messages"))[-1]
    assert (note["direction"], note["body"], note["author"]) == ("note", HOW, {"kind": "staff", "name": "EHR"})
    created, updated = await audited(hub, "note.create", "thread.update")
    assert (created.object_id, updated.object_id) == (note["id"], thread_id)
    assert (await _events(hub))[-2:] == [("message.created", note["id"]), ("thread.updated", thread_id)]
    async with hub.parts.db.read() as conn:
        sealed = (await conn.execute(sa.select(message.c.body_sealed).where(message.c.id == note["id"]))).scalar_one()
        assert (await conn.execute(sa.select(sa.func.count()).select_from(delivery))).scalar_one() == 0
    assert b"well" not in sealed


async def test_a_disposition_of_an_ordinary_thread_is_kept_too(hub: Hub, api: Api) -> None:
    thread_id = await _standing(hub, "open", 1, "asked")

    await api.patch(f"/threads/{thread_id}", {"status": "closed", "disposition": HOW})

    assert (await api.every(f"/threads/{thread_id}/messages"))[-1]["body"] == HOW


@pytest.mark.parametrize(
    ("before", "asked", "remembered"),
    [
        pytest.param("open", "bot", False, id="given back"),
        pytest.param("open", "closed", False, id="closed"),
        pytest.param("bot", "closed", False, id="closed while the bot had it"),
        pytest.param("bot", "open", True, id="taken"),
        pytest.param("bot", "bot", True, id="the bot has it already"),
    ],
)
@either_will_do
async def test_the_bot_forgets_where_it_was_when_staff_let_go(hub: Hub, api: Api, before, asked, remembered) -> None:
    thread_id = await _standing(hub, before)

    await api.patch(f"/threads/{thread_id}", {"status": asked})

    assert ((await _row(hub, thread_id)).dialogue_sealed is not None) is remembered


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"disposition": "x"}, id="no status"),
        pytest.param({"status": None}, id="null"),
        pytest.param({"status": "snoozed"}, id="a status that is not given"),
        pytest.param({"status": "BOT"}, id="other case"),
        pytest.param({"status": 1}, id="a number"),
        pytest.param({"status": "bot", "disposition": "x" * 501}, id="too long"),
        pytest.param({"status": "bot", "disposition": ["x"]}, id="a list"),
        pytest.param({"status": "open", "priority": 0}, id="mass assignment"),
    ],
)
@either_will_do
async def test_a_change_that_does_not_fit_changes_nothing(hub: Hub, api: Api, body) -> None:
    thread_id = await _standing(hub, "open", 1, "asked")
    before = await _row(hub, thread_id)

    answer = await api.patch(f"/threads/{thread_id}", body)

    assert answer.status == 422
    assert await _row(hub, thread_id) == before


async def test_a_disposition_may_have_five_hundred_characters(hub: Hub, api: Api) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")

    answer = await api.patch(f"/threads/{thread_id}", {"status": "closed", "disposition": "ñ" * 500})

    assert answer.status == 200


@pytest.mark.parametrize("thread_id", [pytest.param(new_id(), id="unknown"), pytest.param("1", id="no id of ours")])
async def test_a_thread_that_is_not_there_changes_hands_never(api: Api, thread_id) -> None:
    assert (await api.patch(f"/threads/{thread_id}", {"status": "bot"})).status == 404


async def test_who_may_only_write_learns_nothing_of_the_person(hub: Hub, web: aiohttp.ClientSession) -> None:
    thread_id = await _standing(hub, "open")
    writer = Api(web, await token_for(hub, "messages:write"))
    reader = Api(web, await token_for(hub, "threads:read"))

    written = await writer.patch(f"/threads/{thread_id}", {"status": "closed"})
    read = await reader.patch(f"/threads/{thread_id}", {"status": "bot"})

    assert (written.status, set(written.value)) == (200, {"id", "status", "priority", "attention"})
    assert read.status == 403
    assert (await _row(hub, thread_id)).status == "closed"


async def test_the_thread_of_a_person_whose_records_are_gone_is_gone(hub: Hub, api: Api) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")
    person_id = (await _row(hub, thread_id)).person_id
    gone = sa.update(data_key).where(data_key.c.owner_id == person_id).values(wrapped=None)
    await hub.parts.db.write(lambda conn: conn.execute(gone))
    hub.parts.vault.forget(person_id)

    answer = await api.patch(f"/threads/{thread_id}", {"status": "closed", "disposition": HOW})

    assert answer.status == 410
    assert (await _row(hub, thread_id)).status == "open"


async def test_a_change_that_breaks_halfway_leaves_nothing(hub: Hub, api: Api) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")
    before = await _row(hub, thread_id)
    full = FULL_EMBEDDED if hub.parts.db.embedded else FULL_SERVER
    await hub.parts.db.write(lambda conn: conn.exec_driver_sql(full))

    answer = await api.patch(f"/threads/{thread_id}", {"status": "bot", "disposition": HOW})

    assert answer.status >= 500
    assert await _row(hub, thread_id) == before
    assert len(await api.every(f"/threads/{thread_id}/messages")) == 1
    assert await audited(hub, "thread.update", "note.create") == []


async def test_a_change_asked_for_twice_under_one_key_is_made_once(hub: Hub, api: Api) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")
    path, key = f"/threads/{thread_id}", {"Idempotency-Key": "7c2d"}
    let_go = {"status": "closed", "disposition": HOW}

    answers = await asyncio.gather(*(api.patch(path, let_go, key) for _ in range(4)))

    assert [answer.status for answer in answers] == [200] * 4
    assert all(answer.value == answers[0].value for answer in answers)
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False, True, True, True]
    assert len(await api.every(f"{path}/messages")) == 2
    assert len(await audited(hub, "thread.update")) == 1


async def test_a_refusal_may_be_mended_under_the_same_key(hub: Hub, api: Api) -> None:
    thread_id = await _standing(hub, "open", 3, "emergency_medical")
    path, key = f"/threads/{thread_id}", {"Idempotency-Key": "7c2d"}

    refused = await api.patch(path, {"status": "closed"}, key)
    mended = await api.patch(path, {"status": "closed", "disposition": HOW}, key)

    assert (refused.status, mended.status) == (409, 200)


def test_a_disposition_never_shows_in_a_log() -> None:
    assert HOW not in repr(ThreadUpdate(status="bot", disposition=HOW))
