"""The trained model as a file: found by what it was made from, trained when it is not there.

The name holds a hash of the training data and of the code that reads it, so a change to either makes a new
file. Training runs in a process of its own and the file appears under its name only when it is whole.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bots.nlu.classifier import Classifier
from bots.nlu.corpus import data_files
from hub.errors import SettingsError

_HERE = Path(__file__).resolve().parent
_CODE = ("classifier.py", "corpus.py", "features.py", "lexicon.py", "model.py", "train.py")
_TRAINING_SECONDS = 300


@cache
def fingerprint() -> str:
    """What the model is made from, as a short hash."""
    digest = hashlib.sha256()
    for path in [*data_files(), *(_HERE / name for name in _CODE)]:
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name}:{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def kept(cache_dir: Path) -> Path:
    """Where the model for this data and code is kept in `cache_dir`, whether it is there or not."""
    return cache_dir / f"nlu-{fingerprint()}.npz"


def trained_model(cache_dir: Path) -> Classifier:
    """The model for this data and code, out of `cache_dir` (made if missing, mode 0700), trained there if need be.

    Takes a few seconds when it must train; several processes may ask at once, one trains. Raises SettingsError
    when training fails or the folder cannot be written.
    """
    path = kept(cache_dir)
    if (found := _load(path)) is not None:
        return found
    try:
        cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(cache_dir / "nlu.lock"):
            if (found := _load(path)) is not None:
                return found
            _train(path)
    except OSError as error:
        raise SettingsError([f"the model folder {cache_dir} cannot be written: {error.strerror}"]) from error
    if (found := _load(path)) is None:
        raise SettingsError(["the understanding engine was trained but its model cannot be read"])
    return found


def _load(path: Path) -> Classifier | None:
    try:
        return Classifier.load(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _train(path: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".nlu-", suffix=".npz", dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    root = str(_HERE.parents[1])
    # One thread each: the matrices are sparse, and spinning BLAS threads only take the cores from the server.
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = {
        **os.environ,
        **threads,
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(":"),
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, and a path that we made
            [sys.executable, "-m", "bots.nlu.train", str(unfinished)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TRAINING_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SettingsError([f"the understanding engine could not be trained: {last}"])
        unfinished.replace(path)
    except subprocess.TimeoutExpired as error:
        raise SettingsError([f"training the understanding engine took over {_TRAINING_SECONDS} seconds"]) from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock file, waiting for whoever holds it."""
    with path.open("a") as file:
        path.chmod(0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
