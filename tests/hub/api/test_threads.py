"""Threads and their messages, read and written."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from consent.facts import ConsentState, Source
from hub.app import Hub
from hub.db.tables import delivery, delivery_event, thread
from hub.types import ChannelKind, DeliveryState, Status, ThreadStatus, new_id
from tests.hub.api.calling import Api, audited, decides, ids, patient, says
from tests.stores import either_will_do


async def test_a_thread_says_whose_it_is_and_who_has_it(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    thread_id = await says(hub, "Hello")

    found = (await api.get(f"/threads/{thread_id}")).value

    assert found["patient"] == {
        "id": one,
        "kind": "patient",
        "mrn": "A-1",
        "given_name": "Ana",
        "family_name": "Ruiz",
    }
    assert (found["status"], found["channel"], found["messages"]) == ("bot", "sms", 1)
    assert found["last_inbound_at"] == found["last_at"] == "2026-03-02T15:00:00Z"


async def _three(hub: Hub, clock) -> list[str]:
    """Threads of Ana, Luis and a stranger, oldest first."""
    await patient(hub)
    await patient(hub, "A-2", "+12025550124", given_name="Luís", family_name="Ortega")
    made = []
    for words, phone in (
        ("My knee hurts", "+12025550123"),
        ("Can I move my visit?", "+12025550124"),
        ("Wrong number?", "+12025550199"),
    ):
        clock.advance(timedelta(minutes=1))
        made.append(await says(hub, words, phone))
    return made


FILTERS = {
    "none: last active first": ({}, [2, 1, 0]),
    "status": ({"status": "open"}, [1]),
    "both": ({"status": "bot", "channel": "sms"}, [2, 0]),
    "channel": ({"channel": "voice"}, []),
    "unassigned": ({"assignee": "none"}, [2, 0]),
    "mrn": ({"q": "A-2"}, [1]),
    "phone": ({"q": "202-555-0199"}, [2]),
    "name without its accent": ({"q": "luis ort"}, [1]),
    "a word, other case": ({"q": "KNEE"}, [0]),
    "all words": ({"q": "move visit"}, [1]),
    "words of two people": ({"q": "knee visit"}, []),
    "words and a filter": ({"q": "knee", "status": "open"}, []),
    "sql": ({"q": "'; DROP TABLE thread; --"}, []),
    "wildcard": ({"q": "%"}, []),
}


async def test_filters_combine(hub: Hub, api: Api, clock) -> None:
    made = await _three(hub, clock)
    taken = {"status": "open", "assignee": new_id()}
    await hub.parts.indexer.catch_up()
    await hub.parts.db.write(lambda conn: conn.execute(sa.update(thread).where(thread.c.id == made[1]).values(taken)))

    answered = {name: ids(await api.every("/threads", **query)) for name, (query, _) in FILTERS.items()}

    assert answered == {name: [made[n] for n in found] for name, (_, found) in FILTERS.items()}


async def test_a_thread_is_found_by_its_patient_and_assignee(hub: Hub, api: Api, clock) -> None:
    made = await _three(hub, clock)
    who = new_id()
    await hub.parts.db.write(
        lambda conn: conn.execute(sa.update(thread).where(thread.c.id == made[0]).values(assignee=who))
    )
    whose = (await api.get(f"/threads/{made[0]}")).value["patient"]["id"]

    assert ids(await api.every("/threads", patient=whose)) == [made[0]]
    assert ids(await api.every("/threads", assignee=who)) == [made[0]]


async def test_pages_show_no_thread_twice_though_a_new_one_comes_first(hub: Hub, api: Api, clock) -> None:
    made = await _three(hub, clock)

    first = await api.get("/threads", limit=2)
    clock.advance(timedelta(minutes=1))
    await says(hub, "A fourth", "+12025550177")
    second = await api.get("/threads", limit=2, cursor=first.value["next"])

    assert ids(first.value["items"] + second.value["items"]) == made[::-1]
    assert second.value["next"] is None


async def test_threads_of_one_moment_are_paged_by_id(hub: Hub, api: Api) -> None:
    made = [await says(hub, "Hello", f"+120255501{n:02}") for n in range(5)]

    assert sorted(ids(await api.every("/threads", limit=2))) == sorted(made)


async def test_messages_are_paged_oldest_first_and_what_is_added_comes_later(hub: Hub, api: Api) -> None:
    for n in range(4):
        thread_id = await says(hub, f"Text {n}")
    path = f"/threads/{thread_id}/messages"

    first = await api.get(path, limit=3)
    await says(hub, "Text 4")
    second = await api.get(path, limit=3, cursor=first.value["next"])

    shown = first.value["items"] + second.value["items"]
    assert [(one["seq"], one["body"]) for one in shown] == [(n + 1, f"Text {n}") for n in range(5)]
    assert shown[0]["author"] == {"kind": "patient", "name": ""}
    assert (shown[0]["direction"], shown[0]["delivery"], shown[0]["attachments"]) == ("inbound", None, [])
    assert len(await audited(hub, "message.read")) == 2


async def test_a_reply_is_queued_and_takes_the_thread_from_the_bot(hub: Hub, api: Api) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")

    answer = await api.post(f"/threads/{thread_id}/messages", {"body": "A nurse will call you."})

    reply = answer.value
    assert answer.status == 201
    assert (reply["seq"], reply["direction"], reply["body"]) == (2, "outbound", "A nurse will call you.")
    assert reply["author"] == {"kind": "staff", "name": "EHR"}
    assert (reply["channel"], reply["delivery"]["state"]) == ("sms", "queued")
    assert [step["state"] for step in reply["delivery"]["history"]] == ["queued"]
    assert (await api.get(f"/threads/{thread_id}")).value["status"] == "open"
    written, taken = await audited(hub, "message.write", "thread.take")
    assert (written.object_id, taken.object_id) == (reply["id"], thread_id)
    assert written.request_id == taken.request_id == answer.headers["X-Request-Id"]


async def test_a_reply_that_is_forbidden_says_why_and_leaves_the_thread_with_the_bot(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    thread_id = await says(hub, "STOP")
    await decides(hub, one, ConsentState.REVOKE, Source.STOP)

    answer = await api.post(f"/threads/{thread_id}/messages", {"body": "Are you sure?"})

    assert answer.status == 409
    assert "opted out" in answer.value["reasons"][0]
    assert (await api.get(f"/threads/{thread_id}")).value["status"] == "bot"
    assert len(await api.every(f"/threads/{thread_id}/messages")) == 1
    assert len(await audited(hub, "send.refuse")) == 1


async def test_a_note_goes_to_nobody_and_leaves_the_thread_where_it_is(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    thread_id = await says(hub, "STOP")
    await decides(hub, one, ConsentState.REVOKE, Source.STOP)

    answer = await api.post(f"/threads/{thread_id}/messages", {"body": "Called her.", "kind": "note"})

    note = answer.value
    assert answer.status == 201
    assert (note["direction"], note["channel"], note["delivery"]) == ("note", None, None)
    assert (await api.get(f"/threads/{thread_id}")).value["status"] == "bot"
    async with hub.parts.db.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(delivery))).scalar_one() == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no body"),
        pytest.param({"body": ""}, id="empty"),
        pytest.param({"body": " \n"}, id="blank"),
        pytest.param({"body": "x" * 1601}, id="too long"),
        pytest.param({"body": 1}, id="a number"),
        pytest.param({"body": ["x"]}, id="a list"),
        pytest.param({"body": "x", "kind": "draft"}, id="unknown kind"),
        pytest.param({"body": "x", "channel": "fax"}, id="unknown channel"),
        pytest.param({"body": "x", "kind": "note", "channel": "sms"}, id="a note with a channel"),
        pytest.param({"body": "x", "author": "Dr Who"}, id="a field that is not there"),
        pytest.param({"body": "x", "status": "closed"}, id="mass assignment"),
    ],
)
@either_will_do
async def test_a_reply_that_does_not_fit_changes_nothing(hub: Hub, api: Api, body) -> None:
    thread_id = await says(hub, "Hello")

    answer = await api.post(f"/threads/{thread_id}/messages", body)

    assert answer.status == 422
    assert len(await api.every(f"/threads/{thread_id}/messages")) == 1


async def test_a_channel_that_reaches_nobody_is_refused_with_a_reason(hub: Hub, api: Api) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")

    answer = await api.post(f"/threads/{thread_id}/messages", {"body": "Hello", "channel": "email"})

    assert answer.status == 409
    assert answer.value["reasons"]


@pytest.mark.parametrize("path", ["/threads/{}", "/threads/{}/messages"])
async def test_a_thread_that_is_not_there_is_not_found(api: Api, path) -> None:
    assert (await api.get(path.format(new_id()))).status == 404


async def test_a_reply_to_no_thread_is_not_found(api: Api) -> None:
    assert (await api.post(f"/threads/{new_id()}/messages", {"body": "Hello"})).status == 404


async def test_the_history_grows_with_what_the_carrier_reports(hub: Hub, api: Api, clock) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")
    await api.post(f"/threads/{thread_id}/messages", {"body": "We will call."})
    async with hub.parts.db.read() as conn:
        delivery_id = (await conn.execute(sa.select(delivery.c.id))).scalar_one()
    await hub.parts.db.write(
        lambda conn: conn.execute(sa.update(delivery).values(state="sent", provider_id="SM" + "c" * 32))
    )
    clock.advance(timedelta(seconds=2))
    failed = Status(
        channel=ChannelKind.SMS,
        provider_id="SM" + "c" * 32,
        delivery_id=delivery_id,
        state=DeliveryState.FAILED,
        at=clock.now(),
        code="30005",
    )

    await hub.parts.outbox.report([failed])

    shown = (await api.every(f"/threads/{thread_id}/messages"))[1]["delivery"]
    assert (shown["state"], shown["code"]) == ("failed", "30005")
    assert shown["reason"]
    assert [step["state"] for step in shown["history"]] == ["queued", "failed"]


async def test_what_is_held_says_why_and_until_when(hub: Hub, api: Api, clock) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")
    await api.post(f"/threads/{thread_id}/messages", {"body": "We will call."})
    until = clock.now() + timedelta(hours=3)
    held = {"state": "held", "reason": "quiet-hours", "due_at": until}
    await hub.parts.db.write(lambda conn: conn.execute(sa.update(delivery).values(**held)))
    await hub.parts.db.write(lambda conn: conn.execute(sa.delete(delivery_event)))

    shown = (await api.every(f"/threads/{thread_id}/messages"))[1]["delivery"]

    assert (shown["state"], shown["until"]) == ("held", "2026-03-02T18:00:00Z")
    assert "hours" in shown["reason"]


async def test_replies_of_two_at_once_are_both_kept_in_order(hub: Hub, api: Api) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")
    path = f"/threads/{thread_id}/messages"

    answers = await asyncio.gather(*(api.post(path, {"body": f"Reply {n}"}) for n in range(8)))

    assert {answer.status for answer in answers} == {201}
    assert [one["seq"] for one in await api.every(path)] == list(range(1, 10))
    assert len(await audited(hub, "thread.take")) == 1


async def test_a_thread_a_person_has_stays_theirs(hub: Hub, api: Api) -> None:
    await patient(hub)
    thread_id = await says(hub, "Hello")
    await hub.parts.db.write(lambda conn: hub.parts.threads.set_state(conn, thread_id, status=ThreadStatus.SNOOZED))

    await api.post(f"/threads/{thread_id}/messages", {"body": "Back again."})

    assert (await api.get(f"/threads/{thread_id}")).value["status"] == "open"
