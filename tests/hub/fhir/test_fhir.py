"""The FHIR API as another system calls it, held against the published definitions of the resources.

`fhir.resources` has R4B, which differs from R4 in none of the resources here.
"""

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from fhir.resources.R4B import get_fhir_model_class

from bots.scheduling.names import Names
from hub.db.tables import appointment, audit_event, data_key, person, slot
from hub.fhir.application import KINDS
from hub.fhir.audits import event
from hub.types import new_id
from tests.hub.api.calling import token_for
from tests.hub.exports.clinic import Clinic
from tests.stores import either_will_do

BASE = "https://hub.example.org/fhir/R4"


class Fhir:
    """A caller that holds every answer against the definitions."""

    def __init__(self, web: aiohttp.ClientSession, token: str | None) -> None:
        self._web = web
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str, method: str = "GET", **rest: Any) -> tuple[int, dict[str, Any]]:
        """The status, and the resource."""
        address = path.removeprefix(BASE) if path.startswith(BASE) else path
        headers = self._headers | rest.pop("headers", {})
        async with self._web.request(method, f"/fhir/R4{address}", headers=headers, **rest) as answer:
            found = json.loads(await answer.read())
            assert answer.content_type == "application/fhir+json"
            assert answer.headers["Cache-Control"] == "no-store"
            valid(found)
            return answer.status, found

    async def ids(self, path: str) -> list[str]:
        """The ids of all that is found, page by page."""
        found: list[str] = []
        link: str | None = path
        while link is not None:
            status, bundle = await self.get(link)
            assert (status, bundle["type"]) == (200, "searchset"), bundle
            found += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
            links = {one["relation"]: one["url"] for one in bundle["link"]}
            assert "self" in links
            link = links.get("next")
        return found


def valid(resource: dict[str, Any]) -> None:
    """Nothing, if the resource and all in it are as they are defined."""
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    for entry in resource.get("entry", []):
        valid(entry["resource"])


@pytest.fixture
async def fhir(clinic: Clinic, web: aiohttp.ClientSession, hub: Any) -> Fhir:
    await visits(clinic)
    return Fhir(web, await token_for(hub, "system/*.rs"))


async def visits(clinic: Clinic) -> None:
    """A booked time with its visit, one that is held, one that is free."""
    parts, now = clinic.parts, clinic.parts.clock.now()

    async def unit(conn: Any) -> None:
        wanted = [("provider", "Dr. Kim"), ("specialty", "Care"), ("visit_type", "Check-up"), ("location", "Main St")]
        names = await Names(parts.vault).ensure(conn, wanted)
        of = {f"{kind}_id": names[kind, name] for kind, name in wanted}
        for n, state in enumerate(("booked", "held", "free")):
            row = {"id": new_id(), "start": now + timedelta(days=n + 1), "minutes": 30, "state": state} | of
            await conn.execute(sa.insert(slot), row | {"held_until": now + timedelta(hours=1) if n == 1 else None})
            if state == "booked":
                visit = {"id": new_id(), "person_id": clinic.persons[0], "slot_id": row["id"], "start": row["start"]}
                visit |= {"minutes": 30, "status": "booked", "version": 2, "created_at": now, "updated_at": now}
                del of["specialty_id"]
                await conn.execute(sa.insert(appointment), visit | of)
                of["specialty_id"] = names["specialty", "Care"]

    await parts.db.write(unit)


async def test_every_resource_is_found_once_valid_and_read_alone(fhir: Fhir, clinic: Clinic) -> None:
    """Page by page, forwards and backwards; fifteen messages less four notes, and three threads."""
    counts = {}
    for kind in KINDS:
        if kind.name == "AuditEvent":
            continue  # each call adds one: see below
        found = await fhir.ids(f"/{kind.name}?_count=2")
        assert len(found) == len(set(found))
        for sort in kind.sorts:
            assert set(await fhir.ids(f"/{kind.name}?_count=2&_sort=-{sort}")) == set(found)
        status, one = await fhir.get(f"/{kind.name}/{found[0]}")
        assert (status, one["id"]) == (200, found[0])
        counts[kind.name] = len(found)

    assert counts == {"Patient": 3, "Communication": 3 + 11, "Consent": 1, "Appointment": 1, "Slot": 3}
    status, told = await fhir.get("/metadata")
    assert [one["type"] for one in told["rest"][0]["resource"]] == [kind.name for kind in KINDS]


