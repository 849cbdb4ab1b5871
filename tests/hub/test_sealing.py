"""A sealed value opens in its own place, whole and unchanged, under its own key, and nowhere else."""

import secrets

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.crypto import DataKey, Place
from hub.crypto.sealing import version_of
from hub.errors import SealBroken

KEY = DataKey(bytes(range(32)), 1)
PLACE = Place("message", "body_sealed", "row-1", "person-1", "thread-1")
PLAIN = b"I want to come in tomorrow"
# Made by the first release: what is in people's databases must open in every later one.
KEPT = bytes.fromhex(
    "010100000001de517b11d9023103c46053d42bd03913725e414ef0254c58"
    "9e9b15dae9d8f3e05f1b7a6d77a9177ca1b98e20e3f29bc429174f28086e"
)

texts = st.text(max_size=12)
places = st.builds(Place, texts, texts, texts, texts, texts)


@given(st.binary(max_size=2000), places)
def test_what_was_sealed_opens_in_its_place(plain: bytes, place: Place) -> None:
    assert KEY.open(KEY.seal(plain, place), place) == plain


@given(st.binary(max_size=200), places, texts)
def test_what_opens_many_rows_opens_each_in_its_own_place_alone(plain: bytes, place: Place, other: str) -> None:
    sealed = KEY.seal(plain, place)
    opened = KEY.rows(msgspec.structs.replace(place, row="any"))

    assert opened(place.row, sealed) == plain
    if other != place.row:
        with pytest.raises(SealBroken, match="changed or moved"):
            opened(other, sealed)
    with pytest.raises(SealBroken, match="not in a format"):
        opened(place.row, sealed[:33])


@given(places, places)
def test_no_two_places_read_alike(one: Place, other: Place) -> None:
    assert (one.bound() == other.bound()) == (one == other)


@pytest.mark.parametrize("part", Place.__struct_fields__)
def test_a_value_moved_to_another_place_does_not_open(part: str) -> None:
    sealed = KEY.seal(PLAIN, PLACE)
    elsewhere = msgspec.structs.replace(PLACE, **{part: f"{getattr(PLACE, part)}x"})

    with pytest.raises(SealBroken, match="changed or moved"):
        KEY.open(sealed, elsewhere)


@pytest.mark.parametrize("part", ["person", "thread"])
def test_a_value_of_one_person_does_not_open_as_nobodys(part: str) -> None:
    with pytest.raises(SealBroken):
        KEY.open(KEY.seal(PLAIN, PLACE), msgspec.structs.replace(PLACE, **{part: ""}))


def test_a_letter_moved_from_one_part_to_the_next_is_another_place() -> None:
    sealed = KEY.seal(PLAIN, Place("ab", "c", "1", "2"))

    with pytest.raises(SealBroken):
        KEY.open(sealed, Place("a", "bc", "1", "2"))


def test_any_flipped_bit_is_noticed() -> None:
    sealed = KEY.seal(PLAIN, PLACE)

    for position in range(len(sealed) * 8):
        spoilt = bytearray(sealed)
        spoilt[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            KEY.open(bytes(spoilt), PLACE)


def test_any_cut_is_noticed() -> None:
    sealed = KEY.seal(PLAIN, PLACE)

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            KEY.open(sealed[:length], PLACE)


def test_anything_added_is_noticed() -> None:
    sealed = KEY.seal(PLAIN, PLACE)

    for spoilt in (sealed + b"\0", b"\0" + sealed, sealed + sealed):
        with pytest.raises(SealBroken):
            KEY.open(spoilt, PLACE)


def test_parts_of_two_values_do_not_make_a_third() -> None:
    one, other = KEY.seal(b"first", PLACE), KEY.seal(b"other", PLACE)

    with pytest.raises(SealBroken):
        KEY.open(one[:18] + other[18:], PLACE)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        DataKey(secrets.token_bytes(32), 1).open(KEY.seal(PLAIN, PLACE), PLACE)


def test_the_same_key_under_another_version_does_not_open_it() -> None:
    sealed = KEY.seal(PLAIN, PLACE)

    with pytest.raises(SealBroken, match="not in a format"):
        DataKey(bytes(range(32)), 2).open(sealed, PLACE)
    assert (version_of(sealed), version_of(DataKey(bytes(32), 258).seal(b"", PLACE))) == (1, 258)


def test_a_version_cannot_be_rewritten() -> None:
    second = DataKey(bytes(range(32)), 2)
    sealed = bytearray(KEY.seal(PLAIN, PLACE))
    sealed[5] = 2

    with pytest.raises(SealBroken, match="changed or moved"):
        second.open(bytes(sealed), PLACE)


def test_the_same_words_sealed_twice_look_nothing_alike() -> None:
    sealed = [KEY.seal(PLAIN, PLACE) for _ in range(200)]

    assert len(set(sealed)) == len({one[6:18] for one in sealed}) == 200
    assert all(PLAIN not in one for one in sealed)


def test_a_sealed_value_says_what_opens_it_and_costs_34_bytes() -> None:
    sealed = KEY.seal(PLAIN, PLACE)

    assert sealed[:6] == b"\x01\x01\x00\x00\x00\x01"
    assert len(sealed) == len(PLAIN) + 34


def test_a_value_kept_by_the_first_release_still_opens() -> None:
    assert KEY.open(KEPT, PLACE) == PLAIN


def test_an_error_names_the_column_and_neither_row_nor_words() -> None:
    with pytest.raises(SealBroken) as broken:
        KEY.open(KEY.seal(PLAIN, PLACE), msgspec.structs.replace(PLACE, row="row-2"))

    assert str(broken.value) == "a value of message.body_sealed was changed or moved"
    assert broken.value.__cause__ is None


def test_a_key_shows_nothing_of_itself() -> None:
    assert bytes(range(32)).hex() not in repr(KEY)
    assert not hasattr(KEY, "__dict__")
