"""Functions that run in a process of their own.

The folder and the arguments go in as one line of JSON, and what the function returns comes back as another. The process
ends itself when its input ends: so it never outlives the worker that wanted its result, however that one died.

It loads the function's module and what that needs, which is why this one stands by itself: nothing of the hub but its
errors comes with it.
"""

import asyncio
import importlib
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hub.errors import HubError

_ROOT = Path(__file__).resolve().parents[1]
_MAIN = "import sys; from hub.aside import main; sys.exit(main())"
_REFUSED = 3
"""Exit code of a function that raised; its last line of output names the error."""


class Aside(HubError):
    """A function failed in its own process; `code` is its error's code, or the name of its type."""

    def __init__(self, code: str, retry: bool) -> None:
        super().__init__(f"a process failed ({code})")
        self.code = code  # type: ignore[misc]
        self.retry = retry  # type: ignore[misc]


async def run(do: Callable[..., Any], folder: Path, args: Mapping[str, Any]) -> Any:
    """What `do(folder, **args)` returns, called in a new process; that is killed when this is cancelled.

    Raises: Aside.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _MAIN,
        do.__module__,
        do.__qualname__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # What a library says there may quote what it worked on.
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))},
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise Aside("no_pipe", retry=True)
        process.stdin.write(msgspec.json.encode([str(folder), args]) + b"\n")
        await process.stdin.drain()
        said = await process.stdout.read()
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
    last = said.rpartition(b"\n")[2] or b"null"
    if code == _REFUSED:
        name, retry = msgspec.json.decode(last, type=tuple[str, bool])
        raise Aside(name, retry)
    if code != 0:
        raise Aside("killed" if code < 0 else "process_failed", retry=True)
    return msgspec.json.decode(last)


def main() -> int:
    """Run the function that the arguments name, on what comes in."""
    module, name = sys.argv[1:3]
    # Not `sys.stdin`: the watch holds on to it while the interpreter ends.
    wanted = os.fdopen(os.dup(0), "rb", buffering=0)
    folder, args = msgspec.json.decode(wanted.readline())
    threading.Thread(target=_end_with, args=(wanted,), daemon=True).start()
    try:
        answer = getattr(importlib.import_module(module), name)(Path(folder), **args)
    except Exception as error:
        told = (error.code, error.retry) if isinstance(error, HubError) else (type(error).__name__, True)
        sys.stdout.buffer.write(b"\n" + msgspec.json.encode(told))
        sys.stdout.buffer.flush()
        return _REFUSED
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(answer))
    sys.stdout.buffer.flush()
    return 0


def _end_with(wanted: Any) -> None:
    wanted.read()
    os._exit(1)
