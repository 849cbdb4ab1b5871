"""What PID and PD1 say of a patient."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.hl7.faults import Fault, Flaw
from hub.hl7.patients import Clinic, PatientNews, patient
from hub.hl7.reading import read
from hub.types import Address, AddressKind
from tests.hub.hl7.messages import E164, PHONE, joined, msh, pid

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CLINIC = Clinic(zone=ZoneInfo("America/New_York"), region="US")


def said(*, pd1: str = "", clinic: Clinic = CLINIC, **changes: Any) -> PatientNews:
    """What is said of a patient."""
    message = read(joined([msh(), pid(**changes), *([pd1] if pd1 else [])]))
    first = message.first("PID")
    assert first is not None
    return patient(first, message.first("PD1"), clinic, NOW)


def test_a_patient_is_read() -> None:
    assert said(f11="1 MAIN ST^^SPRINGFIELD^IL^62701") == PatientNews(
        mrn="M1",
        given_name="Ana",
        family_name="Lopez",
        birth_date=date(1985, 4, 23),
        language="es",
        state="IL",
        phones=(Address(AddressKind.PHONE, E164),),
    )


def test_what_is_empty_says_nothing_and_null_says_there_is_none() -> None:
    empty = said(f5="", f7="", f13="", f15="")
    null = said(f7='""', f13='""')

    assert empty == PatientNews(mrn="M1")
    assert (null.birth_date, null.phones, null.mailboxes) == ("", (), ())


@pytest.mark.parametrize(
    ("telecom", "phones", "mailboxes"),
    [
        pytest.param(f"({PHONE[:3]}){PHONE[3:6]}-{PHONE[6:]}", [E164], [], id="as it was written before parts"),
        pytest.param(f"^PRN^PH^^^212^{PHONE[3:]}", [E164], [], id="in parts, without a country"),
        pytest.param(f"^PRN^CP^^^^^^^^^{E164}", [E164], [], id="unformatted"),
        pytest.param("^PRN^CP^^52^55^12345678", ["+525512345678"], [], id="abroad"),
        pytest.param(
            f"^PRN^PH^^1^212^5550199~^PRN^CP^^1^212^{PHONE[3:]}", [E164, "+12125550199"], [], id="the mobile first"
        ),
        pytest.param(f"^PRN^FX^^1^212^{PHONE[3:]}~^WPN^PH^^1^212^5550199", [], [], id="a fax, and one at work"),
        pytest.param("^NET^Internet^Ana@Example.org", [], ["ana@example.org"], id="a mailbox"),
        pytest.param("^NET^Internet^nonsense", [], [], id="what is no mailbox"),
        pytest.param("^PRN^CP^^1^212^12", [], [], id="what is no number"),
    ],
)
def test_numbers_and_mailboxes_are_read(telecom: str, phones: list[str], mailboxes: list[str]) -> None:
    news = said(f13=telecom)

    assert [one.value for one in news.phones or ()] == phones
    assert [one.value for one in news.mailboxes or ()] == mailboxes


@pytest.mark.parametrize(
    ("identifiers", "authority", "mrn"),
    [
        ("M1^^^CLINIC^MR", "", "M1"),
        ("S9^^^SSA^SS~M1^^^CLINIC^MR", "", "M1"),
        ("M1", "", "M1"),
        ("X2^^^OTHER^MR~M1^^^CLINIC^MR", "CLINIC", "M1"),
    ],
)
def test_the_record_number_is_the_clinics(identifiers: str, authority: str, mrn: str) -> None:
    clinic = Clinic(zone=CLINIC.zone, region="US", authority=authority)

    assert said(f3=identifiers, clinic=clinic).mrn == mrn


@pytest.mark.parametrize(
    ("changes", "fault", "place"),
    [
        pytest.param({"f3": ""}, Fault.REQUIRED_MISSING, "PID-3", id="no number"),
        pytest.param({"f3": "S9^^^SSA^SS"}, Fault.REQUIRED_MISSING, "PID-3", id="none of ours"),
        pytest.param({"f3": "A^^^X^MR~B^^^Y^MR"}, Fault.DATA_TYPE, "PID-3", id="two"),
        pytest.param({"f3": "A" * 121}, Fault.DATA_TYPE, "PID-3", id="a long one"),
        pytest.param({"f7": "20990101"}, Fault.DATA_TYPE, "PID-7", id="born tomorrow"),
        pytest.param({"f7": "19850231"}, Fault.DATA_TYPE, "PID-7", id="born on no day"),
    ],
)
def test_what_cannot_be_is_a_flaw(changes: dict[str, Any], fault: Fault, place: str) -> None:
    with pytest.raises(Flaw) as caught:
        said(**changes)

    assert (caught.value.fault, caught.value.place) == (fault, place)


@pytest.mark.parametrize(
    ("changes", "deceased"),
    [
        pytest.param({}, None, id="nothing is said"),
        pytest.param({"f30": "Y"}, NOW, id="yes, and not when"),
        pytest.param({"f30": "Y", "f29": "20260301"}, datetime(2026, 3, 1, 5, 0, tzinfo=UTC), id="yes, and when"),
        pytest.param({"f29": "202603011200"}, datetime(2026, 3, 1, 17, 0, tzinfo=UTC), id="when, and so yes"),
        pytest.param({"f30": "N"}, False, id="no"),
        pytest.param({"f30": '""'}, False, id="taken back"),
        pytest.param({"f30": "Y", "f29": "nonsense"}, NOW, id="a day that is none"),
    ],
)
def test_a_death_is_read(changes: dict[str, Any], deceased: Any) -> None:
    assert said(**changes).deceased == deceased


@pytest.mark.parametrize(
    ("code", "wish"), [("01", "none"), ("02", "any"), ("03", "no_calls"), ("10", "none"), ("", None)]
)
def test_a_publicity_code_says_whether_they_want_to_be_reminded(code: str, wish: str | None) -> None:
    assert said(pd1=f"PD1|||||||||||{code}").publicity == wish


@pytest.mark.parametrize(
    ("code", "language"), [("eng", "en"), ("ES", "es"), ("en-US", "en"), ("^Spanish", "es"), ("xyz", None)]
)
def test_a_language_is_read(code: str, language: str | None) -> None:
    assert said(f15=code).language == language
