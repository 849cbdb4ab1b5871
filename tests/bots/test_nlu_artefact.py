"""The model file: trained once, whole or absent, private, and never a pickle."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bots.nlu.artefact import fingerprint, loaded, trained_model
from bots.nlu.classifier import Classifier
from bots.nlu.embedded import load_or_train_aside
from hub.errors import SettingsError
from tests.bots.nlu_engine import MODELS, trained


def test_two_that_ask_at_once_get_the_same_model_and_a_broken_file_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir(mode=0o700)
    path = folder / f"nlu-{fingerprint()}.npz"
    path.write_bytes(b"PK\x03\x04 not a model")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(trained_model, [folder, folder])

    assert (first.scores("book me friday")[0] == second.scores("book me friday")[0]).all()
    assert sorted(p.name for p in folder.iterdir()) == sorted([path.name, "nlu.lock"])
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}


async def test_a_trained_model_is_read_without_training_again() -> None:
    trained()
    path = MODELS / f"nlu-{fingerprint()}.npz"
    before = path.stat().st_mtime_ns

    engine = await load_or_train_aside(MODELS)

    assert path.stat().st_mtime_ns == before
    assert stat.S_IMODE(MODELS.stat().st_mode) == 0o700
    assert engine is not trained()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SettingsError, match="cannot be written"):
        trained_model(tmp_path / "file" / "models")


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.npz"
    np.savez(path, meta=np.array([{"a": 1}], dtype=object))

    with pytest.raises(ValueError, match="allow_pickle"):
        Classifier.load(path)


def test_a_model_says_the_same_after_it_was_saved_and_loaded(tmp_path: Path) -> None:
    model = trained_model(MODELS)
    model.save(tmp_path / "copy.npz")

    copy = Classifier.load(tmp_path / "copy.npz")

    assert copy.intents == model.intents
    assert (copy.scores("quiero una cita")[0] == model.scores("quiero una cita")[0]).all()


def test_a_model_damaged_anywhere_is_none_and_never_a_failure(tmp_path: Path) -> None:
    """Whichever of its octets was changed, it is trained anew or says what it said."""
    path = tmp_path / "small.npz"
    model = Classifier(
        intents=["book", "cancel"],
        words=["book", "cancel"],
        pieces=["ook", "anc"],
        idf=np.ones(4, dtype=np.float32),
        weights=np.zeros((4, 3), dtype=np.float16),
        bias=np.zeros(3, dtype=np.float32),
        temperature=1.0,
    )
    model.save(path)
    whole = path.read_bytes()
    assert loaded(path, Classifier.load) is not None

    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 1 << at % 8
        path.write_bytes(bytes(content))
        if (found := loaded(path, Classifier.load)) is not None:
            assert found.scores("book") is not None
