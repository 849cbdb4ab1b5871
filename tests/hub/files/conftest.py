"""The fixtures of files."""

from tests.hub.files.shop import shop

__all__ = ["shop"]
