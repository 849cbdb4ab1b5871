"""A server that is a child of this process, and ends with it however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def child(command: Sequence[str | Path], log: Path) -> "subprocess.Popen[bytes]":
    """`command` as a process; all it says goes to the file `log`."""
    with log.open("ab") as said:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=_ends_with(os.getpid()),
        )


def _ends_with(parent: int) -> Callable[[], None] | None:
    """What a child calls first, so that it is killed when its parent dies; on Linux alone."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask
