"""What the page does with threads, over the web: as one of the staff who is signed in."""

from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from hub.crypto import Keyring
from hub.db.tables import attachment, delivery, thread
from hub.types import new_id
from tests.hub.staff.signed_in import SignedIn, signed_in
from tests.hub_rig import Rig, open_rig
from tests.stores import embedded_only

ANA, LUIS = "+12025550111", "+12025550112"


async def _thread(rig: Rig, phone: str, mrn: str) -> str:
    """A thread that the staff have, of a patient who wrote."""
    person_id = await rig.patient(mrn, "Ana", "Lopez", phone)
    await rig.engine_ready()
    await rig.tell(phone, "I want to speak to a person")
    await rig.quiet()
    return str((await rig.thread(person_id)).id)


def _write(thread_id: str, text: str, last_seq: int, **more: Any) -> dict[str, Any]:
    return {"id": new_id(), "thread": thread_id, "kind": "reply", "text": text, "last_seq": last_seq} | more


async def _seq(one: SignedIn, thread_id: str) -> int:
    return int((await one.get(f"/threads/{thread_id}")).value["row"]["last_seq"])


@embedded_only
async def test_two_of_the_staff_answer_one_patient(rig: Rig) -> None:
    thread_id = await _thread(rig, ANA, "MRN-1")
    async with (
        signed_in(rig.parts, rig.base, "agent", name="Dana Reyes") as dana,
        signed_in(rig.parts, rig.base, "agent", name="Eli Park") as eli,
    ):
        at = f"/threads/{thread_id}"
        seq = await _seq(dana, thread_id)

        # A draft is its writer's alone, and goes with the message.
        assert (await dana.post(f"{at}/draft", {"kind": "reply", "text": "Come a"})).value["kept"]
        assert [one["text"] for one in (await dana.get(at)).value["drafts"]] == ["Come a"]
        assert (await eli.get(at)).value["drafts"] == []
        first = _write(thread_id, "Come at nine", seq)
        sent = [await dana.post(f"{at}/write", first) for _ in range(2)]
        assert [one.status for one in sent] == [200, 200]
        assert sent[0].value["id"] == sent[1].value["id"], "a POST that is sent again makes one message"
        assert (sent[0].value["author"], sent[0].value["mine"]) == ({"kind": "staff", "name": "Dana Reyes"}, True)
        assert sent[0].value["undo_until"] is not None
        opened = (await dana.get(at)).value
        assert opened["drafts"] == []
        assert (opened["row"]["assignee"]["name"], opened["row"]["waiting_since"]) == ("Dana Reyes", None)

        # A colleague who had not seen it is shown it first.
        late = _write(thread_id, "Come at ten", seq)
        missed = await eli.post(f"{at}/write", late)
        assert missed.status == 409
        assert (missed.value["type"], [one["text"] for one in missed.value["items"]]) == ("missed", ["Come at nine"])
        anyway = await eli.post(f"{at}/write", late | {"anyway": True})
        assert anyway.status == 200

        # In time it is taken back: it never leaves, and is a draft again.
        undone = await eli.post(f"{at}/lines/{anyway.value['id']}/undo")
        assert (undone.status, undone.value["text"]) == (200, "Come at ten")
        assert undone.value["line"]["delivery"]["code"] == "withdrawn"
        assert [one["text"] for one in (await eli.get(at)).value["drafts"]] == ["Come at ten"]

        # It is never another patient's, whatever the page shows.
        other = await _thread(rig, LUIS, "MRN-2")
        assert (await dana.post(f"/threads/{other}/write", _write(thread_id, "For Ana", 1))).status == 409
        assert (await dana.post(f"/threads/{other}/lines/{sent[0].value['id']}/undo")).status == 404

        # A note has no way out.
        for more in ({"channel": "sms"}, {"not_before": "2027-01-01T00:00:00Z"}, {"attachments": ["x"]}):
            assert (await dana.post(f"{at}/write", _write(thread_id, "x", 9, kind="note", **more))).status == 422
        note = _write(thread_id, "Please call her", 9, kind="note", mentions=[eli.id])
        kept = await dana.post(f"{at}/write", note)
        assert (kept.status, kept.value["id"], kept.value["delivery"]) == (200, note["id"], None)
        assert (await eli.get("/threads", view="mentions")).value["items"][0]["id"] == thread_id
        assert (await dana.post(f"{at}/write", _write(thread_id, " \n", 9))).status == 422

        waits = sa.select(delivery.c.state, delivery.c.message_id).where(delivery.c.reason == "not-before")
        assert [row.message_id for row in await rig.rows(waits)] == [sent[0].value["id"]]


