"""Booking by another system's dialogue: times found by a person's words, held, booked, moved, cancelled."""

from datetime import datetime, timedelta

import pytest

from hub.app import Hub
from tests.bots.scheduling_backends import NEW_YORK, LocalBackend, Opening
from tests.hub.api.calling import Api, audited, patient, says, token_for
from tests.stores import embedded_only

pytestmark = embedded_only

TUESDAY = datetime(2026, 3, 3, tzinfo=NEW_YORK)


async def _open(hub: Hub, *hours: float) -> list[str]:
    """The ids of open times on Tuesday at these hours."""
    parts = hub.parts
    backend = LocalBackend(parts.db, parts.vault, parts.clock, parts.trail)
    return await backend.open(*(Opening(start=TUESDAY + timedelta(hours=hour)) for hour in hours))


async def test_a_visit_is_found_by_words_held_booked_moved_and_cancelled(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    early, late = await _open(hub, 9, 15)

    found = await api.post(f"/patients/{one}/times", {"words": "a checkup with dr lee tomorrow afternoon"})
    held = await api.post(f"/patients/{one}/hold", {"time": late})
    booked = await api.post(f"/patients/{one}/visits", {"time": late})
    moved = await api.post(f"/patients/{one}/visits", {"time": early, "moves": booked.value["id"]})
    listed = await api.get(f"/patients/{one}/visits")
    confirmed = await api.post(f"/patients/{one}/visits/confirm", {"appointment": moved.value["id"]})
    cancelled = await api.post(f"/patients/{one}/visits/cancel", {"appointment": moved.value["id"]})

    assert (found.status, found.value["exact"], [t["id"] for t in found.value["times"]]) == (200, True, [late])
    assert found.value["understood"][0]["first"] == "2026-03-03"
    assert (found.value["provider"], found.value["visit_type"]) == ("Dr. Ana Lee", "Check-up")
    assert (held.status, held.value["time"]["start"]) == (200, "2026-03-03T15:00:00-05:00")
    assert (booked.status, booked.value["status"], booked.value["patient"]) == (201, "booked", one)
    assert (moved.status, moved.value["start"]) == (201, "2026-03-03T09:00:00-05:00")
    assert [visit["id"] for visit in listed.value["items"]] == [moved.value["id"]]
    assert (confirmed.status, cancelled.value["status"]) == (200, "cancelled")
    assert (await api.get(f"/patients/{one}/visits")).value["items"] == []
    asked = await audited(hub, "appointment.request")
    assert [entry.person_id for entry in asked] == [one] * 4


async def test_the_same_request_under_its_key_books_once(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    (slot,) = await _open(hub, 9)
    key = {"Idempotency-Key": "turn-7"}

    first = await api.post(f"/patients/{one}/visits", {"time": slot}, key)
    again = await api.post(f"/patients/{one}/visits", {"time": slot}, key)
    without = await api.post(f"/patients/{one}/visits", {"time": slot})

    assert (first.status, again.status, without.status) == (201, 201, 409)
    assert first.value == again.value


async def test_what_somebody_else_has_is_refused_with_its_reason(hub: Hub, api: Api) -> None:
    one, other = await patient(hub), await patient(hub, "A-2", "+12025550124")
    (slot,) = await _open(hub, 9)
    visit = await api.post(f"/patients/{one}/visits", {"time": slot})

    taken = await api.post(f"/patients/{other}/hold", {"time": slot})
    gone = await api.post(f"/patients/{other}/visits/cancel", {"appointment": visit.value["id"]})

    assert (taken.status, taken.value["type"]) == (409, "urn:carehub:problem:taken")
    assert (gone.status, gone.value["reasons"]) == (409, ["The visit is not booked, or not this patient's."])


async def test_what_has_two_meanings_is_told_to_be_asked_about(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    await _open(hub, 9)

    found = await api.post(f"/patients/{one}/times", {"words": "next friday"})

    assert {stretch["first"] for stretch in found.value["either"]} == {"2026-03-06", "2026-03-13"}


async def test_an_unknown_patient_or_name_is_refused_before_the_calendar_is_asked(hub: Hub, api: Api) -> None:
    one = await patient(hub)

    nobody = await api.post("/patients/01890000-0000-7000-8000-000000000000/times", {})
    unknown = await api.post(f"/patients/{one}/times", {"provider": "Dr. Nobody"})

    assert (nobody.status, unknown.status) == (404, 422)
    assert "Nobody" not in unknown.value["detail"]


@pytest.mark.parametrize(
    ("text", "kind", "level"),
    [
        ("I have crushing chest pain and can't breathe", "emergency", "medical"),
        ("stop texting me", "stop", None),
        ("can I come in tomorrow", "talk", None),
    ],
    ids=["an emergency", "an opt-out", "neither"],
)
async def test_the_hubs_own_screens_hear_what_was_written(
    hub: Hub, api: Api, text: str, kind: str, level: str | None
) -> None:
    one = await patient(hub)

    heard = await api.post(f"/patients/{one}/heard", {"text": text, "language": "en"})

    assert (heard.value["kind"], heard.value["level"]) == (kind, level)
    assert ("911" in (heard.value["reply"] or "")) == (level is not None)
    assert bool(heard.value["matched"]) == (kind != "talk")


@pytest.mark.parametrize(("text", "number"), [("the second one", 2), ("la última", -1), ("monday at 2", None)])
async def test_which_of_the_offered_times_is_meant_is_read_by_the_hub(
    hub: Hub, api: Api, text: str, number: int | None
) -> None:
    one = await patient(hub)

    assert (await api.post(f"/patients/{one}/heard", {"text": text, "offered": 3})).value["pick"] == number
    assert (await api.post(f"/patients/{one}/heard", {"text": text})).value["pick"] is None


async def test_an_emergency_puts_the_thread_before_staff(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    thread = await says(hub, "hello")

    await api.post(f"/patients/{one}/heard", {"text": "I have crushing chest pain and can't breathe"})

    shown = (await api.get(f"/threads/{thread}")).value
    assert (shown["status"], shown["priority"], shown["attention"]) == ("open", 3, "emergency_medical")
    (entry,) = await audited(hub, "thread.alert")
    assert entry.person_id == one


async def test_a_token_that_may_only_read_changes_nothing(hub: Hub, web) -> None:
    one = await patient(hub)
    (slot,) = await _open(hub, 9)
    reader = Api(web, await token_for(hub, "appointments:read"))

    refused = await reader.post(f"/patients/{one}/visits", {"time": slot})

    assert refused.status == 403
    assert (await reader.get(f"/patients/{one}/visits")).value["items"] == []
