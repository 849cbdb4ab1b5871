"""Role × route × foreign id, over every call and page of staff that is declared: generated, so that none is left out.

What a role may not is 403, what is out of reach 404, each with an audit entry; what needs somebody signed in is 401, or
leads to the sign-in page. A call or page that forgets its permission fails here.
"""

import re
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import sqlalchemy as sa

from hub.accounts.permissions import BROKEN_GLASS, PERMISSIONS, Role
from hub.calls import Reading, Writing
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import audit_event, staff_session, thread
from hub.staff.access import REACHED, UNREACHED, named
from hub.staff.application import API, ENDPOINTS, PAGES
from hub.types import new_id
from tests.hub.staff.signed_in import SignedIn, signed_in, team_of
from tests.hub_rig import Rig, open_rig
from tests.rows import every
from tests.stores import either_will_do

ROLES: tuple[Role, ...] = tuple(PERMISSIONS)
EVERY_SCOPE = frozenset().union(*PERMISSIONS.values())
OPEN_PAGES = {
    "/sign-in",
    "/sign-in/second",
    "/sign-in/passkey/ask",
    "/sign-in/passkey",
    "/sign-in/openid",
    "/sign-in/openid/back",
    "/sign-in/again",
    "/sign-in/leave",
    "/sign-in/link/{secret}",
}
"""Pages for who is not signed in. A new one is to be written here on purpose."""
OF_PATIENTS = BROKEN_GLASS | {
    "threads:write",
    "threads:merge",
    "messages:write",
    "patients:write",
    "consents:write",
    "appointments:write",
    "access:read",
    "events:read",
}
"""Permissions that open something of patients."""
MRN = "MRN-PRIVATE-77"
_WINDOW, _BOUND = timedelta(seconds=61), 50
"""Refusals are audited up to sixty a minute."""

ROUTES = [(one.method, API + one.path, one.scope) for one in ENDPOINTS] + [
    (one.method, one.path, one.scope) for one in PAGES if one.scope is not None
]
"""What is for who is signed in: method, path, permission."""


# What is declared


@every("endpoint", ENDPOINTS, lambda one: f"{one.method} {one.path}")
def test_every_call_has_a_permission_that_somebody_has(endpoint: Any) -> None:
    assert endpoint.scope in EVERY_SCOPE, "give it a scope of hub/accounts/permissions.py"
    if named(endpoint.path, {}):
        assert endpoint.scope in OF_PATIENTS, "its path names a patient, so its scope must be one of patients"


@every("page", PAGES, lambda one: f"{one.method} {one.path}")
def test_every_page_has_a_permission_or_is_open_on_purpose(page: Any) -> None:
    if page.scope is None:
        assert page.path in OPEN_PAGES
    else:
        assert page.scope in EVERY_SCOPE
        if named(page.path, {}):
            assert page.scope in OF_PATIENTS


def test_what_is_reached_is_not_unreached() -> None:
    assert not REACHED.keys() & UNREACHED


def test_no_route_is_there_twice() -> None:
    routes = [(method, path) for method, path, _ in ROUTES]

    assert len(set(routes)) == len(routes)


# What is answered


