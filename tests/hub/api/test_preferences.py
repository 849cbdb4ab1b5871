"""Preferences and places, as staff and other systems set them."""

from consent.facts import ConsentState, Source
from hub.app import Hub
from tests.hub.api.calling import Api, audited, decides, patient


async def test_wishes_are_kept_for_the_purposes_named_and_taken_back(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    path = f"/patients/{one}/preferences"

    wish = {"purposes": ["billing"], "order": ["email", "sms"], "hours": "17:00-20:00", "per_week": 1, "language": "es"}
    changed = await api.patch(path, wish)

    kept = {**wish, "purpose": "billing", "off": []}
    del kept["purposes"]
    assert (changed.status, changed.value["items"]) == (200, [kept])
    shown = {row["purpose"]: row for row in (await api.get(path)).value["items"]}
    assert shown["billing"] == kept
    assert shown["care"]["hours"] is None
    back = await api.patch(path, {"purposes": ["billing"], "hours": None, "per_week": None})
    assert (back.value["items"][0]["hours"], back.value["items"][0]["order"]) == (None, ["email", "sms"])
    assert len(await audited(hub, "preference.change")) == 2


async def test_a_template_is_said_in_the_language_wanted_for_its_purpose(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)
    await api.patch(f"/patients/{one}/preferences", {"purposes": ["billing"], "language": "en"})

    for purpose in ("billing", "care"):
        note = {"mrn": "A-1", "purpose": purpose, "template": "consent.offers_off"}
        assert (await api.post("/messages", note)).status == 202

    threads = await api.every("/threads")
    said = [row["body"] for row in await api.every(f"/threads/{threads[0]['id']}/messages")]
    assert ["no offers" in text for text in said] == [True, False]


async def test_hours_that_end_before_they_begin_are_refused(hub: Hub, api: Api) -> None:
    one = await patient(hub)

    assert (await api.patch(f"/patients/{one}/preferences", {"hours": "20:00-17:00"})).status == 422


async def test_a_verified_place_no_import_changes(hub: Hub, api: Api) -> None:
    one = await patient(hub)

    answer = await api.patch(f"/patients/{one}/place", {"timezone": "America/Denver", "state": "CO", "verified": True})
    await patient(hub)

    assert answer.status == 200
    shown = (await api.get(f"/patients/{one}")).value["preferences"]
    assert (shown["timezone"], shown["state"]) == ("America/Denver", "CO")
    assert (await api.patch(f"/patients/{one}/place", {"timezone": "Nowhere/Land"})).status == 422
    assert (await api.patch(f"/patients/{one}/place", {"state": "ZZ"})).status == 422
