"""The page on which the audit is searched, as forms that need no script."""

import sqlalchemy as sa

from hub.audit import Actor, Entry, Sealer
from hub.db.tables import audit_event
from hub.staff.drawing import words
from tests.hub.staff.signed_in import signed_in
from tests.hub.staff.test_settings_desk import said
from tests.hub_rig import Rig
from tests.stores import either_will_do

MRN = "AUD-77"


@either_will_do
async def test_compliance_finds_who_looked_and_checks_the_chain(rig: Rig) -> None:
    """Also: nobody else may, a record number stands in no address, what is shown is audited, a fault is named."""
    parts, t = rig.parts, words("en")
    ana = await rig.patient(MRN, "Ana", "Lopez", "+12025550177")
    looked = Entry(action="patient.read", actor=Actor("token", "x"), person_id=ana, request_id="r-1")
    await parts.db.write(lambda conn: parts.trail.record(conn, looked, looked))
    async with signed_in(parts, rig.base, "compliance") as ruth, signed_in(parts, rig.base, "supervisor") as lead:
        assert t["refused"] in said(await lead.page("/compliance/audit"))
        posted = {"csrf": ruth.csrf, "mrn": MRN, "looks": "1"}
        there = {"Sec-Fetch-Site": "same-origin"}
        async with ruth.client.post("/compliance/audit", data=posted, headers=there) as answer:
            page, address = said(await answer.text()), str(answer.url)
        assert MRN not in address
        assert ana in address
        assert f"{t['audit_kind_token']} {t['audit_do_patient__read']} Ana Lopez" in " ".join(page.split())
        assert "person.create" not in page
        assert t["export_wrong_mrn"] in (await ruth.submit("/compliance/audit", mrn="AUD-0")).value
        assert t["audit_none"] in said(await ruth.page("/compliance/audit?until=1999-01-01"))
        assert t["export_wrong_time"] in said(await ruth.page("/compliance/audit?since=soon"))
        of_request = " ".join(said(await ruth.page("/compliance/audit?request=r-1")).split())
        assert of_request.count(f"{t['audit_do_patient__read']} Ana Lopez") == 2

        await Sealer(parts.db, parts.vault.keyring.signing_key(), parts.clock).seal()
        assert t["audit_intact"] in said((await ruth.submit("/compliance/audit/verify")).value)
        change = sa.update(audit_event).where(audit_event.c.request_id == "r-1").values(object_id="changed")
        await parts.db.write(lambda conn: conn.execute(change))
        broken = said((await ruth.submit("/compliance/audit/verify")).value)
        assert t["audit_broken"] in broken
        assert "was changed" in broken
    async with parts.db.read() as conn:
        query = sa.select(audit_event).where(audit_event.c.action == "audit.read", audit_event.c.person_id == ana)
        entries = (await conn.execute(query)).all()
    assert {(row.actor_kind, row.actor_id) for row in entries} == {("staff", ruth.id)}
