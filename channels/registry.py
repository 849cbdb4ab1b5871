"""Which channels there are, and which of them the operator has set up."""

import importlib
import inspect
import pkgutil
from importlib.metadata import entry_points

import channels
from channels.base import Channel
from hub.errors import SettingsError
from hub.settings import Settings
from hub.types import ChannelKind

__all__ = ["GROUP", "build", "discover"]

GROUP = "carehub.channels"
"""The entry point group of channels from other packages; each entry names a subclass of `Channel`."""


def discover() -> list[type[Channel]]:
    """Every channel class: those of this package's own modules, then those of installed entry points, by name.

    Raises: SettingsError if an entry point does not name a channel, or two claim the same kind.
    """
    found: list[type[Channel]] = []
    for module in sorted(pkgutil.iter_modules(channels.__path__), key=lambda each: each.name):
        if not module.ispkg:
            found += _classes(f"{channels.__name__}.{module.name}")
    problems = []
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        loaded = entry.load()
        if inspect.isclass(loaded) and issubclass(loaded, Channel) and not inspect.isabstract(loaded):
            found.append(loaded)
        else:
            problems.append(f"the entry point {entry.name} of {GROUP} does not name a channel class")
    kinds = [each.kind for each in found]
    problems += [f"two channels are called {kind}" for kind in sorted(set(kinds)) if kinds.count(kind) > 1]
    if problems:
        raise SettingsError(problems)
    return found


def build(settings: Settings) -> dict[ChannelKind, Channel]:
    """The channels that `settings` set up, by kind."""
    made = ((each.kind, each.from_settings(settings)) for each in discover())
    return {kind: channel for kind, channel in made if channel is not None}


def _classes(module: str) -> list[type[Channel]]:
    """The concrete channels that `module` itself defines."""
    loaded = importlib.import_module(module)
    return [
        each
        for _, each in sorted(inspect.getmembers(loaded, inspect.isclass))
        if issubclass(each, Channel) and not inspect.isabstract(each) and each.__module__ == module
    ]
