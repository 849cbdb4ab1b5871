"""The command `hub`, run in this process as its user runs it: words in, exit code and both streams out."""

import io
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli import main
from hub.crypto import Keyring

ROOMS = ("", "hub", "channels", "bots", "consent", "templates")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, its data (stdout) and its talk (stderr)."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


Run = Callable[..., Ended]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`HUB_DATA`, not made yet, and no other setting; the working folder holds no `.env`."""
    for name in list(os.environ):
        if name.startswith("HUB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def founded(data: Path, template: Path, keyring: Keyring) -> Path:
    """`HUB_DATA` of a hub that was started before."""
    data.mkdir(mode=0o700)
    shutil.copyfile(template, data / "hub.db")
    keyring.save(data / "keyring.json")
    return data


@pytest.fixture
def run(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], _process_as_it_was: None
) -> Run:
    """Run `hub` with these words, and `stdin` if it reads; settings go by name."""

    def command(*words: str, stdin: str | bytes = "", **settings: str) -> Ended:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["hub", *words])
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return command


@pytest.fixture
def _process_as_it_was() -> Iterator[None]:
    """Commands set up logging, the umask and thread switching for a process of their own."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {room: logging.getLogger(room).level for room in ROOMS}
    umask, switching = os.umask(0o022), sys.getswitchinterval()
    yield
    os.umask(umask)
    sys.setswitchinterval(switching)
    root.handlers[:] = handlers
    for room, level in levels.items():
        logging.getLogger(room).setLevel(level)