async def test_what_is_asked_for_is_what_is_found(fhir: Fhir, clinic: Clinic) -> None:
    """By each parameter; times around those at which the clinic's messages were sent."""
    now = clinic.parts.clock.now()
    ana = (await fhir.ids("/Patient?identifier=urn:carehub:mrn|EXP-0"))[0]
    thread = (await fhir.ids(f"/Communication?subject=Patient/{ana}&status=in-progress"))[0]
    long_ago = (now - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    lately = (now - timedelta(days=1, hours=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = {
        "/Patient?phone=%2B12025550151": 1,
        "/Patient?identifier=EXP-9": 0,
        f"/Patient?_id={ana},{new_id()}": 1,
        "/Patient?active=false": 0,
        f"/Patient?_lastUpdated=lt{long_ago}": 0,
        f"/Communication?patient={ana}": 1 + 7,
        f"/Communication?part-of=Communication/{thread}": 7,
        "/Communication?status=completed": 11,
        "/Communication?status=not-done": 0,
        "/Communication?category=care": 4,
        "/Communication?category=inbound": 7,
        f"/Communication?sent=lt{long_ago}": 0,
        # Of the longest thread what was said from the fourth hour on: 4, 6, 7 and 9; of the second nothing.
        f"/Communication?sent=gt{lately}": 4,
        f"/Communication?_id={clinic.sent}&_lastUpdated=ge{long_ago}": 1,
        f"/Communication?identifier=urn:carehub:message|{clinic.sent}": 1,
        "/Communication?identifier=urn:carehub:provider:sms|SM00": 1,
        "/Communication?identifier=urn:carehub:provider:voice|SM00": 0,
        f"/Communication?identifier=urn:carehub:thread|{thread}": 1,
        f"/Consent?patient=Patient/{ana}&provision-type=permit&category=care": 1,
        f"/Consent?patient={ana}&date=gt{long_ago}": 0,
        f"/Appointment?patient={clinic.persons[0]}&status=booked&date=ge{now:%Y-%m-%d}": 1,
        "/Appointment?status=noshow": 0,
        "/Slot?status=free": 1,
        "/Slot?status=busy,busy-tentative": 2,
        f"/AuditEvent?patient={ana}&subtype=message.read&agent=urn:carehub:actor:staff|nobody": 0,
    }

    found = {path: len(await fhir.ids(path)) for path in wanted}

    assert found == wanted
    pictured = [await fhir.get(f"/Communication/{one}") for one in await fhir.ids(f"/Communication?patient={ana}")]
    payloads = [each for _, one in pictured for each in one.get("payload", [])]
    assert sum("contentAttachment" in each for each in payloads) == 1
    status, by_form = await fhir.get("/Patient/_search", "POST", data={"identifier": "EXP-0"})
    assert (status, by_form["entry"][0]["resource"]["id"]) == (200, ana)
    assert "EXP-0" not in json.dumps(by_form["link"])


@either_will_do
async def test_every_failure_is_an_operation_outcome(
    fhir: Fhir, clinic: Clinic, web: aiohttp.ClientSession, hub: Any
) -> None:
    gone = clinic.persons[0]
    change = sa.update(data_key).where(data_key.c.owner_id == gone)
    parts = clinic.parts
    await parts.db.write(lambda conn: conn.execute(change.values(wrapped=None, destroyed_at=parts.clock.now())))
    parts.vault._cache.clear()
    narrow = Fhir(web, await token_for(hub, "system/Slot.rs"))
    calls = {
        401: (Fhir(web, None), "/Patient", "GET", {}),
        403: (narrow, "/Patient", "GET", {}),
        404: (fhir, f"/Patient/{new_id()}", "GET", {}),
        400: (fhir, "/Slot?start=soon", "GET", {}),
        405: (fhir, f"/Patient/{clinic.persons[1]}", "DELETE", {}),
        406: (fhir, "/metadata", "GET", {"headers": {"Accept": "application/fhir+xml"}}),
        410: (fhir, f"/Patient/{gone}", "GET", {}),
    }

    for status, (caller, path, method, rest) in calls.items():
        found, told = await caller.get(path, method, **rest)
        assert (found, told["resourceType"]) == (status, "OperationOutcome"), told
    assert (await fhir.get(f"/Communication/{clinic.threads[0]}"))[0] == 410
    assert (await fhir.get("/Patient?_page=nonsense"))[0] == 400
    assert gone not in await fhir.ids("/Patient")
    assert clinic.threads[0] not in await fhir.ids("/Communication")
    assert (await narrow.get("/Slot"))[0] == 200


@either_will_do
async def test_who_read_what_of_whom_is_in_the_audit_and_can_be_read_there(
    fhir: Fhir, clinic: Clinic, web: aiohttp.ClientSession
) -> None:
    one = clinic.persons[1]
    async with web.get(f"/fhir/R4/Patient/{one}", headers=fhir._headers) as answer:
        request_id = answer.headers["X-Request-Id"]
    (entry,) = await fhir.ids(f"/AuditEvent?request={request_id}&patient=Patient/{one}")

    _, told = await fhir.get(f"/AuditEvent/{entry}")

    assert told["subtype"][0]["code"] == "patient.read"
    assert (told["action"], told["outcome"]) == ("R", "0")
    assert told["entity"][0]["what"] == {"reference": f"Patient/{one}"}
    assert told["entity"][-1]["what"]["identifier"]["value"] == request_id
    async with clinic.parts.db.read() as conn:
        last = (await conn.execute(sa.select(audit_event).order_by(audit_event.c.id.desc()).limit(1))).one()
        merged = (await conn.execute(sa.select(sa.func.count()).select_from(person))).scalar_one()
    assert (last.action, last.object_id, merged) == ("audit.read", entry, 3)
    refused = event(
        type("Row", (), last._asdict() | {"action": "token.refuse", "person_id": None, "request_id": ""}), {}, BASE
    )
    valid(refused)
    assert refused["outcome"] == "4"
