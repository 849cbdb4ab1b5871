"""The fixtures of safeguards: the small clinic of the exports."""

from tests.hub.exports.clinic import clinic, parts

__all__ = ["clinic", "parts"]
