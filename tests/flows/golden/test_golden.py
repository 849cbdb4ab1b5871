"""The written conversations go as they are written, word for word."""

import asyncio
from pathlib import Path

import pytest

from hub.crypto import Keyring
from tests.flows.golden.playing import furnish, play, read

FILES = sorted(Path(__file__).parent.glob("*.txt"))
Furnished = tuple[Path, tuple[str, ...]]


@pytest.fixture(scope="module")
def furnished(template: Path, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """A database with the clinic's open times, and the ids of its persons."""
    path = tmp_path_factory.mktemp("golden") / "clinic.db"
    return path, asyncio.run(furnish(template, path, keyring))


def test_there_are_conversations_in_both_languages() -> None:
    assert len([one for one in FILES if one.stem.startswith("en_")]) >= 12
    assert len([one for one in FILES if one.stem.startswith("es_")]) >= 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_it_goes_as_it_is_written(path: Path, furnished: Furnished, keyring: Keyring, tmp_path: Path) -> None:
    script = read(path)
    clinic, persons = furnished
    mine = tmp_path / "hub.db"
    mine.write_bytes(clinic.read_bytes())

    assert await play(script, mine, keyring, persons) == script.whole
