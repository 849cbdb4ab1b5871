"""Starting what is measured and what measures as processes of their own, asking them, and ending them by their id."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.servers.postgresql import Postgres

_NAME = "database"
"""The file of a data folder that names its database on the server."""
CHECKOUT = Path(__file__).resolve().parents[2]
_TICK = os.sysconf("SC_CLK_TCK")
_HUB = "from hub.cli import main; main()"


class Child:
    """A running process. `log` is the file that its stderr goes to."""

    def __init__(self, arguments: list[str], *, log: Path, env: dict[str, str], cwd: Path) -> None:
        self.log = log
        self.started = time.monotonic()
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=env, cwd=cwd
            )

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to one line of JSON, as one line of JSON."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """The next line that it says."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"a process ended early: {self.tail()}")
        answer: dict[str, Any] = json.loads(said)
        return answer

    def wait_for(self, words: str, seconds: float = 120.0) -> float:
        """Seconds since the start until `words` stood in its log."""
        while time.monotonic() - self.started < seconds:
            if words in self.log.read_text(errors="replace"):
                return time.monotonic() - self.started
            if self._process.poll() is not None:
                break
            time.sleep(0.01)
        raise RuntimeError(f"a process did not say {words!r}: {self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-400:].strip() or "it said nothing"

    @property
    def resident(self) -> float:
        """Its resident memory, in MB."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    @property
    def cpu(self) -> float:
        """Seconds of processor time that it has used, in all its threads."""
        after_name = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / _TICK

    def end(self) -> None:
        """Ask it to end, and make sure that it does."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class Bench:
    """The place of one run: its folder, and every process that it started.

    postgres: the server that the product runs on; None for the embedded database.
    """

    def __init__(self, folder: Path, postgres: Postgres | None = None) -> None:
        self.folder = folder
        self.postgres = postgres
        self._children: list[Child] = []
        self._count = 0

    def hub(self, role: str, data: Path, program: str = _HUB, **settings: str) -> Child:
        """`hub ROLE` (started by `program`) on the data folder, with nothing but `settings` set."""
        own = {"HUB_DATA": str(data), "HUB_LOG_FORMAT": "text", "HUB_DATABASE_URL": self.database(data)}
        env = _environment() | own | settings
        # Not in the checkout: a .env of the one who measures must not count. So the checkout is named as a path.
        return self._start([sys.executable, "-c", program, role], f"hub-{role}", env, cwd=data)

    def program(self, module: str, **specification: Any) -> Child:
        """A module of the bench as a process, once it says that it is ready."""
        arguments = [sys.executable, "-m", f"tests.bench.{module}", json.dumps(specification)]
        return self._start(arguments, module, _environment(), cwd=CHECKOUT)

    def template(self) -> Path:
        """A new data folder, to be filled; on a server with an empty database of its own."""
        data = self.folder / "template"
        data.mkdir(mode=0o700)
        if self.postgres is not None:
            (data / _NAME).write_text(self.postgres.create())
        return data

    def copy(self, template: Path, models: Path | None = None) -> Path:
        """A fresh copy of a data folder and its database, its trained models shared."""
        self._count += 1
        data = self.folder / f"round-{self._count}"
        shutil.copytree(template, data)
        if self.postgres is not None:
            (data / _NAME).write_text(self.postgres.create((template / _NAME).read_text()))
        if models is not None:
            (data / "models").symlink_to(models)
        return data

    def database(self, data: Path) -> str:
        """The address of the database that belongs to a data folder."""
        if self.postgres is not None:
            return self.postgres.url((data / _NAME).read_text())
        return f"sqlite+aiosqlite:///{data / 'hub.db'}"

    def end_children(self) -> None:
        """End what was started since the last call, the newest first."""
        while self._children:
            self._children.pop().end()

    def _start(self, arguments: list[str], name: str, env: dict[str, str], cwd: Path) -> Child:
        self._count += 1
        child = Child(arguments, log=self.folder / f"{self._count}-{name}.log", env=env, cwd=cwd)
        self._children.append(child)
        return child


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return kept | {"PYTHONPATH": str(CHECKOUT)}


def filesystem(folder: Path) -> str:
    """What kind of file system `folder` is on, such as `ext4`; tmpfs would make every commit free."""
    best, kind = "", "?"
    for row in Path("/proc/mounts").read_text().splitlines():
        _, point, name, *_ = row.split()
        if folder.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, name
    return kind


def answer_lines(handle: Callable[[dict[str, Any]], Any]) -> None:
    """In a child: hand each line of JSON on stdin to `handle`, from the event loop that runs now."""
    import asyncio

    rest = bytearray()
    loop = asyncio.get_running_loop()

    def read() -> None:
        data = os.read(0, 65536)
        if not data:
            loop.stop()
            return
        rest.extend(data)
        while b"\n" in rest:
            line, _, after = bytes(rest).partition(b"\n")
            rest[:] = after
            handle(json.loads(line))

    loop.add_reader(0, read)


def say(**answer: Any) -> None:
    """In a child: one line of JSON to the one who asks."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
