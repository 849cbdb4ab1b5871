"""Staff come in, as a browser sees it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.accounts import totp
from hub.accounts.links import Links
from hub.accounts.sessions import IDLE
from hub.audit import Actor
from hub.crypto import Keyring
from hub.db.tables import staff_session
from hub.settings import Secret
from tests.hub.portal.authenticator import Authenticator
from tests.hub.staff.browser import Browser
from tests.hub.staff.signed_in import hired
from tests.hub_rig import Rig, open_rig
from tests.servers.openid import CLIENT, SECRET, Provider, provider
from tests.stores import either_will_do

pytestmark = either_will_do

PASSWORD = "tulip ferry nineteen"
BY = Actor("system", "test")


@pytest.fixture
async def at() -> AsyncIterator[Provider]:
    async with provider() as one:
        yield one


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring, at: Provider) -> AsyncIterator[Rig]:
    """A hub whose web role alone runs, with an OpenID provider."""
    async with open_rig(
        database_url,
        tmp_path,
        keyring,
        roles=("web",),
        engine=False,
        password_memory=1,
        oidc_issuer=at.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=Secret(SECRET),
        oidc_label="Example SSO",
    ) as one:
        yield one


async def invited(clinic: Rig, email: str = "nora@example.org") -> str:
    """The address of an invitation."""
    parts = clinic.parts

    async def unit(conn: object) -> str:
        user_id = await parts.users.add(conn, email=email, name="Nora Quinn", role="agent", by=BY)  # type: ignore[arg-type]
        return await Links(parts.vault, parts.clock).make(conn, "invitation", user_id=user_id)  # type: ignore[arg-type]

    return f"/sign-in/link/{await parts.db.write(unit)}"


async def test_an_invitation_leads_over_a_second_factor_to_the_pages(clinic: Rig) -> None:
    """Also: weak passwords are refused, the link works once, the factor is asked for from then on."""
    link = await invited(clinic)
    async with Browser(clinic.base) as nora:
        await nora.get(link)
        await nora.submit("", password="password1234")
        assert nora.status == 422
        await nora.submit("", password=PASSWORD)
        assert nora.path == "/settings"
        await nora.get("/settings/glass")
        assert nora.path == "/settings/security"
        assert "set up a second step" in nora.page
        api = await nora.web.get("/inbox/api/me")
        assert api.status == 200

        await nora.submit("/settings/security/app")
        secret = _secret(nora.page)
        await nora.submit("/settings/security/app/add", code="000000")
        assert nora.status == 403
        await nora.submit(
            "/settings/security/app/add", code=totp.code_at(secret, totp.step_of(clinic.parts.clock.now()))
        )
        codes = re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", nora.page)
        assert len(codes) == 10
        await nora.get("/settings/glass")
        assert nora.path == "/settings/glass"

        await nora.get(link)
        await nora.submit("", password="another of my own")
        assert nora.status == 410

        await nora.get("/settings")
        await nora.submit("/sign-in/leave")
        assert nora.path == "/sign-in"
        await nora.get("/settings")
        assert nora.path == "/sign-in"
        await nora.submit("/sign-in", email="Nora@example.org", password=PASSWORD)
        assert "/sign-in/second" in nora.page
        await nora.submit("/sign-in/second", code=codes[3])
        assert nora.path == "/settings"
    assert await clinic.audited("factor.add") == 1


async def test_a_locked_page_goes_on_where_it_was(clinic: Rig) -> None:
    """By the dialog on an open page, and by a page of its own; a wrong password gets neither on."""
    user = await hired(clinic.parts, "agent", email="nora@example.org")
    from hub.accounts.passwords import Passwords

    kept = await Passwords(1).hash(PASSWORD)
    await clinic.parts.db.write(lambda conn: clinic.parts.users.set_password(conn, user.id, kept, BY))
    async with Browser(clinic.base) as nora:
        await nora.sign_in("nora@example.org", PASSWORD)
        await nora.get("/settings/security")
        csrf = re.findall(r'name="csrf" content="(\w+)"', nora.page)[0]
        await _idle(clinic)

        async def again(body: dict[str, str], token: str = csrf) -> tuple[int, dict[str, str]]:
            async with nora.web.post("/inbox/api/again", json=body, headers={"X-CSRF": token}) as answer:
                return answer.status, await answer.json()

        assert (await nora.web.get("/inbox/api/me")).status == 401
        assert (await again({"password": "wrong"}))[0] == 403
        assert (await again({"password": PASSWORD}, "another"))[0] == 403
        assert (await again({"passkey": "{}"}))[0] == 403
        status, value = await again({"password": PASSWORD})
        assert status == 200
        assert value["csrf"] != csrf
        assert (await nora.web.get("/inbox/api/me")).status == 200

        await _idle(clinic)
        await nora.get("/settings/security")
        assert nora.path == "/sign-in/again"
        await nora.submit("/sign-in/again", password="wrong")
        assert nora.status == 403
        await nora.submit("/sign-in/again", password=PASSWORD)
        assert nora.path == "/settings/security"
    assert await clinic.value(sa.select(sa.func.count()).select_from(staff_session)) == 1


async def test_a_passkey_lets_in_by_itself(clinic: Rig) -> None:
    base = clinic.base.replace("127.0.0.1", "localhost")
    link = await invited(clinic)
    async with Browser(base) as nora, Browser(base) as another:
        await nora.get(link)
        await nora.submit("", password=PASSWORD)
        await nora.get("/settings/security")
        device, csrf = Authenticator(base), re.findall(r'name="csrf" content="(\w+)"', nora.page)[0]
        asked = await nora.post("/settings/security/passkey-ask", {"csrf": csrf})
        await nora.post("/settings/security/passkey-add", {"csrf": csrf, "answer": device.make(asked), "label": "Key"})
        assert "Recovery codes" in nora.page

        signed = device.sign(await another.post("/sign-in/passkey/ask", {}))
        await another.post("/sign-in/passkey", {"answer": signed, "next": "/settings/security"})
        assert another.path == "/settings/security"
        assert "<b>Key</b>" in another.page
        replayed = await nora.post("/sign-in/passkey", {"answer": signed, "next": "/settings/security"})
        assert nora.status == 403
        assert "not known here" in replayed

        # Without it, the password alone does not come in any more.
        await another.submit("/sign-in/leave")
        await another.submit("/sign-in", email="nora@example.org", password=PASSWORD)
        assert "/sign-in/passkey/ask" in another.page
        await another.get("/settings")
        assert another.path == "/sign-in"
        # The last factor stays.
        await nora.get("/settings/security")
        (mine,) = re.findall(r"/settings/security/passkeys/[\w-]+/remove", nora.page)
        await nora.submit(mine)
        assert "only second step" in nora.page


async def test_single_sign_on_ties_the_verified_mailbox_once(clinic: Rig, at: Provider) -> None:
    await invited(clinic)
    at.claims |= {"amr": ["mfa"]}
    async with Browser(clinic.base) as nora, Browser(clinic.base) as other:
        await nora.get("/sign-in")
        assert "Sign in with Example SSO" in nora.page
        await nora.get("/sign-in/openid?next=/settings/glass")
        assert nora.path == "/settings/glass"
        assert at.asked[0]["redirect_uri"] == f"{clinic.base}/sign-in/openid/back"

        # The mailbox is no key any more once an account is tied to it; the account is.
        at.claims |= {"sub": "sub-2"}
        await other.get("/sign-in/openid")
        assert other.status == 403
        assert "Ask an administrator" in other.page
        at.claims |= {"sub": "sub-1", "email": "new@example.org"}
        await other.get("/sign-in/openid?next=/settings")
        assert other.path == "/settings"

        # What another browser began is not finished here.
        begun = await other.web.get("/sign-in/openid?next=/settings", allow_redirects=False)
        sent = await other.web.get(begun.headers["Location"], allow_redirects=False)
        await nora.get(sent.headers["Location"])
        assert nora.status == 403
        await other.get(sent.headers["Location"])
        assert other.status == 200


async def test_nobody_is_led_to_another_site_or_posts_from_one(clinic: Rig) -> None:
    async with Browser(clinic.base) as nora:
        await nora.get("/sign-in?next=https://evil.example.org/inbox")
        assert "evil" not in nora.page
        await nora.post("/sign-in", {"email": "x@example.org", "password": "x"}, **{"Sec-Fetch-Site": "cross-site"})
        assert nora.status == 403
        assert "another" not in nora.page


async def test_the_answer_says_nothing_of_who_there_is(clinic: Rig) -> None:
    await hired(clinic.parts, "agent", email="nora@example.org")
    pages = []
    for email in ("nora@example.org", "unknown@example.org"):
        async with Browser(clinic.base) as one:
            await one.sign_in(email, "wrong wrong wrong")
            assert one.status == 403
            pages.append(one.page.replace(email, ""))
    assert pages[0] == pages[1]


async def _idle(clinic: Rig) -> None:
    gone = clinic.parts.clock.now() - IDLE - timedelta(seconds=1)
    await clinic.parts.db.write(lambda conn: conn.execute(sa.update(staff_session).values(seen_at=gone)))


def _secret(page: str) -> bytes:
    import base64

    plain = re.findall(r'class="typed">([A-Z2-7 ]+)<', page)[0].replace(" ", "")
    return base64.b32decode(plain + "=" * (-len(plain) % 8))
