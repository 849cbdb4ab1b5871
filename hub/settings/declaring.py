"""How one setting is declared."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

__all__ = ["setting"]


def setting(
    name: str, meaning: str, parse: Callable[[str], Any], default: Any, *, shown: str = "", told: bool = True
) -> Any:
    """One variable: its parser, default and the words README prints for both; not `told` where it may hold a secret."""
    metadata = {"name": name, "meaning": meaning, "parse": parse, "shown": shown or str(default)}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata=metadata, repr=told)
    return field(default=default, metadata=metadata, repr=told)
