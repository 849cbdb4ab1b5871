"""Marks that jobs leave in the data folder, and the jobs that leave them from a process of their own.

Such a process loads this module: nothing here may need the whole hub.
"""

import time
from pathlib import Path

from hub.errors import InputError

__all__ = ["held_in_a_process", "in_a_process", "mark", "marks", "refused_in_a_process"]


def mark(folder: Path, word: str) -> None:
    """Leave a mark."""
    with (folder / "marks").open("a") as file:
        file.write(f"{word}\n")


def marks(folder: Path) -> list[str]:
    """What was run, in order."""
    path = folder / "marks"
    return path.read_text().splitlines() if path.exists() else []


def in_a_process(folder: Path, number: int) -> dict[str, int]:
    mark(folder, f"process {number}")
    return {"number": number}


def refused_in_a_process(folder: Path) -> None:
    mark(folder, "refused")
    raise InputError("Nora Quinn")


def held_in_a_process(folder: Path) -> None:
    mark(folder, "begun")
    while not (folder / "go").exists():
        time.sleep(0.01)
    mark(folder, "ended")
