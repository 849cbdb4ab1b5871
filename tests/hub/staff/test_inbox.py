"""What the inbox's page reads and is pushed, over the web: as one of the staff who is signed in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from channels import registry
from hub.app import Hub
from hub.calls import streaming
from hub.crypto import Keyring
from hub.db.tables import audit_event, team, thread
from hub.events import Change, publish
from hub.staff.inbox import lines
from hub.threads import NewMessage
from hub.types import AuthorKind, Direction, new_id
from tests.hub.staff.signed_in import SignedIn, browser_of, signed_in
from tests.hub_rig import WITHIN, Rig, open_rig
from tests.servers.valkey import Valkey
from tests.stores import embedded_only, server_only

ANA, LUIS = "+12025550111", "+12025550112"


async def _open(rig: Rig, phone: str, mrn: str, *texts: str, **more: str) -> str:
    """A thread that the staff have, of a patient who wrote."""
    person_id = await rig.patient(mrn, "Ana", "Lopez", phone, **more)  # type: ignore[arg-type]
    for text in texts:
        await rig.text(phone, text)
    thread_id = str((await rig.thread(person_id)).id)
    await _change(rig, thread_id, status="open")
    return thread_id


async def _answered(rig: Rig, thread_id: str, person_id: str, text: str) -> None:
    """What the hub itself says in the thread."""
    said = NewMessage(
        id=new_id(),
        thread_id=thread_id,
        person_id=person_id,
        direction=Direction.OUTBOUND,
        author=AuthorKind.SYSTEM,
        at=rig.parts.clock.now(),
        text=text,
    )

    async def unit(conn: Any) -> None:
        await rig.parts.threads.append(conn, await rig.parts.vault.key(conn, person_id), [said])

    await rig.parts.db.write(unit)


async def _change(rig: Rig, thread_id: str, **values: Any) -> None:
    parts = rig.parts

    async def unit(conn: Any) -> None:
        await conn.execute(sa.update(thread).where(thread.c.id == thread_id).values(**values))
        await publish(conn, parts.clock.now(), [Change("thread.updated", thread_id)])

    await parts.db.write(unit)
    parts.bell.ring()


class Stream:
    """The stream of an open page."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.last: str | None = None
        self.heard: list[dict[str, Any]] = []

    async def next(self, *types: str, thread_id: str | None = None) -> dict[str, Any]:
        """The next event of one of these types; empty once the stream ended."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(WITHIN):
            async for raw in self._response.content:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.strip()
                    continue
                self.last = fields.get("id", self.last)
                if "event" in fields:
                    event = json.loads(fields["data"]) | {"type": fields["event"]}
                    self.heard.append(event)
                    if event["type"] in types and thread_id in (None, event.get("thread")):
                        return event
                fields = {}
        return {}


@asynccontextmanager
async def _stream(one: SignedIn, after: object = None) -> AsyncIterator[Stream]:
    headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
    async with one.client.get("/inbox/api/events", headers=headers) as response:
        assert response.status == 200
        yield Stream(response)


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    """A hub that takes texts and reacts to none."""
    async with open_rig(database_url, tmp_path, keyring, roles=("web",), engine=False) as one:
        yield one


@embedded_only
async def test_lists_and_threads_are_read_with_one_entry_in_the_audit_each(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST", 3)
    texts = [f"Text number {n} about my knee" for n in range(5)]
    ana = await _open(rig, ANA, "MRN-1", *texts)
    await _open(rig, LUIS, "MRN-2", "Something else", language="es")
    await rig.parts.indexer.catch_up()
    async with signed_in(rig.parts, rig.base, "agent", name="Dana Reyes") as dana:
        listed = (await dana.get("/threads", view="all", limit=1)).value
        rest = (await dana.get("/threads", view="all", cursor=listed["next"])).value
        assert [row["language"] for row in listed["items"] + rest["items"]] == ["es", "en"]
        row = rest["items"][0]
        assert (row["name"], row["initials"], row["known"], row["unseen"]) == ("Ana Lopez", "AL", True, 5)
        assert (row["preview"]["text"], row["preview"]["draft"], row["blocked"]) == (texts[-1], False, False)
        assert (await dana.get("/rows", ids=f"{ana},{new_id()}")).value["items"] == [row]
        assert row["waiting_since"] is not None
        counted = {one["view"]: one["threads"] for one in (await dana.get("/counts")).value["items"]}
        assert (counted["all"], counted["unassigned"], counted["mine"]) == (2, 2, 0)

        opened = (await dana.get(f"/threads/{ana}")).value
        assert [line["text"] for line in opened["lines"]["items"]] == texts[-3:]
        assert (opened["mrn"], opened["birth_date"]) == ("MRN-1", "1985-04-23")
        assert [way["channel"] for way in opened["ways"] if way["preferred"]] == ["sms"]
        earlier = (await dana.get(f"/threads/{ana}/lines", before=opened["lines"]["before"])).value
        assert [line["text"] for line in earlier["items"]] == texts[:2]
        assert earlier["before"] is None

        for q, matched in (("ana lo", "name"), ("MRN-2", "mrn"), (ANA, "number"), ("1985-04-23", "birth_date")):
            found = (await dana.post("/search", {"q": q})).value["items"]
            assert {one["matched"] for one in found} == {matched}, q
        found = (await dana.post("/search", {"q": "KNEE four"})).value["items"]
        assert not found
        found = (await dana.post("/search", {"q": "KNEE 4"})).value
        assert [one["line"]["text"] for one in found["items"]] == [texts[4]]
        assert (found["complete"], found["next"]) == (True, None)
        entries = await rig.rows(sa.select(audit_event.c.action).where(audit_event.c.actor_id == dana.id))
        read = [one.action for one in entries if one.action.endswith((".read", ".search"))]
        assert read == ["thread.read"] * 3 + ["message.read"] * 2 + ["message.search"] * 6

        # As long as she waits her own words are shown, and not what the hub answers everybody.
        await _answered(rig, ana, row["person_id"], "Call 911")
        shown = [(await dana.get("/rows", ids=ana)).value["items"][0]["preview"]["text"]]
        await _change(rig, ana, waiting_since=None)
        shown += [(await dana.get("/rows", ids=ana)).value["items"][0]["preview"]["text"]]
        assert shown == [texts[-1], "Call 911"]


@embedded_only
async def test_open_pages_are_pushed_what_their_readers_may_see(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, counters and presence; a cut loses nothing; who may not see a thread hears nothing of it."""
    ana = await _open(rig, ANA, "MRN-1", "Hello")
    async with (
        signed_in(rig.parts, rig.base, "agent", name="Dana Reyes", teams=("Nurses",), private=("Nurses",)) as dana,
        signed_in(rig.parts, rig.base, "agent", name="Eli Park") as eli,
    ):
        seq = (await dana.get("/threads", view="all")).value["seq"]
        async with _stream(dana, seq) as hers, _stream(eli, seq) as his:
            await rig.text(ANA, "My knee hurts")
            for stream in (hers, his):
                event = await stream.next("message.created")
                assert (event["thread"], event["row"]["preview"]["text"]) == (ana, "My knee hurts")
            assert (await hers.next("counts.updated"))["counts"]["items"]

            assert (await dana.post(f"/threads/{ana}/presence", {"doing": "typing"})).status == 204
            there = await his.next("presence")
            assert [(one["user"]["name"], one["doing"]) for one in there["present"]] == [("Dana Reyes", "typing")]
            assert (await hers.next("presence"))["present"] == []
            assert [one["user"]["name"] for one in (await eli.get(f"/threads/{ana}")).value["present"]] == [
                "Dana Reyes"
            ]
            await dana.post(f"/threads/{ana}/presence", {"doing": "gone"})
            assert (await his.next("presence"))["present"] == []

            nurses = await rig.value(sa.select(team.c.id).where(team.c.name == "Nurses"))
            await _change(rig, ana, team_id=nurses)
            assert (await hers.next("thread.updated"))["row"]["team"]["name"] == "Nurses"
            assert (await his.next("thread.updated"))["row"] is None
            left = his.last
        await rig.text(ANA, "A secret")
        await rig.text(LUIS, "Not a secret")
        async with _stream(eli, left) as again:
            event = await again.next("message.created")
            assert event["row"]["preview"]["text"] == "Not a secret"
            assert "secret" not in json.dumps([one for one in again.heard if one.get("thread") == ana])
        assert (await eli.get(f"/threads/{ana}")).status == 404

        shown = await rig.rows(sa.select(audit_event.c.person_id).where(audit_event.c.action == "thread.push"))
        assert len({row.person_id for row in shown}) == 2
        monkeypatch.setattr(streaming, "PING", 0.05)
        async with _stream(dana) as stream:
            await rig.parts.db.write(lambda conn: rig.parts.users.disable(conn, dana.id, eli.user.actor))
            assert (await stream.next("ended")) == {"type": "ended"}


@server_only
async def test_two_processes_show_each_other_what_changes(
    database_url: str, tmp_path: Path, keyring: Keyring, valkey: Valkey
) -> None:
    async with open_rig(database_url, tmp_path, keyring, roles=("web",), engine=False, redis_url=valkey.secret) as rig:
        settings = replace(rig.parts.settings, port=0)
        other = await Hub.open(settings, roles=("web",), channels=registry.build(settings))
        try:
            await other.start()
            ana = await _open(rig, ANA, "MRN-1", "Hello")
            async with (
                signed_in(rig.parts, rig.base, "agent", name="Dana Reyes") as dana,
                browser_of(other.parts, f"http://127.0.0.1:{other.port}", dana.user) as there,
                signed_in(rig.parts, rig.base, "agent", name="Eli Park") as eli,
                _stream(there) as stream,
            ):
                await rig.text(ANA, "My knee hurts")
                assert (await stream.next("message.created"))["row"]["preview"]["text"] == "My knee hurts"
                await eli.post(f"/threads/{ana}/presence", {"doing": "viewing"})
                assert [one["user"]["name"] for one in (await stream.next("presence"))["present"]] == ["Eli Park"]
        finally:
            await other.stop()
