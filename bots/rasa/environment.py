"""Rasa's own environment: made once, found again, and what is run in it.

Rasa 3.6 needs a Python below 3.11 and packages that the hub cannot share, so everything of it is a process of its own,
which is given no setting of the hub but those it needs.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bots.nlu.corpus import DATA
from hub.errors import SettingsError

HERE = Path(__file__).resolve().parent
PYTHON = "3.10"
VERSION = "3.6"
MODEL = "carehub"
ACTIONS = "http://127.0.0.1:5055/webhook"
"""Where the server of actions answers by default."""
_OURS = ("HUB_", "PIP_CONSTRAINT", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
_PATIENCE = 10
"""Seconds in which a Python says what it is."""


class RasaEnvironment:
    """The environment in `folder`, there or not yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def version(self) -> str | None:
        """Which Rasa is in it; None where there is none, or one that the hub does not know."""
        program = "from importlib.metadata import version; print(version('rasa'))"
        said = _said([str(self.python), "-c", program])
        return said if said is not None and said.startswith(f"{VERSION}.") else None

    def needed(self) -> None:
        """Raises: SettingsError where it is not there, with what makes it."""
        if self.version() is None:
            raise SettingsError(
                [
                    f"there is no Rasa environment in {self.folder}: `hub bot rasa-setup` makes one, "
                    "or set HUB_RASA_ENV to where it is"
                ]
            )

    def make(self, python: str | None = None) -> None:
        """Make it, or bring it up to date; what pip says goes to stderr. Raises: SettingsError."""
        base = python_310(python)
        self._run([base, "-m", "venv", str(self.folder)], "the environment could not be made")
        install = ["-m", "pip", "install", "--disable-pip-version-check", "-r", str(HERE / "requirements.txt")]
        self._run([str(self.python), *install], "Rasa could not be installed")
        self.needed()

    def train(self, models: Path, config: Path = HERE / "config.yml") -> Path:
        """A model of the training data, understanding and dialogue, in the folder `models`. Raises: SettingsError.

        Takes ten minutes or more, at low priority; what Rasa says goes to stderr.
        """
        self.needed()
        models.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = [str(DATA), str(HERE / "rules.yml")]
        words = ["train", "--domain", str(HERE / "domain.yml"), "--config", str(config.resolve()), "--data", *data]
        words += ["--out", str(models), "--fixed-model-name", MODEL, "--skip-validation"]
        # Rasa keeps a cache in the folder that it is started in.
        self._run(self._rasa(words), "Rasa could not be trained", at=models)
        return model_in(models)

    def serve(self, models: Path, *, host: str, port: int, token: str, actions: str = ACTIONS) -> None:
        """Become Rasa's server over the model in `models`. Raises: SettingsError; else it does not return."""
        self.needed()
        words = ["run", "--enable-api", "--interface", host, "--port", str(port), "--model", str(model_in(models))]
        words += ["--endpoints", str(HERE / "endpoints.yml"), "--credentials", str(HERE / "credentials.yml")]
        os.chdir(models)
        self._become(self._rasa(words), {"RASA_AUTH_TOKEN": token, "CAREHUB_ACTIONS_URL": actions})

    def act(self, *, port: int, hub: str, token: str) -> None:
        """Become the server of actions, which asks the hub at `hub`. Raises: SettingsError; else it does not return."""
        self.needed()
        words = [str(self.python), str(HERE / "act.py"), "--port", str(port)]
        # It asks nobody for a token, so nobody else may reach it.
        self._become(words, {"CAREHUB_URL": hub, "CAREHUB_TOKEN": token, "SANIC_HOST": "127.0.0.1"})

    def _rasa(self, words: Sequence[str]) -> list[str]:
        return [str(self.python), str(HERE / "start.py"), *words]

    def _run(self, words: Sequence[str], failed: str, at: Path | None = None) -> None:
        done = subprocess.run(  # noqa: S603 - an interpreter that the operator named, and words of our own
            words, cwd=at, env=_environment(), stdout=sys.stderr, check=False, preexec_fn=_step_back
        )
        if done.returncode != 0:
            raise SettingsError([f"{failed}: see what is said above"])

    def _become(self, words: list[str], more: Mapping[str, str]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(words[0], words, {**_environment(), **more})  # noqa: S606 - as above


def model_in(models: Path) -> Path:
    """The trained model in the folder `models`. Raises: SettingsError where there is none."""
    found = models / f"{MODEL}.tar.gz"
    if not found.is_file():
        raise SettingsError([f"there is no Rasa model in {models}: `hub bot train --engine rasa` trains one"])
    return found


def python_310(named: str | None = None) -> str:
    """A Python 3.10: the one `named`, or one that is found. Raises: SettingsError where there is none."""
    for python in (named,) if named else _pythons():
        if _said([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) == PYTHON:
            return python
    if named:
        raise SettingsError([f"{named} is not a Python {PYTHON}"])
    raise SettingsError(
        [f"Rasa needs Python {PYTHON}, and none was found: install one, or name it with --python PATH (docs/rasa.md)"]
    )


def _pythons() -> Iterator[str]:
    """Where a Python 3.10 may be."""
    if found := shutil.which(f"python{PYTHON}"):
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for path in sorted(pyenv.glob(f"versions/{PYTHON}*/bin/python"), reverse=True):
        yield str(path)
    if (uv := shutil.which("uv")) and (python := _said([uv, "python", "find", PYTHON])):
        yield python


def _said(words: Sequence[str]) -> str | None:
    """What a program says in one line; None where it is not there or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - as above
            words, env=_environment(), capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    """This process's variables without what is the hub's; Rasa tells nobody how it is used."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {
        **kept,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }


def _step_back() -> None:
    """Training may take long, and patients are to be answered meanwhile."""
    os.nice(10)
