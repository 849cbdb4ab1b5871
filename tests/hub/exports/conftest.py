"""The fixtures of exports."""

from tests.hub.exports.clinic import clinic, parts

__all__ = ["clinic", "parts"]
