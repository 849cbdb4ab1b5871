"""Processes that have the hub loaded: forked from one that loaded it once, and from then on like any other.

To load it takes a processor longer than a second, and tests start it dozens of times. How it starts by itself is tested
where that is what is asked (`tests/hub/cli/test_serving.py`), and measured by the benchmark.
"""

import asyncio
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

__all__ = ["Forked"]

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.servers.loaded"])
_LOOK_AGAIN = 0.01


class Forked:
    """A process that runs `python WORDS` as a new interpreter would, where WORDS are `-c PROGRAM …` or `-m MODULE …`.

    stdin, stdout, stderr: descriptors, which stay the caller's to close.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdout: int,
        stderr: int | None = None,
        stdin: int | None = None,
    ) -> None:
        given = {0: stdin, 1: stdout, 2: stderr}
        streams = {at: _Descriptor(one) for at, one in given.items() if one is not None}
        self._process = ForkServerProcess(target=_become, args=(list(words), dict(env), str(cwd), streams))
        self._process.start()

    @property
    def pid(self) -> int:
        """Its id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises: subprocess.TimeoutExpired, after so many seconds."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0.0)
        return self.returncode

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        while self.returncode is None:  # noqa: ASYNC110 - that a process has ended rings no bell of the loop
            await asyncio.sleep(_LOOK_AGAIN)
        return self.returncode


class _Descriptor:
    """A descriptor on its way to the child."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> Any:
        return _arrived, (DupFd(self._number),)


def _arrived(handed: Any) -> int:
    number: int = handed.detach()
    return number


def _become(words: list[str], env: dict[str, str], cwd: str, streams: dict[int, int]) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for at, number in streams.items():
        os.dup2(number, at)
        os.close(number)
    if 0 in streams:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it is the process's own
    how, what, *rest = words
    sys.argv = [how, *rest]
    if how == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(what, {"__name__": "__main__"})  # as `python -c` does
