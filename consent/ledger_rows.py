"""How a scope is written in a row: names with spaces between them, `*` for every purpose."""

from functools import lru_cache

from consent.facts import Scope
from hub.types import ChannelKind, Purpose

_ALL = "*"


def written_scope(scope: Scope) -> tuple[str, str]:
    """Channels and purposes of a scope as they are stored."""
    purposes = _ALL if scope.purposes is None else " ".join(sorted(scope.purposes))
    return " ".join(sorted(scope.channels)), purposes


@lru_cache(maxsize=256)
def scope_of(channels: str, purposes: str) -> Scope:
    """A scope as it is stored; there are few, and every delivery asks for some."""
    named = None if purposes == _ALL else frozenset(Purpose(name) for name in purposes.split())
    return Scope(channels=frozenset(ChannelKind(name) for name in channels.split()), purposes=named)
