"""The consent ledger, read and added to."""

import hashlib
from datetime import timedelta

import pytest

from consent.facts import ConsentState, Source
from hub.app import Hub
from hub.types import Address, AddressKind
from tests.hub.api.calling import Api, audited, decides, ids, patient
from tests.stores import either_will_do

GRANT = {
    "mrn": "A-1",
    "state": "grant",
    "channels": ["sms"],
    "evidence": {"text": "May we text you about visits?", "version": "3", "language": "en"},
}
MAIL = (Address(AddressKind.MAILBOX, "ana@example.org"),)


async def test_a_decision_is_appended_with_its_proof(hub: Hub, api: Api) -> None:
    one = await patient(hub)

    answer = await api.post("/consents", {**GRANT, "purposes": ["appointment"], "written": True})

    (shown,) = await api.every("/consents", mrn="A-1")
    assert answer.status == 201
    assert answer.value["items"] == [shown]
    assert (shown["patient"], shown["state"], shown["source"]) == (one, "grant", "api")
    assert (shown["channels"], shown["purposes"], shown["written"]) == (["sms"], ["appointment"], True)
    assert shown["evidence"] == GRANT["evidence"]
    assert shown["actor"]["kind"] == "token"
    assert shown["at"] == shown["recorded_at"] == "2026-03-02T15:00:00Z"
    assert len(await audited(hub, "consent.grant")) == 1


async def test_a_decision_concerns_each_address_its_channels_reach(hub: Hub, api: Api) -> None:
    await patient(hub, mail=MAIL)

    answer = await api.post("/consents", {**GRANT, "channels": ["sms", "voice", "email"]})

    assert [one["channels"] for one in answer.value["items"]] in (
        [["sms", "voice"], ["email"]],
        [["email"], ["sms", "voice"]],
    )


async def test_a_decision_may_be_about_one_address(hub: Hub, api: Api) -> None:
    await patient(hub)
    await patient(hub, "A-1", "+12025550124")

    answer = await api.post("/consents", {**GRANT, "address": "(202) 555-0124"})

    assert len(answer.value["items"]) == 1


async def test_what_was_granted_may_then_be_sent(hub: Hub, api: Api) -> None:
    await patient(hub)
    note = {"mrn": "A-1", "purpose": "appointment", "body": "Your forms are ready."}

    before = await api.post("/messages", note)
    await api.post("/consents", GRANT)
    after = await api.post("/messages", note)

    assert (before.status, after.status) == (409, 202)


@pytest.mark.parametrize("source", ["api", "form", "staff", "import"])
@either_will_do
async def test_a_grant_from_another_system_never_lifts_a_stop(hub: Hub, api: Api, source) -> None:
    one = await patient(hub)
    await decides(hub, one, ConsentState.REVOKE, Source.STOP)

    recorded = await api.post("/consents", {**GRANT, "source": source})
    sent = await api.post("/messages", {"mrn": "A-1", "purpose": "appointment", "body": "Hello"})

    assert (recorded.status, sent.status) == (201, 409)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"source": "start"}, id="the person's own START"),
        pytest.param({"source": "provider"}, id="the carrier's word"),
        pytest.param({"channels": []}, id="no channel"),
        pytest.param({"channels": ["fax"]}, id="unknown channel"),
        pytest.param({"channels": ["email"]}, id="no such address"),
        pytest.param({"purposes": []}, id="no purpose"),
        pytest.param({"state": "maybe"}, id="unknown state"),
        pytest.param({"at": "2030-01-01T00:00:00Z"}, id="in the future"),
        pytest.param({"at": "2026-01-01T00:00:00"}, id="a naive time"),
        pytest.param({"evidence": {"n": 1}}, id="proof that is no text"),
        pytest.param({"address": "+12025550199"}, id="not their address"),
        pytest.param({"person_id": "x"}, id="a field that is not there"),
    ],
)
@either_will_do
async def test_a_decision_that_does_not_fit_is_refused(hub: Hub, api: Api, change) -> None:
    await patient(hub)

    answer = await api.post("/consents", {**GRANT, **change})

    assert answer.status == 422
    assert await api.every("/consents", mrn="A-1") == []


async def test_the_ledger_is_paged_newest_first(hub: Hub, api: Api, clock) -> None:
    await patient(hub)
    made = []
    for _ in range(5):
        clock.advance(timedelta(minutes=1))
        made += ids((await api.post("/consents", GRANT)).value["items"])

    first = await api.get("/consents", mrn="A-1", limit=2)
    clock.advance(timedelta(minutes=1))
    await api.post("/consents", GRANT)
    second = await api.get("/consents", mrn="A-1", limit=3, cursor=first.value["next"])

    assert ids(first.value["items"] + second.value["items"]) == made[::-1]


async def test_the_ledger_is_asked_of_one_person(api: Api) -> None:
    assert (await api.get("/consents")).status == 422
    assert (await api.get("/consents", mrn="A-9")).status == 404


async def test_the_evidence_has_every_decision_with_its_proof_held_against_the_audit(hub: Hub, api: Api) -> None:
    one = await patient(hub, mail=MAIL)
    proof = {"words": "May we <text> you?", "version": "3", "language": "en", "act": "a box was ticked"}
    await api.post("/consents", {**GRANT, "written": True, "purposes": ["appointment"], "evidence": proof})
    await decides(hub, one, ConsentState.REVOKE, Source.STOP)

    page = await evidence(hub, api, f"/patients/{one}/evidence")
    document = await evidence(hub, api, f"/patients/{one}/evidence.pdf")

    text = page.decode()
    assert "May we &lt;text&gt; you?" in text
    assert hashlib.sha256(b"May we <text> you?").hexdigest() in text
    assert text.count("unchanged") == text.count("<dt>Audit chain") >= 2
    assert "differs" not in text
    assert ("+12025550123" in text, "ana@example.org" in text) == (True, True)
    assert document.startswith(b"%PDF-")
    assert len(await audited(hub, "consent.evidence")) == 2


async def evidence(hub: Hub, api: Api, path: str) -> bytes:
    """What a Raw address gives."""
    given = {"Authorization": f"Bearer {api._token}"}
    async with api._client.get("/api/v1" + path, headers=given) as got:
        assert got.status == 200
        assert got.headers["Cache-Control"] == "no-store"
        return await got.read()


async def test_a_signature_for_offers_is_pending_until_the_phone_says_yes(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)

    answer = await api.post("/consents", {**GRANT, "written": True, "purposes": ["marketing", "survey"]})

    shown = {tuple(row["purposes"]): row["pending"] for row in answer.value["items"]}
    assert shown == {("survey",): False, ("marketing",): True}
    offer = {"mrn": "A-1", "purpose": "marketing", "body": "An offer."}
    assert (await api.post("/messages", offer)).status == 409
