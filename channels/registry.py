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

    Several may be of one kind, for there is more than one provider of texts: see `build`.

    Raises: SettingsError if an entry point does not name a channel.
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
    if problems:
        raise SettingsError(problems)
    return found


def build(settings: Settings) -> dict[ChannelKind, Channel]:
    """The channels that `settings` set up, by kind.

    Raises: SettingsError if two of one kind are set up, or one cannot be used as it is.
    """
    made = [channel for each in discover() if (channel := each.from_settings(settings)) is not None]
    kinds = [channel.kind for channel in made]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        raise SettingsError([f"two providers of {kind} are set up: keep one" for kind in twice])
    return {channel.kind: channel for channel in made}


def _classes(module: str) -> list[type[Channel]]:
    """The concrete channels that `module` itself defines."""
    loaded = importlib.import_module(module)
    return [
        each
        for _, each in sorted(inspect.getmembers(loaded, inspect.isclass))
        if issubclass(each, Channel) and not inspect.isabstract(each) and each.__module__ == module
    ]
