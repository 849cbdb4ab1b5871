"""A caller of the API that believes nothing: every answer is held against the hub's own description."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.api.openapi import document
from hub.api.routes import ENDPOINTS
from hub.api.tokens import new_token
from hub.app import Hub
from hub.audit import Actor
from hub.db.tables import audit_event
from hub.people import NewPatient
from hub.types import Address, AddressKind, ChannelKind, Inbound, new_id

DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(ENDPOINTS)))
ADMIN = Actor("system", "test")


@dataclass(frozen=True)
class Answer:
    """What came back, already held against the description."""

    status: int
    value: Any
    headers: Any


class Api:
    """Calls the API with one token."""

    def __init__(self, client: aiohttp.ClientSession, token: str | None) -> None:
        self._client = client
        self._token = token

    async def get(self, path: str, headers: dict[str, str] | None = None, **query: str | int) -> Answer:
        """The answer to a GET."""
        return await self._call("GET", path, headers, params=query)

    async def post(self, path: str, value: object = None, headers: dict[str, str] | None = None, **raw: Any) -> Answer:
        """The answer to a POST of `value` as JSON, or of `data`."""
        return await self._call("POST", path, headers, **(raw or {"json": value}))

    async def patch(self, path: str, value: object, headers: dict[str, str] | None = None) -> Answer:
        """The answer to a PATCH of `value` as JSON."""
        return await self._call("PATCH", path, headers, json=value)

    async def delete(self, path: str, value: object = None) -> Answer:
        """The answer to a DELETE."""
        return await self._call("DELETE", path, None, **({} if value is None else {"json": value}))

    async def every(self, path: str, **query: str | int) -> list[Any]:
        """All items of a list, page by page."""
        items, cursor = [], None
        while True:
            page = await self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            assert page.status == 200, page.value
            items += page.value["items"]
            cursor = page.value["next"]
            if cursor is None:
                return items

    async def _call(self, method: str, path: str, headers: dict[str, str] | None, **rest: Any) -> Answer:
        given = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._client.request(method, "/api/v1" + path, headers={**given, **(headers or {})}, **rest) as got:
            body = await got.read()
            value = json.loads(body)
            conforms(method, path, got.status, got.content_type, value)
            assert got.headers["Cache-Control"] == "no-store"
            assert got.headers["X-Request-Id"]
            return Answer(got.status, value, got.headers)


def conforms(method: str, path: str, status: int, content_type: str, value: object) -> None:
    """Nothing, if the description foresees this answer."""
    found = [t for t in DOCUMENT["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", t), path.partition("?")[0])]
    operation = DOCUMENT["paths"][found[0]].get(method.lower()) if found else None
    if operation is None:
        assert status in (404, 405)
        schema = {"$ref": "#/components/schemas/ProblemDetails"}
    else:
        assert str(status) in operation["responses"], f"{method} {path} is not described to answer {status}: {value}"
        content = operation["responses"][str(status)]["content"]
        assert list(content) == [content_type]
        schema = content[content_type]["schema"]
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


async def token_for(hub: Hub, *scopes: str, name: str = "EHR") -> str:
    """A new token with `scopes`."""
    parts = hub.parts
    return await parts.db.write(
        lambda conn: new_token(conn, name, scopes, trail=parts.trail, clock=parts.clock, actor=ADMIN)
    )


@pytest.fixture
async def api(hub: Hub, web: aiohttp.ClientSession) -> Api:
    """A caller that may do everything."""
    return Api(web, await token_for(hub, "*"))


async def patient(hub: Hub, mrn: str = "A-1", phone: str = "+12025550123", **more: Any) -> str:
    """The id of a patient on the books, who agreed to nothing yet."""
    values = {"given_name": "Ana", "family_name": "Ruiz", "birth_date": date(1987, 3, 14), "language": "es"} | more
    addresses = (Address(AddressKind.PHONE, phone), *values.pop("mail", ()))
    new = NewPatient(mrn=mrn, addresses=addresses, timezone="America/New_York", **values)
    return (await hub.parts.db.write(lambda conn: hub.parts.people.upsert(conn, new, ADMIN))).person_id


async def says(hub: Hub, text: str, phone: str = "+12025550123") -> str:
    """The id of the thread in which `text` from `phone` was accepted."""
    inbound = Inbound(
        channel=ChannelKind.SMS,
        provider_id=new_id(),
        sender=Address(AddressKind.PHONE, phone),
        recipient=Address(AddressKind.PHONE, "+12025550100"),
        text=text,
        received_at=hub.parts.clock.now(),
    )
    return (await hub.parts.acceptor.accept(inbound)).thread_id


async def decides(hub: Hub, person_id: str, state: ConsentState, source: Source) -> None:
    """Record a decision about calls and texts on every phone of a person."""
    parts = hub.parts

    async def unit(conn: Any) -> None:
        for one in await parts.people.contacts(conn, person_id):
            fact = NewFact(
                address_id=one.address_id,
                person_id=person_id,
                state=state,
                scope=PHONE,
                source=source,
                at=parts.clock.now(),
                actor=ADMIN,
            )
            await parts.ledger.record(conn, fact)

    await parts.db.write(unit)


async def audited(hub: Hub, *actions: str) -> list[Any]:
    """The audit's entries of these actions, oldest first."""

    query = sa.select(audit_event).where(audit_event.c.action.in_(actions)).order_by(audit_event.c.id)
    async with hub.parts.db.read() as conn:
        return list((await conn.execute(query)).all())


def ids(items: Iterable[Any]) -> list[str]:
    """The ids of `items`."""
    return [one["id"] for one in items]
