"""Rights to act for a patient, over the API."""

from datetime import date

from hub.app import Hub
from hub.types import new_id
from tests.hub.api.calling import Api, audited, patient
from tests.stores import embedded_only

pytestmark = embedded_only


async def family(hub: Hub) -> tuple[str, str]:
    mum = await patient(hub, "M-1", "+12025550111")
    today = hub.parts.clock.now().date()
    return mum, await patient(hub, "M-2", "+12025550112", given_name="Noah", birth_date=date(today.year - 7, 1, 1))


async def test_a_right_is_given_listed_and_ended_and_stays_on_the_books(hub: Hub, api: Api) -> None:
    mum, noah = await family(hub)
    asked = {"proxy": mum, "kind": "parent", "scope": ["visits", "messages"], "verified_how": "documents"}

    given = await api.post(f"/patients/{noah}/proxies", asked)
    twice = await api.post(f"/patients/{noah}/proxies", asked)
    ended = await api.delete(f"/patients/{noah}/proxies/{given.value['id']}")
    again = await api.delete(f"/patients/{noah}/proxies/{given.value['id']}")
    (listed,) = (await api.get(f"/patients/{noah}/proxies")).value["items"]

    assert (given.status, given.value["holds"]) == (201, ["messages", "visits"])
    assert twice.status == 409
    assert (ended.status, ended.value["holds"], ended.value["ended_why"]) == (200, [], "staff")
    assert again.value["ended_at"] == ended.value["ended_at"] == listed["ended_at"]
    assert len(await audited(hub, "proxy.give", "proxy.end")) == 2


async def test_what_age_forbids_is_refused_in_words(hub: Hub, api: Api) -> None:
    mum, noah = await family(hub)
    asked = {"proxy": noah, "kind": "parent", "scope": ["visits"], "verified_how": "record"}

    grown = await api.post(f"/patients/{mum}/proxies", asked)
    nobody = await api.post(f"/patients/{mum}/proxies", asked | {"proxy": new_id()})
    itself = await api.post(f"/patients/{mum}/proxies", asked | {"proxy": mum, "kind": "caregiver"})

    assert (grown.status, "of age" in grown.value["reasons"][0]) == (409, True)
    assert (nobody.status, itself.status) == (404, 409)
    assert (await api.delete(f"/patients/{mum}/proxies/{new_id()}")).status == 404
