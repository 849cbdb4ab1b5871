"""The trained models as files: found by what they were made from, trained when they are not there.

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
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from bots.nlu.classifier import Classifier
from bots.nlu.corpus import data_files
from hub.errors import SettingsError

Model = TypeVar("Model")
_HERE = Path(__file__).resolve().parent
_CODE = ("classifier.py", "corpus.py", "features.py", "lexicon.py", "model.py", "train.py")
_TRAINING_SECONDS = 300


@cache
def fingerprint() -> str:
    """What the model is made from, as a short hash."""
    digest = hashlib.sha256()
    for path in [*data_files(), *(_HERE / name for name in _CODE)]:
        add(digest, path)
    return digest.hexdigest()[:16]


def kept(cache_dir: Path) -> Path:
    """Where the model for this data and code is kept in `cache_dir`, whether it is there or not."""
    return cache_dir / f"nlu-{fingerprint()}.npz"


def trained_model(cache_dir: Path) -> Classifier:
    """The model for this data and code, out of `cache_dir` (made if missing, mode 0700), trained there if need be.

    Takes a few seconds when it must train; several processes may ask at once, one trains. Raises SettingsError
    when training fails or the folder cannot be written.
    """
    return made(kept(cache_dir), Classifier.load, "bots.nlu.train", _TRAINING_SECONDS)


def add(digest: "hashlib._Hash", path: Path) -> None:
    """Count a file in, by its name and what it holds."""
    content = path.read_bytes()
    digest.update(f"{path.parent.name}/{path.name}:{len(content)}\n".encode())
    digest.update(content)


def made(path: Path, load: Callable[[Path], Model], module: str, seconds: int) -> Model:
    """What `load` reads of `path`, which `python -m module PATH` makes if need be, in `seconds` at most.

    Raises: SettingsError, as `trained_model` does.
    """
    if (found := loaded(path, load)) is not None:
        return found
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A lock for each kind of model: who waits for the first stage does not wait for the second as well.
        with _alone(folder / f"{path.stem.rpartition('-')[0]}.lock"):
            if (found := loaded(path, load)) is not None:
                return found
            _train(path, module, seconds)
    except OSError as error:
        raise SettingsError([f"the model folder {folder} cannot be written: {error.strerror}"]) from error
    if (found := loaded(path, load)) is None:
        raise SettingsError(["the understanding engine was trained but its model cannot be read"])
    return found


def loaded(path: Path, load: Callable[[Path], Model]) -> Model | None:
    """What `load` reads of `path`; None where nothing whole is there."""
    try:
        return load(path)
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None


def _train(path: Path, module: str, seconds: int) -> None:
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
            [sys.executable, "-m", module, str(unfinished)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SettingsError([f"the understanding engine could not be trained: {last}"])
        unfinished.replace(path)
    except subprocess.TimeoutExpired as error:
        raise SettingsError([f"training the understanding engine took over {seconds} seconds"]) from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock file, waiting for whoever holds it."""
    with path.open("a") as file:
        path.chmod(0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
