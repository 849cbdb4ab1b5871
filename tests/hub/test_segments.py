"""Files sealed in segments: nothing changed, moved, repeated or cut off opens."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.crypto import DataKey, Place
from hub.crypto.segments import SEGMENT, open_file, seal_file
from hub.errors import SealBroken

KEY = DataKey(bytes(range(32)), 1)
PLACE = Place("recording", "content_sealed", "r1", "p1", "t1")
HEAD = 1 + 66
WHOLE = SEGMENT + 16


def sealed(content: bytes, place: Place = PLACE) -> bytes:
    return b"".join(seal_file(KEY, [content], place))


def opened(content: bytes, place: Place = PLACE, key: DataKey = KEY) -> bytes:
    return b"".join(open_file(key, [content], place))


@given(
    size=st.integers(0, 3 * SEGMENT + 1),
    cuts=st.lists(st.integers(0, 3 * SEGMENT), max_size=5),
    again=st.lists(st.integers(0, 3 * SEGMENT), max_size=5),
)
@example(size=0, cuts=[], again=[])
@example(size=SEGMENT, cuts=[SEGMENT], again=[1, HEAD, HEAD + WHOLE])
@example(size=2 * SEGMENT, cuts=[], again=[])
def test_what_was_sealed_opens_however_it_comes_in_pieces(size: int, cuts: list[int], again: list[int]) -> None:
    content = (bytes(range(251)) * (size // 251 + 1))[:size]

    made = b"".join(seal_file(KEY, _pieces(content, cuts), PLACE))

    assert b"".join(open_file(KEY, _pieces(made, again), PLACE)) == content
    assert len(made) == HEAD + size + 16 * max(1, -(-size // SEGMENT))


def _pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    return [content[first:last] for first, last in pairwise(edges)]


@given(content=st.binary(max_size=300), at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_no_octet_can_be_changed(content: bytes, at: int, flip: int) -> None:
    made = bytearray(sealed(content))
    made[at % len(made)] ^= flip

    with pytest.raises(SealBroken):
        opened(bytes(made))


@given(content=st.binary(max_size=300), kept=st.integers(0, 10_000))
def test_nothing_can_be_cut_off(content: bytes, kept: int) -> None:
    made = sealed(content)

    with pytest.raises(SealBroken):
        opened(made[: kept % len(made)])


FOUR = bytes(3 * SEGMENT) + b"the end"


def _segments() -> tuple[bytes, list[bytes]]:
    made = sealed(FOUR)
    body = made[HEAD:]
    return made[:HEAD], [body[n : n + WHOLE] for n in range(0, len(body), WHOLE)]


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([0, 1, 2], id="last-left-out"),
        pytest.param([0, 1, 3], id="one-left-out"),
        pytest.param([1, 0, 2, 3], id="exchanged"),
        pytest.param([0, 1, 1, 3], id="repeated-in-place"),
        pytest.param([0, 0, 1, 2, 3], id="repeated"),
        pytest.param([3], id="last-alone"),
        pytest.param([0, 1, 2, 3, 3], id="something-after-the-last"),
    ],
)
def test_segments_cannot_be_moved_left_out_or_repeated(order: list[int]) -> None:
    head, segments = _segments()
    assert opened(head + b"".join(segments)) == FOUR

    with pytest.raises(SealBroken):
        opened(head + b"".join(segments[n] for n in order))


def test_segments_of_another_file_do_not_open() -> None:
    head, segments = _segments()
    _, others = _segments()

    with pytest.raises(SealBroken):
        opened(head + segments[0] + b"".join(others[1:]))


@pytest.mark.parametrize("changes", [{"row": "r2"}, {"person": "p2"}, {"thread": "t2"}, {"field": "other"}])
def test_a_file_opens_in_its_place_alone(changes: dict[str, str]) -> None:
    with pytest.raises(SealBroken):
        opened(sealed(b"sound"), replace(PLACE, **changes))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        opened(sealed(b"sound"), key=DataKey(bytes(32), 1))


def test_two_sealings_have_nothing_in_common() -> None:
    first, second = sealed(bytes(100)), sealed(bytes(100))

    assert first[7:] != second[7:]
    assert first[HEAD:] != second[HEAD:]


def test_a_large_file_is_never_held_whole() -> None:
    waiting = 0

    def content() -> object:
        for _ in range(64):
            nonlocal waiting
            waiting += SEGMENT
            yield bytes(SEGMENT)

    most = 0
    for piece in seal_file(KEY, content(), PLACE):  # type: ignore[arg-type]
        waiting -= len(piece)
        most = max(most, waiting)

    assert most <= 2 * WHOLE
