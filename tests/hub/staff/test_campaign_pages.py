"""The pages of campaigns: who asks, who approves, what is counted, and that no patient is told of."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.campaigns import Planned, plans
from hub.campaigns.deciding import Decided, Outcome
from hub.campaigns.foreseen import added_up
from hub.campaigns.plans import Step, reading
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import audit_event, campaign, campaign_approval
from hub.errors import Rejected
from hub.router import Judged
from hub.staff import campaign_words
from hub.staff.drawing import words
from hub.types import Skip
from tests.hub.campaigns.clinic import ALL, Clinic
from tests.hub.outbox.mail import ANA, BEN, Mail
from tests.hub.staff.signed_in import SignedIn, signed_in
from tests.hub_rig import open_rig
from tests.stores import either_will_do

EN = words("en")
HOME = "/campaigns/plans/all"
SHIPPED = reading.FOLDER


@pytest.fixture
def plan_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of plans of the test's own, with one that writes to everybody at once."""
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "all.yml").write_text(ALL)
    monkeypatch.setattr(reading, "FOLDER", folder)
    reading.built_in.cache_clear()
    yield folder
    reading.built_in.cache_clear()


@pytest.fixture
async def clinic(
    database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock, plan_folder: Path
) -> AsyncIterator[Clinic]:
    """A clinic with its pages, whose campaigns and outbox are moved by hand."""
    async with open_rig(
        database_url, tmp_path, keyring, clock=clock, roles=("web",), engine=False, password_memory=1
    ) as rig:
        yield Clinic(Mail(rig, clock))


