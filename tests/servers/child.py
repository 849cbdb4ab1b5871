"""A server as a child that does not outlive us, whatever becomes of us."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PATIENCE = 30.0


def free_port() -> int:
    """A port that nobody listens on now, below those that a connection is given: none takes it meanwhile."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start(
    command: Sequence[str | Path], log: Path, *, ends_by: signal.Signals, as_nobody: bool = False
) -> subprocess.Popen[bytes]:
    """`command` running, its words in `log`; `ends_by` is how it is told when we die.

    as_nobody: where we are root, it is not: some servers refuse root.
    """
    other: dict[str, Any] = {"user": "nobody", "group": 65534, "extra_groups": []}
    with log.open("ab") as words:
        return subprocess.Popen(
            [str(part) for part in command],
            stdout=words,
            stderr=words,
            stdin=subprocess.DEVNULL,
            preexec_fn=_ends_with(os.getpid(), ends_by),
            **(other if as_nobody and os.geteuid() == 0 else {}),
        )


def wait_for(
    child: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool], patience: float = _PATIENCE
) -> None:
    """Return once the server answers, within `patience` seconds."""
    give_up = time.monotonic() + patience
    while not answers():
        if child.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{Path(str(child.args[0])).name} did not start:\n{log.read_text(errors='replace')}")  # type: ignore[index]
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether somebody takes connections on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(child: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End the server, and wait until it is gone."""
    child.send_signal(how)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(10)


def _ends_with(parent: int, how: signal.Signals) -> Callable[[], None] | None:
    """What a child calls first, so that it ends when its parent dies; elsewhere than on Linux nothing does that."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os._exit(1)

    return ask
