"""Campaigns by the API: started, counted, paused, stopped; and the waitlist."""

from hub.app import Hub
from hub.types import new_id
from tests.hub.api.calling import Api, audited, patient
from tests.stores import embedded_only

ONE = "+12025550123"


@embedded_only
async def test_a_run_is_started_counted_paused_and_stopped(hub: Hub, api: Api) -> None:
    await patient(hub, "A-1", ONE)

    begun = await api.post("/campaigns", {"name": "balance", "mrns": ["A-1"]})
    twice = await api.post("/campaigns", {"name": "balance", "mrns": ["A-1"]})
    unlisted = await api.post("/campaigns", {"name": "check-in"})

    assert (begun.status, begun.value["state"]) == (201, "running")
    assert (twice.status, unlisted.status) == (409, 409)
    run = begun.value["id"]
    assert [one["id"] for one in (await api.get("/campaigns")).value["items"]] == [run]
    assert (await api.get(f"/campaigns/{run}")).value["total"] == 0
    paused = await api.patch(f"/campaigns/{run}", {"state": "paused"})
    stopped = await api.patch(f"/campaigns/{run}", {"state": "stopped"})
    again = await api.patch(f"/campaigns/{run}", {"state": "running"})
    assert (paused.value["state"], stopped.value["state"], again.status) == ("paused", "stopped", 409)
    assert (await api.get(f"/campaigns/{new_id()}")).status == 404
    assert len(await audited(hub, "campaign.pause")) == 1


@embedded_only
async def test_a_patient_waits_for_a_visit_that_the_calendar_knows(hub: Hub, api: Api) -> None:
    await patient(hub, "A-1", ONE)

    unknown = await api.post("/waitlist", {"mrn": "A-1", "visit_type": "Something"})
    nobody = await api.post("/waitlist", {"mrn": "A-9", "visit_type": "Something"})

    assert (unknown.status, unknown.value["reasons"]) == (409, ["the calendar has no visit type of this name"])
    assert nobody.status == 404
