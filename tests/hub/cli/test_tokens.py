"""`hub tokens`: made and shown once, listed without their secret, ended."""

import asyncio
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api.tokens import find
from hub.db import Database
from hub.db.tables import api_token, audit_event
from tests.hub.cli.running import Run
from tests.stores import sqlite_url

UNKNOWN = "019aa2f0-7c31-7d52-9b1e-3f60c2d4a581"


def _in(data: Path, read: Any) -> Any:
    """What `read(conn)` finds in the database of the folder."""

    async def look() -> Any:
        db = await Database.open(sqlite_url(data / "hub.db"))
        try:
            async with db.read() as conn:
                return await read(conn)
        finally:
            await db.close()

    return asyncio.run(look())


def _made(run: Run, name: str, *scopes: str) -> str:
    """A new token."""
    ended = run("tokens", "new", name, *(word for scope in scopes for word in ("--scope", scope)))
    assert ended.code == 0, ended.err
    return ended.out.strip()


def _listed(run: Run) -> list[dict[str, Any]]:
    ended = run("tokens", "list")
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


def _actions(data: Path, token_id: str) -> list[tuple[str, str]]:
    """What the audit holds of a token: who did what, oldest first."""

    async def read(conn: Any) -> list[tuple[str, str]]:
        query = sa.select(audit_event).where(audit_event.c.object_id == token_id).order_by(audit_event.c.id)
        return [(row.action, row.actor_id) for row in await conn.execute(query)]

    found: list[tuple[str, str]] = _in(data, read)
    return found


@pytest.mark.usefixtures("founded")
def test_where_there_are_no_tokens_none_is_listed(run: Run) -> None:
    assert _listed(run) == []


def test_a_new_token_alone_is_printed_and_works(run: Run, founded: Path) -> None:
    token = _made(run, "ehr", "patients:read", "messages:write")

    found = _in(founded, lambda conn: find(conn, token))

    assert len(token.split()) == 1
    assert (found.name, found.scopes) == ("ehr", {"patients:read", "messages:write"})


def test_tokens_are_listed_in_the_order_they_were_made(run: Run, founded: Path) -> None:
    for name, scopes in (("ehr", ("threads:read", "messages:write")), ("Análisis", ("*",))):
        _made(run, name, *scopes)

    listed = _listed(run)

    ids = _in(founded, _ids)
    assert [set(one) for one in listed] == [{"id", "name", "scopes", "created", "revoked"}] * 2
    assert [one["id"] for one in listed] == ids
    assert [(one["name"], one["scopes"], one["revoked"]) for one in listed] == [
        ("ehr", ["messages:write", "threads:read"], None),
        ("Análisis", ["*"], None),
    ]
    assert all(datetime.fromisoformat(one["created"]).tzinfo for one in listed)


async def _ids(conn: Any) -> list[str]:
    return list((await conn.execute(sa.select(api_token.c.id).order_by(api_token.c.id))).scalars())


@pytest.mark.usefixtures("founded")
def test_neither_a_token_nor_its_digest_is_ever_listed(run: Run) -> None:
    token = _made(run, "ehr", "*")

    shown = run("tokens", "list").out

    assert token not in shown
    assert hashlib.sha256(token.encode()).hexdigest() not in shown


def test_a_revoked_token_is_refused_and_stays_in_the_list(run: Run, founded: Path) -> None:
    ended_token, kept_token = _made(run, "old", "*"), _made(run, "new", "*")
    one, _ = _listed(run)

    ended = run("tokens", "revoke", one["id"])

    assert (ended.code, ended.out, ended.err) == (0, "", "revoked\n")
    assert _in(founded, lambda conn: find(conn, ended_token)) is None
    assert _in(founded, lambda conn: find(conn, kept_token)) is not None
    old, new = _listed(run)
    assert datetime.fromisoformat(old["revoked"]) >= datetime.fromisoformat(old["created"])
    assert new["revoked"] is None
    assert _actions(founded, one["id"]) == [("token.create", "cli"), ("token.revoke", "cli")]


def test_an_id_is_known_in_any_case(run: Run, founded: Path) -> None:
    token = _made(run, "ehr", "*")
    (one,) = _listed(run)

    ended = run("tokens", "revoke", one["id"].upper())

    assert ended.code == 0
    assert _in(founded, lambda conn: find(conn, token)) is None


def test_what_is_revoked_already_or_was_never_made_is_said_to_be_so(run: Run, founded: Path) -> None:
    _made(run, "ehr", "*")
    (one,) = _listed(run)
    run("tokens", "revoke", one["id"])
    before = _listed(run)

    ends = [run("tokens", "revoke", given) for given in (one["id"], UNKNOWN)]

    for ended in ends:
        assert (ended.code, ended.out) == (2, "")
        assert ended.lines == ["hub: no token in use has this id; `hub tokens list` shows each and when it was revoked"]
    assert _listed(run) == before
    assert len(_actions(founded, one["id"])) == 2


def test_a_token_given_for_its_id_is_neither_said_back_nor_ended(run: Run, founded: Path) -> None:
    token = _made(run, "ehr", "*")

    ended = run("tokens", "revoke", token)

    assert (ended.code, ended.out) == (2, "")
    assert ended.lines == ["hub: that is not the id of a token; `hub tokens list` shows the ids"]
    assert _in(founded, lambda conn: find(conn, token)) is not None
