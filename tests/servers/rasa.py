"""A real Rasa server, where its Python 3.10 environment is there; its models are kept between runs."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bots.nlu.corpus import data_files
from bots.rasa.environment import HERE, RasaEnvironment
from tests.servers import child

TOKEN = "a-token-of-tests"
MODELS = Path(tempfile.gettempdir()) / f"carehub-test-rasa-{os.getuid()}"
_QUICK = "LogisticRegressionClassifier"
"""In place of DIET, which learns for ten minutes: what a server answers has the same shape."""
_PATIENCE = 240


@cache
def environment() -> RasaEnvironment | None:
    """Rasa's environment as HUB_RASA_ENV names it, or the default one; None where it is not there."""
    found = RasaEnvironment(Path(os.environ.get("HUB_RASA_ENV") or "rasa-env"))
    return found if found.version() else None


ABSENT = "there is no Rasa environment: `hub bot rasa-setup` makes one, and HUB_RASA_ENV says where it is"


def quick_config(folder: Path) -> Path:
    """The configuration that ships, with a classifier that learns in seconds."""
    kept, skipping = [], False
    for line in (HERE / "config.yml").read_text(encoding="utf-8").splitlines():
        if line.startswith("  - name:"):
            skipping = "DIETClassifier" in line
            kept.append(f"  - name: {_QUICK}\n    ranking_length: 0" if skipping else line)
        elif not (skipping and line.startswith("    ")):
            kept.append(line)
            skipping = False
    path = folder / "config.yml"
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return path


def trained(rasa: RasaEnvironment) -> Path:
    """A folder with a model of the data at hand, trained unless an earlier run did."""
    digest = hashlib.sha256()
    for path in [*data_files(), *sorted(HERE.glob("*.yml"))]:
        digest.update(path.read_bytes())
    models = MODELS / digest.hexdigest()[:16]
    if not (models / "carehub.tar.gz").exists():
        models.mkdir(parents=True, exist_ok=True)
        rasa.train(models, quick_config(models))
    return models


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    url: str
    pid: int
    actions_port: int
    """Where it looks for its actions."""


@contextmanager
def serving(rasa: RasaEnvironment, models: Path, log: Path) -> Iterator[Served]:
    """A server over the model, started as `hub bot rasa-serve` starts it."""
    port, actions_port = child.free_port(), child.free_port()
    server = _started(
        rasa,
        f"serve(Path({str(models)!r}), host='127.0.0.1', port={port}, token={TOKEN!r}, "
        f"actions='http://127.0.0.1:{actions_port}/webhook')",
        log,
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        # The model is there once the server says so; until then its port may be open already.
        with suppress(urllib.error.URLError, OSError):
            return bool(urllib.request.urlopen(f"{url}/status?token={TOKEN}", timeout=5).status == 200)
        return False

    try:
        child.wait_for(server, log, answers, _PATIENCE)
        yield Served(url, server.pid, actions_port)
    finally:
        child.end(server, signal.SIGTERM)


@contextmanager
def acting(rasa: RasaEnvironment, port: int, hub: str, token: str, log: Path) -> Iterator[None]:
    """The server of actions on `port`, for the hub at `hub`, started as `hub bot rasa-actions` starts it."""
    server = _started(rasa, f"act(port={port}, hub={hub!r}, token={token!r})", log)
    try:
        child.wait_for(server, log, lambda: child.listens(port), _PATIENCE)
        yield
    finally:
        child.end(server, signal.SIGTERM)


def _started(rasa: RasaEnvironment, call: str, log: Path) -> subprocess.Popen[bytes]:
    program = (
        "from pathlib import Path; from bots.rasa.environment import RasaEnvironment; "
        f"RasaEnvironment(Path({str(rasa.folder)!r})).{call}"
    )
    return child.start([sys.executable, "-c", program], log, ends_by=signal.SIGTERM)


def said_by(rasa: RasaEnvironment, program: str, *words: str) -> str:
    """What a program says that runs in Rasa's environment."""
    done = subprocess.run(
        [str(rasa.python), "-c", program, *words], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout
