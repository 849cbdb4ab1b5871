"""Finding messages in a stream."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.hl7.framing import Frames, NoFraming, TooLarge, framed

_CONTENT = st.binary(max_size=40).map(lambda raw: raw.replace(b"\x0b", b"").replace(b"\x1c\r", b""))


def fed(frames: Frames, *pieces: bytes) -> list[bytes]:
    """What is found in these pieces, one after the other."""
    return [content for piece in pieces for content in frames.feed(piece)]


@given(st.lists(_CONTENT, max_size=5), st.data())
@settings(max_examples=50)
def test_however_the_stream_is_cut_the_messages_are_the_same(contents: list[bytes], data: st.DataObject) -> None:
    # A message that ends with 0x1C would end one octet earlier.
    contents = [one.rstrip(b"\x1c") for one in contents]
    stream = b"\r\n".join(framed(one) for one in contents)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    frames = Frames()

    assert fed(frames, *pieces) == contents
    assert not frames.within


@given(st.lists(st.binary(max_size=30), max_size=6))
@settings(max_examples=50)
def test_whatever_comes_is_found_framed_or_refused(pieces: list[bytes]) -> None:
    frames = Frames(largest=40)

    try:
        found = fed(frames, *pieces)
    except (TooLarge, NoFraming):
        return

    assert all(len(one) <= 40 and b"\x0b" not in one and framed(one) in b"".join(pieces) for one in found)


def test_a_message_that_was_broken_off_and_begun_anew_is_passed_over() -> None:
    assert fed(Frames(), b"\x0bMSH|half", b"\x0bMSH|whole\x1c\r") == [b"MSH|whole"]


def test_an_end_that_is_none_ends_nothing() -> None:
    frames = Frames()

    assert fed(frames, b"\x0bone\x1c", b"two\x1c") == []
    assert frames.within
    assert fed(frames, b"\r") == [b"one\x1ctwo"]


def test_what_was_whole_before_too_large_a_one_is_found() -> None:
    frames = Frames(largest=100)
    found: list[bytes] = []

    with pytest.raises(TooLarge) as caught:
        found.extend(frames.feed(framed(b"small") + b"\x0bMSH" + b"x" * 200))

    assert found == [b"small"]
    assert caught.value.head.startswith(b"MSH")


def test_another_protocol_is_told_from_noise() -> None:
    frames = Frames()
    assert fed(frames, b"\r\n  junk \r\n" + framed(b"one")) == [b"one"]

    with pytest.raises(NoFraming):
        fed(frames, b"GET / HTTP/1.1\r\n" * 400)
