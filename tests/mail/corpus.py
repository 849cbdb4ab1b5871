"""Replies whose words are known: the measuring sets, and for each mail the lines that the person wrote anew.

The mails lie beside the checkout; here is only which of their lines count (`replies.toml`): none of their text.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LINES = Path(__file__).parent / "replies.toml"


@dataclass(frozen=True, slots=True)
class Case:
    """One mail of a set, and what is new in it."""

    set: str
    name: str
    text: str = field(repr=False)
    wanted: str = field(repr=False)


def cases(corpora: Path) -> Iterator[Case]:
    """Every mail that has been read by a person."""
    for name, files in tomllib.loads(LINES.read_text(encoding="utf-8")).items():
        for file, ranges in files.items():
            text = (corpora / name / "test" / "emails" / f"{file}.txt").read_text(encoding="utf-8", errors="replace")
            yield Case(name, file, text, _lines(text, ranges))


def _lines(text: str, ranges: str) -> str:
    """The lines `3-5,9` of `text`; what was between two ranges is one blank line."""
    lines = text.replace("\r\n", "\n").split("\n")
    taken = []
    for one in ranges.split(","):
        first, _, last = one.strip().partition("-")
        taken.append("\n".join(lines[int(first) - 1 : int(last or first)]))
    return "\n\n".join(taken)


def same(found: str, wanted: str) -> bool:
    """Whether two bodies are equal, line for line; spaces at the ends of lines and runs of blank lines do not count."""
    return _plain(found) == _plain(wanted)


def _plain(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\u00a0", " ").strip().split("\n")]
    return [line for number, line in enumerate(lines) if line or lines[number - 1]]
