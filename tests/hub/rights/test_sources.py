"""Each policy and each law says where its figures stand, in a form that can be looked up, and the documents agree."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from hub.retention.terms import policies
from hub.rights.terms import Kind, Term, rules

DOCS = Path(__file__).parents[3] / "docs"
SECTION = r"\d+[0-9A-Za-z]*(\.\d+)?(\([0-9a-z]+\))*"
CITED = re.compile(
    "|".join(
        (
            rf"(?:\d+ (?:CFR|U\.S\.C\.|CCR) )?{SECTION}(?: \([^()]+\))?",
            rf"NRS {SECTION}",
            rf"Cal\. Civ\. Code {SECTION}",
            r"Fla\. Admin\. Code \d+[A-Z]\d+-\d+\.\d+(\([0-9a-z]+\))*",
            r"\d+A NCAC \d+[A-Z] \.\d+(?: \([^()]+\))?",
            r"(?:Regulation (?:\(EU\) )?\d+/\d+)",
            rf"Articles? {SECTION}",
        )
    )
)
WORDS = {1: "a month", 2: "two"}
HEADS = {Kind.ACCESS: 2, Kind.DISCLOSURES: 3, Kind.AMENDMENT: 4, Kind.ERASURE: 5, Kind.RESTRICTION: 6}
WHERE = {
    # The section of each right.
    "us-hipaa": {
        Kind.ACCESS: "164.524",
        Kind.DISCLOSURES: "164.528",
        Kind.AMENDMENT: "164.526",
        Kind.RESTRICTION: "164.522",
    },
    "us-ca-ccpa": {
        Kind.ACCESS: "1798.110",
        Kind.ERASURE: "1798.105",
        Kind.AMENDMENT: "1798.106",
        Kind.RESTRICTION: "1798.121",
    },
    "eu-gdpr": {
        Kind.ACCESS: "15",
        Kind.DISCLOSURES: "15",
        Kind.AMENDMENT: "16",
        Kind.ERASURE: "17",
        Kind.RESTRICTION: "18",
    },
}


def citations(source: str) -> list[str]:
    """The parts of a source, each of which cites something. A comma in brackets parts nothing."""
    return [part.strip() for part in re.split(r"[;,](?![^()]*\))", source)]


def cited(source: str) -> bool:
    parts = citations(source)
    return all(CITED.fullmatch(part) for part in parts) and bool(re.match(r"\d+A? [A-Z]|[A-Z]", source))


SOURCES = {name: one.source for name, one in policies().items()} | {name: one.source for name, one in rules().items()}


@pytest.mark.parametrize("name", SOURCES)
def test_each_policy_and_law_cites_where_it_stands(name: str) -> None:
    assert cited(SOURCES[name]), citations(SOURCES[name])


@pytest.mark.parametrize(
    "source", ["", "the law", "HIPAA", "45 CFR", "CFR 164.524", "164.524", "45 CFR 164.524; see our wiki"]
)
def test_what_cannot_be_looked_up_is_no_citation(source: str) -> None:
    assert not cited(source)


@pytest.mark.parametrize("name", rules())
def test_each_right_of_a_law_stands_in_a_section_that_its_source_cites(name: str) -> None:
    parts = re.findall(r"[\d.]+", SOURCES[name])

    assert set(WHERE[name]) == set(rules()[name].kinds)
    assert [where for where in WHERE[name].values() if where not in parts] == []


def told(term: Term) -> re.Pattern[str]:
    """How the table of the documents tells a term."""
    if term.months:
        return re.compile(rf"^{WORDS[term.months]} \+ {WORDS[term.extension_months]}")
    more = rf" \+ {term.extension_days}" if term.extension_days else r"(?! \+)"
    return re.compile(rf"^{term.days}(?: days)?{more}(?: days)?\b")


@pytest.mark.parametrize("name", rules())
def test_the_terms_of_a_law_are_those_of_the_documents(name: str) -> None:
    (line,) = [one for one in (DOCS / "rights.md").read_text("utf-8").splitlines() if one.startswith(f"| `{name}`")]
    cells = [one.strip() for one in line.split("|")]

    for kind, at in HEADS.items():
        term = rules()[name].kinds.get(kind)
        if term is None:
            assert cells[at + 1] in ("", "none"), kind
        else:
            assert told(term).match(cells[at + 1]), (kind, cells[at + 1])


def test_the_policies_are_those_of_the_documents() -> None:
    text = (DOCS / "retention.md").read_text("utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    ours, named = tomllib.loads(shown), re.findall(r"`(us[-a-z]*)`", text.partition("```toml")[0])

    assert set(named) == set(policies())
    assert "`us` (ten years)" in text
    assert policies()["us"].persons.years == ours["persons"]["years"] == 10
    for part in ("persons", "messages"):
        assert ours[part].items() <= tomllib.loads(_file("us"))[part].items()
    # Our own adds what no law asks for.
    records = {name: value for name, value in ours["records"].items() if name != "provider_copy_days"}
    assert records == tomllib.loads(_file("us"))["records"]


@pytest.mark.parametrize(("name", "years", "of_age"), [("us-fl", 5, 0), ("us-nv", 5, 23), ("us-nc", 11, 30)])
def test_a_state_s_policy_keeps_at_least_what_its_law_says(name: str, years: int, of_age: int) -> None:
    """What the first line of the file says of the law: years from the last contact, and minors until what birthday."""
    persons = policies()[name].persons
    said = _file(name).splitlines()[0]

    assert {5: "five years", 11: "eleven years"}[years] in said
    assert {0: "", 23: "twenty-third birthday", 30: "thirtieth birthday"}[of_age] in said
    assert persons.years >= max(years, 6), "HIPAA wants documentation kept for six years"
    assert persons.majority + persons.minor_years >= of_age


def _file(name: str) -> str:
    return files("hub.retention").joinpath("policies", f"{name}.toml").read_text(encoding="utf-8")
