"""Patients as another system sees them."""

import pytest

from consent.facts import ConsentState, Source
from hub.app import Hub
from hub.errors import StorageError
from hub.types import Address, AddressKind
from tests.hub.api.calling import Api, audited, decides, ids, patient, says, token_for
from tests.stores import either_will_do

MAIL = (Address(AddressKind.MAILBOX, "ana@example.org"),)


async def test_a_patient_has_a_profile_contact_points_and_what_holds_of_consent(hub: Hub, api: Api) -> None:
    one = await patient(hub, mail=MAIL)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)

    found = (await api.get(f"/patients/{one}")).value

    phone, mailbox = found["contacts"]
    assert (found["mrn"], found["given_name"], found["birth_date"]) == ("A-1", "Ana", "1987-03-14")
    assert found["preferences"] == {"channel": None, "language": "es", "timezone": "America/New_York", "state": None}
    assert (phone["kind"], phone["value"], phone["state"]) == ("phone", "+12025550123", "ok")
    assert (mailbox["kind"], mailbox["value"]) == ("mailbox", "ana@example.org")
    assert {(c["channel"], c["state"]) for c in phone["consents"]} == {("sms", "grant"), ("voice", "grant")}
    assert {c["state"] for c in mailbox["consents"]} == {"unknown"}


async def test_an_opt_out_shows_as_what_holds(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    await decides(hub, one, ConsentState.GRANT, Source.FORM)
    await decides(hub, one, ConsentState.REVOKE, Source.STOP)

    found = (await api.get(f"/patients/{one}")).value

    assert {c["state"] for c in found["contacts"][0]["consents"]} == {"revoke"}


FILTERS = {
    "mrn": ({"mrn": "A-1"}, ["A-1"]),
    "unknown mrn": ({"mrn": "A-9"}, []),
    "shared phone": ({"phone": "+12025550123"}, ["A-1", "A-2"]),
    "phone as people write it": ({"phone": "(202) 555-0123"}, ["A-1", "A-2"]),
    "mail, other case": ({"email": "Ana@Example.org"}, ["A-1"]),
    "both": ({"phone": "+12025550123", "email": "ana@example.org"}, ["A-1"]),
    "both, nobody": ({"mrn": "A-2", "email": "ana@example.org"}, []),
    "none": ({}, ["A-1", "A-2"]),
}


async def test_filters_combine(hub: Hub, api: Api) -> None:
    await patient(hub, "A-1", mail=MAIL)
    await patient(hub, "A-2", given_name="Luis")
    await says(hub, "Who am I?", "+12025550199")

    answers = {name: await api.every("/patients", **query) for name, (query, _) in FILTERS.items()}

    assert {name: [one["mrn"] for one in answer] for name, answer in answers.items()} == {
        name: found for name, (_, found) in FILTERS.items()
    }


async def test_an_unknown_sender_is_not_on_the_list_but_can_be_read(hub: Hub, api: Api) -> None:
    thread = await says(hub, "Hello", "+12025550199")
    whose = (await api.get(f"/threads/{thread}")).value["patient"]["id"]

    found = (await api.get(f"/patients/{whose}")).value

    assert (found["kind"], found["mrn"]) == ("unidentified", None)
    assert await api.every("/patients") == []


async def test_pages_hold_every_patient_once_whoever_is_added_meanwhile(hub: Hub, api: Api) -> None:
    made = [await patient(hub, f"A-{n}", f"+120255501{n:02}") for n in range(5)]

    first = await api.get("/patients", limit=2)
    made.append(await patient(hub, "A-9", "+12025550190"))
    second = await api.get("/patients", limit=2, cursor=first.value["next"])
    third = await api.get("/patients", limit=2, cursor=second.value["next"])

    assert ids(first.value["items"] + second.value["items"] + third.value["items"]) == made
    assert third.value["next"] is None


@pytest.mark.parametrize(
    "one", ["01890000-0000-7000-8000-000000000000", "x", "0", "%00", "01890000-0000-7000-8000-00000000000G"]
)
@either_will_do
async def test_an_id_that_is_nobodys_is_not_found(api: Api, one) -> None:
    assert (await api.get(f"/patients/{one}")).status == 404


async def test_a_phone_that_is_none_is_said_so(api: Api) -> None:
    answer = await api.get("/patients", phone="not a number")

    assert answer.status == 422
    assert "phone" in answer.value["detail"]


async def test_each_read_has_one_audit_entry_that_names_the_token_and_the_person(hub: Hub, api: Api) -> None:
    one, other = await patient(hub), await patient(hub, "A-2", "+12025550124")

    read = await api.get(f"/patients/{one}")
    listed = await api.get("/patients")

    single, many = await audited(hub, "patient.read")
    assert (single.actor_kind, single.person_id, single.object_id) == ("token", one, one)
    assert single.request_id == read.headers["X-Request-Id"]
    assert (many.person_id, many.request_id) == (None, listed.headers["X-Request-Id"])
    assert ids(listed.value["items"]) == [one, other]


async def test_what_cannot_be_audited_is_not_told(hub: Hub, api: Api, monkeypatch) -> None:
    one = await patient(hub)

    async def refuse(*_: object) -> None:
        raise StorageError("gone")

    monkeypatch.setattr(hub.parts.trail.__class__, "record", refuse)

    answer = await api.get(f"/patients/{one}")

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Ana" not in str(answer.value)


async def test_a_reading_token_reads(hub: Hub, web) -> None:
    await patient(hub)

    assert len(await Api(web, await token_for(hub, "patients:read")).every("/patients")) == 1