def said(page: str) -> str:
    """The words of a page, as text."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def does(one: SignedIn, action: str, path: str = HOME) -> tuple[int, str]:
    """Status and words of the page that a form leads to."""
    answer = await one.submit(f"{path}/{action}")
    return answer.status, said(str(answer.value))


async def run_id(clinic: Clinic) -> str:
    return str(await clinic.rig.value(sa.select(campaign.c.id)))


@either_will_do
async def test_a_second_person_approves_and_only_what_was_approved_is_started(
    clinic: Clinic, plan_folder: Path
) -> None:
    """Also: whoever asked may not approve, agents have no such pages, and every step of it is in the audit."""
    parts, base = clinic.parts, clinic.rig.base
    async with (
        signed_in(parts, base, "campaigns", name="Mei Tanaka") as mei,
        signed_in(parts, base, "supervisor", name="Sam Okafor") as sam,
        signed_in(parts, base, "agent") as alex,
    ):
        assert EN["refused"] in said(await alex.page("/campaigns"))
        assert (await does(alex, "approve"))[0] == 403
        assert EN["campaign_wrong_gone"] in (await does(mei, "start"))[1]
        assert (await does(sam, "ask"))[0] == 403

        assert EN["campaign_told_asked"] in (await does(mei, "ask"))[1]
        status, page = await does(mei, "approve")
        assert (status, EN["campaign_wrong_own"] in page) == (422, True)
        assert EN["campaign_wrong_not-approved"] in (await does(mei, "start"))[1]
        assert EN["campaign_wrong_pending"] in (await does(mei, "ask"))[1]
        assert EN["campaign_told_approved"] in (await does(sam, "approve"))[1]
        assert EN["campaign_wrong_gone"] in (await does(sam, "refuse"))[1]
        assert (await does(sam, "start"))[0] == 403

        (plan_folder / "all.yml").write_text(ALL.replace("version: 1", "version: 2"))
        reading.built_in.cache_clear()
        assert EN["campaign_wrong_changed"] in (await does(mei, "start"))[1]
        assert EN["campaign_told_withdrawn"] in (await does(mei, "withdraw"))[1]
        await does(mei, "ask")
        await does(sam, "approve")
        page = (await does(mei, "start"))[1]
        assert EN["campaign_told_started"] in page
        assert "Mei Tanaka asked for it" in page
        assert "Sam Okafor approved it" in page
        assert EN["campaign_wrong_running"] in (await does(mei, "ask"))[1]
    rows = await clinic.rig.rows(sa.select(campaign_approval).order_by(campaign_approval.c.id))
    assert [row.state for row in rows] == ["withdrawn", "started"]
    assert rows[1].campaign_id == await run_id(clinic)
    assert (rows[1].asked_by, rows[1].decided_by) == (mei.id, sam.id)
    actions = [row.action for row in await clinic.rig.rows(sa.select(audit_event.c.action))]
    for action, times in (("ask", 2), ("withdraw", 1), ("approve", 2), ("start", 1), ("refuse", 0)):
        assert (action, actions.count(f"campaign.{action}")) == (action, times)


@either_will_do
async def test_every_page_of_every_plan_that_ships_is_drawn_in_both_languages(
    clinic: Clinic, plan_folder: Path
) -> None:
    """Those for a list of record numbers are looked at, not asked for."""
    for one in SHIPPED.glob("*.yml"):
        (plan_folder / one.name).write_text(one.read_text())
    reading.built_in.cache_clear()
    async with signed_in(clinic.parts, clinic.rig.base, "campaigns") as mei:
        for name, plan in plans.built_in().items():
            for step in plan.steps:
                for channel in ("sms", "email", "portal", "push"):
                    page = await mei.page(f"/campaigns/plans/{name}?step={step.name}&channel={channel}")
                    assert page.count('class="phone ') == 2 * len(step.templates)
        await clinic.parts.db.write(
            lambda conn: clinic.parts.users.describe(conn, mei.id, mei.user.actor, name="Mei Tanaka", language="es")
        )
        status, page = await does(mei, "ask", "/campaigns/plans/check-in")
        assert (status, words("es")["campaign_wrong_listed"] in page) == (422, True)
        assert "hub campaigns start check-in --list FILE" in page
        assert words("es")["campaign_title_check-in"] in await mei.page("/campaigns")


@either_will_do
async def test_a_plan_is_built_without_a_script_and_its_faults_are_told_at_their_fields(clinic: Clinic) -> None:
    """Also: nobody without the permission builds one, and what was saved is there as a file."""
    fields = {
        "do": "save",
        "title": "Flu shots",
        "kind": "broadcast",
        "purpose": "care",
        "audience.of": "persons",
        "steps.0.name": "Word",
        "steps.0.n": "0",
        "steps.0.unit": "d",
        "steps.0.late.n": "6",
        "steps.0.late.unit": "h",
        "steps.0.w.0.template": "own",
        "steps.0.w.0.en": "Hi {name}, at {start}.",
        "steps.0.w.0.level": "limited",
    }
    async with (
        signed_in(clinic.parts, clinic.rig.base, "campaigns") as mei,
        signed_in(clinic.parts, clinic.rig.base, "supervisor") as sam,
    ):
        assert (await sam.submit("/campaigns/new", **fields)).status == 403
        assert "/campaigns/new?from=all" in await mei.page("/campaigns/new")
        wrong = await mei.submit("/campaigns/new", **fields)
        assert wrong.status == 422
        for at, said_at in (("en", EN["build_wrong_variable"]), ("es", EN["build_wrong_no-words-es"])):
            told = re.search(rf'id="steps.0.w.0.{at}-wrong">([^<]+)<', wrong.value)
            assert told is not None
            assert html.unescape(told[1]) == said_at.replace("{named}", "{start}")
        longer = await mei.submit("/campaigns/new", **fields | {"do": "add-step"})
        assert (longer.status, 'name="steps.1.name"' in longer.value) == (200, True)

        fields |= {"steps.0.w.0.en": "Hi {name}.", "steps.0.w.0.es": "Hola {name}."}
        saved = await mei.submit("/campaigns/new", **fields)
        assert EN["campaign_told_saved"] in said(saved.value)
        assert plans.parse(await mei.page("/campaigns/plans/flu-shots/plan.yml")).steps[0].template == "own.word"
        form = await mei.page("/campaigns/plans/flu-shots/build")
        assert "Hola {name}." in form
        again = await mei.submit("/campaigns/plans/flu-shots/build", **fields, revision="7")
        assert (again.status, EN["campaign_wrong_edited"] in said(again.value)) == (422, True)
        assert EN["campaign_told_asked"] in (await does(mei, "ask", "/campaigns/plans/flu-shots"))[1]
        assert EN["build_next_version"].replace("{n}", "2") in said(await mei.page("/campaigns/plans/flu-shots/build"))


@either_will_do
async def test_tests_go_to_addresses_that_an_administrator_keeps_and_say_what_became_of_them(clinic: Clinic) -> None:
    """Also: whoever approves a later version sees what changed in it since the one that was approved."""
    await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    parts, base, home = clinic.parts, clinic.rig.base, "/settings/test-addresses"
    fields = {"title": "All", "kind": "broadcast", "purpose": "care", "audience.of": "persons", "steps.0.name": "word"}
    fields |= {"steps.0.late.n": "6", "steps.0.w.0.template": "own", "steps.0.w.0.en": "One.", "steps.0.w.0.es": "Uno."}
    async with (
        signed_in(parts, base, "admin") as root,
        signed_in(parts, base, "campaigns") as mei,
        signed_in(parts, base, "supervisor") as sam,
    ):
        for number, word in ((ANA, "patient"), ("nobody", "address")):
            refused = await root.submit(home, address=number)
            assert (refused.status, EN[f"tests_wrong_{word}"] in said(refused.value)) == (422, True)
        added = await root.submit(home, address="(202) 555-0155", label="Desk")
        assert EN["tests_told_added"] in said(added.value)
        assert "+12025550155" in await root.page(home)

        await mei.submit("/campaigns/new", **fields)
        plan = "/campaigns/plans/all-2"
        (to,) = re.findall(r'<option value="([0-9a-f-]{36})">', await mei.page(plan))
        test = {"step": "word", "template": "own.word", "language": "es", "channel": "sms"}
        assert EN["test_state_queued"] in said((await mei.submit(f"{plan}/test", to=to, **test)).value)
        (claim,) = await clinic.mail.claim()
        assert (claim.part.recipient.value, claim.part.text) == ("+12025550155", "[PRUEBA] Uno.")
        await root.submit(f"{home}/remove", id=to)
        gone = await mei.submit(f"{plan}/test", to=to, **test)
        assert (gone.status, EN["campaign_wrong_test-gone"] in said(gone.value)) == (422, True)

        await does(mei, "ask", plan)
        await does(sam, "approve", plan)
        await mei.submit(f"{plan}/build", **fields | {"steps.0.w.0.en": "Two."}, revision="1")
        await does(mei, "withdraw", plan)
        await does(mei, "ask", plan)
        page = await sam.page(plan)
        found = re.findall(r"</span>([^<]*)</(ins|del)>", page)
        assert [(line.strip(), mark) for line, mark in found] == [
            ("version: 1", "del"),
            ("version: 2", "ins"),
            ("en: One.", "del"),
            ("en: Two.", "ins"),
        ]


async def test_the_database_itself_wants_a_second_person(clinic: Clinic) -> None:
    async with signed_in(clinic.parts, clinic.rig.base, "campaigns") as mei:
        await does(mei, "ask")
        change = sa.update(campaign_approval).values(state="approved", decided_by=mei.id)
        with pytest.raises(sa.exc.IntegrityError):
            await clinic.parts.db.write(lambda conn: conn.execute(change))


@either_will_do
async def test_a_run_is_followed_paused_resumed_and_stopped_without_a_patient_in_sight(clinic: Clinic) -> None:
    """Also: the preview's counts are the run's, results follow, and names are for who may read threads."""
    parts, base, mail = clinic.parts, clinic.rig.base, clinic.mail
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await clinic.rig.patient("MRN-2", "Ben", "Stone", BEN)
    await clinic.rig.patient("MRN-3", "Nobody", "Reached", "+12025550166", consent="")
    async with (
        signed_in(parts, base, "campaigns") as mei,
        signed_in(parts, base, "supervisor") as sam,
    ):
        page = (await does(mei, "preview"))[1]
        assert "3 patients, 2 of them will receive something" in page
        assert EN["campaign_rule_consent-unknown"] in page
        await does(mei, "ask")
        await does(sam, "approve")
        await does(mei, "start")
        await parts.campaigns.plan_all()
        one = f"/campaigns/runs/{await run_id(clinic)}"

        async with mei.client.get(f"/inbox/api{one.removeprefix('/campaigns')}/events") as stream:
            first = await event(stream)
            assert (first["numbers"]["waiting"], first["numbers"]["skipped"], first["state"]) == (2, 1, "running")
            claims = await mail.claim()
            lost, kept = sorted(claims, key=lambda claim: claim.person_id != ana)
            await mail.sent(kept, "SM-kept")
            await mail.fell(lost, Rejected(provider_code="30006"))
            parts.bell.ring()
            while (now := await event(stream))["numbers"]["failed"] == 0:
                pass
            assert (now["numbers"]["sent"], now["numbers"]["done"], now["numbers"]["total"]) == (1, 3, 3)
        assert EN["campaign_told_pause"] in (await does(mei, "pause", one))[1]
        assert EN["campaign_wrong_state"] in (await does(mei, "pause", one))[1]
        assert (await does(sam, "resume", one))[0] == 403
        assert EN["campaign_told_resume"] in (await does(mei, "resume", one))[1]
        page = await mei.page(one)
        assert "30006" in page
        assert "Ana" not in page
        assert EN["campaign_lost_private"] in page
        assert "Ana Lopez" in await sam.page(one)
        assert EN["campaign_told_stop"] in (await does(mei, "stop", one))[1]
        for path in ("/campaigns", HOME, one):
            page = await mei.page(path)
            assert [secret for secret in ("Ana", "Lopez", "MRN-1", ANA, ana) if secret in page] == []
    looked = sa.select(sa.func.count()).where(
        audit_event.c.action == "campaign.failures", audit_event.c.actor_id == sam.id
    )
    assert await clinic.rig.value(looked) == 1


async def event(stream: Any) -> dict[str, Any]:
    """The next event of a stream."""
    async with asyncio.timeout(20):
        while line := await stream.content.readline():
            if line.startswith(b"data: "):
                return dict(json.loads(line[6:]))
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_plan_that_ships_can_be_said(language: Any) -> None:
    t = words(language)
    for plan in plans.built_in().values():
        assert f"campaign_title_{plan.name}" in t
        assert f"campaign_kind_{plan.kind}" in t
        said = [*campaign_words.audience(plan, t), *(one.when for one in campaign_words.steps(plan, t))]
        said += [line for one in campaign_words.steps(plan, t) for line in (*one.conditions, one.channels)]
        assert [line for line in said if not line or "{" in line] == []


def test_both_languages_have_the_same_words() -> None:
    keys = [{key for key in words(one) if key.startswith("campaign")} for one in ("en", "es")]
    assert keys[0] == keys[1]


def test_a_rule_without_words_is_told_in_the_engines_own() -> None:
    assert campaign_words.reason("opted-out,consent-unknown", "x", EN) == ("Opted out; No consent on file", None)
    assert campaign_words.reason("opted-out,unheard-of", "The engine says.", EN) == ("The engine says.", "en")
    assert campaign_words.reason("unheard-of", "", EN) == ("unheard-of", "en")


async def test_a_person_is_counted_once_however_many_steps_they_have() -> None:
    """And whoever the policy refuses is told of as refused, though an earlier step was late as well."""

    async def pages() -> AsyncIterator[list[Planned]]:
        yield [row("A", "first", "send"), row("A", "second", "skip", "late"), row("B", "first", "skip", "late")]
        yield [row("B", "second", "skip", "opted-out"), row("C", "first", "hold"), row("D", "first", "skip", "late")]
        raise AssertionError("it was to be broken off")

    found = await added_up(pages(), 4)

    assert (found.people, found.reached, found.left_out, found.complete) == (4, 2, 2, False)
    assert found.excluded == {"opted-out": 1, "late": 1}
    assert found.steps["first"] == {"send": 1, "skip": 2, "hold": 1}


def row(mrn: str, step: str, decision: Outcome, rule: str = "") -> Planned:
    """A row of a preview; all but what is late was asked of the policy."""
    judged = None if rule == "late" else Judged(Skip(("No.",)), (rule,), mrn)
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    return Planned(mrn, Decided(Step(name=step), "", "", decision, rule, "", moment, judged=judged))
