"""Canned replies: what may be written, and how it is filled."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.desk.canned import VARIABLES, Canned, CannedReplies, NewCanned, checked, filled, tidied
from hub.desk.changing import NotKept
from hub.desk.label_book import Label, Labels
from hub.desk.teams import NewTeam, Team, Teams
from hub.types import new_id
from hub.vault import Vault
from tests.stores import Disk

ZONE = ZoneInfo("America/New_York")
VISIT = datetime(2026, 3, 5, 14, 10, tzinfo=ZONE)
WHO = Actor("staff", new_id())


@pytest.mark.parametrize(
    ("text", "why", "of"),
    [
        ("", "text", ""),
        (" \n", "text", ""),
        ("x" * 1601, "text", ""),
        ("Hi {given_name", "braces", ""),
        ("Hi {given_name!r}", "braces", ""),
        ("Hi {given_name.__class__}", "braces", ""),
        ("Hi {0}", "braces", ""),
        ("Hi {patient}", "variable", "patient"),
    ],
)
def test_what_cannot_be_filled_is_refused_with_what_is_wrong(text: str, why: str, of: str) -> None:
    assert checked(text) == NotKept(why, of)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Thu, Mar 5 2:10 PM Dr. Kim"), ("es", "jueves 5 mar 2:10 p.m. Dr. Kim")],
)
def test_a_visit_is_told_in_the_replys_language(language: str, said: str) -> None:
    values = {"visit_date": VISIT.date(), "visit_time": VISIT.time(), "provider": "Dr. Kim"}

    text = filled("{visit_date} {visit_time} {provider}", values, language, ZONE)  # type: ignore[arg-type]

    assert text.replace("p. m.", "p.m.") == said


@given(st.text(max_size=60).map(tidied).filter(lambda text: "{" not in text and "}" not in text and bool(text)))
@settings(max_examples=40, deadline=None)
def test_what_is_no_variable_stays_as_it_is_and_a_value_is_never_filled_again(text: str) -> None:
    """A patient who is called like a variable is written as they are called."""
    name = f"{text}{{clinic}}"

    assert filled(text, {"given_name": name, "clinic": "C"}, "en", ZONE) == text
    assert filled("{given_name}", {"given_name": name, "clinic": "C"}, "en", ZONE) == name


def test_what_is_not_known_stays_in_its_braces() -> None:
    text = " ".join(f"{{{name}}}" for name in VARIABLES)

    assert checked(text) is None
    assert filled(text, {}, "en", ZONE) == text
    assert filled("{given_name}", {"given_name": ""}, "en", ZONE) == "{given_name}"


async def test_replies_labels_and_teams_are_kept_once_under_a_name(
    db: Database, vault: Vault, clock: FixedClock, trail: Trail, disk: Disk
) -> None:
    """Also: what a reply says is ciphertext on the disk; put away, its shortcut is free again."""
    canned, labels, teams = CannedReplies(vault, trail, clock), Labels(trail, clock), Teams(trail, clock)
    new = NewCanned(shortcut="/Hours", language="en", title="Open hours", text="Zanzibar opens at eight")
    first = await db.write(lambda conn: canned.keep(conn, None, new, WHO))
    assert isinstance(first, Canned)
    assert first.shortcut == "hours"
    assert await db.write(lambda conn: canned.keep(conn, None, new, WHO)) == NotKept("taken")
    assert await db.write(lambda conn: canned.keep(conn, first.id, new, WHO)) == first
    await db.write(lambda conn: canned.archive(conn, first.id, WHO))
    assert isinstance(await db.write(lambda conn: canned.keep(conn, None, new, WHO)), Canned)
    assert await db.write(lambda conn: canned.restore(conn, first.id, WHO)) == NotKept("taken")
    assert b"Zanzibar" not in disk()

    label = await db.write(lambda conn: labels.keep(conn, None, "  Billing\n", "amber", WHO))
    assert isinstance(label, Label)
    assert label.name == "Billing"
    assert await db.write(lambda conn: labels.keep(conn, None, "BILLING", "red", WHO)) == NotKept("taken")
    assert await db.write(lambda conn: labels.keep(conn, new_id(), "Other", "red", WHO)) == NotKept("gone")

    team = await db.write(lambda conn: teams.keep(conn, None, NewTeam(name="Nurses"), WHO))
    assert isinstance(team, Team)
    ghost = NewTeam(name="Nurses", members=frozenset({new_id()}))
    assert await db.write(lambda conn: teams.keep(conn, team.id, ghost, WHO)) == NotKept("members")
    assert await db.write(lambda conn: teams.keep(conn, None, NewTeam(name="nurses"), WHO)) == NotKept("taken")
    assert await db.write(lambda conn: teams.keep(conn, team.id, NewTeam(name=" "), WHO)) == NotKept("name")
