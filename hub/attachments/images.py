"""Pictures, drawn anew in a process that can be killed."""

import asyncio
import contextlib
import sys
from pathlib import Path

from hub.attachments import redraw
from hub.attachments.kinds import Kind, sniff
from hub.errors import InputError

__all__ = ["ImageRefused", "Redrawer"]

PROGRAM = Path(redraw.__file__)
FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.GIF: "GIF", Kind.WEBP: "WEBP"}
PIXELS = 50_000_000
"""Points of a picture; a phone's camera makes 12 to 50 million."""
MOST = 64 * 1024 * 1024
"""Octets of a picture that was drawn anew."""
SECONDS = 30.0
AT_ONCE = 2


class ImageRefused(InputError):
    """The picture is broken or too large. `reason` is one word for metrics and the audit."""

    code = "image_refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_REFUSALS = {
    redraw.UNREADABLE: ("unreadable", "the picture cannot be read"),
    redraw.TOO_LARGE: ("too_many_pixels", "the picture has too many pixels"),
    redraw.TOO_LONG: ("too_long", "the picture is too large"),
}


class Redrawer:
    """Draws pictures anew, `at_once` at most, each for `seconds` at most."""

    def __init__(
        self,
        *,
        pixels: int = PIXELS,
        most: int = MOST,
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
        program: Path = PROGRAM,
    ) -> None:
        self._limits = (str(pixels), str(most))
        self._seconds = seconds
        self._turns = asyncio.Semaphore(at_once)
        self._program = program

    async def redraw(self, content: bytes, kind: Kind) -> tuple[bytes, Kind]:
        """The picture without anything but its points, upright, and its kind: PNG or JPEG.

        Raises: ImageRefused.
        """
        async with self._turns:
            # -I: no user's packages and no current folder on the path; and none of our environment, which has secrets.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                str(self._program),
                FORMATS[kind],
                *self._limits,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
            )
            try:
                async with asyncio.timeout(self._seconds):
                    drawn, _ = await process.communicate(content)
            except TimeoutError:
                raise ImageRefused("too_slow", "the picture takes too long to read") from None
            finally:
                await _ended(process)
        if process.returncode:
            raise ImageRefused(*_REFUSALS.get(process.returncode, ("broken", "the picture cannot be read")))
        made = sniff(drawn)
        if made not in (Kind.JPEG, Kind.PNG):
            raise ImageRefused("broken", "the picture cannot be read")
        return drawn, made


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Nothing, once `process` is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
