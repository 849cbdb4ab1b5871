"""What becomes of a file that came with a message."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from hub.attachments.images import ImageRefused, Redrawer
from hub.attachments.kinds import Kind, sniff
from hub.attachments.scanning import Scanner, State, Verdict

__all__ = ["MOST", "Examined", "Examiner", "Fate", "fate"]

MOST = 25 * 1024 * 1024
"""Octets of a file that is let in: what mail servers take."""


class Fate(StrEnum):
    """What may be done with a file.

    SERVE: give it out. WARN: give it out, and say that nobody scanned it. WAIT: keep it back until it is scanned.
    QUARANTINE: keep it for evidence, and give it to nobody. REFUSE: keep nothing of it.
    """

    SERVE = "serve"
    WARN = "warn"
    WAIT = "wait"
    QUARANTINE = "quarantine"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file, examined.

    reason: one word for metrics, the audit and the words that staff see; never of the file's content.
    kind, content: what is to be sealed; None and empty where nothing is. A picture's are of the one drawn anew, but in
        quarantine they are as they came.
    """

    fate: Fate
    reason: str
    verdict: Verdict
    kind: Kind | None = None
    content: bytes = field(default=b"", repr=False)


def fate(verdict: Verdict, *, scanner_there: bool, redrawn: bool) -> Fate:
    """What follows from `verdict`. A picture that was drawn anew has nothing left of the bytes that came."""
    match verdict.state:
        case State.INFECTED:
            return Fate.QUARANTINE
        case State.CLEAN:
            return Fate.SERVE
    if redrawn:
        return Fate.SERVE
    # A scanner that is set up answers later; one that never will must not keep a patient's file from the clinic. Nor
    # will a file become shorter.
    return Fate.WAIT if scanner_there and verdict.detail != "limit" else Fate.WARN


class Examiner:
    """Examines files: by `scanner`, and by drawing pictures anew; of `most` octets at most."""

    def __init__(self, scanner: Scanner, redrawer: Redrawer | None = None, *, most: int = MOST) -> None:
        self._scanner = scanner
        self._redrawer = redrawer or Redrawer()
        self._most = most

    async def examine(self, content: bytes) -> Examined:
        """What becomes of `content`."""
        unseen = Verdict(State.UNSCANNED, "refused")
        if not content or len(content) > self._most:
            reason = "too_long" if content else "empty"
            return Examined(fate=Fate.REFUSE, reason=reason, verdict=unseen)
        # Aside: a long text is read to its end.
        kind = await asyncio.to_thread(sniff, content)
        if kind is None:
            return Examined(fate=Fate.REFUSE, reason="kind", verdict=unseen)
        verdict = await self._scanner.scan(content)
        if verdict.state is State.INFECTED:
            # Not drawn: nobody shall decode it.
            return Examined(fate=Fate.QUARANTINE, reason="infected", verdict=verdict, kind=kind, content=content)
        if kind.is_picture:
            try:
                content, kind = await self._redrawer.redraw(content, kind)
            except ImageRefused as refused:
                return Examined(fate=Fate.REFUSE, reason=refused.reason, verdict=verdict)
            what = fate(verdict, scanner_there=self._scanner.there, redrawn=True)
        else:
            what = fate(verdict, scanner_there=self._scanner.there, redrawn=False)
        return Examined(fate=what, reason=verdict.state.value, verdict=verdict, kind=kind, content=content)
