"""The second stage as a file, beside the first stage's: named after what it was made from, made when it is not there.

It is apart so that a hub without the stage imports nothing of it.
"""

import hashlib
from pathlib import Path

from bots.nlu.artefact import add, fingerprint, loaded, made
from bots.nlu.second import SecondStage

_HERE = Path(__file__).resolve().parent
_CODE = ("encoders.py", "second.py", "second_train.py")
_TRAINING_SECONDS = 1_800
"""Each example needs a vector, which takes about 12 ms of one core that nothing else runs on."""


def second_fingerprint(encoder: str) -> str:
    """What a second stage over the vectors of `encoder` is made from, the first stage among it, as a short hash."""
    digest = hashlib.sha256(f"{fingerprint()} {encoder}\n".encode())
    for name in _CODE:
        add(digest, _HERE / name)
    return digest.hexdigest()[:16]


def second_path(cache_dir: Path, encoder: str) -> Path:
    """Where the second stage for this data, code and encoder is kept in `cache_dir`, whether it is there or not."""
    return cache_dir / f"nlu-second-{second_fingerprint(encoder)}.npz"


def second_kept(cache_dir: Path, encoder: str) -> SecondStage | None:
    """The second stage for this data, code and encoder, if it is kept in `cache_dir`. Trains nothing."""
    return loaded(second_path(cache_dir, encoder), SecondStage.load)


def second_model(cache_dir: Path, encoder: str) -> SecondStage:
    """The second stage for this data, code and encoder, out of `cache_dir` or trained there, in minutes.

    Raises: SettingsError when training fails or the folder cannot be written.
    """
    return made(second_path(cache_dir, encoder), SecondStage.load, "bots.nlu.second_train", _TRAINING_SECONDS)
