"""The pages' words, files and headers."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import hub.portal
from hub.portal.drawing import LANGUAGES, Dates, words
from hub.types import Language
from tests.hub.portal.person import Person
from tests.rows import every

FOLDER = Path(hub.portal.__file__).parent
PAGES = sorted((FOLDER / "html").glob("*.html"))


def test_every_language_says_the_same_things() -> None:
    names = [set(words(language)) for language in LANGUAGES]

    assert all(one == names[0] for one in names)


@every("name", sorted(words("en")))
def test_a_sentence_asks_for_the_same_values_in_every_language(name: str) -> None:
    asked = [sorted(re.findall(r"\{(\w+)\}", words(language)[name])) for language in LANGUAGES]

    assert all(one == asked[0] for one in asked)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_page_holds_script_or_style_of_its_own(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert not re.search(r"<style|style=|\son\w+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_no_page_marks_a_value_as_safe() -> None:
    assert not any("safe" in page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize(
    ("language", "day", "short", "time"),
    [
        ("en", "Tuesday, March 3", "Tue, Mar 3", "2:30 PM"),
        ("es", "Martes 3 de marzo", "mar 3 mar", "2:30 p. m."),
    ],
)
def test_moments_are_told_as_on_the_clinics_wall(language: Language, day: str, short: str, time: str) -> None:
    moment = datetime(2026, 3, 3, 19, 30, tzinfo=UTC)
    dates = Dates(ZoneInfo("America/New_York"), language)

    assert (dates.day(moment), dates.short(moment), dates.time(moment)) == (day, short, time)
    assert dates.hour("14") == time.replace(":30", ":00")


def test_the_worker_keeps_every_file_that_a_page_asks_for() -> None:
    asked = {name for page in PAGES for name in re.findall(r"/static/([\w.-]+)", page.read_text(encoding="utf-8"))}
    kept = set(re.findall(r"[\"/]([\w-]+\.\w+)\"", (FOLDER / "static" / "worker.js").read_text(encoding="utf-8")))
    of_the_system = {"icon-apple.png", "icon-512.png", "icon-maskable.png"}

    assert asked - of_the_system == kept - {"icon-192.png", "badge.png"}
    assert {path.name for path in (FOLDER / "static").iterdir()} == (kept | of_the_system | {"worker.js"}) - {
        "tokens.css"
    }


async def test_it_can_be_installed(person: Person) -> None:
    said = json.loads(await person.get("/portal/manifest.webmanifest"))

    assert person.headers["Content-Type"].startswith("application/manifest+json")
    assert (said["start_url"], said["scope"], said["display"]) == ("/portal", "/portal", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in said["icons"]} >= {("192x192", "any"), ("512x512", "maskable")}
    for icon in said["icons"]:
        answer = await person.web.get(icon["src"])
        assert (answer.status, answer.content_type) == (200, icon["type"])
    await person.get("/portal/static/worker.js")
    assert person.headers["Service-Worker-Allowed"] == "/portal"


async def test_pages_are_kept_nowhere_and_files_are_asked_for_by_their_tag(person: Person) -> None:
    await person.get("/portal")
    assert person.headers["Cache-Control"] == "no-store"
    assert "require-trusted-types-for 'script'" in person.headers["Content-Security-Policy"]
    await person.get("/portal/static/portal.css")
    tag = person.headers["ETag"]

    await person.get("/portal/static/portal.css", **{"If-None-Match": tag})

    assert person.status == 304
    await person.get("/portal/static/..%2Fdesk.py")
    assert person.status == 404


async def test_a_foreign_host_is_refused(person: Person) -> None:
    await person.get("/portal", Host="evil.example.org")

    assert person.status == 421
