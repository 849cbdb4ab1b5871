"""Who of the staff is let in to what."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.accounts.sessions import IDLE, LASTS
from hub.db.tables import audit_event, staff_session
from hub.staff.access import named
from tests.hub.staff.signed_in import browser_of, hired, signed_in
from tests.hub_rig import Rig
from tests.stores import either_will_do


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/threads/{id}", [("thread", "one")]),
        ("/threads/{id}/lines/{message}/undo", [("thread", "one")]),
        ("/patients/{id}/addresses/{address}", [("person", "one")]),
        ("/teams/{id}", []),
        ("/me", []),
    ],
)
def test_a_path_says_what_of_patients_it_names(path: str, found: list[tuple[str, str]]) -> None:
    assert named(path, {"id": "one", "message": "two", "address": "three"}) == found


@pytest.mark.parametrize("path", ["/secrets/{id}", "/{id}", "/threads/of-{id}"])
def test_a_path_of_which_nobody_said_what_it_names_is_not_served(path: str) -> None:
    with pytest.raises(LookupError):
        named(path, {})


@either_will_do
async def test_who_is_signed_in_is_told_who_they_are(rig: Rig) -> None:
    async with signed_in(rig.parts, rig.base, "agent", name="Priya Natarajan", teams=("Nurses",)) as nurse:
        answer = await nurse.get("/me")

        assert answer.status == 200
        assert answer.value["name"] == "Priya Natarajan"
        assert answer.value["initials"] == "PN"
        assert [one["name"] for one in answer.value["teams"]] == ["Nurses"]
        assert "threads:read" in answer.value["may"]
        assert answer.headers["Cache-Control"] == "no-store"


@either_will_do
async def test_a_session_locks_when_nobody_is_there_and_is_over_in_the_end(rig: Rig) -> None:
    """Also: only what the user does keeps it open, and what changes something carries the page's token."""
    user = await hired(rig.parts, "agent")
    async with browser_of(rig.parts, rig.base, user) as one:
        await _seen(rig, IDLE - timedelta(minutes=1))
        assert (await one.get("/me", headers={"X-Staff-Refresh": "1"})).status == 200
        await _seen(rig, IDLE + timedelta(minutes=1))
        locked = await one.get("/me")
        assert (locked.status, locked.value["type"]) == (401, "urn:carehub:problem:locked")
        await _seen(rig, timedelta(0))
        assert (await one.post("/awake")).status == 200
        assert (await one.post("/awake", headers={"X-CSRF": "another"})).status == 403
        await _seen(rig, timedelta(0), ends=-timedelta(seconds=1))
        over = await one.get("/me")
        assert (over.status, over.value["type"]) == (401, "urn:carehub:problem:signed-out")
        assert timedelta(hours=12) == LASTS
    query = sa.select(sa.func.count()).where(audit_event.c.action == "staff.refuse", audit_event.c.actor_id == user.id)
    assert await rig.value(query) == 1


async def _seen(rig: Rig, ago: timedelta, ends: timedelta = LASTS) -> None:
    now = rig.parts.clock.now()
    await rig.parts.db.write(
        lambda conn: conn.execute(sa.update(staff_session).values(seen_at=now - ago, ends_at=now + ends))
    )
