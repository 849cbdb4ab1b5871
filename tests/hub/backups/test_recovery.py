"""Enough sheets give the keyring back, fewer give nothing, and mistyped ones say so."""

import re
import stat
from itertools import combinations
from pathlib import Path

import pytest

from hub.backups.recovery import SEALED, recover, split
from hub.crypto import Keyring
from hub.errors import InputError
from tests.hub.cli.running import Run, _process_as_it_was, data, founded, run
from tests.stores import NOW

__all__ = ["_process_as_it_was", "data", "founded", "run"]


def words(sheet: Path) -> str:
    """What a holder reads from the sheet."""
    return " ".join(re.findall(r"\d+\. ([a-z]+)", sheet.read_text()))


@pytest.fixture
def sheets(tmp_path: Path, keyring: Keyring) -> list[Path]:
    keyring.save(tmp_path / "keyring.json")
    return split(Keyring.load(tmp_path / "keyring.json"), tmp_path / "out", 3, 2, "Maple Street Clinic", NOW)


def test_any_two_of_three_give_the_keyring_back(sheets: list[Path], tmp_path: Path, keyring: Keyring) -> None:
    wrapped = keyring.wrap(b"k" * 32, b"x")

    for number, pair in enumerate(combinations(sheets, 2)):
        ring = recover(tmp_path / "out", [words(one) for one in pair], tmp_path / f"again-{number}.json")
        assert ring.unwrap(*wrapped, b"x") == b"k" * 32
    assert {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "out").iterdir()} == {0o600}


def test_one_alone_or_two_alike_open_nothing(sheets: list[Path], tmp_path: Path) -> None:
    for given in ([words(sheets[0])], [words(sheets[0])] * 2, []):
        with pytest.raises(InputError, match="too few"):
            recover(tmp_path / "out", given, tmp_path / "again.json")
    assert not (tmp_path / "again.json").exists()


def test_a_word_mistyped_and_sheets_of_another_set_are_told(
    sheets: list[Path], tmp_path: Path, keyring: Keyring
) -> None:
    first, second = words(sheets[0]), words(sheets[1])
    last = second.rsplit(" ", 1)[0] + (" academic" if not second.endswith("academic") else " acid")
    others = split(Keyring.load(tmp_path / "keyring.json"), tmp_path / "others", 3, 2, "Maple Street Clinic", NOW)

    with pytest.raises(InputError, match="mistyped"):
        recover(tmp_path / "out", [first, last], tmp_path / "again.json")
    with pytest.raises(InputError, match="not of one set"):
        recover(tmp_path / "out", [first, words(others[1])], tmp_path / "again.json")
    with pytest.raises(InputError, match="another copy"):
        recover(tmp_path / "out", [words(one) for one in others[:2]], tmp_path / "again.json")
    assert keyring.active.encode() not in (tmp_path / "out" / SEALED).read_bytes()


@pytest.mark.parametrize(("shares", "threshold"), [(3, 1), (2, 3), (17, 2)])
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, keyring: Keyring, shares: int, threshold: int) -> None:
    keyring.save(tmp_path / "keyring.json")

    with pytest.raises(InputError, match="threshold"):
        split(Keyring.load(tmp_path / "keyring.json"), tmp_path / "out", shares, threshold, "Clinic", NOW)


def test_the_commands_go_round(run: Run, founded: Path, tmp_path: Path, keyring: Keyring) -> None:
    made = run("keys", "recovery", str(tmp_path / "sheets"), "--shares", "3", "--threshold", "2")
    typed = "\n".join(words(tmp_path / "sheets" / f"share-{n}.txt") for n in (3, 1)) + "\n"

    back = run("keys", "recover", str(tmp_path / "sheets"), "--to", str(tmp_path / "k.json"), stdin=typed)

    assert (made.code, made.out, back.code) == (0, "", 0)
    assert Keyring.load(tmp_path / "k.json").ids == keyring.ids
    assert run("audit", "verify", HUB_KEYRING_FILE=str(tmp_path / "k.json")).code == 0