class Clinic:
    """A hub with a patient whose thread is a private team's, and who is not on any of these roles' lists."""

    def __init__(self, rig: Rig, clock: FixedClock) -> None:
        self.rig = rig
        self.clock = clock
        self.person = self.thread = ""

    async def admit(self) -> None:
        """The patient."""
        self.person = await self.rig.patient(MRN, "Hidden", "Away", "+12025550177")
        parts = self.rig.parts

        async def unit(conn: Any) -> str:
            (one,) = (await parts.threads.open_for(conn, (self.person,))).values()
            team_id = await team_of(conn, parts, "Behavioral health", private=True)
            await conn.execute(sa.update(thread).where(thread.c.id == one.id).values(team_id=team_id))
            return str(one.id)

        self.thread = await parts.db.write(unit)

    def filled(self, path: str) -> str:
        """The path with the patient's ids, and ids of nothing for the rest."""
        for kind, name in _ids(path):
            given = {"thread": self.thread, "person": self.person}.get(kind, new_id())
            path = path.replace("{" + name + "}", given, 1)
        return path

    async def refusals(self, user_id: str) -> int:
        """How many refusals of a user are in the audit."""
        query = sa.select(sa.func.count()).where(
            audit_event.c.action == "staff.refuse", audit_event.c.actor_id == user_id
        )
        return int(await self.rig.value(query))

    def questions(self, may: Collection[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every call without ids, asked plainly and by whatever names the patient, for who may so much."""
        by = {"mrn": MRN, "q": "Hidden", "ids": self.thread}
        by |= {"patient": self.person, "person": self.person, "thread": self.thread}
        for one in ENDPOINTS:
            if "{" in one.path or one.scope not in may or one.path == "/glass":
                continue
            if isinstance(one, Reading):
                fields = {field.name for field in msgspec.structs.fields(one.query)}
                yield "GET", one.path, {"params": {}}
                yield from (("GET", one.path, {"params": {k: v}}) for k, v in by.items() if k in fields)
            elif isinstance(one, Writing):
                fields = {field.name for field in msgspec.structs.fields(one.body)}
                yield from ((one.method, one.path, {"json": {k: v}}) for k, v in by.items() if k in fields)

    async def break_glass_for_another(self, one: SignedIn) -> None:
        """Somebody else is seen then."""
        await self.rig.patient("MRN-OTHER", "Eva", "Ruiz", "+12025550178")
        answer = await one.post("/glass", {"mrn": "MRN-OTHER", "reason": "she called with chest pain"})
        assert answer.status == 201

    async def pass_time(self) -> None:
        """A minute passes, in which everybody is at their page."""
        self.clock.advance(_WINDOW)
        now = self.clock.now()
        await self.rig.parts.db.write(lambda conn: conn.execute(sa.update(staff_session).values(seen_at=now)))


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Clinic]:
    async with open_rig(
        database_url, tmp_path, keyring, clock=clock, roles=("web",), engine=False, password_memory=1
    ) as rig:
        one = Clinic(rig, clock)
        await one.admit()
        yield one


@either_will_do
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_gets_what_the_table_says_and_nothing_else(clinic: Clinic, role: Role) -> None:
    """403 and an entry where the table has no such permission; anything but that where it has."""
    wrong, refused = [], 0
    async with signed_in(clinic.rig.parts, clinic.rig.base, role) as one:
        for number, (method, path, scope) in enumerate(ROUTES):
            if number % _BOUND == 0:
                await clinic.pass_time()
            status, kind = await _ask(one, method, clinic.filled(path))
            if scope in PERMISSIONS[role]:
                if status == 401 or kind == "forbidden":
                    wrong.append((method, path, status, kind))
                refused += named(path.removeprefix(API), {}) != [] and status == 404
                continue
            refused += 1
            if (status, kind) != (403, "forbidden") and not _led_on(path, status):
                wrong.append((method, path, status, kind))
        assert wrong == []
        assert await clinic.refusals(one.id) == refused


@either_will_do
@pytest.mark.parametrize("role", ["supervisor", "admin"])
async def test_what_is_out_of_reach_is_not_there_and_that_is_written_down(clinic: Clinic, role: Role) -> None:
    """Whoever may everything of patients, but is not in the team, gets 404 for its thread and for its patient.

    So does who broke the glass for somebody else; and no list and no search tells of the patient either.
    """
    async with signed_in(clinic.rig.parts, clinic.rig.base, role) as one:
        if role == "admin":
            await clinic.break_glass_for_another(one)
        may = (await one.get("/me")).value["may"]
        foreign = [route for route in ROUTES if named(route[1].removeprefix(API), {}) and route[2] in may]
        for number, (method, path, _) in enumerate(foreign):
            if number % _BOUND == 0:
                await clinic.pass_time()
            before = await clinic.refusals(one.id)
            status, _ = await _ask(one, method, clinic.filled(path))
            assert (method, path, status) == (method, path, 404)
            assert await clinic.refusals(one.id) == before + 1, path
        await clinic.pass_time()
        for method, path, asked in clinic.questions(may):
            answer = await one.call(method, path, **asked)
            said = answer.value if isinstance(answer.value, bytes) else msgspec.json.encode(answer.value)
            found = [secret for secret in ("Away", MRN, clinic.person, clinic.thread) if secret.encode() in said]
            assert (path, asked, found) == (path, asked, [])


@either_will_do
async def test_without_a_session_nothing_is_answered(clinic: Clinic) -> None:
    async with aiohttp.ClientSession(clinic.rig.base) as client:
        for method, path, _ in ROUTES:
            given = {"json": {}} if path.startswith(API) else {"data": {"csrf": "x"}}
            async with client.request(
                method,
                clinic.filled(path),
                allow_redirects=False,
                headers={"Sec-Fetch-Site": "same-origin"},
                **({} if method == "GET" else given),
            ) as answer:
                if path.startswith(API):
                    assert (path, answer.status) == (path, 401)
                else:
                    assert (path, answer.status) == (path, 303)
                    assert answer.headers["Location"].startswith("/sign-in?next=")


@either_will_do
async def test_what_changes_something_carries_the_pages_token(clinic: Clinic) -> None:
    changing = [(method, path) for method, path, _ in ROUTES if method != "GET"]
    async with signed_in(clinic.rig.parts, clinic.rig.base, "agent") as one:
        one.csrf = "somebody else's"
        for number, (method, path) in enumerate(changing):
            if number % _BOUND == 0:
                await clinic.pass_time()
            status, kind = await _ask(one, method, clinic.filled(path))
            assert (path, status, kind) == (path, 403, "csrf")
        assert await clinic.refusals(one.id) == len(changing)


async def _ask(one: SignedIn, method: str, path: str) -> tuple[int, str]:
    """Status and kind of the answer. A stream's begins and is left."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    given: dict[str, Any] = {}
    if method != "GET":
        headers["X-CSRF"] = one.csrf
        given = {"json": {}} if path.startswith(API) else {"data": {"csrf": one.csrf}}
    async with one.client.request(method, path, headers=headers, allow_redirects=False, **given) as answer:
        if answer.status < 400 or "json" not in answer.content_type:
            text = await answer.text() if answer.status >= 400 else ""
            return answer.status, _kind_of_page(text)
        return answer.status, str((await answer.json()).get("type", "")).rpartition(":")[2]


def _kind_of_page(text: str) -> str:
    found = re.search(r'data-refused="([a-z-]+)"', text)
    return found[1] if found else ""


def _led_on(path: str, status: int) -> bool:
    """Whether it is the page that everybody is led to who signs in: it leads on whoever may not see it."""
    return path == "/inbox" and status == 303


def _ids(path: str) -> list[tuple[str, str]]:
    steps = re.findall(r"/([a-z-]+)/\{(\w+)\}", path)
    return [(REACHED.get(collection, "other"), name) for collection, name in steps]
