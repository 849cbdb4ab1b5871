"""The fixtures of live things."""

from tests.hub.live.sides import apart, shared, sides

__all__ = ["apart", "shared", "sides"]
