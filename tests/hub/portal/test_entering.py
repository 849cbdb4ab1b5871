"""Who gets in, who does not, and what a stranger learns."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from hub.api.tokens import new_token
from hub.audit import Actor
from hub.db.tables import address, audit_event, contact, message, portal_code, portal_session
from hub.demo.clinic import patient
from hub.portal.codes import GOOD_FOR, MOST_CODES, MOST_TRIES, Codes, address_of
from hub.portal.sessions import IDLE, LASTS, Sessions
from hub.types import Address, AddressKind
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.conftest import Watch
from tests.hub.portal.person import CODE, LINK, Person
from tests.stores import either_will_do

JAMES, DANA, NOAH, CARMEN = (patient(key) for key in ("james", "dana", "noah", "carmen"))


async def rows(clinic: Running, query: sa.Select) -> list:
    async with clinic.parts.db.read() as conn:
        return list((await conn.execute(query)).all())


async def audited(clinic: Running, action: str) -> int:
    query = sa.select(sa.func.count()).where(audit_event.c.action == action)
    return (await rows(clinic, query))[0][0]


@either_will_do
class TestTheWayIn:
    async def test_the_code_from_the_phone_and_the_birth_date_open_the_thread(
        self, clinic: Running, person: Person
    ) -> None:
        await person.sign_in(JAMES)

        assert person.url.path == "/portal/messages"
        assert "No messages yet" in person.page
        assert await audited(clinic, "portal.sign_in") == 1

    async def test_the_link_shows_a_page_and_is_used_up_by_its_form_alone(self, person: Person) -> None:
        text = await person.ask_for_code(JAMES)
        path = "/portal/link/" + LINK.findall(text)[0].rpartition("/")[2]
        for _ in range(3):
            await person.get(path)

        await person.enter("", JAMES.birth_date)

        assert person.url.path == "/portal/messages"
        await person.submit("/portal/messages", text="")  # the session holds
        assert person.status == 200

    async def test_a_code_opens_once(self, clinic: Running, person: Person) -> None:
        text = await person.ask_for_code(JAMES)
        form = person.form("/portal/enter")
        code = {"code": CODE.findall(text)[0], "month": "8", "day": "2", "year": "1979"}
        await person.post("/portal/enter", form | code)
        other = Person(clinic)

        await other.post("/portal/enter", form | code)

        assert other.status == 403
        assert "does not fit" in other.page
        await other.web.close()

    async def test_on_a_shared_phone_the_birth_date_says_who_it_is(self, clinic: Running, person: Person) -> None:
        text = await person.ask_for_code(DANA)
        await person.enter(CODE.findall(text)[0], NOAH.birth_date)
        await person.get("/portal/more")

        assert "Signed in as Noah" in person.page

    async def test_the_page_speaks_the_persons_language_and_can_be_switched(self, person: Person) -> None:
        await person.sign_in(CARMEN)
        assert "Su equipo de salud" in person.page

        await person.get("/portal/more")
        assert "/portal/security" in person.page
        assert "/portal/notices" not in person.page, "this clinic sends no notifications"
        await person.submit("/portal/language")

        assert "Sign out" in person.page
        assert '<html lang="en">' in person.page


@either_will_do
class TestStrangers:
    async def test_an_unknown_number_is_answered_like_a_known_one(self, clinic: Running, person: Person) -> None:
        pages = []
        for number in (JAMES.phone, "+12025550177"):
            await person.get("/portal")
            await person.submit("/portal/code", address=number)
            pages.append((person.status, person.page.replace(person.form("/portal/enter")["ticket"], "")))

        assert pages[0] == pages[1]
        await clinic.carrier.phone(JAMES.phone).next(30)
        assert len(await rows(clinic, sa.select(portal_code.c.id))) == 1

    async def test_a_wrong_code_and_a_wrong_birth_date_are_refused_in_the_same_words(self, person: Person) -> None:
        text = await person.ask_for_code(JAMES)
        code = CODE.findall(text)[0]
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"

        said = []
        for tried, born in ((wrong, JAMES.birth_date), (code, date(1979, 8, 3)), (wrong, date(1979, 8, 3))):
            await person.enter(tried, born)
            said.append((person.status, person.page))

        assert {status for status, _ in said} == {403}
        assert len({page for _, page in said}) == 1

    async def test_after_five_tries_the_right_code_is_of_no_more_use(self, person: Person) -> None:
        text = await person.ask_for_code(JAMES)
        for _ in range(MOST_TRIES):
            await person.enter("0", JAMES.birth_date)

        await person.enter(CODE.findall(text)[0], JAMES.birth_date)

        assert person.status == 403

    async def test_a_code_runs_out(self, person: Person, watch: Watch) -> None:
        text = await person.ask_for_code(JAMES)
        watch.forward(GOOD_FOR)

        await person.enter(CODE.findall(text)[0], JAMES.birth_date)

        assert person.status == 403

    async def test_of_two_born_on_one_day_neither_gets_in_and_staff_must_help(
        self, clinic: Running, person: Person
    ) -> None:
        # A twin on the same phone: the same birth date, another record.
        from hub.audit import Actor
        from hub.people.records import NewPatient

        twin = NewPatient(
            mrn="TWIN",
            given_name="Nora",
            family_name="Whitfield",
            birth_date=NOAH.birth_date,
            addresses=(Address(AddressKind.PHONE, NOAH.phone),),
        )
        await clinic.parts.db.write(lambda conn: clinic.parts.people.upsert(conn, twin, Actor("system")))
        text = await person.ask_for_code(NOAH)

        await person.enter(CODE.findall(text)[0], NOAH.birth_date)

        assert person.status == 403
        assert "Please call us" in person.page
        assert await rows(clinic, sa.select(portal_session.c.id)) == []

    async def test_an_address_gets_few_codes_an_hour(self, clinic: Running) -> None:
        sessions = Sessions(
            clinic.parts.db, clinic.parts.vault, clinic.parts.trail, clinic.parts.clock, clinic.parts.proxies
        )
        codes = Codes(clinic.parts, sessions)

        for n in range(MOST_CODES + 2):
            await codes.send(Address(AddressKind.PHONE, JAMES.phone), f"ticket {n}", None)

        assert len(await rows(clinic, sa.select(portal_code.c.id))) == MOST_CODES
        assert await audited(clinic, "portal.refuse") == 2

    async def test_one_client_may_not_ask_without_end(self, person: Person) -> None:
        await person.get("/portal")
        for _ in range(10):
            await person.submit("/portal/code", address="+12025550177")
            await person.get("/portal")

        await person.submit("/portal/code", address="+12025550177")

        assert person.status == 429

    async def test_what_opens_the_door_is_nowhere_in_the_database_but_sealed(
        self, clinic: Running, person: Person
    ) -> None:
        text = await person.ask_for_code(JAMES)
        (code,) = await rows(clinic, sa.select(portal_code))

        kept = repr(tuple(code)).encode()
        assert CODE.findall(text)[0].encode() not in kept
        assert LINK.findall(text)[0].rpartition("/")[2].encode() not in kept

    async def test_nothing_is_shown_without_a_session(self, person: Person) -> None:
        for path in ("messages", "visits", "visits/times?type=Check-up", "more"):
            await person.get(f"/portal/{path}")
            assert person.url.path == "/portal"
        await person.get("/portal/events")
        assert person.status == 403


class TestSessions:
    async def test_a_session_ends_when_nothing_is_done_and_the_page_alone_does_not_keep_it(
        self, person: Person, watch: Watch
    ) -> None:
        await person.sign_in(JAMES)
        watch.forward(IDLE / 2)
        await person.get("/portal/messages", **{"X-Portal-Refresh": "1"})
        assert person.url.path == "/portal/messages"
        watch.forward(IDLE / 2)

        await person.get("/portal/messages")

        assert person.url.path == "/portal"
        assert "signed out" in person.page

    async def test_what_the_person_does_keeps_it_until_its_time_is_up(self, person: Person, watch: Watch) -> None:
        await person.sign_in(JAMES)
        for _ in range(int(LASTS / IDLE * 2) - 1):
            watch.forward(IDLE / 2)
            await person.get("/portal/messages")
            assert person.url.path == "/portal/messages"
        watch.forward(IDLE / 2)

        await person.get("/portal/messages")

        assert person.url.path == "/portal"

    async def test_signing_out_ends_it_for_whoever_has_the_cookie(self, clinic: Running, person: Person) -> None:
        await person.sign_in(JAMES)
        cookies = {one.key: one.value for one in person.web.cookie_jar}
        await person.get("/portal/more")

        await person.submit("/portal/leave")
        await person.get("/portal/messages", Cookie="; ".join(f"{k}={v}" for k, v in cookies.items()))

        assert person.url.path == "/portal"

    async def test_each_sign_in_is_a_new_session_and_ends_the_one_before(self, clinic: Running, person: Person) -> None:
        await person.sign_in(JAMES)
        first = {one.key: one.value for one in person.web.cookie_jar}
        text = await person.ask_for_code_again(JAMES)
        await person.enter(CODE.findall(text)[0], JAMES.birth_date)
        second = {one.key: one.value for one in person.web.cookie_jar}

        assert first["portal"] != second["portal"]
        ended = await rows(clinic, sa.select(portal_session.c.ended_at).order_by(portal_session.c.id))
        assert [row.ended_at is not None for row in ended] == [True, False]

    async def test_the_address_in_the_portal_is_made_once(self, clinic: Running, person: Person) -> None:
        await person.sign_in(JAMES)
        text = await person.ask_for_code_again(JAMES)
        await person.enter(CODE.findall(text)[0], JAMES.birth_date)

        query = sa.select(contact.c.person_id).join(address).where(address.c.kind == AddressKind.PORTAL)
        assert len(await rows(clinic, query)) == 1

    async def test_a_form_of_another_site_or_without_its_token_does_nothing(
        self, clinic: Running, person: Person
    ) -> None:
        await person.sign_in(JAMES)
        form = person.form("/portal/messages") | {"text": "Hello"}

        for fields, headers in (
            (form, {"Sec-Fetch-Site": "cross-site"}),
            (form, {"Origin": "https://evil.example.org"}),
            (form | {"csrf": ""}, {}),
            (form | {"csrf": "0" * 64}, {}),
        ):
            await person.post("/portal/messages", fields, **headers)
            assert person.status == 403

        assert await rows(clinic, sa.select(message.c.id).where(message.c.direction == "inbound")) == []


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("(202) 555-0112", "+12025550112"),
        ("+1 202 555 0112", "+12025550112"),
        (" Ana@Example.ORG ", "ana@example.org"),
        ("ana@", None),
        ("@example.org", None),
        ("ana maria@example.org", None),
        ("hello", None),
        ("", None),
    ],
)
def test_an_address_is_read_as_people_write_it(said: str, value: str | None) -> None:
    found = address_of(said, "US")

    assert (found.value if found else None) == value


async def test_with_tls_the_cookie_is_bound_to_this_host(clinic: Running) -> None:
    import dataclasses

    from aiohttp import web

    from hub.portal.desk import Desk

    settings = dataclasses.replace(clinic.parts.settings, public_url="https://hub.example.org")
    desk = Desk(dataclasses.replace(clinic.parts, settings=settings))
    response = web.Response()

    desk.keep(response, "secret")

    (cookie,) = response.cookies.values()
    assert cookie.key == "__Host-portal"
    assert all((cookie["secure"], cookie["httponly"], cookie["path"] == "/", not cookie["domain"]))
    assert timedelta(seconds=int(cookie["max-age"])) == LASTS


async def test_staff_see_that_there_was_a_code_and_not_what_it_was(clinic: Running, person: Person) -> None:
    """Who has the code and the birth date is in: the birth date staff know."""
    parts = clinic.parts
    token = await parts.db.write(
        lambda conn: new_token(conn, "EHR", ("*",), trail=parts.trail, clock=parts.clock, actor=Actor("system"))
    )
    code = CODE.findall(await person.ask_for_code(JAMES))[0]
    ((thread_id,),) = await rows(
        clinic, sa.select(message.c.thread_id).where(message.c.intent_key.like("portal.code:%"))
    )

    async with person.web.get(
        f"/api/v1/threads/{thread_id}/messages", headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        shown = await answer.text()

    assert answer.status == 200
    assert "A code for signing in" in shown
    assert code not in shown
