"""Merging by the API: whole, audited, and once; whoever still has the old ids finds the survivor."""

from hub.app import Hub
from hub.types import new_id
from tests.hub.api.calling import Api, audited, patient, says
from tests.stores import embedded_only

ONE, TWO = "+12025550123", "+12025550124"
WHY = {"reason": "entered twice at the front desk"}


@embedded_only
async def test_a_merged_record_is_found_under_every_name_it_had(hub: Hub, api: Api) -> None:
    ana, twice = await patient(hub, "A-1", ONE), await patient(hub, "A-2", TWO)
    thread = await says(hub, "hello", TWO)

    done = await api.post(f"/patients/{twice}/merge", {"into": ana, **WHY})
    again = await api.post(f"/patients/{twice}/merge", {"into": ana, **WHY})

    assert (done.status, done.value["patient"], done.value["moved"]["messages"]) == (200, ana, 1)
    assert (again.status, again.value["moved"]) == (200, {})
    assert (await api.get(f"/patients/{twice}")).value["id"] == ana
    assert [one["id"] for one in await api.every("/patients", mrn="A-2")] == [ana]
    assert (await api.get(f"/threads/{thread}")).value["id"] == done.value["thread"]
    (kept,) = (await api.get(f"/threads/{thread}/messages")).value["items"]
    assert kept["body"] == "hello"
    note = await api.post(f"/threads/{thread}/messages", {"body": "was entered twice", "kind": "note"})
    assert note.status == 201
    assert [one["id"] for one in await api.every("/patients")] == [ana]
    assert len(await audited(hub, "person.merge")) == 2


@embedded_only
async def test_what_must_not_be_merged_is_refused_with_the_reason(hub: Hub, api: Api) -> None:
    ana = await patient(hub, "A-1", ONE)

    itself = await api.post(f"/patients/{ana}/merge", {"into": ana, **WHY})
    nobody = await api.post(f"/patients/{ana}/merge", {"into": new_id(), **WHY})
    wordless = await api.post(f"/patients/{ana}/merge", {"into": ana, "reason": " "})

    assert (itself.status, itself.value["reasons"]) == (409, ["A record cannot be merged into itself."])
    assert (nobody.status, wordless.status) == (404, 422)
