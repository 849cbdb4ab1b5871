"""Messages taken apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.hl7.faults import Fault, Flaw, Rejected
from hub.hl7.reading import read
from tests.hub.hl7.messages import joined, msh, pid, segment, siu


def name_of(raw: bytes) -> str:
    """The family name that a message tells."""
    first = read(raw).first("PID")
    assert first is not None
    return first.text(5)


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        pytest.param("UNICODE UTF-8", "utf-8", id="UTF-8"),
        pytest.param("8859/1", "iso-8859-1", id="Latin 1"),
        pytest.param("8859/15", "iso-8859-15", id="Latin 9"),
        pytest.param("", "utf-8", id="not named"),
        pytest.param("8859/1~UNICODE UTF-8", "iso-8859-1", id="the first of two"),
    ],
)
def test_a_name_is_read_in_the_charset_that_the_header_names(charset: str, codec: str) -> None:
    text = "\r".join((msh(f18=charset), pid(f5="NÚÑEZ^ANA")))

    assert name_of(text.encode(codec)) == "NÚÑEZ"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(b"", Fault.SEGMENT_SEQUENCE, id="nothing"),
        pytest.param(b"PID|1", Fault.SEGMENT_SEQUENCE, id="no header"),
        pytest.param(b"MSH", Fault.DATA_TYPE, id="no delimiters"),
        pytest.param(b"MSH|^~|A", Fault.DATA_TYPE, id="too few of them"),
        pytest.param(b"MSH|^^^^|A", Fault.DATA_TYPE, id="one for several things"),
        pytest.param(b"MSHA^~\\&ASCHED", Fault.DATA_TYPE, id="a letter among them"),
        pytest.param(joined([msh(f18="UNICODE UTF-16")]), Fault.NOT_IN_TABLE, id="a charset that is not known"),
        pytest.param(joined([msh(f18="ASCII"), "PID|1||\u00e9"]), Fault.DATA_TYPE, id="not in its charset"),
        pytest.param(joined([msh()]) + b"PID|1||\xff\xfe", Fault.DATA_TYPE, id="no UTF-8"),
        pytest.param(joined([msh(), "pid|1"]), Fault.SEGMENT_SEQUENCE, id="no segment's name"),
        pytest.param(joined([msh(), pid(), msh()]), Fault.SEGMENT_SEQUENCE, id="two messages in one"),
        pytest.param(joined([msh(), *["NTE|1"] * 1000]), Fault.SEGMENT_SEQUENCE, id="too many segments"),
    ],
)
def test_what_is_no_message_is_rejected(raw: bytes, fault: Fault) -> None:
    with pytest.raises(Rejected) as caught:
        read(raw)

    assert caught.value.fault is fault


def test_segments_may_end_in_any_way_and_the_last_in_none() -> None:
    raw = siu()

    plain = read(raw)

    for ended in (
        raw.rstrip(b"\r"),
        raw.replace(b"\r", b"\n"),
        raw.replace(b"\r", b"\r\n"),
        b"\r\n" + raw + b"\r\r\x00",
    ):
        assert read(ended) == plain


def test_fields_count_from_one_and_the_header_counts_its_delimiter() -> None:
    message = read(joined([msh(), segment("PID", {3: "A^^^X^MR~B", 5: "VAN DER&VAN&DER^ANA"})]))
    first = message.first("PID")

    assert message.header.text(3) == "SCHED"
    assert message.header.text(9, 2) == "S12"
    assert first is not None
    assert [one.text() for one in first.all(3)] == ["A", "B"]
    assert (first.text(5, 1, 1), first.text(5, 1, 3), first.text(5, 2), first.text(99)) == ("VAN DER", "DER", "ANA", "")


def test_a_sender_may_have_delimiters_of_its_own() -> None:
    raw = msh().replace("|", "#").replace("^~\\&", "$%!*") + "\r" + "PID###A$$$X$MR##LO!S!PEZ$ANA"

    first = read(raw.encode()).first("PID")

    assert first is not None
    assert (first.text(3), first.text(3, 5), first.text(5), first.text(5, 2)) == ("A", "MR", "LO$PEZ", "ANA")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("O\\T\\NEIL \\S\\ \\F\\ \\R\\ \\E\\", "O&NEIL ^ | ~ \\"),
        ("N\\XC39A\\\\XC391\\EZ", "NÚÑEZ"),
        ("\\H\\LOPEZ\\N\\", "LOPEZ"),
        ("LO\\.br\\PEZ\\.sp3\\A", "LO PEZ A"),
        ("LOPEZ\\", "LOPEZ\\"),
        ("LO\\PEZ", "LO\\PEZ"),
        ('""', ""),
    ],
)
def test_escapes_are_resolved(written: str, meant: str) -> None:
    assert name_of(joined([msh(), segment("PID", {5: written})])) == meant


def test_a_field_that_is_said_too_often_is_refused() -> None:
    with pytest.raises(Flaw) as caught:
        name_of(joined([msh(), segment("PID", {5: "~".join(["A"] * 200)})]))

    assert caught.value.reason == "repetitions"


@pytest.mark.parametrize(
    "written", ["\\C2842\\", "\\M1122\\", "\\XFF\\", "\\XG\\", "\\Zabc\\", "\\.sp99999999999\\", "a\x01b"]
)
def test_what_cannot_be_shown_as_text_is_refused(written: str) -> None:
    with pytest.raises(Flaw) as caught:
        name_of(joined([msh(), segment("PID", {5: written})]))

    assert (caught.value.fault, caught.value.place) == (Fault.DATA_TYPE, "PID-5")


@given(st.binary(max_size=120), st.integers(0, 300), st.integers(0, 20))
@settings(max_examples=50)
def test_a_message_with_anything_in_it_is_read_or_refused(junk: bytes, at: int, less: int) -> None:
    raw = siu()
    broken = raw[:at] + junk + raw[at + less :]

    try:
        message = read(broken)
        for one in message.segments:
            for number in range(len(one.fields)):
                one.text(number), one.all(number)
    except Flaw:
        return
