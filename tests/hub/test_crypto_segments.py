"""A sealed file opens whole, or not at all: nothing may be cut off, moved, repeated or exchanged."""

import os
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.crypto import DataKey, Place
from hub.crypto.segments import SEGMENT, FileOpening, FileSealing
from hub.errors import SealBroken

KEY = DataKey(b"k" * 32, 3)
PLACE = Place("attachment", "content_sealed", "row-1", "person-1")
TAG = 16

# Lengths around the edges of segments, where a mistake would be.
lengths = st.one_of(
    st.integers(0, 3),
    st.builds(lambda count, off: max(0, count * SEGMENT + off), st.integers(0, 4), st.integers(-2, 2)),
    st.integers(0, 4 * SEGMENT),
)


def content_of(length: int) -> bytes:
    """Octets that differ from segment to segment."""
    return b"".join(number.to_bytes(8, "big") for number in range(length // 8 + 1))[:length]


def seal_file(key: DataKey, content: Iterable[bytes], place: Place) -> Iterator[bytes]:
    """`content` sealed as it comes."""
    sealing = FileSealing(key, place)
    yield sealing.head
    for piece in content:
        yield from sealing.add(piece)
    yield sealing.end()


def open_file(key: DataKey, sealed: Iterable[bytes], place: Place) -> Iterator[bytes]:
    """What was sealed, opened as it comes."""
    opening = FileOpening(key, place)
    for piece in sealed:
        yield from opening.add(piece)
    yield opening.end()


def sealed_file(content: bytes, key: DataKey = KEY, place: Place = PLACE) -> bytes:
    return b"".join(seal_file(key, [content], place))


def opened(sealed: bytes, key: DataKey = KEY, place: Place = PLACE) -> bytes:
    return b"".join(open_file(key, [sealed], place))


def parts(sealed: bytes, content_length: int) -> tuple[bytes, list[bytes]]:
    """The head of a sealed file, and its segments."""
    count = max(1, -(-content_length // SEGMENT))
    head = sealed[: len(sealed) - content_length - count * TAG]
    body, step = sealed[len(head) :], SEGMENT + TAG
    return head, [body[at : at + step] for at in range(0, len(body), step)]


@given(lengths, st.lists(st.integers(1, 3 * SEGMENT), max_size=6), st.lists(st.integers(1, 3 * SEGMENT), max_size=6))
@settings(deadline=None)
def test_what_was_sealed_opens_however_it_is_cut_on_the_way(length: int, one: list[int], other: list[int]) -> None:
    content = content_of(length)

    sealed = b"".join(seal_file(KEY, cut(content, one), PLACE))

    assert b"".join(open_file(KEY, cut(sealed, other), PLACE)) == content


def cut(whole: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield whole[at : at + size]
        at += size
    yield whole[at:]


@given(lengths.filter(lambda length: length < 2 * SEGMENT + 3), st.data())
@settings(deadline=None)
def test_cut_off_anywhere_it_does_not_open(length: int, data: st.DataObject) -> None:
    sealed = sealed_file(content_of(length))
    keep = data.draw(st.integers(0, len(sealed) - 1))

    with pytest.raises(SealBroken):
        opened(sealed[:keep])


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_cut_off_after_a_whole_segment_it_does_not_open(kept: int) -> None:
    length = 4 * SEGMENT
    head, segments = parts(sealed_file(content_of(length)), length)

    with pytest.raises(SealBroken):
        opened(head + b"".join(segments[:kept]))


@given(st.lists(st.integers(0, 3), max_size=6).filter(lambda order: order != [0, 1, 2, 3]))
@settings(deadline=None)
def test_segments_in_any_other_order_repeated_or_left_out_do_not_open(order: list[int]) -> None:
    length = 3 * SEGMENT + 100
    head, segments = parts(sealed_file(content_of(length)), length)

    with pytest.raises(SealBroken):
        opened(head + b"".join(segments[number] for number in order))


@given(st.integers(0, 10_000), st.integers(0, 7))
@settings(deadline=None)
def test_one_changed_bit_is_found(at: int, bit: int) -> None:
    sealed = bytearray(sealed_file(content_of(1000)))
    sealed[at % len(sealed)] ^= 1 << bit

    with pytest.raises(SealBroken):
        opened(bytes(sealed))


@pytest.mark.parametrize("tail", [b"\x00", b"x" * 16, b"x" * (SEGMENT + TAG)])
@pytest.mark.parametrize("length", [0, 10, SEGMENT])
def test_what_was_added_is_found(length: int, tail: bytes) -> None:
    with pytest.raises(SealBroken):
        opened(sealed_file(content_of(length)) + tail)


def test_a_segment_of_another_file_of_the_same_person_does_not_fit() -> None:
    length = 2 * SEGMENT
    head, ours = parts(sealed_file(content_of(length)), length)
    _, theirs = parts(sealed_file(content_of(length)), length)

    with pytest.raises(SealBroken):
        opened(head + ours[0] + theirs[1])


@pytest.mark.parametrize(
    ("key", "place"),
    [
        (DataKey(b"o" * 32, 3), PLACE),
        (DataKey(b"k" * 32, 4), PLACE),
        (KEY, Place("attachment", "content_sealed", "row-2", "person-1")),
        (KEY, Place("attachment", "content_sealed", "row-1", "person-2")),
    ],
)
def test_elsewhere_or_by_another_key_it_does_not_open(key: DataKey, place: Place) -> None:
    with pytest.raises(SealBroken):
        opened(sealed_file(b"x" * 100), key, place)


def test_the_same_file_is_never_sealed_alike() -> None:
    assert len({sealed_file(b"x" * 100) for _ in range(10)}) == 10


def test_a_long_file_is_sealed_and_opened_in_the_memory_of_a_few_segments() -> None:
    piece = os.urandom(SEGMENT // 2)
    count = 512  # 16 MiB

    tracemalloc.start()
    total = sum(len(one) for one in open_file(KEY, seal_file(KEY, (piece for _ in range(count)), PLACE), PLACE))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total == count * len(piece)
    assert most < 16 * SEGMENT
