"""The settings pages of teams, labels and canned replies, as forms that need no script."""

import html
import re

import sqlalchemy as sa

from hub.db.tables import audit_event, event, staff_user
from hub.staff.drawing import words
from tests.hub.staff.signed_in import SignedIn, signed_in
from tests.hub.staff.test_panel import ANA, HOSTILE, thread_of, times
from tests.hub_rig import Rig
from tests.stores import either_will_do

REPLY = "Hi {given_name}, {provider} sees you {visit_date} at {visit_time}. {staff_name}"


def said(page: str) -> str:
    """The words of a page, as text."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


async def posted(one: SignedIn, path: str, **fields: str) -> str:
    """The page that a form leads to."""
    answer = await one.submit(path, **fields)
    assert answer.status in (200, 422), answer.status
    return str(answer.value)


@either_will_do
async def test_teams_and_labels_are_made_changed_and_put_away(rig: Rig) -> None:
    """Also: agents have no such pages, what is wrong is said, hostile names stay text, and all of it is audited."""
    t = words("en")
    async with signed_in(rig.parts, rig.base, "supervisor") as lead, signed_in(rig.parts, rig.base, "agent") as desk:
        assert t["refused"] in said(await desk.page("/settings/teams"))
        page = await posted(
            lead,
            "/settings/teams",
            name=HOSTILE,
            routing="round_robin",
            reply_within="45",
            **{f"member_{desk.id}": "on"},
        )
        assert t["desk_told_saved"] in said(page)
        assert HOSTILE in said(page)
        assert "<img" not in page
        assert t["desk_wrong_promise"] in await posted(lead, "/settings/teams", name="B", reply_within="soon")
        assert t["desk_wrong_taken"] in said(await posted(lead, "/settings/teams", name=HOSTILE.upper()))
        async with rig.parts.db.read() as conn:
            (team,) = await rig.parts.teams.all(conn)
        assert (team.routing, team.reply_within, team.members) == ("round_robin", 45, (desk.id,))
        await posted(lead, f"/settings/teams/{team.id}", name="Front desk", routing="manual", private="on")
        assert "Front desk" in await lead.page(f"/settings/teams/{team.id}")
        await posted(lead, f"/settings/teams/users/{desk.id}", capacity="7")
        assert t["desk_wrong_capacity"] in await posted(lead, f"/settings/teams/users/{desk.id}", capacity="-1")
        room = await rig.rows(
            sa.select(staff_user.c.capacity, staff_user.c.available).where(staff_user.c.id == desk.id)
        )
        assert (room[0].capacity, room[0].available) == (7, False)
        await posted(lead, f"/settings/teams/{team.id}/archive")
        async with rig.parts.db.read() as conn:
            assert await rig.parts.teams.all(conn) == []
            (away,) = await rig.parts.teams.all(conn, archived=True)
        assert (away.name, away.private, away.members) == ("Front desk", True, ())

        await posted(lead, "/settings/labels", name=HOSTILE[:40], color="amber")
        assert t["desk_wrong_color"] in await posted(lead, "/settings/labels", name="B", color="pink")
        page = await lead.page("/settings/labels")
        assert HOSTILE[:40] in said(page)
        assert "<img" not in page
        async with rig.parts.db.read() as conn:
            (label,) = await rig.parts.labels.all(conn)
        await posted(lead, f"/settings/labels/{label.id}", name="Billing", color="red")
        await posted(lead, f"/settings/labels/{label.id}/archive")
        assert (await lead.submit(f"/settings/labels/{label.id}/restore", csrf="another")).status == 403
        acts = [
            row.action
            for row in await rig.rows(sa.select(audit_event.c.action).where(audit_event.c.actor_id == lead.id))
        ]
        assert {"team.create", "team.change", "team.archive", "user.room"} <= set(acts)
        assert {"label.create", "label.change", "label.archive"} <= set(acts)
        about = event.c.object_id.in_((team.id, label.id, desk.id))
        told = await rig.value(sa.select(sa.func.count()).where(event.c.type == "desk.updated", about))
        # Each change once, and that one of them was hired.
        assert told == 8


@either_will_do
async def test_a_canned_reply_is_previewed_kept_and_filled_for_a_thread(rig: Rig) -> None:
    """Also: it is sealed, and of a team's replies nobody else is told."""
    t = words("en")
    ana = await rig.patient("MRN-1", "Ana", "Ruiz", ANA, language="es")
    thread = await thread_of(rig, ana)
    await times(rig, 1)
    async with (
        signed_in(rig.parts, rig.base, "supervisor") as lead,
        signed_in(rig.parts, rig.base, "agent", name="Priya N.", teams=("Nurses",)) as nurse,
    ):
        form = {"title": HOSTILE, "shortcut": "visit", "language": "en", "text": REPLY}
        page = await posted(lead, "/settings/canned/new", act="preview", **form)
        reads = "Hi Maria, Dr. Hannah Kim sees you Thu, Mar 5 at 2:10 PM. Priya N."
        assert reads in said(page)
        assert t["desk_canned_segment"].replace("{n}", "1").replace("{units}", str(len(reads))) in said(page)
        wrong = await posted(lead, "/settings/canned/new", act="save", **form | {"text": "Hi {patient}"})
        assert "{patient}" in said(wrong)
        await posted(lead, "/settings/canned/new", act="save", **form)
        async with rig.parts.db.read() as conn:
            (team,) = await rig.parts.teams.all(conn)
        await posted(
            lead,
            "/settings/canned/new",
            act="save",
            **form | {"language": "es", "text": "Hola {given_name}", "team": team.id},
        )
        assert "<img" not in await lead.page("/settings/canned")
        blank = (await nurse.get("/canned")).value["items"]
        assert [one["text"] for one in blank] == [REPLY, "Hola {given_name}"]
        unfilled = (await nurse.get("/canned", thread=thread)).value["items"]
        assert [one["text"] for one in unfilled] == [
            "Hola Ana",
            "Hi Ana, {provider} sees you {visit_date} at {visit_time}. Priya N.",
        ]
        found = (await nurse.get(f"/threads/{thread}/times", visit_type="Check-up")).value["items"][0]
        await nurse.post(f"/threads/{thread}/book", {"key": "form-book", "slot": found["id"]})
        filled = (await nurse.get("/canned", thread=thread)).value["items"][1]
        assert filled["text"].startswith("Hi Ana, Dr. Kim sees you ")
        assert "{" not in filled["text"]
        assert [one["language"] for one in (await lead.get("/canned")).value["items"]] == ["en"]
