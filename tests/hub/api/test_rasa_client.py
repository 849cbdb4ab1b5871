"""What Rasa's actions call the hub by, held against the hub itself."""

from datetime import datetime, timedelta

import pytest

from bots.rasa.hub_api import HubApi, HubAway, Refused
from consent.facts import ConsentState
from hub.app import Hub
from hub.types import ChannelKind, Purpose
from tests.bots.scheduling_backends import NEW_YORK, LocalBackend, Opening
from tests.hub.api.calling import Api, patient, says, token_for
from tests.servers.child import free_port
from tests.stores import embedded_only

pytestmark = embedded_only

SCOPES = (
    *("patients:read", "appointments:read", "appointments:write", "consents:write", "threads:read", "messages:write"),
)
"""Those that docs/rasa.md names."""
TUESDAY = datetime(2026, 3, 3, tzinfo=NEW_YORK)


async def _client(hub: Hub, person_id: str) -> HubApi:
    return HubApi(person_id, f"http://127.0.0.1:{hub.port}", await token_for(hub, *SCOPES))


async def _open(hub: Hub, *hours: int) -> list[str]:
    parts = hub.parts
    backend = LocalBackend(parts.db, parts.vault, parts.clock, parts.trail)
    return await backend.open(*(Opening(start=TUESDAY + timedelta(hours=hour)) for hour in hours))


async def test_a_visit_is_found_kept_booked_moved_confirmed_and_cancelled(hub: Hub) -> None:
    client = await _client(hub, await patient(hub))
    early, late = await _open(hub, 9, 15)

    found = await client.times("tomorrow afternoon", "en", {"visit_type": None, "provider": None}, [])
    again = await client.times("tomorrow", "en", {"visit_type": found["visit_type"]}, [late])
    held = await client.hold(late)
    booked = await client.book(late, None, "turn-1")
    moved = await client.book(early, booked["id"], "turn-2")
    twice = await client.book(early, booked["id"], "turn-2")
    confirmed = await client.confirm(moved["id"], "turn-3")
    visits = await client.visits()
    cancelled = await client.cancel(moved["id"], "turn-4")

    assert [one["id"] for one in found["times"]] == [late]
    assert [one["id"] for one in again["times"]] == [early]
    assert held["time"]["id"] == late
    assert (booked["status"], moved["status"], twice["id"]) == ("booked", "booked", moved["id"])
    assert [one["id"] for one in visits] == [confirmed["id"]] == [moved["id"]]
    assert cancelled["status"] == "cancelled"
    with pytest.raises(Refused):
        await client.cancel(moved["id"], "turn-5")


async def test_an_opt_out_is_in_the_ledger_for_every_way(hub: Hub) -> None:
    one = await patient(hub)
    client = await _client(hub, one)

    assert (await client.heard("please stop texting me", "en"))["kind"] == "stop"
    await client.stop()

    async with hub.parts.db.read() as conn:
        contacts = await hub.parts.people.contacts(conn, one)
        standings = await hub.parts.ledger.standings(conn, {contact.address_id for contact in contacts})
    (standing,) = standings.values()
    assert standing.of(ChannelKind.SMS, Purpose.CARE).state is ConsentState.REVOKE
    assert standing.of(ChannelKind.VOICE, Purpose.MARKETING).state is ConsentState.REVOKE


async def test_staff_get_the_thread_with_a_note_and_the_dialogue_is_silent_until_they_give_it_back(
    hub: Hub, api: Api
) -> None:
    client = await _client(hub, await patient(hub))
    without = await client.hand_over("Handed over.")
    thread = await says(hub, "hello")

    before = await client.is_the_bots()
    there = await client.hand_over("Handed over.")
    meanwhile = await client.is_the_bots()
    await api.patch(f"/threads/{thread}", {"status": "bot"})
    after = await client.is_the_bots()

    assert (without, before, there, meanwhile, after) == (False, True, True, False, True)
    notes = [one["body"] for one in await api.every(f"/threads/{thread}/messages") if one["direction"] == "note"]
    assert notes == ["Handed over."]


async def test_the_language_is_the_patients(hub: Hub) -> None:
    assert await (await _client(hub, await patient(hub))).language() == "es"
    assert await (await _client(hub, await patient(hub, "A-2", "+12025550124", language="en"))).language() == "en"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token": "hub_wrong"}, "http-401"),
        ({"patient": "Zanzibar"}, "sender-is-no-patient"),
        ({"url": ""}, "unreachable"),
    ],
    ids=["a wrong token", "a sender that is no patient", "no hub"],
)
async def test_what_goes_wrong_has_a_code_and_says_nothing_else(hub: Hub, change: dict[str, str], reason: str) -> None:
    values = {
        "patient": await patient(hub),
        "url": f"http://127.0.0.1:{hub.port}",
        "token": await token_for(hub, *SCOPES),
    }
    if "url" in change:
        change = {"url": f"http://127.0.0.1:{free_port()}"}

    with pytest.raises(HubAway) as away:
        await HubApi(**(values | change)).heard("Zanzibar", None)

    assert str(away.value) == away.value.reason == reason
