"""Passkeys and sessions: who gets in by them, what is listed, and what ends."""

import json
from ipaddress import ip_network

import pytest
import sqlalchemy as sa

from hub.db.tables import audit_event, portal_passkey
from hub.demo.clinic import patient
from hub.signin.ceremonies import GOOD_FOR
from hub.signin.devices import described
from hub.signin.limits import Limit, Limits, network
from hub.signin.limits import client as client_of
from tests.hub.demo.clinic_running import Running
from tests.hub.portal.authenticator import Authenticator
from tests.hub.portal.conftest import Watch
from tests.hub.portal.person import Person
from tests.stores import NOW, embedded_only

JAMES, AISHA = patient("james"), patient("aisha")
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"}


async def add(person: Person, phone: Authenticator, label: str = "My phone") -> str:
    """The page after a passkey was made on the device of someone who is signed in."""
    await person.get("/portal/security", Host=localhost(person))
    form = person.form("/portal/security/passkeys")
    options = await person.post("/portal/security/passkeys/ask", form)
    return await person.post("/portal/security/passkeys", form | {"answer": phone.make(options), "label": label})


async def enter(person: Person, phone: Authenticator) -> str:
    """What the passkey of `phone` answers to a fresh challenge."""
    return phone.sign(await person.post("/portal/passkey/ask", {}))


def localhost(person: Person) -> str:
    return f"localhost:{person.clinic.hub.port}"


@embedded_only
async def test_a_passkey_signs_in_once_for_each_challenge_until_it_is_removed(
    clinic: Running, person: Person, watch: Watch, disk
) -> None:
    phone = Authenticator(f"http://{localhost(person)}")
    await person.sign_in(JAMES)

    await add(person, phone)
    assert "Your passkey was added" in person.page
    assert "My phone" in person.page
    assert "a passkey can now open" in (await clinic.carrier.phone(JAMES.phone).next(30)).text
    await person.get("/portal/security", Host=localhost(person))
    again = person.form("/portal/security/passkeys") | {"answer": phone.make(await asked(person))}
    await person.post("/portal/security/passkeys", again)
    assert "was not added" in person.page

    other = Person(clinic)
    answer = await enter(other, phone)
    await other.post("/portal/passkey", {"answer": answer})
    assert other.url.path == "/portal/messages"
    await other.get("/portal/more")
    assert "Signed in as James" in other.page
    stranger = Person(clinic)
    await stranger.post("/portal/passkey", {"answer": answer})
    assert (stranger.status, "did not work" in stranger.page) == (403, True)

    late = await enter(stranger, phone)
    watch.forward(GOOD_FOR)
    await stranger.post("/portal/passkey", {"answer": late})
    assert stranger.status == 403

    phone.counter = 1
    await stranger.post("/portal/passkey", {"answer": await enter(stranger, phone)})
    assert stranger.status == 403

    async with clinic.parts.db.read() as conn:
        (row,) = (await conn.execute(sa.select(portal_passkey))).all()
    await other.get("/portal/security")
    await other.submit(f"/portal/security/passkeys/{row.id}/remove")
    assert "no longer opens your account" in other.page
    phone.counter = 100
    await stranger.post("/portal/passkey", {"answer": await enter(stranger, phone)})
    assert stranger.status == 403
    async with clinic.parts.db.read() as conn:
        actions = (await conn.execute(sa.select(audit_event.c.action))).scalars().all()
    assert actions.count("portal.passkey_add") == actions.count("portal.passkey_remove") == 1
    assert actions.count("portal.refuse") == 5
    assert b"My phone" not in disk()
    for one in (other, stranger):
        await one.web.close()


async def asked(person: Person) -> str:
    """What a browser needs to make a passkey, for someone whose page is open."""
    return await person.post("/portal/security/passkeys/ask", person.form("/portal/security/passkeys"))


