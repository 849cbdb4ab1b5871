"""Addresses over the API: added, proved, retired."""

import re

import sqlalchemy as sa

from hub.app import Hub
from hub.db.tables import message, thread
from hub.sealed import open_body
from hub.types import new_id
from tests.hub.api.calling import Api, patient
from tests.stores import embedded_only

NEW = "+12025550199"
pytestmark = embedded_only


async def newest_text(hub: Hub) -> str:
    query = sa.select(message, thread.c.person_id).join(thread, thread.c.id == message.c.thread_id)
    async with hub.parts.db.read() as conn:
        row = (await conn.execute(query.order_by(message.c.id.desc()).limit(1))).one()
        keys = await hub.parts.vault.keys(conn, (row.person_id,))
    return open_body(keys, row.person_id, row.thread_id, row.id, row.body_sealed).text


async def test_an_address_is_added_proved_and_retired(hub: Hub, api: Api) -> None:
    ana = await patient(hub)
    there = f"/patients/{ana}/addresses"

    added = await api.post(there, {"value": "(202) 555-0199"})
    at = f"{there}/{added.value['id']}"
    sent = await api.post(f"{at}/code")
    code = re.findall(r"\b\d{6}\b", await newest_text(hub))[0]
    wrong = await api.post(f"{at}/verify", {"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    proved = await api.post(f"{at}/verify", {"code": code})
    twice = await api.post(f"{at}/verify", {"code": code})
    retired = await api.delete(at, {"reason": "changed"})

    assert (added.status, added.value["standing"], added.value["value"]) == (201, "unverified", NEW)
    assert (sent.status, sent.value) == (202, {"to": "address"})
    assert (wrong.status, proved.status, twice.status) == (409, 200, 404)
    assert (retired.value["standing"], retired.value["reason"]) == ("retired", "changed")
    listed = (await api.get(there)).value["items"]
    assert [one["standing"] for one in listed] == ["verified", "retired"]
    (thread_of_code,) = [one for one in await api.every("/threads") if one["patient"]["kind"] == "unidentified"]
    (shown,) = (await api.get(f"/threads/{thread_of_code['id']}/messages")).value["items"]
    assert code not in shown["body"]


async def test_what_staff_vouch_for_needs_no_code_and_nonsense_is_refused(hub: Hub, api: Api) -> None:
    ana = await patient(hub)
    there = f"/patients/{ana}/addresses"

    vouched = await api.post(there, {"value": "ana@example.org", "vouched": True})
    nonsense = await api.post(there, {"value": "call me"})
    nobody = await api.post(f"/patients/{new_id()}/addresses", {"value": NEW})
    used = await api.post(f"{there}/{vouched.value['id']}/restore")

    assert (vouched.value["standing"], vouched.value["how"]) == ("verified", "staff")
    assert (nonsense.status, nobody.status) == (422, 404)
    assert used.value["state"] == "ok"
    assert (await api.delete(f"{there}/{new_id()}", {"reason": "asked"})).status == 404
