"""The fixtures of unusual access: the small clinic of the exports."""

from tests.hub.exports.clinic import clinic, parts

__all__ = ["clinic", "parts"]
