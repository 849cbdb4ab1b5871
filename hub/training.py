"""The job that trains what the bot understands with. It runs in a process of its own, which loads this and no more."""

from pathlib import Path

from bots.nlu.embedded import load_or_train

__all__ = ["train"]


def train(folder: Path) -> dict[str, int]:
    """Train the understanding engine where no model fits this release's data; `folder` is the data folder."""
    load_or_train(folder / "models")
    return {}
