"""The person's side panel as its calls answer: what staff see, and what they do there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from hub.db.tables import audit_event, consent_event, person, team, thread
from hub.proxies import NewProxy
from hub.staff.inbox.panel_people import age_of
from hub.staff.inbox.panel_reading import TOLD
from tests.hub.staff.signed_in import TEST, SignedIn, signed_in
from tests.hub_rig import Rig
from tests.stores import either_will_do

ANA, BEN, STRANGER = "+12025550123", "+12025550124", "+12025550188"
HOSTILE = '<img src=x onerror="alert(1)">{{7*7}}'


async def thread_of(rig: Rig, person_id: str) -> str:
    async def unit(conn: Any) -> str:
        return (await rig.parts.threads.open_for(conn, (person_id,)))[person_id].id

    return await rig.parts.db.write(unit)


async def panel_of(one: SignedIn, thread: str) -> Any:
    answer = await one.get(f"/threads/{thread}/panel")
    assert answer.status == 200, answer.value
    return answer.value


async def people_named(rig: Rig, one: SignedIn, thread: str, q: str) -> list[Any]:
    """Whom a search finds; names are indexed a moment after they were entered."""
    found: list[Any] = []

    async def there() -> bool:
        found[:] = (await one.get(f"/threads/{thread}/people", q=q)).value["items"]
        return bool(found)

    await rig.until(there, f"somebody is found by {q!r}")
    return found


async def times(rig: Rig, hours: int = 3) -> None:
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    rows = [("Dr. Kim", "Family", "Check-up", "Main", first + timedelta(hours=n), 20) for n in range(hours)]
    await rig.slots(rows)


@pytest.mark.parametrize(
    ("born", "age"),
    [("1987-11-26", 39), ("1987-11-27", 38), ("2026-11-26", 0), ("2027-01-01", None), (None, None)],
)
def test_an_age_is_in_whole_years_of_the_clinics_calendar(born: str | None, age: int | None) -> None:
    now = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)  # still the 26th in New York

    assert age_of(None if born is None else date.fromisoformat(born), now, ZoneInfo("America/New_York")) == age


@either_will_do
async def test_staff_see_who_it_is_and_record_what_they_are_told(rig: Rig) -> None:
    """Also: the read is in the audit, and who looked is for supervisors and compliance."""
    ana = await rig.patient("MRN-1", "Ana", "Ruiz", ANA, language="es", mailbox="ana@example.org")
    ben = await rig.patient("MRN-2", "Ben", "Ruiz", ANA, birth_date="2018-09-05")
    right = NewProxy(
        proxy_person_id=ana, kind="parent", scope=frozenset(("visits", "messages")), verified_how="documents"
    )
    await rig.parts.db.write(lambda conn: rig.parts.proxies.give(conn, ben, right, TEST))
    thread = await thread_of(rig, ana)
    async with (
        signed_in(rig.parts, rig.base, "agent", name="Priya Natarajan") as nurse,
        signed_in(rig.parts, rig.base, "supervisor") as lead,
    ):
        seen = await panel_of(nurse, thread)
        assert (seen["person"]["name"], seen["person"]["mrn"], seen["person"]["language"]) == (
            "Ana Ruiz",
            "MRN-1",
            "es",
        )
        assert [(one["address"]["value"], one["shared"]) for one in seen["addresses"]] == [
            (ANA, 1),
            ("ana@example.org", 0),
        ]
        assert [one["card"]["name"] for one in seen["others"]] == ["Ben Ruiz"]
        assert [(one["name"], one["holds"]) for one in seen["acts_for"]] == [("Ben Ruiz", ["messages", "visits"])]
        assert [one["name"] for one in (await panel_of(nurse, await thread_of(rig, ben)))["acted_for_by"]] == [
            "Ana Ruiz"
        ]
        assert seen["campaigns"] == []

        said = {"state": "revoke", "channels": ["sms"], "purposes": ["marketing"], "words": HOSTILE}
        told = await nurse.post(f"/threads/{thread}/consent", said)
        assert (told.status, told.value["stands"]) == (201, [])
        again = await nurse.post(f"/threads/{thread}/consent", {**said, "state": "grant", "written": True})
        # Offers wait for the address itself to say yes; and a refusal is lifted by the person alone.
        assert (again.status, again.value["stands"]) == (201, ["sms"])
        assert [one["pending"] for one in again.value["items"]] == [True]
        refused = await nurse.post(f"/threads/{thread}/consent", {**said, "words": " "})
        assert refused.status == 422
        (fact,) = [one for one in (await panel_of(nurse, thread))["facts"] if one["consent"]["state"] == "revoke"]
        assert (fact["by"], fact["consent"]["evidence"]["words"]) == ("Priya Natarajan", HOSTILE)
        assert await rig.value(sa.select(consent_event.c.source).where(consent_event.c.state == "revoke")) == "staff"

        wish = {"purpose": "appointment", "order": ["sms"], "off": ["sms"]}
        assert (await nurse.post(f"/threads/{thread}/preference", wish)).status == 200
        assert (await nurse.post(f"/threads/{thread}/language", {"language": "en"})).status == 200
        now = await panel_of(nurse, thread)
        (kept,) = [one for one in now["wishes"]["purposes"] if one["purpose"] == "appointment"]
        assert (kept["order"], kept["off"], now["person"]["language"]) == (["sms"], ["sms"], "en")

        assert (await nurse.get(f"/threads/{thread}/looked")).status == 403
        looks = (await lead.get(f"/threads/{thread}/looked")).value["items"]
        assert ("Priya Natarajan", "panel.read") in [(one["who"], one["action"]) for one in looks]
        assert await rig.audited("access.read") == 1


@either_will_do
async def test_a_visit_is_kept_read_back_booked_moved_and_cancelled_and_the_person_is_told(rig: Rig) -> None:
    """Also: the same form twice books once; a time that somebody else has is refused."""
    ana = await rig.patient("MRN-1", "Ana", "Ruiz", ANA)
    ben = await rig.patient("MRN-2", "Ben", "Stone", BEN)
    thread, other = await thread_of(rig, ana), await thread_of(rig, ben)
    await times(rig)
    async with signed_in(rig.parts, rig.base, "agent") as desk:
        found = (await desk.get(f"/threads/{thread}/times", visit_type="Check-up", location="Main")).value
        assert found["exact"]
        assert (len(found["items"]), found["providers"]) == (3, ["Dr. Kim"])
        first, second, _ = (one["id"] for one in found["items"])

        kept = await desk.post(f"/threads/{thread}/hold", {"key": "form-hold", "slot": first})
        assert kept.value["time"]["id"] == first
        taken = await desk.post(f"/threads/{other}/hold", {"key": "form-hold", "slot": first})
        assert (taken.status, taken.value["type"]) == (409, "urn:carehub:problem:slot-taken")
        assert taken.value["reasons"]

        form = {"key": "form-book", "slot": first, "tell": True}
        booked = await desk.post(f"/threads/{thread}/book", form)
        assert (booked.status, booked.value["visit"]["status"]) == (201, "booked")
        # By night the message waits for the morning.
        assert booked.value["told"]["decision"] in ("send", "hold")
        again = await desk.post(f"/threads/{thread}/book", form)
        assert again.value["visit"]["id"] == booked.value["visit"]["id"]
        lost = await desk.post(f"/threads/{other}/book", {"key": "form-lost", "slot": first})
        assert lost.status == 409

        visit = booked.value["visit"]["id"]
        moved = await desk.post(f"/threads/{thread}/move", {"key": "form-move", "slot": second, "visit": visit})
        assert moved.value["told"] is None
        assert (await desk.post(f"/threads/{thread}/cancel", {"key": "form-gone", "visit": visit})).status == 409
        seen = await panel_of(desk, thread)
        assert [one["id"] for one in seen["next"]] == [moved.value["visit"]["id"]]
        assert [one["status"] for one in seen["past"]] == ["cancelled"]
        wrong = await desk.post(f"/threads/{other}/cancel", {"key": "form-wrong", "visit": seen["next"][0]["id"]})
        assert wrong.status == 409
        gone = await desk.post(f"/threads/{thread}/cancel", {"key": "form-end1", "visit": seen["next"][0]["id"]})
        assert gone.value["visit"]["status"] == "cancelled"
        acts = {"staff.book", "staff.move", "staff.cancel"}
        who = sa.select(audit_event.c.action).where(audit_event.c.actor_id == desk.id)
        assert acts <= {row.action for row in await rig.rows(who)}
    assert len([one for one in await rig.lines(ana) if one.author == "system"]) == 1


@either_will_do
async def test_a_stranger_is_linked_to_a_patient_after_a_look_at_both(rig: Rig) -> None:
    """Also: agents link, and only supervisors merge; a shared line is told who writes, and moves nothing."""
    ana = await rig.patient("MRN-1", "Ana", "Ruiz", ANA)
    await rig.patient("MRN-2", "Noé", "Ruiz", ANA, birth_date="2018-09-05")
    await rig.tell(STRANGER, f"{HOSTILE} who am I")
    stranger = await rig.person_on(STRANGER)
    thread = (await rig.thread(stranger)).id
    async with (
        signed_in(rig.parts, rig.base, "agent") as desk,
        signed_in(rig.parts, rig.base, "supervisor") as lead,
    ):
        for q in ("ana ru", "MRN-1", "(202) 555-0123"):
            assert "Ana Ruiz" in [one["name"] for one in await people_named(rig, desk, thread, q)]
        assert (await desk.post(f"/threads/{thread}/book", {"key": "form-book", "slot": thread})).status == 409
        look = (await desk.get(f"/threads/{thread}/join", into=ana)).value
        assert (look["whose"]["known"], look["into"]["mrn"], look["refused"]) == (False, "MRN-1", None)
        assert look["moves"]["messages"] >= 1
        joining = {"into": ana, "reason": "She called"}
        assert (await desk.post(f"/threads/{thread}/merge", joining)).status == 403
        linked = await desk.post(f"/threads/{thread}/link", joining)
        assert (linked.status, linked.value["patient"]) == (200, ana)
        assert (await panel_of(desk, thread))["thread"] == linked.value["thread"]
        assert (await desk.post(f"/threads/{thread}/link", joining)).status == 409

        noe = (await people_named(rig, desk, thread, "noe"))[0]["id"]
        differs = (await lead.get(f"/threads/{thread}/join", into=noe)).value
        assert (differs["refused"] is not None, differs["force"]) == (True, True)
        assert (await lead.post(f"/threads/{thread}/merge", {"into": noe, "reason": "mistake"})).status == 409

        await rig.tell(ANA, "Hello?")
        line = await rig.person_on(ANA, "line")
        there = (await rig.thread(line)).id
        told = await desk.post(f"/threads/{there}/writing", {"person": noe})
        assert (told.status, told.value["card"]["name"]) == (200, "Noé Ruiz")
        assert (await desk.post(f"/threads/{there}/writing", {"person": stranger})).status == 200
        assert (await desk.post(f"/threads/{there}/writing", {"person": there})).status == 404
        assert (await panel_of(desk, there))["writing"]["card"]["name"] == "Ana Ruiz"
    assert await rig.audited(TOLD) == 2
    assert await rig.value(sa.select(person.c.merged_into).where(person.c.id == stranger)) == ana


@either_will_do
async def test_addresses_are_minded_by_the_apis_own_calls_and_others_stay_out_of_reach(rig: Rig) -> None:
    """Also: whoever may not see patients gets no panel; a private team's patient is not there for others."""
    ana = await rig.patient("MRN-1", "Ana", "Ruiz", ANA)
    thread = await thread_of(rig, ana)
    async with (
        signed_in(rig.parts, rig.base, "agent", teams=("Mind",), private=("Mind",)) as nurse,
        signed_in(rig.parts, rig.base, "agent") as desk,
        signed_in(rig.parts, rig.base, "compliance") as watching,
        signed_in(rig.parts, rig.base, "admin") as admin,
    ):
        added = await desk.post(f"/patients/{ana}/addresses", {"value": "202-555-0177", "vouched": True})
        assert (added.status, added.value["how"]) == (201, "staff")
        away = await desk.post(f"/patients/{ana}/addresses/{added.value['id']}/retire", {"reason": "mistake"})
        assert (away.status, away.value["standing"]) == (200, "retired")
        shown = {
            one["address"]["value"]: one["address"]["standing"] for one in (await panel_of(desk, thread))["addresses"]
        }
        assert shown == {ANA: "verified", "+12025550177": "retired"}

        assert (await panel_of(watching, thread))["may"] == ["access:read"]
        assert (await watching.post(f"/threads/{thread}/language", {"language": "en"})).status == 403
        assert (await admin.get(f"/threads/{thread}/panel")).status == 403
        await _give(rig, thread, "Mind")
        assert (await desk.get(f"/threads/{thread}/panel")).status == 404
        assert (await desk.get("/canned", thread=thread)).status == 404
        assert (await nurse.get(f"/threads/{thread}/panel")).status == 200
        # Neither as a neighbour nor by a search is a name told that is out of reach.
        await rig.patient("MRN-2", "Ben", "Stone", ANA)
        ben = await thread_of(rig, await _id(rig, "MRN-2"))
        assert [one["card"] for one in (await panel_of(desk, ben))["others"]] == [None]
        assert (await desk.get(f"/threads/{ben}/people", q="MRN-1")).value["items"] == []
        assert (await desk.get(f"/threads/{ben}/join", into=ana)).status == 404
        assert (await desk.post(f"/threads/{ben}/link", {"into": ana, "reason": "no"})).status == 409


async def _id(rig: Rig, mrn: str) -> str:
    async with rig.parts.db.read() as conn:
        found = await rig.parts.people.by_mrn(conn, mrn)
    assert found is not None
    return found


async def _give(rig: Rig, thread_id: str, name: str) -> None:
    which = sa.select(team.c.id).where(team.c.name == name).scalar_subquery()
    await rig.parts.db.write(
        lambda conn: conn.execute(sa.update(thread).where(thread.c.id == thread_id).values(team_id=which))
    )
