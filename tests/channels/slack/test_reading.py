"""What Slack tells, understood; what is malformed is refused, and nothing else is raised."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack import Challenge, Ignored, Pressed, Said, interaction, told
from channels.slack.plain import names_somebody, plain
from hub.errors import PayloadInvalid

REPLY: dict[str, Any] = {
    "type": "message",
    "channel": "C1",
    "user": "U1",
    "text": "Come &lt;now&gt;",
    "ts": "2.0",
    "thread_ts": "1.0",
}
BEFORE = {"user": "U1", "text": "first", "ts": "2.0", "thread_ts": "1.0"}


def event(**inner: Any) -> bytes:
    return json.dumps({"type": "event_callback", "event_id": "Ev1", "event": REPLY | inner}).encode()


def test_a_reply_is_read_as_it_was_typed() -> None:
    assert told(event()) == Said(id="Ev1", channel="C1", post="1.0", ts="2.0", user="U1", text="Come <now>")


def test_the_question_whose_address_it_is_is_answered_with_its_word() -> None:
    assert told(b'{"type":"url_verification","challenge":"abc"}') == Challenge("abc")


@pytest.mark.parametrize(
    ("inner", "why"),
    [
        ({"bot_id": "B1"}, "own_message"),
        ({"subtype": "bot_message"}, "own_message"),
        ({"subtype": "channel_join"}, "another_message"),
        ({"thread_ts": ""}, "no_reply"),
        ({"thread_ts": "2.0"}, "no_reply"),
        ({"user": ""}, "no_reply"),
        ({"type": "reaction_added"}, "another_event"),
        ({"subtype": "message_changed", "previous_message": BEFORE, "message": BEFORE}, "unchanged"),
        ({"subtype": "message_changed", "previous_message": BEFORE | {"bot_id": "B1"}}, "no_reply"),
        ({"subtype": "message_deleted"}, "no_reply"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_matter_is_ignored(inner: dict[str, Any], why: str) -> None:
    assert told(event(**inner)) == Ignored(why)


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ({"subtype": "thread_broadcast"}, "reply"),
        ({"files": [{"id": "F1"}]}, "files"),
        ({"subtype": "file_share"}, "files"),
        (
            {"subtype": "message_changed", "previous_message": BEFORE, "message": BEFORE | {"text": "second"}},
            "changed",
        ),
        ({"subtype": "message_deleted", "previous_message": BEFORE}, "deleted"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_becomes_of_a_message_is_told_apart(inner: dict[str, Any], kind: str) -> None:
    said = told(event(**inner))

    assert isinstance(said, Said)
    assert (said.kind, said.post, said.ts, said.user) == (kind, "1.0", "2.0", "U1")


def pressed(**values: Any) -> dict[str, Any]:
    given = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "container": {"message_ts": "1.0"},
        "actions": [{"action_id": "snooze", "action_ts": "9.9", "selected_option": {"value": "4"}}],
    }
    return given | values


def test_a_choice_of_the_menu_is_told_with_its_value_and_has_one_id_however_often_it_comes() -> None:
    first, again = interaction(json.dumps(pressed())), interaction(json.dumps(pressed()))

    assert isinstance(first, Pressed)
    assert (first.post, first.user, first.action, first.value) == ("1.0", "U1", "snooze", "4")
    assert first == again
    other = interaction(json.dumps(pressed(user={"id": "U2"})))
    assert isinstance(other, Pressed)
    assert other.id != first.id


@pytest.mark.parametrize(
    "values",
    [
        {"type": "view_submission"},
        {"actions": []},
        {"actions": [{"action_id": "delete"}]},
        {"user": {}},
        {"channel": {}},
    ],
)
def test_another_interaction_is_ignored(values: dict[str, Any]) -> None:
    assert interaction(json.dumps(pressed(**values))) == Ignored("another_interaction")


@settings(max_examples=50)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_is_no_such_json_is_refused(body: bytes) -> None:
    for read in (lambda: told(body), lambda: interaction(body.decode("utf-8", "replace"))):
        with suppress(PayloadInvalid):
            assert isinstance(read(), Ignored)


@pytest.mark.parametrize("inner", [{"text": 5}, {"files": "x"}, {"ts": None}])
def test_fields_of_another_kind_are_refused(inner: dict[str, Any]) -> None:
    with pytest.raises(PayloadInvalid):
        told(event(**inner))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a &amp;lt; b", "a &lt; b"),
        ("see <https://x.example.org/a?b=1&amp;c=2>", "see https://x.example.org/a?b=1&c=2"),
        ("see <https://x.example.org|here>", "see https://x.example.org"),
        ("see <http://x.example.org|x.example.org>", "see x.example.org"),
        ("write <mailto:a@example.org|a@example.org>", "write a@example.org"),
        ("call <tel:+12025550100|+1 202-555-0100>", "call +1 202-555-0100"),
        ("in <#C1|desk>", "in #desk"),
        ("thanks :wave: :unknown_one:", "thanks 👋 :unknown_one:"),
        ("at <!date^1^{time}|3 PM>", "at 3 PM"),
    ],
)
def test_markup_is_read_as_text(typed: str, read: str) -> None:
    assert plain(typed) == read


@pytest.mark.parametrize("text", ["<@U1> hi", "<!here>", "<!subteam^S1|@nurses> see", "so <!channel>"])
def test_what_calls_a_colleague_is_known(text: str) -> None:
    assert names_somebody(text)
    assert not names_somebody("a@example.org &lt;@U1&gt; <https://x.example.org>")
