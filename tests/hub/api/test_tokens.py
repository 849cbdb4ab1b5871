"""Who may call what."""

import hashlib
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.api.routes import ENDPOINTS
from hub.api.tokens import FHIR_SCOPES, SCOPES, find, new_token, revoke
from hub.app import Hub
from hub.calls.endpoints import NoBody, Writing
from hub.db.tables import api_token
from hub.errors import InputError
from hub.types import new_id
from tests.hub.api.calling import ADMIN, Api, audited, token_for
from tests.stores import either_will_do

PROTECTED = [endpoint for endpoint in ENDPOINTS if endpoint.scope]


async def _status(web, endpoint, token: str | None) -> tuple[int, str]:
    """How a bare request to the endpoint is answered; what passes the door then fails on what it lacks."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    path = "/api/v1" + re.sub(r"\{\w+\}", lambda _: new_id(), endpoint.path)
    async with web.request(endpoint.method, path, headers=headers) as answer:
        return answer.status, answer.headers.get("WWW-Authenticate", "")


async def test_a_scope_opens_its_own_endpoints_and_no_other(hub: Hub, web) -> None:
    tokens = {scope: await token_for(hub, scope) for scope in (*SCOPES, "*")}

    found = {
        (scope, endpoint.method, endpoint.path): (await _status(web, endpoint, token))[0]
        for scope, token in tokens.items()
        for endpoint in PROTECTED
    }

    for endpoint in PROTECTED:
        for scope in tokens:
            status = found[scope, endpoint.method, endpoint.path]
            if scope in (endpoint.scope, "*"):
                needs_body = isinstance(endpoint, Writing) and endpoint.body is not NoBody
                assert status == (415 if needs_body else status)
                assert status in (200, 404, 415, 422), f"{scope} on {endpoint.path}: {status}"
            else:
                assert status == 403, f"{scope} on {endpoint.path}: {status}"


@either_will_do
async def test_without_a_token_nothing_opens(web) -> None:
    answers = {f"{one.method} {one.path}": await _status(web, one, None) for one in PROTECTED}

    shut = {name for name, (status, challenge) in answers.items() if status == 401 and challenge.startswith("Bearer")}
    assert answers.keys() - shut == set()
    assert len(answers) == len(PROTECTED) > 1


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("{}", id="no scheme"),
        pytest.param("Basic {}", id="another scheme"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer  ", id="blank token"),
        pytest.param("Bearer {}x", id="one letter more"),
        pytest.param("Bearer {} {}", id="two tokens"),
        pytest.param("Bearer é", id="not ascii"),
    ],
)
async def test_a_token_counts_only_as_it_was_given(hub: Hub, web, given) -> None:
    token = await token_for(hub, "*")

    answer = await web.get("/api/v1/patients", headers={"Authorization": given.replace("{}", token)})

    assert answer.status == 401


async def test_two_authorisations_are_none(hub: Hub, web) -> None:
    token = await token_for(hub, "*")
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]

    assert (await web.get("/api/v1/patients", headers=twice)).status == 401


async def test_the_scheme_is_read_in_any_case(hub: Hub, web) -> None:
    token = await token_for(hub, "*")

    assert (await web.get("/api/v1/patients", headers={"Authorization": f"bearer {token}"})).status == 200


async def test_a_revoked_token_is_refused_from_the_next_request_on(hub: Hub, web) -> None:
    parts, token = hub.parts, await token_for(hub, "*")
    api = Api(web, token)
    before = await api.get("/patients")
    async with parts.db.read() as conn:
        known = await find(conn, token)
    assert known is not None

    async def end(conn) -> bool:
        return await revoke(conn, known.id, trail=parts.trail, clock=parts.clock, actor=ADMIN)

    ended, again = await parts.db.write(end), await parts.db.write(end)
    after = await api.get("/patients")

    assert (before.status, ended, again, after.status) == (200, True, False, 401)
    assert [entry.object_id for entry in await audited(hub, "token.create", "token.revoke")] == [known.id] * 2


async def test_the_database_holds_a_digest_and_never_the_token(hub: Hub) -> None:
    token = await token_for(hub, "patients:read", "threads:read")

    async with hub.parts.db.read() as conn:
        row = (await conn.execute(sa.select(api_token))).one()

    assert row.digest == hashlib.sha256(token.encode()).digest()
    assert row.scopes == "patients:read threads:read"
    assert len(token) >= 43
    assert token not in repr(row)


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        pytest.param("x", [], id="no scope"),
        pytest.param("x", ["patients:burn"], id="unknown scope"),
        pytest.param(" ", ["*"], id="no name"),
        pytest.param("x" * 81, ["*"], id="long name"),
    ],
)
@either_will_do
async def test_a_token_that_makes_no_sense_is_not_made(hub: Hub, name, scopes) -> None:
    parts = hub.parts

    with pytest.raises(InputError):
        await parts.db.write(
            lambda conn: new_token(conn, name, scopes, trail=parts.trail, clock=parts.clock, actor=ADMIN)
        )


async def test_refusals_are_audited(hub: Hub, web) -> None:
    token = await token_for(hub, "events:read")
    async with hub.parts.db.read() as conn:
        known = await find(conn, token)

    await Api(web, token).get("/patients")
    await Api(web, "hub_unknown").get("/patients")

    forbidden, unknown = await audited(hub, "token.refuse")
    assert (forbidden.actor_kind, forbidden.actor_id) == ("token", known.id)
    assert (unknown.actor_kind, unknown.actor_id) == ("token", "")


async def test_a_flood_of_refusals_does_not_flood_the_audit(hub: Hub, web, clock) -> None:
    api = Api(web, "hub_unknown")
    for _ in range(65):
        await api.get("/patients")
    first_minute = len(await audited(hub, "token.refuse"))

    clock.advance(timedelta(minutes=1))
    await api.get("/patients")

    assert first_minute == 60
    assert len(await audited(hub, "token.refuse")) == 61


@either_will_do
async def test_a_token_holds_no_more_scopes_than_can_be_stored(hub: Hub) -> None:
    await token_for(hub, *FHIR_SCOPES)

    with pytest.raises(InputError, match="two tokens"):
        await token_for(hub, *SCOPES, *FHIR_SCOPES)
