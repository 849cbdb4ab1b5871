"""What a scheduling message says of a visit."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bots.scheduling.names import Directory, Name
from hub.hl7.faults import Fault, Flaw
from hub.hl7.reading import read
from hub.hl7.visits import VisitNews, visit
from tests.hub.hl7.messages import AIL, AIP, AIS, joined, msh, pid, sch, siu

ZONE = ZoneInfo("America/New_York")
TWO = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)


def directory(*names: Name) -> Directory:
    """A clinic that has these names."""
    by_id = {str(number): name for number, name in enumerate(names)}
    return Directory(None, by_id, {(kind, name.casefold()): key for key, (kind, name) in by_id.items()})


NOTHING = directory()


def said(raw: bytes, event: str = "S12", known: Directory = NOTHING) -> VisitNews:
    """What is said of the visit."""
    return visit(read(raw), event, ZONE, known)


def test_a_visit_is_read() -> None:
    assert said(siu()) == VisitNews(
        ids=(("filler|", "F1"), ("placer|", "A1")),
        status="booked",
        provider="Dr. Erin Example",
        visit_type="Follow-up",
        location="Main Street",
        start=TWO,
        minutes=30,
    )


def test_names_are_those_of_the_clinic_where_it_has_them() -> None:
    known = directory(
        ("provider", "Dr. Erin Example, MD"),
        ("provider", "Dr. Eric Example"),
        ("visit_type", "follow-up"),
        ("location", "MAIN"),
    )

    news = said(siu(), known=known)

    assert (news.provider, news.visit_type, news.location) == ("Dr. Erin Example, MD", "follow-up", "MAIN")


def test_a_reason_is_no_visit_type_unless_the_clinic_has_one_of_that_name() -> None:
    raw = joined([msh(), sch(f7="^Chest pain", f8="^Urgent visit"), pid(), AIP, AIL])

    assert said(raw).visit_type == "Urgent visit"
    assert said(raw, known=directory(("visit_type", "Chest pain"))).visit_type == "Chest pain"
    assert said(joined([msh(), sch(f7="^Chest pain"), pid()])).visit_type is None


@pytest.mark.parametrize(
    ("event", "filler_status", "status"),
    [
        ("S12", "Booked", "booked"),
        ("S12", "", "booked"),
        ("S12", "Pending", "cancelled"),
        ("S13", "Booked", "booked"),
        ("S14", "Complete", "fulfilled"),
        ("S14", "^Noshow", "noshow"),
        ("S14", "", None),
        ("S15", "Booked", "cancelled"),
        ("S17", "", "cancelled"),
        ("S26", "Booked", "noshow"),
    ],
)
def test_the_event_and_the_status_say_how_the_visit_stands(event: str, filler_status: str, status: str | None) -> None:
    assert said(siu(event, sch={"f25": filler_status}), event).status == status


@pytest.mark.parametrize(
    ("lines", "start", "minutes"),
    [
        pytest.param([sch(f9="", f11="^^^20260310140000^20260310144500")], TWO, 45, id="from and to"),
        pytest.param([sch(f9="1", f10="HR")], TWO, 60, id="an hour"),
        pytest.param([sch(f9="")], TWO, 30, id="no length"),
        pytest.param([sch(start="", f9=""), "TQ1|1||||||20260310140000|20260310142000"], TWO, 20, id="TQ1"),
        pytest.param([sch(start="", f9=""), f"{AIS}|20260310140000|||15|min"], TWO, 15, id="of the service"),
        pytest.param([sch(start="", f9="")], None, None, id="nothing"),
    ],
)
def test_when_and_how_long_it_is(lines: list[str], start: datetime | None, minutes: int | None) -> None:
    news = said(joined([msh(), *lines, pid()]))

    assert (news.start, news.minutes) == (start, minutes)


@pytest.mark.parametrize(
    ("changes", "fault", "place"),
    [
        pytest.param({"placer": "", "filler": ""}, Fault.REQUIRED_MISSING, "SCH-2", id="no id"),
        pytest.param({"start": "20260308023000"}, Fault.DATA_TYPE, "SCH-11", id="a time that clocks skip"),
        pytest.param({"start": "tomorrow"}, Fault.DATA_TYPE, "SCH-11", id="no time"),
        pytest.param({"f9": "0"}, Fault.DATA_TYPE, "SCH-9", id="no length"),
        pytest.param({"f9": "5000"}, Fault.DATA_TYPE, "SCH-9", id="too long"),
        pytest.param({"f10": "fortnights"}, Fault.DATA_TYPE, "SCH-9", id="no unit"),
        pytest.param({"f9": "", "f11": "^^^20260310140000^20260310140000"}, Fault.DATA_TYPE, "SCH-11", id="no span"),
    ],
)
def test_what_cannot_be_is_a_flaw(changes: dict[str, Any], fault: Fault, place: str) -> None:
    with pytest.raises(Flaw) as caught:
        said(joined([msh(), sch(**changes), pid(), AIS, AIL, AIP]))

    assert (caught.value.fault, caught.value.place) == (fault, place)
