"""Signing in at another provider: whom its tokens prove, and which prove nobody."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from joserfc.jwk import RSAKey
from yarl import URL

from hub.accounts import openid as room
from hub.accounts.openid import Begun, NotProved, OpenID, Proved
from hub.clock import SystemClock
from tests.servers.openid import CLIENT, SECRET, Provider, provider


@pytest.fixture
async def at() -> AsyncIterator[Provider]:
    async with provider() as one:
        yield one


@pytest.fixture
async def client(at: Provider) -> AsyncIterator[OpenID]:
    one = OpenID(issuer=at.issuer, client_id=CLIENT, secret=SECRET, back="http://127.0.0.1:1/back", clock=SystemClock())
    yield one
    await one.close()


async def sign_in(client: OpenID, *, code: str = "") -> Proved | NotProved:
    begun = await client.begin("/inbox")
    assert isinstance(begun, Begun)
    async with aiohttp.ClientSession() as browser, browser.get(begun.address, allow_redirects=False) as answer:
        back = URL(answer.headers["Location"])
    assert back.query["state"] == begun.state
    proved, onward = await client.finish(begun.kept, code or back.query["code"])
    assert onward == "/inbox"
    return proved


async def test_a_token_proves_who_came(at: Provider, client: OpenID) -> None:
    assert await sign_in(client) == Proved(issuer=at.issuer, subject="sub-1", email="nora@example.org", strong=False)


async def test_a_name_that_ends_in_a_slash_is_taken_as_it_is(
    at: Provider, client: OpenID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FRESH", 0.0)
    at.discovery = {"issuer": at.issuer + "/"}
    at.spoil = _with(iss=at.issuer + "/")

    assert [await sign_in(client) for _ in range(2)] == [
        Proved(issuer=at.issuer + "/", subject="sub-1", email="nora@example.org", strong=False)
    ] * 2


def _with(**claims: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda given: given | claims


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda given: {key: value for key, value in given.items() if key != name}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_with(nonce="another"), id="nonce"),
        pytest.param(_without("nonce"), id="no nonce"),
        pytest.param(_with(aud="another"), id="audience"),
        pytest.param(_with(aud=["hub", "another"]), id="audiences and no party"),
        pytest.param(_with(azp="another"), id="party"),
        pytest.param(_with(iss="https://another.example.org"), id="issuer"),
        pytest.param(_with(exp=1_000_000), id="expired"),
        pytest.param(_without("exp"), id="no end"),
        pytest.param(_with(iat=9_999_999_999), id="from the future"),
        pytest.param(_without("sub"), id="nobody"),
        pytest.param(_with(sub=["sub-1"]), id="no text"),
        pytest.param(_with(at_hash="AAAA"), id="another access token"),
    ],
)
async def test_a_token_that_is_not_for_us_proves_nobody(
    at: Provider, client: OpenID, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    at.spoil = spoil

    assert await sign_in(client) == NotProved("token")


@pytest.mark.parametrize("how", ["none", "another key", "changed", "nonsense"])
async def test_a_token_that_the_provider_did_not_sign_proves_nobody(at: Provider, client: OpenID, how: str) -> None:
    at.raw = {
        "none": at.unsigned,
        "another key": at.signed_by(RSAKey.generate_key(2048, {"kid": "one"})),
        "changed": lambda token: token[:-8] + "AAAAAAAA",
        "nonsense": lambda token: "a.b",
    }[how]

    assert await sign_in(client) == NotProved("token")


@pytest.mark.parametrize(
    ("claims", "strong"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": ["otp"]}, False),
        ({"acr": "http://schemas.openid.net/pape/policies/2007/06/phr"}, True),
        ({"acr": "urn:mfa"}, True),
        ({"acr": "0"}, False),
    ],
)
async def test_the_providers_second_factor_counts(
    at: Provider, client: OpenID, claims: dict[str, Any], strong: bool
) -> None:
    at.spoil = _with(**claims)

    proved = await sign_in(client)

    assert isinstance(proved, Proved)
    assert proved.strong is strong


@pytest.mark.parametrize("verified", [False, None, "true"])
async def test_a_mailbox_that_the_provider_did_not_verify_is_not_told(
    at: Provider, client: OpenID, verified: object
) -> None:
    at.spoil = _with(email_verified=verified)

    proved = await sign_in(client)

    assert isinstance(proved, Proved)
    assert proved.email == ""


async def test_a_code_that_the_provider_did_not_give_is_refused(client: OpenID) -> None:
    assert await sign_in(client, code="made up") == NotProved("refused")


async def test_a_new_key_is_found(at: Provider, client: OpenID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_BETWEEN", 0.0)
    await sign_in(client)
    at.rotate()

    assert isinstance(await sign_in(client), Proved)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://another.example.org"},
        {"token_endpoint": ""},
        {"jwks_uri": 7},
    ],
)
async def test_a_provider_that_does_not_say_what_it_must_is_not_used(
    at: Provider, client: OpenID, said: dict[str, Any]
) -> None:
    at.discovery = said

    assert await client.begin("/inbox") == NotProved("unreachable")


async def test_a_provider_elsewhere_needs_tls(at: Provider, client: OpenID) -> None:
    client._local = False

    assert await client.begin("/inbox") == NotProved("unreachable")
