"""Acknowledgements, as an implementation of somebody else's reads them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import hl7
import pytest

from hub.hl7.answers import Answering
from hub.hl7.faults import Fault, Flaw
from hub.hl7.reading import header_of
from tests.hub.hl7.messages import acknowledged, msh

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ANSWERING = Answering(ZoneInfo("America/New_York"))
FLAW = Flaw(Fault.REQUIRED_MISSING, "PID-3", "record_number")


def answered(header: str, code: str = "AE", flaw: Flaw | None = FLAW) -> bytes:
    """The answer to a message with this header."""
    return ANSWERING.answer(header_of(header.encode()), code, NOW, flaw)  # type: ignore[arg-type]


def test_an_acknowledgement_goes_back_the_way_the_message_came() -> None:
    answer = hl7.parse(answered(msh(), "AA", None).decode())

    header, msa = answer.segment("MSH"), answer.segment("MSA")
    assert [str(header(number)) for number in (3, 4, 5, 6)] == ["HUB", "CLINIC", "SCHED", "CLINIC"]
    assert [str(header(number)) for number in (7, 9, 11, 12)] == ["20260302100000-0500", "ACK^S12^ACK", "P", "2.5.1"]
    assert len(str(header(10))) == 20
    assert (str(msa(1)), str(msa(2))) == ("AA", "MSG1")
    assert [str(one[0]) for one in answer] == ["MSH", "MSA"]


@pytest.mark.parametrize(
    ("version", "error"),
    [
        ("2.5.1", "ERR||PID^1^3|101^Required field missing^HL70357|E"),
        ("2.8", "ERR||PID^1^3|101^Required field missing^HL70357|E"),
        ("2.3", "ERR|PID^1^3^101&Required field missing&HL70357"),
    ],
)
def test_an_error_has_the_form_of_the_version(version: str, error: str) -> None:
    assert answered(msh(f12=version)).decode().split("\r")[2] == error


def test_delimiters_and_charset_are_the_senders() -> None:
    header = msh(f3="MÜLLER", f18="8859/1").replace("|", "#").replace("^~\\&", "$%!*")

    answer = ANSWERING.answer(header_of(header.encode("iso-8859-1")), "AE", NOW, FLAW)

    assert answer.startswith(b"MSH#$%!*#HUB#CLINIC#M\xdcLLER#CLINIC#")
    assert b"#8859/1\r" in answer
    assert b"ERR##PID$1$3#101$Required field missing$HL70357#E\r" in answer


def test_what_has_no_header_is_answered_all_the_same() -> None:
    answer = ANSWERING.answer(None, "AR", NOW, Flaw(Fault.SEGMENT_SEQUENCE, "MSH", "no_header"))

    assert acknowledged(answer) == ("AR", "", "100")
