"""The embedded engine for tests: trained once a machine for the data and code at hand, then read from disk."""

import os
import tempfile
from functools import cache
from pathlib import Path

from bots.nlu.embedded import EmbeddedEngine, load_or_train

MODELS = Path(tempfile.gettempdir()) / f"carehub-test-models-{os.getuid()}"


@cache
def trained() -> EmbeddedEngine:
    """The engine, ready."""
    return load_or_train(MODELS)
