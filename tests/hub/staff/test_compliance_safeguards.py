"""The pages of safeguards and of unusual access, as forms that need no script; and who stood in what was read."""

import json

import sqlalchemy as sa

from hub.audit import concerning
from hub.db.tables import access_alert, attestation, audit_event, person
from hub.staff.drawing import words
from hub.unusual import watch
from tests.hub.staff.signed_in import signed_in
from tests.hub.staff.test_settings_desk import said
from tests.hub_rig import Rig
from tests.stores import either_will_do


def plain(page: str) -> str:
    return " ".join(said(page).split())


@either_will_do
async def test_compliance_looks_attests_and_takes_the_report(rig: Rig) -> None:
    """Also: others may not, what cannot be attested is said, and every look and download is audited."""
    parts, t = rig.parts, words("en")
    await rig.patient("SAFE-1", "Ana", "Lopez", "+12025550178")
    async with signed_in(parts, rig.base, "compliance") as ruth, signed_in(parts, rig.base, "supervisor") as lead:
        for path in ("/compliance/safeguards", "/compliance/safeguards/report", "/compliance/alerts"):
            assert t["refused"] in said(await lead.page(path))
        page = await ruth.page("/compliance/safeguards")
        assert t["safe_sealing"] in said(page)
        assert 'data-safeguard="training" data-state="missing"' in page

        done = {"kind": "training", "done": "2026-03-01", "note": "all nine, see the binder"}
        refused = await ruth.submit("/compliance/safeguards", **done | {"note": " "})
        assert (refused.status, t["safe_wrong_note"] in plain(refused.value)) == (422, True)
        assert t["safe_wrong_time"] in plain(
            (await ruth.submit("/compliance/safeguards", **done | {"done": "x"})).value
        )
        attested = (await ruth.submit("/compliance/safeguards", **done)).value
        assert t["safe_told_attested"] in plain(attested)
        assert "all nine, see the binder" in plain(attested)
        assert 'data-safeguard="training" data-state="in_place"' in attested

        async with ruth.client.get("/compliance/safeguards/report?format=json") as answer:
            report = json.loads(await answer.text())
            assert answer.headers["Content-Disposition"].startswith("attachment")
        by_name = {one["name"]: one for one in report["safeguards"]}
        assert by_name["training"]["state"] == "in_place"
        assert by_name["sealing"]["law"] == ["45 CFR 164.312(a)(2)(iv)", "45 CFR 164.312(c)(1)"]
        assert sum(report["counts"].values()) == len(by_name)
        assert "all nine, see the binder" in said(await ruth.page("/compliance/safeguards/report"))
        there = {"Sec-Fetch-Site": "same-origin"}
        posted = {"csrf": ruth.csrf, "mrn": "SAFE-1"}
        async with ruth.client.post("/compliance/safeguards/consent", data=posted, headers=there) as answer:
            assert (await answer.read()).startswith(b"%PDF")
        assert t["safe_wrong_mrn"] in plain((await ruth.submit("/compliance/safeguards/consent", mrn="X-0")).value)

    actions = await rig.rows(sa.select(audit_event.c.action).where(audit_event.c.actor_id == ruth.id))
    counted = [one.action for one in actions]
    assert counted.count("safeguards.report") == 2
    assert {"safeguards.read", "safeguards.attest", "consent.evidence"} <= set(counted)
    assert await rig.value(sa.select(sa.func.count()).select_from(attestation)) == 1


@either_will_do
async def test_who_stood_in_a_list_is_found_and_ones_own_name_is_asked_about(rig: Rig) -> None:
    """A list names each person in it; somebody whom an alert is not about answers it; that somebody died is shown."""
    parts, t = rig.parts, words("en")
    await rig.patient("SAFE-2", "Ana", "Lopez", "+12025550179")
    luis = await rig.patient("SAFE-3", "Luis", "Kim", "+12025550180")
    for number in ("+12025550179", "+12025550180"):
        await rig.text(number, "I have a question")
    await rig.quiet()
    died = {"deceased_at": parts.clock.now()}
    await parts.db.write(lambda conn: conn.execute(sa.update(person).where(person.c.id == luis).values(died)))
    async with (
        signed_in(parts, rig.base, "supervisor", name="Bea López") as lopez,
        signed_in(parts, rig.base, "compliance", name="Ruth Feldman") as ruth,
    ):
        rows = (await lopez.get("/threads", view="bot")).value["items"]
        assert len(rows) == 2
        (thread_id,) = [one["id"] for one in rows if one["name"] == "Ana Lopez"]
        await lopez.get(f"/threads/{thread_id}")
        looked = sa.select(audit_event.c.action).where(concerning(luis), audit_event.c.actor_id == lopez.id)
        assert [one.action for one in await rig.rows(looked)] == ["thread.read"]
        page = plain(await ruth.page(f"/compliance/audit?person={luis}&looks=1"))
        assert f"Bea López {t['audit_do_thread__read']}" in page
        panel = (await ruth.get(f"/threads/{thread_id}/looked")).value["items"]
        assert [one["action"] for one in panel if one["who"] == "Bea López"] == ["message.read", "thread.read"]

        (other,) = [one["id"] for one in rows if one["id"] != thread_id]
        assert (await ruth.get(f"/threads/{other}/panel")).value["deceased_at"] is not None
        assert (await ruth.get(f"/threads/{thread_id}/panel")).value["deceased_at"] is None

        await parts.sealer.seal()
        assert (await watch(parts))["raised"] == 1
        assert (await ruth.get("/alerts")).value == {"waiting": 1}
        page = await ruth.page("/compliance/alerts")
        assert t["alert_rule_own_name"].replace("{who}", "Bea López") in plain(page)
        assert f"{t['alert_of']}: Ana Lopez" in plain(page)
        alert_id = await rig.value(sa.select(access_alert.c.id))
        short = await ruth.submit("/compliance/alerts", id=alert_id, outcome="explained", note="fine")
        assert (short.status, t["alert_wrong_note"] in plain(short.value)) == (422, True)
        answered = await ruth.submit(
            "/compliance/alerts", id=alert_id, outcome="escalated", note="No relation was named."
        )
        assert t["alert_outcome_escalated"] in plain(answered.value)
        assert "No relation was named." in plain(answered.value)
        assert (await ruth.get("/alerts")).value == {"waiting": 0}
