"""Log lines hold ids, codes, counts and durations, whatever a careless caller hands over."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import Overloaded
from hub.log import configure, say
from hub.types import Address, AddressKind, ChannelKind

ROOMS = ("", "hub", "channels", "bots", "consent", "templates")
LOG = logging.getLogger("hub.tests")
FOREIGN = logging.getLogger("somebody.elses")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {room: logging.getLogger(room).level for room in ROOMS}
    yield
    root.handlers[:] = handlers
    for room, level in levels.items():
        logging.getLogger(room).setLevel(level)


def said(level: str = "debug", log_format: str = "json") -> io.StringIO:
    stream = io.StringIO()
    configure(level, log_format, stream)
    return stream


def line(**values: object) -> dict[str, object]:
    """What one line with these values says, as JSON."""
    stream = said()
    say(LOG, "happened", **values)
    return dict(json.loads(stream.getvalue()))


people = st.one_of(
    st.from_regex(r"[A-Z][a-z]{1,9} [A-Z][a-z]{1,12}", fullmatch=True),
    st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9})?@[a-z]{1,9}\.(org|com)", fullmatch=True),
    st.from_regex(r"(\+?1[ .-]?)?(\(\d{3}\)|\d{3})[ .\-/]?\d{3}[ .\-/]?\d{4}", fullmatch=True),
    st.from_regex(r"(19|20)\d\d[-./](0\d|1[012])[-./]([012]\d)", fullmatch=True),
    st.text(min_size=1).filter(lambda text: re.search(r"[\s,;!?'\"()]", text) is not None),
)


@given(people)
@example("202-555-0123")
@example("202.555.0123")
@example("+12025550123")
@example("tel:+1-202-555-0123")
@example("nora.quinn@example.org")
@example("1980-02-29")
@example("I want to come in tomorrow")
def test_no_text_name_number_or_address_gets_through(value: str) -> None:
    assert line(value=value)["value"] == "<str>"


@given(st.text())
def test_whatever_gets_through_looks_like_a_code(value: str) -> None:
    shown = line(value=value)["value"]

    assert shown == "<str>" or (shown == value and re.fullmatch(r"[A-Za-z0-9_.:/\-]{1,64}", value))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.25,
        "01890000-0000-7000-8000-000000000000",
        "batch_refused",
        "channels.sms:31",
        "kek-0a1b2c",
        "twilio/sms",
        "30007",
    ],
    ids=str,
)
def test_ids_codes_counts_and_durations_get_through(value: object) -> None:
    assert line(value=value)["value"] == value


def test_a_state_is_told_by_its_word() -> None:
    assert line(value=ChannelKind.SMS)["value"] == "sms"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(Overloaded(), "overloaded", id="ours, by its code"),
        pytest.param(ValueError("Nora Quinn, 202-555-0123"), "ValueError", id="another's, by its type"),
        pytest.param(SystemExit("Nora Quinn"), "SystemExit", id="one whose code is a text"),
    ],
)
def test_an_error_is_told_without_its_message(error: BaseException, told: str) -> None:
    assert line(error=error)["error"] == told


def test_any_other_object_is_told_by_its_type() -> None:
    values = line(one=Address(AddressKind.PHONE, "+12025550123"), two={"name": "Nora"}, three=b"Nora", four=["Nora"])

    assert [values[name] for name in ("one", "two", "three", "four")] == ["<Address>", "<dict>", "<bytes>", "<list>"]


def test_a_line_is_one_json_object_with_its_place_and_time() -> None:
    stream = said()

    say(LOG, "accepted", logging.WARNING, thread="t-1")

    entry = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("at"))
    assert entry == {"level": "warning", "room": "hub.tests", "event": "accepted", "thread": "t-1"}


def test_as_text_a_line_is_short_enough_to_read() -> None:
    stream = said(log_format="text")

    say(LOG, "accepted", thread="t-1", count=3)
    say(LOG, "stopping")

    first, second = stream.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} info    hub\.tests accepted thread=t-1 count=3", first)
    assert second.endswith("hub.tests stopping")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "is_json"), [(io.StringIO(), True), (_Terminal(), False)], ids=["file", "terminal"])
def test_unless_told_a_terminal_gets_text_and_all_else_json(stream: io.StringIO, is_json: bool) -> None:
    configure("info", "", stream)

    say(LOG, "ready")

    assert stream.getvalue().startswith("{") is is_json


def test_lines_below_the_level_are_not_written() -> None:
    stream = said(level="warning")

    say(LOG, "quiet", logging.INFO)
    say(LOG, "loud", logging.WARNING)

    assert [json.loads(one)["event"] for one in stream.getvalue().splitlines()] == ["loud"]


class TestForeignRecords:
    """What a library logs may quote anything, so that only its logger, its level and a fault's place are kept."""

    def test_their_words_and_arguments_are_dropped(self) -> None:
        stream = said()

        FOREIGN.warning("could not parse %s", "Nora Quinn 202-555-0123", extra={"body": "Nora"})

        entry = json.loads(stream.getvalue())
        del entry["at"]
        assert entry == {"level": "warning", "room": "somebody.elses", "event": "foreign"}

    def test_below_a_warning_they_are_not_written_at_all(self) -> None:
        stream = said()

        FOREIGN.info("Nora Quinn")

        assert stream.getvalue() == ""

    @pytest.mark.parametrize("log_format", ["json", "text"])
    def test_of_an_exception_only_type_and_place_are_kept(self, log_format: str) -> None:
        stream = said(log_format=log_format)

        try:
            raise KeyError("Nora Quinn")
        except KeyError:
            FOREIGN.exception("while reading %s", "Nora", stack_info=True)

        assert stream.getvalue().count("\n") == 1
        assert "KeyError" in stream.getvalue()
        assert f"{__name__}:" in stream.getvalue()
        assert "Nora" not in stream.getvalue()

    def test_a_record_without_arguments_that_fit_breaks_nothing(self) -> None:
        stream = said()

        FOREIGN.error("%d of %d", "Nora")

        assert json.loads(stream.getvalue())["event"] == "foreign"

    def test_an_error_without_a_traceback_has_no_place(self) -> None:
        stream = said()

        FOREIGN.error("broke", exc_info=ValueError("Nora"))

        assert json.loads(stream.getvalue())["at_line"] == "?"


def test_lines_go_to_stderr_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")

    say(LOG, "ready")

    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["event"] == "ready"
