"""`hub serve` and the roles apart: they say when they are ready, and end in order when asked to."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.crypto import Keyring
from tests.hub.cli.running import Run
from tests.hub.cli.test_understand import taught

__all__ = ["taught"]

LATE = {
    "pages, the portal's, staff's and those of mails and evidence": {"jinja2", "babel"},
    "documents and pictures": {"fpdf", "PIL", "segno", "hub.evidence.printing", "hub.exports.formats.papers"},
    "mail": {"aiosmtplib", "aiosmtpd", "imapclient", "hub.mail"},
    "plans and training data as they are written": {"yaml", "sklearn", "scipy"},
    "other processes and systems": {"redis", "rq", "slack_sdk", "hub.slack", "hub.hl7", "hub.ehr"},
    "exports, the demo, safeguards": {"pyrage", "hub.demo", "packaging"},
    "what is of no use here": {"numpy.ma", "numpy.f2py", "asyncpg"},
}
"""Modules that a hub which nobody uses yet has not loaded, by what they are for: each takes up to five megabytes."""


@contextmanager
def asked_to_end_once_it_can_be(number: signal.Signals) -> Iterator[None]:
    """Send this process the signal as soon as the command that runs in it listens for it."""
    before = signal.getsignal(number)

    def watch() -> None:
        while signal.getsignal(number) is before:
            if over.wait(0.005):
                return
        os.kill(os.getpid(), number)

    over = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    over.set()
    watcher.join()
    signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_serving_ends_in_order_when_asked_to(run: Run, founded: Path, taught: Path, number: signal.Signals) -> None:
    with asked_to_end_once_it_can_be(number):
        ended = run("serve", "--port", "0")

    assert (ended.code, ended.out) == (0, "")
    assert re.search(r"^hub: ready on http://127\.0\.0\.1:\d+ \(web, dispatcher, clock, worker\)$", ended.err, re.M)
    assert "no texts can leave" in ended.err


@pytest.mark.parametrize("role", ["web", "dispatcher", "clock", "worker"])
def test_each_role_can_run_alone(run: Run, founded: Path, taught: Path, role: str) -> None:
    with asked_to_end_once_it_can_be(signal.SIGTERM):
        ended = run(role, *(("--port", "0") if role == "web" else ()))

    assert (ended.code, ended.out) == (0, "")
    assert re.search(rf"^hub: ready.* \({role}\)$", ended.err, re.M)


def test_a_port_that_is_taken_is_told_in_one_line(run: Run, founded: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("web", "--port", str(taken.getsockname()[1]))

    assert (ended.code, ended.out) == (2, "")
    assert ended.lines[-1].startswith("hub: cannot listen on 127.0.0.1:")
    assert "HUB_PORT" in ended.lines[-1]


def test_from_nothing_it_serves_at_once_keeps_what_it_made_and_loads_what_it_needs(data: Path, taught: Path) -> None:
    """A process of its own, as an operator starts it."""
    command = [sys.executable, "-c", "from hub.cli import main; main()", "serve", "--port", "0"]
    environment = {**os.environ, "HUB_DATA": str(data), "HUB_LOG_FORMAT": "json", "PYTHONPROFILEIMPORTTIME": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"ready on (http://127\.0\.0\.1:\d+)", line):
                break
        address = found[1] if found else ""
        alive = json.load(urllib.request.urlopen(f"{address}/healthz", timeout=30))
        ready = readiness(address)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        code = process.wait(30)

    assert alive == {"status": "alive"}
    assert ready["ready"] is True
    assert code == 0
    assert '"event": "stopping"' in rest
    told = "".join(lines) + rest
    assert "Traceback" not in told
    loaded = set(re.findall(r"^import time: .*\| +(\S+)$", told, re.M))
    assert "hub.app" in loaded
    assert {use: modules & loaded for use, modules in LATE.items()} == {use: set() for use in LATE}
    assert Keyring.load(data / "keyring.json")
    assert all(one.stat().st_mode & 0o077 == 0 for one in data.rglob("*"))


def readiness(address: str) -> dict[str, object]:
    """What /readyz says once it is ready, or in the end."""
    for _ in range(600):
        try:
            return dict(json.load(urllib.request.urlopen(f"{address}/readyz", timeout=30)))
        except urllib.error.HTTPError as refused:
            refused.close()
            time.sleep(0.05)
    return {"ready": False}
