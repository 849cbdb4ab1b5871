"""The description says what there is, no less and no more."""

from hub.api import application
from hub.api.routes import ENDPOINTS
from hub.api.tokens import SCOPES
from hub.app import Hub
from hub.calls.endpoints import Passing, Reading, Writing
from tests.hub.api.calling import DOCUMENT, Api
from tests.rows import every


def test_the_description_is_valid_openapi() -> None:
    from openapi_spec_validator import validate  # takes half a second to import, in every worker

    validate(DOCUMENT)


def test_every_route_is_described_and_every_description_is_a_route(hub: Hub) -> None:
    routed = {(route.method, route.resource.canonical) for route in application(hub.parts).router.routes()}

    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}

    assert described == routed


def test_every_scope_opens_something_and_every_endpoint_has_one_but_the_description() -> None:
    assert {endpoint.scope for endpoint in ENDPOINTS if endpoint.scope} == set(SCOPES)
    assert [endpoint.path for endpoint in ENDPOINTS if endpoint.scope is None] == ["/openapi.json"]


@every("endpoint", ENDPOINTS, lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_what_an_endpoint_takes_refuses_what_it_does_not_name(endpoint) -> None:
    if isinstance(endpoint, Reading):
        assert endpoint.query.__struct_config__.forbid_unknown_fields
    if isinstance(endpoint, Writing | Passing):
        assert endpoint.body.__struct_config__.forbid_unknown_fields


async def test_the_description_is_there_for_who_has_no_token_yet(web) -> None:
    answer = await Api(web, None).get("/openapi.json")

    assert answer.status == 200
    assert answer.value == DOCUMENT