@embedded_only
async def test_threads_are_worked_off_one_by_one_and_many_at_once(rig: Rig) -> None:
    mine, other = await _thread(rig, ANA, "MRN-1"), await _thread(rig, LUIS, "MRN-2")
    async with (
        signed_in(rig.parts, rig.base, "agent", teams=("Front",)) as dana,
        signed_in(rig.parts, rig.base, "supervisor", teams=("Nurses",), private=("Nurses",)) as nurse,
        signed_in(rig.parts, rig.base, "compliance") as auditor,
    ):
        at = f"/threads/{mine}"
        claimed = await dana.post(f"{at}/claim")
        assert (claimed.status, claimed.value["changed"], claimed.value["assignee"]) == (200, True, dana.id)
        assert not (await dana.post(f"{at}/claim")).value["changed"]
        assert (await dana.post(f"{at}/priority", {"priority": 2})).value["priority"] == 2
        assert (await dana.post(f"{at}/snooze", {})).value["status"] == "snoozed"
        assert (await dana.post(f"{at}/reopen")).value["status"] == "open"
        assert (await dana.post(f"{at}/settle")).value["waiting_since"] is None
        assert (await dana.post(f"{at}/unsettle")).value["waiting_since"] is not None
        assert (await dana.post(f"{at}/seen", {"seq": 99})).value["seq"] == await _seq(dana, mine)
        assert (await dana.post(f"{at}/close", {"disposition": "nonsense"})).status == 422
        assert (await dana.post(f"{at}/assign", {"user": new_id()})).status == 422
        assert (await auditor.post(f"{at}/claim")).status == 403
        assert (await auditor.post(f"{at}/write", _write(mine, "x", 1))).status == 403

        # A thread of a team that keeps to itself is not there for others.
        team = next(iter(await rig.rows(sa.text("SELECT id FROM team WHERE name = 'Nurses'")))).id
        assert (await dana.post(f"/threads/{other}/team", {"team": team})).status == 200
        for path, body in (("claim", {}), ("write", _write(other, "x", 1)), ("draft", {"kind": "reply", "text": "x"})):
            assert (await dana.post(f"/threads/{other}/{path}", body)).status == 404, path

        bulk = {"threads": [mine, other, new_id()], "act": {"do": "close", "disposition": "resolved"}}
        done = await dana.post("/bulk", bulk)
        assert [one["ok"] for one in done.value["items"]] == [True, False, False]
        assert done.value["items"][1]["reason"] == done.value["items"][2]["reason"], "none is told from the other"
        assert (await nurse.post("/bulk", bulk)).value["items"][1]["ok"]
        assert (await dana.post("/bulk", {"threads": [new_id()] * 201, "act": {"do": "claim"}})).status in (400, 422)
        statuses = await rig.rows(sa.select(thread.c.status))
        assert {row.status for row in statuses} == {"closed"}


@embedded_only
async def test_a_file_goes_along_and_is_had_in_the_portal_alone(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    async with open_rig(database_url, tmp_path, keyring, undo_seconds=0) as rig:
        await _with_a_file(rig)


async def _with_a_file(rig: Rig) -> None:
    thread_id = await _thread(rig, ANA, "MRN-1")
    async with (
        signed_in(rig.parts, rig.base, "agent") as dana,
        signed_in(rig.parts, rig.base, "agent") as eli,
    ):
        at = f"/threads/{thread_id}"
        form = aiohttp.FormData()
        form.add_field("files", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF", filename="plan.pdf")
        given = await dana.call("POST", f"{at}/files", data=form)
        assert given.status == 200, given.value
        (file,) = given.value["items"]
        assert (file["name"], file["size"] > 0) == ("plan.pdf", True)

        seq = await _seq(dana, thread_id)
        wrong = await eli.post(f"{at}/write", _write(thread_id, "Here it is", seq, attachments=[file["id"]]))
        assert wrong.status == 422, "it is its giver's"
        sent = await dana.post(f"{at}/write", _write(thread_id, "Here it is", seq, attachments=[file["id"]]))
        assert sent.status == 200, sent.value
        assert (sent.value["channel"], len(sent.value["attachments"])) == ("portal", 1)
        (row,) = await rig.rows(sa.select(attachment))
        assert row.message_id == sent.value["id"]

        async def linked() -> bool:
            return any("/portal" in text or "link" in text or "secure" in text for text in rig.on_phone(ANA))

        await rig.until(linked, "the patient has a link to it")
        assert not any("Here it is" in text for text in rig.on_phone(ANA))
        (sms,) = await rig.rows(sa.select(delivery.c.channel).where(delivery.c.message_id == sent.value["id"]))
        assert sms.channel == "sms"