@embedded_only
async def test_a_challenge_of_one_session_adds_nothing_to_another_and_nobody_removes_anothers_passkey(
    clinic: Running, person: Person
) -> None:
    phone, other = Authenticator(f"http://{localhost(person)}"), Person(clinic)
    await person.sign_in(JAMES)
    await other.sign_in(AISHA)
    await person.get("/portal/security", Host=localhost(person))
    await other.get("/portal/security", Host=localhost(person))
    answer = phone.make(await asked(person))

    await other.submit("/portal/security/passkeys", answer=answer)
    assert "was not added" in other.page
    await add(person, phone)
    async with clinic.parts.db.read() as conn:
        (row,) = (await conn.execute(sa.select(portal_passkey))).all()
    csrf = other.form("/portal/security/sessions/end-all")
    await other.post(f"/portal/security/passkeys/{row.id}/remove", csrf)

    assert other.status == 404
    assert json.loads(await enter(other, phone))["id"]
    await other.web.close()


@embedded_only
async def test_sessions_are_listed_ended_one_by_one_and_all_at_once(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)
    other, third = Person(clinic), Person(clinic)
    for one in (other, third):
        one.web.headers.update(PHONE)
        await one.sign_in(JAMES)
    await person.get("/portal/security")
    assert person.page.count("Chrome · Android") >= 2
    assert person.page.count("This device") == 1

    await person.submit("/portal/security/sessions/end")
    assert "That device was signed out" in person.page
    left = [(await one.get("/portal/messages"), one.url.path)[1] for one in (other, third)]
    assert sorted(left) == ["/portal", "/portal/messages"]
    csrf = person.form("/portal/security/sessions/end-all")
    await other.sign_in(AISHA)
    await other.get("/portal/security")
    theirs = other.form("/portal/security/sessions/end-all")["csrf"]
    await person.post("/portal/security/sessions/end", {"csrf": csrf["csrf"], "session": "none"})
    assert person.status == 404
    assert theirs != csrf["csrf"]

    await person.post("/portal/security/sessions/end-all", csrf)

    assert "You are signed out" in person.page
    await third.get("/portal/messages")
    await other.get("/portal/messages")
    assert (third.url.path, other.url.path) == ("/portal", "/portal/messages")
    for one in (other, third):
        await one.web.close()


async def test_tries_count_for_every_process_and_are_forgotten_with_time(db, vault, clock) -> None:
    limit, processes = Limit("test", 3, GOOD_FOR), [Limits(db, vault, clock) for _ in range(2)]

    allowed = [await processes[n % 2].allows(limit, "192.0.2.1") for n in range(4)]
    assert allowed == [True, True, True, False]
    assert await processes[0].allows(limit, "192.0.2.2")
    assert await processes[0].allows(Limit("other", 1, GOOD_FOR), "192.0.2.1")
    clock.set(NOW + GOOD_FOR)

    assert await processes[1].allows(limit, "192.0.2.1")


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_client_is_its_address_or_its_network(client: str, counted: str) -> None:
    assert network(client) == counted


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        pytest.param("192.0.2.9", ["198.51.100.1"], "192.0.2.9", id="no proxy of ours"),
        pytest.param("10.0.0.1", ["198.51.100.1"], "198.51.100.1", id="behind a proxy"),
        pytest.param("::ffff:10.0.0.1", ["2001:db8::7"], "2001:db8::7", id="behind a proxy, v6"),
        pytest.param("10.0.0.1", ["203.0.113.5, 198.51.100.1", "10.0.0.2"], "198.51.100.1", id="two of ours"),
        pytest.param("10.0.0.1", ["203.0.113.5", "198.51.100.1"], "198.51.100.1", id="forged before ours"),
        pytest.param("10.0.0.1", ["10.0.0.9"], "10.0.0.9", id="a client inside"),
        pytest.param("10.0.0.1", ["unknown"], "10.0.0.1", id="no address"),
        pytest.param("10.0.0.1", [], "10.0.0.1", id="nothing written"),
        pytest.param("", ["198.51.100.1"], "", id="nobody"),
    ],
)
def test_behind_our_proxies_alone_a_client_is_whom_they_name(remote: str, forwarded: list[str], found: str) -> None:
    assert client_of(remote, forwarded, (ip_network("10.0.0.0/8"),)) == found
    assert client_of(remote, forwarded, ()) == remote


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE["User-Agent"], "Chrome · Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("curl/8", ""),
    ],
)
def test_a_device_is_told_in_words_of_ours(agent: str, words: str) -> None:
    assert described(agent) == words
    assert described("Maria <b>" + "x" * 5000) == ""
