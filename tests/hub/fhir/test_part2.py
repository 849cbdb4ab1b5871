"""What is under 42 CFR Part 2: other systems are given it with consent alone, and labelled."""

from datetime import timedelta

import aiohttp
import sqlalchemy as sa

from hub import part2
from hub.db.tables import audit_event
from hub.exports.resources import PART2
from tests.hub.exports.clinic import Clinic
from tests.hub.exports.test_part2 import CLI, consent, label
from tests.hub.fhir.test_fhir import Fhir, fhir, valid
from tests.stores import either_will_do

__all__ = ["fhir", "valid"]


@either_will_do
async def test_it_is_withheld_without_consent_and_labelled_with_it(
    fhir: Fhir, clinic: Clinic, web: aiohttp.ClientSession
) -> None:
    """Left out of searches, refused by its id, both in the audit; `_security` finds what is given."""
    parts, ana = clinic.parts, clinic.persons[0]
    kinds = {kind: await fhir.ids(f"/{kind}") for kind in ("Patient", "Communication", "Consent", "Appointment")}
    await label(clinic, ana)
    shut = {kind: await fhir.ids(f"/{kind}") for kind in kinds}
    hidden = {kind: sorted(set(found) - set(shut[kind])) for kind, found in kinds.items()}
    assert hidden["Patient"] == [ana]
    assert clinic.threads[0] in hidden["Communication"]
    assert hidden["Consent"] == kinds["Consent"]
    assert hidden["Appointment"] == kinds["Appointment"]
    for kind, ids in hidden.items():
        status, told = await fhir.get(f"/{kind}/{ids[0]}")
        assert (status, told["issue"][0]["code"]) == (403, "forbidden")
        assert PART2 not in str(told)
        if kind != "Consent":
            assert await fhir.ids(f"/{kind}?_security={PART2}") == []
    async with parts.db.read() as conn:
        query = sa.select(audit_event.c.person_id).where(audit_event.c.action == "part2.withhold")
        assert set((await conn.execute(query)).scalars()) == {ana}

    await consent(clinic, ana, parts.clock.now().date() - timedelta(days=2))
    assert {kind: await fhir.ids(f"/{kind}") for kind in kinds} == kinds
    for kind, ids in hidden.items():
        _, one = await fhir.get(f"/{kind}/{ids[0]}")
        assert PART2 in [label["code"] for label in one["meta"]["security"]]
        if kind != "Consent":
            assert "lastUpdated" in one["meta"]
            assert await fhir.ids(f"/{kind}?_security=http://terminology.hl7.org/CodeSystem/v3-ActCode|{PART2}") == ids
            assert await fhir.ids(f"/{kind}?_security=R") == []
    _, other = await fhir.get(f"/Patient/{clinic.persons[1]}")
    assert "security" not in other.get("meta", {})

    await parts.db.write(lambda conn: part2.revoke(conn, parts.trail, ana, CLI, parts.clock.now()))
    assert await fhir.ids("/Patient") == shut["Patient"]
